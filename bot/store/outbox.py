"""Letters in MongoDB (`outbox`): claims with a lease by the server's clock, so that the bots' clocks do not matter."""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.doctor_store import Parked
from bot.domain.outbox import Content, Depth, Letter, State
from bot.store.mongo import Document, Documents, Part

INDEXES = (
    IndexModel([("unshown", ASCENDING), ("created_at", ASCENDING)]),
    IndexModel([("state", ASCENDING), ("created_at", ASCENDING)]),
)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Outbox:
    """Implements bot.domain.outbox.Letters. `lease` is how long a claim holds without news from its owner."""

    def __init__(self, documents: Documents, lease: timedelta) -> None:
        self._documents = documents
        self._free = _before(lease)

    async def add(self, letter: Letter, owner: str) -> Letter | None:
        """See Letters.add. The upsert lets the server's clock start the lease; the filter never fits."""
        document = {**_document(letter), "state": State.POSTING, "owner": owner, "fence": 1, "unshown": True}
        del document["_id"]
        try:
            await self._documents.update(
                {"_id": letter.id, "state": {"$exists": False}},
                {"$setOnInsert": document, "$currentDate": {"leased_at": True}},
                upsert=True,
            )
        except DuplicateKeyError:
            return None
        return _letter({**document, "_id": letter.id})

    async def find(self, letter_id: str) -> Letter | None:
        """See Letters.find."""
        found = await self._documents.one({"_id": letter_id})
        return _letter(found) if found else None

    async def claim(self, letter_id: str, owner: str) -> Letter | None:
        """See Letters.claim."""
        found = await self._documents.take(
            {"_id": letter_id, "unshown": True, **self._free},
            {"$set": {"owner": owner}, "$inc": {"fence": 1}, "$currentDate": {"leased_at": True}},
            after=True,
        )
        return _letter(found) if found else None

    async def posting(self, letter: Letter) -> bool:
        """See Letters.posting."""
        change = {"$set": {"state": State.POSTING}, "$currentDate": {"leased_at": True}}
        return await self._documents.update(_held(letter), change) == 1

    async def waiting(self, letter: Letter) -> None:
        """See Letters.waiting."""
        change = {"$set": {"state": State.PENDING}, "$currentDate": {"leased_at": True}}
        await self._documents.update(_held(letter), change)

    async def posted(self, letter: Letter, ts: str, revision: int) -> bool:
        """See Letters.posted. An edit wanted since then leaves the letter unshown, free for the next claim."""
        done = {"state": State.POSTED, "ts": ts, "shown": revision, "leased_at": NEVER, "reason": ""}
        query = {"_id": letter.id, "fence": letter.fence}
        shown = {"$set": {**done, "unshown": False}}
        if await self._documents.update({**query, "revision": {"$lte": revision}}, shown):
            return True
        return await self._documents.update(query, {"$set": done}) == 1

    async def record(self, letter: Letter, ts: str) -> None:
        """See Records.record. Whoever still holds a claim on it loses it: what they would post is there already."""
        document = {**_document(letter), "state": State.POSTED, "ts": ts, "fence": 1}
        try:
            await self._documents.insert(
                {**document, "unshown": letter.shown < letter.content.revision, "leased_at": NEVER, "owner": ""}
            )
        except DuplicateKeyError:
            found = {"state": State.POSTED, "ts": ts, "leased_at": NEVER, "unshown": True}
            await self._documents.update({"_id": letter.id, "ts": None}, {"$set": found, "$inc": {"fence": 1}})
            await self.want(letter.id, letter.content)

    async def park(self, letter: Letter, reason: str, *, in_doubt: bool) -> None:
        """See Letters.park."""
        change = {"state": State.PARKED, "reason": reason, "unshown": False, "in_doubt": in_doubt}
        await self._documents.update(_held(letter), {"$set": change, "$currentDate": {"leased_at": True}})

    async def drop(self, letter: Letter) -> None:
        """See Letters.drop."""
        await self._documents.update(_held(letter), {"$set": {"state": State.DROPPED, "unshown": False}})

    async def renew(self, letter: Letter, known: Letter, owner: str, rest: timedelta) -> Letter | None:
        """See Letters.renew."""
        query = {**_held(known), "state": known.state, "ts": None, "revision": known.content.revision, **_before(rest)}
        told = letter if letter.content.revision >= known.content.revision else known
        change = {
            **_content(told.content), "thread_ts": letter.thread_ts, "broadcast": letter.broadcast,
            "good_until": letter.good_until, "state": State.POSTING, "owner": owner, "unshown": True, "reason": "",
        }  # fmt: skip
        found = await self._documents.take(
            query, {"$set": change, "$inc": {"fence": 1}, "$currentDate": {"leased_at": True}}, after=True
        )
        return _letter(found) if found else None

    async def reopen(self, reasons: Collection[str], rest: timedelta) -> None:
        """See Letters.reopen. One that is good for a while only is renewed by whoever knows what to say now."""
        query = {"state": State.PARKED, "reason": {"$in": list(reasons)}, "good_until": None, **_before(rest)}
        for document in await self._documents.many(query, [("created_at", ASCENDING)], 50):
            rested = {"_id": document["_id"], "fence": document["fence"], "state": State.PARKED}
            state = State.POSTING if document.get("in_doubt") else State.PENDING
            again = {"state": state, "unshown": True, "leased_at": NEVER}
            await self._documents.update(rested, {"$set": again, "$inc": {"fence": 1}})

    async def unpost(self, letter_id: str, gone_ts: str) -> None:
        """See Letters.unpost. The fence keeps an edit of the old message, still under way, from confirming it."""
        change = {"state": State.PENDING, "ts": None, "shown": 0, "unshown": True, "leased_at": NEVER, "reason": ""}
        await self._documents.update({"_id": letter_id, "ts": gone_ts}, {"$set": change, "$inc": {"fence": 1}})

    async def rethread(self, channel: str, gone_ts: str, ts: str) -> None:
        """See Letters.rethread."""
        query = {"state": State.PARKED, "channel": channel, "thread_ts": gone_ts, "ts": None}
        again = {"state": State.PENDING, "thread_ts": ts, "unshown": True, "leased_at": NEVER, "reason": ""}
        await self._documents.update_all(query, {"$set": again, "$inc": {"fence": 1}})

    async def gone(self, event_type: str) -> list[str]:
        """See Letters.gone."""
        query = {"state": State.PARKED, "event_type": event_type, "reason": "message_not_found"}
        return [document["key"] for document in await self._documents.many(query, [("created_at", ASCENDING)], 50)]

    async def want(self, letter_id: str, content: Content, at: str = "") -> bool:
        """See Letters.want."""
        query = {"_id": letter_id, "revision": {"$lt": content.revision}, **({"ts": at} if at else {})}
        return await self._documents.update(query, {"$set": {**_content(content), "unshown": True}}) == 1

    async def unclaimed(self, limit: int, besides: Collection[str] = ()) -> list[Letter]:
        """See Letters.unclaimed."""
        query = {"unshown": True, "channel": {"$nin": list(besides)}, **self._free}
        found = await self._documents.many(query, [("created_at", ASCENDING)], limit)
        return [_letter(document) for document in found]

    async def parked(self, limit: int) -> list[Parked]:
        """See Undelivered.parked."""
        part = Part(limit, only=("reason",))
        found = await self._documents.part({"state": State.PARKED}, [("created_at", ASCENDING)], part)
        return [Parked(document["_id"], document["reason"]) for document in found]

    async def depth(self, now: datetime) -> Depth:
        """See Letters.depth."""
        oldest = await self._documents.one({"unshown": True}, sort=[("created_at", ASCENDING)])
        waiting = await self._documents.count({"unshown": True}) if oldest else 0
        parked = await self._documents.count({"state": State.PARKED})
        return Depth(waiting, max(0.0, (now - oldest["created_at"]).total_seconds()) if oldest else 0.0, parked)


