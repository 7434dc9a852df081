"""Checklists in MongoDB (`checklists`, `_id` = the window ID); each tick is one atomic change of one item."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.audit import SYSTEM
from bot.domain.checklist import SAME, Checklist, Item, Kind, Phase, Remark
from bot.domain.checklist_ports import Errand, Evidence
from bot.store.mongo import Document, Documents, known

INDEXES = (
    IndexModel([("is_told", ASCENDING), ("changed_at", ASCENDING)]),
    IndexModel([("window_end", ASCENDING)]),
)
KEPT_IN_VIEW = 200  # checklists of the last weeks that nobody closed
_OPEN_AGAIN: Document = {"closed_by": "", "closed_at": None, "closed_reason": ""}
_NOT_WAIVED: Document = {"items.$.waived_by": "", "items.$.waived": "", "items.$.waived_at": None}


class Checklists:
    """Implements bot.domain.checklist_ports.Checklists."""

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
        return _maybe(await self._documents.one({"_id": window_id}))

    async def in_thread(self, channel: str, ts: str) -> Checklist | None:
        """See Checklists.in_thread."""
        query = {"channel": channel, "$or": [{"thread_ts": ts}, {"ts": ts}]}
        return _maybe(await self._documents.one(query, [("window_end", -1)]))

    async def not_closed(self, ended_after: datetime) -> list[Checklist]:
        """See Checklists.not_closed."""
        query = {"window_end": {"$gt": ended_after}, "closed_at": None}
        found = await self._documents.many(query, [("window_end", DESCENDING)], KEPT_IN_VIEW)
        return sorted(map(_checklist, reversed(found)), key=lambda one: one.window_start or one.started_at)

    async def tick(self, window_id: str, number: int, who: str, now: datetime) -> Checklist | None:
        """See Checklists.tick."""
        done = {"items.$.done_by": who, "items.$.done_at": now, "items.$.evidence": "", **_NOT_WAIVED}
        return await self._change(window_id, {"number": number, "done_by": ""}, done, now)

    async def untick(self, window_id: str, number: int, now: datetime) -> Checklist | None:
        """See Checklists.untick. What a person takes back, the bot does not tick again."""
        undone: Document = {
            "items.$.done_by": "", "items.$.done_at": None, "items.$.evidence": "", "items.$.hands_off": True,
            **_NOT_WAIVED, **_OPEN_AGAIN,
        }  # fmt: skip
        item = {"number": number, "$or": [{"done_by": {"$ne": ""}}, {"waived_by": {"$gt": ""}}]}
        return await self._change(window_id, item, undone, now)

    async def waive(self, window_id: str, number: int, remark: Remark) -> Checklist | None:
        """See Checklists.waive."""
        waived: Document = {
            "items.$.waived_by": remark.who, "items.$.waived": remark.text, "items.$.waived_at": remark.at
        }  # fmt: skip
        item = {"number": number, "done_by": "", "waived_by": {"$in": ["", None]}}
        return await self._change(window_id, item, waived, remark.at)

    async def assign(self, window_id: str, number: int, errand: Errand, now: datetime) -> Checklist | None:
        """See Checklists.assign. Without a new moment the item keeps its own."""
        assigned: Document = {"items.$.assignee": errand.assignee, "items.$.role": errand.role}
        if errand.due is not None:
            assigned |= {"items.$.due": errand.due, "items.$.due_rule": errand.rule}
        return await self._change(window_id, {"number": number}, assigned, now)

    async def prove(self, window_id: str, number: int, evidence: Evidence, now: datetime) -> Checklist | None:
        """See Checklists.prove."""
        done = {"items.$.done_by": SYSTEM, "items.$.done_at": now, "items.$.evidence": evidence.text}
        undoubted = [{"doubted_at": None}, {"doubted_at": {"$lt": evidence.seen_at}}]
        item: Document = {"number": number, "done_by": "", "waived_by": "", "hands_off": False, "$or": undoubted}
        return await self._change(window_id, item, done, now)

    async def disprove(self, window_id: str, number: int, seen_at: datetime, now: datetime) -> Checklist | None:
        """See Checklists.disprove."""
        undone: Document = {
            "items.$.done_by": "", "items.$.done_at": None, "items.$.evidence": "", "items.$.doubted_at": seen_at,
        }  # fmt: skip
        proven: Document = {"number": number, "done_by": SYSTEM, "done_at": {"$lte": seen_at}}
        return await self._change(window_id, proven, undone, now)

    async def _change(self, window_id: str, item: Document, change: Document, now: datetime) -> Checklist | None:
        return _maybe(
            await self._documents.take(
                {"_id": window_id, "items": {"$elemMatch": item}},
                {"$set": {**change, "is_told": False, "changed_at": now}, "$inc": {"version": 1}},
                after=True,
            )
        )

    async def save(self, checklist: Checklist, was: int, now: datetime) -> bool:
        """See Checklists.save."""
        whole = asdict(checklist)
        names = ("items", "closed_by", "closed_at", "closed_reason", "window_start", "window_end", "version")
        change = {name: whole[name] for name in names} | {"is_told": False, "changed_at": now}
        return await self._documents.update({"_id": checklist.window_id, "version": was}, {"$set": change}) == 1

    async def note(self, window_id: str, remark: Remark) -> Checklist | None:
        """See Checklists.note."""
        change: dict[str, Any] = {
            "$push": {"notes": asdict(remark)},
            "$set": {"is_told": False, "changed_at": remark.at},
            "$inc": {"version": 1},
        }
        same = {"who": remark.who, "text": remark.text, "at": {"$gt": remark.at - SAME}}
        query = {"_id": window_id, "notes": {"$not": {"$elemMatch": same}}}
        return _maybe(await self._documents.take(query, change, after=True))

    async def told(self, window_id: str, version: int, ts: str | None) -> None:
        """See Checklists.told."""
        if ts is not None:
            await self._documents.update({"_id": window_id}, {"$set": {"ts": ts}})
        await self._documents.update({"_id": window_id, "version": version}, {"$set": {"is_told": True}})

    async def untold(self, before: datetime) -> list[Checklist]:
        """See Checklists.untold."""
        query = {"is_told": False, "changed_at": {"$lt": before}}
        return [_checklist(document) for document in await self._documents.many(query, [("changed_at", ASCENDING)], 50)]


def _maybe(document: Document | None) -> Checklist | None:
    return _checklist(document) if document else None


_LATER = ("thread_ts", "window_start", "window_end", "template", "closed_by", "closed_at", "closed_reason")


def _checklist(document: Document) -> Checklist:
    """Documents of earlier bots lack what came later."""
    return Checklist(
        window_id=document["_id"],
        channel=document["channel"],
        started_by=document["started_by"],
        started_at=document["started_at"],
        items=tuple(Item(**known(Item, {**item, "phase": Phase(item["phase"])})) for item in document["items"]),
        notes=tuple(
            Remark(**known(Remark, {**note, "kind": Kind(note.get("kind", Kind.NOTE))})) for note in document["notes"]
        ),
        ts=document["ts"],
        version=document["version"],
        **{name: document[name] for name in _LATER if name in document},
    )
