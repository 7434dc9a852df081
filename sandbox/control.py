"""The page's side of the server: its state, its acts, word of every change, and the switches that break things."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from sandbox.asked import Asked, AskedError, asked, refusal
from sandbox.asks import Outcome
from sandbox.deeds import Deeds, Written
from sandbox.faults import KINDS, Faults
from sandbox.interactions import Interactions, Spot
from sandbox.manifest import Manifest
from sandbox.page_state import page_state
from sandbox.records import CannotError, Json, ShapeError, SlackError
from sandbox.socket_mode import SocketMode
from sandbox.workspace import Message, View, Workspace

PAGE = Path(__file__).parent / "page"
SOCKETS = ("refresh", "close", "abort", "half_open", "refuse", "clear")
PAUSE = 0.1  # seconds between two notices of change


class Switches(Protocol):
    """The stand-ins of the shared services."""

    def switches(self) -> list[dict[str, object]]:
        """Each with its name, its state and the states it can be in."""

    async def switch(self, name: str, state: str) -> None:
        """Put one into a state. KeyError or ValueError for what there is not."""


class World(Protocol):
    """What the page needs of the workspace."""

    workspace: Workspace
    manifest: Manifest
    deeds: Deeds
    interactions: Interactions
    faults: Faults
    sockets: SocketMode


class Control:
    """Routes under `/` and `/sandbox/`."""

    def __init__(self, world: World, services: Switches | None = None) -> None:
        self._world = world
        self._workspace = world.workspace
        self._services = services
        self._tasks: set[asyncio.Task[None]] = set()

    def add_to(self, app: web.Application) -> None:
        """Add the routes; give this to `Slack.start`."""
        app.router.add_get("/sandbox/state", self.state)
        app.router.add_post("/sandbox/act", self.act)
        app.router.add_get("/sandbox/live", self.live)
        app.router.add_get("/sandbox/services", self.services)
        app.router.add_post("/sandbox/services", self.switch)
        app.router.add_get("/sandbox/faults", self.faults)
        app.router.add_post("/sandbox/faults", self.add_fault)
        app.router.add_get("/", _index)
        app.router.add_static("/", PAGE)

    async def state(self, request: web.Request) -> web.Response:
        """`GET /sandbox/state?as=<user id>`."""
        me = request.query.get("as", "")
        connected = len(self._world.sockets.connections)
        known = me if me in self._workspace.people else ""
        return web.json_response(page_state(self._workspace, self._world.manifest, known, connected))

    async def live(self, request: web.Request) -> web.WebSocketResponse:
        """`GET /sandbox/live`: `{"changed": n}` after every change, at most ten a second."""
        ws = web.WebSocketResponse(heartbeat=20.0)
        await ws.prepare(request)
        notices = asyncio.create_task(self._notify(ws))
        try:
            async for _ in ws:
                continue
        finally:
            notices.cancel()
        return ws

    async def _notify(self, ws: web.WebSocketResponse) -> None:
        told = self._workspace.version
        with contextlib.suppress(ConnectionError):
            while True:
                change = self._workspace.next_change
                if told == self._workspace.version:
                    await change.wait()
                told = self._workspace.version
                await ws.send_json({"changed": told})
                await asyncio.sleep(PAUSE)

    async def act(self, request: web.Request) -> web.Response:
        """`POST /sandbox/act`: `{"ok": true, …}`, or `{"ok": false, "error": words}` where a person could not do it.

        400 with the same words for what the page would not send.
        """
        acts: Mapping[str, Callable[[str, Asked], Awaitable[Json]]] = {
            "says": self._says,
            "writes": self._writes,
            "edits": self._edits,
            "deletes": self._deletes,
            "reacts": self._reacts,
            "unreacts": self._reacts,
            "clicks": self._clicks,
            "submits": self._submits,
            "closes": self._closes,
            "shortcut": self._shortcut,
            "home": self._home,
        }
        body = await asked(request)
        try:
            act = acts[body.one_of("act", acts)]
            return web.json_response({"ok": True, **await act(self._workspace.person(body.text("as")).id, body)})
        except (AskedError, ShapeError) as error:
            raise refusal(web.HTTPBadRequest, str(error)) from None
        except (CannotError, SlackError) as error:
            return web.json_response({"ok": False, "error": str(error)})

    async def _says(self, who: str, body: Asked) -> Json:
        written = Written(self._channel(body), body.text("text"), body.perhaps("thread_ts"))
        return _told(await self._world.deeds.command(who, written))

    async def _writes(self, who: str, body: Asked) -> Json:
        thread, broadcast = body.perhaps("thread_ts"), body.flag("broadcast")
        written = Written(self._channel(body), body.text("text"), thread, broadcast)
        return {"ts": self._world.deeds.write(who, written).ts}

    async def _edits(self, who: str, body: Asked) -> Json:
        self._world.deeds.edit(who, self._channel(body), body.text("ts"), body.text("text"))
        return {}

    async def _deletes(self, who: str, body: Asked) -> Json:
        self._world.deeds.delete(who, self._channel(body), body.text("ts"))
        return {}

    async def _reacts(self, who: str, body: Asked) -> Json:
        on = body.text("act") == "reacts"
        self._world.deeds.react(who, self._channel(body), body.text("ts"), body.text("name"), on=on)
        return {}

    async def _clicks(self, who: str, body: Asked) -> Json:
        block_id, action_id, value = body.text("block_id"), body.text("action_id"), body.raw("value")
        on = self._container(who, body.part("container"))
        spot = Spot(on, block_id, action_id)
        interactions = self._world.interactions
        interactions.check(who, spot, value)
        interactions.fill(who, _entries(on, body))
        return _told(await interactions.use(who, spot, value))

    async def _submits(self, who: str, body: Asked) -> Json:
        view = self._workspace.view(body.text("view_id"))
        self._world.interactions.fill(who, _entries(view, body))
        return _told(await self._world.interactions.submit(who, view))

    async def _closes(self, who: str, body: Asked) -> Json:
        return _told(await self._world.interactions.close(who, self._workspace.view(body.text("view_id"))))

    async def _shortcut(self, who: str, body: Asked) -> Json:
        callback, channel, ts = body.text("callback_id"), self._channel(body), body.text("ts")
        return _told(await self._world.deeds.shortcut(who, callback, channel, ts))

    async def _home(self, who: str, _body: Asked) -> Json:
        self._world.deeds.home(who)
        return {}

    def _channel(self, body: Asked) -> str:
        return self._workspace.channel(body.text("channel")).id

    def _container(self, who: str, container: Asked) -> Message | View:
        match container.one_of("type", ("view", "ephemeral", "message")):
            case "view":
                return self._workspace.view(container.text("view_id"))
            case "ephemeral":
                return self._workspace.ephemeral(who, container.text("ts"))
        return self._workspace.message(self._channel(container), container.text("ts"))

    async def services(self, _request: web.Request) -> web.Response:
        """`GET /sandbox/services`."""
        return web.json_response({"services": self._services.switches() if self._services else []})

    async def switch(self, request: web.Request) -> web.Response:
        """`POST /sandbox/services` with `{"name", "state"}`."""
        body = await asked(request)
        known = self._services.switches() if self._services else []
        try:
            name = body.one_of("name", [str(one["name"]) for one in known])
            state = body.text("state")
            if self._services:
                await self._services.switch(name, state)
        except (AskedError, ValueError) as error:
            raise refusal(web.HTTPBadRequest, str(error)) from None
        self._workspace.changed()
        return web.json_response({"ok": True})

    async def faults(self, _request: web.Request) -> web.Response:
        """`GET /sandbox/faults`: those of the Web API that are in force."""
        return web.json_response({"faults": [vars(fault) for fault in self._world.faults.active]})

    async def add_fault(self, request: web.Request) -> web.Response:
        """`POST /sandbox/faults`: `{"kind", "method", "count", "value"}` as `Faults.add`, or one of the sockets' kinds.

        Sockets: "refresh" (`value` seconds of grace), "close", "abort", "half_open", "refuse" (`value` seconds).
        "clear" ends all faults of the Web API.
        """
        body = await asked(request)
        try:
            await self._trouble(body)
        except AskedError as error:
            raise refusal(web.HTTPBadRequest, str(error)) from None
        return web.json_response({"ok": True})

    async def _trouble(self, body: Asked) -> None:
        sockets = self._world.sockets
        match body.one_of("kind", (*SOCKETS, *KINDS)):
            case "refresh":
                self._keep(asyncio.create_task(sockets.refresh(grace=body.seconds("value", 10.0))))
            case "close":
                await sockets.close()
            case "abort":
                sockets.abort()
            case "half_open":
                sockets.half_open()
            case "refuse":
                sockets.refuse_for(body.seconds("value", 0.0))
            case "clear":
                self._world.faults.clear()
            case kind:
                method = body.text("method", "*")
                count = None if body.raw("count") is None and body.has("count") else body.whole("count", 1, 1, 10_000)
                self._world.faults.add(kind, method, count=count, value=_value(kind, body))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


def _entries(on: Message | View, body: Asked) -> list[tuple[Spot, Any]]:
    """What else is filled in."""
    return [(Spot(on, block_id, action_id), value) for block_id, action_id, value in body.values()]


def _value(kind: str, body: Asked) -> float | str:
    """The value of a fault of the Web API: see Fault."""
    match kind:
        case "error":
            return body.text("value")
        case "status":
            return body.whole("value", 500, 200, 599)
    return body.seconds("value", 0.0)


def _told(outcome: Outcome) -> Json:
    """A missing acknowledgement is no error of the act: the person finds Slack's words about it among the toasts."""
    return {"acked_in": outcome.acked_in}
