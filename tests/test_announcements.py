"""Windows announced: each rung once, in one thread, late rather than lost, never pointless."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.world import HEIR, MORTAL, World

WINDOW = "MW-20261128-0200"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Friday, long before the first rung."""
    quiet = World(slack, mongod.url(), tuned=MORTAL)
    quiet.clock.set("2026-11-27 01:00:00")
    async with quiet as ready:
        yield ready


def keys(world: World) -> list[str]:
    """The keys of all announcements that Slack has, in the order of their posting."""
    carried = [post.metadata or {} for post in world.slack.channel().everything]
    return [m["event_payload"]["key"] for m in carried if m.get("event_type") == "opsbot_announcement"]


async def announced(world: World, rung: str) -> Post:
    """Waits until a rung is in the channel and settled in MongoDB."""
    (document,) = await world.stored("announcements", _id=f"{WINDOW}/{rung}", state="announced")
    return next(post for post in world.slack.channel().everything if post.ts == document["ts"])


@pytest.mark.long
async def test_a_window_is_announced_rung_by_rung_in_one_thread(world: World) -> None:
    """The first rung is the head; the others reply to it and are sent to the channel too, each with its own key."""
    moments = {
        "24h": "2026-11-27 02:00:01",
        "1h": "2026-11-28 01:00:01",
        "15m": "2026-11-28 01:45:01",
        "start": "2026-11-28 02:00:01",
        "ending": "2026-11-28 05:30:01",
        "end": "2026-11-28 06:00:01",
    }
    posts = []
    for rung, moment in moments.items():
        world.clock.set(moment)
        posts.append(await announced(world, rung))
    await world.rests()
    assert keys(world) == [f"{WINDOW}/{rung}" for rung in moments]
    head = posts[0]
    assert head.thread_ts is None
    assert all(post.thread_ts == head.ts for post in posts[1:])
    assert all(post in world.slack.channel().messages for post in posts)
    stored = await world.document("windows", WINDOW)
    assert (stored["head"], stored["title"]) == (head.ts, "Weekly maintenance")


@pytest.mark.long
async def test_the_head_shows_where_the_window_stands(world: World) -> None:
    """The head is edited as the window starts, nears its end, and is over; its key stays."""
    world.clock.set("2026-11-27 02:00:01")
    head = await announced(world, "24h")
    assert "planned" in head.shown
    for moment, rung, standing in (
        ("2026-11-28 02:00:01", "start", "under way"),
        ("2026-11-28 05:30:01", "ending", "ends soon"),
        ("2026-11-28 06:00:01", "end", "over"),
    ):
        world.clock.set(moment)
        await announced(world, rung)
        await world.slack.shows(standing, WINDOW, "everything else about it is in this thread")
    assert head.metadata is not None
    assert head.metadata["event_payload"]["key"] == f"{WINDOW}/24h"


async def test_an_announcement_tells_utc_in_words_and_each_reader_s_time(world: World) -> None:
    """The text that notifications read has UTC in words; the blocks have Slack's date token as well."""
    world.clock.set("2026-11-27 02:00:01")
    head = await announced(world, "24h")
    assert "Saturday 2026-11-28 02:00 to 06:00 UTC" in head.text
    assert "<!date^1795831200^" in str(head.blocks)


async def test_a_late_rung_says_so(world: World) -> None:
    """A bot that was away at 01:45 tells the rung at 01:50, and that it is five minutes late."""
    world.clock.set("2026-11-27 02:00:01")
    await announced(world, "24h")
    await world.stops()
    world.clock.set("2026-11-28 01:50:00")
    await world.starts()
    post = await announced(world, "15m")
    assert "late" in post.text
    assert "5 min" in post.text
    skipped = await world.document("announcements", f"{WINDOW}/1h")
    assert (skipped["state"], skipped["reason"]) == ("skipped", "the 15m announcement is due as well")
    assert keys(world) == [f"{WINDOW}/24h", f"{WINDOW}/15m"]
    (entry,) = await world.stored("audit", outcome="skipped")
    assert entry["subject"] == f"{WINDOW}/1h"


async def test_nothing_is_told_of_a_window_that_is_over(world: World) -> None:
    """A bot that comes after the end announces nothing; each rung is skipped with its reason and audited."""
    await world.stops()
    world.clock.set("2026-11-28 06:10:00")
    await world.starts()
    skipped = await world.stored("announcements", 6, state="skipped", window=WINDOW)
    assert len(skipped) == 6
    assert len(await world.stored("audit", 6, outcome="skipped")) == 6
    assert keys(world) == []


