"""Claims on exports (`exports`, `_id` = what is exported for whom), by the server's clock; incidents as a stream."""

import secrets
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.emergency import Emergency
from bot.domain.export_desk import Claim, How
from bot.domain.export_left import Left
from bot.domain.incident import Incident
from bot.domain.window import Kind
from bot.store.incident import incident_of
from bot.store.mongo import Document, Documents
from bot.store.window import emergency_of

HOLDS = timedelta(minutes=1)  # how long the same request is the same, and how long a bot that died blocks it
LEFT = timedelta(minutes=3)  # after which no living bot is at it: Slack's patience with files ends before
AT_ONCE = 50
INDEXES = (IndexModel([("at", ASCENDING)], expireAfterSeconds=3600),)


class Claims:
    """Implements bot.domain.export_desk.Claims."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        millis = int(HOLDS.total_seconds() * 1000)
        self._over = {"$expr": {"$lt": ["$at", {"$subtract": ["$$NOW", millis]}]}}

    async def claim(self, key: str, who: str) -> Claim:
        """See Claims.claim. The minute begins with the claim, so that no border lies between two presses of Enter."""
        token = secrets.token_hex(8)
        change: Document = {"token": token, "who": who, "how": How.UNDERWAY.value}
        while True:
            try:
                # The filter never fits: there is one document with this _id or none.
                query = {"_id": key, "token": {"$exists": False}}
                await self._documents.update(query, {"$setOnInsert": change, "$currentDate": {"at": True}}, upsert=True)
            except DuplicateKeyError:
                taken = {"$set": change, "$currentDate": {"at": True}}
                if await self._documents.update({"_id": key, **self._over}, taken):
                    return Claim(key, token, is_ours=True)
                known = await self._documents.one({"_id": key})
                if known is None:
                    continue  # released just now
                return Claim(key, str(known["token"]), is_ours=False, how=How(known["how"]))
            return Claim(key, token, is_ours=True)

    async def done(self, claim: Claim, how: How) -> None:
        """See Claims.done."""
        await self._documents.update({"_id": claim.key, "token": claim.token}, {"$set": {"how": how.value}})

    async def release(self, claim: Claim) -> None:
        """See Claims.release."""
        await self._documents.delete({"_id": claim.key, "token": claim.token})

    async def left_behind(self) -> list[Left]:
        """See bot.domain.export_left.Claims.left_behind."""
        millis = int(LEFT.total_seconds() * 1000)
        over = {"$expr": {"$lt": ["$at", {"$subtract": ["$$NOW", millis]}]}}
        found = await self._documents.many({"how": How.UNDERWAY, **over}, [("at", ASCENDING)], AT_ONCE)
        return [Left(one["_id"], one["token"], one["who"]) for one in found]

    async def forget(self, left: Left) -> None:
        """See bot.domain.export_left.Claims.forget."""
        await self._documents.delete({"_id": left.key, "token": left.token})


class Opened:
    """Implements bot.domain.export_desk.Opened."""

    def __init__(self, documents: Documents, windows: Documents) -> None:
        self._documents = documents
        self._windows = windows

    async def emergencies(self, since: datetime | None, before: datetime | None, most: int) -> list[Emergency]:
        """See bot.domain.export_desk.Opened.emergencies."""
        within = _opened_in(since, before).get("opened_at")
        query: Document = {"kind": Kind.EMERGENCY, **({"start": within} if within else {})}
        return [emergency_of(one) for one in await self._windows.many(query, [("start", DESCENDING)], most)]

    async def opened(self, since: datetime | None, before: datetime | None, most: int) -> AsyncIterator[Incident]:
        """See bot.domain.export_desk.Opened.opened."""
        async for document in self._documents.each(_opened_in(since, before), [("opened_at", DESCENDING)], most):
            yield incident_of(document)

    async def count_opened(self, since: datetime | None, before: datetime | None) -> int:
        """See bot.domain.export_desk.Opened.count_opened."""
        return await self._documents.count(_opened_in(since, before))


def _opened_in(since: datetime | None, before: datetime | None) -> Document:
    within = {name: moment for name, moment in (("$gte", since), ("$lt", before)) if moment is not None}
    return {"opened_at": within} if within else {}
