"""Trouble on request: what the bot's client meets, and what the workspace has done by then."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack
from tests.sandbox_bench import OPS, client_of


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace; forced faults are no refusals."""
    async with Slack() as workspace:
        yield workspace
        assert workspace.refusals == []


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    """The bot's client."""
    return client_of(slack)


@pytest.mark.parametrize(("kind", "posted"), [("reset_before", 0), ("reset_after", 1)])
async def test_a_cut_connection_may_have_posted(slack: Slack, client: AsyncWebClient, kind: str, posted: int) -> None:
    """Before the act nothing was done, after it everything; the client cannot tell which."""
    slack.faults.add(kind, "chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=OPS, text="once")
    assert len(slack.channel().messages) == posted
    await client.chat_postMessage(channel=OPS, text="again")
    assert len(slack.channel().messages) == posted + 1


@pytest.mark.parametrize(("kind", "posted"), [("timeout_before", 0), ("timeout_after", 1)])
async def test_a_call_may_never_be_answered(slack: Slack, client: AsyncWebClient, kind: str, posted: int) -> None:
    """The client gives up by itself."""
    slack.faults.add(kind, "chat.postMessage", value=0.4)
    call = asyncio.ensure_future(client.chat_postMessage(channel=OPS, text="once"))
    await slack.until(lambda: slack.calls_of("chat.postMessage"), "the call")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await call
    assert len(slack.channel().messages) == posted


async def test_slack_may_have_trouble_of_its_own(slack: Slack, client: AsyncWebClient) -> None:
    """HTTP errors, error codes, limits and delays, for as many calls as asked for, of the methods asked for."""
    slack.faults.add("status", "chat.postMessage", count=2, value=503)
    slack.faults.add("error", "chat.postMessage", value="internal_error")
    slack.faults.add("rate_limited", "chat.postMessage", value=7)
    await client.auth_test()
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=OPS, text="x")
        assert caught.value.response.status_code == 503
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=OPS, text="x")
    assert caught.value.response["error"] == "internal_error"
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=OPS, text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    await client.chat_postMessage(channel=OPS, text="x")
    assert (len(slack.channel().messages), slack.faults.active) == (1, [])


async def test_a_limit_is_told_in_whole_seconds_or_as_the_fraction_that_is_asked_for(
    slack: Slack, client: AsyncWebClient
) -> None:
    """Slack says whole seconds; where it is not the length that matters, nobody needs to wait for one."""
    for asked, told in ((7.4, "7"), (0.0, "1"), (0.25, "0.25")):
        slack.faults.add("rate_limited", "chat.postMessage", value=asked)
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=OPS, text="x")
        assert caught.value.response.headers["Retry-After"] == told


async def test_slack_may_be_slow(slack: Slack, client: AsyncWebClient) -> None:
    """A latency delays every call until it is taken away."""
    slack.faults.add("latency", count=None, value=0.1)
    start = time.perf_counter()
    await client.auth_test()
    assert time.perf_counter() - start > 0.1
    slack.faults.clear()
    start = time.perf_counter()
    await client.auth_test()
    assert time.perf_counter() - start < 0.1


async def test_a_fault_must_exist() -> None:
    """A misspelt kind is an error of the test."""
    with pytest.raises(ValueError, match="no such fault"):
        Slack().faults.add("lateness")


async def test_every_call_is_on_the_books(slack: Slack, client: AsyncWebClient) -> None:
    """With its arguments and its answer; cut ones have none that arrived."""
    await client.chat_postMessage(channel=OPS, text="one")
    slack.faults.add("reset_before", "chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=OPS, text="two")
    first, second = slack.calls_of("chat.postMessage")
    assert first.answer is not None
    assert (first.args["text"], first.answer["ok"], first.status) == ("one", True, 200)
    assert (second.args["text"], second.answer, second.status) == ("two", None, 0)
