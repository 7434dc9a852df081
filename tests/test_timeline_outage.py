"""Outages: what was done in threads while the bot was away is in the timelines when it is back, and stays right."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from sandbox.deeds import Written
from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from sandbox.workspace import Message
from tests.asking import strict
from tests.kept import Document
from tests.test_incident import opened
from tests.world import World

REPLIES = "conversations.replies"
FAULTS: list[tuple[str, int, float | str]] = [
    ("error", 1, "not_in_channel"),
    ("status", 3, 500),
    ("reset_before", 3, 0),
]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace that gives up on events at once, so that only a reading brings what was missed."""
    async with strict(retry_after=()) as workspace:
        yield workspace
        assert (workspace.refusals, workspace.pages) == ([], [])


async def entries(world: World, incident_id: str, count: int, **what: Any) -> list[Document]:
    """The messages in an incident's timeline, in order, once there are so many."""
    found = await world.stored("timeline", count, incident_id=incident_id, kind="message", **what)
    return sorted(found, key=lambda entry: str(entry["order"]))


async def gone_unheard(world: World) -> None:
    """Waits until Slack has given up on all events."""
    await world.slack.until(lambda: not world.slack.delivery.pending, "Slack to give up")


def fill(world: World, card: Post, count: int) -> list[str]:
    """A thread as if people had written so much in it; their timestamps."""
    workspace, found = world.slack.workspace, []
    for number in range(count):
        author = (world.ann.id, world.bob.id)[number % 2]
        written = Message(workspace.next_ts(), card.channel, author, f"message {number}", thread_ts=card.ts)
        workspace.messages[card.channel][written.ts] = written
        found.append(written.ts)
    return found


async def test_all_that_was_done_while_the_bot_was_away_is_in_the_timeline(world: World) -> None:
    """Messages, files, edits, deletions and pins, of old messages and new ones, in order and with original times.

    Slack shows no reaction for a mark by the shortcut, and that is no reason to take it off.
    """
    card, incident_id = await opened(world)
    old = [await world.bob.writes(f"old {number}", thread=card) for number in range(4)]
    await world.ann.reacts("pushpin", old[2])
    await world.bob.reacts("pushpin", old[2])
    await world.ann.runs_shortcut("Add to the timeline", old[0])
    await entries(world, incident_id, 1, pinned_by={"$size": 2})
    await entries(world, incident_id, 1, pinned_by=[world.ann.id])
    await entries(world, incident_id, 4)
    await world.slack.settled()  # Slack waits seconds for what a bot that stops does not take any more
    await world.stops()
    await world.bob.edits(old[0], "edited")
    await world.bob.deletes(old[1])
    await world.ann.unreacts("pushpin", old[2])
    await world.ann.reacts("pushpin", old[3])
    new = await world.ann.writes("new", thread=card, files=["graph.png"])
    edited = await world.ann.writes("new two", thread=card)
    await world.ann.edits(edited, "new three")
    await world.bob.reacts("pushpin", edited)
    unseen = await world.ann.writes("never seen", thread=card)
    await world.ann.deletes(unseen)
    await gone_unheard(world)
    await world.starts()
    await entries(world, incident_id, 1, deleted_at={"$ne": None})
    found = await entries(world, incident_id, 6)
    assert [entry["ts"] for entry in found] == [*(one.ts for one in old), new.ts, edited.ts]
    assert [entry["text"] for entry in found] == ["edited", "", "old 2", "old 3", "new", "new three"]
    ann, bob = [world.ann.id], [world.bob.id]
    assert [entry["pinned_by"] for entry in found] == [ann, [], bob, ann, [], bob]
    assert [entry["first_text"] for entry in found] == ["old 0", "", "old 2", "old 3", "new", None]
    assert [file["name"] for file in found[4]["files"]] == ["graph.png"]
    assert found[1]["deleted_at"] is not None
    assert all(entry["edits"] for entry in (found[0], found[5]))


