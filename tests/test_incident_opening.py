"""All the ways to open an incident: in other words than somebody else, by form, by mention, from a message."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.payloads import Payloads
from sandbox.people import Person
from sandbox.sight import Post
from tests.asking import answer, answer_to_mention, answer_to_press, shared_world
from tests.test_incident import ID, opened
from tests.test_incident_life import shows
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for tests with a title of their own each, in a row; whoever leaves a form open closes it."""
    async with shared_world(mongod) as ready:
        yield ready


async def told_of(world: World, card: Post) -> str:
    """Waits until Ann, who sent a form, is told of this incident, so that the next answer is one to the next test."""
    found = ID.search(card.shown)
    assert found
    await world.ann.sees(found[0], "is open")
    return found[0]


@SHARED
async def test_other_words_offer_nothing(shared: World) -> None:
    """What shares a word or two with an open incident is another one."""
    await opened(shared, "open sev2 uploads are slow", "uploads are slow")
    told = await answer(shared.slack, shared.bob, "/incident", "open sev3 logins are slow")
    assert "Duplicate" not in told.shown


@SHARED
async def test_the_form_has_an_owner_and_a_beginning(shared: World) -> None:
    """Who owns it and when it began may be said; the card counts from there. One of 1970 is refused in the form."""
    await shared.ann.says("/incident", "open sev1")
    await shared.ann.sees("Who owns it?", "When did it begin?")
    filled = {"What is wrong?": "all is down", "Who owns it?": "bob"}
    await shared.ann.submits({**filled, "When did it begin?": 86_400})
    await shared.ann.sees("That is more than 31 days ago.")
    assert await shared.documents("incidents", title="all is down") == []
    began = shared.clock() - timedelta(days=7)
    await shared.ann.submits({**filled, "When did it begin?": int(began.timestamp())})
    card = await shared.slack.shows("all is down", "Owner: @bob", "SEV1")
    assert f"Began {began:%Y-%m-%d} " in card.shown
    await told_of(shared, card)


@SHARED
async def test_a_mention_may_leave_out_open_before_a_severity(shared: World) -> None:
    """`@Ops Bot incident sev1 …` opens, `/incident sev1` lists."""
    await answer_to_mention(shared.slack, shared.bob, "incident sev1 payments are down")
    card = await shared.slack.shows("payments are down", "SEV1")
    assert "Opened by @bob" in card.shown
    told = await answer(shared.slack, shared.ann, "/incident", "sev1")
    assert "payments are down" in told.shown
    assert [post for post in shared.slack.channel().by_bot if "payments are down" in post.shown] == [card]


@SHARED
async def test_a_message_becomes_an_incident_that_quotes_it(shared: World) -> None:
    """The shortcut opens the form with the first line as the title; the message is linked and the first entry."""
    message = await shared.bob.writes("checkout gives 500s\nsince the deploy")
    await shared.ann.runs_shortcut("Open an incident", message)
    await shared.ann.sees("From a message by @bob", "Who owns it?")
    await shared.ann.submits({"How bad is it?": "SEV2: something important is down"})
    card = await shared.slack.shows("checkout gives 500s", "From a message by @bob", "since the deploy", "SEV2")
    entries = await shared.stored("timeline", 2, incident_id=await told_of(shared, card))
    entries.sort(key=lambda entry: str(entry["order"]))
    assert (entries[0]["kind"], entries[0]["ts"], entries[0]["author"]) == ("quoted", message.ts, shared.bob.id)
    assert entries[0]["text"] == "checkout gives 500s\nsince the deploy"


@SHARED
async def test_a_message_with_special_characters_is_quoted_as_it_was_typed(shared: World) -> None:
    """The title of the form and of the card has no escapes and no tokens."""
    message = await shared.bob.writes("a & b <see> https://x.example/?a=1&b=2")
    await shared.ann.runs_shortcut("Open an incident", message)
    await shared.ann.sees("From a message by @bob", "Who owns it?")
    await shared.ann.submits({})
    card = await shared.slack.shows("a & b <see> https://x.example/?a=1&b=2", "Opened by @ann")
    assert "amp;" not in card.shown
    await told_of(shared, card)


@SHARED
async def test_the_bot_owns_nothing_by_the_form_either(shared: World) -> None:
    """It is refused, and nothing is opened."""
    await shared.ann.says("/incident", "open")
    await shared.ann.sees("Who owns it?")
    await shared.ann.submits({"What is wrong?": "all is lost", "Who owns it?": "U0OPSBOT"})
    await shared.ann.sees("A bot cannot do that")
    assert await shared.documents("incidents", title="all is lost") == []


