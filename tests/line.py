"""A way to MongoDB that can be cut, held up and mended: for bots the server is gone, and the others keep theirs.

To a bot that looks much the same as a server that is killed and started again, and takes a hundredth of the time. But
what had reached the server is done all the same.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox.mongo import free_port

BACKLOG = 100


class _End(asyncio.Protocol):
    """One side of a connection that is led on; what it hears the other side says."""

    def __init__(self, is_held: Callable[[], bool]) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self._is_held = is_held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._is_held():
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def connection_lost(self, _: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


class Line:
    """A port of 127.0.0.1 that leads to the server of `url`, once it is mended. To be used in one event loop."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url).port or 0
        self._port = free_port()
        self._url = url.replace(f":{self._target}", f":{self._port}")
        self._listener: socket.socket | None = None
        self._ends: list[_End] = []
        self._joining: set[asyncio.Task[None]] = set()
        self._is_held = False

    def url(self) -> str:
        """The connection string by this way."""
        return self._url

    def mend(self) -> None:
        """From now on it leads to the server."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self._port), backlog=BACKLOG)
            self._listener.setblocking(False)
            self._listen(True)

    def cut(self) -> None:
        """Every connection ends, and new ones are refused, as if the server had been killed."""
        self.release()
        if self._listener is not None:
            self._listen(False)
            self._listener.close()
            self._listener = None
        for task in self._joining:
            task.cancel()
        for one in self._ends:
            if one.transport is not None:
                one.transport.abort()
        self._ends.clear()

    def hold(self) -> None:
        """Connections stay and are accepted, and nothing is answered, as if the server stood still."""
        self._is_held = True
        self._listen(False)
        for one in self._ends:
            if one.transport is not None and not one.transport.is_closing():
                one.transport.pause_reading()

    def release(self) -> None:
        """It goes on where it was held up."""
        if self._is_held:
            self._is_held = False
            self._listen(True)
            for one in self._ends:
                if one.transport is not None and not one.transport.is_closing():
                    one.transport.resume_reading()

    async def close(self) -> None:
        """Ends for good."""
        self.cut()
        await asyncio.gather(*self._joining, return_exceptions=True)

    def _listen(self, does: bool) -> None:
        loop = asyncio.get_running_loop()
        if self._listener is not None:
            if does:
                loop.add_reader(self._listener, self._accept)
            else:
                loop.remove_reader(self._listener)

    def _accept(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(BlockingIOError):
                connection, _ = self._listener.accept()
                task = asyncio.create_task(self._lead(connection))
                self._joining.add(task)
                task.add_done_callback(self._joining.discard)

    async def _lead(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        far, near = _End(lambda: self._is_held), _End(lambda: self._is_held)
        far.other, near.other = near, far
        self._ends = [one for one in self._ends if one.transport is None or not one.transport.is_closing()]
        self._ends += [far, near]
        try:
            await loop.create_connection(lambda: far, "127.0.0.1", self._target)
            await loop.connect_accepted_socket(lambda: near, connection)
        except asyncio.CancelledError:  # it was cut meanwhile
            connection.close()
            if far.transport is not None:
                far.transport.abort()
            raise
