"""Claims and ticks as MongoDB keeps them: who has an announcement, what a checklist has yet to tell; without Slack."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.announcement import Occasion, Rung
from bot.domain.checklist import Checklist, Item, Phase, Remark
from bot.domain.window import Window
from bot.store.announcement import Announcements
from tests.world import World

START = datetime(2027, 3, 1, 2, tzinfo=UTC)
WINDOW = Window("MW-20270301-0200", START, START + timedelta(hours=4), "Upgrade Loki")
RUNG = Rung(WINDOW, "1h", Occasion.AHEAD, START - timedelta(hours=1))


def bots(world: World) -> tuple[Announcements, Announcements]:
    """The announcements of two bots on one database."""
    one, two = (world.store(owner, timedelta(seconds=0.7)) for owner in ("one", "two"))
    return one.announcements, two.announcements


async def taken_over(by: Announcements) -> bool | None:
    """Whether a claim could be had that another bot has."""
    return await by.claim(RUNG) or None


@pytest.mark.long
async def test_an_announcement_is_one_bot_s_until_its_claim_runs_out(world: World) -> None:
    """Nobody takes it from whoever is at it; of a bot that died it is taken over once its lease is over."""
    one, two = bots(world)
    assert await one.claim(RUNG)
    assert not await two.claim(RUNG)
    assert not await one.claim(RUNG)
    await world.until(lambda: taken_over(two), "the lease to run out")
    assert not await one.claim(RUNG)


@pytest.mark.long
async def test_only_what_nobody_can_have_posted_is_given_back(world: World) -> None:
    """A fresh claim ends without a trace; one that was taken over does after a look in the channel alone."""
    one, two = bots(world)
    assert await one.claim(RUNG)
    assert not await two.release(RUNG)
    assert await one.release(RUNG)
    assert await one.claim(RUNG)
    await world.until(lambda: taken_over(two), "the lease to run out")
    assert not await one.release(RUNG, was_sought=True)
    assert not await two.release(RUNG)
    assert await two.release(RUNG, was_sought=True)
    assert await one.of(WINDOW.id) == {}


async def test_a_checklist_is_told_when_its_latest_change_is(world: World) -> None:
    """What was ticked while an older state was being shown is still to be told."""
    checklists, now = world.store().checklists, world.clock()
    items = tuple(Item(number, Phase.BEFORE, f"item {number}") for number in (1, 2))
    checklist = Checklist(WINDOW.id, "C0OPSSHARED", "U0ANN", now, items)
    assert await checklists.add(checklist)
    ticked = await checklists.tick(WINDOW.id, 1, "U0ANN", now)
    assert ticked is not None
    await checklists.told(WINDOW.id, checklist.version, "1764000000.000100")
    (untold,) = await checklists.untold(now + timedelta(minutes=1))
    assert (untold.ts, untold.done) == ("1764000000.000100", 1)
    await checklists.told(WINDOW.id, ticked.version, None)
    assert await checklists.untold(now + timedelta(minutes=1)) == []


async def test_the_same_note_within_a_minute_is_one(world: World) -> None:
    """A double Enter; another person's, other words, or the same a minute later are notes of their own."""
    checklists, now = world.store().checklists, world.clock()
    assert await checklists.add(Checklist(WINDOW.id, "C0OPSSHARED", "U0ANN", now, ()))
    told = [
        await checklists.note(WINDOW.id, Remark(who, now + timedelta(seconds=after), text))
        for who, after, text in (
            ("U0ANN", 0, "Loki restarted"),
            ("U0ANN", 1, "Loki restarted"),
            ("U0BOB", 2, "Loki restarted"),
            ("U0ANN", 3, "Loki restarted twice"),
            ("U0ANN", 61, "Loki restarted"),
        )
    ]
    assert [one is not None for one in told] == [True, False, True, True, True]
    kept = await checklists.get(WINDOW.id)
    assert kept is not None
    assert len(kept.notes) == 4
