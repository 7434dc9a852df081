"""Checklists assigned, waived and closed; notes and lessons."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.workspace import Member
from tests.asking import answer, typed
from tests.ticking import WINDOW, forgets, started, thursday
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for these tests."""
    async with thursday(mongod) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World) -> World:
    """The shared world, in which nobody has started a checklist yet."""
    return await forgets(shared)


@pytest_asyncio.fixture(loop_scope="module")
async def card(world: World) -> Post:
    """The checklist that Ann started for the Saturday ahead."""
    return await started(world)


async def items(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.document("checklists", WINDOW))["items"]
    return found


async def test_an_item_is_for_somebody_and_due(world: World, card: Post) -> None:
    """Due before the window's start, or at a time that is named; the card shows both. A role stands for who has it."""
    told = await answer(world.slack, world.ann, "/checklist", "assign 2,3 @bob by start-30m")
    assert told.shown.startswith("For @bob, due 2026-11-28 01:30 UTC")
    assert "2. Snapshot configs, 3. Verify the rollback plan" in told.shown
    await world.slack.until(lambda: "2. for @bob, due 2026-11-28 01:30 UTC" in card.shown, "whose it is")
    await answer(world.slack, world.ann, "/checklist", "assign 4 @cyd by sat 05:00")
    await answer(world.slack, world.ann, "/checklist", "assign 5 on-call")
    await world.slack.until(lambda: "5. for on-call (to be assigned)" in card.shown, "that nobody is on call")
    assert "4. for @cyd, due 2026-11-28 05:00 UTC" in card.shown
    stored = await items(world)
    assert [(one["assignee"], one["due_rule"]) for one in stored[1:5]] == [
        ("U0BOB", "start-30m"), ("U0BOB", "start-30m"), ("U0CYD", ""), ("on-call", ""),
    ]  # fmt: skip
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await answer(world.slack, world.ann, "/checklist", "assign 6 @on-call")
    assert (await items(world))[5]["assignee"] == "U0BOB"
    await answer(world.slack, world.ann, "/ops", "role on-call none")


async def test_what_cannot_be_assigned_or_waived_changes_nothing(world: World, card: Post) -> None:
    """No such item, nobody, a bot, a past time, no reason: a private answer."""
    world.slack.workspace.people["U0GONE"] = Member("U0GONE", "gone", "Gone Gal", has_left=True)
    before = await items(world)
    for words, told in (
        ("assign", "Which item?"),
        ("assign 2", "Who does it?"),
        ("assign 13 <@U0BOB>", "is out of range"),
        ("assign 2 bob", "“bob” is not a mention."),
        ("assign 2 <@U0OPSBOT>", "A bot cannot do that."),
        ("assign 2 <@U0GONE>", "@gone has left the workspace."),
        ("assign 2 <!subteam^S0OPS>", "An item is for a person or a role, not for a group."),
        ("assign 2 <@U0BOB> start-30m", "does not belong here."),
        ("assign 2 <@U0BOB> by", "By when?"),
        ("assign 2 <@U0BOB> by 0200", "Did you mean `02:00`?"),
        ("assign 2 <@U0BOB> by 2026-11-20 02:00", "2026-11-20 02:00 UTC is past."),
        ("waive", "Which item?"),
        ("waive 2", "Why is it left undone?"),
        ("waive 99 because", "is out of range"),
        ("lesson", "The lesson is empty."),
        ("close now", "“now” is more than this takes."),
    ):
        assert told in (await typed(world.slack, world.ann, "/checklist", words)).shown, words
    assert await items(world) == before


