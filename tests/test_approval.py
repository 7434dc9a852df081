"""Scopes and their approvals: who may, what the rungs say, and what becomes of a window that is not approved."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer, shared_world
from tests.planning import says, told, window, with_roles
from tests.world import World

ID, NEXT = "MW-20261126-1400", "MW-20261126-1500"
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon; Bob leads, Ann is on call; each test has a window of its own."""
    async with shared_world(mongod) as ready:
        await with_roles(ready)
        yield ready


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon; Bob leads, Ann is on call."""
    async with World(slack, mongod.url()) as ready:
        await with_roles(ready)
        yield ready


async def test_a_scope_is_approved_and_the_window_begins(world: World) -> None:
    """Ann writes it, nobody else's button does, Bob approves; the rungs say so and the clock begins the window."""
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    world.clock.set("2026-11-26 13:00:01")
    head = await told(world, f"{ID}/1h")
    assert "is in the channel" in await says(
        world, f"scope {ID} Upgrade Loki to 3.2 silencing job=loki severity=~warn.*"
    )
    post = await world.slack.shows("wrote what is to be done", thread=head)
    assert "it lacks the approval of the tech lead.\nWho can approve: @bob." in post.shown
    assert post.buttons == ["Approve", "Reject"]
    stored = await window(world, ID)
    assert stored["scope"]["silencing"] == [
        {"name": "job", "op": "=", "value": "loki"},
        {"name": "severity", "op": "=~", "value": "warn.*"},
    ]
    cyd = world.slack.person("cyd")
    await cyd.clicks("Approve", post)
    await cyd.sees("takes the tech lead", "Who may: @bob")
    await world.stored("audit", act="approve", outcome="refused", who="U0CYD")
    await world.bob.clicks("Approve", post)
    await world.bob.sees("You approved the scope")
    await world.slack.until(lambda: post.buttons == [], "the buttons to go")
    assert "approved already" in await says(world, "approve", world.bob)
    world.clock.set("2026-11-26 13:45:01")
    assert "Its scope is approved by the tech lead." in (await told(world, f"{ID}/15m")).text
    world.clock.set("2026-11-26 14:00:01")
    assert "has started" in (await told(world, f"{ID}/start")).text


async def test_a_window_that_is_not_approved_waits_at_its_start(world: World) -> None:
    """The start says so and names who can; approved within its time it begins then, and that is told too."""
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    await says(world, "scope Upgrade Loki to 3.2")
    world.clock.set("2026-11-26 13:45:01")
    assert "not approved yet" in (await told(world, f"{ID}/15m")).shown
    world.clock.set("2026-11-26 14:00:01")
    start = await told(world, f"{ID}/start")
    assert "it is not started: it lacks the approval of the tech lead" in start.text
    assert "Who can approve: @bob" in start.shown
    assert "is not approved, so it was not started" in await says(world, "start")
    assert "· not started · Its scope is not approved yet" in await says(world, "list")
    await world.bob.opens_home()
    await world.bob.sees("14:00 to 15:00 UTC: not started", "It waits for your word")
    assert (await window(world, ID))["state"] == "planned"
    world.clock.set("2026-11-26 14:20:00")
    await says(world, "approve", world.bob)
    await world.slack.shows("has started after all", ID)
    begun = await window(world, ID, state="under way")
    assert begun["actual_start"].strftime("%H:%M") == "14:20"


@SHARED
async def test_a_scope_is_rejected_with_a_reason_and_one_that_is_said_twice_stays_approved(shared: World) -> None:
    """The button asks why; the reason is in the thread, and the same scope is asked about again. Once it is approved a
    double Enter posts nothing anew and voids no approval; another scope begins anew.
    """
    await says(shared, "schedule thu 14:00 for 1h Upgrade Loki")
    await says(shared, f"scope {ID} Upgrade Loki to 3.2")
    post = await shared.slack.shows("Upgrade Loki to 3.2", "lacks the approval")
    await shared.bob.clicks("Reject", post)
    await shared.bob.sees("Reject the scope")
    await shared.bob.submits({"Why?": "no rollback plan"})
    await shared.slack.until(
        lambda: "was rejected by @bob" in shared.slack.thread(post).shown, "the reason in the thread"
    )
    assert "was rejected: “no rollback plan”, by @bob." in await says(shared, f"approve {ID}", shared.bob)
    await says(shared, f"scope {ID} Upgrade Loki to 3.2")
    assert "You approved" in await says(shared, f"approve {ID}", shared.bob)
    assert "is in the channel." in await says(shared, f"scope {ID} Upgrade Loki to 3.2")
    kept = await window(shared, ID)
    assert [act["deed"] for act in kept["acts"]] == ["scheduled", "scoped", "rejected", "scoped", "approved"]
    await says(shared, f"scope {ID} Upgrade Loki to 3.2, back by snapshot")
    await shared.slack.until(lambda: "replaced by a later one" in post.shown, "the old one to be marked")
    assert "You approved" in await says(shared, f"approve {ID}", shared.bob)


