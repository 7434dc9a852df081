"""The silence of a window, with the real Alertmanager: as long as the window, and no longer than a day."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.alertmanagers import Alertmanager, Silenced, holds
from tests.asking import answer
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, alertmanager: Alertmanager) -> AsyncIterator[World]:
    async with Silenced(slack, mongod, alertmanager) as ready:
        yield ready


async def begun(world: World) -> str:
    """A window of two hours that silences job=loki, started by hand; its ID."""
    for role in ("tech-lead @ann", "duty-officer @cyd"):
        await answer(world.slack, world.ann, "/ops", f"role {role}")
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
    """From the actual start to the actual end, extension included: one silence, and none afterwards."""
    window_id = await begun(world)

    async def silenced() -> list[dict[str, Any]]:
        return await alertmanager.silences()

    (made,) = await world.until(silenced, "a silence")
    assert re.match(rf"SIL-{window_id}-\d+ {window_id}: ", made["comment"])
    assert [(one["name"], one["value"]) for one in made["matchers"]] == [("job", "loki")]
    await answer(world.slack, world.bob, "/maintenance", f"extend 30m {window_id}")

    async def longer() -> bool:
        return any(one["endsAt"] > made["endsAt"] for one in await alertmanager.silences())

    await world.until(longer, "a later end")
    assert len(await alertmanager.silences()) == 1
    await answer(world.slack, world.bob, "/maintenance", f"end {window_id}")

    async def none_left() -> bool:
        return await alertmanager.silences() == []

    await world.until(none_left, "the end of the silence")
    await world.stored("silences", subject=window_id, state="expired")


@pytest.mark.long
async def test_a_window_that_goes_on_after_its_end_stays_silenced(world: World, alertmanager: Alertmanager) -> None:
    """Until somebody ends it, also over a time without a bot, and extended late: never longer than minutes ahead."""
    window_id = await begun(world)
    await holds(world, alertmanager, 1)
    await world.stops()
    world.clock.forward(hours=4, minutes=30)  # half an hour beyond its planned end
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


async def test_a_scope_that_would_silence_everything_is_refused(world: World) -> None:
    """And so is what follows the matchers; nothing is written."""
    shown = (await answer(world.slack, world.bob, "/maintenance", "schedule in 2h for 2h Upgrade Loki")).shown
    window_id = re.findall(r"MW-\d{8}-\d{4}", shown)[0]
    for matchers, part in (
        ("alertname=~.*", "could silence everything"),
        ("job=loki and more", "does not belong to what is silenced"),
    ):
        words = f"scope {window_id} Upgrade Loki silencing {matchers}"
        assert part in (await answer(world.slack, world.bob, "/maintenance", words)).shown
    assert (await world.document("windows", window_id))["scope"] is None
