"""An owner who is not in the channel does not see the thread: whoever named them hears so."""

from tests.asking import answer, answer_to_mention
from tests.test_incident import opened
from tests.test_incident_life import shows
from tests.world import World


async def test_an_owner_who_is_not_in_the_channel_is_told_to_whoever_assigned(world: World) -> None:
    """Dee owns it, since she may be invited; but not without a word, and nobody else sees that word."""
    card, incident_id = await opened(world)
    told = await answer(world.slack, world.ann, "/incident", "assign @dee")
    assert f"@dee owns {incident_id}. @dee is not in the channel and does not see the thread" in told.shown
    assert f"`/invite` @dee there, or assign {incident_id[-4:]} to somebody who is in it." in told.shown
    await shows(world, card, "Owner: @dee")
    told = await answer(world.slack, world.ann, "/incident", "assign @cyd")
    assert told.shown == f"@cyd owns {incident_id}."
    assert "not in the channel" not in world.slack.thread(card).shown


async def test_an_owner_who_is_named_in_the_form_is_looked_up_too(world: World) -> None:
    """The answer says that it is open, and the same about Dee."""
    await world.ann.says("/incident", "open")
    await world.ann.sees("Who owns it?")
    await world.ann.submits({"What is wrong?": "the queue is long", "Who owns it?": "dee"})
    await world.slack.shows("the queue is long", "Owner: @dee")
    await world.ann.sees("is open", "@dee is not in the channel and does not see the thread")


async def test_people_say_it_and_me(world: World) -> None:
    """`take it` is what the button says, `assign me` what one would say: the thread's incident, and oneself."""
    card, incident_id = await opened(world)
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    told = await answer_to_mention(world.slack, world.bob, "take it", thread=card)
    assert f"@bob owns {incident_id}" in told.shown
    told = await answer_to_mention(world.slack, world.ann, "assign me", thread=card)
    assert f"@ann owns {incident_id}" in told.shown
    told = await answer(world.slack, world.bob, "/incident", f"assign {incident_id[-4:]} me")
    assert f"@bob owns {incident_id}" in told.shown
    await answer_to_mention(world.slack, world.ann, "resolve restarted", thread=card)
    told = await answer_to_mention(world.slack, world.ann, "close it", thread=card)
    assert f"{incident_id} is closed." in told.shown