def _before(ago: timedelta) -> Document:
    """Letters whose claim, or refusal, is longer ago by the server's clock."""
    return {"$expr": {"$lte": ["$leased_at", {"$subtract": ["$$NOW", int(ago.total_seconds() * 1000)]}]}}


def _held(letter: Letter) -> Document:
    return {"_id": letter.id, "fence": letter.fence}


def _content(content: Content) -> Document:
    # As text, since what people wrote may hold keys that MongoDB reads ("$", ".") and must come back unchanged.
    return {
        "body": json.dumps(content.body, ensure_ascii=False),
        "facts": json.dumps(content.facts, ensure_ascii=False),
        "revision": content.revision,
    }


def _document(letter: Letter) -> Document:
    return {
        "_id": letter.id,
        "event_type": letter.event_type,
        "key": letter.key,
        "channel": letter.channel,
        "thread_ts": letter.thread_ts,
        "broadcast": letter.broadcast,
        "created_at": letter.created_at,
        "state": letter.state,
        "ts": letter.ts,
        "shown": letter.shown,
        "reason": letter.reason,
        "good_until": letter.good_until,
        **_content(letter.content),
    }


def _letter(document: Document) -> Letter:
    return Letter(
        event_type=document["event_type"],
        key=document["key"],
        channel=document["channel"],
        content=Content(json.loads(document["body"]), json.loads(document["facts"]), document["revision"]),
        created_at=document["created_at"],
        thread_ts=document["thread_ts"],
        broadcast=document["broadcast"],
        state=State(document["state"]),
        ts=document["ts"],
        shown=document["shown"],
        fence=document["fence"],
        reason=document["reason"],
        good_until=document.get("good_until"),
    )
