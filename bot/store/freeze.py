"""Freezes in MongoDB (`freezes`, `_id` = the freeze's ID)."""

from dataclasses import asdict
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.freeze import Freeze
from bot.store.mongo import Document, Documents, known

INDEXES = (IndexModel([("end", ASCENDING)]),)


class Freezes:
    """Implements bot.domain.freeze.Freezes."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, freeze: Freeze) -> bool:
        """See Freezes.add."""
        document = asdict(freeze)
        document["_id"] = document.pop("id")
        try:
            await self._documents.insert(document)
        except DuplicateKeyError:
            return False
        return True

    async def get(self, freeze_id: str) -> Freeze | None:
        """See Freezes.get."""
        found = await self._documents.one({"_id": freeze_id})
        return _freeze(found) if found else None

    async def lift(self, freeze_id: str, who: str, now: datetime) -> bool:
        """See Freezes.lift."""
        change = {"$set": {"lifted_by": who, "lifted_at": now}}
        return await self._documents.update({"_id": freeze_id, "lifted_at": None}, change) == 1

    async def current(self, since: datetime) -> list[Freeze]:
        """See Freezes.current."""
        found = await self._documents.many({"end": {"$gt": since}}, [("start", ASCENDING)])
        return [_freeze(document) for document in found]


def _freeze(document: Document) -> Freeze:
    """What a newer bot keeps beside is left alone."""
    return Freeze(**known(Freeze, document), id=document["_id"])
