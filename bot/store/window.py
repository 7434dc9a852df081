"""Windows (`windows`, `_id` = the window ID), emergencies among them, and the times that they take (`bookings`)."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.emergency import Emergency
from bot.domain.silence import Matcher
from bot.domain.window import Act, Approval, Deed, Exemption, Kind, Scope, State, Window
from bot.domain.window_ports import Booking
from bot.store.mongo import Document, Documents, known

INDEXES = (
    IndexModel([("start", ASCENDING)]),
    IndexModel([("kind", ASCENDING), ("end", ASCENDING)]),
    IndexModel([("end", ASCENDING)]),
    IndexModel([("state", ASCENDING)]),
    IndexModel([("untold", ASCENDING)]),
    IndexModel([("owed", ASCENDING)]),
    IndexModel([("head", ASCENDING)]),
)
ALL, RULE = "all", "rule"
_GROWING = ("acts", "untold", "owed")  # added to by a step, taken from by others: never written whole


class Windows:
    """Implements bot.domain.window_ports.Windows, and of bot.domain.emergency Emergencies."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, window: Window) -> bool:
        """See Windows.add."""
        change = {"$setOnInsert": {**_document(window), "head": None, "channel": None}}
        return await self._documents.upsert({"_id": window.id}, change)

    async def succeed(self, window: Window) -> None:
        """See Windows.succeed."""
        back = window.latest(Deed.RESTORED)
        if not await self.add(window) and back is not None:
            await self.save(window, back.version - 1)

    async def declare(self, emergency: Emergency) -> str:
        """See bot.domain.emergency.Emergencies.declare."""
        await self.add(emergency.window)
        known = await self.get(emergency.window.id)
        return known.incident_id if known else ""

    async def emergencies(self, after: datetime) -> list[Window]:
        """See bot.domain.emergency.Emergencies.emergencies."""
        query = {"kind": Kind.EMERGENCY, "$or": [{"end": {"$gt": after}}, {"state": State.UNDER_WAY}]}
        return [window_of(one) for one in await self._documents.many(query, [("start", ASCENDING)])]

    async def get(self, window_id: str) -> Window | None:
        """See Windows.get."""
        found = await self._documents.one({"_id": window_id})
        return window_of(found) if found else None

    async def save(self, window: Window, was: int) -> bool:
        """See Windows.save. A window that an earlier release planned has no version."""
        document = _document(window)
        new = [act for act in document["acts"] if act["version"] > was]
        change: Document = {
            "$set": {name: value for name, value in document.items() if name not in _GROWING},
            "$push": {
                "acts": {"$each": new},
                "untold": {"$each": [version for version in window.untold if version > was]},
                "owed": {"$each": [version for version in window.owed if version > was]},
            },
        }
        return await self._documents.update({"_id": window.id, "version": was or {"$in": [0, None]}}, change) == 1

    async def current(self, since: datetime) -> list[Window]:
        """See Windows.current."""
        query = {
            "$or": [
                {"end": {"$gt": since}},
                {"state": State.UNDER_WAY},
                {"untold": {"$gt": 0}},
                {"actual_end": {"$gt": since}},
            ]
        }
        return [window_of(one) for one in await self._documents.many(query, [("start", ASCENDING)])]

    async def begun_between(self, after: datetime, before: datetime) -> list[Window]:
        """See Windows.begun_between."""
        query = {"start": {"$gte": after, "$lt": before}}
        return [window_of(one) for one in await self._documents.many(query, [("start", ASCENDING)])]

    async def headed(self, channel: str, ts: str) -> Window | None:
        """See Windows.headed."""
        found = await self._documents.one({"head": ts, "channel": channel})
        return window_of(found) if found else None

    async def told(self, window_id: str, version: int) -> bool:
        """See Windows.told."""
        query = {"_id": window_id, "untold": version}
        return await self._documents.update(query, {"$pull": {"untold": version}}) == 1

    async def claim_owed(self, lease: timedelta) -> Window | None:
        """See Windows.claim_owed. By the server's clock."""
        millis = int(lease.total_seconds() * 1000)
        # What is missing is less than any date.
        free = {"$lt": ["$attended_at", {"$subtract": ["$$NOW", millis]}]}
        found = await self._documents.take(
            {"owed": {"$gt": 0}, "$expr": free}, {"$currentDate": {"attended_at": True}}, after=True
        )
        return window_of(found) if found else None

    async def attended(self, window_id: str, version: int) -> None:
        """See Windows.attended."""
        change = {"$pull": {"owed": {"$lte": version}}, "$unset": {"attended_at": ""}}
        await self._documents.update({"_id": window_id}, change)


