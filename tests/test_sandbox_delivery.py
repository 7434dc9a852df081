"""How the workspace delivers: to one socket of several, again until acknowledged, or signed over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from sandbox.slack import Slack
from tests.sandbox_bench import OPS, client_of, link

Json = dict[str, Any]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace in which everything that waits waits a tenth of a second."""
    async with Slack(retry_after=(0.0, 0.1, 0.1), ack_within=0.3) as workspace:
        yield workspace
        assert workspace.refusals == []


async def test_a_socket_says_hello(slack: Slack) -> None:
    """The first frame tells the app and the number of connections."""
    answer = await client_of(slack).apps_connections_open(app_token=slack.credentials.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(str(answer["url"])) as ws:
        hello = await ws.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": "A0OPSBOT"}


async def test_an_address_opens_one_socket(slack: Slack) -> None:
    """A ticket that was used is refused."""
    answer = await client_of(slack).apps_connections_open(app_token=slack.credentials.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(str(answer["url"])):
        with pytest.raises(aiohttp.WSServerHandshakeError), slack.expects("bad_ticket"):
            await session.ws_connect(str(answer["url"]))


async def test_each_payload_goes_to_one_socket_in_turn(slack: Slack) -> None:
    """Three sockets get one of three messages each."""
    async with AsyncExitStack() as opened:
        links = [await opened.enter_async_context(link(slack)) for _ in range(3)]
        for number in range(3):
            await slack.person("ann").writes(f"m{number}")
        envelopes = [await one.frame() for one in links]
        for one, envelope in zip(links, envelopes, strict=True):
            await one.ack(envelope)
        assert sorted(one["payload"]["event"]["text"] for one in envelopes) == ["m0", "m1", "m2"]
        assert [await one.quiet() for one in links] == [True, True, True]


async def test_the_eleventh_socket_is_one_too_many(slack: Slack) -> None:
    """It is told so and closed; ten stay."""
    async with AsyncExitStack() as opened:
        for _ in range(10):
            await opened.enter_async_context(link(slack))
        answer = await client_of(slack).apps_connections_open(app_token=slack.credentials.app_token)
        with slack.expects("too_many_websockets"):
            async with aiohttp.ClientSession() as session, session.ws_connect(str(answer["url"])) as ws:
                frame = await ws.receive_json()
                assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
                assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
        assert slack.connected == 10


async def test_an_event_comes_in_its_envelope(slack: Slack) -> None:
    """With an id, the team, the app, and for whom it is."""
    async with link(slack) as bot:
        post = await slack.person("ann").writes("hello")
        envelope = await bot.frame()
        await bot.ack(envelope)
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("events_api", False)
    assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    payload = envelope["payload"]
    assert (payload["type"], payload["team_id"], payload["api_app_id"]) == ("event_callback", "T0SANDBOX", "A0OPSBOT")
    assert payload["authorizations"][0]["user_id"] == "U0OPSBOT"
    event = payload["event"]
    assert (event["type"], event["user"], event["channel"], event["ts"]) == ("message", "U0ANN", OPS, post.ts)
    assert event["channel_type"] == "channel"


async def test_an_event_comes_again_until_it_is_acknowledged(slack: Slack) -> None:
    """The same event_id with the number and reason of the retry; every missing ack is noted; then it is given up."""
    with slack.expects("timeout") as missing:
        async with link(slack) as bot:
            await slack.person("ann").writes("hello")
            envelopes = [await bot.frame() for _ in range(4)]
            await slack.until(lambda: slack.delivery.lost, "the event to be given up")
    assert len({envelope["payload"]["event_id"] for envelope in envelopes}) == 1
    assert len({envelope["envelope_id"] for envelope in envelopes}) == 4
    assert [(one["retry_attempt"], one["retry_reason"]) for one in envelopes] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
        (3, "timeout"),
    ]
    assert [one.method for one in missing] == ["event message"] * 4


async def test_what_happens_while_nobody_is_connected_comes_later() -> None:
    """Such events wait for their next attempt, which a test can call for; that is no fault of the bot."""
    async with Slack() as slack:
        await slack.person("ann").writes("anybody?")
        await slack.settled()
        async with link(slack) as bot:
            assert await bot.quiet()
            attempt = asyncio.create_task(slack.redeliver())
            envelope = await bot.frame()
            await bot.ack(envelope)
            await attempt
        assert (envelope["payload"]["event"]["text"], envelope["retry_attempt"]) == ("anybody?", 2)
        assert (slack.delivery.pending, slack.refusals) == ([], [])


async def test_a_command_is_never_delivered_again(slack: Slack) -> None:
    """Without a socket, and without an ack in time, the person is told, and that is all."""
    ann = slack.person("ann")
    assert (await ann.says("/health")).acked_in is None
    assert slack.refusals == []
    async with link(slack) as bot:
        with slack.expects("timeout"):
            outcome = await ann.says("/health")
        assert (await bot.frame())["payload"]["command"] == "/health"
        assert await bot.quiet(0.15)
    assert outcome.toast.startswith('/health failed with the error "operation_timeout"')
    assert ["dispatch_failed" in ann.toasts[0], "operation_timeout" in ann.toasts[1]] == [True, True]


async def test_an_ack_counts_on_any_socket(slack: Slack) -> None:
    """As SDKs resend it after a reconnect; who acknowledges nothing known is told nothing."""
    async with link(slack) as first, link(slack) as second:
        says = asyncio.create_task(slack.person("ann").says("/health"))
        found = {asyncio.create_task(one.frame()): other for one, other in ((first, second), (second, first))}
        done, waiting = await asyncio.wait(found, return_when=asyncio.FIRST_COMPLETED)
        receiver = done.pop()
        await found[receiver].ack(receiver.result())
        assert (await says).acked_in is not None
        waiting.pop().cancel()
        await first.ack({"envelope_id": "unknown"})
        with slack.expects("not_an_acknowledgement"):
            await first.ws.send_str("[]")
            await slack.until(lambda: slack.refusals, "the refusal")


async def test_a_refresh_warns_and_then_closes(slack: Slack) -> None:
    """A disconnect frame comes first; payloads keep coming until the socket is closed."""
    async with link(slack) as bot:
        refresh = asyncio.create_task(slack.sockets.refresh(grace=0.1))
        assert (await bot.frame())["reason"] == "refresh_requested"
        await slack.person("ann").writes("still there?")
        await bot.ack(await bot.frame())
        assert (await bot.ws.receive()).type is aiohttp.WSMsgType.CLOSE
        await refresh
    assert slack.connected == 0


async def test_a_half_open_socket_swallows_everything(slack: Slack) -> None:
    """Its payloads reach nobody and its pings stay unanswered; that is not the bot's fault."""
    async with link(slack) as bot:
        slack.sockets.half_open()
        await bot.ws.ping(b"there?")
        outcome = await slack.person("ann").says("/health")
        assert (outcome.acked_in, slack.refusals) == (None, [])
        assert await bot.quiet()


async def test_a_socket_answers_pings(slack: Slack) -> None:
    """With the same bytes, for clients measure by them."""
    answer = await client_of(slack).apps_connections_open(app_token=slack.credentials.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(str(answer["url"]), autoping=False) as ws:
        await ws.receive_json()
        await ws.ping(b"sdk-ping-pong:1")
        assert (await ws.receive()).data == b"sdk-ping-pong:1"


async def test_an_aborted_socket_is_gone_at_once_and_new_ones_can_be_refused(slack: Slack) -> None:
    """The bot's side breaks without a closing frame; for a while no other connection comes about."""
    async with link(slack) as bot:
        slack.sockets.abort()
        assert (await bot.ws.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    await slack.until(lambda: slack.connected == 0, "the socket to be gone")
    slack.sockets.refuse_for(0.2)
    answer = await client_of(slack).apps_connections_open(app_token=slack.credentials.app_token)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.ws_connect(str(answer["url"]))
    await asyncio.sleep(0.2)
    async with link(slack):
        assert slack.connected == 1
