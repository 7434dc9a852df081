"""The world that the tests speak in: a workspace, a database of its own, and bots that can be started and stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, TypeVar

from bot.app import App, Tuning
from bot.domain.health_watch_desk import Rhythm
from bot.domain.search_desk import SearchDesk
from bot.domain.window_ports import Attendant
from bot.jobs import Tempo
from bot.settings import MAY_BE_EMPTY, load
from bot.slack.delivery import Pace
from bot.store.database import Store
from bot.store.mongo import Client, connect, database_of
from sandbox.slack import Slack
from tests.impatience import A_LOOK, NEVER, Impatience, at_work, stirred
from tests.kept import Document, Kept

T = TypeVar("T")

# Everything that waits in earnest waits ten to a hundred times shorter here.
PACE = Pace(lease=timedelta(seconds=1.5), settle=0.1, backoff=0.05, rest=timedelta(seconds=0.6))
# A test that stops a service does so for another reason, unless it asks to be watched; few look at /metrics.
TEMPO = Tempo(watch=NEVER, gauges=NEVER)
MEASURED = Tempo(watch=NEVER)
RHYTHM = Rhythm(0.05, timedelta(seconds=4))
WATCHING = Tempo(watch=Tempo.tick, gauges=NEVER)  # with the jobs that are rung for first

# For bots that die: what hangs is cut at once, as the limits of a real stop would cut it after seconds.
MORTAL = {"work_limit": 0.25, "rest_limit": 0.25}
# For a bot that is alone: what a dead one had is free sooner. With others this would be too short on a busy machine.
HEIR = {"pace": replace(PACE, lease=timedelta(seconds=0.6), rest=timedelta(seconds=0.3))}

LULL = 0.002  # seconds
A_MOMENT = 0.05  # seconds in which what Slack shows does not change, while nobody has the jobs ring
STORE_LOOKS = 0.05  # seconds between two looks of the driver for a server that is away; in earnest half a second
STORE_PATIENCE = 0.4  # seconds that it looks
STALL = 3.0  # seconds that a server which stays may be held up by a busy machine
LLM_LIMIT = 1.5  # seconds for a text; longer than people wait without a word
SWITCHED_OFF = dict.fromkeys(MAY_BE_EMPTY, "")


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


class World(Kept):
    """A workspace with one or more bots on one database. Starts one bot by itself."""

    def __init__(
        self,
        slack: Slack,
        mongodb_url: str,
        settings: Mapping[str, str] | None = None,
        tuned: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(mongodb_url)
        self.slack = slack
        self.clock = WallClock()
        self.bots: list[App] = []
        self.attendants: tuple[Attendant, ...] = ()
        self.tempo = TEMPO
        self.tuned = tuned or {}  # what bots that start from now on have otherwise than all others
        self._impatience = Impatience()
        slack.workspace.while_waiting = self._impatience
        self._settings = dict(settings or {})
        self._patience = STORE_PATIENCE if self.may_go else STALL
        self._client: Client | None = None
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
        if self._client is not None:
            await self._client.close()
        self.leaves(is_sound=kind is None)

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
            self.clock, PACE, self.tempo, LULL, LLM_LIMIT, self.attendants, self._impatience.alarm, RHYTHM,
            store_patience=self._patience, has_indexes=self.has_indexes,
            work_limit=1.0, rest_limit=1.5,
        )  # fmt: skip
        bot = App(load((), environment), replace(tuning, **self.tuned))
        self.bots.append(bot)
        await bot.start()
        return bot

    async def stops(self, bot: App | None = None) -> None:
        """Stops a bot as SIGTERM does."""
        gone = bot or self.bots[0]
        self.bots.remove(gone)
        async with asyncio.timeout(10):  # as long as a supervisor waits before it kills
            await gone.stop()

    async def measures(self) -> None:
        """Has another bot run instead, which counts for /metrics."""
        self.tempo = MEASURED
        await self.stops()
        await self.starts()

    async def rests(self) -> None:
        """Waits until the bots have looked twice for something to do, and nothing more happens: for what must not."""
        for _ in range(2):
            await self._settles()
            await self.round()
        await self._settles()

    async def _settles(self) -> None:
        """Waits until nothing is at work, or what is at work shows nothing in Slack for a moment: it may hang."""
        loop, at_rest = asyncio.get_running_loop(), 0
        change, since = self.slack.workspace.next_change, loop.time()
        while at_rest < 2 and loop.time() < since + A_MOMENT:
            await asyncio.sleep(A_LOOK)
            at_rest = 0 if at_work() else at_rest + 1
            if change.is_set():
                change, since = self.slack.workspace.next_change, loop.time()

    async def round(self) -> None:
        """Every job of every bot runs once more."""
        await self._impatience.round()

    def store(self, owner: str = "test", lease: timedelta | None = None) -> Store:
        """The bot's own stores of this world's database, for what no command does."""
        self._client = self._client or connect(self.mongodb_url, self._patience)
        return Store(database_of(self._client), owner, lease or PACE.lease)

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
            await stirred()  # a database has no bell; what Slack shows is awaited without this
        raise AssertionError(f"waited in vain for {what}")

    async def stored(self, collection: str, count: int = 1, within: float = 20.0, **query: Any) -> list[Document]:
        """Waits until so many documents fit, and returns them."""

        async def enough() -> list[Document] | None:
            found = await self.documents(collection, **query)
            return found if len(found) >= count else None

        return await self.until(enough, f"{count} in {collection} with {query}", within)
