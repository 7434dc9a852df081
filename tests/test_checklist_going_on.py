"""What the bot proved of a window that goes on after its planned end, until somebody says that it has ended."""

from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.asking import answer
from tests.planning import says, told, with_roles
from tests.test_checklist_window import FIRST_RUNG, START, WINDOW, item, posted
from tests.world import World

pytestmark = pytest.mark.long


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """Bob leads, Ann is on call and does the approved work; all services are up."""
    ready = World(slack, mongod.url(), services.environment())
    ready.clock.set(FIRST_RUNG)
    async with ready:
        await with_roles(ready)
        await posted(ready)
        await says(ready, f"scope {WINDOW} Upgrade Loki")
        await says(ready, f"approve {WINDOW}", ready.bob)
        ready.clock.set(START)
        await told(ready, f"{WINDOW}/start")
        await answer(slack, ready.ann, "/checklist", "done 4,5,6")
        yield ready


async def test_what_stops_being_true_while_the_window_goes_on_is_unticked(world: World, services: Services) -> None:
    """Its planned end is past and nobody said that it has ended; once somebody did, ticks stay."""
    await item(world, 9, done_by="ops-bot")
    head, _ = await posted(world)
    world.clock.set("2026-11-28 06:20:00")
    assert "Has it ended?" in (await told(world, f"{WINDOW}/end")).text
    await services.switch("loki", "refuse")
    world.clock.forward(minutes=2)
    await item(world, 9, done_by="")
    await world.slack.shows("9. “Check the Loki logs” is not ticked any more: loki is down", thread=head)
    await services.switch("loki", "up")
    world.clock.forward(minutes=2)
    await item(world, 9, done_by="ops-bot")
    await says(world, "end")
    await services.switch("loki", "refuse")
    world.clock.forward(minutes=2)
    await world.stored("windows", _id=WINDOW, summary_ts={"$ne": None})
    await world.round()
    assert (await item(world, 9))["done_by"] == "ops-bot"
