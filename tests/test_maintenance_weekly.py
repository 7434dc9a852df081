"""The weekly window once it is in MongoDB: skipped, moved, given a scope, outlived by its rule; attended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.domain.window import Window
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.planning import keys, says, told, window, with_roles
from tests.world import MORTAL, World

WEEKLY = "MW-20261128-0200"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon; Bob leads, Ann is on call."""
    async with World(slack, mongod.url()) as ready:
        await with_roles(ready)
        yield ready


async def test_it_is_skipped_by_its_day_or_its_id(world: World) -> None:
    """Nothing is told of it. A day without one says which days have one; a moved one is skipped by its day as well;
    a window that is not weekly is pointed to the word for it.
    """
    assert "No weekly window starts on 2026-11-27.\nThe next ones start on 2026-11-28, 2026-12-05" in await says(
        world, "skip fri holidays"
    )
    assert f"{WEEKLY} (Saturday 2026-11-28 02:00 to 06:00 UTC) is cancelled." in await says(world, "skip sat holidays")
    assert "No weekly window starts" not in await says(world, "skip 2027-03-06 holidays")
    assert "MW-20261205-0200* Weekly maintenance" in await says(world, "list")
    assert "MW-20261205-0200 (Saturday" in await says(world, "skip 1205-0200 holidays")
    assert "MW-20261212-0200 (Saturday" in await says(world, "skip MW-20261212-0200 holidays")
    await says(world, "move 2026-12-19 to 2026-12-19 10:00")
    moved = await says(world, "skip 2026-12-19 holidays")
    assert "MW-20261219-1000 (Saturday 2026-12-19 10:00 to 14:00 UTC) is cancelled." in moved
    world.clock.set("2026-11-28 02:00:01")
    await world.round()
    await window(world, "MW-20270306-0200", state="cancelled")
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    told = await says(world, "skip MW-20261203-1400 holidays")
    assert told == "MW-20261203-1400 is no weekly window.\n`/maintenance cancel MW-20261203-1400 REASON` calls it off."
    assert "I know no window MW-20261127-0200." in await says(world, "skip MW-20261127-0200 holidays")
    assert keys(world) == keys(world, "opsbot_reply") == []


async def test_it_is_moved_with_its_rungs_and_just_begins_and_ends(world: World) -> None:
    """The new one has a name of its own start. No work is planned, so nobody is asked; both times are kept."""
    moved = "MW-20261129-0300"
    assert f"is moved: it is {moved} now" in await says(world, "move 2026-11-28 to sun 03:00")
    world.clock.set("2026-11-28 03:00:01")
    assert "No work is planned." in (await told(world, f"{moved}/24h")).text
    world.clock.set("2026-11-29 03:00:01")
    await told(world, f"{moved}/start")
    await window(world, moved, state="under way")
    world.clock.set("2026-11-29 07:00:01")
    end = await told(world, f"{moved}/end")
    assert ("has ended" in end.text, end.buttons) == (True, [])
    over = await window(world, moved, state="over")
    assert (over["actual_start"], over["actual_end"]) == (over["start"], over["end"])
    assert keys(world) == [f"{moved}/{rung}" for rung in ("24h", "start", "end")]


async def test_infrastructure_takes_the_duty_officer_as_well(world: World) -> None:
    """Who has both roles approves for both at once; the end of a window with work is asked for."""
    cyd = world.slack.person("cyd")
    await with_roles(world, tech_lead="", on_call="", duty="cyd")
    await says(world, f"scope {WEEKLY} infra: new switches")
    await window(world, WEEKLY, **{"scope.is_infra": True})
    assert "It lacks the approval of the duty officer." in await says(world, "approve", world.bob)
    assert "approved by the tech lead and the duty officer" in await says(world, "approve", cyd)
    world.clock.set("2026-11-28 02:00:01")
    await told(world, f"{WEEKLY}/start")
    world.clock.set("2026-11-28 06:00:01")
    assert "Has it ended?" in (await told(world, f"{WEEKLY}/end")).text


