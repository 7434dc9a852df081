"""One real mongod for the whole run; a fresh workspace, services, database and bot for each test that asks for them."""

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.alertmanagers import Alertmanager
from tests.asking import strict
from tests.kept import shared
from tests.world import World

YOUNG = 50_000  # objects; by default the garbage collector looks through the youngest after 700


def pytest_collection_finish() -> None:
    """Every module and test is there now and stays: the garbage collector need not look through them time and again."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


@pytest.fixture(scope="session")
def mongod() -> Iterator[Mongod]:
    """The server that tests share; each has a database of its own on it."""
    with Mongod(expires=False) as server, shared(server.url()):
        yield server


@pytest.fixture(scope="session")
def killable_mongod() -> Iterator[Mongod]:
    """A second server, which no two tests have at the same time.

    Each finds a new database there: what a bot asked of a server that stood still may yet be done.
    """
    with Mongod(expires=False) as server, shared(server.url(), passes_on=False):
        yield server
        server.start()  # one that is there says good-bye at once
        server.resume()


@pytest.fixture
def own_mongod(killable_mongod: Mongod) -> Mongod:
    """A server of the test's own, to be stopped, paused and killed; the next test finds it running."""
    killable_mongod.start()
    killable_mongod.resume()
    return killable_mongod


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
