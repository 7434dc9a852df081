"""An incident that becomes a SEV1 while people are called to it."""

import pytest

from tests.asking import answer, answer_to_mention
from tests.test_escalation import cyd, escalates, opened, told
from tests.world import World

pytestmark = pytest.mark.long


async def test_whoever_makes_it_a_sev1_has_the_duty_officer_called_at_once(world: World) -> None:
    """By one of two bots, and once; the backup keeps his turn, so long after that."""
    await answer(world.slack, world.ann, "/ops", "role on-call @ann backup @bob")
    await answer(world.slack, world.ann, "/ops", "role duty-officer @cyd")
    card, incident_id = await opened(world)
    await world.starts()
    await escalates(world, world.bob, incident_id[-4:])
    await told(world, incident_id, 1)
    await answer_to_mention(world.slack, world.bob, "sev sev1", thread=card)
    await world.slack.shows(
        "@cyd (duty officer): @bob asks you", "SEV1, everything is down: it was raised just now.", thread=card
    )
    await told(world, incident_id, 2)
    await answer(world.slack, world.ann, "/incident", f"{incident_id[-4:]} sev sev2")
    await answer(world.slack, world.bob, "/incident", f"{incident_id[-4:]} sev sev1")
    await world.rests()
    assert [ask["who"] for step in await told(world, incident_id, 2) for ask in step["asked"]] == [
        world.ann.id, cyd(world).id,
    ]  # fmt: skip
    world.clock.forward(minutes=10, seconds=5)
    third = (await told(world, incident_id, 3))[2]
    assert third["asked"][0]["who"] == world.bob.id
