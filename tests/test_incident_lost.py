"""An incident that is in Slack and not in MongoDB is put back as soon as somebody needs it, while the bot runs."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, answer_to_mention, strict
from tests.impatience import NEVER
from tests.test_incident import opened
from tests.world import TEMPO, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """One bot, which stays connected all the time, without the jobs of windows and alerts; Bob is on call."""
    async with strict() as slack:
        ready = World(slack, mongod.url())
        ready.tempo = replace(TEMPO, tick=NEVER)
        async with ready:
            await slack.until(lambda: slack.calls_of("conversations.history"), "the channel to be read at first")
            await answer(slack, ready.ann, "/ops", "role on-call @bob")
            yield ready
        assert (slack.refusals, slack.pages) == ([], [])


async def lost(world: World, title: str) -> tuple[Post, str]:
    """An incident of Ann's that a backup from before it does not have; its card and its ID."""
    card, incident_id = await opened(world, f"open sev2 {title}", title)
    await world.stored("incidents", _id=incident_id, untold=[], card_ts=card.ts)
    await world.stored("outbox", state="posted")
    await lose(world)
    return card, incident_id


def reads(world: World) -> int:
    """How often the channel was read so far."""
    return len(world.slack.calls_of("conversations.history"))


async def lose(world: World) -> None:
    """MongoDB loses all incidents, and what was told of them; all of it has been told before."""

    async def is_told() -> bool:
        return not await world.documents("outbox", unshown=True)

    await world.until(is_told, "the last message")
    for collection in ("incidents", "outbox", "timeline"):
        await world.drops(collection)
    world.clock.forward(minutes=1)


async def test_words_that_are_no_ids_do_not_have_the_channel_read(world: World) -> None:
    """A note begins as it likes: small letters, quotes and capitals without a digit name no incident."""
    card, open_one = await opened(world, "open sev2 the fan is loud", "the fan is loud")
    world.clock.forward(minutes=1)
    await world.rests()  # a bot that has just started reads the channel
    before = reads(world)
    for words in ("one more", "disk full", "solo run", '"7KQ4 is a name"', "CERT expired", "500s are gone"):
        told = await answer_to_mention(world.slack, world.bob, f"note {words}", thread=card)
        assert f"Noted in {open_one}" in told.shown, words
    told = await answer_to_mention(world.slack, world.ann, "resolve HTTP 500 is gone", thread=card)
    assert "No incident ends in HTTP." in told.shown
    assert reads(world) == before


async def test_one_that_is_named_just_after_the_channel_was_read_is_put_back(world: World) -> None:
    """It was lost since then; the clock has not moved."""
    _, incident_id = await lost(world, "the door is open")
    told = await answer(world.slack, world.bob, "/incident", "show 0000")
    assert "I know no incident 0000." in told.shown
    for collection in ("incidents", "outbox", "timeline"):
        await world.drops(collection)
    told = await answer(world.slack, world.bob, "/incident", f"show {incident_id[-4:]}")
    assert "the door is open" in told.shown


async def test_a_command_that_names_it_puts_it_back(world: World) -> None:
    """By the end of its ID; what was asked for is done then, and it is the same incident with the same card."""
    card, incident_id = await lost(world, "the cache is cold")
    told = await answer(world.slack, world.bob, "/incident", f"show {incident_id[-4:]}")
    assert "the cache is cold" in told.shown
    (stored,) = await world.stored("incidents", _id=incident_id)
    assert (stored["card_ts"], stored["opened_by"]) == (card.ts, world.ann.id)
    await world.stored("audit", act="put back", subject=incident_id)
    _, other = await lost(world, "the queue is long")
    told = await answer(world.slack, world.bob, "/incident", f"note INC-{other[-4:]} it grows")
    assert f"Noted in {other}" in told.shown


async def test_a_note_to_a_lost_one_is_not_a_note_to_another(world: World) -> None:
    """Letters and a number may be the name of a thing, which begins the note, or an ID: the channel is read before."""
    _, lost_id = await lost(world, "the relay is gone")
    card, open_one = await opened(world, "open sev2 the pump is hot", "the pump is hot")
    told = await answer(world.slack, world.bob, "/incident", f"note {lost_id[4:]} found it")
    assert f"Noted in {lost_id}" in told.shown
    told = await answer_to_mention(world.slack, world.bob, "note A100 is hot", thread=card)
    assert f"Noted in {open_one}" in told.shown
    await world.slack.shows("Note by @bob: A100 is hot", thread=card)
    end = open_one[-4:]
    at = next(place for place, character in enumerate(end) if character.isdigit())
    near = f"{end[:3]}Z" if end.isdigit() else f"{end[:at]}{(int(end[at]) + 1) % 10}{end[at + 1 :]}"
    told = await answer_to_mention(world.slack, world.bob, f"note {near} is hot", thread=card)
    assert f"I know no incident {near}." in told.shown


async def test_its_cards_buttons_put_it_back(world: World) -> None:
    """*Take it* on the card that everybody sees does what it says."""
    card, incident_id = await lost(world, "the disk is full")
    await world.bob.clicks("Take it", card)
    await world.stored("incidents", _id=incident_id, owner=world.bob.id, card_ts=card.ts)


async def test_what_is_said_in_its_thread_puts_it_back(world: World) -> None:
    """A mention is done; a message alone is enough for the record and its timeline to be there again."""
    card, incident_id = await lost(world, "the site is slow")
    await answer_to_mention(world.slack, world.bob, "status identified", thread=card)
    await world.stored("incidents", _id=incident_id, status="identified")
    card, incident_id = await lost(world, "the mail is late")
    message = await world.bob.writes("it is the relay", thread=card)
    await world.stored("incidents", _id=incident_id)
    await world.stored("timeline", incident_id=incident_id, ts=message.ts, text="it is the relay")


async def test_one_that_is_nowhere_is_refused_and_slack_is_not_asked_again(world: World) -> None:
    """The same name in vain reads the channel once, and a thread that is no incident's is looked at once."""
    world.clock.forward(minutes=1)
    root = await world.ann.writes("lunch?")
    before = len(world.slack.calls_of("conversations.history"))
    for _ in range(2):
        told = await answer(world.slack, world.bob, "/incident", "show INC-20200101-ZZZ9")
        assert "I know no incident INC-20200101-ZZZ9." in told.shown
        await answer_to_mention(world.slack, world.bob, "help", thread=root)
        world.clock.forward(minutes=1)
    assert len(world.slack.calls_of("conversations.history")) == before + 2
