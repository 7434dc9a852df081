"""What is sent to the bot's port by whoever reaches it: refused in a line, soon, and never with a 5xx of a fault."""

import asyncio
import hmac
import io
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

import bot.web
from bot import logs
from bot.metrics import Metrics
from bot.settings import load
from bot.web import Alerts, Entrances, Readiness, SlackEvents, Web
from tests.test_web import FORM, SECRET, posted, signed

HEAD = b"Host: x\r\nConnection: close\r\n"
TOKEN = b"Authorization: Bearer the-token\r\n"

GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    b"get /healthz HTTP/1.1\r\n" + HEAD + b"\r\n",
    b"GET /healthz HTTP/3.0\r\n\r\n",
    b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HEAD + b"X: " + b"a" * 10_000 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(200)) + b"\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HEAD + b"X: a\x00b\r\n\r\n",
    b"POST /alerts HTTP/1.1\r\n" + HEAD + TOKEN + b"Content-Length: -1\r\n\r\n",
    b"POST /alerts HTTP/1.1\r\n" + HEAD + TOKEN + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /alerts HTTP/1.1\r\n" + HEAD + TOKEN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST /alerts HTTP/1.1\r\n" + HEAD + TOKEN + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /alerts HTTP/1.1\r\n" + HEAD + TOKEN + b"\x00: 1\r\n\r\n",
    b"POST /alerts HTTP/1.1\r\n" + HEAD + b"Authorization: Bearer \xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /slack/events HTTP/1.1\r\n" + HEAD + b"X-Slack-Signature: v0=\xff\r\nContent-Length: 1\r\n\r\na",
    b"GET /%ff%00/../../etc HTTP/1.1\r\n" + HEAD + b"\r\n",
    b"CONNECT x:1 HTTP/1.1\r\n" + HEAD + b"\r\n",
]


class Doors:
    """What got through them."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Slack's door."""
        self.got.append(await request.read())
        return web.Response(text="taken")

    async def take(self, body: bytes) -> None:
        """Monitoring's door."""
        self.got.append(body)


@asynccontextmanager
async def listening(doors: Doors) -> AsyncIterator[int]:
    """The port of a server with all entrances."""
    entrances = Entrances(SlackEvents(SECRET, doors.answer), Alerts("the-token", doors.take, print))
    server = Web("127.0.0.1", 0, lambda: Readiness("ready"), Metrics(), entrances)
    yield await server.start()
    await server.stop()


async def sent(port: int, *parts: bytes, every: float = 0.0) -> bytes:
    """What comes back until the server closes the connection, for parts that are sent one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(every)

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        sending.cancel()
        await asyncio.wait({sending})
        writer.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The bot's log at its most talkative; afterwards logging is as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.configure("json", "debug", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def test_garbage_is_refused_with_a_4xx_and_a_line_of_log(log: io.StringIO) -> None:
    """Neither a 5xx nor a traceback comes of it, nothing gets through, and what was sent is not in the log."""
    doors = Doors()
    async with listening(doors) as port:
        for request in GARBAGE:
            reply = await sent(port, request)
            assert reply[9:12] in (b"400", b"401", b"404"), (request[:60], reply[:200])
    assert doors.got == []
    assert "Traceback" not in log.getvalue()
    assert "the-token" not in log.getvalue()
    assert log.getvalue().count("refused what is no HTTP") > 5


async def test_whoever_dawdles_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers or a body that trickle in, wanted or not, on a new or a used connection: it is closed all the same."""
    monkeypatch.setattr(bot.web, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(bot.web, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(bot.web, "LINGER_SECONDS", 0.2)
    drops = [b"X-%d: 1\r\n" % number for number in range(1000)]
    get, post = b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"POST /alerts HTTP/1.1\r\nHost: x\r\n"
    doors = Doors()
    async with listening(doors) as port:
        replies = await asyncio.gather(
            sent(port, get, *drops, every=0.05),
            sent(port, get + b"\r\n", get, *drops, every=0.05),
            sent(port, post + TOKEN + b"Content-Length: 9999\r\n\r\n", *drops, every=0.05),
            sent(port, post + TOKEN + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\na\r\n"] * 1000, every=0.05),
            sent(port, post + b"Content-Length: 9999\r\n\r\n", *drops, every=0.05),
            sent(port, get + b"Content-Length: 9999\r\n\r\n", *drops, every=0.05),
        )
    told = [reply[9:12] for reply in replies]
    # Where the machine is busy a connection may be closed before its answer.
    assert all(
        one in (b"", wanted) for one, wanted in zip(told, (b"", b"200", b"503", b"503", b"401", b"200"), strict=True)
    )
    assert doors.got == []


async def test_the_token_of_alerts_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try, however near, goes through the comparison that takes as long for any; only the token gets in."""
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def noted(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    doors = Doors()
    tries = (
        "",
        "Bearer",
        "Bearer ",
        "Bearer the-toke",
        "Bearer the-token2",
        "bearer THE-TOKEN",
        "Basic the-token",
        "é",
    )
    async with listening(doors) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        for text in tries:
            async with client.post("/alerts", data=b"{}", headers={"Authorization": text}) as refused:
                assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer"), text
        async with client.post("/alerts?token=the-token", data=b"{}") as refused:
            assert refused.status == 401
        async with client.post("/alerts", data=b"{}", headers={"Authorization": "Bearer the-token"}) as taken:
            assert taken.status == 200
    assert len(compared) == len(tries) + 2
    assert doors.got == [b"{}"]


async def test_a_signature_counts_once() -> None:
    """The same signed command again is 409, also at the same moment, and also if it says to be a retry of Slack's."""
    doors = Doors()
    body = b"command=%2Fhealth&user_id=U1&channel_id=C1"
    async with listening(doors) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        headers = signed(body)
        answers = await asyncio.gather(*(posted(client, body, FORM, headers) for _ in range(5)))
        assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409]
        assert (await posted(client, body, FORM, headers, {"X-Slack-Retry-Num": "1"}))[0] == 409
    assert doors.got == [body]


async def test_by_default_only_the_machine_itself_gets_an_answer() -> None:
    """HOST is 127.0.0.1 unless it is set: another address of the same machine is refused by the system."""
    settings = load((), {"SLACK_BOT_TOKEN": "xoxb-1-1", "SLACK_APP_TOKEN": "xapp-1-A-1-1"})
    assert settings.host == "127.0.0.1"
    server = Web(settings.host, 0, lambda: Readiness("ready"), Metrics())
    port = await server.start()
    try:
        assert (await sent(port, b"GET /metrics HTTP/1.0\r\n\r\n"))[9:12] == b"200"
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.2", port)
    finally:
        await server.stop()
