"""The HTTP endpoints over real sockets: what they answer, and what they refuse."""

import asyncio
import gzip
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

import bot.web
from bot.metrics import Metrics
from bot.web import BODY_LIMIT, Entrances, Readiness, SlackEvents, Web

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Bot:
    """What the endpoints show: set by the tests."""

    def __init__(self) -> None:
        self.now = Readiness("ready")
        self.metrics = Metrics()
        self.got: list[dict[str, object]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.got.append(dict((await to_bolt_request(request)).body))
        return await to_aiohttp_response(BoltResponse(status=200, body="taken"))


@asynccontextmanager
async def served(bot: Bot, slack: SlackEvents | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    server = Web("127.0.0.1", 0, lambda: bot.now, bot.metrics, Entrances(slack))
    port = await server.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        await server.stop()


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> dict[str, str]:
    timestamp = str(int(time.time()) - age)
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature or ""}


async def posted(client: aiohttp.ClientSession, body: bytes, *headers: dict[str, str]) -> tuple[int, str]:
    merged = {name: value for some in headers for name, value in some.items()}
    async with client.post("/slack/events", data=io.BytesIO(body), headers=merged) as answer:
        if answer.status != 200:
            assert answer.content_type == "application/json"
            assert set(await answer.json()) == {"error"}
        return answer.status, await answer.text()


async def test_alive_is_always_answered() -> None:
    """/healthz says that the process lives, whatever its state."""
    bot = Bot()
    bot.now = Readiness("stopping")
    async with served(bot) as client, client.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "alive"})


@pytest.mark.parametrize(("status", "code"), [("ready", 200), ("degraded", 200), ("starting", 503), ("stopping", 503)])
async def test_ready_says_whether_commands_are_taken_and_why_not(status: str, code: int) -> None:
    """Degraded (MongoDB away) is still ready; the body has the reasons."""
    bot = Bot()
    bot.now = {
        name: Readiness(name, ("MongoDB does not answer",)) for name in ("ready", "degraded", "starting", "stopping")
    }[status]
    async with served(bot) as client, client.get("/readyz") as answer:
        assert answer.status == code
        told = await answer.json()
        assert (told["status"], told["reasons"]) == (status, ["MongoDB does not answer"])


async def test_readiness_tells_how_the_bot_itself_is() -> None:
    """Ages of the last pong and tick, what waits to be posted, claims taken over, services as they were last asked."""
    bot, moment = Bot(), 100.0
    bot.metrics = shown = Metrics(lambda: moment)
    async with served(bot) as client:
        async with client.get("/readyz") as answer:
            assert (await answer.json())["vitals"]["last_pong_age_seconds"] is None, "over HTTP there are no pongs"
        shown.sockets(2)
        shown.pong(4)
        shown.outbox(2, 7.54, 0)
        shown.claim_taken_over("letter")
        shown.service_probed("loki", "starting", 0.1)
        moment = 105.0
        async with client.get("/readyz") as answer:
            assert (await answer.json())["vitals"] == {
                "last_pong_age_seconds": 9.0,
                "scheduler_tick_age_seconds": 5.0,
                "outbox_depth": 2,
                "outbox_oldest_seconds": 7.5,
                "claims_taken_over": 1,
                "services": {"loki": "starting"},
            }


