"""How MongoDB carries out what lists, shows and searches: by indexes, reading hardly more than is shown.

The driver tells what the stores sent; the same command is then explained, so that no query here is a copy of theirs.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from benchmarks.seed import COMMON, NEWEST, SELDOM, USUAL, host, identity, seed
from bot.domain.incident import WORKING, Severity, Status
from bot.domain.search import PAGE, Filters, Wanted, month
from bot.domain.search_desk import SearchDesk
from bot.errors import UserError
from bot.store import search
from bot.store.database import Store
from sandbox.mongo import Mongod

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNT = 2_000  # a scan reads five times what the most demanding search here may
Json = dict[str, Any]
Ask = Callable[[Store, SearchDesk], Awaitable[Any]]


class Heard(CommandListener):
    """Notes the commands that read."""

    def __init__(self) -> None:
        self.commands: list[Json] = []

    def started(self, event: CommandStartedEvent) -> None:
        """One was sent."""
        if event.command_name in ("find", "aggregate"):
            self.commands.append(
                {key: value for key, value in event.command.items() if key[0] != "$" and key != "lsid"}
            )

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """It was answered."""

    def failed(self, event: CommandFailedEvent) -> None:
        """It was not."""


class Many:
    """Thousands of incidents, the bot's stores on them, and an ear at the driver."""

    def __init__(self, url: str) -> None:
        self.heard = Heard()
        self.client: AsyncMongoClient[Json] = AsyncMongoClient(url, tz_aware=True, event_listeners=[self.heard])
        self.database = self.client.get_default_database()
        self.store = Store(self.database, "test", timedelta(seconds=1))
        self.desk = SearchDesk(self.store.words, self.store.incidents, self.store.timelines)

    async def plans(self, ask: Ask) -> list[Json]:
        """What was asked, explained as it was carried out, one for each command."""
        self.heard.commands.clear()
        await ask(self.store, self.desk)
        sent = list(self.heard.commands)
        return [await self.database.command("explain", each, verbosity="executionStats") for each in sent]


@pytest.fixture(scope="module")
def seeded(mongod: Mongod) -> str:
    """The address of a database with thousands of incidents."""
    url = mongod.url("plans")
    seed(url, COUNT)
    return url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def many(seeded: str) -> AsyncIterator[Many]:
    """The stores on it."""
    there = Many(seeded)
    yield there
    await there.client.close()


