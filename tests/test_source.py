"""Messages outside the thread: an incident that quotes one shows what became of it, whoever was away meanwhile."""

from collections.abc import AsyncIterator

import pytest

from sandbox.delivery import Retry
from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, message_event, strict
from tests.test_incident import ID, opened
from tests.test_incident_life import shows
from tests.test_search import finds, ids
from tests.test_timeline import entry_of
from tests.test_timeline_outage import gone_unheard
from tests.world import World

ADD = "Add to the timeline"


async def from_message(world: World, text: str, files: list[str] | None = None) -> tuple[Post, Post, str]:
    """Ann opens an incident from a message of Bob's: the message, the card, the ID."""
    message = await world.bob.writes(text, files=files or [])
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    await world.ann.submits({"What is wrong?": "checkout is down"})
    card = await world.slack.shows("checkout is down", "From a message by @bob")
    found = ID.search(card.shown)
    assert found
    await world.stored("incidents", _id=found[0], untold=[])
    await world.ann.sees(f"{found[0]} is open")
    return message, card, found[0]


async def added(world: World, text: str) -> tuple[Post, Post, str]:
    """Ann adds a message of Bob's to the only incident: the message, the reply in the thread, the ID."""
    card, incident_id = await opened(world)
    message = await world.bob.writes(text)
    await world.ann.runs_shortcut(ADD, message)
    await world.ann.sees("Which incident?")
    await world.ann.submits()
    return message, await world.slack.shows("Added to the timeline by @ann", text, thread=card), incident_id


async def nowhere(world: World, word: str) -> None:
    """Waits until no document has the word; the events of Slack and the audit trail are not of ours to change."""

    async def left() -> str | None:
        names = ("incidents", "timeline", "words", "outbox")
        documents = [str(document) for name in names for document in await world.documents(name)]
        return None if any(word in document for document in documents) else "nowhere"

    await world.until(left, f"no {word} in MongoDB")


async def test_a_title_that_the_form_took_from_the_message_stays(world: World) -> None:
    """Ann sent it as her own words; the message itself is gone from the card all the same."""
    message = await world.bob.writes("the cache is cold")
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    await world.ann.submits()
    card = await world.slack.shows("From a message by @bob", "“the cache is cold”")
    await world.bob.deletes(message)
    await shows(world, card, "From a message by @bob, which was deleted on")
    assert "the cache is cold" in card.shown
    assert "“the cache is cold”" not in card.shown


async def test_a_quoted_message_is_shown_as_it_is_now_and_deleted_leaves_its_words_nowhere(world: World) -> None:
    """What was written first stays in the timeline; card and search have what it says now.

    Then the card says that it was deleted and when; neither record nor timeline nor search has its words.
    """
    message, card, incident_id = await from_message(world, "the password is swordfish")
    await world.bob.edits(message, "the password is sawfish, ask <@U0ANN>")
    await shows(world, card, "“the password is sawfish, ask @ann” (edited)")
    entry = await entry_of(world, message, kind="quoted", text="the password is sawfish, ask <@U0ANN>")
    assert (entry["first_text"], len(entry["edits"])) == ("the password is swordfish", 1)
    await finds(world, "sawfish", incident_id)
    assert await ids(world, "search swordfish") == []
    (stored,) = await world.documents("incidents")
    assert stored["quote"]["text"] == "the password is sawfish, ask @ann"
    await world.bob.deletes(message)
    await shows(world, card, "From a message by @bob, which was deleted on")
    await nowhere(world, "sawfish")
    await nowhere(world, "swordfish")
    assert "sawfish" not in card.shown
    assert await ids(world, "search sawfish") == []
    told = await answer(world.slack, world.ann, "/incident", "show")
    assert "deleted on" in told.shown


async def test_a_message_that_is_deleted_before_it_is_entered_is_quoted_nowhere(world: World) -> None:
    """The deletion was heard before the bot told of the opening, as after a kill: the card follows all the same."""
    message, card, incident_id = await from_message(world, "the password is swordfish")
    (incident,) = await world.documents("incidents")
    await world.drops("timeline")
    await world.bob.deletes(message)
    await world.stored("held", _id=f"{message.channel}/{message.ts}")
    act = {"version": 1, "deed": "opened", "who": world.ann.id, "at": incident["opened_at"], "text": "", "was": ""}
    world.clock.forward(minutes=1)
    await world.changes("incidents", incident_id, {"untold": [{**act, "now": ""}]})
    await shows(world, card, "which was deleted on")
    await nowhere(world, "swordfish")
    await world.stops()
    # The card is told of late, so its thread is read, and perhaps what it quotes is looked at.
    world.slack.refusals[:] = [one for one in world.slack.refusals if one.error != "thread_not_found"]


