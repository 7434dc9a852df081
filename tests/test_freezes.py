"""Freezes: periods without maintenance, announced at their start and end, with exceptions of the tech lead's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import strict
from tests.impatience import NEVER
from tests.planning import keys, says, told, window, with_roles
from tests.world import World

WEEKLY = "MW-20261128-0200"
FREEZE = "FRZ-20261127-0000"
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon; Bob leads, Ann is on call."""
    async with World(slack, mongod.url()) as ready:
        await with_roles(ready)
        yield ready


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unmarked(mongod: Mongod) -> AsyncIterator[World]:
    """One world for the tests in which no clock looks at the windows."""
    async with strict() as slack:
        still = World(slack, mongod.url())
        still.tempo = replace(still.tempo, tick=NEVER)
        async with still:
            await with_roles(still)
            yield still
        assert (slack.refusals, slack.pages) == ([], [])


async def freezes(world: World, words: str = "freeze 2026-11-27..2026-11-29 year's end") -> str:
    """What Bob, who leads, is answered."""
    return await says(world, words, world.bob)


@pytest.mark.long
async def test_a_freeze_is_announced_at_its_start_and_its_end(world: World) -> None:
    """Once each, by two bots, whatever breaks between Slack and them; a day at the end counts whole."""
    await world.starts()
    shown = await freezes(world)
    assert f"{FREEZE} is set: 2026-11-27 00:00 UTC" in shown
    assert "2026-11-30 00:00 UTC" in shown
    assert f"Not held because of it: {WEEKLY}" in shown
    assert f"*{FREEZE}* freeze" in await says(world, "list")
    world.slack.faults.add("reset_after", "chat.postMessage", count=2)
    world.clock.set("2026-11-27 00:00:01")
    assert (
        "A freeze begins, no maintenance until 2026-11-30 00:00 UTC: year's end"
        in (await told(world, f"{FREEZE}/start")).text
    )
    world.slack.faults.clear()
    world.slack.faults.add("timeout_before", "chat.postMessage", count=2, value=0.25)
    world.clock.set("2026-11-30 00:00:01")
    assert "The freeze has ended" in (await told(world, f"{FREEZE}/end")).text
    await world.round()
    assert [key for key in keys(world) if key.startswith("FRZ")] == [f"{FREEZE}/start", f"{FREEZE}/end"]


@pytest.mark.long
async def test_a_frozen_window_is_told_as_frozen_once(world: World) -> None:
    """Its later rungs are skipped, with the reason in the audit; it is not begun."""
    await freezes(world)
    await window(world, WEEKLY, frozen="year's end")
    listed = await says(world, "list")
    assert "24h ahead: due" in listed
    assert "start: due" not in listed
    world.clock.set("2026-11-27 02:00:01")
    head = await told(world, f"{WEEKLY}/24h")
    assert "It is frozen and will not be held: year's end" in head.text
    assert "Weekly maintenance: frozen" in head.shown
    world.clock.set("2026-11-28 01:00:01")
    (skipped,) = await world.stored("audit", subject=f"{WEEKLY}/1h", outcome="skipped")
    assert skipped["detail"] == "the window is frozen: year's end"
    world.clock.set("2026-11-28 02:00:01")
    await world.stored("audit", subject=f"{WEEKLY}/start", outcome="skipped")
    assert "lies in a freeze: year's end" in await says(world, f"start {WEEKLY}")
    world.clock.set("2026-11-28 06:00:01")
    await window(world, WEEKLY, state="not held")
    await world.stored("audit", subject=f"{WEEKLY}/end", outcome="skipped")
    assert [key for key in keys(world) if key.startswith("MW")] == [f"{WEEKLY}/24h"]


