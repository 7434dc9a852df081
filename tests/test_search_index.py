"""The index of words keeps up with what is said, whatever dies or is away in between."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from bot.domain.audit import SYSTEM
from bot.domain.search import EDITION, words_in
from bot.domain.search_desk import SearchDesk
from bot.domain.timeline import Kind
from bot.domain.timeline_desk import TimelineDesk
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import shared_world
from tests.kept import Document
from tests.line import Line
from tests.test_search import asks, finds, ids, opens
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world; each test has an incident of its own in it, which is found by words of its own."""
    async with shared_world(mongod) as world:
        yield world


@pytest.fixture
async def lonely(slack: Slack, line: Line) -> AsyncIterator[World]:
    """A world whose MongoDB can be taken away."""
    async with World(slack, line.url()) as ready:
        yield ready
        line.mend()


@pytest.mark.long
async def test_without_mongodb_finding_says_so_and_nothing_said_meanwhile_is_lost(lonely: World, line: Line) -> None:
    """Lists, searches and statistics are refused in words; the thread is found once MongoDB is back."""
    first = await opens(lonely, "checkout is slow")
    card = await lonely.slack.shows("checkout is slow", "Opened by")
    line.cut()
    for words in ("list", "search checkout", "stats"):
        assert (await asks(lonely, words)).shown.startswith("MongoDB does not answer")
    await lonely.bob.writes("a rusty dynamo", thread=card)
    line.mend()
    await finds(lonely, "dynamo slow", first)


async def test_a_message_that_was_entered_and_not_indexed_is_found_after_a_restart(world: World) -> None:
    """The bot died between the two; the thread is read back, and what is entered already is indexed all the same."""
    first = await opens(world, "checkout is slow")
    card = await world.slack.shows("checkout is slow", "Opened by")
    await world.stops()
    said = await world.bob.writes("a rusty dynamo", thread=card)
    author = {"author": world.bob.id, "author_name": "bob", "pinned_by": [], "channel": said.channel, "ts": said.ts}
    entry = {"_id": f"{first}/{said.ts}", "incident_id": first, "kind": "message", "order": said.ts, **author}
    await world.puts("timeline", {**entry, "text": "a rusty dynamo"})
    await world.starts()
    await finds(world, "rusty dynamo", first)
    assert len(await world.documents("timeline", kind="message")) == 1


@SHARED
async def test_what_a_bot_that_died_did_not_index_is_indexed_by_the_next(shared: World) -> None:
    """An act that is recorded and not told is found once it is told again."""
    first = await opens(shared, "checkout is slow")
    await shared.removes("words", first)
    act = {"version": 2, "deed": "noted", "who": shared.bob.id, "at": shared.clock() - timedelta(minutes=5)}
    left: Document = {**act, "text": "the dynamo is rusty", "was": "", "now": ""}
    await shared.changes("incidents", first, {"version": 2, "untold": [left]})
    await finds(shared, "dynamo", first)
    assert await ids(shared, "search slow rusty") == [first]


@SHARED
async def test_incidents_of_an_older_bot_are_found_after_a_while(shared: World) -> None:
    """Those that have no words yet get them from their record and their timeline, and an ending to be named by."""
    first = await opens(shared, "the queue is stuck")
    await shared.stored("incidents", _id=first, untold=[])
    incident = await shared.document("incidents", first)
    for collection in ("words", "incidents"):
        await shared.removes(collection, first)
    entry = {"_id": "INC-20200101-7KQ4/v2", "incident_id": "INC-20200101-7KQ4", "kind": "noted", "order": "1.0"}
    said = {"author": "", "author_name": "", "text": "a turbine", "channel": "", "ts": "", "pinned_by": []}
    await shared.puts("timeline", {**entry, **said})  # first: it is looked at as soon as its incident is there
    del incident["endings"], incident["indexed"]
    await shared.puts("incidents", {**incident, "_id": "INC-20200101-7KQ4"})
    await finds(shared, "turbine stuck", "INC-20200101-7KQ4")
    await shared.stored("incidents", endings="7KQ4")
    assert "the queue is stuck" in (await asks(shared, "show 7kq4")).shown


