"""A scope that is written, or rejected, while its window is under way: nothing says that it is approved, and no work of
it is to be done before."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.domain.window_summary import WindowSummary
from bot.domain.window_summary_markdown import markdown
from bot.slack.views import window_summary as view
from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.exporting import files_in, text_of
from tests.planning import says, told, window, with_roles
from tests.test_window_summary_alone import END, HELD
from tests.world import World

WEEKLY = "MW-20261128-0200"
NOT_BEFORE = "it lacks the approval of the tech lead, and none of it is to be done before"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Saturday at two: the weekly window is under way, no work is planned; Bob leads, Ann is on call."""
    ready = World(slack, mongod.url())
    ready.clock.set("2026-11-28 01:59:00")
    async with ready:
        await with_roles(ready)
        ready.clock.set("2026-11-28 02:00:01")
        await told(ready, f"{WEEKLY}/start")
        await window(ready, WEEKLY, state="under way", untold=[])
        yield ready


async def head_of(world: World) -> Post:
    """The window's first message."""
    found = await world.document("windows", WEEKLY)
    return next(post for post in world.slack.channel().everything if post.ts == found["head"])


async def shows(world: World, head: Post, words: str) -> None:
    """Waits until the head says so."""
    await world.slack.until(lambda: words in head.shown, f"{words} in {head.shown}")


@pytest.mark.long
async def test_a_scope_that_is_added_under_way_says_that_it_waits_and_for_whom(world: World) -> None:
    """In the answer, the thread, the head, the list and the warning of the end; approved, it says so."""
    head = await head_of(world)
    assert NOT_BEFORE.removeprefix("it ") in await says(world, "scope Upgrade Loki to 3.2")
    post = await world.slack.shows("Upgrade Loki to 3.2", NOT_BEFORE, "Who can approve: @bob.", thread=head)
    await shows(world, head, "Weekly maintenance: under way, its scope not approved")
    assert NOT_BEFORE in await says(world, "list")
    world.clock.set("2026-11-28 05:30:01")
    assert NOT_BEFORE in (await told(world, f"{WEEKLY}/ending")).shown
    await world.bob.clicks("Approve", post)
    await shows(world, head, "Its scope is approved by the tech lead.")
    assert "not approved" not in head.shown
    await says(world, "end")
    await world.slack.shows("*Scope* Upgrade Loki to 3.2 (approved by tech-lead @bob)", thread=head)


@pytest.mark.long
async def test_a_scope_that_nobody_approved_is_summed_up_as_that(world: World) -> None:
    """Infrastructure with one yes of two, and one without any: neither head nor summary pretends that it was."""
    head = await head_of(world)
    await says(world, "scope infra: new disks")
    assert "It lacks the approval of the duty officer, and none of it" in await says(world, "approve", world.bob)
    await says(world, "end")
    await world.slack.shows("new disks (approved by tech-lead @bob, not by the duty officer)", thread=head)
    await shows(world, head, "Its scope was not approved: it lacked the approval of the duty officer.")


@pytest.mark.long
async def test_what_was_rejected_and_approved_under_way_is_summed_up_in_turn(world: World) -> None:
    """A no says at once that none of it is to be done. A scope whose work was done with a yes is not hidden by the one
    that took its place, nor by a no that came later: it has its yes until then.
    """
    head = await head_of(world)
    await says(world, "scope Move the disks")
    assert "None of it is to be done." in await says(world, "reject no rollback plan", world.bob)
    await world.slack.shows("was rejected by @bob: no rollback plan", "None of it is to be done.", thread=head)
    await shows(world, head, "Weekly maintenance: under way, its scope rejected")
    await shows(world, head, "None of its scope is to be done: it was rejected by @bob: no rollback plan")
    await says(world, "scope Upgrade Loki to 3.2")
    await says(world, "approve", world.bob)
    assert NOT_BEFORE.removeprefix("it ") in await says(world, "scope Upgrade Grafana as well")
    await says(world, "approve", world.bob)
    await says(world, "reject the wrong version", world.bob)
    await says(world, "end")
    post = await world.slack.shows("*Scope* Upgrade Grafana as well (rejected by @bob)", thread=head)
    for words in (
        "*Scope at first* Upgrade Loki to 3.2 (approved by tech-lead @bob)",
        "by @bob: no rollback plan (the scope was: Move the disks)",
        "by @bob: the wrong version (the scope was: Upgrade Grafana as well). Until then it was approved by tech-lead",
    ):
        assert words in post.shown, words
    await says(world, "summary")
    text = await world.slack.until(lambda: text_of(files_in(world, head), ".md"), "the summary as a file")
    assert "- **Scope at first:** Upgrade Loki to 3.2\n- **Approved by:** tech-lead bob\n" in text
    assert "- **Approved until then by:** tech-lead bob\n" in text


def test_a_scope_that_nobody_answered_is_not_summed_up_as_approved() -> None:
    """Neither in the message nor in the file."""
    summary = WindowSummary(replace(HELD, scope="Upgrade Grafana"), END)
    assert "Upgrade Grafana (not approved)" in str(view.posted(summary).payload())
    assert "- **Scope:** Upgrade Grafana\n- **Approved by:** nobody\n" in markdown(summary, {})
