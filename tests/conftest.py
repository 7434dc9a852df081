"""One real mongod for the whole run; a fresh workspace, services, database and bot for each test that asks for them."""

from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path

import pymongo.common
import pytest
from slack_sdk.models.basic_objects import JsonObject

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.alertmanagers import Alertmanager
from tests.asking import strict
from tests.kept import led, shared
from tests.line import Line
from tests.memory import pytest_collection, pytest_collection_finish, pytest_sessionfinish
from tests.order import pytest_collection_modifyitems
from tests.world import STORE_LOOKS, World

__all__ = ["pytest_collection", "pytest_collection_finish", "pytest_collection_modifyitems", "pytest_sessionfinish"]


@cache
def validators(kind: type[JsonObject]) -> tuple[str, ...]:
    """The names of the methods by which slack_sdk's objects of this kind see whether Slack would take them."""
    names = (name for name in dir(kind) if not name.startswith("__"))
    return tuple(name for name in names if hasattr(getattr(kind, name), "validator"))


def validated(thing: JsonObject) -> None:
    """What `validate_json` does."""
    for name in validators(type(thing)):
        getattr(thing, name)()


@pytest.fixture(scope="session", autouse=True)
def remembered() -> Iterator[None]:
    """slack_sdk looks for them among all attributes of each object: that took a thirtieth of the time of all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JsonObject, "validate_json", validated)
        yield


@pytest.fixture(scope="session")
def mongod() -> Iterator[Mongod]:
    """The server that tests share; each has a database of its own on it."""
    with Mongod(expires=False) as server, shared(server.url()):
        yield server


@pytest.fixture
async def line(mongod: Mongod, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """A way to the shared server that can be cut and held up, for bots to find it gone, and soon to find it back."""
    monkeypatch.setattr(pymongo.common, "MIN_HEARTBEAT_INTERVAL", STORE_LOOKS)
    way = Line(mongod.url())
    way.mend()
    with led(way.url(), mongod.url()):
        yield way
        await way.close()


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A strict workspace with the app's own manifest. What it refuses without being expected to fails the test."""
    async with strict() as workspace:
        yield workspace
        assert workspace.refusals == [], "Slack refused something that the test did not expect"
        assert workspace.pages == [], "the bot paged many people"


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Stand-ins for the shared services, all up."""
    running = Services()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A workspace with the bot in it, ready for commands; the shared services are switched off."""
    async with World(slack, mongod.url()) as ready:
        yield ready


@pytest.fixture
async def alertmanager(tmp_path: Path) -> AsyncIterator[Alertmanager]:
    """A real Alertmanager of the test's own."""
    server = Alertmanager(tmp_path)
    await server.start()
    yield server
    await server.kill()