@SHARED
async def test_the_card_of_an_incident_opens_no_other_one(shared: World) -> None:
    """Whoever picks *Open an incident* in its menu is led to its thread; any other message of the bot is a message."""
    card, incident_id = await opened(shared)
    await shared.ann.runs_shortcut("Open an incident", card)
    await shared.ann.sees(f"That is the card of {incident_id}, which is investigating.", "Write in its thread.")
    assert shared.ann.modal is None
    await answer(shared.slack, shared.ann, "/incident", f"resolve {incident_id} fixed")
    await shared.ann.runs_shortcut("Open an incident", card)
    await shared.ann.sees(f"That is the card of {incident_id}, which is resolved.", "press *Reopen*")
    told = await shared.slack.shows("was resolved by @ann", thread=card)
    await shared.ann.runs_shortcut("Open an incident", told)
    await shared.ann.sees("What is wrong?")
    await shared.ann.closes()


@SHARED
@pytest.mark.parametrize(("text", "title"), [("\u200b\u2060\nsee\u202edisk", "seedisk"), ("\u200b", "")])
async def test_what_nobody_sees_is_no_title_of_the_form(shared: World, text: str, title: str) -> None:
    """The first line that shows something is; of a message that shows nothing the title is left to be written."""
    message = await shared.bob.writes(text)
    await shared.ann.runs_shortcut("Open an incident", message)
    await shared.ann.sees("From a message by @bob", "Who owns it?")
    assert shared.ann.modal is not None
    first = next(block for block in shared.ann.modal.content["blocks"] if block["block_id"] == "title")
    assert first["element"].get("initial_value", "") == title
    await shared.ann.closes()


@SHARED
async def test_a_severity_at_the_end_is_a_word_of_the_title_and_the_answer_says_so(shared: World) -> None:
    """Titles end as they like; whoever meant it has the command for it.

    The last with this world, which stands still from then on: nothing is on its way to the bot.
    """
    told = await answer(shared.slack, shared.ann, "/incident", "open the queue grows SEV1")
    (stored,) = await shared.stored("incidents", title="the queue grows SEV1")
    assert f"It is SEV3; if you meant SEV1: `/incident sev {stored['_id'][-4:]} 1`." in told.shown
    told = await answer(shared.slack, shared.ann, "/incident", "open sev2 mail is late sev2")
    assert "if you meant" not in told.shown


async def test_similar_words_of_somebody_else_offer_to_be_a_duplicate(world: World) -> None:
    """Bob opens what Ann opened in other words; by the button his is closed and hers hears of it."""
    first, one = await opened(world)
    told = await answer(world.slack, world.bob, "/incident", "open sev3 the checkout is down again")
    found = ID.search(told.shown)
    assert found
    assert f"{one} “checkout is down” by @ann" in told.shown
    second = await world.slack.shows("the checkout is down again", "Opened by")
    await world.bob.clicks(f"Duplicate of {one[-4:]}", told)
    await shows(world, second, "closed", f"a duplicate of *{one}*")
    await world.slack.shows(found[0], "was closed as a duplicate", thread=first)
    stored = await world.document("incidents", found[0])
    assert (stored["status"], stored["duplicate_of"]) == ("closed", one)


def duplicate(world: World, who: Person, one: str, other: str) -> dict[str, Any]:
    """The press of *Duplicate of …* by somebody who was offered it."""
    slack, card = world.slack, world.slack.channel().by_bot[0].raw
    press = {"type": "button", "action_id": "incident_duplicate_0", "block_id": "b", "value": f"{one} {other}"}
    return Payloads(slack.workspace).message_action(who.id, card, press, slack.hooks.issue(who.id, card.channel, card))


async def test_of_two_duplicates_of_each_other_one_stays_open(world: World) -> None:
    """Ann and Bob are offered each other's incident and press at once, on two bots: the first one opened is left."""
    await world.starts()
    _, one = await opened(world)
    await answer(world.slack, world.bob, "/incident", "open sev3 the checkout is down again")
    (other,) = await world.stored("incidents", opened_by=world.bob.id, card_ts={"$ne": None})
    await asyncio.gather(
        answer_to_press(world.slack, world.ann, duplicate(world, world.ann, one, other["_id"])),
        answer_to_press(world.slack, world.bob, duplicate(world, world.bob, other["_id"], one)),
    )
    await world.stored("incidents", status="investigating", untold=[])
    assert len(await world.documents("incidents", status="closed")) == 1


async def test_a_duplicate_of_a_duplicate_is_sent_on(world: World) -> None:
    """Nothing is closed in favour of one that is closed in favour of a third."""
    _, one = await opened(world)
    ids = [one]
    for who, words in ((world.bob, "the checkout is down again"), (world.ann, "our checkout is down")):
        await answer(world.slack, who, "/incident", f"open sev3 {words}")
        (found,) = await world.stored("incidents", title=words, card_ts={"$ne": None})
        ids.append(found["_id"])
    await answer_to_press(world.slack, world.bob, duplicate(world, world.bob, ids[1], one))
    told = await answer_to_press(world.slack, world.ann, duplicate(world, world.ann, ids[2], ids[1]))
    assert f"{ids[1]} was closed as a duplicate of {one}, by @bob." in told.shown
    assert (await world.document("incidents", ids[2]))["status"] == "investigating"
