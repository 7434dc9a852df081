"""What tests of the checklist share: a world for many of them, and a checklist that each has for itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, shared_world
from tests.impatience import at_work
from tests.world import World

WINDOW = "MW-20261128-0200"
KEPT = ("checklists", "outbox", "audit")


@asynccontextmanager
async def thursday(mongod: Mongod) -> AsyncIterator[World]:
    """A world for many tests, on the Thursday before the window."""
    async with shared_world(mongod) as world:
        world.clock.set("2026-11-26 12:00:00")
        yield world


async def forgets(world: World) -> World:
    """The same world, in which nobody has started a checklist, once all that was begun is done."""

    async def is_idle() -> bool:
        return not at_work()

    await world.until(is_idle, "what was begun to be done")
    for name in KEPT:
        await world.drops(name)
    return world


async def started(world: World) -> Post:
    """Ann starts the checklist of the Saturday ahead; its message."""
    told = await answer(world.slack, world.ann, "/checklist", "start")
    assert f"The checklist of {WINDOW} is in the channel." in told.shown
    ts = (await world.document("checklists", WINDOW))["ts"]
    return next(post for post in world.slack.channel().by_bot if post.ts == ts)
