"""The index of words keeps up with what is said, whatever dies or is away in between."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from bot.domain.audit import SYSTEM
from bot.domain.search import EDITION, words_in
from bot.domain.search_desk import SearchDesk
from bot.domain.timeline import Kind
from bot.domain.timeline_desk import TimelineDesk
from sandbox.slack import Slack
from tests.kept import Document
from tests.line import Line
from tests.test_search import asks, finds, ids, opens
from tests.world import World


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


async def test_what_a_bot_that_died_did_not_index_is_indexed_by_the_next(world: World) -> None:
    """An act that is recorded and not told is found once it is told again."""
    first = await opens(world, "checkout is slow")
    incident = await world.document("incidents", first)
    await world.drops("words")
    act = {"version": 2, "deed": "noted", "who": world.bob.id, "at": world.clock() - timedelta(minutes=5)}
    left: Document = {**act, "text": "the dynamo is rusty", "was": "", "now": ""}
    await world.drops("incidents")
    await world.puts("incidents", {**incident, "version": 2, "untold": [left]})
    await finds(world, "dynamo", first)
    assert await ids(world, "search slow rusty") == [first]


async def test_incidents_of_an_older_bot_are_found_after_a_while(world: World) -> None:
    """Those that have no words yet get them from their record and their timeline, and an ending to be named by."""
    first = await opens(world, "checkout is slow")
    await world.stored("incidents", _id=first, untold=[])
    incident = await world.document("incidents", first)
    for collection in ("words", "incidents", "timeline"):
        await world.drops(collection)
    entry = {"_id": "INC-20200101-7KQ4/v2", "incident_id": "INC-20200101-7KQ4", "kind": "noted", "order": "1.0"}
    said = {"author": "", "author_name": "", "text": "a dynamo", "channel": "", "ts": "", "pinned_by": []}
    await world.puts("timeline", {**entry, **said})  # first: it is looked at as soon as its incident is there
    del incident["endings"], incident["indexed"]
    await world.puts("incidents", {**incident, "_id": "INC-20200101-7KQ4"})
    await finds(world, "dynamo slow", "INC-20200101-7KQ4")
    await world.stored("incidents", endings="7KQ4")
    assert "checkout is slow" in (await asks(world, "show 7kq4")).shown


async def test_an_incident_that_an_older_bot_indexed_is_found_by_its_id(world: World) -> None:
    """Its words were entered before IDs were among them: they are done over, once."""
    first = await opens(world, "checkout is slow")
    await world.stored("incidents", _id=first, untold=[])
    words = (await world.document("words", first))["words"]
    await world.changes("words", first, {"words": [word for word in words if word not in words_in(first)]})
    assert await ids(world, f"search {first}") == []
    await world.changes("incidents", first, {"indexed": None})
    await finds(world, first, first)
    await world.stored("incidents", _id=first, indexed=EDITION)
    assert await world.store().incidents.unfindable() == []


async def test_what_was_deleted_is_not_found_any_more(world: World) -> None:
    """The words are done over from the record and what is left of the timeline; the others are still found."""
    first = await opens(world, "checkout is slow")
    card = await world.slack.shows("checkout is slow", "Opened by")
    message = await world.bob.writes("the password is swordfish", thread=card)
    await world.bob.writes("a dynamo", thread=card)
    await finds(world, "swordfish dynamo", first)
    (entry,) = await world.documents("timeline", text="the password is swordfish")
    await world.bob.deletes(message)
    await world.removes("timeline", str(entry["_id"]))
    search = world.search()
    await search.changed(first)
    assert await ids(world, "search swordfish") == []
    assert await ids(world, "search dynamo slow") == [first]
    await search.changed("INC-20200101-0000")  # of which there is no record


async def test_words_that_come_while_others_are_done_over_are_not_lost(world: World) -> None:
    """Whoever adds in between makes it be done once more."""
    first = await opens(world, "checkout is slow")
    search, words = world.search(), world.store().words
    incident = await world.store().incidents.get(first)
    assert incident is not None
    revision = await words.revision(first)
    await search.heard_of(first, "late news")
    assert not await words.put(incident, ["slow"], revision)
    assert await words.put(incident, ["slow"], await words.revision(first))
    assert await ids(world, "search late") == []


async def test_what_is_older_does_not_replace_what_filters_see(world: World) -> None:
    """Two bots tell of one incident: the later version stays, whichever comes last."""
    first = await opens(world, "sev2 checkout is slow")
    await asks(world, f"resolve {first} restarted")
    await world.stored("words", _id=first, status="resolved", version=2)
    now = await world.store().incidents.get(first)
    assert now is not None
    earlier = replace(now, version=1, status=type(now.status)("investigating"))
    await world.search().told_of(earlier)
    assert (await world.document("words", first))["status"] == "resolved"


async def test_an_incident_of_many_words_keeps_its_first_ones(world: World) -> None:
    """Five thousand words are kept; what an incident is called by is among them."""
    first = await opens(world, "checkout is slow")
    for part in range(3):
        await world.search().heard_of(first, " ".join(f"word{part}x{number}" for number in range(2_000)))
    stored = await world.document("words", first)
    assert len(stored["words"]) == 5_000
    assert stored["words"][:3] == ["checkout", "is", "slow"]


class Hurried(SearchDesk):
    """Has the whole index of an incident done over right after each addition, as another bot may at any time."""

    async def heard_of(self, incident_id: str, text: str) -> None:
        await super().heard_of(incident_id, text)
        await self.changed(incident_id)


async def test_what_comes_from_outside_is_found_whatever_is_done_over_meanwhile(world: World) -> None:
    """An alert and a step of an escalation are in the timeline by the time that they are in the index."""
    first = await opens(world, "checkout is slow")
    await asks(world, f"note {first} looking")
    store, nothing = world.store(), cast("Any", None)
    desk = TimelineDesk(
        store.timelines, nothing, nothing, nothing, Hurried(store.words, store.incidents, store.timelines)
    )
    now = world.clock()
    assert await desk.attach(first, Kind.ALERT, "a/1", now, "the dynamo is rusty")
    assert not await desk.attach(first, Kind.ALERT, "a/1", now, "the dynamo is rusty")
    await desk.called(first, "1", now, "calls the plumber", SYSTEM)
    assert await ids(world, "search rusty plumber") == [first]
