"""Somebody deletes an alert's message while it fires."""

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, told
from tests.world import World

pytestmark = pytest.mark.long


async def test_what_joins_after_its_message_was_deleted_is_shown(slack: Slack, mongod: Mongod) -> None:
    """The message is posted anew with all that fires, once by two bots, and the replies are in its thread."""
    async with World(slack, mongod.url(), SETTINGS) as world:
        await world.starts()
        await told(world, alert("a"))
        old = await slack.shows("HighLatency", "is firing")
        await world.stored("alerts", untold=[])
        slack.conversations.delete(old.raw)
        await told(world, alert("a"), alert("b"))
        new = await slack.shows("HighLatency", "2 alerts", "instance=b")
        assert new.ts > old.ts
        await slack.shows("Firing: instance=b", thread=new)
        await told(world, alert("a", ends="12:01:00"), alert("b", ends="12:01:00"))
        await slack.until(lambda: "is resolved" in new.shown, "the end")
        await slack.settled(0.3)
        assert len([post for post in slack.channel().by_bot if "Since" in post.shown or "From" in post.shown]) == 1
        gone = ("message_not_found", "thread_not_found")
        slack.refusals[:] = [one for one in slack.refusals if one.error not in gone]
