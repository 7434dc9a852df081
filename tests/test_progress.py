"""Long work says what it is at while somebody waits for it, and becomes the result."""

from collections.abc import AsyncIterator

import pytest

from handlers import call
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.asking import answer
from tests.world import World


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Stand-ins, of which a slow one takes some tenths of a second."""
    found = Services(slow=0.4)
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def world(
    slack: Slack, mongod: Mongod, services: Services, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """People who are told soon, and of each step."""
    monkeypatch.setattr(call, "PATIENCE", 0.05)
    monkeypatch.setattr(call, "AGAIN", 0.05)
    async with World(slack, mongod.url(), services.environment()) as ready:
        yield ready


async def test_an_export_says_what_it_is_at(world: World) -> None:
    """Reading, writing, handing over; what was said of it makes room for the answer where Slack lets it."""
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    world.slack.faults.add("latency", "files.completeUploadExternal", value=0.4)
    await world.ann.says("/incident", "export")
    await world.ann.sees("Exporting INC-", ": handing the files to Slack…")
    await world.ann.sees("is exported: the files are in its thread.")
    world.slack.faults.add("latency", "files.completeUploadExternal", value=0.4)
    await world.bob.says("/ops", "runbook")
    await world.bob.sees("Making the log of incidents and emergencies: handing the file to Slack…")
    await world.bob.sees("The log is in your direct messages with the bot; it has 1 incident.")


@pytest.mark.long
async def test_who_asks_in_depth_hears_which_service_is_waited_for(world: World, services: Services) -> None:
    """The others have answered by then."""
    await services.switch("loki", "slow")
    await world.ann.says("/health", "deep")
    await world.ann.sees("Asking 6 services: waiting for loki…")
    await world.ann.sees("services are up")


async def test_a_summary_says_that_the_model_writes(world: World, services: Services) -> None:
    """Which is what takes its time."""
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    await services.switch("llm", "slow")
    await world.ann.says("/incident", "summary")
    await world.ann.sees("Drafting the summary of INC-", ": waiting for the LLM, qwen, to write…")
    await world.ann.sees("Draft, not posted yet")


@pytest.mark.long
async def test_nobody_is_told_more_than_three_times(world: World, services: Services) -> None:
    """A response_url may be used five times, and the same is not said twice."""
    for name in ("prometheus", "grafana", "loki"):
        await services.switch(name, "slow")
    before = len(world.ann.ephemerals)
    await world.ann.says("/health", "deep")
    await world.ann.sees("services are up")
    assert len(world.ann.ephemerals) - before <= call.MOST + 1
