"""The incidents of outages (`outages`, `_id` = the outage's key): who pressed first, and what came of it."""

from pymongo.errors import DuplicateKeyError

from bot.domain.outage import HOLDS, Pressed
from bot.store.mongo import Document, Documents


class Outages:
    """Implements bot.domain.outage.Outages. A press holds by the server's clock."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        millis = int(HOLDS.total_seconds() * 1000)
        self._over = {"$expr": {"$lt": ["$at", {"$subtract": ["$$NOW", millis]}]}}

    async def press(self, key: str, who: str) -> Pressed:
        """See Outages.press."""
        fresh: Document = {"who": who, "incident": ""}
        try:
            # The filter never fits: there is one document with this _id or none.
            query = {"_id": key, "who": {"$exists": False}}
            await self._documents.update(query, {"$setOnInsert": fresh, "$currentDate": {"at": True}}, upsert=True)
        except DuplicateKeyError:
            again = {"$set": {"who": who}, "$currentDate": {"at": True}}
            if await self._documents.update({"_id": key, "incident": "", **self._over}, again):
                return Pressed(who, is_ours=True)
            known = await self._documents.one({"_id": key})
            return Pressed(known["who"], known["incident"]) if known else Pressed("")
        return Pressed(who, is_ours=True)

    async def link(self, key: str, incident_id: str) -> None:
        """See Outages.link."""
        change = {"$set": {"incident": incident_id}, "$setOnInsert": {"who": ""}, "$currentDate": {"at": True}}
        try:
            await self._documents.update({"_id": key, "incident": ""}, change, upsert=True)
        except DuplicateKeyError:
            return  # it has one

    async def release(self, key: str) -> None:
        """See Outages.release."""
        await self._documents.delete({"_id": key, "incident": ""})
