"""HTTP mode, request by request: retries, forged and stale signatures, bodies that say nothing, a bot that starts."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio

from sandbox.delivery import Retry, UnansweredError
from sandbox.mongo import Mongod
from tests.asking import answer, answer_to_mention, message_event, strict
from tests.test_incident import opened
from tests.world import World

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
COMMAND = {
    "command": "/incident",
    "text": "open sev1 forged",
    "user_id": "U0BOB",
    "channel_id": "C0OPSSHARED",
    "channel_name": "ops-shared",
    "trigger_id": "1.2.3",
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def behind_http(mongod: Mongod) -> AsyncIterator[World]:
    """A world in which Slack calls the bot; the address is set as Slack does, by its handshake."""
    async with strict(clock=time.time) as slack:  # the age of a signature is the machine's
        slack.events_url = "http://127.0.0.1:1/not-yet"  # the bot is to know the signing secret before it has a port
        async with World(slack, mongod.url()) as world:
            await slack.subscribe(f"{_url(world)}/slack/events")
            yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all of these tests."""
    async with behind_http(mongod) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World) -> AsyncIterator[World]:
    """The shared world, without anything that Slack has to complain of afterwards."""
    yield shared
    assert (shared.slack.refusals, shared.slack.pages) == ([], [])


@pytest_asyncio.fixture(loop_scope="module")
async def client(world: World) -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody who is not Slack."""
    async with aiohttp.ClientSession(_url(world)) as session:
        yield session


def _url(world: World) -> str:
    return f"http://127.0.0.1:{world.bots[0].port}"


def signed(world: World, body: bytes, *, secret: str = "", age: int = 0) -> dict[str, str]:
    """The headers with which Slack signs a body."""
    at, key = str(int(time.time()) - age), secret or world.slack.credentials.signing_secret
    digest = hmac.new(key.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


# What Slack sends


async def test_a_command_is_acknowledged_without_words_or_sockets(world: World) -> None:
    """The acknowledgement is empty, the answer comes after it; no connection to Slack is held open."""
    outcome = await world.ann.says("/incident", "open sev2 checkout is down")
    assert outcome.acked_in is not None
    assert (outcome.shown, outcome.toast) == ("", "")
    await world.ann.sees("is open. Write in its thread")
    assert world.slack.connected == 0
    assert world.slack.calls_of("apps.connections.open") == []


async def test_a_form_is_checked_by_its_acknowledgement(world: World) -> None:
    """What is wrong is shown in the form itself; what is right opens the incident; a mention and a pin count too."""
    await world.ann.says("/incident", "open")
    await world.ann.sees("What is wrong?")
    await world.ann.submits({"What is wrong?": " \u200b "})
    assert world.ann.modal is not None
    assert list(world.ann.modal.errors) == ["title"]
    await world.ann.submits({"What is wrong?": "search is slow"})
    assert world.ann.modal is None
    card = await world.slack.shows("search is slow")
    (incident,) = await world.stored("incidents", title="search is slow")
    await world.ann.sees(incident["_id"], "is open")
    message = await world.bob.writes("looking", thread=card)
    await world.bob.reacts("pushpin", message)
    await world.stored("timeline", text="looking", pinned_by=[world.bob.id])
    assert "mongodb is up" in (await answer_to_mention(world.slack, world.ann, "health")).text
    await world.slack.until(lambda: not world.slack.delivery.pending, "all events to be acknowledged")


async def test_a_retry_counts_once_and_is_not_dropped(world: World) -> None:
    """A message first seen in a retry is recorded, and once, however often it is told."""
    card, incident_id = await opened(world, "open sev2 retried", "retried")
    post = await world.bob.writes("looking", thread=card)
    await world.stored("timeline", incident_id=incident_id, kind="message")
    await world.drops("timeline")  # as if the first attempt had never come
    for attempt in (1, 2, 3):
        await world.slack.http.send(
            "events_api", message_event(card, post.ts, "looking", "Ev0RETRIED"), Retry(attempt, "http_timeout")
        )
    entries = await world.stored("timeline", incident_id=incident_id, kind="message")
    assert [(entry["author"], entry["text"]) for entry in entries] == [(world.bob.id, "looking")]


async def test_the_same_event_three_times_at_once_is_one_entry(world: World) -> None:
    """While one is at it the others are told to come again, and then find it done."""
    card, incident_id = await opened(world, "open sev2 thrice", "thrice")
    event = message_event(card, world.slack.workspace.next_ts(), "looking", "Ev0THRICE")
    attempts = [world.slack.http.send("events_api", event, Retry(n, "http_timeout" if n else "")) for n in range(3)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert all(result == {} or isinstance(result, UnansweredError) for result in results)
    await world.slack.http.send("events_api", event, Retry(3, "http_error"))
    assert len(await world.documents("timeline", incident_id=incident_id, kind="message")) == 1


# What Slack did not send


async def test_what_slack_did_not_sign_like_this_is_refused(world: World, client: aiohttp.ClientSession) -> None:
    """Another secret, another body under a good signature, six minutes ago or ahead: 401, and nothing is done."""
    body = urlencode(COMMAND).encode()
    good = signed(world, body)
    cases: tuple[tuple[bytes, dict[str, str]], ...] = (
        (body, signed(world, body, secret="guessed")),
        (body, signed(world, body, age=360)),
        (body, signed(world, body, age=-360)),
        (body.replace(b"sev1", b"sev2"), good),
        (body, {**good, "X-Slack-Signature": "v0=" + "0" * 64}),
        (body, {**good, "X-Slack-Request-Timestamp": str(int(time.time()) - 1)}),
    )
    for data, headers in cases:
        async with client.post("/slack/events", data=data, headers={"Content-Type": FORM, **headers}) as refused:
            assert (refused.status, refused.content_type) == (401, JSON)
            assert list(await refused.json()) == ["error"]
    await world.slack.settled()
    assert await world.documents("incidents", title="forged") == []


async def test_a_signed_body_that_says_nothing_is_a_bad_request(world: World, client: aiohttp.ClientSession) -> None:
    """What is neither a JSON object nor a form gets 400 and a reason, never a traceback."""
    for content_type, body in (
        (JSON, b"not json"),
        (JSON, b""),
        (JSON, b"[1, 2]"),
        (JSON, b'"text"'),
        (JSON, b"\xff\xfe"),
        (JSON, b"[" * 5000),
        (FORM, b"payload=not json"),
        (FORM, b"payload=%5B%5D"),
        (FORM, b""),
        ("text/plain", b"hello"),
    ):
        headers = {"Content-Type": content_type, **signed(world, body)}
        async with client.post("/slack/events", data=body, headers=headers) as refused:
            assert (refused.status, refused.content_type) == (400, JSON), body
            assert list(await refused.json()) == ["error"]


async def test_a_payload_that_lacks_something_does_not_upset_the_bot(
    world: World, client: aiohttp.ClientSession
) -> None:
    """Signed JSON and forms without what Slack always sends: no success, no words, and the next command works."""
    for content_type, body in (
        (JSON, b"{}"),
        (JSON, b'{"type": "event_callback"}'),
        (JSON, b'{"type": "event_callback", "event": {}}'),
        (FORM, b"command=%2Fincident&text=open+x"),
        (FORM, _form({"type": "block_actions", "actions": [{"action_id": "incident_resolve", "block_id": "x"}]})),
        (FORM, _form({"type": "view_submission", "view": {"type": "modal", "callback_id": "incident_open_form"}})),
        (FORM, _form({"type": "message_action", "callback_id": "x"})),
    ):
        headers = {"Content-Type": content_type, **signed(world, body)}
        async with client.post("/slack/events", data=body, headers=headers) as answered:
            text = await answered.text()
            assert "Traceback" not in text
            assert answered.status >= 400 or "Nothing was done" in text, body
    assert "mongodb is up" in (await answer(world.slack, world.ann, "/health")).text
    assert await world.documents("incidents", title="x") == []


def _form(payload: dict[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


# The other endpoints


async def test_whatever_else_is_asked_gets_a_4xx_in_json(world: World, client: aiohttp.ClientSession) -> None:
    """Unknown paths, wrong methods, bodies where none belong: never a 5xx, never HTML."""
    for method, path, status in (
        ("GET", "/", 404),
        ("GET", "/slack/events", 405),
        ("PUT", "/slack/events", 405),
        ("POST", "/slack/elsewhere", 404),
        ("POST", "/readyz", 405),
        ("POST", "/metrics", 405),
        ("DELETE", "/metrics", 405),
    ):
        async with client.request(method, path, data=b"\x00not json", headers={"Content-Type": JSON}) as refused:
            assert (refused.status, refused.content_type) == (status, JSON), f"{method} {path}"
            assert list(await refused.json()) == ["error"]
    async with client.get("/metrics") as metrics:
        shown = await metrics.text()
    assert all(secret not in shown for secret in world.slack.environment().values())


async def test_until_it_is_ready_slack_is_asked_to_come_again(world: World) -> None:
    """A bot that starts answers 503 to Slack and on /readyz, and is alive."""
    await world.stops()
    world.slack.faults.add("latency", "auth.test", value=1.0)
    starting = asyncio.create_task(world.starts())
    body = urlencode(COMMAND).encode()

    async def port() -> int | None:
        return world.bots[0].port if world.bots else None

    await world.until(port, "the port to open")
    async with aiohttp.ClientSession(_url(world)) as client:
        headers = {"Content-Type": FORM, **signed(world, body)}
        async with client.post("/slack/events", data=body, headers=headers) as refused:
            assert refused.status == 503
        async with client.get("/readyz") as ready:
            told = await ready.json()
            assert (ready.status, told["status"]) == (503, "starting")
            assert told["reasons"] == ["Slack has not answered yet"]
        async with client.get("/healthz") as alive:
            assert alive.status == 200
        await starting
        async with client.get("/readyz") as ready:
            told = await ready.json()
            assert (ready.status, told["status"], told["reasons"]) == (200, "ready", [])
    assert await world.documents("incidents", title="forged") == []
