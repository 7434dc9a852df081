"""Announcements of windows and freezes (`announcements`, `_id` = `<window>/<rung>`), and the heads of windows."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.announcement import Announcement, State
from bot.domain.announcement_ports import Due, Head, Posted
from bot.store.mongo import Document, Documents

INDEXES = (IndexModel([("window", ASCENDING), ("due", ASCENDING)]),)


class Announcements:
    """Implements bot.domain.announcement_ports.Announcements. A claim holds for `lease` by the server's clock."""

    def __init__(self, windows: Documents, announcements: Documents, owner: str, lease: timedelta) -> None:
        self._windows = windows
        self._announcements = announcements
        self._owner = owner
        self.taken_over: Callable[[str], None] = lambda _what: None
        millis = int(lease.total_seconds() * 1000)
        self._free = {"$expr": {"$lt": ["$leased_at", {"$subtract": ["$$NOW", millis]}]}}

    async def of(self, subject: str) -> dict[str, Announcement]:
        """See Announcements.of."""
        found = await self._announcements.many({"window": subject}, [("due", ASCENDING)])
        return {document["_id"]: _announcement(document) for document in found}

    async def claim(self, rung: Due) -> bool:
        """See Announcements.claim."""
        fresh = {**_of(rung), "state": State.CLAIMED, "owner": self._owner, "fresh": True}
        try:
            await self._announcements.update(
                {"_id": rung.key, "state": {"$exists": False}},
                {"$setOnInsert": fresh, "$currentDate": {"leased_at": True}},
                upsert=True,
            )
        except DuplicateKeyError:
            query = {"_id": rung.key, "state": State.CLAIMED, **self._free}
            change = {"$set": {"owner": self._owner, "fresh": False}, "$currentDate": {"leased_at": True}}
            is_ours = await self._announcements.update(query, change) == 1
            if is_ours:
                self.taken_over("announcement")
            return is_ours
        return True

    async def release(self, rung: Due, *, was_sought: bool = False) -> bool:
        """See Announcements.release."""
        query: Document = {"_id": rung.key, "state": State.CLAIMED, "owner": self._owner}
        if not was_sought:
            query["fresh"] = True
        known = await self._announcements.one(query)
        if known is not None:
            await self._announcements.delete(query)
        return known is not None

    async def skip(self, rung: Due, reason: str, now: datetime) -> bool:
        """See Announcements.skip."""
        change = {**_of(rung), "state": State.SKIPPED, "reason": reason, "at": now}
        if await self._announcements.upsert({"_id": rung.key}, {"$setOnInsert": change}):
            return True
        # What was claimed is settled by whoever claimed it.
        query = {"_id": rung.key, "state": State.CLAIMED, "owner": self._owner}
        return await self._announcements.update(query, {"$set": change}) == 1

    async def refused(self, rung: Due, reason: str) -> bool:
        """See Announcements.refused."""
        query = {"_id": rung.key, "state": State.CLAIMED, "reason": {"$ne": reason}}
        return await self._announcements.update(query, {"$set": {"reason": reason}}) == 1

    async def announced(self, rung: Due, posted: Posted, now: datetime) -> bool:
        """See Announcements.announced."""
        change = {
            "state": State.ANNOUNCED, "ts": posted.ts, "channel": posted.channel, "version": posted.version,
            "at": now, "reason": "",
        }  # fmt: skip
        is_new = await self._announcements.update({"_id": rung.key, "state": State.CLAIMED}, {"$set": change}) == 1
        await self._crown(rung.subject, Head(posted.ts, rung.name), posted.channel)
        return is_new

    async def head(self, window_id: str) -> Head | None:
        """See Announcements.head. A bot that died between the two writes of `announced` left it to be found here."""
        found = await self._windows.one({"_id": window_id})
        if found and found["head"]:
            return Head(found["head"], found["head_rung"])
        query = {"window": window_id, "state": State.ANNOUNCED}
        first = await self._announcements.one(query, sort=[("at", ASCENDING)])
        if first is None:
            return None
        head = Head(first["ts"], first["rung"])
        await self._crown(window_id, head, first["channel"])
        return head

    async def _crown(self, window_id: str, head: Head, channel: str) -> None:
        change = {"head": head.ts, "head_rung": head.rung, "channel": channel}
        await self._windows.update({"_id": window_id, "head": None}, {"$set": change})


def _of(rung: Due) -> Document:
    return {"window": rung.subject, "rung": rung.name, "due": rung.due}


def _announcement(document: Document) -> Announcement:
    return Announcement(
        key=document["_id"],
        state=State(document["state"]),
        ts=document.get("ts"),
        at=document.get("at"),
        reason=document.get("reason", ""),
        version=document.get("version", 0),
        rung=document["rung"],
        due=document["due"],
    )
