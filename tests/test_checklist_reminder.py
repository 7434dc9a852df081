"""What is open after a window is reminded of by the window's record, not by the time that was planned for it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.impatience import NEVER
from tests.planning import says, told, window, with_roles
from tests.world import TEMPO, World

pytestmark = pytest.mark.long

WEEKLY = "MW-20261128-0200"
LATER, LATER_AT = "MW-20261128-0630", "2026-11-28 06:30"
REMINDER = "still open"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Thursday noon, before anything is said of the weekly window; Bob leads, Ann is on call."""
    ready = World(slack, mongod.url())
    ready.clock.set("2026-11-26 12:00:00")
    async with ready:
        await with_roles(ready)
        yield ready


async def with_checklist(world: World, window_id: str) -> Post:
    """The head of a window, once its checklist is in the thread below it."""
    await world.stored("checklists", _id=window_id, ts={"$ne": None}, is_told=True)
    found = await world.document("windows", window_id)
    return next(post for post in world.slack.channel().everything if post.ts == found["head"])


def reminders(world: World, head: Post) -> list[str]:
    """The reminders in a window's thread."""
    return [post.text for post in world.slack.thread(head).messages if REMINDER in post.text]


async def test_a_frozen_window_reminds_of_nothing_before_the_clock_has_said_that_it_was_not_held(world: World) -> None:
    """The bots were away over its end, and the one that is back first looks at checklists; of another it reminds."""
    world.clock.set("2026-11-27 12:00:00")
    frozen = await with_checklist(world, WEEKLY)
    await says(world, "freeze 2026-11-28..2026-11-29 year's end", world.bob)
    await says(world, f"schedule {LATER_AT} for 30m Upgrade Loki")
    await says(world, f"except {LATER} security fix", world.bob)
    later = await with_checklist(world, LATER)
    await world.stops()
    half_past, seven = (datetime(2026, 11, 28, hour, minute, tzinfo=UTC) for hour, minute in ((6, 30), (7, 0)))
    await world.changes("windows", LATER, {"state": "over", "actual_start": half_past, "actual_end": seven})
    world.clock.set("2026-11-28 08:10:00")
    world.tempo = replace(TEMPO, tick=NEVER)
    await world.starts()
    await world.slack.shows("is over", REMINDER, thread=later)  # those that began earlier have had their turn
    assert (await window(world, WEEKLY))["state"] == "planned"
    assert reminders(world, frozen) == []
    await world.stops()
    world.tempo = TEMPO
    await world.starts()
    await world.stored("checklists", _id=WEEKLY, closed_by="ops-bot")
    assert reminders(world, frozen) == []


async def test_an_end_that_somebody_answers_late_is_what_the_hour_counts_from(world: World) -> None:
    """While it is asked whether the window has ended, nobody is told that its time is over and what is open."""
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    await says(world, "schedule thu 15:00 for 1h Restart Grafana")
    asked, other = "MW-20261126-1400", "MW-20261126-1500"
    world.clock.set("2026-11-26 14:00:01")
    await told(world, f"{asked}/start")
    head = await with_checklist(world, asked)
    world.clock.set("2026-11-26 15:00:01")
    await told(world, f"{asked}/end")
    await told(world, f"{other}/start")
    beside = await with_checklist(world, other)
    await says(world, f"end {other}")
    await world.stored("checklists", _id=other, window_end={"$lt": world.clock()})
    world.clock.set("2026-11-26 16:30:00")
    await world.slack.shows("is over", REMINDER, thread=beside)
    assert reminders(world, head) == []
    await says(world, f"end {asked}")
    world.clock.set("2026-11-26 17:30:01")
    await world.slack.shows("is over", REMINDER, thread=head)
    assert len(reminders(world, head)) == 1


async def test_a_frozen_window_has_no_checklist_until_it_is_held_after_all(world: World) -> None:
    """Nobody is asked to prepare what is told as frozen; excepted, it is."""
    await says(world, "freeze 2026-11-27..2026-11-29 year's end", world.bob)
    world.clock.set("2026-11-27 02:00:01")
    await told(world, f"{WEEKLY}/24h")
    await says(world, f"schedule {LATER_AT} for 30m Restart Grafana")
    world.clock.set("2026-11-27 08:00:01")
    await says(world, f"except {LATER} security fix", world.bob)
    await with_checklist(world, LATER)  # that of the frozen one, which begins earlier, had its turn before
    assert await world.documents("checklists", _id=WEEKLY) == []
    await says(world, f"except {WEEKLY} security fix", world.bob)
    await with_checklist(world, WEEKLY)
