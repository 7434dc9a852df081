"""A wire between the bots and MongoDB that can be cut, held, and cut in the middle of a command."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

HEADER = struct.Struct("<iiii")  # length, request id, response to, operation: all messages of MongoDB begin with it
OP_MSG = 2013
BODY = HEADER.size + 4 + 1 + 4  # behind the header: flags, the kind of section, the document's length
WRITES = frozenset({"insert", "update", "delete", "findAndModify"})


class Phase(StrEnum):
    """When a command is met: it has not arrived yet, or it is done and nobody knows so yet."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Command:
    """A command on its way, e.g. `insert` of `incidents`."""

    name: str
    collection: str


Meeting = Callable[[Command, Phase], Awaitable[bool]]  # whether the wire is cut here


def command_of(message: bytes) -> Command:
    """What a client's message asks: the first field of its document names the command and its collection."""
    if HEADER.unpack_from(message)[3] != OP_MSG or message[BODY] != 2:  # a string
        return Command("", "")
    name, rest = message[BODY + 1 :].split(b"\0", 1)
    return Command(name.decode(), rest[4:].split(b"\0", 1)[0].decode(errors="replace"))


async def _message(reader: asyncio.StreamReader) -> bytes:
    header = await reader.readexactly(HEADER.size)
    return header + await reader.readexactly(HEADER.unpack(header)[0] - HEADER.size)


class Wire:
    """Listens on `port` and passes on to mongod, until it is cut or held."""

    def __init__(self, port: int, mongod: int) -> None:
        self.port = port
        self._mongod = mongod
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._moving = asyncio.Event()
        self._moving.set()
        self.meets: Meeting | None = None

    async def start(self) -> None:
        """Connections are accepted."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Connections are refused, and those that were there are reset."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()

    def hold(self) -> None:
        """Connections are accepted, and nothing is ever answered."""
        self._moving.clear()

    def release(self) -> None:
        """All goes on."""
        self._moving.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, beyond = await asyncio.open_connection("127.0.0.1", self._mongod)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, beyond}
        try:
            while True:
                asked = await _message(reader)
                await self._moving.wait()
                command = command_of(asked)
                if await self._is_cut_at(command, Phase.BEFORE):
                    return
                beyond.write(asked)
                answer = await _message(there)
                if await self._is_cut_at(command, Phase.AFTER):
                    return
                await self._moving.wait()
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            return  # cancelled when all is over: asyncio would print that of a connection, which nobody awaits
        finally:
            for one in (writer, beyond):
                self._open.discard(one)
                one.transport.abort()

    async def _is_cut_at(self, command: Command, phase: Phase) -> bool:
        return self.meets is not None and command.name in WRITES and await self.meets(command, phase)
