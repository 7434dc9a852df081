"""A stop with work under way that does not end in time: it is cut off, and the stop tells so."""

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.world import MORTAL, World


@pytest.mark.long
async def test_work_that_outlasts_the_limit_is_cut_and_counted(slack: Slack, mongod: Mongod) -> None:
    """Slack holds a post; the bot waits no longer than it may, closes all, and its process ends with 1."""
    world = World(slack, mongod.url(), tuned=MORTAL)
    await world.starts()
    world.slack.faults.add("latency", "chat.postMessage", count=1, value=25.0)
    await world.ann.says("/incident", "open sev2 slow to post")
    await world.slack.until(lambda: world.slack.calls_of("chat.postMessage"), "a post under way")
    bot = world.bots.pop()
    assert await bot.stop() > 0


async def test_a_stop_without_work_cuts_nothing(world: World) -> None:
    """What runs all the time, like sockets and jobs, ends by itself."""
    assert await world.bots.pop().stop() == 0