@pytest.mark.long
async def test_another_rule_calls_off_what_was_announced_and_put_right_again_it_plans_that_anew(world: World) -> None:
    """But not a window that somebody changed; what nobody was told of is as if it had never been.

    Of two bots with the old rule one says that the window is on again, once. What a person skipped meanwhile stays off.
    """
    await says(world, "scope MW-20261205-0200 patch the kernels")
    world.clock.set("2026-11-27 02:00:01")
    head = await told(world, f"{WEEKLY}/24h")
    await window(world, "MW-20261212-0200", state="planned")
    await world.stops()
    await world.starts(MAINTENANCE_WINDOW="Sat 03:00-07:00 UTC")
    await world.slack.shows("was cancelled: the weekly window is now Sat 03:00-07:00 UTC")
    await world.slack.until(lambda: "Weekly maintenance: cancelled" in head.shown, "the head to say so")
    listed = await says(world, "list")
    assert "MW-20261128-0300" in listed
    assert "MW-20261205-0200" in listed
    assert "MW-20261212-0200" not in listed
    assert "is cancelled" in await says(world, "skip MW-20261205-0200 holidays")
    await world.stops()
    await world.starts()
    await world.starts()
    await world.slack.shows(f"Weekly maintenance ({WEEKLY}, ", "is planned again, by the weekly rule.", thread=head)
    await world.slack.until(lambda: "Weekly maintenance: planned" in head.shown, "the head to say so")
    await window(world, "MW-20261212-0200", state="planned")
    listed = await says(world, "list")
    assert "MW-20261212-0200" in listed
    assert "MW-20261205-0200" not in listed
    world.clock.set("2026-11-28 02:00:01")
    await told(world, f"{WEEKLY}/start")
    await window(world, WEEKLY, state="under way")
    said = [post.shown for post in world.slack.thread(head).messages if "planned again" in post.shown]
    assert len(said) == 1


async def test_a_bot_that_starts_leaves_a_window_under_way_alone(world: World) -> None:
    """It was extended: nothing else is scheduled into that. By another rule it ends then as well."""
    world.clock.set("2026-11-28 02:00:01")
    await told(world, f"{WEEKLY}/start")
    await says(world, "extend 1h")
    await world.stops()
    await world.starts()
    await world.round()  # in which it looks at all windows
    taken = await says(world, "schedule 2026-11-28 06:45 for 1h Upgrade Grafana")
    assert f"{WEEKLY} “Weekly maintenance” has that time: 2026-11-28 02:00 to 07:00 UTC." in taken
    await world.stops()
    await world.starts(MAINTENANCE_WINDOW="Sun 03:00-05:00 UTC")
    world.clock.set("2026-11-28 07:00:01")
    assert "has ended" in (await told(world, f"{WEEKLY}/end")).text


async def test_no_window_of_another_rule_is_named_whose_time_a_kept_one_has(world: World) -> None:
    """Neither in the list nor by its day; whoever names it hears which one has its time. Without that one it is on."""
    await says(world, "move 2026-11-28 to sun 10:00")
    await says(world, "schedule 2027-01-17 10:00 for 2h Upgrade Loki")
    await world.stops()
    await world.starts(MAINTENANCE_WINDOW="Sun 09:00-13:00 UTC")
    await window(world, "MW-20261206-0900")
    assert "MW-20261129-0900" not in await says(world, "list")
    assert "MW-20261129-1000 “Weekly maintenance” has that time" in await says(world, "skip MW-20261129-0900 holidays")
    assert "No weekly window starts on 2027-01-17." in await says(world, "skip 2027-01-17 holidays")
    assert "is cancelled" in await says(world, "skip 2026-11-29 holidays")
    await window(world, "MW-20261129-0900", state="planned")
    assert "MW-20261129-0900" in await says(world, "list")