async def test_a_waived_item_is_not_open_and_can_be_taken_back(world: World, card: Post) -> None:
    """With who and why; a second waiver hears of the first, a tick replaces it, `undo` opens it again."""
    told = await answer(world.slack, world.ann, "/checklist", "waive 2, 3 nothing is changed tonight")
    assert told.shown.startswith("Waived: 2. Snapshot configs, 3. Verify")
    await world.slack.until(lambda: "2 waived" in card.shown, "the waivers")
    assert "2. waived by @ann: nothing is changed tonight" in card.shown
    again = await answer(world.slack, world.bob, "/checklist", "waive 2 me too")
    assert "2. “Snapshot configs” is waived already, by @ann." in again.shown
    await answer(world.slack, world.bob, "/checklist", "undo 2")
    await answer(world.slack, world.bob, "/checklist", "done 3")
    stored = await items(world)
    assert [(one["done_by"], one["waived_by"]) for one in stored[1:3]] == [("", ""), ("U0BOB", "")]
    assert len(await world.documents("audit", act="waive", detail="nothing is changed tonight")) == 2


async def test_closing_lists_what_is_open_and_asks_for_the_reason(world: World, card: Post) -> None:
    """*Close anyway* waives what was listed; the checklist says who closed it and why."""
    await answer(world.slack, world.ann, "/checklist", "done 1,2,3,4,5,6,7,8,9,10")
    asked = await answer(world.slack, world.bob, "/checklist", "close")
    assert asked.text == f"2 of 12 items of {WINDOW} are open, so the checklist was not closed."
    assert "☐ 11. Document the lessons learned" in asked.shown
    await world.bob.clicks("Close anyway", on=asked)
    await world.bob.sees("Close the checklist", "2 items are open.")
    await world.bob.submits({"Why is it not done?": "a quiet night, <!channel>"})
    await world.bob.sees(f"The checklist of {WINDOW} is closed: 10 of 12 done, 2 waived.")
    await world.slack.until(lambda: "Closed by @bob: a quiet night" in card.shown, "that it is closed")
    (entry,) = await world.documents("audit", act="close checklist")
    assert (entry["who"], entry["detail"]) == ("U0BOB", "waived 11, 12: a quiet night, <!channel>")
    again = await answer(world.slack, world.ann, "/checklist", "close")
    assert "checklist is closed already, by @bob." in again.shown
    await answer(world.slack, world.ann, "/checklist", "undo 11")
    assert (await world.document("checklists", WINDOW))["closed_at"] is None


async def test_what_was_not_listed_is_not_waived(world: World, card: Post) -> None:
    """An item that somebody unticked while the form was open is told; nothing is closed."""
    await answer(world.slack, world.ann, "/checklist", "done 1,2,3,4,5,6,7,8,9,10,11")
    asked = await answer(world.slack, world.bob, "/checklist", "close")
    await world.bob.clicks("Close anyway", on=asked)
    await answer(world.slack, world.ann, "/checklist", "undo 5")
    await world.bob.submits({"Why is it not done?": "enough"})
    await world.bob.sees("Still open: 5. Log deviations.", "/checklist close")
    assert (await world.document("checklists", WINDOW))["closed_at"] is None


async def test_nothing_open_closes_at_once_and_once(world: World, card: Post) -> None:
    """Of two who close at the same moment one does, and the other hears of it."""
    await answer(world.slack, world.ann, "/checklist", "done 1,2,3,4,5,6,7,8,9,10,11,12")
    told = await asyncio.gather(*(answer(world.slack, who, "/checklist", "close") for who in (world.ann, world.bob)))
    assert len([one for one in told if "is closed already, by" in one.shown]) == 1
    assert len(await world.documents("audit", act="close checklist")) == 1


async def test_lessons_are_kept_beside_the_notes(world: World, card: Post) -> None:
    """Each with who and when, under its own heading."""
    await answer(world.slack, world.ann, "/checklist", "note Loki restarted twice")
    told = await answer(world.slack, world.bob, "/checklist", "lesson snapshot before the restart")
    assert told.shown == f"The lesson is in the checklist of {WINDOW}."
    await world.slack.until(lambda: "snapshot before the restart" in card.shown, "the lesson")
    assert card.shown.index("Notes") < card.shown.index("Loki restarted") < card.shown.index("Lessons")
    kinds = [(note["kind"], note["who"]) for note in (await world.document("checklists", WINDOW))["notes"]]
    assert kinds == [("note", "U0ANN"), ("lesson", "U0BOB")]