async def test_metrics_show_what_happened() -> None:
    """Every method of Metrics leaves its mark in Prometheus's text format."""
    bot = Bot()
    moment = 100.0
    bot.metrics = shown = Metrics(lambda: moment)
    shown.command_done("health", "ok", 0.2)
    shown.event_done("app_mention", "ok")
    shown.in_flight(3)
    shown.slack_called("chat.postMessage", "ratelimited")
    shown.outbox(2, 7.5, 1)
    shown.sockets(2)
    shown.pong(4)
    shown.scheduler_ticked()
    shown.mongo(up=True)
    shown.service_probed("loki", "down", None)
    shown.service_probed("grafana", "up", 0.02)
    shown.announced("24h", "posted")
    shown.claim_taken_over("watch")
    moment = 105.0
    async with served(bot) as client, client.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        families = text_string_to_metric_families(await answer.text())
    samples = {
        (s.name, *(s.labels[name] for name in sorted(s.labels))): s.value for family in families for s in family.samples
    }
    expected = {
        ("opsbot_commands_total", "health", "ok"): 1,
        ("opsbot_command_seconds_count", "health"): 1,
        ("opsbot_events_total", "ok", "app_mention"): 1,
        ("opsbot_in_flight",): 3,
        ("opsbot_slack_calls_total", "ratelimited", "chat.postMessage"): 1,
        ("opsbot_outbox_depth",): 2,
        ("opsbot_outbox_oldest_seconds",): 7.5,
        ("opsbot_sockets_connected",): 2,
        ("opsbot_socket_last_pong_age_seconds",): 9,
        ("opsbot_scheduler_tick_age_seconds",): 5,
        ("opsbot_mongo_up",): 1,
        ("opsbot_service_up", "loki"): 0,
        ("opsbot_service_up", "grafana"): 1,
        ("opsbot_probe_seconds_count", "grafana"): 1,
        ("opsbot_probes_total", "loki", "down"): 1,
        ("opsbot_claims_taken_over_total", "watch"): 1,
        ("opsbot_announcements_total", "posted", "24h"): 1,
    }
    assert {key: samples.get(key) for key in expected} == expected
    assert samples[("process_resident_memory_bytes",)] > 0


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/", 404), ("POST", "/alerts", 404), ("POST", "/slack/events", 404), ("POST", "/healthz", 405)],
)
async def test_what_is_not_there_is_refused_in_json(method: str, path: str, code: int) -> None:
    """Unknown paths are 404, wrong methods 405; in Socket Mode there is no /slack/events."""
    async with served(Bot()) as client, client.request(method, path, data=b"\xff{") as answer:
        assert (answer.status, set(await answer.json())) == (code, {"error"})
        assert ("Allow" in answer.headers) == (code == 405)


async def test_a_signed_command_and_a_signed_event_reach_bolt() -> None:
    """Forms, forms with a JSON payload, and JSON are passed on with their bodies."""
    bot = Bot()
    form = b"command=%2Fhealth&text=&user_id=U1&channel_id=C1"
    press = {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "x"}]}
    payload = b"payload=" + quote(json.dumps(press)).encode()
    said = {"type": "message", "channel": "C1", "ts": "1.2", "text": "é"}
    event = json.dumps({"type": "event_callback", "event_id": "E1", "event": said}).encode()
    async with served(bot, SlackEvents(SECRET, bot.answer)) as client:
        for body, kind in ((form, FORM), (payload, FORM), (event, JSON)):
            assert await posted(client, body, kind, signed(body)) == (200, "taken")
    assert bot.got[0]["command"] == "/health"
    assert [got.get("type") for got in bot.got[1:]] == ["block_actions", "event_callback"]


