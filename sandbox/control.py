"""The page's side of the server: its state, its acts, word of every change, and the switches that break things."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from sandbox.asks import Outcome
from sandbox.deeds import Deeds, Written
from sandbox.faults import Faults
from sandbox.interactions import Interactions, Spot
from sandbox.manifest import Manifest
from sandbox.page_state import page_state
from sandbox.records import CannotError, Json, SlackError
from sandbox.socket_mode import SocketMode
from sandbox.workspace import Message, View, Workspace

PAGE = Path(__file__).parent / "page"
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
        """`POST /sandbox/act`: `{"ok": true, …}`, or `{"ok": false, "error": words}` where a person could not do it."""
        body = await _body(request)
        acts: Mapping[str, Callable[[str, Json], Awaitable[Json]]] = {
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
        try:
            who, act = self._workspace.person(str(body.get("as"))).id, acts[str(body.get("act"))]
            return web.json_response({"ok": True, **await act(who, body)})
        except KeyError as missing:
            return web.json_response({"ok": False, "error": f"the act lacks {missing}"}, status=400)
        except (CannotError, SlackError, ValueError) as error:
            return web.json_response({"ok": False, "error": str(error)})

    async def _says(self, who: str, body: Json) -> Json:
        return _told(
            await self._world.deeds.command(who, Written(body["channel"], body["text"], body.get("thread_ts")))
        )

    async def _writes(self, who: str, body: Json) -> Json:
        broadcast = bool(body.get("broadcast"))
        written = Written(body["channel"], body["text"], body.get("thread_ts"), broadcast)
        return {"ts": self._world.deeds.write(who, written).ts}

    async def _edits(self, who: str, body: Json) -> Json:
        self._world.deeds.edit(who, body["channel"], body["ts"], body["text"])
        return {}

    async def _deletes(self, who: str, body: Json) -> Json:
        self._world.deeds.delete(who, body["channel"], body["ts"])
        return {}

    async def _reacts(self, who: str, body: Json) -> Json:
        self._world.deeds.react(who, body["channel"], body["ts"], body["name"], on=body["act"] == "reacts")
        return {}

    async def _clicks(self, who: str, body: Json) -> Json:
        on = self._container(who, body["container"])
        self._fill(who, on, body.get("values") or {})
        spot = Spot(on, body["block_id"], body["action_id"])
        return _told(await self._world.interactions.use(who, spot, body.get("value")))

    async def _submits(self, who: str, body: Json) -> Json:
        view = self._workspace.view(body["view_id"])
        self._fill(who, view, body.get("values") or {})
        return _told(await self._world.interactions.submit(who, view))

    async def _closes(self, who: str, body: Json) -> Json:
        return _told(await self._world.interactions.close(who, self._workspace.view(body["view_id"])))

    async def _shortcut(self, who: str, body: Json) -> Json:
        return _told(await self._world.deeds.shortcut(who, body["callback_id"], body["channel"], body["ts"]))

    async def _home(self, who: str, _body: Json) -> Json:
        self._world.deeds.home(who)
        return {}

    def _container(self, who: str, container: Json) -> Message | View:
        match container["type"]:
            case "view":
                return self._workspace.view(container["view_id"])
            case "ephemeral":
                return self._workspace.ephemeral(who, container["ts"])
        return self._workspace.message(container["channel"], container["ts"])

    def _fill(self, who: str, on: Message | View, values: Json) -> None:
        """What else is filled in: `{block_id: {action_id: value}}`."""
        for block_id, elements in values.items():
            for action_id, value in elements.items():
                self._world.interactions.enter(who, Spot(on, block_id, action_id), value)

    async def services(self, _request: web.Request) -> web.Response:
        """`GET /sandbox/services`."""
        return web.json_response({"services": self._services.switches() if self._services else []})

    async def switch(self, request: web.Request) -> web.Response:
        """`POST /sandbox/services` with `{"name", "state"}`."""
        body = await _body(request)
        try:
            if self._services:
                await self._services.switch(str(body["name"]), str(body["state"]))
        except (KeyError, ValueError) as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
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
        body = await _body(request)
        kind, value = str(body.get("kind")), body.get("value", 0.0)
        sockets = self._world.sockets
        match kind:
            case "refresh":
                self._keep(asyncio.create_task(sockets.refresh(grace=float(value or 10.0))))
            case "close":
                await sockets.close()
            case "abort":
                sockets.abort()
            case "half_open":
                sockets.half_open()
            case "refuse":
                sockets.refuse_for(float(value))
            case "clear":
                self._world.faults.clear()
            case _:
                return self._add_api_fault(kind, value, body)
        return web.json_response({"ok": True})

    def _add_api_fault(self, kind: str, value: Any, body: Json) -> web.Response:
        try:
            self._world.faults.add(kind, str(body.get("method", "*")), count=body.get("count", 1), value=value)
        except ValueError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True})

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


async def _body(request: web.Request) -> Json:
    """JSON, and said to be: another site's form cannot send that type here."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="not JSON") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="not an object")
    return body


def _told(outcome: Outcome) -> Json:
    """A missing acknowledgement is no error of the act: the person finds Slack's words about it among the toasts."""
    return {"acked_in": outcome.acked_in}
