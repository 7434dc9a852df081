"""Payloads over HTTP: signed, answered in time, repeated if not."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from sandbox.delivery import UnansweredError
from sandbox.slack import Slack

Json = dict[str, Any]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace in which everything that waits waits a tenth of a second."""
    async with Slack(retry_after=(0.0, 0.1, 0.1), ack_within=0.3) as workspace:
        yield workspace
        assert workspace.refusals == []


class Receiver:
    """A request URL that notes what comes and answers as a test says."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], str]] = []
        self.status = 200
        self.body: Json = {}
        self.delay = 0.0

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.requests.append((dict(request.headers), body))
        if "url_verification" in body:
            return web.json_response({"challenge": json.loads(body)["challenge"]})
        await asyncio.sleep(self.delay)
        return web.json_response(self.body, status=self.status) if self.body else web.Response(status=self.status)


@pytest.fixture
async def receiver(slack: Slack) -> AsyncIterator[Receiver]:
    """A receiver to which the workspace posts."""
    found = Receiver()
    app = web.Application()
    app.router.add_post("/slack/events", found.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await slack.subscribe(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    yield found
    await runner.cleanup()


async def test_http_requests_are_signed(slack: Slack, receiver: Receiver) -> None:
    """slack_sdk's verifier accepts the handshake, events as JSON and commands as forms."""
    await slack.person("ann").writes("hello")
    receiver.body = {"text": "done"}
    outcome = await slack.person("ann").says("/health", "now & then")
    await slack.until(lambda: not slack.delivery.pending, "the event")
    verifier = SignatureVerifier(slack.environment()["SLACK_SIGNING_SECRET"])
    assert all(verifier.is_valid_request(body, headers) for headers, body in receiver.requests)
    kinds = sorted(headers["Content-Type"] for headers, _ in receiver.requests)
    assert kinds == ["application/json", "application/json", "application/x-www-form-urlencoded"]
    form = parse_qs(next(body for headers, body in receiver.requests if "form" in headers["Content-Type"]))
    assert (form["command"], form["text"], outcome.shown) == (["/health"], ["now &amp; then"], "done")


async def test_http_events_are_repeated_with_their_number(slack: Slack, receiver: Receiver) -> None:
    """An error or a slow answer brings the same event again, with why."""
    receiver.status = 500
    with slack.expects("http_error"):
        await slack.person("ann").writes("hello")
        await slack.until(lambda: slack.delivery.lost, "the event to be given up")
    retries = [(h.get("X-Slack-Retry-Num"), h.get("X-Slack-Retry-Reason")) for h, _ in receiver.requests[1:]]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]


async def test_http_answers_must_come_in_time(slack: Slack, receiver: Receiver) -> None:
    """A command that is answered late fails for the person."""
    receiver.delay = 0.6
    with slack.expects("http_timeout"):
        outcome = await slack.person("ann").says("/health")
    assert "operation_timeout" in outcome.toast


async def test_a_request_url_must_answer_the_challenge(slack: Slack) -> None:
    """An address that does not is not accepted."""
    with slack.expects("http_error", "no_service"), pytest.raises(UnansweredError) as caught:
        await slack.subscribe(f"{slack.url}/hook/none")
    assert (caught.value.reason, slack.events_url) == ("http_error", "")
