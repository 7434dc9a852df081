"""Announcements that Slack refuses or holds up, that a bot left half done, or whose ladder changed meanwhile."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.planning import says, with_roles
from tests.test_announcements import ANNOUNCING, WINDOW, announced, keys
from tests.world import HEIR, World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Friday, long before the first rung."""
    quiet = World(slack, mongod.url(), tuned=HEIR)
    quiet.tempo = ANNOUNCING
    quiet.clock.set("2026-11-27 01:00:00")
    async with quiet as ready:
        yield ready


@pytest.mark.long
async def test_a_refused_rung_is_audited_once_and_announced_when_slack_takes_it(world: World) -> None:
    """The bot was thrown out of the channel and is invited again: the rung is told after all, and says it is late."""
    world.slack.faults.add("error", "chat.postMessage", count=None, value="not_in_channel")
    world.clock.set("2026-11-27 02:00:01")
    (entry,) = await world.stored("audit", outcome="refused")
    assert entry["subject"] == f"{WINDOW}/24h"
    assert "not_in_channel" in entry["detail"]
    calls = len(world.slack.calls_of("chat.postMessage"))
    await world.slack.until(lambda: len(world.slack.calls_of("chat.postMessage")) > calls, "another try")
    await world.round()  # ends after what is tried has ended
    assert len(await world.documents("audit", outcome="refused")) == 1
    world.clock.set("2026-11-27 02:05:00")
    world.slack.faults.clear()
    assert "5 min" in (await announced(world, "24h")).text


@pytest.mark.long
async def test_a_rung_refused_for_good_keeps_no_later_one_from_being_announced(world: World) -> None:
    """What is wrong with one message is wrong with that one only, after a restart as well."""
    world.slack.faults.add("error", "chat.postMessage", value="msg_too_long")
    world.clock.set("2026-11-27 02:00:01")
    await world.stored("outbox", state="parked")
    await world.stops()
    await world.starts()
    world.clock.set("2026-11-28 01:00:01")
    await announced(world, "1h")
    await world.stored("announcements", _id=f"{WINDOW}/24h", state="skipped")
    assert keys(world) == [f"{WINDOW}/1h"]


async def test_a_rung_that_a_bot_claimed_too_early_and_left_holds_nothing_up(world: World) -> None:
    """Its clock ran ahead, and it died before it posted: what is done to the window meanwhile is told all the same."""
    world.clock.set("2026-11-27 02:00:01")
    head = await announced(world, "24h")
    await world.puts(
        "announcements",
        {
            "_id": f"{WINDOW}/1h", "window": WINDOW, "rung": "1h", "due": datetime(2026, 11, 28, 1, tzinfo=UTC),
            "state": "claimed", "owner": "dead", "leased_at": datetime(2020, 1, 1, tzinfo=UTC),
        },
    )  # fmt: skip
    await with_roles(world)
    await says(world, f"cancel {WINDOW} the vendor is ill")
    await world.slack.shows("the vendor is ill", thread=head)
    assert await world.documents("announcements", _id=f"{WINDOW}/1h", state="claimed") == []
    assert keys(world) == [f"{WINDOW}/24h"]


async def test_a_window_goes_on_when_its_ladder_changes(world: World) -> None:
    """The head was posted for a rung that the settings do not have any more."""
    world.clock.set("2026-11-27 02:00:01")
    await announced(world, "24h")
    await world.stops()
    world.clock.set("2026-11-28 01:00:01")
    await world.starts(ANNOUNCE_BEFORE="1h,15m")
    await announced(world, "1h")
    world.clock.set("2026-11-28 02:00:01")
    await announced(world, "start")
    await world.slack.shows("under way", WINDOW, "everything else about it is in this thread")
    assert keys(world) == [f"{WINDOW}/24h", f"{WINDOW}/1h", f"{WINDOW}/start"]


@pytest.mark.long
async def test_a_rung_that_slack_holds_up_until_the_window_is_over_is_skipped(world: World) -> None:
    """Slack fails from before the rung until after the end: nothing pointless is posted then."""
    world.clock.set("2026-11-28 00:30:00")
    await announced(world, "24h")
    world.slack.faults.add("status", "chat.postMessage", count=None, value=503)
    world.clock.set("2026-11-28 01:00:01")
    await world.slack.until(lambda: len(world.slack.calls_of("chat.postMessage")) > 2, "tries")
    world.clock.set("2026-11-28 07:30:00")
    await world.stored("outbox", state="dropped")
    world.slack.faults.clear()
    await announced(world, "end")
    await world.stored("announcements", _id=f"{WINDOW}/1h", state="skipped")
    assert keys(world) == [f"{WINDOW}/24h", f"{WINDOW}/end"]
    await world.stored("audit", subject=f"{WINDOW}/1h", outcome="skipped")


@pytest.mark.long
async def test_a_rung_that_slack_holds_up_is_told_with_the_time_that_is_left(world: World) -> None:
    """The warning of the end, twenty minutes late: it says so, and that ten minutes are left."""
    world.clock.set("2026-11-28 02:00:01")
    await announced(world, "start")
    world.slack.faults.add("status", "chat.postMessage", count=None, value=503)
    before = len(world.slack.calls_of("chat.postMessage"))
    world.clock.set("2026-11-28 05:30:01")
    await world.slack.until(lambda: len(world.slack.calls_of("chat.postMessage")) > before + 1, "tries")
    world.clock.set("2026-11-28 05:50:00")
    await world.stored("outbox", state="dropped")
    world.slack.faults.clear()
    post = await announced(world, "ending")
    assert "20 min" in post.text
    assert "in 9 min" in post.text or "in 10 min" in post.text
    assert "in 30 min" not in post.text


async def test_a_head_lost_between_two_writes_is_found_again(world: World) -> None:
    """A bot dies after it noted the rung and before it noted the head: the next rung replies to it all the same."""
    world.clock.set("2026-11-27 02:00:01")
    head = await announced(world, "24h")
    await world.stops()
    document = await world.document("windows", WINDOW)
    await world.drops("windows")
    await world.puts("windows", {**document, "head": None})
    world.clock.set("2026-11-28 01:00:01")
    await world.starts()
    assert (await announced(world, "1h")).thread_ts == head.ts


async def test_windows_are_planned_as_far_ahead_as_they_are_announced(world: World) -> None:
    """With a rung of twenty days the window in twenty days is announced now."""
    await world.stops()
    world.clock.set("2026-11-22 02:00:01")
    await world.starts(ANNOUNCE_BEFORE="20d")
    await world.stored("announcements", _id="MW-20261212-0200/20d", state="announced")
