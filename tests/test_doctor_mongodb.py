"""What the doctor says of MongoDB: the rules alone, and servers of several kinds."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from bot.domain import doctor_store
from bot.domain.doctor import Line, Verdict, fail, fine
from bot.domain.doctor_store import Indexes, Server
from bot.domain.health import Finding, HealthDesk, State
from bot.domain.outbox import Depth
from bot.services.mongodb import MongoProbe
from bot.store.database import INDEXED, Store
from bot.store.doctor import StoreExam
from bot.store.mongo import connect
from sandbox.mongo import Mongod
from tests.test_doctor_alone import NOW, Service

pytestmark = pytest.mark.long


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


@pytest.fixture(scope="module")
def locked() -> Iterator[Mongod]:
    """A server with passwords, and a user who may only read."""
    with Mongod(auth=True) as server:
        with MongoClient[dict[str, Any]](server.url()) as client:
            client.butler.command("createUser", "reader", pwd="canary", roles=["read"])
            client.butler.command("createUser", "bot", pwd="canary", roles=["readWrite"])
        yield server


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


async def test_rights_are_proved_by_using_them(locked: Mongod) -> None:
    """Who may only read is told so, and which role helps; a wrong password ends it; readWrite is enough for all."""
    where = f"127.0.0.1:{locked.port}/butler"
    lines = await looked(f"mongodb://reader:canary@{where}")
    assert lines["mongodb"].verdict is Verdict.OK
    assert lines["mongodb rights"] == fail(
        "mongodb rights",
        "the bot cannot write: its user lacks the right",
        "Give the bot's user readWrite on butler, and see that the server has a primary and disk space.",
    )
    lines = await looked(f"mongodb://reader:canary-2@{where}")
    assert list(lines) == ["mongodb"]
    assert lines["mongodb"].found == "it answers, but the bot's user or password is wrong"
    lines = await looked(f"mongodb://bot:canary@{where}")
    assert {line.verdict for line in lines.values()} == {Verdict.OK}
    assert lines["mongodb durability"].found.startswith("a single server, no replica set: writes count once")
    assert lines["mongodb indexes"].found == "none yet, and no data: the bot makes them when it starts"


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


async def test_a_replica_set_is_told_by_its_name() -> None:
    """With how many of its members answer; one that is away is a warning."""
    with Mongod(replica_set=True) as server:
        lines = await looked(server.url())
        with MongoClient[dict[str, Any]](server.url()) as client:
            config = client.admin.command("replSetGetConfig")["config"]
            config["members"].append({"_id": 1, "host": "127.0.0.1:1", "votes": 0, "priority": 0})
            client.admin.command("replSetReconfig", config | {"version": config["version"] + 1}, force=True)
        durability = (await looked(server.url()))["mongodb durability"]
        alone = (await looked(f"mongodb://127.0.0.1:{server.port}/?directConnection=true"))["mongodb durability"]
        server.kill()  # a proper end would wait for the member that is away
    assert (durability.verdict, durability.found[:44]) == (
        Verdict.WARN, "replica set rs0, 1 of 2 members answer: writ",
    )  # fmt: skip
    assert alone.verdict is Verdict.OK
    assert lines["mongodb durability"].found.startswith("replica set rs0, 1 of 1 members answer: writes count once")
    assert {line.verdict for line in lines.values()} == {Verdict.OK}
