"""Versions of the checklist's template in MongoDB (`checklist_templates`, `_id` = the version); none is changed."""

from dataclasses import asdict

from pymongo.errors import DuplicateKeyError

from bot.domain.checklist import Phase
from bot.domain.checklist_template import Line, Template
from bot.store.mongo import Document, Documents, known


class Templates:
    """Implements bot.domain.checklist_template.Templates."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def newest(self) -> Template | None:
        """See Templates.newest."""
        return _maybe(await self._documents.one({}, [("_id", -1)]))

    async def get(self, version: int) -> Template | None:
        """See Templates.get."""
        return _maybe(await self._documents.one({"_id": version}))

    async def add(self, template: Template) -> bool:
        """See Templates.add."""
        document = asdict(template)
        document["_id"] = document.pop("version")
        try:
            await self._documents.insert(document)
        except DuplicateKeyError:
            return False
        return True


def _maybe(document: Document | None) -> Template | None:
    if document is None:
        return None
    lines = tuple(Line(**known(Line, {**line, "phase": Phase(line["phase"])})) for line in document["lines"])
    return Template(document["_id"], lines, document["saved_by"], document["saved_at"])
