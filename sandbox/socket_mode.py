"""Socket Mode: up to ten websockets, each payload to one of them, in turn.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import secrets
import socket
import struct
import time
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.delivery import Retry, UnansweredError
from sandbox.records import Json
from sandbox.workspace import APP, Workspace

MAX_CONNECTIONS = 10
CLOSING = 0.5  # seconds for the other side to answer a closing frame
TICKET_LIFE = 30.0  # seconds in which an address from apps.connections.open must be used


class Connection:
    """One websocket of the bot. A half-open one takes everything and answers nothing, not even pings."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self.ws = ws
        self.half_open = False
        self.received = 0
        self._transport = transport

    async def send(self, frame: Json) -> None:
        """Send one frame; one that can no longer be sent is lost, as on a real network."""
        if self.half_open:
            return
        try:
            await self.ws.send_str(json.dumps(frame))
        except ConnectionError:
            return

    def abort(self) -> None:
        """Reset the TCP connection, without a closing frame."""
        if self._transport is not None:
            reset(self._transport)


class SocketMode:
    """The open connections, and the envelopes that wait to be acknowledged."""

    def __init__(self, workspace: Workspace, ack_within: float) -> None:
        self.connections: list[Connection] = []
        self._refuse_until = 0.0
        self._workspace = workspace
        self._ack_within = ack_within
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0

    def ticket(self) -> str:
        """A fresh ticket for `/link/<ticket>`: good for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = self._workspace.clock()
        return ticket

    async def send(self, kind: str, payload: Json, retry: Retry) -> Json:
        """Deliver to the next connection in turn and wait for its acknowledgement."""
        if not self.connections:
            raise UnansweredError("not_connected", blame=False)
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        connection.received += 1
        envelope: Json = {
            "envelope_id": f"{secrets.token_hex(4)}-{secrets.token_hex(8)}",
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind == "slash_commands" or payload.get("type") in _ANSWERED,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry.attempt, "retry_reason": retry.reason}
        acknowledged: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = acknowledged
        try:
            await connection.send(envelope)
            body = await asyncio.wait_for(acknowledged, self._ack_within)
        except TimeoutError:
            there = connection in self.connections and not connection.half_open
            raise UnansweredError("timeout", blame=there, detail=f"no ack in {self._ack_within:g} s") from None
        finally:
            del self._waiting[envelope["envelope_id"]]
        return body if envelope["accepts_response_payload"] else {}

    def refuse_for(self, seconds: float) -> None:
        """Cut every new connection for that long."""
        self._refuse_until = time.monotonic() + seconds

    async def link(self, request: web.Request) -> web.StreamResponse:
        """`GET /link/<ticket>`: a websocket of the bot, until one of the two sides ends it."""
        if time.monotonic() < self._refuse_until and request.transport is not None:
            reset(request.transport)
            return web.Response(status=503)
        issued = self._tickets.pop(request.match_info["ticket"], None)
        if issued is None or self._workspace.clock() - issued > TICKET_LIFE:
            self._workspace.refuse("link", "bad_ticket", "used twice, too late, or never issued")
            return web.Response(status=404, text="bad ticket")
        ws = web.WebSocketResponse(autoping=False, timeout=CLOSING)
        await ws.prepare(request)
        connection = Connection(ws, request.transport)
        if len(self.connections) >= MAX_CONNECTIONS:
            self._workspace.refuse("link", "too_many_websockets")
            await self._part(connection, "too_many_websockets")
            return ws
        self.connections.append(connection)
        self._workspace.changed()
        try:
            await connection.send(self._hello())
            await self._listen(connection)
        finally:
            self.connections.remove(connection)
            self._workspace.changed()
        return ws

    async def refresh(self, reason: str = "refresh_requested", grace: float = 10.0) -> None:
        """Ask every connection to reconnect, and close those that are still there `grace` seconds later."""
        asked = list(self.connections)
        for connection in asked:
            await connection.send(_disconnect(reason))
        if reason != "warning" and asked:
            await asyncio.sleep(grace)
            await self.close(asked)

    async def close(self, connections: list[Connection] | None = None) -> None:
        """Close connections (all, if none are named) with a closing frame."""
        for connection in list(self.connections) if connections is None else connections:
            await connection.ws.close(code=1000)

    def abort(self) -> None:
        """Reset every TCP connection."""
        for connection in list(self.connections):
            connection.abort()

    def half_open(self) -> None:
        """From now on the present connections take frames but answer none, and bring none to the bot."""
        for connection in self.connections:
            connection.half_open = True

    async def _part(self, connection: Connection, reason: str) -> None:
        await connection.send(_disconnect(reason))
        await connection.ws.close(code=1000)

    async def _listen(self, connection: Connection) -> None:
        async for frame in connection.ws:
            if connection.half_open:
                continue
            if frame.type is WSMsgType.PING:
                await connection.ws.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                self._acknowledged(frame.data)

    def _acknowledged(self, data: str) -> None:
        """An acknowledgement counts on whichever connection it comes: SDKs resend it after a reconnect."""
        try:
            frame: Any = json.loads(data)
            envelope_id = frame["envelope_id"]
            body = frame.get("payload") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            self._workspace.refuse("ack", "not_an_acknowledgement", data[:200])
            return
        waiting = self._waiting.get(envelope_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(body)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": APP},
        }


_ANSWERED = {"view_submission", "block_suggestion"}


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}


def reset(transport: asyncio.Transport | asyncio.BaseTransport) -> None:
    """Close a TCP connection by reset, with what was not sent thrown away."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
