"""Items for a role follow it: while they are open they are for whoever has it when the window is held."""

from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer
from tests.planning import with_roles
from tests.world import World

WINDOW = "MW-20261128-0200"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Friday, a day before the window; Bob is on call."""
    quiet = World(slack, mongod.url())
    quiet.clock.set("2026-11-27 01:59:00")
    async with quiet as ready:
        await with_roles(ready, tech_lead="ann", on_call="bob")
        yield ready


async def started(world: World, words: str = "assign 5 on-call by start-30m") -> Post:
    """The checklist's message, with an item for a role."""
    await answer(world.slack, world.ann, "/checklist", "start")
    await answer(world.slack, world.ann, "/checklist", words)
    return await world.slack.shows("Checklist of")


async def says(world: World, card: Post, words: str) -> None:
    """Waits until the checklist says so."""
    await world.slack.until(lambda: words in card.shown, f"{words} in {card.shown}")


async def test_an_open_item_follows_the_role(world: World) -> None:
    """From one person to the next, to nobody and on; once in the trail, with two bots; the due moment stays."""
    await world.starts()
    card = await started(world)
    await says(world, card, "5. for @bob (on-call), due 2026-11-28 01:30 UTC")
    await answer(world.slack, world.ann, "/ops", "role on-call @cyd")
    await says(world, card, "5. for @cyd (on-call), due 2026-11-28 01:30 UTC")
    cyd = world.slack.person("cyd")
    await cyd.opens_home()
    await cyd.sees("Log deviations")
    await answer(world.slack, world.ann, "/ops", "role on-call none")
    await says(world, card, "5. for on-call (to be assigned), due 2026-11-28 01:30 UTC")
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await says(world, card, "5. for @bob (on-call)")
    await world.stored("audit", 3, act="assign item", who="ops-bot")
    trail = await world.documents("audit", act="assign item")
    assert [(entry["subject"], entry["detail"]) for entry in trail] == [
        (f"{WINDOW}/5", "U0BOB"),
        (f"{WINDOW}/5", "U0CYD, with the role on-call"),
        (f"{WINDOW}/5", "on-call, with the role on-call"),
        (f"{WINDOW}/5", "U0BOB, with the role on-call"),
    ]


async def test_what_is_done_or_somebody_s_own_stays(world: World) -> None:
    """An item that was given to Bob himself is his; one that he ticked was for him."""
    card = await started(world)
    await answer(world.slack, world.ann, "/checklist", "assign 2,3 @on-call")
    await answer(world.slack, world.ann, "/checklist", "assign 2 @bob")
    await answer(world.slack, world.bob, "/checklist", "done 3")
    await answer(world.slack, world.ann, "/ops", "role on-call @cyd")
    await says(world, card, "5. for @cyd (on-call)")
    (kept,) = await world.stored("checklists", is_told=True)
    assert [(item["assignee"], item["role"]) for item in kept["items"][1:5]] == [
        ("U0BOB", ""), ("U0BOB", "on-call"), ("", ""), ("U0CYD", "on-call"),
    ]  # fmt: skip
    # One of an earlier release had the name of a role of nobody's alone: it follows too.
    items = [{name: value for name, value in item.items() if name != "role"} for item in kept["items"]]
    items[4]["assignee"] = "duty-officer"
    await world.changes("checklists", WINDOW, {"items": items, "version": kept["version"] + 1})
    await answer(world.slack, world.ann, "/ops", "role duty-officer @dee")
    await says(world, card, "5. for @dee (duty-officer)")


async def test_a_rotation_passes_its_items_on(world: World) -> None:
    """Until the window it is for whoever has the role at its start; once that is past, for whoever has it now."""
    await answer(world.slack, world.ann, "/ops", "role on-call rotate @bob @cyd daily from 2026-11-27 12:00")
    card = await started(world)
    await says(world, card, "5. for @bob (on-call)")
    world.clock.set("2026-11-28 12:00:01")
    await says(world, card, "5. for @cyd (on-call)")
    await world.slack.shows(f"{WINDOW} is over", "@cyd, please see to it.", thread=card)
