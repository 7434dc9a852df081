"""Watching while MongoDB is the service that is down: told once, and remembered until it is back."""

from collections.abc import AsyncIterator

import pytest

from sandbox.services import Services
from sandbox.slack import Slack
from tests.line import Line
from tests.watching import Watched, outages, told

pytestmark = pytest.mark.long


@pytest.fixture
async def world(slack: Slack, line: Line, services: Services) -> AsyncIterator[Watched]:
    """A bot that watches, whose way to MongoDB can be cut."""
    async with Watched(slack, line.url(), services.environment()) as ready:
        yield ready


async def test_mongodb_that_goes_away_is_told_once_and_so_is_what_changes_meanwhile(
    world: Watched, line: Line, services: Services
) -> None:
    """Slack hears of both without MongoDB. The same messages say when all is well, and rounds meanwhile are kept."""
    before = len(await world.documents("health"))
    line.cut()
    post = await told(world.slack, "mongodb is down")
    await services.switch("loki", "refuse")
    await world.slack.until(lambda: len(outages(world.slack)) == 2, "the second outage")
    line.mend()
    await services.switch("loki", "up")
    await world.slack.until(lambda: all("up again" in one.text for one in outages(world.slack)), "both are over")
    assert post.text.startswith("mongodb is up again")
    assert len(outages(world.slack)) == 2
    rounds = await world.stored("health", before + 3)
    states = [reading["state"] for one in rounds for reading in one["readings"] if reading["s"] == "mongodb"]
    assert "down" in states


async def reads_the_channel(world: Watched) -> None:
    """Waits until a bot has looked there for what was told; it would tell what it does not find."""
    before = len(world.slack.calls_of("conversations.history"))
    await world.slack.until(lambda: len(world.slack.calls_of("conversations.history")) > before, "a look")
    await world.slack.settled()


async def test_of_several_bots_one_tells_that_mongodb_is_away(world: Watched, line: Line) -> None:
    """The one that led tells it; another one, which takes over, sees the message and says nothing, nor does one that
    was started meanwhile: it finds the message in the channel, and ends it when MongoDB is back."""
    await world.starts()
    await world.rounds(1)
    line.cut()
    post = await told(world.slack, "mongodb is down")
    await world.stops()
    world.clock.forward(seconds=5)  # longer than a lead lasts
    await reads_the_channel(world)
    assert outages(world.slack) == [post]
    await world.stops()
    await world.starts()
    await reads_the_channel(world)
    assert outages(world.slack) == [post]
    line.mend()
    assert (await told(world.slack, "mongodb is up again")).ts == post.ts


async def test_an_incident_is_opened_while_mongodb_is_away(world: Watched, line: Line) -> None:
    """Its card is the record; a second press does not open another, and the message names it in the end."""
    line.cut()
    post = await told(world.slack, "mongodb is down")
    await world.ann.clicks("Open incident", post)
    await world.ann.sees("is open", "MongoDB does not answer")
    await world.bob.clicks("Open incident", post)
    await world.bob.sees("was opened from this message by")
    line.mend()
    (incident,) = await world.stored("incidents", title="mongodb is down")
    await world.slack.until(lambda: incident["_id"] in outages(world.slack)[0].shown, "the incident in the message")
