"""A checklist that two change at once: people while its message is on its way, bots that look at the same thing."""

import asyncio
from datetime import datetime, timedelta

from bot.domain.checklist_ports import Evidence
from tests.asking import answer
from tests.test_checklist_window import FIRST_RUNG, WINDOW, posted
from tests.world import World


async def test_what_is_ticked_while_the_message_is_on_its_way_is_shown(world: World) -> None:
    """The message goes out as it was when it was started, and is brought up to date as soon as it is there."""
    world.slack.faults.add("latency", "chat.postMessage", count=1, value=0.5)
    starting = asyncio.create_task(answer(world.slack, world.ann, "/checklist", "start"))
    await world.stored("checklists")
    await answer(world.slack, world.bob, "/checklist", "done 1")
    await starting
    await world.slack.shows("Checklist of MW-20261128-0200: 1 of 12 done")


async def test_of_two_bots_looks_the_later_one_counts(world: World) -> None:
    """A bot that looked before another one doubted does not tick again, nor does an old look take back a new tick."""
    world.clock.set(FIRST_RUNG)
    await posted(world)
    await world.stops()
    lists, start = world.store().checklists, world.clock()

    def at(minute: int) -> datetime:
        return start + timedelta(minutes=minute)

    assert await lists.prove(WINDOW, 8, Evidence("up", at(0)), at(0))
    assert await lists.disprove(WINDOW, 8, at(2), at(2))
    assert await lists.prove(WINDOW, 8, Evidence("up", at(1)), at(3)) is None
    assert await lists.prove(WINDOW, 8, Evidence("up", at(4)), at(4))
    assert await lists.disprove(WINDOW, 8, at(3), at(5)) is None
    (item_8,) = [one for one in (await world.document("checklists", WINDOW))["items"] if one["number"] == 8]
    assert (item_8["done_by"], item_8["evidence"]) == ("ops-bot", "up")


async def test_what_a_bot_recorded_and_did_not_show_is_shown_by_who_starts_it_again(world: World) -> None:
    """Starting it again counts the change as shown, so it has to be."""
    await answer(world.slack, world.ann, "/checklist", "start")
    (known,) = await world.stored("checklists", is_told=True, ts={"$ne": None})
    ticked = {"items.0.done_by": world.bob.id, "items.0.done_at": world.clock(), "changed_at": world.clock()}
    await world.changes("checklists", known["_id"], {**ticked, "version": known["version"] + 1, "is_told": False})
    await answer(world.slack, world.ann, "/checklist", "start")
    await world.slack.shows("Checklist of MW-20261128-0200: 1 of 12 done")
