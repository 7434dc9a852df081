"""HTTP mode: the same bot behind POST /slack/events, where Slack signs what it sends."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio

from bot.app import App
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import strict
from tests.test_incident import opened
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def called(mongod: Mongod) -> AsyncIterator[World]:
    """A world in which Slack calls the bot."""
    async with strict() as slack:
        slack.workspace.clock = time.time  # the age of a signature is the machine's, as the bot's own is
        slack.events_url = "http://127.0.0.1:1/not-yet"
        async with World(slack, mongod.url()) as ready:
            await slack.subscribe(f"http://127.0.0.1:{ready.bots[0].port}/slack/events")
            yield ready
            await quiet(ready)
        assert (slack.refusals, slack.pages) == ([], [])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """One such world for most of these tests."""
    async with called(mongod) as ready:
        yield ready


async def quiet(world: World) -> None:
    """Waits until the bot has posted all and heard of it: what comes in while it stops is refused, and comes again."""
    waiting = [{"state": {"$in": ["pending", "posting"]}}, {"state": "posted", "unshown": True}]

    async def at_rest() -> bool:
        return not await world.documents("outbox", **{"$or": waiting}) and not world.slack.delivery.pending

    await world.slack.settled()
    await world.until(at_rest, "all to be posted and heard")
    await world.slack.settled()


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
    assert await world.documents("incidents", title="forged") == []


def signed(slack: Slack, body: str) -> dict[str, str]:
    """The headers that Slack gives this body now."""
    timestamp = str(int(time.time()))
    secret = slack.environment()["SLACK_SIGNING_SECRET"]
    code = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    kind = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={code}", "Content-Type": kind}


def noted(incident_id: str) -> str:
    """A command as Slack sends it."""
    words = f"note {incident_id} it is the cache"
    return urlencode({"command": "/incident", "text": words, "user_id": "U0ANN", "channel_id": "C0OPSSHARED"})


async def test_a_request_that_is_replayed_does_nothing(world: World) -> None:
    """Who has caught a signed command can send it again for five minutes: 409, and no second note."""
    _, incident_id = await opened(world, "open sev3 mails are late", "mails are late")
    body = noted(incident_id)
    headers = signed(world.slack, body)
    async with aiohttp.ClientSession() as client:
        for status in (200, 409, 409):
            async with client.post(address(world.bots[0], "/slack/events"), data=body, headers=headers) as answer:
                assert answer.status == status
    await world.stored("incidents", _id=incident_id, version=2, untold=[])
    await world.slack.settled()
    assert (await world.document("incidents", incident_id))["version"] == 2


async def test_a_request_that_is_replayed_to_another_bot_does_nothing_either(mongod: Mongod) -> None:
    """Bots that share an address, and one that was restarted, know what the others took."""
    async with called(mongod) as world, aiohttp.ClientSession() as client:
        _, incident_id = await opened(world)
        body = noted(incident_id)
        headers = signed(world.slack, body)
        await world.starts()

        async def posted(bot: App) -> int:
            async with client.post(address(bot, "/slack/events"), data=body, headers=headers) as answer:
                return answer.status

        assert sorted(await asyncio.gather(*map(posted, world.bots))) == [200, 409]
        await world.stored("incidents", _id=incident_id, version=2, untold=[])
        await quiet(world)
        await world.stops()
        assert await posted(await world.starts()) == 409
        await world.slack.settled()
        assert (await world.document("incidents", incident_id))["version"] == 2


USER = '"user":{"id":"U0ANN"}'
ODD = (
    '{"type":"event_callback","event":5,"event_id":"E1"}',
    '{"type":"event_callback","event":{"type":"app_mention","user":"U0ANN"},"event_id":"E1"}',
    '{"type":"event_callback","event":{"type":"message","channel":"C1","ts":"1.2","user":{}},"event_id":"E1"}',
    '{"type":"event_callback","event":{"type":"app_home_opened","user":"U0ANN"},"event_id":{"$gt":""}}',
    '{"type":"event_callback","event_id":"E1","event":{"type":"reaction_added","user":"U1","event_ts":"1","item":5}}',
    "command=/health",
    urlencode({"payload": "{}"}),
    urlencode({"payload": f'{{"type":"block_actions",{USER},"actions":[]}}'}),
    urlencode({"payload": f'{{"type":"view_submission",{USER},"view":{{"callback_id":"incident_open_form"}}}}'}),
    urlencode({"payload": f'{{"type":"message_action",{USER},"callback_id":"incident_open"}}'}),
    urlencode({"payload": '{"type":"block_actions","user":"U0ANN","actions":[{"action_id":"x"}]}'}),
)


@pytest.mark.parametrize("body", ODD)
async def test_what_slack_never_sends_is_refused_though_it_is_signed(
    world: World, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    """400 in JSON, and the log has no traceback."""
    url = address(world.bots[0], "/slack/events")
    async with (
        aiohttp.ClientSession() as client,
        client.post(url, data=body, headers=signed(world.slack, body)) as answer,
    ):
        assert answer.status == 400
        assert "error" in await answer.json()
    assert [record for record in caplog.records if record.exc_info] == []


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
