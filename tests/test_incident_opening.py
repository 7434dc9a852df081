"""All the ways to open an incident: in other words than somebody else, by form, by mention, from a message."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sandbox.payloads import Payloads
from sandbox.people import Person
from tests.asking import answer, answer_to_press
from tests.test_incident import ID, opened
from tests.test_incident_life import shows
from tests.world import World


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


async def test_other_words_offer_nothing(world: World) -> None:
    """What shares a word or two with an open incident is another one."""
    await opened(world)
    told = await answer(world.slack, world.bob, "/incident", "open sev3 search is down")
    assert "Duplicate" not in told.shown


async def test_a_severity_at_the_end_is_a_word_of_the_title_and_the_answer_says_so(world: World) -> None:
    """Titles end as they like; whoever meant it has the command for it."""
    told = await answer(world.slack, world.ann, "/incident", "open the queue grows SEV1")
    (stored,) = await world.stored("incidents", title="the queue grows SEV1")
    assert f"It is SEV3; if you meant SEV1: `/incident sev {stored['_id'][-4:]} 1`." in told.shown
    told = await answer(world.slack, world.ann, "/incident", "open sev2 mail is late sev2")
    assert "if you meant" not in told.shown


async def test_the_form_has_an_owner_and_a_beginning(world: World) -> None:
    """Who owns it and when it began may be said; the card counts from there. One of 1970 is refused in the form."""
    await world.ann.says("/incident", "open sev1")
    await world.ann.sees("Who owns it?", "When did it begin?")
    filled = {"What is wrong?": "all is down", "Who owns it?": "bob"}
    await world.ann.submits({**filled, "When did it begin?": 86_400})
    await world.ann.sees("That is more than 31 days ago.")
    assert await world.documents("incidents") == []
    began = world.clock() - timedelta(days=7)
    await world.ann.submits({**filled, "When did it begin?": int(began.timestamp())})
    card = await world.slack.shows("all is down", "Owner: @bob", "SEV1")
    assert f"Began {began:%Y-%m-%d} " in card.shown


async def test_a_mention_may_leave_out_open_before_a_severity(world: World) -> None:
    """`@Ops Bot incident sev1 …` opens, `/incident sev1` lists."""
    await world.bob.writes("@Ops Bot incident sev1 payments are down")
    card = await world.slack.shows("payments are down", "SEV1")
    assert "Opened by @bob" in card.shown
    told = await answer(world.slack, world.ann, "/incident", "sev1")
    assert "payments are down" in told.shown
    assert len(world.slack.channel().by_bot) == 1


async def test_a_message_becomes_an_incident_that_quotes_it(world: World) -> None:
    """The shortcut opens the form with the first line as the title; the message is linked and the first entry."""
    message = await world.bob.writes("checkout gives 500s\nsince the deploy")
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    await world.ann.submits({"How bad is it?": "SEV2: something important is down"})
    card = await world.slack.shows("checkout gives 500s", "From a message by @bob", "since the deploy", "SEV2")
    found = ID.search(card.shown)
    assert found
    entries = await world.stored("timeline", 2, incident_id=found[0])
    entries.sort(key=lambda entry: str(entry["order"]))
    assert (entries[0]["kind"], entries[0]["ts"], entries[0]["author"]) == ("quoted", message.ts, world.bob.id)
    assert entries[0]["text"] == "checkout gives 500s\nsince the deploy"


async def test_a_message_with_special_characters_is_quoted_as_it_was_typed(world: World) -> None:
    """The title of the form and of the card has no escapes and no tokens."""
    message = await world.bob.writes("a & b <see> https://x.example/?a=1&b=2")
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    await world.ann.submits({})
    card = await world.slack.shows("a & b <see> https://x.example/?a=1&b=2", "Opened by @ann")
    assert "amp;" not in card.shown


async def test_the_bot_owns_nothing_by_the_form_either(world: World) -> None:
    """It is refused, and nothing is opened."""
    await world.ann.says("/incident", "open")
    await world.ann.sees("Who owns it?")
    await world.ann.submits({"What is wrong?": "all is down", "Who owns it?": "U0OPSBOT"})
    await world.ann.sees("A bot cannot do that")
    assert await world.documents("incidents") == []


async def test_the_card_of_an_incident_opens_no_other_one(world: World) -> None:
    """Whoever picks *Open an incident* in its menu is led to its thread; any other message of the bot is a message."""
    card, incident_id = await opened(world)
    await world.ann.runs_shortcut("Open an incident", card)
    await world.ann.sees(f"That is the card of {incident_id}, which is investigating.", "Write in its thread.")
    assert world.ann.modal is None
    await answer(world.slack, world.ann, "/incident", "resolve fixed")
    await world.ann.runs_shortcut("Open an incident", card)
    await world.ann.sees(f"That is the card of {incident_id}, which is resolved.", "press *Reopen*")
    told = await world.slack.shows("was resolved by @ann", thread=card)
    await world.ann.runs_shortcut("Open an incident", told)
    await world.ann.sees("What is wrong?")


@pytest.mark.parametrize(("text", "title"), [("\u200b\u2060\nsee\u202edisk", "seedisk"), ("\u200b", "")])
async def test_what_nobody_sees_is_no_title_of_the_form(world: World, text: str, title: str) -> None:
    """The first line that shows something is; of a message that shows nothing the title is left to be written."""
    message = await world.bob.writes(text)
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    assert world.ann.modal is not None
    first = next(block for block in world.ann.modal.content["blocks"] if block["block_id"] == "title")
    assert first["element"].get("initial_value", "") == title
