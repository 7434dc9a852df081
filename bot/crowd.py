"""Bounds on the connections to the bot's port: who keeps us waiting longest goes, and who is being served stays.

What is no HTTP is a line in the log, not a page of it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

Connection = web.RequestHandler

BACKLOG = 64  # connections that are accepted at once: by so many there may be more for a moment


class Crowd:
    """The connections of one server, `most` at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._served: set[Connection] = set()
        self._leaving: set[Connection] = set()

    def of(self, runner: web.AppRunner) -> Callable[[], asyncio.Protocol]:
        """What makes a protocol for each connection that comes to a server that is set up, and room for it.

        If all others are being served, the new one ends at once.
        """
        server = runner.server
        if server is None:
            raise RuntimeError("The server is not set up.")
        logging.getLogger("aiohttp.server").addFilter(_in_a_line)  # once, however often this is called
        return lambda: server() if self._has_room(server.connections) else _Turned()

    @contextmanager
    def serving(self, request: web.Request) -> Iterator[None]:
        """While inside, the connection waits for us, not we for it: it is not closed for others."""
        connection = request.protocol
        self._served.add(connection)
        try:
            yield
        finally:
            self._served.discard(connection)

    def _has_room(self, there: Sequence[Connection]) -> bool:
        self._leaving.intersection_update(there)
        if len(there) - len(self._leaving) < self._most:
            return True
        idle = (one for one in there if one not in self._served and one not in self._leaving)
        longest = next(idle, None)  # they are in the order in which they came
        if longest is not None:
            self._leaving.add(longest)
            _close(longest)
        return longest is not None


def _close(connection: Connection) -> None:
    """At once: whoever does not read would keep it open."""
    transport = connection.transport
    connection.force_close()
    if transport is not None:
        transport.abort()


def _in_a_line(record: logging.LogRecord) -> bool:
    """What is no HTTP gets its 400, and no traceback in the log: whoever reaches the port could fill it with them."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args, record.exc_info = f"refused what is no HTTP ({type(error).__name__})", (), None
        record.levelno, record.levelname = logging.INFO, "INFO"
    return True


class _Turned(asyncio.Protocol):
    """A connection for which there is no room."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ends it."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
