"""Two people declare what may be one emergency: there is one window, and the second of them is asked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer
from tests.planning import says, with_roles
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """Ann is on call, Bob leads; two bots."""
    async with World(slack, mongod.url()) as ready:
        await with_roles(ready)
        await ready.starts()
        yield ready


def asked(world: World) -> list[Post]:
    """What people were asked about an emergency that may be the same."""
    return [post for who in (world.ann, world.bob) for post in who.ephemerals if "may be the same" in post.shown]


async def test_the_same_emergency_of_two_people_at_once_has_one_window(world: World) -> None:
    """Said at one moment to two bots: two incidents, one window; one of them is asked, and closes theirs as the other's
    duplicate."""
    for who in (world.ann, world.bob):
        await answer(world.slack, who, "/maintenance", "help")
    await asyncio.gather(*(who.says("/maintenance", "emergency replace the disk") for who in (world.ann, world.bob)))
    question = await world.slack.until(lambda: next(iter(asked(world)), None), "a question")
    await world.slack.until(
        lambda: sum("is open for" in p.shown for w in (world.ann, world.bob) for p in w.ephemerals) == 2 or None,
        "both answers",
    )
    (kept,) = await world.documents("windows", kind="emergency")
    first, second = await world.stored("incidents", 2)
    other = second if kept["incident_id"] == first["_id"] else first
    assert f"{kept['_id']} ({kept['incident_id']} “replace the disk”)" in question.shown
    assert "A second window was not announced. Is it the same?" in question.shown
    assert len(asked(world)) == 1
    who = world.ann if other["opened_by"] == world.ann.id else world.bob
    await who.clicks(f"Duplicate of {kept['incident_id'][-4:]}", question)
    await world.stored("incidents", _id=other["_id"], status="closed", duplicate_of=kept["incident_id"])
    await who.clicks("Announce it too", question)  # a screen from before
    await who.sees(f"{other['_id']} is closed, so no window was announced for it.")
    assert len(await world.documents("windows", kind="emergency")) == 1


async def test_one_that_is_another_is_announced_by_a_press(world: World) -> None:
    """Later and in other words, it may be the same; Bob knows better, and gets his window once."""
    await says(world, "emergency replace the disk")
    await world.stored("windows", kind="emergency")
    world.clock.forward(minutes=20)
    told = await answer(world.slack, world.bob, "/maintenance", "emergency the disk for 2h")
    assert "by @ann. A second window was not announced." in told.shown
    again = await says(world, "emergency the disk for 2h", world.bob)
    assert "A second window was not announced." in again
    await world.bob.clicks("Announce it too", told)
    await world.bob.sees("it is announced now")
    _, second = await world.stored("windows", 2, kind="emergency")
    assert (second["end"] - second["start"]).total_seconds() == 7_200
    assert timedelta(0) <= world.clock() - second["start"] < timedelta(minutes=2)
    assert "is announced now" in await says(world, "emergency the disk for 2h", world.bob)
    assert len(await world.documents("windows", kind="emergency")) == 2
    assert len(await world.documents("incidents")) == 2


async def test_what_is_over_or_about_something_else_is_not_asked_about(world: World) -> None:
    """Another disk is another emergency, and so is the same one after the first window was ended."""
    await says(world, "emergency replace the disk of db1")
    await says(world, "emergency replace the disk of db2", world.bob)
    first, second = await world.stored("windows", 2, kind="emergency")
    await says(world, f"end {first['_id']}")
    world.clock.forward(minutes=5)
    await says(world, "emergency replace the disk of db1", world.bob)
    await world.stored("windows", 3, kind="emergency")
    assert asked(world) == []
    assert second["state"] == "under way"


async def test_one_that_was_ended_is_declared_anew_at_once(world: World) -> None:
    """Within the minute in which the same words are one incident: what is over is not told as one to come."""
    await says(world, "emergency replace the disk")
    (first,) = await world.stored("windows", kind="emergency")
    await says(world, f"end {first['_id']}")
    told = await says(world, "emergency replace the disk")
    second = next(one for one in await world.documents("windows", kind="emergency") if one["state"] == "under way")
    assert f"The window {second['_id']} lasts until" in told
    assert second["_id"] != first["_id"]
    assert second["incident_id"] == first["incident_id"]
