"""Events that Slack sends again while their work is slow, or after MongoDB was away: each has one effect."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.store import event as event_store
from handlers.once import Once
from sandbox.delivery import Retry
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from sandbox.workspace import BOT_USER
from tests.impatience import NEVER
from tests.line import Line
from tests.test_once import cards
from tests.world import TEMPO, World


def hearing(slack: Slack, url: str) -> World:
    """A world of bots without the jobs that have nothing to do with what they hear."""
    world = World(slack, url)
    world.tempo = replace(TEMPO, tick=NEVER, tidy=NEVER)
    return world


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world of bots that hear events."""
    async with hearing(slack, mongod.url()) as ready:
        yield ready


@pytest.fixture
async def away(slack: Slack, line: Line) -> AsyncIterator[World]:
    """The same, where MongoDB can be taken away."""
    async with hearing(slack, line.url()) as ready:
        yield ready
        line.mend()


def mention(text: str) -> dict[str, Any]:
    """The event of Bob's mention."""
    said = {"type": "app_mention", "channel": "C0OPSSHARED", "user": "U0BOB", "ts": "1795600000.000100"}
    return {
        "type": "event_callback",
        "event_id": "Ev0ONE",
        "team_id": "T0SANDBOX",
        "api_app_id": "A0OPSBOT",
        "event": {**said, "event_ts": said["ts"], "text": f"<@{BOT_USER}> {text}"},
    }


@pytest.mark.long
async def test_a_slow_mention_is_not_begun_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event stays taken for as long as it is worked on, also for other bots, well beyond its lease."""
    monkeypatch.setattr(event_store, "LEASE", timedelta(seconds=0.8))
    await world.starts()
    await world.slack.until_connected(4)
    world.slack.faults.add("rate_limited", "chat.postMessage", value=2.0)
    event = mention("open sev1 all is down")
    sending = [asyncio.create_task(world.slack.sockets.send("events_api", event, Retry()))]
    (taken,) = await world.stored("events", _id="Ev0ONE")

    async def is_renewed() -> bool:
        at: datetime = (await world.document("events", "Ev0ONE"))["at"]
        return bool(at - taken["at"] >= event_store.LEASE)

    await world.until(is_renewed, "the lease to be renewed")
    sending += [asyncio.create_task(world.slack.sockets.send("events_api", event, Retry(1, "timeout"))) for _ in "1234"]
    await world.slack.shows("all is down", "Opened by")
    await world.stored("events", _id="Ev0ONE", is_done=True)
    await world.rests()
    assert len(cards(world.slack)) == 1
    assert len(await world.documents("incidents")) == 1
    for one in sending:  # what is dropped is never acknowledged
        one.cancel()
    await asyncio.gather(*sending, return_exceptions=True)


@pytest.mark.long
async def test_what_was_done_without_mongodb_is_not_done_again(away: World, line: Line) -> None:
    """A retry after MongoDB's return is dropped, and MongoDB is told, so that other bots drop it too."""
    line.cut()
    event = mention("open sev1 all is down")
    await away.slack.sockets.send("events_api", event, Retry())
    await away.slack.shows("all is down", "Not yet saved")
    line.mend()
    await away.stored("incidents")
    await away.slack.sockets.send("events_api", event, Retry(1, "timeout"))
    await away.stored("events", _id="Ev0ONE", is_done=True)
    await away.slack.settled()
    assert len(cards(away.slack)) == 1


async def test_an_event_is_one_bot_s_until_that_gives_it_back(world: World) -> None:
    """Who is at it keeps it; given back it is anybody's; once done it stays done, whoever gives it back late."""
    events, once = world.store().events, Once(world.store().events)
    assert await events.begin("Ev0ONCE")
    assert await events.begin("Ev0ONCE") is None
    assert await once.begin("Ev0ONCE") is None  # it was somebody else's when Slack sent it first; its retry is ours
    await events.undone("Ev0ONCE")
    assert await once.begin("Ev0ONCE")
    await events.done("Ev0ONCE")
    await events.undone("Ev0ONCE")
    assert await events.begin("Ev0ONCE") is False


@pytest.mark.long
async def test_without_mongodb_a_bot_begins_nothing_twice(away: World, line: Line) -> None:
    """What is under way, given back and done it knows by itself."""
    once = Once(away.store().events)
    line.cut()
    assert await once.begin("Ev0ALONE")
    assert await once.begin("Ev0ALONE") is None
    await once.undone("Ev0ALONE")
    assert await once.begin("Ev0ALONE")
    await once.done("Ev0ALONE")
    assert await once.begin("Ev0ALONE") is False
    await once.close()
