"""Incidents as people live them: opened by command or form, kept in a thread, resolved once."""

import re

from tests.world import World

ID = re.compile(r"INC-\d{8}-[0-9A-HJKMNP-TV-Z]{4}")


async def test_an_incident_is_opened_by_one_line(world: World) -> None:
    """`/incident open sev2 checkout is down` posts one card with the ID, and MongoDB has it under that ID."""
    answer = await world.ann.says("/incident", "open sev2 checkout is down")
    card = await world.slack.shows("checkout is down", "SEV2")
    assert answer.acked_in is not None
    assert answer.acked_in < 1.0
    found = ID.search(card.shown)
    assert found
    assert card.metadata is not None
    assert card.metadata["event_type"] == "opsbot_incident"
    assert card.metadata["event_payload"]["key"] == found[0]
    stored = await world.document("incidents", found[0])
    assert (stored["title"], stored["severity"], stored["opened_by"]) == ("checkout is down", "sev2", world.ann.id)
    await world.ann.sees(found[0], "is open")
