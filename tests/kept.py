"""What MongoDB has kept, as tests look at it and put things there: a database for each world.

Not through the bot's driver: one connection to a server serves all the worlds on it, one after the other.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

T = TypeVar("T")
Document = dict[str, Any]
PATIENCE = 5000  # milliseconds for a server that was just started


@dataclass(frozen=True)
class _Server:
    client: MongoClient[Document]
    left: list[str] = field(default_factory=list)  # emptied databases of worlds that ended; they have all indexes
    may_go: bool = False  # for bots, whose way to it can be cut


_SHARED: dict[str, _Server] = {}


def _named(collection: str) -> list[Document]:
    """The name of a collection, if it has a document."""
    return [{"$limit": 1}, {"$project": {"_id": 0, "name": collection}}]


def _connected(url: str) -> _Server:
    return _Server(MongoClient(url, tz_aware=True, serverSelectionTimeoutMS=PATIENCE))


@contextmanager
def shared(url: str) -> Iterator[None]:
    """The worlds on this server have one connection meanwhile, and each the database of one before it."""
    _SHARED[url] = _connected(url)
    try:
        yield
    finally:
        _SHARED.pop(url).client.close()


@contextmanager
def led(way: str, url: str) -> Iterator[None]:
    """Worlds whose bots take this way to that server look into it directly."""
    _SHARED[way] = replace(_SHARED[url], may_go=True)
    try:
        yield
    finally:
        del _SHARED[way]


class Kept:
    """A database on the server of `url`, empty; with all indexes, if a bot has worked with it before."""

    def __init__(self, url: str) -> None:
        self._server = _SHARED.get(url) or _connected(url)
        self._is_shared = url in _SHARED
        self.may_go = self._server.may_go
        self.has_indexes = bool(self._server.left)
        name = self._server.left.pop() if self.has_indexes else f"test_{secrets.token_hex(6)}"
        self.mongodb_url = url.replace("/butler", f"/{name}")
        self.database = self._server.client[str(parse_uri(self.mongodb_url)["database"])]

    def leaves(self, *, is_sound: bool = True) -> None:
        """Empties the database for the next world, if it is sound: indexes take longer to make than most tests."""
        if not self._is_shared:
            self._server.client.close()
        elif is_sound:
            self._empty()

    def _empty(self) -> None:
        try:
            for name in self._filled(self.database.list_collection_names()):
                self.database[name].delete_many({})
        except PyMongoError:
            return  # a test stopped the server
        if self.has_indexes or self._was_worked_with():
            self._server.left.append(self.database.name)

    def _was_worked_with(self) -> bool:
        """Whether a bot made the indexes; one may have been told of another server, or of none."""
        return len(self.database["outbox"].index_information()) > 1

    def _filled(self, names: list[str]) -> list[str]:
        """The collections with anything in them, by one question instead of twenty deletions."""
        ones = [{"$unionWith": {"coll": name, "pipeline": _named(name)}} for name in names[1:]]
        found = self.database[names[0]].aggregate([*_named(names[0]), *ones]) if names else ()
        return [one["name"] for one in found]

    async def _asked(self, question: Callable[[], T]) -> T:
        """In a thread, unless the server is there all the time: one that was stopped must not hold up the bots."""
        return question() if self._is_shared else await asyncio.to_thread(question)

    async def documents(self, collection: str, **query: Any) -> list[Document]:
        """All documents of a collection that fit."""
        return await self._asked(lambda: list(self.database[collection].find(query).sort("_id")))

    async def document(self, collection: str, key: str | int) -> Document:
        """The document with this `_id`, which must be there."""
        found = await self._asked(lambda: self.database[collection].find_one({"_id": key}))
        assert found is not None, f"{collection} has no {key}"
        return found

    async def everything(self) -> dict[str, list[Document]]:
        """All documents by collection."""
        names = await self._asked(self.database.list_collection_names)
        return {name: await self.documents(name) for name in names}

    async def indexes(self, collection: str) -> list[Document]:
        """The indexes of a collection."""
        found = await self._asked(lambda: list(self.database[collection].list_indexes()))
        return [dict(index) for index in found]

    async def explained(self, collection: str, query: Document) -> Document:
        """How MongoDB finds what fits: the plan's `executionStats`."""
        command = {"explain": {"find": collection, "filter": query}, "verbosity": "executionStats"}
        return dict((await self._asked(lambda: self.database.command(command)))["executionStats"])

    async def puts(self, collection: str, document: Document) -> None:
        """Writes a document, as a bot that died afterwards would have."""
        await self._asked(lambda: self.database[collection].insert_one(document))

    async def puts_all(self, collection: str, documents: list[Document]) -> None:
        """Writes many documents at once."""
        await self._asked(lambda: self.database[collection].insert_many(documents))

    async def changes(self, collection: str, key: Any, fields: Document) -> None:
        """Changes fields of a document, as a bot that died afterwards would have."""
        await self._asked(lambda: self.database[collection].update_one({"_id": key}, {"$set": fields}))

    async def drops(self, collection: str) -> None:
        """Empties a collection, as if it had never been written."""
        await self._asked(lambda: self.database[collection].delete_many({}))

    async def removes(self, collection: str, key: str) -> None:
        """Removes the document with this `_id`."""
        await self._asked(lambda: self.database[collection].delete_one({"_id": key}))
