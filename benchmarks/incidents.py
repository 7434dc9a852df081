"""How long lists, `show` and searches take among a million incidents, beside the same among a thousand."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.seed import COMMON, NEWEST, USUAL, host, identity, seed
from benchmarks.table import Figure, say
from bot.domain.incident import WORKING, Severity, Status
from bot.domain.search import Filters, Wanted, month
from bot.domain.search_desk import SearchDesk
from bot.store.database import Store
from bot.store.mongo import connect, database_of
from sandbox.mongo import Mongod

FEW, MANY, QUICK = 1_000, 1_000_000, 50_000
FLOOR = 0.001  # seconds: below, a busy machine makes more of a difference than a million incidents
ALLOWED = 2.0
TIMES, TURNS = 200, 10

Ask = Callable[[Store, SearchDesk, int, int], Awaitable[object]]


def listing(filters: Filters, page: int = 1) -> Ask:
    """A page of a list."""
    return lambda _, desk, __, ___: desk.list(Wanted(filters, page=page))


def searching(words: Callable[[int], tuple[str, ...]], filters: Filters | None = None) -> Ask:
    """A search; its words come of a number of some incident."""
    return lambda _, desk, number, __: desk.search(Wanted(filters or Filters(), words(number)))


async def show(store: Store, _: SearchDesk, number: int, count: int) -> object:
    """What `/incident show 7KQ4` reads."""
    (found,) = await store.incidents.ending_with(identity(number, count)[-4:])
    return await store.incidents.get(found.id), await store.timelines.of(found.id)


async def ending(store: Store, _: SearchDesk, number: int, count: int) -> object:
    """What an ending of one character reads, which is the end of thousands."""
    return await store.incidents.ending_with(identity(number, count)[-1:])


ASKED: dict[str, Ask] = {
    "list": listing(Filters(statuses=WORKING)),
    "list sev1 open": listing(Filters(Severity.SEV1, WORKING)),
    "list resolved": listing(Filters(statuses=(Status.RESOLVED,))),
    "list sev2 resolved last month": listing(Filters(Severity.SEV2, (Status.RESOLVED,), month(NEWEST, ago=1))),
    "list all page 20": listing(Filters(), 20),
    "show 7KQ4": show,
    "an ending of one character": ending,
    "search, a rare word": searching(lambda number: (host(number),)),
    "search, a usual word": searching(lambda number: (USUAL[number % len(USUAL)],)),
    "search, a common word": searching(lambda number: (COMMON[number % len(COMMON)],)),
    "search, a common and a usual word": searching(lambda number: (COMMON[0], USUAL[number % len(USUAL)])),
    "search, two common words": searching(lambda number: (COMMON[number % 5], COMMON[5 + number % 5])),
    "search, a common word and filters": searching(
        lambda _: (COMMON[0],), Filters(Severity.SEV1, (Status.RESOLVED,), month(NEWEST, ago=1))
    ),
    "search, no such word": searching(lambda number: (f"absent{number}",)),
    "search, the beginning of words": searching(lambda number: (COMMON[number % len(COMMON)][:-1],)),
}


@dataclass(frozen=True)
class Took:
    """Seconds, in order."""

    seconds: list[float]

    @property
    def half(self) -> float:
        """The median."""
        return median(self.seconds)


class Many:
    """The bot's stores on a database with so many incidents."""

    def __init__(self, url: str, count: int) -> None:
        self.count = count
        self._client = connect(url)
        self._store = Store(database_of(self._client), "bench", timedelta(seconds=30))
        self._desk = SearchDesk(self._store.words, self._store.incidents, self._store.timelines)

    async def time(self, ask: Ask, numbers: list[int]) -> list[float]:
        """Seconds for the question about the incidents with these numbers."""
        return [await _timed(ask(self._store, self._desk, number % self.count, self.count)) for number in numbers]

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.close()


async def measure(sizes: Sequence[Many]) -> list[dict[str, Took]]:
    """How long each question takes; few and many take turns, so that a busy moment of the machine strikes both."""
    took: list[dict[str, Took]] = [{} for _ in sizes]
    for name, ask in ASKED.items():
        chance = random.Random(name)  # noqa: S311 - the same each time
        seconds: list[list[float]] = [[] for _ in sizes]
        for turn in range(TURNS + 1):
            numbers = [chance.randrange(MANY) for _ in range(TIMES // TURNS)]
            for place, size in enumerate(sizes):
                times = await size.time(ask, numbers)
                seconds[place] += times if turn else []  # the first turn warms up
        for place, times in enumerate(seconds):
            took[place][name] = Took(sorted(times))
    for size in sizes:
        await size.close()
    return took


async def _timed(asked: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await asked
    return time.perf_counter() - begun


def figures(is_quick: bool) -> list[Figure]:
    """Seeds, measures, compares; the medians."""
    counts = FEW, QUICK if is_quick else MANY
    with Mongod() as mongod:
        for count in counts:
            begun = time.perf_counter()
            seed(mongod.url(f"of_{count}"), count)
            say(f"{count:,} incidents in {time.perf_counter() - begun:.0f} s, {size_of(mongod)} MB on disk")
        few, many = asyncio.run(_measured(mongod, counts))
    return [
        Figure(
            f"{name}, {counts[1]:,} incidents",
            many[name].half * 1000,
            "ms",
            before.half * 1000,
            ALLOWED,
            least=FLOOR * 1000,
        )
        for name, before in few.items()
    ]


async def _measured(mongod: Mongod, counts: tuple[int, int]) -> list[dict[str, Took]]:
    return await measure([Many(mongod.url(f"of_{count}"), count) for count in counts])


def size_of(mongod: Mongod) -> int:
    """Megabytes that the server has on disk."""
    files = (path for path in Path(mongod.directory or "").rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) // 1_000_000