async def test_who_rejected_a_scope_and_why_stands_wherever_the_window_does(world: World) -> None:
    """In the list, Home, the head, at the planned start (where nobody is asked to approve it) and at the end. There
    nobody is asked whether it has ended, as of one that was never approved.
    """
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    await says(world, "scope Upgrade Loki to 3.2")
    await says(world, "reject no rollback plan", world.bob)
    wanted = "rejected by @bob: no rollback plan"
    assert f"Its scope was {wanted}" in await says(world, "list")
    await says(world, "schedule thu 15:00 for 1h Upgrade Grafana")
    await says(world, f"scope {NEXT} Upgrade Grafana to 12")
    world.clock.set("2026-11-26 13:45:01")
    head = await told(world, f"{ID}/15m")
    assert f"Its scope was {wanted}" in head.shown
    world.clock.set("2026-11-26 14:00:01")
    start = await told(world, f"{ID}/start")
    assert f"it lacks another scope: this one was rejected. It was {wanted}" in start.shown
    assert "can approve" not in start.shown
    await world.bob.opens_home()
    await world.bob.sees(f"Its scope was {wanted}")
    world.clock.set("2026-11-26 15:00:01")
    assert "was not held: its scope was rejected" in (await told(world, f"{ID}/end")).text
    assert f"Its scope was {wanted}" in head.shown
    await told(world, f"{NEXT}/start")
    world.clock.set("2026-11-26 16:00:01")
    end = await told(world, f"{NEXT}/end")
    assert "was not held: its scope was not approved" in end.text
    assert end.buttons == []
    await window(world, NEXT, state="not held")


@SHARED
async def test_nobody_approves_their_own_and_a_cancelled_one_is_past_approving(shared: World) -> None:
    """Bob leads, and wrote it himself; then it is cancelled."""
    own = "MW-20261127-1400"
    await says(shared, "schedule fri 14:00 for 1h Upgrade Loki")
    await says(shared, f"scope {own} Upgrade Loki to 3.2", shared.bob)
    assert "nobody approves or rejects their own" in await says(shared, f"approve {own}", shared.bob)
    refused = await says(shared, f"approve {own}")  # a refusal does not name the author as one who may
    assert "Whoever wrote it has the role" in refused
    assert "@bob" not in refused
    assert "is cancelled. Nothing had been announced of it." in await says(shared, f"cancel {own} vendor is late")
    told = await says(shared, f"approve {own}", shared.bob)
    assert "was cancelled: “vendor is late”, by @ann." in told


@SHARED
async def test_two_approvers_at_once_are_one_approval(shared: World) -> None:
    """Owner and backup press at the same moment, on two bots: one approves, the other hears who did."""
    await answer(shared.slack, shared.ann, "/ops", "role tech-lead @bob backup @cyd")
    other = await shared.starts()
    await says(shared, "schedule mon 14:00 for 1h Upgrade Grafana")
    await says(shared, "scope MW-20261130-1400 Upgrade Grafana to 12")
    post = await shared.slack.shows("Upgrade Grafana to 12", "lacks the approval")
    both = [shared.bob, shared.slack.person("cyd")]
    before = [len(one.ephemerals) for one in both]
    await asyncio.gather(*(one.clicks("Approve", post) for one in both))
    await shared.slack.until(
        lambda: all(len(one.ephemerals) > count for one, count in zip(both, before, strict=True)), "two answers"
    )
    answers = sorted(one.ephemerals[-1].shown.split(" ")[0] for one in both)
    assert answers == ["The", "You"]
    assert len((await window(shared, "MW-20261130-1400"))["scope"]["approvals"]) == 1
    await shared.stops(other)