@pytest.mark.long
async def test_a_freeze_after_the_first_rung_corrects_it(world: World) -> None:
    """One reply and the head; lifted again, the window is on again, and its later rungs are told."""
    world.clock.set("2026-11-27 02:00:01")
    head = await told(world, f"{WEEKLY}/24h")
    await freezes(world, "freeze 2026-11-28..2026-11-29 year's end")
    await world.slack.shows("is frozen and will not be held: year's end", WEEKLY)
    await world.slack.until(lambda: "Weekly maintenance: frozen" in head.shown, "the head to say so")
    assert "is lifted" in await freezes(world, "unfreeze 20261128-0000")
    await world.slack.shows("is not frozen any more, so it is planned as before. No")
    await world.slack.until(lambda: "Weekly maintenance: planned" in head.shown, "the head to say so")
    world.clock.set("2026-11-28 01:00:01")
    assert "starts at" in (await told(world, f"{WEEKLY}/1h")).text
    assert "is lifted already, by @bob." in await freezes(world, "unfreeze 20261128-0000")
    world.clock.set("2026-11-28 02:00:01")
    await told(world, f"{WEEKLY}/start")
    assert [key for key in keys(world) if key.startswith("FRZ")] == []


async def test_a_frozen_window_that_is_moved_is_frozen_no_more(world: World) -> None:
    """Its head says where it is held, not that it is frozen."""
    await freezes(world, "freeze 2026-11-28..2026-11-29 year's end")
    world.clock.set("2026-11-27 02:00:01")
    head = await told(world, f"{WEEKLY}/24h")
    assert "frozen" in head.shown
    await freezes(world, f"move {WEEKLY} to 2026-11-30 03:00")
    await world.slack.until(lambda: "moved to MW-20261130-0300" in head.shown, "the head to say so")
    assert "frozen" not in head.shown + head.text


async def test_the_tech_lead_excepts_a_window(world: World) -> None:
    """The exception is announced in the channel and in the coordination thread, and the window is held."""
    await world.stops()
    thread = await world.bob.writes("Program coordination", channel="#ops-shared")
    link = f"https://sandbox.slack.com/archives/{thread.channel}/p{thread.ts.replace('.', '')}"
    await world.starts(COORDINATION_THREAD=link)
    await freezes(world)
    await window(world, WEEKLY, frozen="year's end")
    assert "Who may: @bob" in await says(world, f"except {WEEKLY} security fix")
    assert "is held in spite of the freeze" in await freezes(world, f"except {WEEKLY} security fix")
    await world.slack.shows("is held in spite of the freeze, by an exception of @bob: security fix")
    await world.slack.until(
        lambda: "an exception of @bob" in world.slack.thread(thread).shown, "the coordination thread"
    )
    assert "is excepted already" in await freezes(world, f"except {WEEKLY} security fix")
    world.clock.set("2026-11-28 02:00:01")
    await window(world, WEEKLY, state="under way")
    assert "is under way" in (await told(world, f"{WEEKLY}/start")).text


async def test_a_coordination_thread_that_cannot_be_written_to_is_audited(world: World) -> None:
    """The bot is not in that channel: the exception holds all the same."""
    await world.stops()
    where = world.slack.workspace.channel("#general").id
    await world.starts(COORDINATION_THREAD=f"https://sandbox.slack.com/archives/{where}/p1700000000000100")
    await freezes(world)
    await window(world, WEEKLY, frozen="year's end")
    with world.slack.expects("not_in_channel"):
        await freezes(world, f"except {WEEKLY} security fix")
        (entry,) = await world.stored("audit", act="coordinate", outcome="refused")
    assert "not_in_channel" in entry["detail"]
    assert (await window(world, WEEKLY))["frozen"] == ""


async def test_a_freeze_taken_back_before_its_start_is_never_told(world: World) -> None:
    """Said twice, a freeze is one."""
    await freezes(world)
    await freezes(world)
    assert len(await world.documents("freezes")) == 1
    await freezes(world, f"unfreeze {FREEZE}")
    world.clock.set("2026-11-27 02:00:01")
    assert "It is frozen" not in (await told(world, f"{WEEKLY}/24h")).text
    assert [key for key in keys(world) if key.startswith("FRZ")] == []


@pytest.mark.long
async def test_a_freeze_lifted_while_a_window_is_being_announced_is_not_told_as_begun(world: World) -> None:
    """Both are due at one moment, the window is first, and Slack takes its time."""
    await freezes(world, "freeze 2026-11-27 02:00..2026-11-29 year's end")
    slow = world.slack.faults.add("latency", "chat.postMessage", value=1.0)
    world.clock.set("2026-11-27 02:00:01")
    await world.slack.until(lambda: slow not in world.slack.faults.active, "the announcement of the window")
    assert "is lifted" in await freezes(world, "unfreeze 20261127-0200")
    assert keys(world) == []  # it was lifted in time
    await world.slack.until(lambda: keys(world), "the announcement of the window")
    await told(world, f"{WEEKLY}/24h")
    await world.stored("announcements", _id="FRZ-20261127-0200/start", state="skipped")
    assert keys(world) == [f"{WEEKLY}/24h"]


