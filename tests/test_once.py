"""What the bot posts is there once, whatever happens between it and Slack."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer
from tests.impatience import NEVER
from tests.test_incident import ID, opened
from tests.world import HEIR, MORTAL, TEMPO, World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world of bots that die where they stop."""
    mortals = World(slack, mongod.url(), tuned=MORTAL)
    mortals.tempo = replace(TEMPO, tick=NEVER)  # nothing is announced here
    async with mortals as ready:
        yield ready


def cards(slack: Slack) -> list[str]:
    """The IDs of all cards in the channel, in order."""
    posts = slack.channel().by_bot
    return [
        p.metadata["event_payload"]["key"]
        for p in posts
        if p.metadata and p.metadata["event_type"] == "opsbot_incident"
    ]


async def until_answered(world: World, count: int) -> None:
    """Waits until Ann has so many private answers."""
    await world.slack.until(lambda: len(world.ann.ephemerals) >= count, f"{count} answers")


@pytest.mark.long
async def test_a_post_in_doubt_is_looked_for_before_it_is_posted_again(world: World) -> None:
    """Accepted and then reset, or never accepted: either way there is one card in the end."""
    for number, fault in enumerate(("reset_after", "reset_before", "timeout_after", "timeout_before"), 1):
        world.slack.faults.add(fault, "chat.postMessage", value=0.3)
        told = await answer(world.slack, world.ann, "/incident", f"open sev2 {fault} strikes")
        assert "is open" in told.shown
        await world.stored("outbox", number, state="posted")
    await world.rests()
    stored = await world.documents("incidents")
    assert sorted(cards(world.slack)) == [document["_id"] for document in stored]
    assert len(stored) == 4


@pytest.mark.long
async def test_a_server_error_is_no_answer(world: World) -> None:
    """Slack answers 5xx three times: the card appears once, after the fourth try."""
    for status in (500, 502, 503):
        world.slack.faults.add("status", "chat.postMessage", value=status)
    await world.ann.says("/incident", "open sev2 checkout is down")
    await world.slack.shows("checkout is down", "Opened by", within=15.0)
    await world.rests()
    assert len(world.slack.calls_of("chat.postMessage")) == 4
    assert len(cards(world.slack)) == 1


@pytest.mark.long
async def test_slack_s_wish_to_wait_is_honoured_in_order(world: World) -> None:
    """After a 429 nothing is posted for as long as Slack says, and then in the order it was meant."""
    card, _ = await opened(world)
    world.slack.faults.add("rate_limited", "chat.postMessage", value=0.6)
    for number in range(5):
        answered = len(world.ann.ephemerals)
        await world.ann.says("/incident", f"note number {number}")
        await until_answered(world, answered + 1)
    await world.slack.shows("number 4", thread=card, within=10.0)
    replies = [post.shown for post in world.slack.thread(card).replies if "number" in post.shown]
    assert [text[-1] for text in replies] == ["0", "1", "2", "3", "4"]
    posts = [call for call in world.slack.calls_of("chat.postMessage") if "number" in str(call.args)]
    limited, after = posts[0], posts[1]
    assert limited.status == 429
    assert (after.at - limited.at).total_seconds() >= 0.6


@pytest.mark.long
async def test_acknowledgements_do_not_wait_for_a_slack_that_limits(world: World) -> None:
    """While posts are held back, commands are acknowledged as ever."""
    await opened(world)
    world.slack.faults.add("rate_limited", "chat.postMessage", value=4.0)  # longer than an acknowledgement may take
    outcomes = await asyncio.gather(*(world.ann.says("/incident", f"note n{i}") for i in range(10)))
    assert all(outcome.acked_in is not None for outcome in outcomes)


async def test_a_message_that_slack_refuses_for_good_is_parked_and_told(world: World) -> None:
    """A refusal that will not heal is told to the person and counted; the incident is kept."""
    world.slack.faults.add("error", "chat.postMessage", count=None, value="restricted_action")
    await world.ann.says("/incident", "open sev2 checkout is down")
    await world.ann.sees("Slack does not take the message", "restricted_action")
    (parked,) = await world.stored("outbox", state="parked")
    assert parked["reason"] == "restricted_action"
    assert len(await world.documents("incidents")) == 1
    world.slack.faults.clear()


