"""What was done to a window, in its thread: in the order of the record, each act with what it gave, once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.impatience import NEVER
from tests.planning import says, told, window, with_roles
from tests.world import MORTAL, TEMPO, World

ID = "MW-20261126-1400"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """Ann's window on Thursday is under way since a minute, with its checklist; Bob leads."""
    async with World(slack, mongod.url(), tuned=MORTAL) as ready:
        await with_roles(ready)
        await says(ready, "schedule thu 14:00 for 1h Upgrade Loki")
        ready.clock.set("2026-11-26 14:00:01")
        await told(ready, f"{ID}/start")
        await window(ready, ID, state="under way", untold=[])
        await ready.stored("checklists", _id=ID, ts={"$ne": None}, is_told=True)
        yield ready


def acts(world: World, head: Post) -> list[str]:
    """What the thread says of acts, in its order."""
    marks = ("was extended", "has ended", "Rollback of")
    said = [post.text for post in world.slack.thread(head).messages]
    return [text for text in said if any(mark in text for mark in marks)]


async def head_of(world: World) -> Post:
    """The window's first message."""
    found = await world.document("windows", ID)
    return next(post for post in world.slack.channel().everything if post.ts == found["head"])


@pytest.mark.long
async def test_each_act_is_told_once_in_the_order_of_the_record_whoever_died_over_it(world: World) -> None:
    """First the letter that a dead bot recorded and did not post, then all that was done before any bot had told a
    word of it: an extension with the end that it gave, and the end last. Nothing goes ahead of what the dead one holds.
    """
    head = await head_of(world)
    world.slack.faults.add("rate_limited", "chat.postMessage", value=30.0)
    assert "now ends at 2026-11-26 15:30 UTC" in await says(world, "extend 30m")
    (letter,) = await world.stored("outbox", _id={"$regex": f"{ID}/v"}, state={"$ne": "posted"})
    await world.stops()
    world.slack.faults.clear()
    await world.changes("outbox", letter["_id"], {"leased_at": datetime(2100, 1, 1, tzinfo=UTC)})  # its lease goes on
    world.tempo = replace(TEMPO, tick=NEVER)
    await world.starts()
    assert "now ends at 2026-11-26 16:00 UTC" in await says(world, "extend 30m", world.bob)
    await says(world, "rollback queries fail", world.bob)
    await says(world, "end")
    world.tempo = TEMPO
    await world.starts()
    await world.starts()
    await world.slack.settled(0.2)  # several rounds of their jobs
    assert acts(world, head) == []
    await world.changes("outbox", letter["_id"], {"leased_at": datetime(2020, 1, 1, tzinfo=UTC)})  # as after its lease
    await told(world, f"{ID}/end")
    await window(world, ID, state="over", untold=[])
    first, second, back, end = acts(world, head)
    assert "was extended by 30 min by @ann: it now ends at 2026-11-26 15:30 UTC" in first
    assert "was extended by 30 min by @bob: it now ends at 2026-11-26 16:00 UTC" in second
    assert "Rollback of Upgrade Loki" in back
    assert "has ended" in end


async def test_a_clock_that_was_set_back_lets_no_window_end_before_it_began(world: World) -> None:
    """Ended by a bot whose clock is an hour late, it ends when it began; answer, thread, head and summary say why."""
    head = await head_of(world)
    began = (await window(world, ID))["actual_start"]
    world.clock.set("2026-11-26 13:10:00")
    why = "the bot's clock was set back since the start, so how long it was held is not known"
    assert f"{ID} is over, since 2026-11-26 14:00 UTC; {why}" in await says(world, "end")
    assert (await window(world, ID, state="over"))["actual_end"] == began
    end = await told(world, f"{ID}/end")
    assert f"has ended (2026-11-26 14:00 UTC; {why})." in end.text
    await world.slack.until(lambda: f"to 2026-11-26 14:00 UTC; {why}" in head.shown, "the head to say so")
    await world.slack.shows("*Held* 2026-11-26 14:00 UTC to 2026-11-26 14:00 UTC", why)
