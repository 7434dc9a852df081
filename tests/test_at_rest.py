"""What a bot that has nothing to do asks of MongoDB, again and again: each thing once for all who need it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer
from tests.planning import told, with_roles
from tests.world import MEASURED, PACE, World

WEEKLY = "MW-20261128-0200"
READS = 25  # of a round in which every job runs once, however seldom it does


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """An incident is open, and a window announced, with its checklist in its thread."""
    # Nothing here stands still for so long that a claim has to be renewed.
    ready = World(slack, mongod.url(), tuned={"pace": replace(PACE, lease=timedelta(seconds=30))})
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
        # On a busy machine jobs may run twice in a round: one in which they do not is enough.
        while len(rounds) < 30 and min(rounds, default=READS + 1) > READS:
            before = await client.admin.command("serverStatus")
            await world.round()
            after = await client.admin.command("serverStatus")
            rounds.append(after["opcounters"]["query"] - before["opcounters"]["query"])
    assert 0 < min(rounds) <= READS, rounds


async def test_a_card_is_recorded_with_its_claim_and_needs_no_other_before_it_is_posted(world: World) -> None:
    """One write less before each message that somebody waits for."""
    await world.rests()
    world.database.command("profile", 2)
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    await world.stored("outbox", 2, event_type="opsbot_incident", shown=3)
    world.database.command("profile", 0)
    (incident,) = await world.documents("incidents", title="checkout is down")
    profile = world.database["system.profile"]
    updates = profile.find({"op": "update", "command.q._id": f"opsbot_incident:{incident['_id']}"})
    states = [one["command"]["u"].get("$set", {}).get("state") for one in updates]
    assert "posted" in states
    assert "posting" not in states
    profile.drop()
