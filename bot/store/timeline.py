"""Timelines in MongoDB (`timeline`): entries of an incident in the order of their Slack timestamps."""

from dataclasses import asdict

from pymongo import ASCENDING, IndexModel

from bot.domain.timeline import Entry, Kind, Mark
from bot.store.mongo import Document, Documents

INDEXES = (
    IndexModel([("incident_id", ASCENDING), ("order", ASCENDING)]),
    IndexModel([("channel", ASCENDING), ("ts", ASCENDING)]),
)


class Timelines:
    """Implements bot.domain.timeline.Timelines."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, entry: Entry) -> bool:
        """See Timelines.add."""
        document = asdict(entry)
        del document["id"]
        del document["pinned_by"]
        document["at"] = entry.at
        # An entry that is there stays as it is, with its pins.
        return await self._documents.upsert({"_id": entry.id}, {"$setOnInsert": {**document, "pinned_by": []}})

    async def of(self, incident_id: str, limit: int = 0) -> list[Entry]:
        """See Timelines.of."""
        found = await self._documents.many({"incident_id": incident_id}, [("order", ASCENDING)], limit)
        return [_entry(document) for document in found]

    async def pin(self, mark: Mark) -> bool:
        """See Timelines.pin. Events may come in another order than they happened: the latest of a person counts."""
        latest = f"pin_marks.{mark.who}"
        query: Document = {
            "channel": mark.channel,
            "ts": mark.ts,
            "$or": [{latest: {"$exists": False}}, {latest: {"$lt": mark.at}}],
        }
        change: Document = {"$addToSet": {"pinned_by": mark.who}} if mark.is_on else {"$pull": {"pinned_by": mark.who}}
        return await self._documents.update(query, {"$set": {latest: mark.at}, **change}) == 1


def _entry(document: Document) -> Entry:
    return Entry(
        id=document["_id"],
        incident_id=document["incident_id"],
        kind=Kind(document["kind"]),
        order=document["order"],
        author=document["author"],
        author_name=document["author_name"],
        text=document["text"],
        channel=document["channel"],
        ts=document["ts"],
        pinned_by=tuple(document["pinned_by"]),
    )