async def test_every_post_carries_its_key_and_every_key_is_there_once(world: World) -> None:
    """Cards and replies alike carry metadata with a key of their own."""
    card, incident_id = await opened(world)
    await world.ann.says("/incident", "note one")
    await world.ann.says("/incident", "note two")
    await world.slack.shows("two", thread=card)
    await world.ann.says("/incident", "resolve done")
    await world.slack.shows("was resolved by")
    keys = [(p.metadata or {})["event_payload"]["key"] for p in world.slack.channel().everything if p.by_bot]
    assert keys == [incident_id, f"{incident_id}/v2", f"{incident_id}/v3", f"{incident_id}/v4"]


@pytest.mark.long
async def test_an_edit_that_fails_is_made_again(world: World) -> None:
    """chat.update may be repeated, so the card shows the resolution after any number of errors."""
    card, _ = await opened(world)
    world.slack.faults.add("status", "chat.update", count=2, value=500)
    world.slack.faults.add("rate_limited", "chat.update", value=0.2)
    await world.ann.says("/incident", "resolve fixed")
    await world.slack.until(lambda: "*resolved*" in card.shown and "fixed" in card.shown, "the card", within=10.0)


@pytest.mark.long
async def test_a_card_left_by_a_killed_bot_is_taken_over_without_a_double(world: World) -> None:
    """A bot dies after Slack took its post and before it could note that: the next one finds the message."""
    world.slack.faults.add("timeout_after", "chat.postMessage", value=20.0)
    world.slack.faults.add("timeout_before", "conversations.history", count=None, value=20.0)  # nor may it look
    await world.ann.says("/incident", "open sev2 checkout is down")
    await world.slack.until(lambda: len(cards(world.slack)) == 1, "the post to be taken")
    await world.stops()
    world.tuned = HEIR
    (entry,) = await world.documents("outbox")
    assert entry["state"] == "posting"
    world.slack.faults.clear()
    world.clock.forward(minutes=1)
    await world.starts()
    (entry,) = await world.stored("outbox", state="posted")
    (incident,) = await world.stored("incidents", untold=[])
    assert len(cards(world.slack)) == 1
    assert entry["ts"] == incident["card_ts"] == world.slack.channel().by_bot[0].ts


@pytest.mark.long
async def test_a_card_that_was_recorded_and_never_posted_is_posted_by_another_bot(world: World) -> None:
    """A bot dies before Slack took its post: another looks, finds nothing, and posts it."""
    world.slack.faults.add("timeout_before", "chat.postMessage", value=20.0)
    await world.ann.says("/incident", "open sev2 checkout is down")
    await world.stored("outbox", state="posting")
    await world.stops()
    world.tuned = HEIR
    assert cards(world.slack) == []
    world.clock.forward(minutes=1)
    await world.starts()
    card = await world.slack.shows("checkout is down", "Opened by", within=10.0)
    await world.rests()
    assert len(cards(world.slack)) == 1
    (incident,) = await world.stored("incidents", card_ts=card.ts)
    assert ID.fullmatch(incident["_id"])


@pytest.mark.long
async def test_an_incident_recorded_by_a_bot_that_died_at_once_gets_its_card(world: World) -> None:
    """Between the record and the outbox there is a moment; what is left there is told later, once."""
    await opened(world)
    (document,) = await world.documents("incidents")
    # The state right after the first write of /incident open: no card, nothing told, no letter.
    await world.puts(
        "incidents",
        {
            **document,
            "_id": "INC-20261101-7KQ4",
            "title": "left behind",
            "card_ts": None,
            "same_words": ["other"],
            "untold": [
                {"version": 1, "deed": "opened", "who": "U0ANN", "at": document["opened_at"], "text": "left behind"}
            ],
        },
    )
    world.clock.forward(minutes=1)
    card = await world.slack.shows("left behind", "Opened by", within=10.0)
    await world.stored("incidents", _id="INC-20261101-7KQ4", card_ts=card.ts, untold=[])
    await world.stored("timeline", incident_id="INC-20261101-7KQ4", kind="opened")
    await world.rests()
    assert cards(world.slack).count("INC-20261101-7KQ4") == 1
