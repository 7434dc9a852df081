"""The audit trail through the whole bot: where acts came from, tampering told in Slack, MongoDB away, two bots."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention
from tests.line import Line
from tests.test_incident import opened
from tests.world import World


async def test_each_entry_says_where_the_act_came_from(world: World) -> None:
    """Command, button, form, mention and clock, each under its own trace; the chain of it all is whole."""
    card, incident_id = await opened(world)
    await answer_to_mention(world.slack, world.bob, "resolve fixed", thread=card)
    await world.bob.clicks("Take it", on=card)
    await world.ann.clicks("Resolve", on=card)
    await world.ann.sees("What resolved it?")
    await world.ann.submits({"What resolved it?": "a restart"})
    await world.slack.until(lambda: "a restart" in card.shown, "the card to be resolved")
    world.clock.set("2026-11-28 01:50:00")
    await world.stored("audit", act="announce", outcome="done")
    await world.stored("audit", act="resolve", outcome="done")
    await world.rests()
    trail = await world.documents("audit")
    ways = {(one["act"], one["outcome"], one["via"]) for one in trail if one["subject"] == incident_id}
    assert ways == {
        ("open", "done", "command"),
        ("resolve", "refused", "mention"),
        ("assign", "refused", "button"),
        ("resolve", "done", "form"),
    }
    assert {one["via"] for one in trail if one["who"] == "ops-bot"} == {"clock"}
    assert all(len(one["trace_id"]) == 16 for one in trail)
    told = await answer(world.slack, world.bob, "/ops", "audit")
    assert f"{len(trail)} entries, chained by hashes: none is missing or changed." in told.shown


@pytest.mark.long
async def test_two_bots_make_one_chain_and_tampering_is_told(world: World) -> None:
    """What both wrote is one row of numbers; a changed entry is named to whoever asks, before everything else."""
    await world.starts()
    await asyncio.gather(*(world.ann.says("/ops", f"role {role} @bob") for role in ("on-call", "tech-lead")))
    await asyncio.gather(*(world.bob.says("/incident", f"open sev4 number {n}") for n in range(6)))
    trail = await world.stored("audit", 8)
    assert [one["_id"] for one in trail] == list(range(1, len(trail) + 1))
    assert [one["before"] for one in trail[1:]] == [one["hash"] for one in trail[:-1]]
    assert "none is missing or changed" in (await answer(world.slack, world.ann, "/ops", "audit")).shown
    await world.changes("audit", 2, {"who": "U0CYD"})
    told = await answer(world.slack, world.ann, "/ops", "audit")
    assert told.text == f"The newest {len(trail)} entries of the audit trail, which was tampered with."
    assert told.shown.startswith("*The chain is broken*: entry 2 was changed. Compare with the log (stream=audit)")
    await world.ann.says("/ops", "doctor")
    await world.ann.sees("*FAIL*  audit trail: entry 2 was changed")
    await world.drops("audit")
    told = await answer(world.slack, world.ann, "/ops", "audit")
    assert "missing at the end" in told.shown


async def test_the_log_has_the_hashes_that_mongodb_has(world: World) -> None:
    """Of each run of entries, whichever bot wrote them: a tail that was cut while no bot ran is missed there."""
    await world.starts()
    with capture_logs() as lines:
        await asyncio.gather(*(world.bob.says("/incident", f"open sev4 number {n}") for n in range(4)))
        await world.stored("audit", 4, act="open")

        async def told() -> list[MutableMapping[str, Any]] | None:
            runs = sorted((line for line in lines if line["event"] == "chained"), key=lambda line: line["first"])
            return runs if sum(run["last"] - run["first"] + 1 for run in runs) >= 4 else None

        runs = await world.until(told, "the hashes in the log")
    assert {run["stream"] for run in runs} == {"audit"}
    for run in runs:
        first, last = await world.document("audit", run["first"]), await world.document("audit", run["last"])
        assert (run["before"], run["hash"]) == (first["before"], last["hash"])


@pytest.mark.long
async def test_what_happens_while_mongodb_is_away_is_in_the_trail_when_it_is_back(slack: Slack, line: Line) -> None:
    """The entries wait in order; the bot writes them by itself, and the chain goes on."""
    async with World(slack, line.url()) as world:
        await answer(slack, world.ann, "/ops", "role on-call @bob")
        line.cut()
        await world.bob.says("/incident", "open sev1 all is down")
        await slack.shows("all is down", "Not yet saved")
        await world.bob.sees("is open")
        line.mend()
        (late,) = await world.stored("audit", act="open")
        assert (late["who"], late["via"], late["detail"]) == (
            world.bob.id, "command", "MongoDB is away; the card is the record",
        )  # fmt: skip
        await world.stored("incidents", untold=[])
        assert "none is missing or changed" in (await answer(slack, world.ann, "/ops", "audit")).shown
