"""HTTP mode: the same bot behind POST /slack/events, where Slack signs what it sends."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.app import App
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.test_incident import opened
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world in which Slack calls the bot."""
    slack.events_url = "http://127.0.0.1:1/not-yet"
    async with World(slack, mongod.url()) as ready:
        await slack.subscribe(f"http://127.0.0.1:{ready.bots[0].port}/slack/events")
        yield ready
        await slack.settled(0.3)  # what comes in while the bot stops is refused, and would come again


def address(bot: App, path: str) -> str:
    """Where the bot serves a path."""
    return f"http://127.0.0.1:{bot.port}{path}"


async def test_an_incident_lives_through_http(world: World) -> None:
    """Command, thread message, button and form come in by HTTP and do what they do over sockets."""
    card, incident_id = await opened(world)
    message = await world.bob.writes("looking", thread=card)
    await world.stored("timeline", incident_id=incident_id, ts=message.ts)
    await world.ann.clicks("Resolve", on=card)
    await world.ann.sees("What resolved it?")
    await world.ann.submits({"What resolved it?": "a restart"})
    await world.slack.until(lambda: "a restart" in card.shown, "the card to be resolved")


async def test_what_slack_did_not_sign_is_refused(world: World) -> None:
    """No signature, a forged one, or an old one: 401, and nothing happens."""
    url = address(world.bots[0], "/slack/events")
    body = "command=/incident&text=open+sev1+forged&user_id=U0ANN&channel_id=C0OPSSHARED"
    headers: list[dict[str, str]] = [
        {},
        {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "nonsense"},
    ]
    async with aiohttp.ClientSession() as client:
        for each in headers:
            async with client.post(url, data=body, headers=each) as answer:
                assert answer.status == 401
    assert await world.documents("incidents") == []


async def test_the_bot_tells_how_it_is(world: World) -> None:
    """/healthz, /readyz and /metrics answer; what is not there is 404, the wrong method 405, all of it in JSON."""
    bot = world.bots[0]
    await world.ann.says("/maintenance")
    await world.ann.sees("Weekly maintenance")
    async with aiohttp.ClientSession() as client:
        async with client.get(address(bot, "/healthz")) as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "alive")
        async with client.get(address(bot, "/readyz")) as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "ready")
        async with client.get(address(bot, "/metrics")) as answer:
            assert "opsbot_commands_total" in await answer.text()
        async with client.get(address(bot, "/nothing")) as answer:
            assert answer.status == 404
            json.loads(await answer.text())
        async with client.post(address(bot, "/healthz"), data="{not json") as answer:
            assert answer.status == 405
            json.loads(await answer.text())
