"""Socket Mode on several connections at once, so that a refresh or a drop of one leaves no gap.

Each connection is its own loop: ask Slack for an address, connect, read until it ends, again. The SDK's client is not
used here: it opens the next connection only after the old one is gone, and tries a dead address for ever.
Source of the frames: https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import structlog

from bot.slack.api import Api, DeclinedError, RateLimitedError, SlackError

log = structlog.get_logger("socket")

PING_EVERY = 2.0  # seconds
DEAF_AFTER = 6.0  # seconds without a pong or a frame: the connection is dead, whatever TCP says
FIRST_WAIT = 0.5  # seconds after the first failure, at most; doubles from there
LONGEST_WAIT = 4.0  # seconds between tries, so that the bot answers soon after Slack is back
SHORTEST_WAIT = 0.5  # seconds, whatever Retry-After says
_OF_COMMANDS = ("command", "user_id", "channel_id", "response_url")
LULL, LULL_WITHIN = 0.03, 0.25  # seconds without a command that end a burst; how long its work waits at most
LULL_MOST = 200  # commands: each that waits takes memory
SOUND_AFTER = 5.0  # seconds; a connection that ended earlier counts as a failure, or Slack would be asked without end

Payload = dict[str, Any]
Answer = Callable[[Payload], Awaitable[Payload | None]]
Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]


class SocketMeter(Protocol):
    """Counts connections."""

    def sockets(self, connected: int) -> None:
        """How many are open."""

    def pong(self, age_seconds: float = 0) -> None:
        """Slack showed a sign of life so long ago."""


@dataclass(eq=False)
class _Link:
    """One open connection; `closing` is set when it has ended or is about to."""

    socket: aiohttp.ClientWebSocketResponse
    heard_at: float = field(default_factory=time.monotonic)
    closing: asyncio.Event = field(default_factory=asyncio.Event)


class Lull:
    """The moment after a burst: what many people typed at once is acknowledged before the work on it begins.

    Slack waits three seconds, and each piece of work would make the acknowledgements behind it later.
    """

    def __init__(self, seconds: float = LULL) -> None:
        self.seconds = seconds
        self._over: asyncio.Event | None = None
        self._waiting = 0
        self._begun_at = self._heard_at = 0.0

    async def comes(self) -> None:
        """Returns at once for a command that comes alone; in a burst when it is over, within a quarter of a second."""
        now, before = time.monotonic(), self._heard_at
        self._heard_at = now
        if self._over is None and now - before > self.seconds:
            return
        if self._over is None:
            self._over, self._begun_at, self._waiting = asyncio.Event(), now, 0
            self._look_later()
        self._waiting += 1
        await self._over.wait()

    def _look_later(self) -> None:
        asyncio.get_running_loop().call_later(self.seconds, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        is_on = now - self._heard_at < self.seconds and now - self._begun_at < LULL_WITHIN
        if is_on and self._waiting < LULL_MOST:
            self._look_later()
        elif self._over is not None:
            self._over.set()
            self._over = None


class Sockets:
    """Keeps `count` connections open. `answer` takes an envelope and returns what acknowledges it, None for nothing.

    `returned` is called when a connection opens after there was none: events may have been missed meanwhile. `room` is
    awaited before a command is taken, `lull` before the work on it begins.
    """

    def __init__(
        self, api: Api, session: aiohttp.ClientSession, answer: Answer, spawn: Spawn, meter: SocketMeter, count: int = 2
    ) -> None:
        self._api = api
        self._session = session
        self._answer = answer
        self._spawn = spawn
        self._meter = meter
        self._count = count
        self._links: set[_Link] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._is_stopping = False
        self._first = asyncio.Event()
        self._refusal: DeclinedError | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self.lull = Lull()
        self.returned: Callable[[], None] = lambda: None
        self.room: Callable[[], Awaitable[None]] = _at_once

    @property
    def connected(self) -> int:
        """How many connections are open."""
        return len(self._links)

    @property
    def wanted(self) -> int:
        """How many connections are kept open."""
        return self._count

    @property
    def silence(self) -> float:
        """Seconds since the best connection showed a sign of life; infinite without one."""
        return min((time.monotonic() - link.heard_at for link in self._links), default=float("inf"))

    async def start(self) -> None:
        """Opens the connections; returns when one is there. Raises DeclinedError when Slack refuses the token."""
        self._loops = [self._spawn(self._keep(number), f"socket {number}") for number in range(self._count)]
        await self._first.wait()
        if self._refusal is not None:
            raise self._refusal

    async def stop(self) -> None:
        """Takes no more envelopes, sends the acknowledgements under way, and closes."""
        self._is_stopping = True
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=1.5)
        for loop in self._loops:
            loop.cancel()
        for link in list(self._links):
            await link.socket.close()
        if self._loops:
            await asyncio.wait(self._loops)

    async def _keep(self, number: int) -> None:
        failures = 0
        while not self._is_stopping:
            try:
                link = await self._open()
            except DeclinedError as error:
                log.warning("Slack refuses the connection", cause=error.code)
                if not self._first.is_set():
                    self._refusal = error
                    self._first.set()
                    return
                await asyncio.sleep(30.0)
            except RateLimitedError as error:
                await asyncio.sleep(max(SHORTEST_WAIT, error.retry_after))
            except (SlackError, aiohttp.ClientError, TimeoutError, OSError) as error:
                failures += 1
                log.warning("no connection", number=number, cause=str(error) or type(error).__name__)
                await pause(failures)
            else:
                opened_at = time.monotonic()
                await self._use(link)
                failures = failures + 1 if time.monotonic() - opened_at < SOUND_AFTER else 0
                if failures > 1:  # one cut is made good at once
                    await pause(failures - 1)

    async def _open(self) -> _Link:
        address = str((await self._api.call("apps.connections.open"))["url"])
        # A read that times out is a dead connection, whatever TCP says: pongs come in more often.
        limits = aiohttp.ClientWSTimeout(ws_receive=DEAF_AFTER, ws_close=1.0)
        socket = await self._session.ws_connect(address, autoping=False, max_msg_size=0, timeout=limits)
        link = _Link(socket)
        was_cut_off = not self._links and self._first.is_set()
        self._links.add(link)
        self._meter.sockets(self.connected)
        self._first.set()
        log.info("connected", open=self.connected)
        if was_cut_off:
            self.returned()
        return link

    async def _use(self, link: _Link) -> None:
        """Until the connection ends, or says that it will: then it is used on while its successor is opened."""
        reading = self._spawn(self._read(link), "socket read")
        pinging = self._spawn(self._ping(link), "socket ping")
        reading.add_done_callback(lambda _: pinging.cancel())
        try:
            await link.closing.wait()
        except asyncio.CancelledError:
            reading.cancel()
            raise

    async def _ping(self, link: _Link) -> None:
        try:
            while not link.socket.closed:
                await link.socket.ping()
                await asyncio.sleep(PING_EVERY)
        except (aiohttp.ClientError, OSError) as error:
            log.warning("no ping", cause=str(error) or type(error).__name__)
            await link.socket.close()

    async def _read(self, link: _Link) -> None:
        try:
            while not link.socket.closed:
                frame = await link.socket.receive()
                link.heard_at = time.monotonic()
                self._meter.pong()
                if frame.type is aiohttp.WSMsgType.PING:
                    await link.socket.pong(frame.data)
                elif frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(link, frame.data)
        except TimeoutError:
            log.warning("no sign of life", seconds=DEAF_AFTER)
        except (aiohttp.ClientError, OSError) as error:
            log.warning("connection broke", cause=str(error) or type(error).__name__)
        finally:
            self._links.discard(link)
            self._meter.sockets(self.connected)
            link.closing.set()
            await link.socket.close()

    def _take(self, link: _Link, text: str) -> None:
        try:
            envelope = json.loads(text)
        except ValueError:
            log.warning("frame is no JSON")
            return
        if not isinstance(envelope, dict):
            log.warning("frame is no object")
            return
        if envelope.get("type") == "disconnect":
            log.info("connection is being closed", reason=envelope.get("reason"))
            link.closing.set()
        elif "envelope_id" in envelope and not self._is_stopping:
            task = self._spawn(self._reply(link, envelope), "socket envelope")
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _reply(self, link: _Link, envelope: Payload) -> None:
        if _is_command(envelope):
            await self.room()
            # Slack never sends a command again, and nothing is said in its acknowledgement: the person need not wait.
            await self._acknowledge(link, envelope, {})
            await self.lull.comes()
            await self._answer(envelope)
            return
        acknowledgement = await self._answer(envelope)
        if acknowledgement is not None:
            await self._acknowledge(link, envelope, acknowledgement)

    async def _acknowledge(self, link: _Link, envelope: Payload, acknowledgement: Payload) -> None:
        frame = json.dumps({"envelope_id": envelope["envelope_id"], **acknowledgement})
        # Its own connection may have gone meanwhile; Slack takes the acknowledgement on another.
        for each in (link, *(other for other in self._links if other is not link)):
            try:
                await each.socket.send_str(frame)
            except (aiohttp.ClientError, OSError):
                continue
            return
        log.warning("acknowledgement lost", envelope=envelope["envelope_id"])


async def _at_once() -> None:
    """There is room."""


def _is_command(envelope: Payload) -> bool:
    """Whether it is a slash command with all that Slack always sends; what lacks something is not acknowledged."""
    payload = envelope.get("payload")
    return (
        envelope.get("type") == "slash_commands"
        and isinstance(payload, dict)
        and all(payload.get(name) for name in _OF_COMMANDS)
    )


async def pause(failures: int) -> None:
    """Longer with each failure, and never the same for all connections, so that they do not come together."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 10))  # an hour of failures is a thousand
    await asyncio.sleep(longest * random.uniform(0.7, 1.0))  # noqa: S311 - no secret