def stages(plan: object) -> Iterator[Json]:
    """All stages of a plan, however deep."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for key, value in plan.items():
            if key != "rejectedPlans":
                yield from stages(value)
    elif isinstance(plan, list):
        for each in plan:
            yield from stages(each)


def totals(explained: object) -> Iterator[Json]:
    """The statistics of each execution in it."""
    if isinstance(explained, dict):
        if "totalDocsExamined" in explained:
            yield explained
        for value in explained.values():
            yield from totals(value)
    elif isinstance(explained, list):
        for each in explained:
            yield from totals(each)


def listing(filters: Filters, page: int = 1) -> Ask:
    """A page of a list."""
    return lambda _, desk: desk.list(Wanted(filters, page=page))


def searching(*words: str, filters: Filters | None = None) -> Ask:
    """A search."""
    return lambda _, desk: desk.search(Wanted(filters or Filters(), words))


LAST_MONTH = month(NEWEST, ago=1)
ID = identity(COUNT // 2, COUNT)

# What is asked, and how many documents each command may read: a page and one more, unless something has to be looked
# through. Open ones are three commands.
ASKED: dict[str, tuple[Ask, int]] = {
    "open ones": (listing(Filters(statuses=WORKING)), PAGE + 1),
    "open ones of a severity": (listing(Filters(Severity.SEV1, WORKING)), PAGE + 1),
    "open ones of a month": (listing(Filters(statuses=WORKING, month=LAST_MONTH)), PAGE + 1),
    "the third page of open ones": (listing(Filters(statuses=WORKING), 3), 3 * PAGE + 1),
    "all": (listing(Filters()), PAGE + 1),
    "all of a month": (listing(Filters(month=LAST_MONTH)), PAGE + 1),
    "a status": (listing(Filters(statuses=(Status.CLOSED,))), PAGE + 1),
    "a severity": (listing(Filters(Severity.SEV3)), PAGE + 1),
    "all three": (listing(Filters(Severity.SEV3, (Status.CLOSED,), LAST_MONTH)), PAGE + 1),
    "an incident": (lambda store, _: store.incidents.get(ID), 1),
    "its timeline": (lambda store, _: store.timelines.of(ID), 1),
    "an ending": (lambda store, _: store.incidents.ending_with(ID[-4:]), 1),
    "a longer ending": (lambda store, _: store.incidents.ending_with(ID[-7:]), 1),
    "a short ending": (lambda store, _: store.incidents.ending_with("7"), 6),
    "a whole ID as an ending": (lambda store, _: store.incidents.ending_with(ID), 1),
    "no ending": (lambda store, _: store.incidents.ending_with("UUUU"), 0),
    "those without an index": (lambda store, _: store.incidents.unfindable(), 0),
    "a word that one has": (searching(host(7)), PAGE + 1),
    "a word that some have": (searching(USUAL[3]), PAGE + 1),
    "a word that many have": (searching(COMMON[3]), PAGE + 1),
    "a rare and a common word": (searching(COMMON[1], SELDOM[3], USUAL[1]), 20),
    "a usual and a common word": (searching(COMMON[1], USUAL[3]), 60),
    "two common words": (searching(COMMON[1], COMMON[2]), 400),
    "a word with all filters": (
        searching(COMMON[1], filters=Filters(Severity.SEV3, (Status.CLOSED,), LAST_MONTH)), 120
    ),
    "no such word": (searching("absent"), 0),
    "a beginning": (searching("checkou"), PAGE + 1),
    "a beginning of many words": (searching("usual"), PAGE + 1),
    "statistics": (lambda store, _: store.briefs.briefs(NEWEST - timedelta(days=30), 50), 50),
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
async def test_what_is_asked_is_answered_by_indexes(many: Many, asked: str) -> None:
    """No command reads all documents or sorts them, and none reads many more than it returns."""
    ask, most = ASKED[asked]
    plans = await many.plans(ask)
    assert plans
    for explained in plans:
        found = [stage["stage"] for stage in stages(explained)]
        assert {*found} & {"IXSCAN", "IDHACK", "EOF"}, found
        assert "COLLSCAN" not in found
        assert not _sorts_many(explained)
        for total in totals(explained):
            assert total["totalDocsExamined"] <= most, (asked, total["totalDocsExamined"])


def _sorts_many(explained: Json) -> bool:
    """A dozen that were named may be sorted; a whole result may not."""
    return any(
        stage["stage"].startswith("SORT") and stage["stage"] != "SORT_MERGE" and stage.get("nReturned", 0) > PAGE + 1
        for stage in stages(explained)
    )


@contextmanager
def hurried() -> Iterator[None]:
    """A search has a millisecond."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "SECONDS", 0.001)
        yield


async def test_a_search_that_takes_too_long_says_what_to_do(many: Many) -> None:
    """Common words that hardly ever meet would make MongoDB read all incidents: that ends, and MongoDB is not away."""
    others = [f"other{number}" for number in range(5_000)]
    slow = many.client[f"{many.database.name}_slow"]
    # Without an index, as slow as a million with one. Made of two by MongoDB itself, which is quicker than to tell it.
    await slow["words"].insert_many([{"_id": name, "words": [*others, name]} for name in ("cat", "dog")])
    await slow["words"].aggregate(
        [
            {"$set": {"number": {"$range": [0, 150]}}},
            {"$unwind": "$number"},
            {"$set": {"_id": {"$concat": ["$_id", {"$toString": "$number"}]}}},
            {"$out": "words"},
        ]
    )
    store = Store(slow, "test", timedelta(seconds=1))
    desk = SearchDesk(store.words, store.incidents, store.timelines)
    with hurried(), pytest.raises(UserError, match="rarer word"):
        await desk.search(Wanted(Filters(), ("cat", "dog")))
    assert (await desk.search(Wanted(Filters(), ("absent",)))).incidents == ()


async def test_the_rarer_word_is_looked_through_also_where_both_are_common(many: Many) -> None:
    """Neither is counted to its end; how far the counted ones reach back tells."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("bot.domain.search_desk.COMMON", 20)
        plans = await many.plans(searching(COMMON[0], USUAL[5]))
    (last,) = [each for each in plans if "$expr" in str(each.get("command", {}).get("filter", ""))]
    assert max(total["totalDocsExamined"] for total in totals(last)) < 100