async def test_slack_s_wish_to_wait_is_honoured_as_often_as_it_is_said(world: World) -> None:
    """Five times 429 in a row: commands are answered meanwhile, and the thread is read back all the same."""
    card, incident_id = await opened(world)
    await world.stops()
    await world.bob.writes("still down", thread=card)
    await gone_unheard(world)
    before = len(world.slack.calls_of(REPLIES))
    world.slack.faults.add("rate_limited", REPLIES, count=None, value=0.1)
    await world.starts()
    await world.slack.until(lambda: len(world.slack.calls_of(REPLIES)) > before, "a reading that waits")
    await world.ann.says("/incident", "note hm")
    await world.slack.shows("Note by", thread=card)
    await world.slack.until(lambda: len(world.slack.calls_of(REPLIES)) >= before + 5, "more of them")
    assert await world.documents("timeline", kind="message") == []
    world.slack.faults.clear()
    await entries(world, incident_id, 1)
    waits = [call for call in world.slack.calls_of(REPLIES)[before:] if call.status == 429]
    assert len(waits) >= 5
    assert all((later.at - one.at).total_seconds() >= 0.1 for one, later in pairwise(waits))


@pytest.mark.long
async def test_one_thread_that_cannot_be_read_stops_no_other_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack fails for the first of two incidents: the second is read at once, the first when Slack is well again."""
    monkeypatch.setattr("bot.slack.api.BACKOFF", 0.02)
    card, worst = await opened(world, "open sev1 all is down", "all is down")
    other, mild = await opened(world, "open sev3 slow", "slow")
    for number, (fault, count, value) in enumerate(FAULTS, 1):
        await world.stops()
        await world.bob.writes("in the first", thread=card)
        await world.bob.writes("in the second", thread=other)
        await gone_unheard(world)
        world.slack.faults.add(fault, REPLIES, count=count, value=value)
        await world.starts()
        await entries(world, mild, number)
        await entries(world, worst, number)


@pytest.mark.long
async def test_a_thread_that_is_gone_breaks_nothing(world: World) -> None:
    """Cards deleted with and without replies below them: entries stay as they are, other threads are read."""
    gone, one = await opened(world, "open sev1 all is down", "all is down")
    left, two = await opened(world, "open sev2 half is down", "half is down")
    card, three = await opened(world, "open sev3 slow", "slow")
    for root, text in ((gone, "in the gone"), (left, "in the left")):
        await world.bob.writes(text, thread=root)
    await entries(world, one, 1)
    await entries(world, two, 1)
    await world.stops()
    messages = world.slack.workspace.messages[card.channel]
    for ts in [ts for ts, message in messages.items() if gone.ts in (ts, message.thread_ts)]:
        del messages[ts]
    world.slack.conversations.delete(left.raw)
    await world.bob.writes("in the third", thread=card)
    await gone_unheard(world)
    with world.slack.expects("thread_not_found"):
        await world.starts()
        await entries(world, three, 1)
    assert [entry["text"] for entry in await entries(world, one, 1)] == ["in the gone"]
    assert [entry["text"] for entry in await entries(world, two, 1)] == ["in the left"]


@pytest.mark.long
async def test_the_thread_of_a_card_that_was_deleted_is_read_too(world: World) -> None:
    """People go on writing in the thread that they have open, below the card's empty place."""
    card, incident_id = await opened(world)
    await world.bob.writes("before", thread=card)
    await entries(world, incident_id, 1)
    await world.slack.until(lambda: "Joined: @bob" in card.shown, "the card to be at rest")
    world.slack.conversations.delete(card.raw)
    (stored,) = await world.stored("incidents", _id=incident_id, card_ts={"$ne": card.ts})
    await world.slack.settled()
    await world.stops()
    late = Written(card.channel, "below the empty place", card.ts)
    world.slack.deeds.write(world.bob.id, late)
    world.slack.deeds.write(world.bob.id, replace(late, text="below the new card", thread_ts=stored["card_ts"]))
    await gone_unheard(world)
    await world.starts()
    found = await entries(world, incident_id, 3)
    assert [entry["text"] for entry in found] == ["before", "below the empty place", "below the new card"]


