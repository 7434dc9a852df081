"""Windows (`windows`) and the announcements of their rungs (`announcements`, `_id` = `<window>/<rung>`)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.announcement import Announcement, Rung, State
from bot.domain.announcement_desk import Head
from bot.domain.emergency import Emergency
from bot.domain.window import Window
from bot.store.mongo import Document, Documents

EMERGENCY = "emergency"
WINDOW_INDEXES = (IndexModel([("start", ASCENDING)]), IndexModel([("kind", ASCENDING), ("end", ASCENDING)]))
INDEXES = (IndexModel([("window", ASCENDING), ("due", ASCENDING)]),)


class Announcements:
    """Implements bot.domain.announcement.Announcements. A claim holds for `lease` by the server's clock."""

    def __init__(self, windows: Documents, announcements: Documents, owner: str, lease: timedelta) -> None:
        self._windows = windows
        self._announcements = announcements
        self._owner = owner
        self.taken_over: Callable[[str], None] = lambda _what: None
        millis = int(lease.total_seconds() * 1000)
        self._free = {"$expr": {"$lt": ["$leased_at", {"$subtract": ["$$NOW", millis]}]}}

    async def plan(self, window: Window) -> None:
        """See Announcements.plan."""
        document = {"start": window.start, "end": window.end, "title": window.title, "head": None, "channel": None}
        await self._windows.upsert({"_id": window.id}, {"$setOnInsert": document})

    async def declare(self, emergency: Emergency) -> str:
        """See bot.domain.emergency.Emergencies.declare."""
        window = emergency.window
        document = {
            "start": window.start, "end": window.end, "title": window.title, "head": None, "channel": None,
            "kind": EMERGENCY, "incident_id": emergency.incident_id,
        }  # fmt: skip
        await self._windows.upsert({"_id": window.id}, {"$setOnInsert": document})
        known = await self._windows.one({"_id": window.id})
        return str((known or {}).get("incident_id", ""))

    async def emergencies(self, after: datetime) -> list[Window]:
        """See Announcements.emergencies."""
        found = await self._windows.many({"kind": EMERGENCY, "end": {"$gt": after}}, [("end", ASCENDING)])
        return [emergency_of(document).window for document in found]

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
            is_ours = await self._announcements.update(query, change) == 1
            if is_ours:
                self.taken_over("announcement")
            return is_ours
        return True

    async def skip(self, rung: Rung, reason: str, now: datetime) -> bool:
        """See Announcements.skip."""
        change = {
            "window": rung.window.id, "rung": rung.name, "due": rung.due,
            "state": State.SKIPPED, "reason": reason, "at": now,
        }  # fmt: skip
        if await self._announcements.upsert({"_id": rung.key}, {"$setOnInsert": change}):
            return True
        # What was claimed is settled by whoever claimed it.
        query = {"_id": rung.key, "state": State.CLAIMED, "owner": self._owner}
        return await self._announcements.update(query, {"$set": change}) == 1

    async def refused(self, rung: Rung, reason: str) -> bool:
        """See Announcements.refused."""
        query = {"_id": rung.key, "state": State.CLAIMED, "reason": {"$ne": reason}}
        return await self._announcements.update(query, {"$set": {"reason": reason}}) == 1

    async def announced(self, rung: Rung, channel: str, ts: str, now: datetime) -> bool:
        """See Announcements.announced."""
        change = {"state": State.ANNOUNCED, "ts": ts, "channel": channel, "at": now, "reason": ""}
        is_new = await self._announcements.update({"_id": rung.key, "state": State.CLAIMED}, {"$set": change}) == 1
        await self._crown(rung.window.id, Head(ts, rung.name), channel)
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


def emergency_of(document: Document) -> Emergency:
    """An emergency as it was kept."""
    window = Window(document["_id"], document["start"], document["end"], document["title"], is_emergency=True)
    return Emergency(window, document["incident_id"])


def _announcement(document: Document) -> Announcement:
    return Announcement(
        key=document["_id"],
        state=State(document["state"]),
        ts=document.get("ts"),
        at=document.get("at"),
        reason=document.get("reason", ""),
    )
