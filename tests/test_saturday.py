"""A whole Saturday as the channel lives it: announced, approved, begun, ticked, an incident in it, ended, summed up."""

from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention, typed
from tests.planning import keys, says, told, window
from tests.world import World

pytestmark = pytest.mark.long


WINDOW = "MW-20261128-0200"
RUNGS = ("24h", "1h", "15m", "start", "ending", "end")


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """A Friday before the first rung, with all services up; Ann is on call, a user group leads: Bob and Cyd."""
    world = World(slack, mongod.url(), services.environment())
    world.clock.set("2026-11-27 01:00:00")
    async with world:
        slack.workspace.groups = {"S0LEAD": [world.bob.id, slack.person("cyd").id]}
        await answer(slack, world.ann, "/ops", "role on-call @ann")
        await typed(slack, world.ann, "/ops", "role tech-lead <!subteam^S0LEAD|@leads>")
        yield world


async def test_a_saturday_with_work_and_an_incident_in_it(world: World) -> None:
    """Each rung once, the checklist in the window's thread, a group's member approves, and the summary has it all."""
    slack, cyd = world.slack, world.slack.person("cyd")
    world.clock.set("2026-11-27 02:00:01")
    head = await told(world, f"{WINDOW}/24h")
    (checklist,) = await world.stored("checklists", _id=WINDOW, ts={"$ne": None})
    assert checklist["thread_ts"] == head.ts
    await answer_to_mention(slack, world.ann, "scope Upgrade Loki to 3.2", thread=head)
    scope = await slack.shows("Upgrade Loki to 3.2", "approval of the tech lead", thread=head)
    await world.ann.clicks("Approve", scope)
    await world.ann.sees("takes the tech lead")
    await cyd.clicks("Approve", scope)
    await cyd.sees("You approved the scope")
    for moment, rung in (("01:00:01", "1h"), ("01:45:01", "15m"), ("02:00:01", "start")):
        world.clock.set(f"2026-11-28 {moment}")
        await told(world, f"{WINDOW}/{rung}")
    await window(world, WINDOW, state="under way", health_before={"$ne": None})
    assert "Done: 4." in (await answer_to_mention(slack, world.ann, "done 4", thread=head)).shown
    await answer(slack, world.bob, "/incident", "open sev3 Loki lost its index")
    (incident,) = await world.stored("incidents", card_ts={"$ne": None})
    world.clock.set("2026-11-28 05:30:01")
    await told(world, f"{WINDOW}/ending")
    assert WINDOW in await says(world, f"end {WINDOW}")
    summary = await slack.shows("Weekly maintenance: summary", "Upgrade Loki to 3.2", thread=head)
    for part in (
        "*Held* 2026-11-28 02:00 UTC to 2026-11-28 05:30 UTC",
        "*Scope* Upgrade Loki to 3.2 (approved by tech-lead @cyd)",
        f"{incident['_id']} SEV3 Loki lost its index (investigating)",
    ):
        assert part in summary.shown
    assert summary in slack.channel().messages
    await slack.until(lambda: "The window is over." in scope.shown, "the scope to say so")
    assert "Approved by @cyd (tech lead)" in scope.shown  # who approved stays readable, and nothing is offered any more
    assert (scope.buttons, "/maintenance approve" in scope.shown) == ([], False)
    world.clock.set("2026-11-28 07:00:00")
    await world.stored("announcements", _id=f"{WINDOW}/end", state="announced")
    assert sorted(keys(world)) == sorted(f"{WINDOW}/{rung}" for rung in RUNGS)
