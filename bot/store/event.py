"""Events of Slack that were handled (`events`, `_id` = Slack's event_id), kept a day: longer than its last retry.

Signed requests, too (`request v0=…`), which are good for five minutes.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.errors import StoreAwayError
from bot.store.mongo import Documents

INDEXES = (IndexModel([("at", ASCENDING)], expireAfterSeconds=86_400),)
LEASE = timedelta(seconds=20)  # a bot killed while it handled an event holds it no longer than this


class Events:
    """Implements handlers.once.Events."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def begin(self, event_id: str) -> bool | None:
        """True: it is ours to handle. False: it was handled. None: somebody is at it just now."""
        try:
            await self._documents.update(
                {"_id": event_id, "is_done": {"$exists": False}},
                {"$setOnInsert": {"is_done": False}, "$currentDate": {"at": True}},
                upsert=True,
            )
        except DuplicateKeyError:
            millis = int(LEASE.total_seconds() * 1000)
            free = {"$expr": {"$lt": ["$at", {"$subtract": ["$$NOW", millis]}]}}
            query = {"_id": event_id, "is_done": False, **free}
            if await self._documents.update(query, {"$currentDate": {"at": True}}):
                return True
            known = await self._documents.one({"_id": event_id})
            return None if known is None or not known["is_done"] else False
        return True

    async def is_first(self, key: str) -> bool:
        """See bot.signed.Taken."""
        try:
            await self._documents.insert({"_id": key, "is_done": True, "at": datetime.now(UTC)})
        except DuplicateKeyError:
            return False
        return True

    async def hold(self, event_id: str) -> None:
        """Renews the claim until it is cancelled; makes it, if MongoDB was away when the work began."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 4)
            try:
                query = {"_id": event_id, "is_done": False}
                await self._documents.update(query, {"$currentDate": {"at": True}}, upsert=True)
            except DuplicateKeyError:
                return  # another bot has done it meanwhile
            except StoreAwayError:
                continue

    async def done(self, event_id: str) -> None:
        """It was handled; a retry of it is dropped from now on."""
        change = {"$set": {"is_done": True, "at": datetime.now(UTC)}}
        await self._documents.update({"_id": event_id}, change, upsert=True)

    async def undone(self, event_id: str) -> None:
        """It could not be handled; its retry is new."""
        await self._documents.delete({"_id": event_id, "is_done": False})