@pytest.mark.long
async def test_threads_of_incidents_that_ended_today_are_read_too(world: World) -> None:
    """People go on writing after an incident is over; a day later nobody looks any more."""
    other, open_id = await opened(world, "open sev1 all is down", "all is down")
    card, incident_id = await opened(world)
    await world.ann.says("/incident", f"resolve {incident_id} fixed")
    await world.stored("timeline", incident_id=incident_id, kind="resolved")
    await world.stops()
    await world.bob.writes("it was the cache", thread=card)
    await gone_unheard(world)
    world.clock.forward(hours=23)
    await world.starts()
    await entries(world, incident_id, 1)
    await world.stops()
    await world.bob.writes("for the record", thread=card)
    await world.bob.writes("hm", thread=other)
    await gone_unheard(world)
    world.clock.forward(hours=2)
    await world.starts()
    await entries(world, open_id, 1)
    await world.round()  # the reading that this was of comes to its end
    assert [entry["text"] for entry in await entries(world, incident_id, 1)] == ["it was the cache"]


@pytest.mark.long
async def test_a_long_thread_is_read_back_and_what_was_deleted_in_it_is_found(world: World) -> None:
    """Two pages and a page: each author's name asked for once, commands answered meanwhile. Of its messages three
    are deleted while nobody listens: just these lose their texts.
    """
    card, incident_id = await opened(world)
    await world.stops()
    written = fill(world, card, 450)
    begun, asked = time.monotonic(), len(world.slack.calls_of("users.info"))
    read = len(world.slack.calls_of(REPLIES))
    await world.starts()
    await entries(world, incident_id, 200)
    outcome = await world.ann.says("/incident", f"note {incident_id} hm")
    assert outcome.acked_in is not None
    assert outcome.acked_in < 1.0
    await world.slack.shows("Note by", thread=card)
    found = await entries(world, incident_id, 450)
    assert [entry["ts"] for entry in found] == written
    assert [entry["text"] for entry in found] == [f"message {number}" for number in range(450)]
    assert time.monotonic() - begun < 20
    assert len(world.slack.calls_of("users.info")) - asked == 3, "two authors' names, and once whether Ann is a member"
    assert all(int(call.args["limit"]) == 200 for call in world.slack.calls_of(REPLIES)[read:])
    assert len(world.slack.calls_of(REPLIES)) - read == 3
    await world.stops()
    gone = [written[0], written[199], written[449]]
    for ts in gone:
        world.slack.conversations.delete(world.slack.workspace.message(card.channel, ts))
    await gone_unheard(world)
    await world.starts()
    await entries(world, incident_id, 3, deleted_at={"$ne": None})
    await world.round()  # the reading comes to its end
    found = await entries(world, incident_id, 450)
    assert [entry["ts"] for entry in found if not entry["text"]] == gone


@pytest.mark.long
async def test_two_bots_that_come_back_together_read_each_message_once(world: World) -> None:
    """Both read the same threads at the same time: the timeline has no double. Who wrote has joined then, and not an
    hour later: the incident was acknowledged when they wrote, and a silent day begins then.
    """
    card, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    await world.stops()
    written = fill(world, card, 50)
    world.clock.forward(hours=1)
    await asyncio.gather(world.starts(), world.starts())
    await entries(world, incident_id, 50)
    (stored,) = await world.stored("incidents", _id=incident_id, joined=[world.ann.id, world.bob.id])
    assert stored["active_at"] is not None
    assert stored["acknowledged_at"] - stored["opened_at"] < timedelta(minutes=30)
    await world.slack.until(lambda: "Joined: @bob" in card.shown, "the card to name who joined")
    await world.round()  # the readings of both come to their ends
    assert [entry["ts"] for entry in await entries(world, incident_id, 50)] == written


async def test_a_channel_that_slack_lets_nobody_read_is_a_warning(slack: Slack, mongod: Mongod) -> None:
    """A scope that is missing is no fault of the bot's: the log has Slack's word for it, and no traceback."""
    slack.faults.add("error", "conversations.history", count=None, value="missing_scope")
    with capture_logs() as lines:
        async with World(slack, mongod.url()):
            told = {"event": "the channel cannot be read back", "cause": "missing_scope", "log_level": "warning"}
            await slack.until(lambda: any(told.items() <= line.items() for line in lines), "the warning")
    assert [line for line in lines if line["log_level"] == "error"] == []
