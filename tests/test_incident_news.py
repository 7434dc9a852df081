"""An incident opened from an alert or an outage hears in its thread when that is back, and when it is not any more."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, notification, sends, told
from tests.asking import answer
from tests.impatience import NEVER
from tests.kept import Document
from tests.watching import Watched
from tests.watching import told as told_of_outage
from tests.world import World


async def opened(world: World, post: Post) -> tuple[Post, str]:
    """An incident of Bob's from the message of an alert or an outage: its card, and its ID."""
    await world.bob.clicks("Open incident", post)
    (incident,) = await world.stored("incidents", untold=[], card_ts={"$ne": None})
    return await world.slack.shows(incident["_id"], "Opened by"), incident["_id"]


def news(world: World, card: Post, words: str) -> list[str]:
    """What the thread says of monitoring with these words."""
    return [post.shown for post in world.slack.thread(card).replies if words in post.shown]


async def both(world: World, *alerts: dict[str, Any]) -> None:
    """The same notification to two bots at once, twice."""
    await asyncio.gather(*(sends(world, notification(*alerts), bot=number % 2) for number in range(4)))


async def test_an_alert_that_is_over_and_fires_again_is_told_once(slack: Slack, mongod: Mongod) -> None:
    """Of two bots, who both hear it twice; what joins is left to the alert's own thread. Closed, it hears no more."""
    async with World(slack, mongod.url(), SETTINGS) as world:
        await world.starts()
        await told(world, alert("a"))
        card, incident_id = await opened(world, await slack.shows("HighLatency", "is firing"))
        world.clock.forward(minutes=1)
        await told(world, alert("a"), alert("b"))
        await both(world, alert("a", ends="12:02:00"), alert("b", ends="12:02:00"))
        over = await slack.shows("The alert HighLatency service=checkout is resolved.", thread=card)
        assert "its message" in over.shown
        world.clock.forward(minutes=5)
        await answer(slack, world.bob, "/incident", f"resolve {incident_id} restarted")
        await both(world, alert("a", starts="12:06:00"))
        again = await slack.shows("fires again: instance=a: p99 on a.", thread=card)
        assert "This incident is resolved. If it is the same trouble, `reopen` it" in again.shown
        await answer(slack, world.bob, "/incident", f"close {incident_id}")
        await both(world, alert("a", starts="12:06:00", ends="12:07:00"))
        await world.stored("timeline", 4, incident_id=incident_id, kind="alert")
        await world.stored("alerts", untold=[])
        await slack.settled()
        assert [len(news(world, card, words)) for words in ("The alert", "is resolved.", "fires again")] == [2, 2, 1]


async def test_a_card_that_is_late_is_waited_for(slack: Slack, mongod: Mongod) -> None:
    """Without a thread nothing is said in the channel instead: it is said in the thread once there is one."""
    async with World(slack, mongod.url(), SETTINGS) as world:
        # The channel is read for cards that MongoDB does not know, which would find this one's.
        await slack.until(lambda: slack.calls_of("conversations.history") or None, "the channel to be read")
        await told(world, alert("a"))
        card, incident_id = await opened(world, await slack.shows("HighLatency", "is firing"))
        await world.stored("alerts", untold=[])
        await world.changes("incidents", incident_id, {"card_ts": None})
        world.clock.forward(seconds=1)
        await told(world, alert("a", ends="12:02:00"))
        await world.stored("timeline", incident_id=incident_id, kind="alert")
        assert news(world, card, "The alert") == []
        await world.changes("incidents", incident_id, {"card_ts": card.ts})
        world.clock.forward(seconds=20)
        await slack.shows("The alert HighLatency service=checkout is resolved.", thread=card)
        await world.stored("alerts", untold=[])


@pytest.mark.long
async def test_a_service_that_is_back_and_goes_again_is_told_once(
    slack: Slack, mongod: Mongod, services: Services
) -> None:
    """Up and down again: a reply for each, also when bots change. Closed, it hears no more."""
    world = Watched(slack, mongod.url(), services.environment())
    world.tempo = replace(world.tempo, tick=NEVER)  # nothing is announced here
    async with world:
        await services.switch("loki", "refuse")
        card, incident_id = await opened(world, await told_of_outage(slack, "loki is down"))
        await outage_of(world, incident_id)
        world.clock.forward(minutes=3)
        await services.switch("loki", "up")
        await slack.shows("loki is up again after 3 min", thread=card)
        await world.starts()
        await world.stops()
        await services.switch("loki", "refuse")
        await slack.shows(":rotating_light: loki is down: connection refused.", thread=card)
        for words in (f"resolve {incident_id} restarted", f"close {incident_id}"):
            await answer(slack, world.bob, "/incident", words)
        world.clock.forward(minutes=1)
        await services.switch("loki", "up")
        await world.stored("timeline", 4, incident_id=incident_id, kind="health")
        await slack.settled()
        assert [len(news(world, card, words)) for words in ("loki is up", "loki is down:")] == [1, 1]


async def outage_of(world: World, incident_id: str) -> None:
    """Until the watch knows of the incident, and has entered the outage's beginning."""

    async def knows() -> list[Document]:
        return await world.documents("timeline", incident_id=incident_id, kind="health")

    await world.until(knows, "the outage's beginning in the timeline")
