"""How long lists, `show` and searches take among a thousand incidents and among a million: `make bench`.

Exits 1 if a median among the many is above twice that among the few. What takes less than `FLOOR` counts as that.
"""

import argparse
import asyncio
import math
import random
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.seed import COMMON, NEWEST, USUAL, host, identity, seed
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

    @property
    def most(self) -> float:
        """The 99th percentile."""
        return self.seconds[math.ceil(len(self.seconds) * 0.99) - 1]


class Many:
    """The bot's stores on a database with so many incidents."""

    def __init__(self, url: str, count: int) -> None:
        self.count = count
        self._client = connect(url)
        self._store = Store(database_of(self._client, url), "bench", timedelta(seconds=30))
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


def compare(few: dict[str, Took], many: dict[str, Took], counts: tuple[int, int]) -> bool:
    """Prints a table; whether all is within what is allowed."""
    say(f"{'milliseconds':<36}{counts[0]:>12,} p50     p99{counts[1]:>12,} p50     p99   ratio")
    is_fine = True
    for name, before in few.items():
        after = many[name]
        ratio = max(after.half, FLOOR) / max(before.half, FLOOR)
        is_fine = is_fine and ratio <= ALLOWED
        numbers = "".join(f"{took.half * 1000:>16.2f}{took.most * 1000:>8.2f}" for took in (before, after))
        say(f"{name:<36}{numbers}{ratio:>8.2f}{'' if ratio <= ALLOWED else '  too slow'}")
    return is_fine


def main() -> int:
    """Seeds, measures, compares."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.incidents", description=__doc__)
    arguments.add_argument("--quick", action="store_true", help=f"{QUICK:,} incidents instead of {MANY:,}")
    counts = FEW, QUICK if arguments.parse_args().quick else MANY
    with Mongod() as mongod:
        for count in counts:
            begun = time.perf_counter()
            seed(mongod.url(f"of_{count}"), count)
            say(f"{count:,} incidents in {time.perf_counter() - begun:.0f} s, {size_of(mongod)} MB on disk")
        few, many = asyncio.run(_measured(mongod, counts))
    return 0 if compare(few, many, counts) else 1


async def _measured(mongod: Mongod, counts: tuple[int, int]) -> list[dict[str, Took]]:
    return await measure([Many(mongod.url(f"of_{count}"), count) for count in counts])


def size_of(mongod: Mongod) -> int:
    """Megabytes that the server has on disk."""
    files = (path for path in Path(mongod.directory or "").rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files) // 1_000_000


def say(line: str) -> None:
    """A line for whoever measures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