async def test_a_message_that_is_only_a_file_is_quoted_by_it(world: World) -> None:
    """The card has its name, the entry of the timeline its name and its link."""
    message, card, incident_id = await from_message(world, "", ["graph.png"])
    assert "“graph.png”" in card.shown
    entry = await entry_of(world, message, kind="quoted")
    assert (entry["text"], [file["name"] for file in entry["files"]]) == ("", ["graph.png"])
    assert entry["files"][0]["url"].startswith("https://")
    told = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    assert "graph.png" in told.shown
    await world.bob.deletes(message)
    await shows(world, card, "which was deleted on")
    await nowhere(world, "graph.png")


async def test_the_replies_of_added_messages_quote_what_these_say_now_and_a_dead_bot_s_is_written(world: World) -> None:
    """An edit is followed; after the deletion the reply says that, and quotes nothing.

    Where the entry is there and the thread says nothing of it, the next sweep tells it, once.
    """
    message, reply, incident_id = await added(world, "deploy of the swordfish")
    entry = await entry_of(world, message, is_untold=False)
    await world.bob.edits(message, "deploy of the sawfish")
    await shows(world, reply, "“deploy of the sawfish”")
    other = await world.bob.writes("restart of the cache")
    left = {"_id": f"{incident_id}/{other.ts}", "ts": other.ts, "order": other.ts, "text": "restart", "is_untold": True}
    await world.puts("timeline", {**entry, **left, "first_text": "restart"})
    await world.slack.until(lambda: len(world.slack.thread(reply.thread_ts or "").replies) == 2, "the other reply")
    await world.stored("timeline", _id=left["_id"], is_untold=False)
    await finds(world, "restart", incident_id)
    await world.rests()
    assert len(world.slack.thread(reply.thread_ts or "").replies) == 2
    await world.bob.deletes(message)
    await shows(world, reply, "Added to the timeline by @ann: message by @bob, which was deleted on")
    assert "fish" not in reply.shown
    await nowhere(world, "sawfish")
    await nowhere(world, "swordfish")


async def test_a_message_that_comes_again_after_its_deletion_is_not_found(world: World) -> None:
    """Slack sends events in any order and again: the entry stays empty, and so does the index."""
    card, incident_id = await opened(world)
    message = await world.bob.writes("the password is swordfish", thread=card)
    await finds(world, "swordfish", incident_id)
    await world.bob.deletes(message)
    await nowhere(world, "swordfish")
    again = message_event(card, message.ts, "the password is swordfish", "Ev0LATE")
    await world.slack.sockets.send("events_api", again, Retry())
    await nowhere(world, "swordfish")
    assert await ids(world, "search swordfish") == []


# While the bot is away


@pytest.fixture
async def away(mongod: Mongod) -> AsyncIterator[World]:
    """A world whose Slack gives up on events at once, so that only a look brings what was missed."""
    async with strict(retry_after=()) as slack:
        async with World(slack, mongod.url()) as ready:
            yield ready
        assert slack.pages == []


async def test_what_was_edited_or_deleted_while_the_bot_was_away_is_quoted_as_it_is_or_nowhere(away: World) -> None:
    """A look at each message finds it out: the edit is on the card, and in the timeline beside the first words.

    The next time source and added message are gone.
    """
    message, card, incident_id = await from_message(away, "the password is swordfish")
    await away.stops()
    await away.bob.edits(message, "the password is sawfish")
    await gone_unheard(away)
    away.slack.refusals.clear()
    await away.starts()
    await shows(away, card, "“the password is sawfish” (edited)")
    entry = await entry_of(away, message, text="the password is sawfish")
    assert entry["first_text"] == "the password is swordfish"
    other = await away.bob.writes("another sawfish")
    said = await away.bob.writes("a third sawfish", thread=card)
    await away.ann.runs_shortcut(ADD, other)
    await away.ann.sees("Which incident?")
    await away.ann.submits()
    reply = await away.slack.shows("Added to the timeline by @ann", "another", thread=card)
    await away.stored("timeline", ts=said.ts)
    await finds(away, "sawfish", incident_id)
    await away.stops()
    for one in (message, other, said):
        await away.bob.deletes(one)
    await gone_unheard(away)
    away.slack.refusals.clear()
    with away.slack.expects("thread_not_found"):
        await away.starts()
        await shows(away, card, "which was deleted on")
        await shows(away, reply, "which was deleted on")
        await nowhere(away, "sawfish")
        await nowhere(away, "swordfish")
    assert await ids(away, "search sawfish") == []
