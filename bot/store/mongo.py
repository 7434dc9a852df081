"""The one door to MongoDB: a client that never loses an acknowledged write, and collections that fail in our words."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import structlog
from pymongo import AsyncMongoClient, IndexModel, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError, ExecutionTimeout

from bot.errors import StoreAwayError
from bot.store.reach import AWAY_CODES, LONG_PATIENCE, Reach

log = structlog.get_logger("mongo")

Document = dict[str, Any]
Change = Mapping[str, Any] | Sequence[Mapping[str, Any]]  # operators, or the stages of a pipeline
Index = tuple[tuple[str, int], ...]  # its fields with their directions
Database = AsyncDatabase[Document]
Client = AsyncMongoClient[Document]

PATIENCE = 1.0  # seconds
UPSERT_TRIES = 3
READING = GATHERING = 1_900  # milliseconds: below what the connection waits, after which a server would go on alone
_DUPLICATE = 11000


def known(kind: type[Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Of a document that becomes a dataclass, what that has: a newer bot beside this one may keep more."""
    return {field.name: document[field.name] for field in fields(kind) if field.name in document}


class TooLongError(Exception):
    """A query took longer than it was given."""


@dataclass(frozen=True)
class Part:
    """Which of the documents that fit: `limit` at most after `skip`; of each only some fields, if any are named.

    `seconds` is how long the server may look, 0 for as long as the connection waits. `index` is the one to use, where
    MongoDB would choose another on the strength of what it saw in a small collection.
    """

    limit: int
    skip: int = 0
    only: tuple[str, ...] = ()
    seconds: float = 0.0
    index: Index = ()


def connect(url: str, patience: float = PATIENCE) -> Client:
    """A client for `url`, which looks `patience` seconds for a server before it says that there is none.

    Nothing is contacted yet.

    w=majority with journal, since w:1 loses acknowledged writes at a kill -9. No `timeoutMS`: it would replace the
    short wait for a server (https://pymongo.readthedocs.io/en/stable/examples/timeouts.html).
    """
    return AsyncMongoClient(
        url,
        serverSelectionTimeoutMS=round(patience * 1000),
        connectTimeoutMS=1000,
        socketTimeoutMS=2000,
        w="majority",
        journal=True,
        tz_aware=True,
        appname="ops-bot",
        retryWrites=True,
    )


async def close(client: Client) -> None:
    """Closes the client, within two seconds: a call that was cancelled while it waited can keep its lock for ever."""
    try:
        async with asyncio.timeout(2.0):
            await client.close()
    except TimeoutError:
        log.warning("MongoDB's client did not close")


def database_of(client: Client) -> Database:
    """The database that its URL names, `butler` if it names none."""
    return client.get_default_database("butler")


