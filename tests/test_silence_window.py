"""The silence of a window, with the real Alertmanager: as long as the window, and no longer than a day."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.alertmanagers import Alertmanager, Silenced, holds
from tests.asking import answer
from tests.planning import with_roles
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, alertmanager: Alertmanager) -> AsyncIterator[World]:
    async with Silenced(slack, mongod, alertmanager) as ready:
        yield ready


async def begun(world: World) -> str:
    """A window of two hours that silences job=loki, started by hand; its ID."""
    await with_roles(world, tech_lead="ann", on_call="", duty="cyd")
    shown = (await answer(world.slack, world.bob, "/maintenance", "schedule in 2h for 2h Upgrade Loki")).shown
    window_id: str = re.findall(r"MW-\d{8}-\d{4}", shown)[0]
    scope = f"scope {window_id} Upgrade Loki to 3.2 silencing job=loki"
    await answer(world.slack, world.bob, "/maintenance", scope)
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    assert await world.documents("silences") == []
    await answer(world.slack, world.bob, "/maintenance", f"start {window_id}")
    return window_id


@pytest.mark.long
async def test_a_window_s_silence_follows_its_window(world: World, alertmanager: Alertmanager) -> None:
    """From the actual start to the actual end: one silence, extensions included, and none afterwards. One that goes on
    after its planned end stays silenced until somebody ends it, also over a time without a bot, and extended late:
    never longer than minutes ahead."""
    window_id = await begun(world)
    (made,) = await holds(world, alertmanager, 1)
    assert re.match(rf"SIL-{window_id}-\d+ {window_id}: ", made["comment"])
    assert [(one["name"], one["value"]) for one in made["matchers"]] == [("job", "loki")]
    await answer(world.slack, world.bob, "/maintenance", f"extend 30m {window_id}")

    async def longer() -> bool:
        (there,) = await alertmanager.silences()
        return bool(there["endsAt"] > made["endsAt"])

    await world.until(longer, "a later end")
    await world.stops()
    world.clock.forward(hours=5)  # half an hour beyond its planned end
    await world.starts()

    async def ends_in(least: timedelta, most: timedelta) -> bool:
        (kept,) = await world.documents("silences")
        (there,) = await alertmanager.silences()
        ends = datetime.fromisoformat(there["endsAt"])
        is_told = abs(kept["ends_at"] - ends) < timedelta(seconds=1)
        return kept["state"] == "wanted" and is_told and least < ends - world.clock() < most

    minutes = timedelta(minutes=1)
    await world.until(lambda: ends_in(15 * minutes, 21 * minutes), "the silence to go along")
    world.clock.forward(minutes=17)
    await world.until(lambda: ends_in(15 * minutes, 21 * minutes), "it to go on")
    assert not any("ilence SIL-" in post.text for post in world.bob.posts)
    await answer(world.slack, world.bob, "/maintenance", f"extend 1h {window_id}")
    await world.until(lambda: ends_in(55 * minutes, 61 * minutes), "the extension")
    await answer(world.slack, world.bob, "/maintenance", f"end {window_id}")
    await holds(world, alertmanager, 0)
    await world.stored("silences", subject=window_id, state="expired")


@pytest.mark.long
async def test_a_window_that_was_forgotten_is_heard_again_after_a_day(world: World, alertmanager: Alertmanager) -> None:
    """Its owner is told a quarter of an hour before; extended after that, it is silent again."""
    window_id = await begun(world)
    await holds(world, alertmanager, 1)
    world.clock.forward(hours=27, minutes=35)
    await world.stored("silences", ends_at={"$gt": world.clock()}, trouble="")
    world.clock.forward(minutes=7)
    told = await world.slack.until(
        lambda: next((post for post in world.bob.posts if "beyond its planned end" in post.text), None), "the warning"
    )
    assert window_id in told.shown
    world.clock.forward(minutes=20)
    await world.stored("silences", state="over")
    await answer(world.slack, world.bob, "/maintenance", f"extend 1h {window_id}")
    await world.stored("silences", state="wanted", trouble="")
    await answer(world.slack, world.bob, "/maintenance", f"end {window_id}")
    await world.stored("silences", state="expired")
