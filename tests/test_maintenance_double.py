"""Words that end something, said twice: by a double Enter, or by two people of whom each wanted to be the one."""

from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.planning import says, window, with_roles
from tests.world import World

ID = "MW-20261126-1400"
WEEKLY = "MW-20261128-0200"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon; Bob leads, Ann is on call and has a window planned for Thursday."""
    async with World(slack, mongod.url()) as ready:
        await with_roles(ready)
        await says(ready, "schedule thu 14:00 for 1h Upgrade Loki")
        yield ready


async def test_cancelling_twice_calls_off_one_window(world: World) -> None:
    """The same words do not mean the next window; named, that one is called off, and a minute later it is meant."""
    assert f"{ID} (" in await says(world, "cancel the vendor is late")
    told = await says(world, "cancel the vendor is late")
    assert told.startswith(f"{ID} was cancelled a moment ago, by @ann.")
    assert "Nothing more was changed; name the window if you mean another." in told
    assert f"{ID} was cancelled a moment ago, by @ann." in await says(world, "cancel vendor", world.bob)
    assert (await window(world, WEEKLY))["state"] == "planned"
    assert f"{WEEKLY} (" in await says(world, f"cancel {WEEKLY} holidays")
    world.clock.forward(minutes=2)
    assert "MW-20261205-0200 (" in await says(world, "cancel holidays")


async def test_starting_and_ending_twice_says_who_was_first(world: World) -> None:
    """Bob hears what Ann did, not that another window has not started."""
    world.clock.set("2026-11-26 13:50:00")
    assert f"{ID} is under way" in await says(world, "start")
    assert f"{ID} was started a moment ago, by @ann." in await says(world, "start", world.bob)
    assert f"{ID} is over" in await says(world, "end")
    assert f"{ID} was ended a moment ago, by @ann." in await says(world, "end", world.bob)
    assert f"{ID} was ended a moment ago, by @ann." in await says(world, "extend 30m", world.bob)


async def test_extending_twice_by_a_double_enter_is_one_extension(world: World) -> None:
    """The same person and the same length within seconds; another person, and later, put it off again."""
    world.clock.set("2026-11-26 13:50:00")
    await says(world, "start")
    assert "now ends at 2026-11-26 15:30 UTC" in await says(world, "extend 30m")
    assert f"{ID} was extended already: it ends at 2026-11-26 15:30 UTC, by @ann." in await says(world, "extend 30m")
    assert "now ends at 2026-11-26 16:00 UTC" in await says(world, "extend 30m", world.bob)
    world.clock.forward(seconds=10)
    assert "now ends at 2026-11-26 16:30 UTC" in await says(world, "extend 30m", world.bob)