@pytest.mark.long
async def test_a_bot_with_older_settings_calls_nothing_off(slack: Slack, mongod: Mongod) -> None:
    """The one that started last is right: while bots are replaced, the older ones keep still."""
    async with World(slack, mongod.url()) as world:
        old = world.bots[0]
        await world.stored("bookings", _id="rule")  # its job has run
        new = await world.starts(MAINTENANCE_WINDOW="Sun 03:00-05:00 UTC")
        assert new is not old
        await world.stored("bookings", _id="rule", rule="Sun 03:00-05:00 UTC")
        await world.stored("windows", _id="MW-20261129-0300", state="planned")
        await world.round()  # what the older one began before that is over
        world.clock.set("2026-11-28 03:00:01")
        await told(world, "MW-20261129-0300/24h")
        await world.round()
        assert (await window(world, "MW-20261129-0300"))["state"] == "planned"
        assert keys(world) == ["MW-20261129-0300/24h"]


class Recording:
    """An attendant that notes what it is called for, and fails or stops when it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fails = False
        self.hangs = False

    async def began(self, window: Window) -> None:
        await self._noted(f"began until {window.end:%H:%M}")

    async def ended(self, window: Window) -> None:
        await self._noted("ended")

    async def _noted(self, what: str) -> None:
        self.calls.append(what)
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails:
            raise RuntimeError("on purpose")


@asynccontextmanager
async def attended(slack: Slack, mongod: Mongod, *attendants: Recording) -> AsyncIterator[World]:
    """A world whose bot has these."""
    world = World(slack, mongod.url(), tuned=MORTAL)
    world.attendants = attendants
    async with world:
        yield world


@pytest.mark.long
async def test_attendants_hear_of_starts_extensions_and_ends_whoever_dies(slack: Slack, mongod: Mongod) -> None:
    """One that fails, or that dies in the middle, is called again, also by the next bot."""
    attendant = Recording()
    attendant.hangs = True
    async with attended(slack, mongod, attendant) as world:
        await with_roles(world)
        await says(world, f"scope {WEEKLY} patch the kernels")
        await says(world, "approve", world.bob)
        world.clock.set("2026-11-28 02:00:01")
        await slack.until(lambda: attendant.calls == ["began until 06:00"], "the first call")
        await world.stops()
        assert (await window(world, WEEKLY))["owed"] != []
        attendant.hangs = False
        await world.changes("windows", WEEKLY, {"attended_at": None})  # as after its lease
        await world.starts()
        await window(world, WEEKLY, owed=[])
        assert attendant.calls == ["began until 06:00"] * 2
        await says(world, "extend 30m")
        await slack.until(lambda: attendant.calls[2:] == ["began until 06:30"], "the extension")
        await says(world, "end")
        await slack.until(lambda: attendant.calls[3:] == ["ended"], "the end")
        await window(world, WEEKLY, owed=[])


async def test_one_attendant_that_fails_keeps_no_other_from_being_called(slack: Slack, mongod: Mongod) -> None:
    """It is called again after a while, and so are the others."""
    broken, good = Recording(), Recording()
    broken.fails = True
    async with attended(slack, mongod, broken, good) as world:
        world.clock.set("2026-11-28 02:00:01")
        await slack.until(lambda: broken.calls == good.calls == ["began until 06:00"], "both to be called")
        broken.fails = False
        assert (await window(world, WEEKLY, state="under way"))["owed"] != []
        await world.changes("windows", WEEKLY, {"attended_at": None})  # as after its lease
        await window(world, WEEKLY, owed=[])
        assert broken.calls == good.calls == ["began until 06:00"] * 2


async def test_a_window_that_an_earlier_release_planned_begins(slack: Slack, mongod: Mongod) -> None:
    """It kept time, title and head, and no state."""
    world = World(slack, mongod.url())
    times = {"start": datetime(2026, 11, 28, 2, tzinfo=UTC), "end": datetime(2026, 11, 28, 6, tzinfo=UTC)}
    await world.puts("windows", {"_id": WEEKLY, **times, "title": "Weekly maintenance", "head": None, "channel": None})
    world.clock.set("2026-11-28 02:00:01")
    async with world:
        await told(world, f"{WEEKLY}/start")
        await window(world, WEEKLY, state="under way", version=1)
