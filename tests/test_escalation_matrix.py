"""The escalation line as a table: who is in it, and who is being called."""

from tests.asking import answer
from tests.test_escalation import cyd, escalates, opened, told
from tests.world import World


async def test_the_matrix_shows_who_is_where(world: World) -> None:
    """`/escalate` alone calls nobody."""
    await answer(world.slack, world.ann, "/ops", "role on-call @ann backup @bob")
    plain = await answer(world.slack, world.bob, "/escalate")
    assert "1. *on-call*: @ann" in plain.shown
    assert "4. *tech lead*: nobody" in plain.shown
    assert "Each has 10 min" in plain.shown
    assert "Nothing is escalated" in plain.shown
    _, incident_id = await opened(world)
    await escalates(world, cyd(world), f"{incident_id} come quickly")
    await told(world, incident_id, 1)
    shown = (await answer(world.slack, world.bob, "/escalate")).shown
    assert incident_id in shown
    assert "@ann (on-call) at" in shown
    assert "the next is asked at" in shown
