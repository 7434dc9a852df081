"""The one door to MongoDB: a client that never loses an acknowledged write, and collections that fail in our words."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WriteConcernError,
)
from pymongo.uri_parser import parse_uri

from bot.errors import StoreAwayError

Document = dict[str, Any]
Database = AsyncDatabase[Document]
Client = AsyncMongoClient[Document]

# A server that answers "no" for reasons that pass or that only an operator can mend: login (18), rights (13),
# a primary that steps down, a disk that is full. For the person it is the same: nothing was changed.
_AWAY_CODES = {13, 18, 91, 189, 10107, 11600, 11602, 13435, 13436, 14031}


def connect(url: str) -> Client:
    """A client for `url`; nothing is contacted yet.

    w=majority with journal, since w:1 loses acknowledged writes at a kill -9. No `timeoutMS`: it would replace the
    short wait for a server (https://pymongo.readthedocs.io/en/stable/examples/timeouts.html).
    """
    return AsyncMongoClient(
        url,
        serverSelectionTimeoutMS=1000,
        connectTimeoutMS=1000,
        socketTimeoutMS=2000,
        w="majority",
        journal=True,
        tz_aware=True,
        appname="ops-bot",
        retryWrites=True,
    )


def database_of(client: Client, url: str) -> Database:
    """The database that the URL names, `butler` if it names none."""
    return client[parse_uri(url)["database"] or "butler"]


class Reach:
    """Whether MongoDB can be reached. Once it could not, nothing waits for it until a probe found it back."""

    def __init__(self) -> None:
        self.is_away = False

    @contextmanager
    def trying(self, *, writes: bool = True, probes: bool = False) -> Iterator[None]:
        """Turns the driver's errors into StoreAwayError; `probes` asks even if MongoDB was away a moment ago."""
        if self.is_away and not probes:
            raise StoreAwayError
        try:
            yield
        except DuplicateKeyError:
            raise
        except ServerSelectionTimeoutError as error:
            self.is_away = True
            raise StoreAwayError from error
        except (ConnectionFailure, ExecutionTimeout, WriteConcernError) as error:
            self.is_away = True
            raise StoreAwayError(in_doubt=writes and "refused" not in str(error)) from error
        except OperationFailure as error:
            if error.code not in _AWAY_CODES and not error.timeout:
                raise
            raise StoreAwayError from error
        self.is_away = False


class Documents:
    """One collection. Each method raises StoreAwayError when MongoDB is away; inserts raise DuplicateKeyError."""

    def __init__(self, collection: AsyncCollection[Document], reach: Reach) -> None:
        self._collection = collection
        self._reach = reach

    async def insert(self, document: Document) -> None:
        """Adds one document."""
        with self._reach.trying():
            await self._collection.insert_one(document)

    async def one(self, query: Document, sort: Sequence[tuple[str, int]] | None = None) -> Document | None:
        """The first document that fits."""
        with self._reach.trying(writes=False):
            return await self._collection.find_one(query, sort=sort)

    async def many(self, query: Document, sort: Sequence[tuple[str, int]], limit: int = 0) -> list[Document]:
        """All documents that fit, in order, `limit` at most (0 = all)."""
        with self._reach.trying(writes=False):
            return await self._collection.find(query).sort(sort).limit(limit).to_list()

    async def each(self, query: Document, sort: Sequence[tuple[str, int]], limit: int = 0) -> AsyncIterator[Document]:
        """The same one by one, so that only a batch of them is held."""
        async with self._collection.find(query).sort(sort).limit(limit).batch_size(500) as found:
            while True:
                with self._reach.trying(writes=False):
                    document = await anext(found, None)
                if document is None:
                    return
                yield document

    async def update(self, query: Document, change: Mapping[str, Any], *, upsert: bool = False) -> int:
        """Changes the first document that fits; how many matched or were added (0 or 1)."""
        with self._reach.trying():
            result = await self._collection.update_one(query, change, upsert=upsert)
        return result.matched_count + (1 if result.upserted_id is not None else 0)

    async def upsert(self, query: Document, change: Mapping[str, Any]) -> bool:
        """Changes the first document that fits or adds one; whether it was added."""
        with self._reach.trying():
            result = await self._collection.update_one(query, change, upsert=True)
        return result.upserted_id is not None

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

    async def count(self, query: Document) -> int:
        """How many documents fit."""
        with self._reach.trying(writes=False):
            return await self._collection.count_documents(query)

    async def probe(self) -> None:
        """Reads one document, whether or not MongoDB was away a moment ago."""
        with self._reach.trying(writes=False, probes=True):
            await self._collection.find_one({}, projection={"_id": 1})

    async def index(self, indexes: Sequence[IndexModel]) -> None:
        """Makes sure that the indexes are there."""
        with self._reach.trying(probes=True):
            await self._collection.create_indexes(list(indexes))