@pytest.mark.long
async def test_a_rung_missed_while_mongodb_was_away_is_told_when_it_is_back(world: World) -> None:
    """A restart in the middle of everything repeats nothing and loses nothing."""
    world.clock.set("2026-11-27 02:00:01")
    await announced(world, "24h")
    await world.stops()
    await world.starts()
    world.clock.set("2026-11-28 01:00:01")
    await announced(world, "1h")
    await world.stops()
    await world.starts()
    await world.rests()
    assert keys(world) == [f"{WINDOW}/24h", f"{WINDOW}/1h"]


@pytest.mark.long
async def test_five_bots_announce_once(world: World) -> None:
    """Every replica plans; the claim decides who posts."""
    for _ in range(4):
        await world.starts()
    for moment, rung in (
        ("2026-11-27 02:00:01", "24h"),
        ("2026-11-28 01:00:01", "1h"),
        ("2026-11-28 01:45:01", "15m"),
        ("2026-11-28 02:00:01", "start"),
    ):
        world.clock.set(moment)
        await announced(world, rung)
    await world.rests()
    assert keys(world) == [f"{WINDOW}/{rung}" for rung in ("24h", "1h", "15m", "start")]
    assert len(await world.documents("audit", act="announce")) == 4


@pytest.mark.parametrize("fault", ["reset_after", "timeout_after", "reset_before", "timeout_before"])
@pytest.mark.long
async def test_an_announcement_in_doubt_is_not_made_twice(world: World, fault: str) -> None:
    """Whatever breaks between Slack and three bots, the rung is there once."""
    await asyncio.gather(world.starts(), world.starts())
    world.slack.faults.add(fault, "chat.postMessage", count=2, value=0.25)
    world.clock.set("2026-11-27 02:00:01")
    await announced(world, "24h")
    await world.rests()
    assert keys(world) == [f"{WINDOW}/24h"]


@pytest.mark.long
async def test_a_bot_that_dies_while_it_announces_is_succeeded(world: World) -> None:
    """Slack took the post, the bot died before it could note that: the next bot finds it and goes on from there."""
    world.slack.faults.add("timeout_after", "chat.postMessage", value=20.0)
    world.clock.set("2026-11-27 02:00:01")
    await world.slack.until(lambda: len(keys(world)) == 1, "the post to be taken")
    await world.stops()
    assert (await world.document("announcements", f"{WINDOW}/24h"))["state"] == "claimed"
    world.tuned = HEIR
    await world.starts()
    await announced(world, "24h")
    world.clock.set("2026-11-28 01:00:01")
    reply = await announced(world, "1h")
    assert reply.thread_ts == (await world.document("windows", WINDOW))["head"]
    assert keys(world) == [f"{WINDOW}/24h", f"{WINDOW}/1h"]


async def test_maintenance_shows_what_was_announced_and_what_comes(world: World) -> None:
    """`/maintenance` lists the window with its rungs, told and to come."""
    world.clock.set("2026-11-27 02:00:01")
    await announced(world, "24h")
    await world.ann.says("/maintenance", "")
    seen = await world.ann.sees(WINDOW, "MW-20261205-0200")
    assert "24h ahead: announced" in seen.shown
    assert "1h ahead: due 2026-11-28 01:00 UTC" in seen.shown


@pytest.mark.long
async def test_a_window_in_another_zone_and_with_short_rungs(slack: Slack, world: World) -> None:
    """Any weekday, any zone, rungs in seconds: the keys are the rungs as they are written."""
    await world.stops()
    world.clock.set("2026-11-23 13:59:00")
    await world.starts(
        MAINTENANCE_WINDOW="monday 16:00-16:02 Europe/Paris", ANNOUNCE_BEFORE="3600s,90s", ENDING_SOON="30s"
    )
    window = "MW-20261123-1500"
    for moment, rung in (
        ("2026-11-23 14:00:01", "3600s"),
        ("2026-11-23 14:58:31", "90s"),
        ("2026-11-23 15:00:01", "start"),
        ("2026-11-23 15:01:31", "ending"),
        ("2026-11-23 15:02:01", "end"),
    ):
        world.clock.set(moment)
        await world.stored("announcements", _id=f"{window}/{rung}", state="announced")
    assert keys(world) == [f"{window}/{rung}" for rung in ("3600s", "90s", "start", "ending", "end")]
