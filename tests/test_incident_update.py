"""An update by the card's form, while others change the incident."""

from sandbox.people import Person
from tests.asking import answer
from tests.test_incident import opened
from tests.world import World


def cyd(world: World) -> Person:
    """Somebody without a role."""
    return world.slack.person("cyd")


async def test_an_update_whose_menu_nobody_touched_changes_no_status(world: World) -> None:
    """The form showed what was true when it was opened; what somebody set since then stays."""
    card, incident_id = await opened(world)
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await world.ann.clicks("Update", card)
    await world.ann.sees("How does it go?")
    await answer(world.slack, world.bob, "/incident", "status monitoring")
    await world.ann.submits({"How does it go?": "still looking"})
    await world.slack.shows("Note by @ann: still looking", thread=card)
    await world.stored("incidents", _id=incident_id, status="monitoring", version=3)


async def test_who_sets_another_status_with_an_update_is_told_what_was_set_meanwhile(world: World) -> None:
    """As by command and menu: both are in the thread, and the second knows of the first."""
    card, incident_id = await opened(world)
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await world.ann.clicks("Update", card)
    await world.ann.sees("How does it go?")
    await answer(world.slack, world.bob, "/incident", "status identified")
    status = "monitoring: a fix is in, we watch whether it holds"
    await world.ann.submits({"How does it go?": "restarted", "Where does it stand?": status})
    await world.ann.sees(f"The update is in {incident_id}, which is monitoring.", "@bob had set something else")


async def test_the_words_of_an_update_are_kept_where_its_status_is_refused(world: World) -> None:
    """Cyd may note, and may not set the status: the note is there, and the refusal says so."""
    card, incident_id = await opened(world)
    await cyd(world).clicks("Update", card)
    await cyd(world).sees("How does it go?")
    status = "monitoring: a fix is in, we watch whether it holds"
    await cyd(world).submits({"How does it go?": "looks better", "Where does it stand?": status})
    await world.slack.shows("Note by @cyd: looks better", thread=card)
    await cyd(world).sees("Your words are in the thread", "To set the status of", "Who may")
    await world.stored("incidents", _id=incident_id, status="investigating", version=2)
