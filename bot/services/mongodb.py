"""MongoDB: can the bot read its own database. A ping would not tell: it is answered without a password."""

import asyncio
import errno
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from bot.domain.deep_health import Fact
from bot.domain.health import UP, Finding, State
from bot.services.asking import NotToldError, facts, listed

# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18
_ATLAS_ERROR = 8000  # Atlas's own code for a wrong password

_UNRESOLVED = "its name does not resolve"

# pymongo keeps only the message of a failed connection: these parts of it are constants of the system.
_NETWORK = (
    (f"[Errno {errno.ECONNREFUSED}]", "connection refused"),
    (f"[Errno {socket.EAI_NONAME}]", _UNRESOLVED),
    (f"[Errno {socket.EAI_AGAIN}]", _UNRESOLVED),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not valid"),
    ("SSL handshake failed", "no secure connection (TLS failed)"),
)

# What the driver says of a server that accepts connections and is silent, by the moment at which it gave up.
_HANGS = ("timed out", "connection pool paused")


class MongoProbe:
    """Reads one document of the bot's database. `wait` in seconds must be below the desk's deadline.

    The client's own `serverSelectionTimeoutMS` should be shorter still. pymongo's timeout would take its place, and
    look only every half second, so `wait` is asyncio's.
    """

    name = "mongodb"
    link = ""  # nothing there for a browser

    def __init__(self, database: AsyncDatabase[dict[str, Any]], wait: float = 1.8) -> None:
        self._database = database
        self._wait = wait

    async def read(self) -> Finding:
        """Up; degraded when MongoDB answers but refuses the bot or lacks a primary; or why not."""
        try:
            async with asyncio.timeout(self._wait):
                await self._database["incidents"].find_one({"_id": ""}, {"_id": True})
        except TimeoutError:
            return self._refusal() or Finding(State.DOWN, self._network() or self._silence)
        except OperationFailure as error:
            return refused(error)
        except InvalidOperation:
            return Finding(State.DOWN, "the bot's own connection to it is closed")
        except PyMongoError as error:
            return self._unreached(error)
        return UP

    async def look(self) -> Sequence[Fact]:
        """Its replica set, the bot's database, and its version."""
        return await facts(("replica set", self._members()), ("database", self._size()), ("version", self._version()))

    async def _members(self) -> Fact:
        hello = await self._told("hello")
        if "setName" not in hello:
            return Fact("replica set", "none: a single server")
        role = "primary" if hello.get("isWritablePrimary") else "not primary"
        try:
            status = await self._told("replSetGetStatus", on_admin=True)
        except NotToldError:  # needs a right (clusterMonitor) that the bot's user seldom has
            known = self._database.client.topology_description.server_descriptions().values()
            answering = sum(server.is_server_type_known for server in known)
            text = f"{hello['setName']}: {answering} of {len(hello['hosts'])} members answer; this one is {role}"
            return Fact("replica set", text, answering == len(hello["hosts"]))
        members = status["members"]
        ill = [one["name"] for one in members if one["stateStr"] not in ("PRIMARY", "SECONDARY", "ARBITER")]
        primary = next((one["name"] for one in members if one["stateStr"] == "PRIMARY"), "")
        text = f"{hello['setName']}: {len(members) - len(ill)} of {len(members)} members well"
        text += f", primary {primary}" if primary else ", no primary"
        text += f"; not well: {listed(ill)}" if ill else ""
        return Fact("replica set", text, not ill and bool(primary))

    async def _size(self) -> Fact:
        told = await self._told("dbStats")
        size = (float(told["storageSize"]) + float(told["indexSize"])) / 2**20
        collections = int(told["collections"])
        return Fact("database", f"{self._database.name}: {collections} collections, {size:,.0f} MB on disk, read well")

    async def _version(self) -> Fact:
        return Fact("version", str((await self._told("buildInfo", on_admin=True))["version"]))

    async def _told(self, command: str, *, on_admin: bool = False) -> Mapping[str, Any]:
        """The server's answer to a command. Raises NotToldError."""
        database = self._database.client.admin if on_admin else self._database
        try:
            async with asyncio.timeout(self._wait):
                return await database.command(command)
        except TimeoutError:
            raise NotToldError(f"no answer within {self._wait:g} s") from None
        except OperationFailure as error:
            raise NotToldError(refused(error).cause.removeprefix("it answers, but ")) from None
        except PyMongoError as error:
            raise NotToldError(self._unreached(error).cause) from None

    def _unreached(self, error: PyMongoError) -> Finding:
        if refusal := self._refusal():
            return refusal
        if cause := _unusable(error) or self._network():
            return Finding(State.DOWN, cause)
        servers = self._database.client.topology_description.server_descriptions().values()
        if isinstance(error, ServerSelectionTimeoutError):
            if any(server.is_server_type_known for server in servers):
                return Finding(State.DEGRADED, "its replica set has no primary")
            said = " ".join(str(server.error) for server in servers if server.error)
            return Finding(State.DOWN, self._silence if any(sign in said for sign in _HANGS) else "no connection")
        if error.timeout or any(sign in str(error) for sign in _HANGS):
            return Finding(State.DOWN, self._silence)
        return Finding(State.DOWN, "connection dropped" if isinstance(error, ConnectionFailure) else "the read failed")

    def _refusal(self) -> Finding | None:
        """A wrong password is said to the first who asks; the driver then has all others wait for a better server."""
        servers = self._database.client.topology_description.server_descriptions().values()
        errors = [server.error for server in servers if isinstance(server.error, OperationFailure)]
        return refused(errors[0]) if errors else None

    @property
    def _silence(self) -> str:
        return f"no answer within {self._wait:g} s"

    def _network(self) -> str:
        """Why its servers could not be reached when the driver last tried; empty when they could."""
        servers = self._database.client.topology_description.server_descriptions().values()
        said = " ".join(str(server.error) for server in servers if server.error)
        return next((words for sign, words in _NETWORK if sign in said), "")


def _unusable(error: PyMongoError) -> str:
    """What keeps the driver from asking a server at all; empty if nothing does."""
    if not isinstance(error, ConfigurationError):
        return ""
    return "its version is not one that the bot's driver knows" if "wire version" in str(error) else _UNRESOLVED


def refused(error: OperationFailure) -> Finding:
    """The server's refusal, by its code and one constant phrase: its message may name users and databases."""
    if error.timeout:
        return Finding(State.DOWN, "no answer in time")
    if error.code in (_AUTHENTICATION_FAILED, _ATLAS_ERROR):
        return Finding(State.DEGRADED, "it answers, but the bot's user or password is wrong")
    if error.code == _UNAUTHORIZED and "requires authentication" in str(error):
        return Finding(State.DEGRADED, "it answers, but wants a user and password, and the settings have none")
    if error.code == _UNAUTHORIZED:
        return Finding(State.DEGRADED, "it answers, but the bot's user may not read its database")
    return Finding(State.DEGRADED, f"it answers, but the read failed (error {error.code})")