class Calendar:
    """Implements bot.domain.window_ports.Calendar: one document with all times, so that taking one is one write."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def book(self, booking: Booking, besides: str = "") -> bool:
        """See Calendar.book."""
        ours = [besides] if booking.is_new else [booking.window_id, besides]
        taken = {"id": {"$nin": ours}, "start": {"$lt": booking.end}, "end": {"$gt": booking.start}}
        span = {"id": booking.window_id, "start": booking.start, "end": booking.end, "at": booking.at}
        others = {
            "$filter": {
                "input": {"$ifNull": ["$spans", []]},
                "cond": {
                    "$and": [
                        {"$ne": ["$$this.id", booking.window_id]},
                        # Long past: kept so long since a bot's clock may be late.
                        {"$gt": ["$$this.end", booking.at - timedelta(days=2)]},
                    ]
                },
            }
        }
        query: Document = {"_id": ALL, "spans": {"$not": {"$elemMatch": taken}}}
        change = [{"$set": {"spans": {"$concatArrays": [others, [span]]}}}]
        for _ in range(3):
            try:
                await self._documents.update(query, change, upsert=True)
            except DuplicateKeyError:
                # It is there and does not fit, or somebody else made it just now.
                known = await self.booked(booking.start, booking.end)
                if any(one.window_id not in ours for one in known):
                    return False
            else:
                return True
        return False

    async def booked(self, start: datetime, end: datetime) -> list[Booking]:
        """See Calendar.booked."""
        found = await self._documents.one({"_id": ALL}) or {}
        spans = [Booking(one["id"], one["start"], one["end"], one["at"]) for one in found.get("spans", ())]
        return [one for one in spans if one.start < end and start < one.end]

    async def release(self, booking: Booking) -> None:
        """See Calendar.release."""
        span = {"id": booking.window_id, "start": booking.start, "end": booking.end}
        await self._documents.update({"_id": ALL}, {"$pull": {"spans": span}})

    async def set_rule(self, rule: str) -> None:
        """See Calendar.set_rule."""
        await self._documents.update({"_id": RULE}, {"$set": {"rule": rule}}, upsert=True)

    async def rule(self) -> str:
        """See Calendar.rule."""
        found = await self._documents.one({"_id": RULE})
        return str(found["rule"]) if found else ""


def _document(window: Window) -> Document:
    document = asdict(window)
    del document["id"], document["head"]
    return document


def window_of(document: Document) -> Window:
    """A window as it was kept; an earlier release kept its time, title and head alone."""
    plain = {name: document[name] for name in _PLAIN if name in document}
    scope, exemption = document.get("scope"), document.get("exemption")
    successor, kind = document.get("successor"), document.get("kind") or Kind.WEEKLY
    return Window(
        id=document["_id"],
        **plain,
        kind=Kind(kind),
        state=State(document.get("state") or (State.UNDER_WAY if kind == Kind.EMERGENCY else State.PLANNED)),
        scope=_scope(scope) if scope else None,
        exemption=Exemption(**known(Exemption, exemption)) if exemption else None,
        successor=window_of({**successor, "_id": successor["id"]}) if successor else None,
        acts=tuple(_act(act) for act in document.get("acts", ()) if act["deed"] in list(Deed)),
        untold=tuple(document.get("untold", ())),
        owed=tuple(document.get("owed", ())),
        head=document.get("head") or "",
    )


def _act(document: Document) -> Act:
    """An act as it was kept. What a newer bot beside this one may do besides is left to it."""
    return Act(**known(Act, {**document, "deed": Deed(document["deed"])}))


_PLAIN = (
    "start", "end", "title", "version", "by", "made_at", "actual_start", "actual_end", "planned_end", "frozen",
    "rolled_back", "rounds", "incident_id", "moved_from", "moved_to",
)  # fmt: skip


def _scope(document: dict[str, Any]) -> Scope:
    approvals = tuple(Approval(**known(Approval, one)) for one in document["approvals"])
    return Scope(
        **known(
            Scope,
            {
                **document,
                "approvals": approvals,
                "silencing": tuple(Matcher(**known(Matcher, one)) for one in document["silencing"]),
            },
        )
    )


def emergency_of(document: Document) -> Emergency:
    """An emergency as it was kept."""
    return Emergency(window_of(document), document["incident_id"])
