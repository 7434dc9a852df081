"""A real mongod with passwords, as probe and doctor find it: refusals and silences are told apart."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import OperationFailure

from bot.domain.doctor import Verdict, fail
from bot.services.mongodb import MongoProbe, refused
from sandbox.mongo import Mongod
from tests.deeply import desk, told
from tests.peers import found
from tests.test_doctor_mongodb import looked

CANARY = "canary-7f3a"
RIGHT = "canary-right"


@pytest.fixture(scope="module")
def mongod() -> Iterator[Mongod]:
    """With passwords: the bot's user in its database, others who may less there, and a user of another database."""
    with Mongod(auth=True) as server:
        with MongoClient[dict[str, Any]](server.url()) as client:
            client.butler.command("createUser", "bot", pwd=RIGHT, roles=["readWrite"])
            client.butler.command("createUser", "reader", pwd=RIGHT, roles=["read"])
            client.butler.command("createUser", "roleless", pwd=RIGHT, roles=[])
            client.other.command("createUser", "stranger", pwd=RIGHT, roles=["readWrite"])
        yield server


def url(mongod: Mongod, who: str = f"bot:{RIGHT}", source: str = "butler") -> str:
    return f"mongodb://{who}{'@' if who else ''}127.0.0.1:{mongod.port}/butler?authSource={source}"


Probing = Callable[..., AbstractAsyncContextManager[MongoProbe]]


@pytest.fixture
def probing() -> Probing:
    """A probe with a client of its own, as the bot has one."""

    @asynccontextmanager
    async def probe(address: str, wait: float = 0.8) -> AsyncIterator[MongoProbe]:
        async with AsyncMongoClient[dict[str, Any]](address, serverSelectionTimeoutMS=400) as client:
            yield MongoProbe(client.get_default_database(), wait)

    return probe


@pytest.mark.parametrize(
    ("who", "source", "expected"),
    [
        (f"bot:{RIGHT}", "butler", ("up", "")),
        (f"bot:{CANARY}", "butler", ("degraded", "it answers, but the bot's user or password is wrong")),
        (f"{CANARY}:{RIGHT}", "butler", ("degraded", "it answers, but the bot's user or password is wrong")),
        ("", "butler", ("degraded", "it answers, but wants a user and password, and the settings have none")),
        (f"stranger:{RIGHT}", "other", ("degraded", "it answers, but the bot's user may not read its database")),
    ],
)
async def test_a_mongodb_that_refuses_the_bot_is_not_down(
    mongod: Mongod, probing: Probing, who: str, source: str, expected: tuple[str, str]
) -> None:
    """A ping would be answered in each of these cases; only a read tells."""
    async with probing(url(mongod, who, source)) as probe:
        assert await found(probe) == expected


async def test_a_wrong_password_is_told_to_everybody_who_asks(mongod: Mongod, probing: Probing) -> None:
    """The driver tells the first, and has the next ones wait; the doctor and watching are rarely the first."""
    async with probing(url(mongod, f"bot:{CANARY}")) as probe:
        answers = [await found(probe), *await asyncio.gather(found(probe), found(probe))]
        assert answers == [("degraded", "it answers, but the bot's user or password is wrong")] * 3
    async with probing(url(mongod, f"bot:{CANARY}")) as probe:
        assert await asyncio.gather(*(found(probe) for _ in range(4))) == [answers[0]] * 4


async def test_deep_health_tells_of_a_single_server_what_the_bot_may_know(mongod: Mongod) -> None:
    """That it is one; with a wrong password nothing but that, and no password in any word."""
    async with AsyncMongoClient[dict[str, Any]](url(mongod)) as client:
        facts = await told(MongoProbe(client.get_default_database()))
    assert facts["replica set"].text == "none: a single server"
    async with AsyncMongoClient[dict[str, Any]](url(mongod, f"bot:{CANARY}")) as client:
        report = await desk(MongoProbe(client.get_default_database(), wait=0.6)).ask()
    assert report.looks[0].reading.cause == "it answers, but the bot's user or password is wrong"
    assert {fact.is_good for fact in report.looks[0].facts} <= {False}
    assert "canary" not in str(report)


async def test_the_doctor_proves_rights_by_using_them(mongod: Mongod) -> None:
    """Who may only read is told so, and which role helps; a wrong password ends it; readWrite is enough for all."""
    lines = await looked(url(mongod, f"reader:{RIGHT}"))
    assert lines["mongodb"].verdict is Verdict.OK
    assert lines["mongodb rights"] == fail(
        "mongodb rights",
        "the bot cannot write: its user lacks the right",
        "Give the bot's user readWrite on butler, and see that the server has a primary and disk space.",
    )
    lines = await looked(url(mongod, f"reader:{CANARY}"))
    assert list(lines) == ["mongodb"]
    assert lines["mongodb"].found == "it answers, but the bot's user or password is wrong"
    lines = await looked(url(mongod))
    assert {line.verdict for line in lines.values()} == {Verdict.OK}
    assert lines["mongodb durability"].found.startswith("a single server, no replica set: writes count once")
    assert lines["mongodb indexes"].found == "none yet, and no data: the bot makes them when it starts"


async def test_the_doctor_says_of_a_login_that_does_not_fit_what_of_it(mongod: Mongod) -> None:
    """The right password of another database's user is a matter of authSource; a user without a role wants one."""
    line = (await looked(url(mongod, source="admin")))["mongodb"]
    assert "or authSource there: the database that the user was made in." in line.remedy
    without = f"mongodb://127.0.0.1:{mongod.port}/butler"
    assert (await looked(without))["mongodb"].remedy.startswith("Write into MONGODB_URL the user and pass")
    line = (await looked(url(mongod, f"roleless:{RIGHT}")))["mongodb"]
    assert line == fail(
        "mongodb",
        "it answers, but the bot's user may not read its database",
        "Give the bot's user readWrite on butler.",
    )


async def test_a_mongodb_that_hangs_is_told_from_one_that_is_stopped(mongod: Mongod, probing: Probing) -> None:
    """A frozen server gives no answer in time, and is up again when it goes on."""
    async with probing(url(mongod), wait=0.25) as probe:
        assert (await found(probe))[0] == "up"
        mongod.pause()
        try:
            assert await found(probe) == ("down", "no answer within 0.25 s")
        finally:
            mongod.resume()
        while (await found(probe))[0] != "up":
            pass


async def test_a_mongodb_whose_name_does_not_resolve_is_said_in_words(
    probing: Probing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the resolver fails, without repeating the name."""

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    async with probing(f"mongodb://bot:{CANARY}@no-such-host.invalid/butler", wait=0.25) as probe:
        assert await found(probe) == ("down", "its name does not resolve")


async def test_a_mongodb_that_is_killed_refuses_and_a_closed_client_says_so(mongod: Mongod, probing: Probing) -> None:
    """A server that was there a moment ago is refused; the bot's own closed connection is no news of the server."""
    async with probing(url(mongod)) as probe:
        assert (await found(probe))[0] == "up"
        mongod.kill()
        async with asyncio.timeout(5):
            while (now := await found(probe)) != ("down", "connection refused"):
                assert now == ("down", "connection dropped")
    assert await found(probe) == ("down", "the bot's own connection to it is closed")


def test_refusals_of_the_server_are_read_by_their_code() -> None:
    """Atlas has a code of its own for a wrong password, and no message of MongoDB's is repeated."""
    atlas = refused(OperationFailure(f"bad auth : {CANARY}", 8000))
    assert "password is wrong" in atlas.cause
    assert CANARY not in refused(OperationFailure(CANARY, 96)).cause
