"""A checklist that changes while Slack is still taking its message."""

import asyncio

from tests.asking import answer
from tests.world import World


async def test_what_is_ticked_while_the_message_is_on_its_way_is_shown(world: World) -> None:
    """The message goes out as it was when it was started, and is brought up to date as soon as it is there."""
    world.slack.faults.add("latency", "chat.postMessage", count=1, value=1.0)
    starting = asyncio.create_task(answer(world.slack, world.ann, "/checklist", "start"))
    await world.stored("checklists")
    await answer(world.slack, world.bob, "/checklist", "done 1")
    await starting
    await world.slack.shows("Checklist of MW-20261128-0200: 1 of 12 done")
