"""Windows announced: each rung once, in one thread, late rather than lost, never pointless."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.impatience import NEVER
from tests.world import HEIR, MORTAL, TEMPO, World

WINDOW = "MW-20261128-0200"
ANNOUNCING = replace(TEMPO, tidy=NEVER)  # without the jobs that have nothing to do with announcements


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Friday, long before the first rung."""
    quiet = World(slack, mongod.url(), tuned=MORTAL)
    quiet.tempo = ANNOUNCING
    quiet.clock.set("2026-11-27 01:00:00")
    async with quiet as ready:
        yield ready


def keys(world: World) -> list[str]:
    """The keys of all announcements that Slack has, in the order of their posting."""
    carried = [post.metadata or {} for post in world.slack.channel().everything]
    return [m["event_payload"]["key"] for m in carried if m.get("event_type") == "opsbot_announcement"]


async def announced(world: World, rung: str) -> Post:
    """Waits until a rung is in the channel and settled in MongoDB."""
    await world.slack.until(lambda: f"{WINDOW}/{rung}" in keys(world), f"{rung} to be announced")
    (document,) = await world.stored("announcements", _id=f"{WINDOW}/{rung}", state="announced")
    return next(post for post in world.slack.channel().everything if post.ts == document["ts"])


@pytest.mark.long
async def test_a_window_is_announced_rung_by_rung_in_one_thread(world: World) -> None:
    """The first rung is the head; the others reply to it and are sent to the channel too, each with its own key.

    The head shows where the window stands: it is edited as that starts, nears its end, and is over.
    """
    posts = []
    for rung, moment, standing in (
        ("24h", "2026-11-27 02:00:01", "planned"),
        ("1h", "2026-11-28 01:00:01", "planned"),
        ("15m", "2026-11-28 01:45:01", "planned"),
        ("start", "2026-11-28 02:00:01", "under way"),
        ("ending", "2026-11-28 05:30:01", "ends soon"),
        ("end", "2026-11-28 06:00:01", "over"),
    ):
        world.clock.set(moment)
        posts.append(await announced(world, rung))
        await world.slack.shows(standing, WINDOW, "everything else about it is in this thread")
    await world.rests()
    assert keys(world) == [f"{WINDOW}/{rung}" for rung in ("24h", "1h", "15m", "start", "ending", "end")]
    head = posts[0]
    assert head.thread_ts is None
    assert "over" in head.shown
    assert all(post.thread_ts == head.ts for post in posts[1:])
    assert all(post in world.slack.channel().messages for post in posts)
    stored = await world.document("windows", WINDOW)
    assert (stored["head"], stored["title"]) == (head.ts, "Weekly maintenance")


async def test_what_is_announced_is_told_in_words_and_listed(world: World) -> None:
    """What a notification reads out is a sentence with UTC in words; the blocks have each reader's time as well.

    `/maintenance` lists the window with its rungs, told and to come.
    """
    world.clock.set("2026-11-27 02:00:01")
    head = await announced(world, "24h")
    assert f"({WINDOW}) is planned: Saturday 2026-11-28 02:00 to 06:00 UTC." in head.text
    assert "<!date^1795831200^" in str(head.blocks)
    await world.ann.says("/maintenance", "")
    seen = await world.ann.sees(WINDOW, "MW-20261205-0200")
    assert "24h ahead: announced" in seen.shown
    assert "1h ahead: due 2026-11-28 01:00 UTC" in seen.shown


async def test_a_late_rung_says_so(world: World) -> None:
    """A bot that was away at 01:45 tells the rung at 01:50, and that it is five minutes late; it repeats none."""
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
    (entry,) = await world.stored("audit", outcome="skipped")
    assert entry["subject"] == f"{WINDOW}/1h"
    await world.stops()
    await world.starts()
    await world.rests()
    assert keys(world) == [f"{WINDOW}/24h", f"{WINDOW}/15m"]


async def test_nothing_is_told_of_a_window_that_is_over(world: World) -> None:
    """A bot that comes after the end announces nothing, nor what one claimed that died before it posted: each rung is
    skipped with its reason and audited."""
    await world.stops()
    await world.puts(
        "announcements",
        {
            "_id": f"{WINDOW}/24h", "window": WINDOW, "rung": "24h", "due": datetime(2026, 11, 27, 2, tzinfo=UTC),
            "state": "claimed", "owner": "dead", "leased_at": datetime(2020, 1, 1, tzinfo=UTC),
        },
    )  # fmt: skip
    world.clock.set("2026-11-28 06:10:00")
    await world.starts()
    await world.stored("announcements", 6, state="skipped", window=WINDOW)
    await world.stored("audit", 6, outcome="skipped")
    assert keys(world) == []


@pytest.mark.long
async def test_three_bots_announce_once(world: World) -> None:
    """Every replica plans; the claim decides who posts."""
    for _ in range(2):
        await world.starts()
    for moment, rung in (("2026-11-27 02:00:01", "24h"), ("2026-11-28 01:00:01", "1h")):
        world.clock.set(moment)
        await announced(world, rung)
    await world.rests()
    assert keys(world) == [f"{WINDOW}/24h", f"{WINDOW}/1h"]
    assert len(await world.documents("audit", act="announce")) == 2


@pytest.mark.parametrize("fault", ["timeout_after", "reset_before"])
@pytest.mark.long
async def test_an_announcement_in_doubt_is_not_made_twice(world: World, fault: str) -> None:
    """Whether Slack took it and did not say so, or the connection broke before: of two bots none posts it again."""
    await world.starts()
    world.slack.faults.add(fault, "chat.postMessage", value=0.25)
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
