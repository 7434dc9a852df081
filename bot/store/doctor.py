"""What MongoDB tells the doctor: who answers, whether a write is taken, and which indexes are there."""

import asyncio
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pymongo import IndexModel
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError, ServerSelectionTimeoutError

from bot.domain.doctor_store import Indexes, NoLookError, Server
from bot.store.mongo import Database

COLLECTION = "doctor"
PATIENCE = 24  # looks at what the driver knows, a twentieth of a second apart
_UNAUTHORIZED = 13
_DISK = 14031


class StoreExam:
    """Implements bot.domain.doctor_store.StoreLook. `indexed` has the indexes that the bot makes, by collection."""

    def __init__(self, database: Database, indexed: Mapping[str, Sequence[IndexModel]]) -> None:
        self._database = database
        self._indexed = indexed

    async def server(self) -> Server:
        """See StoreLook.server."""
        with _in_our_words():
            hello = await self._database.command("hello")
            version = str((await self._database.client.admin.command("buildInfo"))["version"])
        concern = self._database.write_concern.document
        is_durable = concern.get("w") == "majority" and concern.get("j") is True
        if "setName" not in hello:
            return Server(version, "", is_durable=is_durable)
        members = len(hello.get("hosts", ())) + len(hello.get("passives", ())) + len(hello.get("arbiters", ()))
        return Server(version, str(hello["setName"]), members, await self._answering(members), is_durable)

    async def _answering(self, members: int) -> int:
        """How many members the driver reaches; it needs a moment to have asked them all."""
        for _ in range(PATIENCE):
            topology = self._database.client.topology_description
            if topology.topology_type_name == "Single":  # it was told to look at no other
                return members
            count = sum(server.is_server_type_known for server in topology.server_descriptions().values())
            if count >= members:
                break
            await asyncio.sleep(0.05)
        return count

    async def write(self) -> float:
        """See StoreLook.write. What a killed doctor left goes with it."""
        documents, started = self._database[COLLECTION], time.monotonic()
        with _in_our_words():
            await documents.insert_one({"_id": secrets.token_hex(8)})
            took = time.monotonic() - started
            await documents.delete_many({})
        return took

    async def indexes(self) -> Indexes:
        """See StoreLook.indexes."""
        missing: list[str] = []
        wanted = sum(map(len, self._indexed.values()))
        with _in_our_words():
            collections = {*await self._database.list_collection_names()} & self._indexed.keys()
            for name, indexes in self._indexed.items():
                there = await self._database[name].index_information() if name in collections else {}
                names = (str(index.document["name"]) for index in indexes)
                missing += [f"{name}.{index}" for index in names if index not in there]
        return Indexes(wanted, tuple(missing), is_new=not collections)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """The server's messages name users, hosts and databases; their codes do not."""
    try:
        yield
    except ServerSelectionTimeoutError as error:
        raise NoLookError("no server that takes writes answers") from error
    except ConnectionFailure as error:
        raise NoLookError("no answer in time, or the connection broke") from error
    except OperationFailure as error:
        if error.code == _UNAUTHORIZED:
            raise NoLookError("its user lacks the right") from error
        if error.code == _DISK:
            raise NoLookError("its disk is full") from error
        raise NoLookError(f"it refuses (error {error.code})") from error
    except PyMongoError as error:
        raise NoLookError(f"the driver failed ({type(error).__name__})") from error
