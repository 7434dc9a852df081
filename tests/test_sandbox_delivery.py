"""How the workspace delivers: to one socket of several, again until acknowledged, or signed over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from sandbox.delivery import UnansweredError
from sandbox.slack import Slack
from tests.sandbox_bench import OPS, client_of, link

Json = dict[str, Any]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace in which everything that waits waits a tenth of a second."""
    async with Slack(retry_after=(0.0, 0.1, 0.1), ack_within=0.1) as workspace:
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


async def test_events_of_other_channels_do_not_come(slack: Slack) -> None:
    """Neither messages nor mentions where the bot is not; both where it is; none without a subscription."""
    async with link(slack) as bot:
        await slack.person("ann").writes("@Ops Bot here?", channel="#general")
        assert await bot.quiet()
        await slack.person("ann").writes("@Ops Bot here?", channel="#random")
        envelopes = [await bot.frame() for _ in range(2)]
        for envelope in envelopes:
            await bot.ack(envelope)
    assert {envelope["payload"]["event"]["type"] for envelope in envelopes} == {"message", "app_mention"}


async def test_a_manifest_decides_which_events_come() -> None:
    """Only what is subscribed to, and only with the scope for it."""
    manifest = {
        "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.channels", "reaction_added"]}},
    }
    async with Slack(manifest) as slack, link(slack) as bot:
        post = await slack.person("ann").writes("@Ops Bot hello")
        envelope = await bot.frame()
        await bot.ack(envelope)
        assert envelope["payload"]["event"]["type"] == "message"
        await slack.person("ann").reacts("eyes", post)
        assert await bot.quiet()


KINDS = (
    ("message", None),
    ("message", "message_changed"),
    ("message", "message_deleted"),
    ("message", "thread_broadcast"),
    ("reaction_added", None),
    ("reaction_removed", None),
    ("pin_added", None),
    ("member_joined_channel", None),
    ("app_home_opened", None),
    ("app_mention", None),
)


async def test_everything_that_happens_has_its_event(slack: Slack) -> None:
    """Edits carry what was before, broadcasts their parent, the bot's own posts its ids and metadata."""
    ann, heard = slack.person("ann"), []
    async with link(slack) as bot:

        async def listen() -> None:
            while True:
                envelope = await bot.frame(30)
                await bot.ack(envelope)
                heard.append(envelope["payload"]["event"])

        listening = asyncio.create_task(listen())
        post = await ann.writes("one @Ops Bot")
        await ann.edits(post, "two")
        await ann.reacts("eyes", post)
        await ann.unreacts("eyes", post)
        await ann.pins(post)
        await ann.writes("also here", thread=post, broadcast=True)
        gone = await ann.writes("gone")
        await ann.deletes(gone)
        await slack.person("dee").joins("#ops-shared")
        await ann.opens_home()
        metadata = {"event_type": "opsbot_alert", "event_payload": {"key": "A1"}}
        await client_of(slack).chat_postMessage(channel=OPS, text="mine", metadata=metadata)
        await slack.until(lambda: len(heard) >= 12 and not slack.delivery.pending, "all events")
        listening.cancel()
    events = {(event["type"], event.get("subtype")): event for event in heard}
    assert set(KINDS) <= set(events)
    changed = events["message", "message_changed"]
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("one <@U0OPSBOT>", "two")
    assert changed["message"]["edited"]["user"] == "U0ANN"
    assert events["message", "message_deleted"]["deleted_ts"] == gone.ts
    assert events["message", "thread_broadcast"]["root"]["ts"] == post.ts
    assert events["reaction_added", None]["item"] == {"type": "message", "channel": OPS, "ts": post.ts}
    own = next(event for event in heard if event.get("bot_id"))
    assert (own["bot_id"], own["app_id"], own["metadata"]) == ("B0OPSBOT", "A0OPSBOT", metadata)
    assert len({event["event_ts"] for event in heard}) >= len(heard) - 1  # a mention shares that of its message


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
    receiver.delay = 0.2
    with slack.expects("http_timeout"):
        outcome = await slack.person("ann").says("/health")
    assert "operation_timeout" in outcome.toast


async def test_a_request_url_must_answer_the_challenge(slack: Slack) -> None:
    """An address that does not is not accepted."""
    with slack.expects("http_error", "no_service"), pytest.raises(UnansweredError) as caught:
        await slack.subscribe(f"{slack.url}/hook/none")
    assert (caught.value.reason, slack.events_url) == ("http_error", "")
