"""Stand-ins for the shared services, each on a port of its own with a switch that breaks it."""

import asyncio
import socket
import struct
from collections.abc import Sequence
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.answers import Grafana, Prometheus
from sandbox.llm import Llm
from sandbox.logs import Loki
from sandbox.silences import Alertmanager

CHOICES = ("up", "starting", "failing", "slow", "hang", "error", "html", "junk", "drop", "redirect", "refuse")
SLOW = 1.5  # seconds: below a deadline of two
_JUNK = b"\x00junk\xff\n" * (5 * 1024 * 1024 // 7)
_PAGE = "<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
_FAILED = "<html><head><title>Internal Server Error</title></head><body>Internal Server Error</body></html>"


class Imitation(Protocol):
    """What a service says when it is well, when it starts, and when a part of it fails."""

    setting: str

    def routes(self) -> Sequence[web.RouteDef]:
        """Path by path, what it answers when it is well."""

    def starting(self) -> web.Response:
        """Its answer to anything while it starts."""

    def failing(self) -> web.Response:
        """Its answer to anything while a part of it fails."""


class StandIn:
    """One service on 127.0.0.1. `state` is one of `CHOICES`; the port stays the same, also while it is refused."""

    def __init__(self, imitation: Imitation, slow: float = SLOW) -> None:
        self.imitation = imitation
        self.state = "up"
        self.drops = 0  # so many of the next requests are not answered
        self.port = 0
        self._slow = slow
        self._switched = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._held: socket.socket | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application(middlewares=[self._as_switched])
        app.add_routes(self.imitation.routes())
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        self._hold()
        await self._listen()

    async def stop(self) -> None:
        """Close the port; requests that hang are dropped."""
        self._switched.set()
        if self._runner:
            await self._runner.cleanup()
        if self._held:
            self._held.close()
            self._held = None

    async def switch(self, state: str) -> None:
        """Behave like this from now on; requests that hang are dropped."""
        if state not in CHOICES:
            raise ValueError(f"no such state: {state}")
        before, self.state = self.state, state
        self._switched.set()
        self._switched = asyncio.Event()
        if state == "refuse" and self._site:
            await self._site.stop()
            self._site = None
            self._hold()
        elif before == "refuse" and state != "refuse":
            await self._listen()

    def _hold(self) -> None:
        """A socket that is bound but does not listen: connections are refused, and nobody else gets the port."""
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", self.port))
        self.port = self._held.getsockname()[1]

    async def _listen(self) -> None:
        if not self._runner or not self._held:
            raise RuntimeError("the stand-in was not started")
        self._site = web.SockSite(self._runner, self._held)
        self._held = None
        await self._site.start()

    @web.middleware
    async def _as_switched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.drops:
            self.drops -= 1
            _drop(request)
        match self.state:
            case "starting":
                return self.imitation.starting()
            case "failing":
                # The sign-in page of a Grafana whose database fails still comes; all else follows the failure.
                return await handler(request) if request.path == "/login" else self.imitation.failing()
            case "slow":
                await asyncio.sleep(self._slow)
            case "hang":
                await self._switched.wait()
                _drop(request)
            case "drop" | "refuse":
                _drop(request)
            case other if other in _ODD:
                return _odd(other)
        return await handler(request)


_ODD = ("error", "html", "junk", "redirect")


def _odd(state: str) -> web.Response:
    """An answer that is not the service's own."""
    if state == "error":
        return web.Response(status=500, text=_FAILED, content_type="text/html")
    if state == "html":
        return web.Response(text=_PAGE, content_type="text/html")
    if state == "junk":
        return web.Response(body=_JUNK, content_type="application/octet-stream")
    return web.Response(status=302, headers={"Location": "http://elsewhere.invalid/"})


def _drop(request: web.Request) -> None:
    """Reset the connection: closed at once, with what was not sent thrown away."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


class Services:
    """All stand-ins. `slow` is what the state of that name takes, in seconds."""

    def __init__(self, slow: float = SLOW) -> None:
        self.prometheus = Prometheus()
        self.grafana = Grafana()
        self.loki = Loki()
        self.llm = Llm()
        self.alertmanager = Alertmanager()
        self.all = {
            "prometheus": StandIn(self.prometheus, slow),
            "grafana": StandIn(self.grafana, slow),
            "loki": StandIn(self.loki, slow),
            "llm": StandIn(self.llm, slow),
            "alertmanager": StandIn(self.alertmanager, slow),
        }

    async def start(self) -> None:
        """Open all ports."""
        for service in self.all.values():
            await service.start()

    async def stop(self) -> None:
        """Close all ports."""
        for service in self.all.values():
            await service.stop()

    def url(self, name: str) -> str:
        """Where a service is."""
        return f"http://127.0.0.1:{self.all[name].port}"

    def environment(self) -> dict[str, str]:
        """The bot's settings that point at the stand-ins."""
        return {service.imitation.setting: self.url(name) for name, service in self.all.items()}

    def switches(self) -> list[dict[str, object]]:
        """Each service with the state it is in and those it can be in."""
        return [{"name": name, "state": service.state, "choices": list(CHOICES)} for name, service in self.all.items()]

    async def switch(self, name: str, state: str) -> None:
        """Break a service or mend it. Raises KeyError or ValueError for what there is not."""
        await self.all[name].switch(state)
