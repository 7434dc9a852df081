"""Freezes and windows under way: nothing is stopped, people hear of it, and only an exception goes on into a freeze."""

from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer
from tests.planning import says, told, window
from tests.world import World

WEEKLY = "MW-20261128-0200"
FREEZE = "FRZ-20261128-0700"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """Bob leads, Ann is on call."""
    async with World(slack, mongod.url()) as ready:
        for role, owner in (("tech-lead", ready.bob), ("on-call", ready.ann)):
            await ready.puts("roles", {"_id": role, "owner": owner.id, "backup": ""})
        yield ready


@pytest.fixture
async def under_way(world: World) -> World:
    """The same on a Saturday whose window is under way."""
    world.clock.set("2026-11-28 02:00:01")
    await told(world, f"{WEEKLY}/start")
    return world


def heard(world: World, words: str) -> list[str]:
    """What the channel and its threads have with these words."""
    return [post.shown for post in world.slack.channel().everything if words in post.shown]


async def test_a_window_is_not_put_off_into_a_freeze(under_way: World) -> None:
    """Whoever tries hears which freeze it is and who may except it; the exception is announced, and then it may.

    Where nobody may, it says who hands the role out: that is to be mended first.
    """
    world = under_way
    await says(world, "freeze 2026-11-28 07:00..2026-11-29 year's end", world.bob)
    assert f"{WEEKLY} now ends at 2026-11-28 07:00 UTC" in await says(world, "extend 1h")
    shown = await says(world, "extend 30m")
    assert f"{WEEKLY} would run into the freeze {FREEZE} (2026-11-28 07:00 to 2026-11-30 00:00 UTC)" in shown
    assert f"It takes an exception first: `/maintenance except {WEEKLY} REASON`." in shown
    assert "Who may: @bob" in shown
    (refusal,) = await world.stored("audit", act="extend", outcome="refused")
    assert (refusal["who"], refusal["subject"]) == (world.ann.id, WEEKLY)
    await answer(world.slack, world.ann, "/ops", "role tech-lead none")
    shown = await says(world, "extend 30m")
    assert "To be assigned: tech-lead; an admin of the bot hands them out with `/ops role tech-lead @who`." in shown
    await answer(world.slack, world.ann, "/ops", "role tech-lead @bob")
    assert "Who may: @bob" in await says(world, f"except {WEEKLY} the disk is half copied")
    assert "is held in spite of" in await says(world, f"except {WEEKLY} the disk is half copied", world.bob)
    await world.slack.shows("is held in spite of the freeze, by an exception of @bob: the disk is half copied")
    assert "now ends at 2026-11-28 07:30 UTC" in await says(world, "extend 30m")
    assert (await window(world, WEEKLY, state="under way"))["exemption"]["by"] == world.bob.id


@pytest.mark.long
async def test_a_freeze_over_a_window_under_way_is_told_in_its_thread_and_so_is_its_end(under_way: World) -> None:
    """Each once among two bots, whichever there are; the window goes on, and ends as it was planned to.

    Once the freeze is taken back, it is extended as if there had been none.
    """
    world = under_way
    await world.starts()
    shown = await says(world, "freeze 2026-11-28 05:00..2026-11-29 audit", world.bob)
    assert f"Under way already, so not stopped by it: {WEEKLY}" in shown
    assert "Not held because of it" not in shown
    post = await world.slack.shows("there is a freeze in its time, FRZ-20261128-0500: audit", "Who may: @bob")
    assert "Nothing is stopped by it" in post.shown
    await says(world, "unfreeze 20261128-0500", world.bob)
    await world.slack.shows(WEEKLY, "has no freeze in its time any more: its end may be put off again.")
    assert f"{WEEKLY} now ends at 2026-11-28 07:00 UTC" in await says(world, "extend 1h")
    await world.slack.shows("was extended by 1 h by @ann")
    await says(world, "freeze 2026-11-28 03:00..2026-11-29 audit", world.bob)
    await world.slack.shows("there is a freeze in its time, FRZ-20261128-0300: audit")
    await world.stops()
    await world.starts()
    world.clock.set("2026-11-28 03:00:01")
    await told(world, "FRZ-20261128-0300/start")
    world.clock.set("2026-11-28 07:00:01")
    await window(world, WEEKLY, state="over")
    await told(world, f"{WEEKLY}/end")
    assert len(heard(world, "there is a freeze in its time")) == 2
    assert len(heard(world, "has no freeze in its time any more")) == 1


@pytest.mark.long
async def test_a_window_that_begins_since_the_freeze_is_lifted_says_that_it_is_held(world: World) -> None:
    """Its start is past by then, so it begins at once: that it was frozen is what people heard of it."""
    world.clock.set("2026-12-04 02:00:01")
    await says(world, "freeze 2026-12-05..2026-12-05 audit", world.bob)
    await told(world, "MW-20261205-0200/24h")
    world.clock.set("2026-12-05 03:00:00")
    await world.stored("audit", subject="MW-20261205-0200/start", outcome="skipped")
    await says(world, "unfreeze 20261205-0000", world.bob)
    await world.slack.shows("MW-20261205-0200", "is not frozen any more, so it is held.")
    begun = await window(world, "MW-20261205-0200", state="under way")
    assert begun["actual_start"].strftime("%H:%M") == "03:00"
    await world.slack.shows("MW-20261205-0200", "has started after all")
    assert heard(world, "its end may be put off again") == []


