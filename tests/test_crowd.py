"""More connections to the bot's port than it holds: those that keep it waiting go, and whoever asks is answered."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

import bot.web
from bot.metrics import Metrics
from bot.web import Alerts, Entrances, Readiness, SlackEvents, Web
from tests.test_web import FORM, SECRET, posted, signed

ROOM, MANY = 20, 200
COMMAND = b"command=%2Fhealth&user_id=U1&channel_id=C1"
TOKEN = {"Authorization": "Bearer the-token"}
DAWDLERS = [
    b"",
    b"GET /heal",
    b"POST /alerts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer the-token\r\nContent-Length: 9999\r\n\r\n{",
    b"POST /alerts HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{",
    b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slack-Request-Timestamp: 1\r\nX-Slack-Signature: v0="
    + b"0" * 64
    + b"\r\nContent-Length: 9999\r\n\r\n{",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
]


class Doors:
    """What got through; alerts stay until they are let go."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.is_full = asyncio.Event()
        self.may_go = asyncio.Event()
        self.may_go.set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Slack's door."""
        self.got.append(await request.read())
        return web.Response(text="taken")

    async def take(self, body: bytes) -> None:
        """Monitoring's door."""
        self.got.append(body)
        if len(self.got) == ROOM:
            self.is_full.set()
        await self.may_go.wait()


@asynccontextmanager
async def listening(doors: Doors) -> AsyncIterator[int]:
    """The port of a server with all entrances."""
    entrances = Entrances(SlackEvents(SECRET, doors.answer), Alerts("the-token", doors.take, print))
    server = Web("127.0.0.1", 0, lambda: Readiness("ready"), Metrics(), entrances)
    yield await server.start()
    await server.stop()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for few."""
    monkeypatch.setattr(bot.web, "CONNECTIONS", ROOM)


async def crowding(port: int, count: int, said: bytes) -> list[socket.socket]:
    """So many connections that say this much and no more."""
    loop, found = asyncio.get_running_loop(), []
    for _ in range(count):
        one = socket.socket()
        one.setblocking(False)
        await loop.sock_connect(one, ("127.0.0.1", port))
        await loop.sock_sendall(one, said)
        found.append(one)
    return found


@pytest.mark.parametrize("said", DAWDLERS)
async def test_many_who_dawdle_keep_nobody_out(said: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Silent ones, half a head, half a body with or without the token, idle after an answer: others are answered.

    Those that are closed leave no traceback in the log.
    """
    doors = Doors()
    async with listening(doors) as port:
        crowd = await crowding(port, MANY, said)
        async with asyncio.timeout(4.0), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            async with client.get("/healthz") as answer:
                assert answer.status == 200
            async with client.post("/alerts", data=b"{}", headers=TOKEN) as answer:
                assert answer.status == 200
            assert (await posted(client, COMMAND, FORM, signed(COMMAND)))[0] == 200
        for one in crowd:
            one.close()
    assert doors.got == [b"{}", COMMAND]
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_only_so_many_are_open_at_once() -> None:
    """The oldest are closed as new ones come; the newest stay."""
    async with listening(Doors()) as port:
        crowd = await crowding(port, 5 * ROOM, b"")
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(4.0):
            ended = await asyncio.gather(*(closed(loop, one) for one in crowd[: -2 * ROOM]))
        assert all(ended)
        waiting = [asyncio.ensure_future(closed(loop, one)) for one in crowd[-ROOM // 2 :]]
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
        assert not any(one.done() for one in waiting)
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting)
        for each in crowd:
            each.close()


async def closed(loop: asyncio.AbstractEventLoop, one: socket.socket) -> bool:
    """Waits until the other side ends a connection."""
    try:
        return await loop.sock_recv(one, 1) == b""
    except ConnectionError:
        return True


async def test_who_is_being_served_is_not_closed_for_others() -> None:
    """A crowd that comes while notifications are being kept takes none of their answers away; it is turned away."""
    doors = Doors()
    doors.may_go.clear()
    async with (
        listening(doors) as port,
        aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", headers=TOKEN, connector=aiohttp.TCPConnector(limit=0)
        ) as client,
    ):
        notifying = [asyncio.ensure_future(status(client)) for _ in range(ROOM)]
        async with asyncio.timeout(4.0):
            await doors.is_full.wait()
            crowd = await crowding(port, 2 * ROOM, b"")
            loop = asyncio.get_running_loop()
            assert all(await asyncio.gather(*(closed(loop, one) for one in crowd)))
        doors.may_go.set()
        assert await asyncio.gather(*notifying) == [200] * ROOM
        for one in crowd:
            one.close()


async def status(client: aiohttp.ClientSession) -> int:
    """What a notification is answered with."""
    async with client.post("/alerts", data=b"{}") as answer:
        return answer.status
