"""Silences in MongoDB (`silences`, `_id` = the silence's ID). A claim holds for `lease` by the server's clock."""

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.silence import Matcher, Silence, State
from bot.store.mongo import Document, Documents, known

INDEXES = (
    # Of those that are wanted, one for the same matchers, whichever bot is asked.
    IndexModel([("same", ASCENDING)], unique=True, partialFilterExpression={"same": {"$gt": ""}}),
    IndexModel([("state", ASCENDING), ("ends_at", ASCENDING)]),
)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_PLAIN = {each.name for each in fields(Silence)} - {"id", "matchers", "state"}


class Silences:
    """Implements bot.domain.silence_ports.Silences."""

    def __init__(self, documents: Documents, lease: timedelta) -> None:
        self._documents = documents
        millis = int(lease.total_seconds() * 1000)
        self._free = {"$expr": {"$lte": ["$leased_at", {"$subtract": ["$$NOW", millis]}]}}

    async def add(self, silence: Silence) -> bool:
        """See Silences.add. The upsert lets the server's clock start the claim; the filter never fits."""
        document = _document(silence)
        try:
            await self._documents.update(
                {"_id": silence.id, "state": {"$exists": False}},
                {"$setOnInsert": document, "$currentDate": {"leased_at": True}},
                upsert=True,
            )
        except DuplicateKeyError:
            return False
        return True

    async def get(self, silence_id: str) -> Silence | None:
        """See Silences.get."""
        return _maybe(await self._documents.one({"_id": silence_id}))

    async def same(self, name: str) -> Silence | None:
        """See Silences.same."""
        return _maybe(await self._documents.one({"same": name}))

    async def save(self, silence: Silence, was: int) -> bool:
        """See Silences.save."""
        query = {"_id": silence.id, "version": was}
        return await self._documents.update(query, {"$set": _document(silence)}) == 1

    async def wanted(self) -> list[Silence]:
        """See Silences.wanted."""
        found = await self._documents.many({"state": State.WANTED}, [("ends_at", ASCENDING)])
        return [_silence(document) for document in found]

    async def unsettled(self, now: datetime) -> list[str]:
        """See Silences.unsettled."""
        query = {"$or": [{"state": State.WANTED}, {"state": State.EXPIRED, "ends_at": {"$gt": now}}]}
        return [str(document["_id"]) for document in await self._documents.many(query, [("ends_at", ASCENDING)])]

    async def claim(self, silence_id: str) -> Silence | None:
        """See Silences.claim."""
        change: Document = {"$currentDate": {"leased_at": True}}
        return _maybe(await self._documents.take({"_id": silence_id, **self._free}, change, after=True))

    async def release(self, silence_id: str) -> None:
        """See Silences.release."""
        await self._documents.update({"_id": silence_id}, {"$set": {"leased_at": NEVER}})


def _document(silence: Silence) -> Document:
    document = {name: getattr(silence, name) for name in _PLAIN}
    matchers = [asdict(one) for one in silence.matchers]
    same = silence.same if silence.state is State.WANTED else ""
    return {**document, "matchers": matchers, "state": silence.state, "same": same}


def _maybe(document: Document | None) -> Silence | None:
    return _silence(document) if document else None


def _silence(document: Document) -> Silence:
    return Silence(
        **{name: document[name] for name in _PLAIN if name in document},
        id=document["_id"],
        matchers=tuple(Matcher(**known(Matcher, one)) for one in document["matchers"]),
        state=State(document["state"]),
    )
