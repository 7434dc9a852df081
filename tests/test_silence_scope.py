"""What a scope silences that is written or changed while its window is under way, with the real Alertmanager."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from tests.alertmanagers import Alertmanager, Silenced
from tests.asking import answer, strict
from tests.planning import with_roles
from tests.world import World

pytestmark = [pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Alertmanager]:
    """One server for these tests, each of which ends what it silenced."""
    server = Alertmanager(tmp_path_factory.mktemp("alertmanager"))
    await server.start()
    yield server
    await server.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod, alertmanager: Alertmanager) -> AsyncIterator[World]:
    """One world too: Ann leads."""
    async with strict() as slack, Silenced(slack, mongod, alertmanager) as ready:
        await with_roles(ready, tech_lead="ann", on_call="")
        yield ready
        assert (slack.refusals, slack.pages) == ([], [])


async def silenced(world: World, alertmanager: Alertmanager, *jobs: str) -> None:
    """Waits until Alertmanager silences these jobs and nothing else."""

    async def so() -> bool:
        return sorted(one["matchers"][0]["value"] for one in await alertmanager.silences()) == sorted(jobs)

    await world.until(so, f"silences of {jobs}")


async def maintains(world: World, words: str) -> str:
    """Bob's word about maintenance, and what he hears."""
    return (await answer(world.slack, world.bob, "/maintenance", words)).shown


async def test_an_emergency_silences_once_its_scope_is_approved(world: World, alertmanager: Alertmanager) -> None:
    """Not before, and no longer than until its end; another scope takes the place of the first."""
    found = re.search(r"MW-\d{8}-\d{4}", await maintains(world, "emergency Loki is full for 1h"))
    assert found
    window_id = found[0]
    await maintains(world, f"scope {window_id} Delete old chunks silencing job=loki")
    await maintains(world, f"extend 10m {window_id}")
    await world.stored("windows", _id=window_id, owed=[])
    assert await alertmanager.silences() == []
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager, "loki")
    await maintains(world, f"scope {window_id} Delete old chunks and blocks silencing job=mimir")
    await maintains(world, f"extend 10m {window_id}")
    await world.stored("windows", _id=window_id, owed=[])
    await silenced(world, alertmanager, "loki")
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager, "mimir")
    await maintains(world, f"scope {window_id} Delete nothing")
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager)
    await maintains(world, f"scope {window_id} Delete all silencing job=loki")
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager, "loki")
    await maintains(world, f"end {window_id}")
    await silenced(world, alertmanager)


async def test_a_yes_that_is_taken_back_ends_what_it_silenced(world: World, alertmanager: Alertmanager) -> None:
    """Said in the thread; whatever is written next, and only another yes silences again."""
    found = re.search(r"MW-\d{8}-\d{4}", await maintains(world, "emergency Mimir is full for 1h"))
    assert found
    window_id = found[0]
    await maintains(world, f"scope {window_id} Delete old chunks silencing job=loki")
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager, "loki")
    await answer(world.slack, world.ann, "/maintenance", f"reject {window_id} the wrong chunks")
    await maintains(world, f"scope {window_id} Delete newer chunks silencing job=mimir")
    await silenced(world, alertmanager)
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager, "mimir")
    await answer(world.slack, world.ann, "/maintenance", f"reject {window_id} nor those")
    head = await world.slack.shows("Emergency maintenance", "under way")
    await world.slack.shows("rejected by @ann: nor those", "No alerts are silenced for it any more.", thread=head)
    await silenced(world, alertmanager)
    await maintains(world, f"extend 10m {window_id}")
    await world.stored("windows", _id=window_id, owed=[])
    assert await alertmanager.silences() == []
    await maintains(world, f"end {window_id}")


async def test_a_no_to_another_scope_ends_what_the_first_silenced(world: World, alertmanager: Alertmanager) -> None:
    """Since none of its work is to be done then; the thread says so, and the next yes silences again."""
    found = re.search(r"MW-\d{8}-\d{4}", await maintains(world, "emergency Tempo is full for 1h"))
    assert found
    window_id = found[0]
    await maintains(world, f"scope {window_id} Delete old chunks silencing job=loki")
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager, "loki")
    await maintains(world, f"scope {window_id} Delete all silencing job=mimir")
    await answer(world.slack, world.ann, "/maintenance", f"reject {window_id} not all")
    await silenced(world, alertmanager)
    head = await world.slack.shows("Emergency maintenance", "under way")
    await world.slack.shows("rejected by @ann: not all", "No alerts are silenced for it any more.", thread=head)
    await maintains(world, f"scope {window_id} Delete a few silencing job=tempo")
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    await silenced(world, alertmanager, "tempo")
    await maintains(world, f"end {window_id}")
    await silenced(world, alertmanager)


async def test_a_scope_that_would_silence_everything_is_refused(world: World) -> None:
    """And so is what follows the matchers; nothing is written."""
    window_id = (await world.stored("windows", 2, title="Weekly maintenance"))[-1]["_id"]  # ahead, whatever day it is
    for matchers, part in (
        ("alertname=~.*", "could silence everything"),
        ("job=loki and more", "does not belong to what is silenced"),
    ):
        assert part in await maintains(world, f"scope {window_id} Upgrade Loki silencing {matchers}")
    assert (await world.document("windows", window_id))["scope"] is None