@pytest.mark.long
async def test_a_window_that_is_excepted_after_its_start_says_when_it_began(world: World) -> None:
    """The start that was due was not told, since it was frozen then."""
    world.clock.set("2026-12-04 02:00:01")
    await says(world, "freeze 2026-12-05..2026-12-05 audit", world.bob)
    await told(world, "MW-20261205-0200/24h")
    world.clock.set("2026-12-05 03:00:00")
    await world.stored("audit", subject="MW-20261205-0200/start", outcome="skipped")
    await says(world, "except MW-20261205-0200 security fix", world.bob)
    post = await world.slack.shows("MW-20261205-0200", "has started after all (2026-12-05 03:00 UTC)")
    assert "ends at 2026-12-05 06:00 UTC" in post.shown
    world.clock.set("2026-12-05 06:00:01")
    await told(world, "MW-20261205-0200/end")
    assert len(heard(world, "has started after all")) == 1


async def test_an_excepted_window_hears_of_no_freeze(under_way: World) -> None:
    """It was excepted before the next one came."""
    world = under_way
    await says(world, "freeze 2026-11-28 03:00..2026-11-29 audit", world.bob)
    await world.slack.shows("there is a freeze in its time", "audit")
    await says(world, f"except {WEEKLY} must be", world.bob)
    await says(world, "freeze 2026-11-28 04:00..2026-11-29 another", world.bob)
    world.clock.set("2026-11-28 06:00:01")
    await told(world, f"{WEEKLY}/end")
    assert len(heard(world, "there is a freeze in its time")) == 1
    assert "does not lie in a freeze" not in await says(world, f"except {WEEKLY} again", world.bob)


@pytest.mark.long
async def test_a_window_that_nobody_ended_hears_of_a_freeze_too(world: World) -> None:
    """Its planned end is past and nobody said that it has ended: it may be on, while the freeze begins."""
    world.clock.set("2026-11-28 08:00:00")
    await says(world, "schedule in 1m for 1h Upgrade Loki")
    (upgrade,) = await world.stored("windows", title="Upgrade Loki")
    world.clock.set("2026-11-28 08:02:00")
    await window(world, upgrade["_id"], state="under way")
    await says(world, "freeze 2026-11-28 12:00..2026-11-29 audit", world.bob)
    world.clock.set("2026-11-28 11:59:00")
    await world.slack.shows("Has it ended?")
    assert heard(world, "there is a freeze in its time") == []
    world.clock.set("2026-11-28 12:00:01")
    await world.slack.shows(upgrade["_id"], "there is a freeze in its time, FRZ-20261128-1200: audit")


async def test_an_emergency_goes_on_into_a_freeze_and_in_one_says_that_there_is_one(world: World) -> None:
    """What is an emergency waits for nobody's leave, and nobody has to except it.

    Whoever reads that there is no maintenance, and that some is on, reads why.
    """
    world.clock.set("2026-11-28 08:00:00")
    await says(world, "freeze 2026-11-28 09:00..2026-11-29 audit", world.bob)
    await says(world, "emergency replace the disk for 1h")
    (disk,) = await world.stored("windows", kind="emergency")
    assert "now ends at 2026-11-28 10:00 UTC" in await says(world, f"extend 1h {disk['_id']}")
    world.clock.set("2026-11-28 09:00:01")
    assert "There is a freeze in its time: it is held all the same" in await says(world, "emergency replace the fan")
    await world.slack.shows("Emergency maintenance", "fan", "It is held in spite of a freeze: it is an emergency")
    (fan,) = await world.stored("windows", kind="emergency", _id={"$ne": disk["_id"]})
    assert "is excepted already" in await says(world, f"except {fan['_id']} must be", world.bob)
    assert heard(world, "there is a freeze in its time") == []
    disk = await world.document("windows", disk["_id"])
    assert [act["deed"] for act in disk["acts"]] == ["began", "extended"], "nothing came over the first one either"


async def test_the_channel_hears_that_a_window_was_moved_into_a_freeze(world: World) -> None:
    """What was announced is corrected, and the new one is not promised."""
    world.clock.set("2026-12-04 02:00:01")
    await told(world, "MW-20261205-0200/24h")
    await says(world, "freeze 2026-12-07..2026-12-08 audit", world.bob)
    assert "/maintenance except MW-20261207-0200" in await says(world, "move 2026-12-05 to 2026-12-07 02:00")
    post = await world.slack.shows("was moved by @ann", "It is now MW-20261207-0200")
    assert "That one lies in a freeze, and is not held unless the tech lead excepts it: audit" in post.shown
    await says(world, "unfreeze 20261207-0000", world.bob)
    await window(world, "MW-20261207-0200", frozen="")
