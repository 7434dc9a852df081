"""A storm of alerts: what it costs, several bots in it, and what a bot that was killed in it leaves behind."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, notification, sends
from tests.kept import Document
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world whose bot takes alerts."""
    async with World(slack, mongod.url(), SETTINGS) as ready:
        yield ready


async def storm(world: World, numbers: range) -> None:
    """A notification of each of these groups at once, to each bot in turn; all are taken."""
    bodies = [
        notification(alert(f"i{n}", service=f"s{n}"), key=f"{{}}:{n}", groupLabels={"alertname": f"A{n}"})
        for n in numbers
    ]
    sent = (sends(world, body, bot=number % len(world.bots)) for number, body in enumerate(bodies))
    assert {status for status, _ in await asyncio.gather(*sent)} == {200}


async def commands(world: World) -> int:
    """How many commands on alerts, counts among them and finds and writes not, MongoDB has carried out."""
    client: AsyncMongoClient[Document] = AsyncMongoClient(world.mongodb_url)
    top = await client.admin.command("top")
    name = f"{client.get_default_database().name}.alerts"
    await client.close()
    return int(top["totals"].get(name, {}).get("commands", {}).get("count", 0))


@pytest.mark.long
async def test_what_a_bot_has_seen_begin_it_does_not_count_again(world: World) -> None:
    """Once ten groups came, the others join from memory; and the storm's record is changed once for many of them."""
    before = await commands(world)
    await storm(world, range(50))
    await world.slack.shows("Alert storm: 50 groups", within=8.0)
    assert await commands(world) - before < 30
    (digest,) = await world.documents("alerts", kind="storm")
    assert digest["version"] < 30


@pytest.mark.long
async def test_two_bots_have_one_storm(world: World) -> None:
    """Whoever takes a group: it has a message of its own or is in the one digest, and all of them are told."""
    await world.starts()
    await storm(world, range(40))
    joined = len(await world.documents("alerts", kind="group", digest={"$ne": ""}))
    assert 40 - joined <= 20
    await world.slack.shows("Alert storm: 40 groups", "40 still firing", within=8.0)
    await world.stored("alerts", 40, kind="group", untold=[])
    assert len(await world.documents("alerts", kind="storm")) == 1


async def test_of_two_storms_that_began_in_one_moment_all_join_the_first(world: World) -> None:
    """Two bots whose minutes end at different moments begin one each: from then on there is one."""
    now = world.clock()
    for name, ahead in (("first", 0), ("second", 1)):
        at = now + timedelta(milliseconds=ahead)
        await world.puts("alerts", {"_id": f"storm-{name}", "kind": "storm", "began": at, "last_at": at, "version": 1})
    await storm(world, range(15))
    joined = await world.stored("alerts", 5, kind="group", digest={"$ne": ""})
    assert {group["digest"] for group in joined} == {"storm-first"}


async def test_what_a_killed_bot_kept_in_a_storm_is_in_its_message(world: World) -> None:
    """It kept a group and died before the storm's record heard of it: the message counts it all the same."""
    await storm(world, range(12))
    await world.slack.shows("Alert storm: 12 groups", within=8.0)
    (group, *_) = await world.stored("alerts", 2, kind="group", digest={"$ne": ""}, untold=[])
    turn = {"version": 1, "at": world.clock(), "fired": ["x"], "firing": 1, "is_first": True, "is_back": False}
    await world.puts("alerts", {**group, "_id": "left-behind", "key": "left-behind", "untold": [turn], "version": 1})
    world.clock.forward(seconds=20)
    await world.slack.shows("Alert storm: 13 groups", within=8.0)