class Documents:
    """One collection. Each method raises StoreAwayError when MongoDB is away; inserts raise DuplicateKeyError."""

    def __init__(self, collection: AsyncCollection[Document], reach: Reach) -> None:
        self._collection = collection
        self._reach = reach

    async def insert(self, document: Document) -> None:
        """Adds one document."""
        with self._reach.trying():
            await self._collection.insert_one(document)

    async def insert_all(self, documents: Sequence[Document]) -> None:
        """Adds documents, one after the other: where one cannot be added, those after it are not either."""
        try:
            with self._reach.trying():
                await self._collection.insert_many(documents)
        except BulkWriteError as error:
            codes = {int(each["code"]) for each in error.details.get("writeErrors", ())}
            if codes == {_DUPLICATE}:
                raise DuplicateKeyError("one is there already", _DUPLICATE, error.details) from error
            if not codes or codes & AWAY_CODES:
                raise StoreAwayError(in_doubt=True) from error
            raise

    async def one(self, query: Document, sort: Sequence[tuple[str, int]] | None = None) -> Document | None:
        """The first document that fits."""
        with self._reach.trying(writes=False):
            return await self._reach.answer(self._collection.find_one(query, sort=sort, max_time_ms=READING))

    async def many(self, query: Document, sort: Sequence[tuple[str, int]], limit: int = 0) -> list[Document]:
        """All documents that fit, in order, `limit` at most (0 = all)."""
        with self._reach.trying(writes=False):
            return await self._all(self._collection.find(query).sort(sort).limit(limit).max_time_ms(READING))

    async def each(self, query: Document, sort: Sequence[tuple[str, int]], limit: int = 0) -> AsyncIterator[Document]:
        """The same one by one, so that only a batch of them is held."""
        async with self._collection.find(query).sort(sort).limit(limit).batch_size(500) as found:
            while True:
                with self._reach.trying(writes=False):
                    document = await anext(found, None)
                if document is None:
                    return
                yield document

    async def part(self, query: Document, sort: Sequence[tuple[str, int]], part: Part) -> list[Document]:
        """Some of the documents that fit, in order (an empty `sort`: that of the index). Raises TooLongError."""
        with self._reach.trying(writes=False):
            found = self._collection.find(query, dict.fromkeys(part.only, 1) or None)
            found = found.sort(sort) if sort else found
            found = found.max_time_ms(int(part.seconds * 1000) or READING)
            found = found.hint(list(part.index)) if part.index else found
            try:
                return await self._all(found.skip(part.skip).limit(part.limit).batch_size(1_000))
            except ExecutionTimeout as error:
                if not part.seconds:
                    raise
                raise TooLongError from error

    async def update(self, query: Document, change: Change, *, upsert: bool = False) -> int:
        """Changes the first document that fits; how many matched or were added (0 or 1)."""
        with self._reach.trying():
            result = await self._collection.update_one(query, change, upsert=upsert)
        return result.matched_count + (1 if result.upserted_id is not None else 0)

    async def upsert(self, query: Document, change: Mapping[str, Any]) -> bool:
        """Changes the first document that fits or adds one; whether it was added."""
        with self._reach.trying():
            result = await self._collection.update_one(query, change, upsert=True)
        return result.upserted_id is not None

    async def update_all(self, query: Document, change: Change) -> int:
        """Changes all documents that fit; how many did."""
        with self._reach.trying():
            result = await self._collection.update_many(query, change)
        return result.matched_count

    async def write(self, changes: Sequence[tuple[Document, Change]], *, upsert: bool = False) -> int:
        """Makes many changes at once, each on the first document that fits; how many were added.

        With `upsert` they must be such that making them twice changes nothing: two that add the same document at the
        same moment make MongoDB refuse one of them, and then all are made again.
        """
        operations = [UpdateOne(query, change, upsert=upsert) for query, change in changes]
        added = 0
        for tries in range(UPSERT_TRIES):
            try:
                with self._reach.trying():
                    return added + (await self._collection.bulk_write(operations, ordered=False)).upserted_count
            except BulkWriteError as error:
                added += int(error.details.get("nUpserted", 0))
                codes = {int(each["code"]) for each in error.details.get("writeErrors", ())}
                if not codes or codes & AWAY_CODES:  # the writes were made, but not on enough servers, or not at all
                    raise StoreAwayError(in_doubt=True) from error
                if codes != {_DUPLICATE} or tries == UPSERT_TRIES - 1:
                    raise
        raise AssertionError  # the loop returns or raises

    async def take(self, query: Document, change: Mapping[str, Any], *, after: bool) -> Document | None:
        """Changes the first document that fits and returns it, as it was before or `after`."""
        with self._reach.trying():
            return await self._collection.find_one_and_update(query, change, return_document=after)

    async def replace(self, query: Document, document: Document) -> bool:
        """Replaces the first document that fits; whether there was one."""
        with self._reach.trying():
            result = await self._collection.replace_one(query, document)
        return result.matched_count == 1

    async def delete(self, query: Document) -> None:
        """Removes the first document that fits."""
        with self._reach.trying():
            await self._collection.delete_one(query)

    async def count(self, query: Document, most: int = 0, index: Index = ()) -> int:
        """How many documents fit; with `most` it counts no further. See `Part` for `index`."""
        options: dict[str, Any] = {"maxTimeMS": READING} | ({"limit": most} if most else {})
        if index:
            options["hint"] = list(index)
        with self._reach.trying(writes=False):
            return await self._reach.answer(self._collection.count_documents(query, **options))

    async def count_by(self, query: Document, field: str) -> dict[Any, int]:
        """How many documents fit, by what they have in a field; what none has is not in it."""
        stages = [{"$match": query}, {"$group": {"_id": f"${field}", "fit": {"$sum": 1}}}]
        with self._reach.trying(writes=False):
            asked = self._collection.aggregate(stages, maxTimeMS=READING)
            return {one["_id"]: int(one["fit"]) for one in await self._all(await self._reach.answer(asked))}

    async def gathered(self, pipeline: Sequence[Document], index: Index) -> list[Document]:
        """What the stages make of the documents, read by this index. Raises TooLongError before the connection does."""
        with self._reach.trying(writes=False):
            try:
                asked = self._collection.aggregate(list(pipeline), hint=dict(index), maxTimeMS=GATHERING)
                return await self._all(await self._reach.answer(asked))
            except ExecutionTimeout as error:
                raise TooLongError from error

    async def _all(self, found: AsyncCursor[Document] | AsyncCommandCursor[Document]) -> list[Document]:
        """What a cursor has. Whether the server answers is known from the first; what follows may take longer."""
        first = await self._reach.answer(found.to_list(1))
        if not found.cursor_id:  # the server has sent all
            return first + await found.to_list()
        return first + await self._reach.answer(found.to_list(), LONG_PATIENCE)

    async def probe(self) -> None:
        """Reads one document, whether or not MongoDB was away a moment ago."""
        with self._reach.trying(writes=False, probes=True):
            await self._reach.answer(self._collection.find_one({}, projection={"_id": 1}, max_time_ms=READING))

    async def index(self, indexes: Sequence[IndexModel]) -> None:
        """Makes sure that the indexes are there."""
        with self._reach.trying(probes=True):
            await self._collection.create_indexes(list(indexes))
