"""Windows (`windows`) and the announcements of their rungs (`announcements`, `_id` = `<window>/<rung>`)."""

from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.announcement import Announcement, Rung, State
from bot.domain.announcement_desk import Head
from bot.domain.window import Window
from bot.store.mongo import Document, Documents

WINDOW_INDEXES = (IndexModel([("start", ASCENDING)]),)
INDEXES = (IndexModel([("window", ASCENDING), ("due", ASCENDING)]),)


class Announcements:
    """Implements bot.domain.announcement.Announcements. A claim holds for `lease` by the server's clock."""

    def __init__(self, windows: Documents, announcements: Documents, owner: str, lease: timedelta) -> None:
        self._windows = windows
        self._announcements = announcements
        self._owner = owner
        millis = int(lease.total_seconds() * 1000)
        self._free = {"$expr": {"$lt": ["$leased_at", {"$subtract": ["$$NOW", millis]}]}}

    async def plan(self, window: Window) -> None:
        """See Announcements.plan."""
        document = {"start": window.start, "end": window.end, "title": window.title, "head": None, "channel": None}
        await self._windows.upsert({"_id": window.id}, {"$setOnInsert": document})

    async def of(self, window_id: str) -> dict[str, Announcement]:
        """See Announcements.of."""
        found = await self._announcements.many({"window": window_id}, [("due", ASCENDING)])
        return {document["_id"]: _announcement(document) for document in found}

    async def claim(self, rung: Rung) -> bool:
        """See Announcements.claim."""
        fresh = {
            "window": rung.window.id,
            "rung": rung.name,
            "due": rung.due,
            "state": State.CLAIMED,
            "owner": self._owner,
        }
        try:
            await self._announcements.update(
                {"_id": rung.key, "state": {"$exists": False}},
                {"$setOnInsert": fresh, "$currentDate": {"leased_at": True}},
                upsert=True,
            )
        except DuplicateKeyError:
            query = {"_id": rung.key, "state": State.CLAIMED, **self._free}
            change = {"$set": {"owner": self._owner}, "$currentDate": {"leased_at": True}}
            return await self._announcements.update(query, change) == 1
        return True

    async def skip(self, rung: Rung, reason: str, now: datetime) -> bool:
        """See Announcements.skip."""
        change = {
            "window": rung.window.id, "rung": rung.name, "due": rung.due,
            "state": State.SKIPPED, "reason": reason, "at": now,
        }  # fmt: skip
        return await self._announcements.upsert({"_id": rung.key}, {"$setOnInsert": change})

    async def announced(self, rung: Rung, channel: str, ts: str, now: datetime) -> None:
        """See Announcements.announced."""
        change = {"state": State.ANNOUNCED, "ts": ts, "channel": channel, "at": now}
        await self._announcements.update({"_id": rung.key, "state": State.CLAIMED}, {"$set": change})
        head = {"$set": {"head": ts, "head_rung": rung.name, "channel": channel}}
        await self._windows.update({"_id": rung.window.id, "head": None}, head)

    async def head(self, window_id: str) -> Head | None:
        """See Announcements.head."""
        found = await self._windows.one({"_id": window_id})
        return Head(found["head"], found["head_rung"]) if found and found["head"] else None


def _announcement(document: Document) -> Announcement:
    return Announcement(
        key=document["_id"],
        state=State(document["state"]),
        ts=document.get("ts"),
        at=document.get("at"),
        reason=document.get("reason", ""),
    )
