"""Who can approve, as messages name them that were posted before: they follow the roles, and nothing is said anew."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer
from tests.impatience import NEVER
from tests.planning import says, told, window, with_roles
from tests.world import TEMPO, World

ID = "MW-20261126-1400"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon; Bob leads, Ann is on call and has a window with a scope planned for Thursday."""
    planned = World(slack, mongod.url())
    planned.tempo = replace(TEMPO, tidy=NEVER)  # without the jobs that have nothing to do with windows
    async with planned as ready:
        await with_roles(ready)
        await says(ready, "schedule thu 14:00 for 1h Upgrade Loki")
        await says(ready, f"scope {ID} Upgrade Loki to 3.2")
        await window(ready, ID, untold=[])
        yield ready


async def scope(world: World) -> Post:
    """The message of the scope."""
    return await world.slack.shows("wrote what is to be done", "Upgrade Loki to 3.2")


async def names(world: World, post: Post, words: str) -> None:
    """Waits until a message says so."""
    await world.slack.until(lambda: words in post.shown, f"{words} in {post.shown}")


@pytest.mark.long
async def test_a_scope_names_who_may_approve_it_by_now(world: World) -> None:
    """Long before anything is announced: the role changes hands, is taken away, and is handed out again."""
    post = await scope(world)
    before = len(world.slack.channel().everything)
    await answer(world.slack, world.ann, "/ops", "role tech-lead @cyd backup @dee")
    await names(world, post, "Who can approve: @cyd, @dee.")
    assert post.buttons == ["Approve", "Reject"]
    await answer(world.slack, world.ann, "/ops", "role tech-lead none")
    await names(world, post, "Nobody can approve it yet")
    await answer(world.slack, world.ann, "/ops", "role tech-lead @bob")
    await names(world, post, "Who can approve: @bob.")
    assert len(world.slack.channel().everything) == before
    await world.bob.clicks("Approve", post)
    await names(world, post, "Its scope is approved by @bob (tech lead).")
    assert "Who can approve" not in post.shown
    assert post.buttons == []


@pytest.mark.long
async def test_a_start_that_is_held_up_names_who_may_approve_by_now(world: World) -> None:
    """Its reply in the thread and the head, with two bots; also what a bot that looks at no windows changed alone."""
    world.clock.set("2026-11-26 13:45:01")
    await told(world, f"{ID}/15m")
    await world.starts()
    world.clock.set("2026-11-26 14:00:01")
    start = await told(world, f"{ID}/start")
    assert "Who can approve: @bob." in start.shown
    await answer(world.slack, world.ann, "/ops", "role tech-lead @dee")
    await names(world, start, "Who can approve: @dee.")
    for _ in range(2):
        await world.stops()
    tempo, world.tempo = world.tempo, replace(world.tempo, tick=NEVER)
    await world.starts()
    await answer(world.slack, world.ann, "/ops", "role tech-lead @cyd")
    world.clock.set("2026-11-26 14:20:10")
    world.tempo = tempo
    await world.starts()
    await names(world, start, "Who can approve: @cyd.")
    await names(world, await scope(world), "Who can approve: @cyd.")
    head = await world.slack.shows("Upgrade Loki: not started, not approved")
    await names(world, head, "Who can approve: @cyd.")
    assert "was to start now" in start.text
    await says(world, "approve", world.slack.person("cyd"))
    await world.slack.shows("has started after all", ID)
    assert len([post for post in world.slack.channel().everything if "was to start now" in post.shown]) == 1


@pytest.mark.long
async def test_a_head_that_told_of_a_start_held_up_names_them_too(world: World) -> None:
    """The bots were away until the start: what is posted first is all that says so."""
    await world.stops()
    world.clock.set("2026-11-26 14:00:01")
    await world.starts()
    start = await told(world, f"{ID}/start")
    assert "Upgrade Loki: not started, not approved" in start.shown
    assert "Who can approve: @bob." in start.shown
    await answer(world.slack, world.ann, "/ops", "role tech-lead @cyd")
    await names(world, start, "Who can approve: @cyd.")
    await says(world, "approve", world.slack.person("cyd"))
    await names(world, start, "Upgrade Loki: under way")
    assert "Who can approve" not in start.shown


async def test_who_has_left_the_workspace_is_not_named_as_one_who_may(world: World) -> None:
    """The role's owner is gone: its backup is named instead, and that the owner has left; so do refusals."""
    await answer(world.slack, world.ann, "/ops", "role tech-lead @bob backup @dee")
    post = await scope(world)
    await names(world, post, "Who can approve: @bob, @dee.")
    await world.bob.leaves_workspace()
    world.clock.set("2026-11-26 14:00:01")
    await names(world, post, "Who can approve: @dee. bob has left the workspace.")
    start = await told(world, f"{ID}/start")
    await names(world, start, "Who can approve: @dee. bob has left the workspace.")
    refused = await says(world, f"approve {ID}")
    assert "Who may: @dee" in refused
    assert "bob has left the workspace." in refused
    listed = await answer(world.slack, world.ann, "/ops", "roles")
    assert "bob has left the workspace. Hand the role to somebody else" in listed.shown
    await world.slack.person("dee").leaves_workspace()
    world.clock.forward(minutes=2)
    await names(world, post, "Nobody can approve it yet")
    await names(world, post, "bob and dee have left the workspace.")