@SHARED
async def test_an_incident_that_an_older_bot_indexed_is_found_by_its_id(shared: World) -> None:
    """Its words were entered before IDs were among them: they are done over, once."""
    first = await opens(shared, "the mails are late")
    await shared.stored("incidents", _id=first, untold=[])
    words = (await shared.document("words", first))["words"]
    await shared.changes("words", first, {"words": [word for word in words if word not in words_in(first)]})
    assert await ids(shared, f"search {first}") == []
    await shared.changes("incidents", first, {"indexed": None})
    await finds(shared, first, first)
    await shared.stored("incidents", _id=first, indexed=EDITION)
    assert await shared.store().incidents.unfindable() == []


@SHARED
async def test_what_was_deleted_is_not_found_any_more(shared: World) -> None:
    """The words are done over from the record and what is left of the timeline; the others are still found."""
    first = await opens(shared, "the login hangs")
    card = await shared.slack.shows("the login hangs", "Opened by")
    message = await shared.bob.writes("the password is swordfish", thread=card)
    await shared.bob.writes("a flywheel", thread=card)
    await finds(shared, "swordfish flywheel", first)
    (entry,) = await shared.documents("timeline", text="the password is swordfish")
    await shared.bob.deletes(message)
    await shared.removes("timeline", str(entry["_id"]))
    search = shared.search()
    await search.changed(first)
    assert await ids(shared, "search swordfish") == []
    assert await ids(shared, "search flywheel hangs") == [first]
    await search.changed("INC-20200101-0000")  # of which there is no record


@SHARED
async def test_words_that_come_while_others_are_done_over_are_not_lost(shared: World) -> None:
    """Whoever adds in between makes it be done once more."""
    first = await opens(shared, "the backup failed")
    search, words = shared.search(), shared.store().words
    incident = await shared.store().incidents.get(first)
    assert incident is not None
    revision = await words.revision(first)
    await search.heard_of(first, "stale news")
    assert not await words.put(incident, ["failed"], revision)
    assert await words.put(incident, ["failed"], await words.revision(first))
    assert await ids(shared, "search stale") == []


@SHARED
async def test_what_is_older_does_not_replace_what_filters_see(shared: World) -> None:
    """Two bots tell of one incident: the later version stays, whichever comes last."""
    first = await opens(shared, "sev2 the cache is cold")
    await asks(shared, f"resolve {first} restarted")
    await shared.stored("words", _id=first, status="resolved", version=2)
    now = await shared.store().incidents.get(first)
    assert now is not None
    earlier = replace(now, version=1, status=type(now.status)("investigating"))
    await shared.search().told_of(earlier)
    assert (await shared.document("words", first))["status"] == "resolved"


@SHARED
async def test_an_incident_of_many_words_keeps_its_first_ones(shared: World) -> None:
    """Five thousand words are kept; what an incident is called by is among them."""
    first = await opens(shared, "search is down")
    for part in range(3):
        await shared.search().heard_of(first, " ".join(f"word{part}x{number}" for number in range(2_000)))
    stored = await shared.document("words", first)
    assert len(stored["words"]) == 5_000
    assert stored["words"][:3] == ["search", "is", "down"]


class Hurried(SearchDesk):
    """Has the whole index of an incident done over right after each addition, as another bot may at any time."""

    async def heard_of(self, incident_id: str, text: str) -> None:
        await super().heard_of(incident_id, text)
        await self.changed(incident_id)


@SHARED
async def test_what_comes_from_outside_is_found_whatever_is_done_over_meanwhile(shared: World) -> None:
    """An alert and a step of an escalation are in the timeline by the time that they are in the index."""
    first = await opens(shared, "the shop is empty")
    await asks(shared, f"note {first} looking")
    store, nothing = shared.store(), cast("Any", None)
    desk = TimelineDesk(
        store.timelines, nothing, nothing, nothing, Hurried(store.words, store.incidents, store.timelines)
    )
    now = shared.clock()
    assert await desk.attach(first, Kind.ALERT, "a/1", now, "the gearbox is loud")
    assert not await desk.attach(first, Kind.ALERT, "a/1", now, "the gearbox is loud")
    await desk.called(first, "1", now, "calls the plumber", SYSTEM)
    assert await ids(shared, "search loud plumber") == [first]