# What is said at once, without the clock; each test has days of its own


@SHARED
async def test_a_window_is_excepted_before_the_clock_has_marked_it(unmarked: World) -> None:
    """Between a freeze and the next look at the windows it lies in the freeze all the same.

    An exception counts for every freeze, so whoever makes another one hears of what is held in spite of it.
    """
    await freezes(unmarked, "freeze 2026-11-28..2026-11-28 audit")
    assert "is held in spite of the freeze" in await freezes(unmarked, f"except {WEEKLY} security fix")
    assert (await window(unmarked, WEEKLY))["exemption"]["by"] == unmarked.bob.id
    told_so = await freezes(unmarked, "freeze 2026-11-27..2026-12-05 nothing at all")
    assert f"Excepted already, so held in spite of it: {WEEKLY}. `/maintenance cancel WINDOW REASON`" in told_so
    assert "Not held because of it: MW-20261205-0200 (Saturday" in told_so
    only = await freezes(unmarked, "freeze 2026-11-28 01:00..2026-11-29 once more")
    assert f"held in spite of it: {WEEKLY}." in only
    assert "No window that is planned" not in only


@SHARED
async def test_a_window_is_excepted_long_before_it_is_planned(unmarked: World) -> None:
    """The answer to a freeze in a month names a Saturday in it, and that one is excepted, or given a scope, at once."""
    assert "MW-20261226-0200" in await freezes(unmarked, "freeze 2026-12-20..2026-12-31 holidays")
    assert "is held in spite of" in await freezes(unmarked, "except MW-20261226-0200 security fix")
    kept = await window(unmarked, "MW-20261226-0200", frozen="")
    assert kept["exemption"]["reason"] == "security fix"
    assert "MW-20270102-0200 is in the channel" in await says(unmarked, "scope MW-20270102-0200 upgrade Loki")
    assert (await window(unmarked, "MW-20270102-0200"))["scope"]["text"] == "upgrade Loki"
    assert "MW-20270109-0200 (" in await says(unmarked, "cancel MW-20270109-0200 holidays")
    assert "I know no window MW-20261227-0200" in await freezes(unmarked, "except MW-20261227-0200 security fix")
    assert "I know no window MW-20281230-0200" in await freezes(unmarked, "except MW-20281230-0200 security fix")


@SHARED
async def test_a_window_made_or_moved_into_a_freeze_is_told_so(unmarked: World) -> None:
    """Whoever makes it hears it at once."""
    await freezes(unmarked, "freeze 2026-12-11..2026-12-13 audit")
    assert "It lies in a freeze" in await says(unmarked, "schedule 2026-12-11 14:00 for 1h Upgrade Loki")
    await says(unmarked, "schedule 2026-12-10 14:00 for 1h Restart")
    assert "It lies in a freeze" in await says(unmarked, "move 20261210-1400 to 2026-12-13 14:00")


@SHARED
async def test_nothing_is_begun_early_into_a_freeze(unmarked: World) -> None:
    """A window of after the freeze, begun while it lasts, would be held in it: who may lift it is said."""
    await says(unmarked, "schedule thu 10:00 for 1h Upgrade Loki")
    shown = await freezes(unmarked, "freeze now..thu 09:00 audit")
    (freeze,) = await unmarked.documents("freezes", end=datetime(2026, 11, 26, 9, tzinfo=UTC))
    assert freeze["_id"] in shown
    told = await says(unmarked, "start MW-20261126-1000")
    assert "was not started: until 2026-11-26 09:00 UTC is a freeze: audit" in told
    assert f"/maintenance unfreeze {freeze['_id']}" in told
    assert "Who may: @bob" in told
    await unmarked.stored("audit", act="start", outcome="refused", subject="MW-20261126-1000")
    await freezes(unmarked, f"unfreeze {freeze['_id']}")
    assert "is under way" in await says(unmarked, "start MW-20261126-1000")
