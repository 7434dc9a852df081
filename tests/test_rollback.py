"""A rollback that is ordered when the window is over and its summary is posted."""

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.planning import says, with_roles
from tests.test_window_summary import END, WINDOW, begun, summed_up
from tests.world import World

pytestmark = pytest.mark.long


async def test_a_rollback_after_the_end_is_in_the_summary(slack: Slack, mongod: Mongod) -> None:
    """In the one that stands in the thread, in the coordination thread's and in the record, by two bots."""
    async with World(slack, mongod.url()) as world:
        world.clock.set("2026-11-27 01:00:00")
        await with_roles(world)
        thread = await world.bob.writes("Program coordination", channel="#ops-shared")
        link = f"https://sandbox.slack.com/archives/{thread.channel}/p{thread.ts.replace('.', '')}"
        await world.stops()
        await world.starts(COORDINATION_THREAD=link)
        await world.starts(COORDINATION_THREAD=link)
        await begun(world)
        world.clock.set(END)
        post = await summed_up(world)
        await world.stored("windows", _id=WINDOW, coordination="told")
        assert "Rolled back" not in post.shown
        await says(world, f"rollback {WINDOW} logins fail since", world.bob)
        await slack.until(lambda: "*Rolled back* logins fail since" in post.shown, "the summary to tell it")
        await slack.until(lambda: "logins fail since" in slack.thread(thread).shown, "the coordination thread to tell")

        async def kept() -> bool:
            summary = (await world.document("windows", WINDOW))["summary"]
            return bool(summary["held"]["rolled_back"] == "logins fail since")

        await world.until(kept, "the record to have it")


async def test_the_coordination_thread_is_told_of_a_rollback_from_before_that(slack: Slack, mongod: Mongod) -> None:
    """The bot that posted the summary died before it told that thread, and the rollback came in between."""
    async with World(slack, mongod.url()) as world:
        world.clock.set("2026-11-27 01:00:00")
        await begun(world)
        world.clock.set(END)
        post = await summed_up(world)
        thread = await world.bob.writes("Program coordination", channel="#ops-shared")
        await world.stops()
        await world.changes("windows", WINDOW, {"rolled_back": "logins fail since"})
        link = f"https://sandbox.slack.com/archives/{thread.channel}/p{thread.ts.replace('.', '')}"
        await world.starts(COORDINATION_THREAD=link)
        await world.stored("windows", _id=WINDOW, coordination="told")
        await slack.until(lambda: "*Rolled back* logins fail since" in post.shown, "the summary to tell it")
        assert "rolled back" in slack.thread(thread).shown
