"""What the doctor says of MongoDB: the rules alone, and servers of several kinds."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import dns.asyncresolver
import dns.resolver
import pytest
from bson import encode
from pymongo import AsyncMongoClient

from bot.domain import doctor_store
from bot.domain.doctor import Line, Verdict, fine
from bot.domain.doctor_store import Indexes, Server
from bot.domain.health import Finding, HealthDesk, State
from bot.domain.outbox import Depth
from bot.errors import StoreAwayError
from bot.services.mongodb import MongoProbe
from bot.store.database import INDEXED, Store
from bot.store.doctor import StoreExam
from bot.store.mongo import Documents, connect, database_of
from bot.store.reach import Reach
from sandbox.mongo import Mongod
from tests.test_doctor_alone import NOW, Service


class Likeness:
    """A MongoDB as a rule's test wants it."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def server(self) -> Server:
        return self._server

    async def write(self) -> float:
        return 0.004

    async def indexes(self) -> Indexes:
        return Indexes(30, (), is_new=False)


UP = HealthDesk([Service("mongodb", Finding(State.UP))], lambda: NOW)


@pytest.mark.parametrize(
    ("server", "topic", "verdict"),
    [
        (Server("6.0.5", ""), "version", "OK"),
        (Server("10.1.0-rc0", ""), "version", "OK"),
        (Server("5.0.31", ""), "version", "WARN"),
        (Server("4.2.1", ""), "version", "FAIL"),
        (Server("7.0.1", "rs0", 3, 3), "durability", "OK"),
        (Server("7.0.1", "rs0", 3, 2), "durability", "WARN"),
        (Server("7.0.1", "", is_durable=False), "durability", "FAIL"),
    ],
)
async def test_versions_and_durability_are_judged(server: Server, topic: str, verdict: str) -> None:
    """Too old, a member that is away, and writes that a kill could lose."""
    lines = await doctor_store.mongodb(UP, Likeness(server), "butler")
    (line,) = (line for line in lines if line.topic == f"mongodb {topic}")
    assert line.verdict == verdict


class Letters:
    """An outbox in which one message waits."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def depth(self, now: datetime) -> Depth:
        assert now == NOW
        return Depth(1, self._seconds, 0)

    async def parked(self, limit: int) -> list[doctor_store.Parked]:
        return []


async def test_a_message_that_waits_for_long_is_told() -> None:
    """Seconds are usual, minutes are not."""
    (line,) = await doctor_store.outbox(Letters(20), frozenset(), lambda: NOW)
    assert line == fine("outbox", "nothing refused, 1 waiting to be posted")
    (line,) = await doctor_store.outbox(Letters(400), frozenset(), lambda: NOW)
    assert (line.verdict, line.found) == ("WARN", "1 waiting, the oldest for 6 min 40 s")


async def looked(url: str, name: str = "butler") -> dict[str, Line]:
    """The lines on MongoDB by their topics, as the bot's own client finds them."""
    client: AsyncMongoClient[dict[str, Any]] = connect(url)
    try:
        health = HealthDesk([MongoProbe(client[name])], lambda: NOW)
        lines = await doctor_store.mongodb(health, StoreExam(client[name], INDEXED), name)
    finally:
        await client.close()
    assert "canary" not in str(lines)
    return {line.topic: line for line in lines}


async def test_indexes_that_are_missing_are_named(mongod: Mongod) -> None:
    """Somebody dropped one; the bot makes it at its next start."""
    client: AsyncMongoClient[dict[str, Any]] = connect(mongod.url("doctor_indexes"))
    store = Store(client["doctor_indexes"], "test", timedelta(seconds=1))
    await store.reach()
    count = sum(map(len, INDEXED.values()))
    lines = await looked(mongod.url(), "doctor_indexes")
    assert lines["mongodb indexes"] == fine("mongodb indexes", f"all {count} are there")
    await client["doctor_indexes"]["audit"].drop_index("at_-1")
    await client.close()
    found = (await looked(mongod.url(), "doctor_indexes"))["mongodb indexes"]
    assert (found.verdict, found.found) == (Verdict.WARN, f"1 of {count} missing: audit.at_-1")


# What is wrong with the address


Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def other(answers: Answers) -> AsyncIterator[str]:
    """A server of something else; the address to give as MongoDB's."""
    tasks = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            tasks.add(task)
        try:
            await answers(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"mongodb://127.0.0.1:{server.sockets[0].getsockname()[1]}/butler"
        for task in tasks:
            task.cancel()  # the driver may leave a connection open that it had no use for any more
        await asyncio.gather(*tasks, return_exceptions=True)


async def web_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>this is no MongoDB</html>")


async def closes(*_: object) -> None:
    """Before a word was said."""


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(100):
        pass


async def of_2018(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says hello as MongoDB 4.0 does: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/."""
    while len(head := await reader.read(16)) == 16:
        length, request, *_ = struct.unpack("<iiii", head)
        await reader.readexactly(length - 16)
        hello = encode({"ok": 1, "ismaster": True, "minWireVersion": 0, "maxWireVersion": 7})
        writer.write(struct.pack("<iiiiIb", 21 + len(hello), 1, request, 2013, 0, 0) + hello)


OTHERS: list[tuple[Answers, str, str]] = [
    (web_page, "what answers there is no MongoDB", "Correct host and port in MONGODB_URL."),
    (closes, "it closes the connection at once, as a server does that wants TLS", "Write tls=true into"),
    (silent, "no answer within 1.8 s", "See whether the server hangs or is overloaded"),
    (of_2018, "it answers, but is too old for the bot", "Update MongoDB to 4.4 or newer."),
]


async def is_told(url: str, found: str, mends: str) -> None:
    """Of several at once, since the driver looks for a second whether it finds better."""
    line = (await looked(url))["mongodb"]
    assert (line.verdict, line.found) == (Verdict.FAIL, found)
    assert line.remedy.startswith(mends)


@pytest.mark.long
async def test_what_is_no_mongodb_of_the_bots_is_told_for_what_it_is() -> None:
    """Each has its own cause and its own remedy, at the first look already."""
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(other(answers)) for answers, _, _ in OTHERS]
        await asyncio.gather(*(is_told(url, found, mends) for url, (_, found, mends) in zip(urls, OTHERS, strict=True)))


@pytest.mark.long
async def test_options_that_do_not_fit_the_server_are_named(mongod: Mongod) -> None:
    """The driver says of a server outside the set that there is none: it forgot that one answered."""
    url = f"mongodb://127.0.0.1:{mongod.port}/butler"
    outside = "it answers, but is not in the replica set that the settings name"
    await asyncio.gather(
        is_told(f"{url}?replicaSet=rs1", outside, "Correct replicaSet in"),
        is_told(f"{url}?tls=true", "no secure connection (TLS failed)", "Take tls=true out of MONGODB_URL"),
    )


async def test_a_name_that_dns_does_not_have_is_no_end_of_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    """`mongodb+srv` asks DNS for the servers: without an answer MongoDB is away, and the database's name is known."""

    def fails(*_: object, **__: object) -> None:
        raise dns.resolver.NXDOMAIN

    monkeypatch.setattr(dns.asyncresolver, "resolve", fails)
    client = connect("mongodb+srv://bot:canary@no-such.invalid/butler2")
    database = database_of(client)
    assert database.name == "butler2"
    with pytest.raises(StoreAwayError):
        await Documents(database["incidents"], Reach()).one({})
    line = (await looked("mongodb+srv://bot:canary@no-such.invalid/butler2"))["mongodb"]
    assert (line.verdict, line.found) == (Verdict.FAIL, "its name does not resolve")
