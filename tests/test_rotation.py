"""A role goes round: whoever takes over and whoever had it are told, and the trail says so; once among all bots."""

import pytest

from tests.asking import answer
from tests.test_role import hears, told
from tests.world import World

pytestmark = pytest.mark.long

ROTATE = "role on-call rotate @bob @cyd weekly from MONDAY"


async def test_a_hand_over_is_in_the_trail_once(world: World) -> None:
    """Two bots, one that starts later, and the next hand-over: one entry each, and both people are told once."""
    await answer(world.slack, world.ann, "/ops", "role on-call @dee")
    await answer(world.slack, world.ann, "/ops", ROTATE)
    await world.starts()
    world.clock.set("2026-11-30 09:00:01")
    await hears(world, "bob", "You have the role on-call until 2026-12-07")
    await hears(world, "dee", "Your turn with the role on-call is over: @bob has it")
    (entry,) = await world.stored("audit", act="hand over")
    assert (entry["who"], entry["subject"]) == ("ops-bot", "on-call")
    assert entry["detail"] == "from U0DEE to U0BOB, 2026-11-30 09:00 to 2026-12-07 09:00 UTC"
    await world.stops()
    await world.starts()
    world.clock.set("2026-12-07 09:00:01")
    await hears(world, "cyd", "You have the role on-call until 2026-12-14")
    await hears(world, "bob", "Your turn with the role on-call is over: @cyd has it")
    await world.stored("audit", 2, act="hand over")
    await world.rests()
    assert len(await world.documents("audit", act="hand over")) == 2
    assert len([text for text in told(world, "bob") if "You have the role" in text]) == 1


async def test_a_hand_over_while_no_bot_ran_is_in_the_trail_all_the_same(world: World) -> None:
    """A day later both are told, since the turn is still on, and the trail has when it began; once by two bots."""
    await answer(world.slack, world.ann, "/ops", "role on-call @dee")
    await answer(world.slack, world.ann, "/ops", ROTATE)
    await world.stored("roles", untold=[])
    await world.stops()
    world.clock.set("2026-12-01 12:00:00")
    await world.starts()
    await world.starts()
    (entry,) = await world.stored("audit", act="hand over")
    assert entry["detail"].startswith("from U0DEE to U0BOB, 2026-11-30 09:00")
    await hears(world, "bob", "You have the role on-call until 2026-12-07")
    await hears(world, "dee", "Your turn with the role on-call is over: @bob has it")
    await world.rests()
    assert len([text for text in told(world, "dee") if "is over" in text]) == 1


async def test_a_turn_that_began_before_the_rotation_was_set_is_no_hand_over(world: World) -> None:
    """Nobody had it in the week before by a rotation of today; the next turn is one."""
    await answer(world.slack, world.ann, "/ops", "role on-call rotate @bob @cyd weekly from 2026-11-16")
    await hears(world, "cyd", "You are in its rotation")
    world.clock.set("2026-11-30 09:00:01")
    await hears(world, "bob", "You have the role on-call until 2026-12-07")
    (entry,) = await world.stored("audit", act="hand over")
    assert entry["detail"].startswith("from U0CYD to U0BOB, 2026-11-30 09:00")
    assert [text for text in told(world, "bob") if "is over" in text] == []
