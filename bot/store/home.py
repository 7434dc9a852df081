"""Whose Home was opened and what it shows (`homes`, `_id` = the person): one small document each, overwritten."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import ASCENDING

from bot.domain.home import Visit
from bot.store.mongo import Document, Documents


class Visits:
    """Implements bot.domain.home_desk.Visits."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def opened(self, visit: Visit) -> None:
        """See Visits.opened."""
        fields = {
            "opened_at": visit.opened_at,
            "mark": visit.mark,
            "shown_at": visit.shown_at,
            "claimed_at": None,
        }
        await self._documents.upsert({"_id": visit.who}, {"$set": fields})

    async def since(self, moment: datetime) -> list[Visit]:
        """See Visits.since."""
        found = await self._documents.many({"opened_at": {"$gte": moment}}, [("shown_at", ASCENDING)])
        return [_visit(document) for document in found]

    async def claim(self, visit: Visit, now: datetime, lease: timedelta) -> bool:
        """See Visits.claim. A claim is told from another by what was shown before it."""
        free = [{"claimed_at": None}, {"claimed_at": {"$lt": now - lease}}]
        query = {"_id": visit.who, "mark": visit.mark, "shown_at": visit.shown_at, "$or": free}
        return await self._documents.update(query, {"$set": {"claimed_at": now}}) == 1

    async def shown(self, visit: Visit) -> None:
        """See Visits.shown. `shown_at` is when it was claimed."""
        query = {"_id": visit.who, "claimed_at": visit.shown_at}
        change = {"mark": visit.mark, "shown_at": visit.shown_at, "claimed_at": None}
        await self._documents.update(query, {"$set": change})

    async def unsure(self, people: Sequence[str]) -> None:
        """See Visits.unsure."""
        await self._documents.update_all({"_id": {"$in": list(people)}}, {"$set": {"mark": "", "claimed_at": None}})


def _visit(document: Document) -> Visit:
    return Visit(document["_id"], document["opened_at"], document["mark"], document["shown_at"])
