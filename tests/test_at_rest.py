"""What a bot that has nothing to do asks of MongoDB, again and again: each thing once for all who need it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer
from tests.planning import told, with_roles
from tests.world import MEASURED, World

WEEKLY = "MW-20261128-0200"
READS = 26  # of a round in which every job runs once, however seldom it does


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """An incident is open, and a window announced, with its checklist in its thread."""
    ready = World(slack, mongod.url())
    ready.tempo = MEASURED
    async with ready:
        await with_roles(ready)
        await answer(slack, ready.ann, "/incident", "open sev3 Loki is slow")
        ready.clock.set("2026-11-27 02:00:01")
        await told(ready, f"{WEEKLY}/24h")
        await ready.stored("checklists", _id=WEEKLY, ts={"$ne": None}, is_told=True)
        yield ready


async def test_a_round_without_anything_to_do_reads_little(world: World) -> None:
    """Counted by the server, while an incident is open and a window announced."""
    rounds: list[int] = []
    await world.rests()
    async with AsyncMongoClient[dict[str, Any]](world.mongodb_url) as client:
        for _ in range(6):
            before = await client.admin.command("serverStatus")
            await world.round()
            after = await client.admin.command("serverStatus")
            rounds.append(after["opcounters"]["query"] - before["opcounters"]["query"])
    assert 0 < min(rounds) <= READS, rounds


async def test_a_card_is_written_to_the_outbox_no_more_than_it_must(world: World) -> None:
    """Recorded with its claim, and confirmed; then the link to its thread is wanted, and confirmed."""
    await world.rests()
    world.database.command("profile", 2)
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    await world.stored("outbox", event_type="opsbot_incident", shown=3)
    world.database.command("profile", 0)
    written = {"ns": f"{world.database.name}.outbox", "op": {"$in": ["insert", "update"]}}
    assert world.database["system.profile"].count_documents(written) == 4
    world.database["system.profile"].drop()
