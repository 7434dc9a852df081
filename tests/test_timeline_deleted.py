"""What was deleted while the bot was away, where the card is gone as well."""

from collections.abc import AsyncIterator

import pytest

from sandbox.slack import Slack
from tests.asking import strict
from tests.test_incident import opened
from tests.test_timeline_outage import entries, gone_unheard
from tests.world import World

pytestmark = pytest.mark.long


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace that gives up on events at once, so that only a reading tells of a deletion."""
    async with strict(retry_after=()) as workspace:
        yield workspace
        assert (workspace.refusals, workspace.pages) == ([], [])


async def test_what_was_deleted_below_a_deleted_card_meanwhile_is_gone(world: World) -> None:
    """Its empty place still leads the thread, so what is missing there was deleted: that text goes, the rest stays."""
    card, incident_id = await opened(world)
    said = await world.bob.writes("the password is x", thread=card)
    await world.bob.writes("oh no", thread=card)
    await entries(world, incident_id, 2)
    await world.slack.until(lambda: "Joined: @bob" in card.shown, "the card to be at rest")
    world.slack.conversations.delete(card.raw)
    await world.stored("incidents", _id=incident_id, card_ts={"$ne": card.ts}, untold=[])
    await world.stops()
    await world.bob.deletes(said)
    await gone_unheard(world)
    await world.starts()
    await world.stored("timeline", incident_id=incident_id, ts=said.ts, deleted_at={"$ne": None}, text="")
    assert [entry["text"] for entry in await entries(world, incident_id, 2)] == ["", "oh no"]


async def test_what_was_deleted_together_with_its_card_is_gone(world: World) -> None:
    """Card and message were deleted in the same outage."""
    card, incident_id = await opened(world)
    said = await world.bob.writes("the password is x", thread=card)
    await world.bob.writes("oh no", thread=card)
    await entries(world, incident_id, 2)
    await world.slack.until(lambda: "Joined: @bob" in card.shown, "the card to be at rest")
    await world.stops()
    world.slack.conversations.delete(card.raw)
    await world.bob.deletes(said)
    await gone_unheard(world)
    await world.starts()
    await world.stored("timeline", incident_id=incident_id, ts=said.ts, deleted_at={"$ne": None}, text="")
    await world.stored("incidents", _id=incident_id, card_ts={"$ne": card.ts}, untold=[])
