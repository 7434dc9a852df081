"""MongoDB: can the bot read its own database. A ping would not tell: it is answered without a password."""

import asyncio
import errno
import socket
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConnectionFailure,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from bot.domain.health import UP, Finding, State

# https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18
_ATLAS_ERROR = 8000  # Atlas's own code for a wrong password

# pymongo keeps only the message of a failed connection: these parts of it are constants of the system.
_NETWORK = (
    (f"[Errno {errno.ECONNREFUSED}]", "connection refused"),
    (f"[Errno {socket.EAI_NONAME}]", "its name does not resolve"),
    (f"[Errno {socket.EAI_AGAIN}]", "its name does not resolve"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not valid"),
    ("SSL handshake failed", "no secure connection (TLS failed)"),
)


class MongoProbe:
    """Reads one document of the bot's database. `wait` in seconds must be below the desk's deadline.

    The client's own `serverSelectionTimeoutMS` should be shorter still. pymongo's timeout would take its place, and
    look only every half second, so `wait` is asyncio's.
    """

    name = "mongodb"

    def __init__(self, database: AsyncDatabase[dict[str, Any]], wait: float = 1.8) -> None:
        self._database = database
        self._wait = wait

    async def read(self) -> Finding:
        """Up; degraded when MongoDB answers but refuses the bot or lacks a primary; or why not."""
        try:
            async with asyncio.timeout(self._wait):
                await self._database["incidents"].find_one({"_id": ""}, {"_id": True})
        except TimeoutError:
            return Finding(State.DOWN, self._network() or f"no answer within {self._wait:g} s")
        except OperationFailure as error:
            return refused(error)
        except InvalidOperation:
            return Finding(State.DOWN, "the bot's own connection to it is closed")
        except PyMongoError as error:
            return self._unreached(error)
        return UP

    def _unreached(self, error: PyMongoError) -> Finding:
        if cause := self._network():
            return Finding(State.DOWN, cause)
        servers = self._database.client.topology_description.server_descriptions().values()
        if isinstance(error, ServerSelectionTimeoutError):
            if any(server.is_server_type_known for server in servers):
                return Finding(State.DEGRADED, "its replica set has no primary")
            return Finding(State.DOWN, "no connection")
        if error.timeout:
            return Finding(State.DOWN, "no answer in time")
        return Finding(State.DOWN, "connection dropped" if isinstance(error, ConnectionFailure) else "the read failed")

    def _network(self) -> str:
        """Why its servers could not be reached when the driver last tried; empty when they could."""
        servers = self._database.client.topology_description.server_descriptions().values()
        said = " ".join(str(server.error) for server in servers if server.error)
        return next((words for sign, words in _NETWORK if sign in said), "")


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
