"""What monitoring told an incident that MongoDB lost: what the thread tells of it is put back with the rest."""

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, told
from tests.asking import answer
from tests.world import World

pytestmark = pytest.mark.long


async def test_alerts_that_the_thread_tells_are_put_back(slack: Slack, mongod: Mongod) -> None:
    """In the same words, at the same times, found by the search, and once, also where some of them are still there."""
    async with World(slack, mongod.url(), SETTINGS) as world:
        await told(world, alert("a"))
        post = await slack.shows("HighLatency")
        await world.ann.clicks("Open incident", post)
        (incident,) = await world.stored("incidents", untold=[], card_ts={"$ne": None})
        card = await slack.shows("Opened by @ann")
        world.clock.forward(minutes=5)
        await told(world, alert("a", ends="12:04:00"))
        await slack.shows("The alert HighLatency service=checkout is resolved", thread=card)
        world.clock.forward(minutes=5)
        await told(world, alert("a", starts="12:10:00"))
        await slack.shows("The alert HighLatency service=checkout fires again", thread=card)
        before = await world.stored("timeline", 2, kind="alert")
        await world.stored("alerts", untold=[])
        await world.stored("outbox", 4, state="posted")
        await world.stops()
        for collection in ("incidents", "outbox", "words"):
            await world.drops(collection)
        await world.removes("timeline", str(before[0]["_id"]))
        await world.starts()
        after = await world.stored("timeline", 2, kind="alert", incident_id=incident["_id"])
        assert [(one["_id"], one["text"], one["order"]) for one in after] == [
            (one["_id"], one["text"], one["order"]) for one in before
        ]

        async def found() -> bool:
            return incident["_id"] in (await answer(slack, world.bob, "/incident", "search resolved checkout")).shown

        await world.until(found, "the search to find it")
        assert len(await world.documents("timeline", kind="alert")) == 2
