"""The world that the tests speak in: a workspace, a database of its own, and bots that can be started and stopped."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, TypeVar

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from bot.app import App, Tuning
from bot.domain.health_watch_desk import Rhythm
from bot.domain.search_desk import SearchDesk
from bot.domain.window_ports import Attendant
from bot.jobs import Tempo
from bot.settings import MAY_BE_EMPTY, load
from bot.slack.delivery import Pace
from bot.store.database import Store
from sandbox.slack import Slack
from tests.impatience import Impatience

T = TypeVar("T")
Document = dict[str, Any]

# Everything that waits in earnest waits ten to a hundred times shorter here.
PACE = Pace(lease=timedelta(seconds=1.5), settle=0.1, backoff=0.05, rest=timedelta(seconds=0.6))
NEVER = timedelta(days=1)
TEMPO = Tempo(
    tick=timedelta(seconds=0.2),
    sweep=timedelta(seconds=0.32),
    tidy=timedelta(seconds=0.5),
    watch=NEVER,  # a test that stops a service does so for another reason, unless it asks to be watched
    first_watch=NEVER,
)
RHYTHM = Rhythm(0.05, timedelta(seconds=4))
WATCHING = replace(TEMPO, watch=timedelta(seconds=0.2), first_watch=timedelta(0))

LLM_LIMIT = 1.5  # seconds for a text; longer than people wait without a word
_EMPTY: defaultdict[str, list[str]] = defaultdict(list)  # databases of worlds that ended, by server
SWITCHED_OFF = dict.fromkeys(MAY_BE_EMPTY, "")


def forget_emptied(server: str) -> None:
    """The next worlds on this server have new databases, not those of worlds that ended."""
    _EMPTY.pop(server, None)


def _named(collection: str) -> list[dict[str, Any]]:
    """The name of a collection, if it has a document."""
    return [{"$limit": 1}, {"$project": {"_id": 0, "name": collection}}]


class WallClock:
    """A clock that shows what a test wants, and goes on from there; at first a Wednesday, far from any Saturday."""

    def __init__(self) -> None:
        self.set("2026-11-25 12:00:00")

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def set(self, text: str) -> None:
        """Shows this UTC moment from now on, e.g. `2026-11-28 01:44:30`."""
        self._ahead = datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime.now(UTC)

    def forward(self, **by: float) -> None:
        """Jumps ahead, e.g. `minutes=1`."""
        self._ahead += timedelta(**by)


class World:
    """A workspace with one or more bots on one database. Starts one bot by itself."""

    def __init__(self, slack: Slack, mongodb_url: str, settings: Mapping[str, str] | None = None) -> None:
        self.slack = slack
        self.clock = WallClock()
        self.bots: list[App] = []
        self.attendants: tuple[Attendant, ...] = ()
        self.tempo = TEMPO
        self._impatience = Impatience()
        slack.workspace.while_waiting = self._impatience
        self._server = mongodb_url
        self._database = _EMPTY[mongodb_url].pop() if _EMPTY[mongodb_url] else f"test_{secrets.token_hex(6)}"
        self.mongodb_url = mongodb_url.replace("/butler", f"/{self._database}")
        self._settings = dict(settings or {})
        self._client: AsyncMongoClient[Document] = AsyncMongoClient(
            self.mongodb_url, tz_aware=True, serverSelectionTimeoutMS=5000
        )
        self.ann = slack.person("ann")
        self.bob = slack.person("bob")

    async def __aenter__(self) -> "World":
        await self.starts()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for bot in list(self.bots):
            await self.stops(bot)
        async with asyncio.timeout(10):
            if kind is None:
                await self._emptied()
            await self._client.close()

    async def _emptied(self) -> None:
        """Leaves the database to the next world: it has all indexes, which take longer to make than most tests."""
        database = self._client.get_default_database()
        try:
            names = await database.list_collection_names()
            for name in await self._filled(database, names):
                await database[name].delete_many({})
        except PyMongoError:
            return  # a test stopped the server
        _EMPTY[self._server].append(self._database)

    async def _filled(self, database: AsyncDatabase[Document], names: list[str]) -> list[str]:
        """The collections with anything in them, by one question instead of twenty deletions."""
        ones = [{"$unionWith": {"coll": name, "pipeline": _named(name)}} for name in names[1:]]
        found = await database[names[0]].aggregate([*_named(names[0]), *ones]) if names else None
        return [one["name"] for one in await found.to_list()] if found else []

    async def starts(self, **settings: str) -> App:
        """Starts another bot; its settings are those of the world and these."""
        environment = {
            **self.slack.environment(),
            "MONGODB_URL": self.mongodb_url,
            "OPS_ADMINS": self.ann.id,
            "PORT": "0",
            **SWITCHED_OFF,
            **self._settings,
            **settings,
        }
        tuning = Tuning(
            self.clock, PACE, self.tempo, LLM_LIMIT, self.attendants, self._impatience.alarm, RHYTHM,
            work_limit=1.0, rest_limit=1.5,
        )  # fmt: skip
        bot = App(load((), environment), tuning)
        self.bots.append(bot)
        await bot.start()
        return bot

    async def stops(self, bot: App | None = None) -> None:
        """Stops a bot as SIGTERM does."""
        gone = bot or self.bots[0]
        self.bots.remove(gone)
        async with asyncio.timeout(10):  # as long as a supervisor waits before it kills
            await gone.stop()

    # What MongoDB has

    async def documents(self, collection: str, **query: Any) -> list[Document]:
        """All documents of a collection that fit."""
        found = self._client.get_default_database()[collection].find(query)
        return await found.sort("_id").to_list()

    async def document(self, collection: str, key: str | int) -> Document:
        """The document with this `_id`, which must be there."""
        found = await self._client.get_default_database()[collection].find_one({"_id": key})
        assert found is not None, f"{collection} has no {key}"
        return found

    async def indexes(self, collection: str) -> list[Document]:
        """The indexes of a collection."""
        found = await self._client.get_default_database()[collection].list_indexes()
        return [dict(index) for index in await found.to_list()]

    async def explained(self, collection: str, query: Document) -> Document:
        """How MongoDB finds what fits."""
        command = {"explain": {"find": collection, "filter": query}, "verbosity": "executionStats"}
        told = await self._client.get_default_database().command(command)
        return dict(told["executionStats"])

    async def puts(self, collection: str, document: Document) -> None:
        """Writes a document, as a bot that died afterwards would have."""
        await self._client.get_default_database()[collection].insert_one(document)

    async def puts_all(self, collection: str, documents: list[Document]) -> None:
        """Writes many documents at once."""
        await self._client.get_default_database()[collection].insert_many(documents)

    async def changes(self, collection: str, key: Any, fields: Document) -> None:
        """Changes fields of a document, as a bot that died afterwards would have."""
        await self._client.get_default_database()[collection].update_one({"_id": key}, {"$set": fields})

    async def drops(self, collection: str) -> None:
        """Empties a collection, as if it had never been written."""
        await self._client.get_default_database()[collection].delete_many({})

    async def removes(self, collection: str, key: str) -> None:
        """Removes the document with this `_id`."""
        await self._client.get_default_database()[collection].delete_one({"_id": key})

    def store(self) -> Store:
        """The bot's own stores of this world's database, for what no command does."""
        return Store(self._client.get_default_database(), "test", PACE.lease)

    def search(self) -> SearchDesk:
        """A desk beside the bots', as another replica has one."""
        store = self.store()
        return SearchDesk(store.words, store.incidents, store.timelines)

    async def until(self, question: Callable[[], Awaitable[T | None]], what: str, within: float = 20.0) -> T:
        """Waits until the answer is something, and returns it."""
        with self._impatience():
            return await self._answered(question, what, within)

    async def _answered(self, question: Callable[[], Awaitable[T | None]], what: str, within: float) -> T:
        end = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < end:
            answer = await question()
            if answer:
                return answer
            # A database has no bell; what Slack shows is awaited without this.
            await asyncio.sleep(0.02)
        raise AssertionError(f"waited in vain for {what}")

    async def stored(self, collection: str, count: int = 1, within: float = 20.0, **query: Any) -> list[Document]:
        """Waits until so many documents fit, and returns them."""

        async def enough() -> list[Document] | None:
            found = await self.documents(collection, **query)
            return found if len(found) >= count else None

        return await self.until(enough, f"{count} in {collection} with {query}", within)
