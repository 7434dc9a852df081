"""Checklists in MongoDB (`checklists`, `_id` = the window ID); each tick is one atomic change of one item."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.checklist import SAME, Checklist, Item, Phase, Remark
from bot.store.mongo import Document, Documents

INDEXES = (IndexModel([("is_told", ASCENDING), ("changed_at", ASCENDING)]),)


class Checklists:
    """Implements bot.domain.checklist.Checklists."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, checklist: Checklist) -> bool:
        """See Checklists.add."""
        document = asdict(checklist)
        document["_id"] = document.pop("window_id")
        document["is_told"] = False
        document["changed_at"] = checklist.started_at
        try:
            await self._documents.insert(document)
        except DuplicateKeyError:
            return False
        return True

    async def get(self, window_id: str) -> Checklist | None:
        """See Checklists.get."""
        found = await self._documents.one({"_id": window_id})
        return _checklist(found) if found else None

    async def tick(self, window_id: str, number: int, who: str, now: datetime) -> Checklist | None:
        """See Checklists.tick."""
        done = {"items.$.done_by": who, "items.$.done_at": now}
        return await self._change(window_id, {"number": number, "done_by": ""}, done, now)

    async def untick(self, window_id: str, number: int, now: datetime) -> Checklist | None:
        """See Checklists.untick."""
        undone: Document = {"items.$.done_by": "", "items.$.done_at": None}
        return await self._change(window_id, {"number": number, "done_by": {"$ne": ""}}, undone, now)

    async def _change(self, window_id: str, item: Document, change: Document, now: datetime) -> Checklist | None:
        found = await self._documents.take(
            {"_id": window_id, "items": {"$elemMatch": item}},
            {"$set": {**change, "is_told": False, "changed_at": now}, "$inc": {"version": 1}},
            after=True,
        )
        return _checklist(found) if found else None

    async def note(self, window_id: str, remark: Remark) -> Checklist | None:
        """See Checklists.note."""
        change: dict[str, Any] = {
            "$push": {"notes": asdict(remark)},
            "$set": {"is_told": False, "changed_at": remark.at},
            "$inc": {"version": 1},
        }
        same = {"who": remark.who, "text": remark.text, "at": {"$gt": remark.at - SAME}}
        query = {"_id": window_id, "notes": {"$not": {"$elemMatch": same}}}
        found = await self._documents.take(query, change, after=True)
        return _checklist(found) if found else None

    async def told(self, window_id: str, version: int, ts: str | None) -> None:
        """See Checklists.told."""
        if ts is not None:
            await self._documents.update({"_id": window_id}, {"$set": {"ts": ts}})
        await self._documents.update({"_id": window_id, "version": version}, {"$set": {"is_told": True}})

    async def untold(self, before: datetime) -> list[Checklist]:
        """See Checklists.untold."""
        query = {"is_told": False, "changed_at": {"$lt": before}}
        return [_checklist(document) for document in await self._documents.many(query, [("changed_at", ASCENDING)], 50)]


def _checklist(document: Document) -> Checklist:
    return Checklist(
        window_id=document["_id"],
        channel=document["channel"],
        started_by=document["started_by"],
        started_at=document["started_at"],
        items=tuple(
            Item(item["number"], Phase(item["phase"]), item["text"], item["done_by"], item["done_at"])
            for item in document["items"]
        ),
        notes=tuple(Remark(note["who"], note["at"], note["text"]) for note in document["notes"]),
        ts=document["ts"],
        version=document["version"],
    )
