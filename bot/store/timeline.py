"""Timelines in MongoDB (`timeline`): entries of an incident in the order of their Slack timestamps.

What is known of a message before there is an entry of it, marks and its deletion, waits in `held` for a day.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.quote import File
from bot.domain.timeline import Edit, Entry, Kind, Mark
from bot.domain.timeline_desk import Recount
from bot.store.mongo import Document, Documents, Part
from bot.store.timeline_merge import deleted, merged

INDEXES = (
    IndexModel([("incident_id", ASCENDING), ("order", ASCENDING)]),
    IndexModel([("channel", ASCENDING), ("ts", ASCENDING)]),
    IndexModel([("order", ASCENDING)], partialFilterExpression={"is_untold": True}),
)
HELD_INDEXES = (IndexModel([("held_at", ASCENDING)], expireAfterSeconds=86_400),)


class Timelines:
    """Implements bot.domain.timeline_desk.Timelines."""

    def __init__(self, documents: Documents, held: Documents) -> None:
        self._documents = documents
        self._held = held

    async def add(self, entry: Entry) -> bool:
        """See Timelines.add."""
        added = await self._documents.write([({"_id": entry.id}, merged(entry))], upsert=True)
        await self._apply_held([entry])
        return added == 1

    async def add_all(self, entries: Sequence[Entry]) -> None:
        """See Timelines.add_all."""
        if entries:
            await self._documents.write([({"_id": entry.id}, merged(entry)) for entry in entries], upsert=True)
            await self._apply_held(entries)

    async def of(self, incident_id: str, limit: int = 0) -> list[Entry]:
        """See Timelines.of."""
        found = await self._documents.many({"incident_id": incident_id}, [("order", ASCENDING)], limit)
        return [_entry(document) for document in found]

    async def said(self, entry_ids: Sequence[str]) -> list[str]:
        """See Timelines.said."""
        found = await self._documents.part({"_id": {"$in": list(entry_ids)}}, [], Part(0, only=("text",)))
        return [document["text"] for document in found]

    async def holding(self, channel: str, ts: str) -> list[Entry]:
        """See Timelines.holding."""
        found = await self._documents.many({"channel": channel, "ts": ts}, [("ts", ASCENDING)])
        return [_entry(document) for document in found]

    async def sources(self, incident_id: str) -> list[Entry]:
        """See Timelines.sources."""
        query = {"incident_id": incident_id, "kind": {"$in": [Kind.QUOTED, Kind.ADDED]}}
        return [_entry(document) for document in await self._documents.many(query, [("order", ASCENDING)])]

    async def untold(self) -> list[Entry]:
        """See Timelines.untold."""
        found = await self._documents.many({"is_untold": True}, [("order", ASCENDING)], 50)
        return [_entry(document) for document in found]

    async def told(self, entry_id: str) -> None:
        """See Timelines.told."""
        await self._documents.update({"_id": entry_id}, {"$set": {"is_untold": False}})

    async def revise(self, entry: Entry) -> None:
        """See Timelines.revise."""
        await self._documents.update_all({"channel": entry.channel, "ts": entry.ts}, merged(entry, is_known=True))

    async def delete(self, channel: str, ts: str, at: datetime) -> None:
        """See Timelines.delete."""
        message: Document = {"channel": channel, "ts": ts}
        if not await self._documents.update_all(message, deleted(at)):
            held: Document = {"$min": {"deleted_at": at}, "$currentDate": {"held_at": True}}
            await self._held.write([({"_id": f"{channel}/{ts}"}, held)], upsert=True)
            # An entry that came between the two did not find what is held, so it is looked for again.
            await self._documents.update_all(message, deleted(at))

    async def pin(self, mark: Mark) -> bool:
        """See Timelines.pin."""
        message: Document = {"channel": mark.channel, "ts": mark.ts, "kind": Kind.MESSAGE}
        if await self._mark(self._documents, message, mark):
            return True
        await self._hold(mark)
        # An entry that came between the two did not find what is held, so it is looked for again.
        return await self._mark(self._documents, message, mark) or await self._documents.one(message) is not None

    async def mark(self, entry_id: str, mark: Mark) -> None:
        """See Timelines.mark."""
        await self._mark(self._documents, {"_id": entry_id}, mark)

    async def marks(self, incident_id: str, thread: str) -> dict[str, Mapping[str, Mark]]:
        """See Timelines.marks."""
        query = {"incident_id": incident_id, "thread": thread, "kind": Kind.MESSAGE, "deleted_at": None}
        found = await self._documents.many(query, [("order", ASCENDING)])
        return {document["ts"]: {mark.who: mark for mark in _marks(document)} for document in found}

    async def recount(self, recounts: Sequence[Recount]) -> None:
        """See Timelines.recount."""
        changes: list[tuple[Document, Any]] = []
        for one in recounts:
            latest = f"marks.{one.who}.at"
            as_it_was: Document = {latest: one.was} if one.was else {latest: {"$exists": False}}
            mark = Mark("", "", one.who, one.was or "0", one.is_on)
            changes.append(({"_id": one.entry_id, **as_it_was}, _marking(mark)))
        await self._documents.write(changes)

    async def _mark(self, documents: Documents, query: Document, mark: Mark) -> bool:
        """Events may come in another order than they happened: the latest of a person counts."""
        return await documents.update({**query, **_is_later(mark)}, _marking(mark)) == 1

    async def _hold(self, mark: Mark) -> None:
        query = {"_id": f"{mark.channel}/{mark.ts}", **_is_later(mark)}
        change = {**_marking(mark), "$currentDate": {"held_at": True}}
        for _ in range(2):  # two may be the first at once
            try:
                await self._held.update(query, change, upsert=True)
            except DuplicateKeyError:
                continue
            return

    async def _apply_held(self, entries: Sequence[Entry]) -> None:
        by_message = {f"{entry.channel}/{entry.ts}": entry for entry in entries if entry.ts}
        if not by_message:
            return
        for held in await self._held.many({"_id": {"$in": list(by_message)}}, [("_id", ASCENDING)]):
            entry = by_message[held["_id"]]
            if held.get("deleted_at"):
                await self._documents.update_all(
                    {"channel": entry.channel, "ts": entry.ts}, deleted(held["deleted_at"])
                )
            if entry.kind is Kind.MESSAGE:
                for mark in _marks(held):
                    await self._mark(self._documents, {"_id": entry.id}, mark)


def _is_later(mark: Mark) -> Document:
    latest = f"marks.{mark.who}.at"
    return {"$or": [{latest: {"$exists": False}}, {latest: {"$lt": mark.at}}]}


def _marking(mark: Mark) -> Document:
    known = {"at": mark.at, "is_on": mark.is_on, "by_hand": mark.by_hand}
    change: Document = {"$addToSet": {"pinned_by": mark.who}} if mark.is_on else {"$pull": {"pinned_by": mark.who}}
    return {"$set": {f"marks.{mark.who}": known}, **change}


def _marks(document: Document) -> list[Mark]:
    return [
        Mark(document.get("channel", ""), document.get("ts", ""), who, known["at"], known["is_on"], known["by_hand"])
        for who, known in (document.get("marks") or {}).items()
    ]


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
        pinned_by=tuple(sorted(document["pinned_by"])),
        thread=document.get("thread", ""),
        first_text=document.get("first_text"),
        edits=tuple(Edit(edit["text"], edit["at"], edit["order"]) for edit in document.get("edits", ())),
        files=tuple(File(file["name"], file["url"]) for file in sorted(document.get("files", ()), key=_by_name)),
        edited_at=document.get("edited_at"),
        deleted_at=document.get("deleted_at"),
        url=document.get("url", ""),
        added_by=document.get("added_by", ""),
    )


def _by_name(file: Document) -> tuple[str, str]:
    return str(file["name"]), str(file["url"])