BODY = b"command=%2Fhealth&user_id=U1&channel_id=C1"
GOOD = "v0=" + "0" * 64
NOW = str(int(time.time()))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Signature": GOOD},
        {"X-Slack-Request-Timestamp": NOW},
        {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": GOOD},
        {"X-Slack-Request-Timestamp": "-1", "X-Slack-Signature": GOOD},
        {"X-Slack-Request-Timestamp": "9" * 400, "X-Slack-Signature": GOOD},
        {"X-Slack-Request-Timestamp": "١٢٣", "X-Slack-Signature": GOOD},
        {"X-Slack-Request-Timestamp": NOW, "X-Slack-Signature": "v0=é" + "0" * 63},
        {"X-Slack-Request-Timestamp": NOW, "X-Slack-Signature": GOOD},
        signed(BODY, secret="another secret"),
        signed(BODY, age=301),
        signed(BODY, age=-4000),
        signed(BODY + b"&text=forged"),
    ],
)
async def test_what_slack_did_not_sign_is_401(headers: dict[str, str]) -> None:
    """Missing, malformed, forged and stale signatures never reach Bolt, and are never a 500."""
    bot = Bot()
    async with served(bot, SlackEvents(SECRET, bot.answer)) as client:
        assert (await posted(client, BODY, FORM, headers))[0] == 401
    assert bot.got == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"hello world", FORM),
        (b"", FORM),
        (b"payload={", FORM),
        (b"payload=[]", FORM),
        (b"<xml a='b'/>", {"Content-Type": "text/xml"}),
        (b"{", JSON),
        (b"[1]", JSON),
        (b"[" * 100_000, JSON),
        (b"{", FORM),
        (b"\xff\xfe", FORM),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded; charset=klingon"}),
        (b"no gzip", {"Content-Encoding": "gzip", **JSON}),
    ],
)
async def test_a_signed_body_that_cannot_be_read_is_400(body: bytes, kind: dict[str, str]) -> None:
    """A right signature over something that is neither JSON nor a form is refused before Bolt."""
    bot = Bot()
    headers = signed(body.decode("utf-8", "replace").encode())
    async with served(bot, SlackEvents(SECRET, bot.answer)) as client:
        assert (await posted(client, body, kind, headers))[0] == 400
    assert bot.got == []


async def test_a_body_over_one_megabyte_is_413() -> None:
    """Also one that is small only while it is compressed."""
    bot = Bot()
    body = b"text=" + b"x" * BODY_LIMIT
    async with served(bot, SlackEvents(SECRET, bot.answer)) as client:
        assert (await posted(client, body, FORM, signed(body)))[0] == 413
        packed = {**FORM, "Content-Encoding": "gzip"}
        assert (await posted(client, gzip.compress(body), packed, signed(body)))[0] == 413
    assert bot.got == []


async def test_slow_clients_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come is 408; a connection that never sends a whole request is closed."""
    monkeypatch.setattr(bot.web, "BODY_SECONDS", 0.1)
    monkeypatch.setattr(bot.web, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(bot.web, "LINGER_SECONDS", 0.2)
    state = Bot()
    async with served(state, SlackEvents(SECRET, state.answer)) as client:
        port = client._base_url.port if client._base_url else 0
        head = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
        slow_body = f"POST /slack/events HTTP/1.1\r\nHost: x\r\n{head}Content-Length: 100\r\n\r\nco".encode()
        for sent, expected in ((slow_body, b"408"), (b"GET /healthz HTTP/1.1\r\nHost:", b"")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            async with asyncio.timeout(5):
                assert (await reader.read())[9:12] == expected
            writer.close()


async def test_a_taken_port_is_an_os_error_and_stopping_twice_is_fine() -> None:
    """`start` says that the address is taken, and which settings mend it; `stop` cleans up after it."""
    first = Web("127.0.0.1", 0, lambda: Readiness("ready"), Metrics())
    port = await first.start()
    second = Web("127.0.0.1", port, lambda: Readiness("ready"), Metrics())
    with pytest.raises(OSError, match=f"at 127.0.0.1:{port} \\(address already in use\\). Set another HOST or PORT"):
        await second.start()
    for server in (second, first, first):
        await server.stop()


async def test_stopping_does_not_wait_for_ever_for_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that hangs is dropped after the time that stopping gives it."""
    monkeypatch.setattr(bot.web, "STOP_SECONDS", 0.2)
    entered = asyncio.Event()

    async def hangs(_: web.Request) -> web.StreamResponse:
        entered.set()
        await asyncio.Event().wait()
        return web.Response()

    async with served(Bot(), SlackEvents(SECRET, hangs)) as client:
        request = asyncio.create_task(posted(client, BODY, FORM, signed(BODY)))
        await entered.wait()
    with pytest.raises(aiohttp.ClientError):
        await request
