"""A window that was skipped, cancelled or moved is planned again: by word or button, as long as that is possible."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import window_steps as steps
from bot.domain.announcement import Announcement, Ladder, State, rungs, why_skip
from bot.domain.audit import SYSTEM
from bot.domain.restore import restored
from bot.domain.window import Deed, Scope
from bot.domain.window import State as Standing
from bot.errors import UserError
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.planning import says, told, window, with_roles
from tests.test_window_steps import HOUR, PLAN, START
from tests.world import World

WEEKLY, SUNDAY = "MW-20261128-0200", "MW-20261129-0300"
BEFORE = START - 3 * HOUR
OTHER = steps.becomes(PLAN, "U0BOB", START + 24 * HOUR, BEFORE)
MOVED = steps.moved(PLAN, OTHER, "U0BOB", BEFORE)


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Friday after the first rung; Bob leads, Ann is on call."""
    friday = World(slack, mongod.url())
    friday.clock.set("2026-11-27 02:00:01")
    async with friday as ready:
        await with_roles(ready)
        await ready.stored("checklists", _id=WEEKLY, ts={"$ne": None})
        yield ready


# Rules


def test_what_is_not_possible_any_more_is_refused_with_the_reason() -> None:
    """It is on, over, past, off since the rule changed, or what it became has gone on: each says so, and what to do."""
    back = restored(MOVED, OTHER, "U0ANN", BEFORE)
    for before, other, at, why in (
        (PLAN, None, BEFORE, "is planned already"),
        (steps.begun(PLAN, "U0ANN", START, START), None, START, "is under way"),
        (steps.lapsed(PLAN, "it was frozen", START), None, START, "is not held"),
        (
            steps.cancelled(PLAN, SYSTEM, "the weekly window is now Sun", BEFORE),
            None,
            BEFORE,
            "the weekly window is now",
        ),
        (steps.cancelled(PLAN, "U0ANN", "vendor", BEFORE), None, START, "which is past, so it stays off"),
        (MOVED, None, BEFORE, "is being moved just now"),
        (MOVED, steps.cancelled(OTHER, "U0ANN", "vendor", BEFORE), BEFORE, "was cancelled: “vendor”"),
        (steps.moved(OTHER, back, "U0ANN", BEFORE), back, BEFORE, "was moved back to MW-20261128-0200 already"),
        (MOVED, steps.begun(OTHER, "U0ANN", OTHER.start - HOUR, BEFORE), BEFORE, "cannot be moved back"),
    ):
        with pytest.raises(UserError) as refused:
            restored(before, other, "U0ANN", at)
        assert why in refused.value.problem
        assert refused.value.remedy


def test_a_scope_that_was_written_after_the_move_comes_along_unapproved() -> None:
    """The one that was approved for this time stays approved; another one, or one that was rejected, is asked anew."""
    scope = Scope("Upgrade Loki", "U0ANN", BEFORE, 0)
    known = steps.approved(steps.scoped(PLAN, scope, BEFORE), "U0BOB", ["tech-lead"], BEFORE)
    other = steps.becomes(known, "U0ANN", START + 24 * HOUR, BEFORE)
    gone = steps.moved(known, other, "U0ANN", BEFORE)
    assert restored(gone, other, "U0ANN", BEFORE).is_approved
    newer = steps.scoped(other, replace(scope, text="Upgrade Loki and Mimir"), BEFORE)
    back = restored(gone, newer, "U0ANN", BEFORE)
    assert back.scope is not None
    assert (back.scope.text, back.is_approved) == ("Upgrade Loki and Mimir", False)
    assert [act.deed for act in back.acts[-2:]] == [Deed.RESTORED, Deed.SCOPED]
    assert not restored(gone, steps.rejected(other, "U0BOB", "too late", BEFORE), "U0ANN", BEFORE).is_approved


def test_a_rung_that_was_due_while_the_window_was_off_is_not_told_late() -> None:
    """That it is planned again says it, if anybody heard of the window; rungs before and after are told as ever."""
    ladder = Ladder((("2h", 2 * HOUR), ("1h", HOUR)), timedelta(minutes=30))
    off = steps.cancelled(PLAN, "U0ANN", "vendor", START - 2.5 * HOUR)
    back = restored(off, None, "U0ANN", START - 1.5 * HOUR)
    two, one = rungs(back, ladder)[:2]
    assert (two.name, one.name) == ("2h", "1h")
    heard = {"x/24h": Announcement("x/24h", State.ANNOUNCED)}
    assert "its return is told" in why_skip(two, [two, one], heard, START - 1.4 * HOUR)
    assert why_skip(two, [two, one], {}, START - 1.4 * HOUR) == ""
    assert why_skip(one, [two, one], heard, START - HOUR) == ""


