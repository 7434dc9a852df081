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


async def test_mongodb_that_goes_away_is_told_once_and_then_that_it_is_back(world: Watched, line: Line) -> None:
    """Slack hears of it without MongoDB; the same message says when it is back, and rounds meanwhile are kept."""
    before = len(await world.documents("health"))
    line.cut()
    post = await told(world.slack, "mongodb is down")
    await world.rests()
    assert len(outages(world.slack)) == 1
    line.mend()
    over = await told(world.slack, "mongodb is up again")
    assert over.ts == post.ts
    rounds = await world.stored("health", before + 3)
    states = [reading["state"] for one in rounds for reading in one["readings"] if reading["s"] == "mongodb"]
    assert "down" in states


async def test_what_changes_while_mongodb_is_away_is_told_too(world: Watched, line: Line, services: Services) -> None:
    """Another outage is told without MongoDB, and both messages are edited when all is well."""
    line.cut()
    await told(world.slack, "mongodb is down")
    await services.switch("loki", "refuse")
    await world.slack.until(lambda: len(outages(world.slack)) == 2, "the second outage")
    line.mend()
    await services.switch("loki", "up")
    await world.slack.until(lambda: all("up again" in post.text for post in outages(world.slack)), "both are over")
    assert len(outages(world.slack)) == 2


async def test_a_bot_started_while_mongodb_is_away_finds_the_outage_in_the_channel(world: Watched, line: Line) -> None:
    """It does not tell again what a message there tells already, and ends that message when MongoDB is back."""
    line.cut()
    post = await told(world.slack, "mongodb is down")
    await world.stops()
    await world.starts()
    await world.rests()
    assert [one.ts for one in outages(world.slack)] == [post.ts]
    line.mend()
    assert (await told(world.slack, "mongodb is up again")).ts == post.ts


async def test_of_two_bots_one_tells_that_mongodb_is_away(world: Watched, line: Line) -> None:
    """The one that led tells it; the other one, which takes over, sees the message and says nothing."""
    await world.starts()
    await world.rounds()
    line.cut()
    post = await told(world.slack, "mongodb is down")
    await world.rests()
    await world.stops()
    world.clock.forward(seconds=5)  # longer than a lead lasts
    await world.rests()
    assert [one.ts for one in outages(world.slack)] == [post.ts]
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
