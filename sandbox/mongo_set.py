"""Three real MongoDB servers as one replica set, whose members can be killed and started again."""

import time
from types import TracebackType
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from sandbox.mongo import Mongod, free_port

COUNT = 3
ELECTED_WITHIN = 30.0  # seconds


class MongodSet:
    """A replica set on 127.0.0.1."""

    def __init__(self) -> None:
        self.members = [Mongod(port=free_port(), replica_set=True, initiates=False) for _ in range(COUNT)]

    def __enter__(self) -> "MongodSet":
        for one in self.members:
            one.start()
        hosts = [{"_id": number, "host": f"127.0.0.1:{one.port}"} for number, one in enumerate(self.members)]
        # Elections soon after a death: the default waits ten seconds.
        settings = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
        with _direct(self.members[0]) as client:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": hosts, "settings": settings})
        self.primary()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for one in self.members:
            one.kill()
            one.close()

    def url(self, database: str = "butler") -> str:
        """The connection string."""
        return f"mongodb://{','.join(f'127.0.0.1:{one.port}' for one in self.members)}/{database}?replicaSet=rs0"

    def primary(self) -> Mongod:
        """The member that takes writes, as soon as there is one. Raises AssertionError when there is none for long."""
        end = time.monotonic() + ELECTED_WITHIN
        while time.monotonic() < end:
            for one in self.members:
                if one.running and _is_primary(one):
                    return one
            time.sleep(0.05)  # an election; there is nothing to wait on
        raise AssertionError(f"no primary after {ELECTED_WITHIN:g} s")


def _direct(one: Mongod) -> "MongoClient[dict[str, Any]]":
    return MongoClient("127.0.0.1", one.port, directConnection=True, serverSelectionTimeoutMS=2000)


def _is_primary(one: Mongod) -> bool:
    try:
        with _direct(one) as client:
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False
