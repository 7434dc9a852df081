"""A replica set as each finds it who looks at one: a real server for all of these tests, which leads until the last."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from bot.domain.doctor import Verdict
from bot.services.mongodb import MongoProbe
from sandbox.mongo import Mongod
from tests.deeply import told
from tests.peers import found
from tests.test_doctor_mongodb import looked

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def alone() -> Iterator[Mongod]:
    """A replica set of one."""
    with Mongod(replica_set=True) as server:
        yield server


def test_it_takes_transactions(alone: Mongod) -> None:
    """`replica_set=True` is a primary at once."""
    with MongoClient[dict[str, Any]](alone.url()) as client, client.start_session() as session:
        client.butler.create_collection("both")
        with session.start_transaction():
            client.butler.both.insert_one({"_id": 1}, session=session)
        assert client.butler.both.count_documents({}) == 1
        client.butler.both.drop()


async def test_deep_health_names_its_primary(alone: Mongod) -> None:
    """With how many members are well, the database and the version."""
    async with AsyncMongoClient[dict[str, Any]](alone.url()) as client:
        facts = await told(MongoProbe(client.get_default_database()))
    assert "1 of 1 members well, primary 127.0.0.1:" in facts["replica set"].text
    assert facts["database"].text.startswith("butler: ")
    assert facts["version"].text.startswith(("6.", "7."))


def consists_of(client: MongoClient[dict[str, Any]], members: list[dict[str, Any]]) -> None:
    """Changes the set's members."""
    config = client.admin.command("replSetGetConfig")["config"]
    changed = {"version": config["version"] + 1, "members": members}
    client.admin.command("replSetReconfig", config | changed, force=True)


async def test_the_doctor_tells_it_by_its_name(alone: Mongod) -> None:
    """With how many of its members answer; one that is away is a warning."""
    lines = await looked(alone.url())
    with MongoClient[dict[str, Any]](alone.url()) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        away = {"_id": 1, "host": "127.0.0.1:1", "votes": 0, "priority": 0}
        consists_of(client, [*config["members"], away])
        durability = (await looked(alone.url()))["mongodb durability"]
        by_itself = (await looked(f"mongodb://127.0.0.1:{alone.port}/?directConnection=true"))["mongodb durability"]
        consists_of(client, config["members"])
    assert (durability.verdict, durability.found[:44]) == (
        Verdict.WARN, "replica set rs0, 1 of 2 members answer: writ",
    )  # fmt: skip
    assert by_itself.verdict is Verdict.OK
    assert lines["mongodb durability"].found.startswith("replica set rs0, 1 of 1 members answer: writes count once")
    assert {line.verdict for line in lines.values()} == {Verdict.OK}


async def test_without_a_primary_it_is_degraded(alone: Mongod) -> None:
    """Its members answer, but none of them leads."""
    with MongoClient[dict[str, Any]](alone.url()) as client:
        client.admin.command("replSetStepDown", 60, force=True)
    async with AsyncMongoClient[dict[str, Any]](alone.url(), serverSelectionTimeoutMS=400) as client_without:
        probe = MongoProbe(client_without.get_default_database(), 0.8)
        assert await found(probe) == ("degraded", "its replica set has no primary")