# Conversations


@pytest.mark.long
async def test_a_skip_is_taken_back_with_the_button_that_answers_it(world: World) -> None:
    """Only by who may; once; the channel, the head and the checklist show it; later rungs are told as ever."""
    head = await told(world, f"{WEEKLY}/24h")
    await says(world, "skip 2026-11-28 holidays")
    offer = world.ann.ephemerals[-1]
    assert offer.buttons == ["Undo"]
    await world.slack.shows("was cancelled by @ann: holidays", thread=head)
    await world.stored("checklists", _id=WEEKLY, closed_by="ops-bot")
    assert "takes one of the roles" in await says(world, "restore", world.slack.person("cyd"))
    await asyncio.gather(world.ann.clicks("Undo", offer), world.ann.clicks("Undo", offer))
    await world.ann.sees(f"{WEEKLY} is planned again, Saturday 2026-11-28 02:00 to 06:00 UTC. The channel is told. ")
    await world.ann.sees(f"{WEEKLY} is planned already, by @ann.")
    reply = await world.slack.shows(f"({WEEKLY}, Saturday", "is planned again, as said by @ann.", thread=head)
    assert reply in world.slack.channel().messages
    await world.slack.until(lambda: "Weekly maintenance: planned" in head.shown, "the head")
    (checklist,) = await world.stored("checklists", _id=WEEKLY, closed_by="")
    assert [item["waived_by"] for item in checklist["items"]] == [""] * 12
    world.clock.set("2026-11-28 01:00:01")
    assert "starts at" in (await told(world, f"{WEEKLY}/1h")).text
    await says(world, f"cancel {WEEKLY} vendor is late")
    await world.stored("checklists", _id=WEEKLY, closed_by="ops-bot")
    world.clock.set("2026-11-28 02:00:01")
    assert "which is past, so it stays off" in await says(world, f"restore {WEEKLY}")
    assert "No window that is still to come is off." in await says(world, "restore")
    restores = await world.documents("audit", act="restore")
    assert sorted((one["outcome"], one["subject"]) for one in restores if one["outcome"] == "done") == [
        ("done", WEEKLY)
    ]


@pytest.mark.long
async def test_a_move_is_taken_back(world: World) -> None:
    """The window has its ID, thread and approval again; what it had become is off. Its time must be free."""
    head = await told(world, f"{WEEKLY}/24h")
    await says(world, f"scope {WEEKLY} Upgrade Loki")
    await says(world, f"approve {WEEKLY}", world.bob)
    await says(world, "move 2026-11-28 to 2026-11-29 03:00")
    await says(world, "schedule 2026-11-28 05:00 for 2h Rotate keys")
    assert "MW-20261128-0500 “Rotate keys” has that time" in await says(world, "restore sat")
    await says(world, "cancel 0500 not needed")
    assert "It could be any of" in await says(world, "restore")
    assert "is planned again" not in world.slack.thread(head).shown
    assert f"{WEEKLY} is planned again" in await says(world, f"restore {SUNDAY}")
    assert f"{SUNDAY} was moved back to {WEEKLY} already, by @ann." in await says(world, f"restore {SUNDAY}", world.bob)
    await world.slack.shows(f"is planned again, not {SUNDAY}, as said by @ann. Its scope is approved", thread=head)
    back = await window(world, WEEKLY, state="planned", moved_to="")
    assert len(back["scope"]["approvals"]) == 1
    await window(world, SUNDAY, state="moved", moved_to=WEEKLY)
    assert "has that time" in await says(world, "schedule 2026-11-28 03:00 for 1h Clash")
    assert "is scheduled" in await says(world, "schedule 2026-11-29 03:30 for 1h Fits")


@pytest.mark.long
async def test_a_bot_that_dies_half_way_leaves_a_window_that_comes_back(world: World) -> None:
    """The write that moves the one back carries the other; until that is kept, nobody gets its time."""
    await says(world, "move 2026-11-28 to 2026-11-29 03:00")
    await world.stops()
    store, now = world.store(), world.clock()
    known, other = await store.windows.get(WEEKLY), await store.windows.get(SUNDAY)
    assert known is not None
    assert other is not None
    back = restored(known, other, world.ann.id, now)
    assert await store.windows.save(steps.moved(other, back, world.ann.id, now), other.version)
    await world.starts()
    await window(world, WEEKLY, state="planned", untold=[])
    await store.windows.succeed(back)  # again, as another bot would
    kept = await store.windows.get(WEEKLY)
    assert kept is not None
    assert (kept.state, kept.version, len(kept.acts)) == (Standing.PLANNED, back.version, back.version)
