"""What statistics need of the incidents in MongoDB: a few fields of those of a period."""

from datetime import datetime

from pymongo import DESCENDING

from bot.domain.incident import Severity
from bot.domain.stats import Brief
from bot.store.mongo import Document, Documents, Part

FIELDS = ("title", "severity", "opened_at", "began", "acknowledged_at", "resolved_at", "duplicate_of")


class Briefs:
    """Implements bot.domain.stats.Incidents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def briefs(self, since: datetime, most: int) -> list[Brief]:
        """See Incidents.briefs."""
        query = {"opened_at": {"$gte": since}}
        found = await self._documents.part(query, [("opened_at", DESCENDING)], Part(most, only=FIELDS))
        return [_brief(document) for document in found]


def _brief(document: Document) -> Brief:
    """Documents of earlier bots lack what came later."""
    return Brief(
        title=document["title"],
        severity=Severity(document["severity"]),
        opened_at=document["opened_at"],
        began=document.get("began") or document["opened_at"],
        acknowledged_at=document.get("acknowledged_at"),
        resolved_at=document.get("resolved_at"),
        is_duplicate=bool(document.get("duplicate_of")),
    )
