"""Acts that come twice or too late: nothing is done twice, nothing that somebody wrote is lost, who left is skipped."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.people import Person
from tests.asking import answer, answer_to_mention, strict
from tests.test_incident import opened
from tests.test_incident_life import shows
from tests.test_search import finds
from tests.world import World


@pytest.fixture
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """A workspace where Bob is on call and Cyd the duty officer."""
    async with strict() as slack:
        async with World(slack, mongod.url()) as ready:
            for role, owner in (("on-call", ready.bob), ("duty-officer", cyd(ready))):
                await ready.puts("roles", {"_id": role, "owner": owner.id, "backup": ""})
            yield ready
        assert (slack.refusals, slack.pages) == ([], [])


@pytest.fixture
async def two(world: World) -> World:
    """The same with two bots."""
    await world.starts()
    await world.slack.until_connected(4)
    return world


def cyd(world: World) -> Person:
    return world.slack.person("cyd")


@pytest.mark.long
async def test_a_note_by_a_double_enter_is_one_note(two: World) -> None:
    """The same words of the same person within a minute, whichever bot hears it; later, or of another, they are two."""
    card, incident_id = await opened(two)
    await asyncio.gather(*(two.ann.says("/incident", "note the disk is full") for _ in range(4)))
    await two.slack.shows("Note by @ann: the disk is full", thread=card)
    await two.slack.until(lambda: len(two.ann.ephemerals) >= 5, "an answer to each")
    await two.round()
    assert len(await two.documents("timeline", incident_id=incident_id, kind="noted")) == 1
    await answer(two.slack, two.bob, "/incident", "note the disk is full")
    await two.stored("timeline", 2, incident_id=incident_id, kind="noted")
    two.clock.forward(minutes=1)
    await answer(two.slack, two.ann, "/incident", "note the disk is full")
    await two.stored("timeline", 3, incident_id=incident_id, kind="noted")


async def test_the_same_words_do_not_pretend_that_what_has_ended_is_open(two: World) -> None:
    """The fix failed within a minute: whoever says it again learns how to reopen, whichever bot remembers the words."""
    _, incident_id = await opened(two)
    await answer(two.slack, two.ann, "/incident", "resolve restarted")
    await two.stored("incidents", _id=incident_id, status="resolved", untold=[])
    await two.ann.sees(f"{incident_id} is resolved. What caused it")
    for _ in range(2):
        again = await answer(two.slack, two.ann, "/incident", "open sev2 checkout is down")
        assert "of the same words a moment ago, is resolved by now." in again.shown
        assert f"/incident reopen {incident_id}" in again.shown
    assert len(await two.documents("incidents")) == 1


async def test_of_two_who_explain_at_once_the_second_is_told_what_is_there(two: World) -> None:
    """Both had an empty form before them: the first words stay, and the second person gets theirs back.

    The next form shows what is there, so it is meant; what it was stays in thread, timeline and audit trail.
    """
    world = two
    card, incident_id = await opened(world)
    told = await answer(world.slack, world.ann, "/incident", "resolve restarted")
    await world.slack.shows("Resolved by @ann", "Opened by")
    await world.ann.clicks("Add cause and lesson", told)
    await world.bob.clicks("Add cause and lesson", card)
    await world.ann.sees("What caused it?")
    await world.bob.sees("What caused it?")
    await world.ann.submits({"What caused it?": "a leak", "What is the lesson?": "watch memory"})
    await shows(world, card, "Cause: a leak", "Change cause and lesson")
    await world.bob.submits({"What caused it?": "the deploy", "What is the lesson?": "deploy slowly"})
    await world.bob.sees(
        "was explained meanwhile: “a leak” and “watch memory”, by @ann", "Nothing was changed", "the deploy", "slowly"
    )
    stored = await world.document("incidents", incident_id)
    assert (stored["cause"], stored["lesson"]) == ("a leak", "watch memory")
    await world.bob.clicks("Change cause and lesson", card)
    form = await world.bob.sees("What caused it?")
    assert "a leak" in form.shown
    await world.bob.submits({"What caused it?": "the deploy"})
    await world.bob.sees("They replace what @ann wrote", "Cause: a leak")
    await world.slack.shows("@bob wrote:", "Cause: the deploy", "Before it was:", "Cause: a leak", thread=card)
    await world.stored("timeline", 2, incident_id=incident_id, kind="explained")
    (entry,) = await world.stored("audit", act="explain")
    assert entry["detail"] == "instead of: Cause: a leak"
    stored = await world.document("incidents", incident_id)
    assert (stored["cause"], stored["lesson"]) == ("the deploy", "watch memory")


async def test_a_form_does_not_resolve_over_what_somebody_did_meanwhile(world: World) -> None:
    """Reopened or resolved while it was filled in: the answer says so first, and has every word that was written."""
    card, incident_id = await opened(world)
    await world.ann.clicks("Resolve", card)
    await world.ann.sees("What resolved it?")
    await answer(world.slack, world.bob, "/incident", f"resolve {incident_id} restarted")
    await answer(world.slack, world.bob, "/incident", f"reopen {incident_id} still broken")
    await world.ann.submits({"What resolved it?": "turned it off and on"})
    told = await world.ann.sees("was set back to investigating while your form was open, by @bob.", "What you wrote")
    assert "turned it off and on" in told.shown
    assert (await world.document("incidents", incident_id))["status"] == "investigating"
    await shows(world, card, "*investigating*")
    await world.ann.clicks("Resolve", card)
    await world.ann.sees("What resolved it?")
    await answer(world.slack, world.bob, "/incident", "resolve turned it off and on")
    await world.ann.submits(
        {"What resolved it?": "a <b> & a *restart*\nof all", "What caused it?": "a leak", "What is the lesson?": ""}
    )
    told = await world.ann.sees("is already resolved", "@bob", "What you wrote", "a leak")
    assert "a <b> & a *restart*\nof all" in told.shown
    await answer(world.slack, world.bob, "/incident", f"reopen {incident_id} still broken")
    await shows(world, card, "*investigating*")
    await world.ann.clicks("Resolve", card)
    await world.ann.sees("What resolved it?")
    await answer(world.slack, world.bob, "/incident", f"status identified {incident_id}")
    await world.ann.submits({"What resolved it?": "turned it off and on"})
    await world.ann.sees(f"{incident_id} is resolved.")


@pytest.mark.long
async def test_a_refused_pick_does_not_stay_in_the_menu(world: World) -> None:
    """The card is drawn anew for everybody: with another block, since a client keeps what was picked in a known one."""
    card, incident_id = await opened(world)
    await answer(world.slack, world.ann, "/ops", "role duty-officer @bob")
    before = [block["block_id"] for block in card.blocks if block["type"] == "actions"]
    await cyd(world).picks("Status: monitoring", card, of="incident_status")
    await cyd(world).sees("Who may")
    await world.slack.until(
        lambda: [block["block_id"] for block in card.blocks if block["type"] == "actions"] != before, "a new card"
    )
    assert (await world.document("incidents", incident_id))["status"] == "investigating"


async def test_who_left_the_workspace_is_not_called(world: World) -> None:
    """The next who is there is; the thread names who was skipped."""
    card, _ = await opened(world)
    await world.bob.leaves_workspace()
    await world.ann.clicks("Escalate", card)
    await world.slack.shows("@cyd (duty officer)", "Left out: @bob (on-call, has left)", thread=card)
    await world.ann.sees("@cyd (duty officer) was called")
    await cyd(world).leaves_workspace()
    await answer(world.slack, world.ann, "/incident", "resolve fixed")
    other, _ = await opened(world, "open sev1 search is slow", "search is slow")
    await world.ann.clicks("Escalate", other)
    await world.ann.sees("has left")
    await world.stops()  # nothing is on its way any more
    assert {refused.error for refused in world.slack.refusals} <= {"user_disabled"}
    world.slack.refusals.clear()  # Cyd's direct message was to be edited after they had left


async def test_a_reminder_for_an_owner_who_left_goes_to_whoever_is_on_call(world: World) -> None:
    """Their mention would reach nobody; the reminder says why somebody else is asked."""
    card, incident_id = await opened(world)
    await world.ann.leaves_workspace()
    world.clock.forward(minutes=31)
    told = await world.slack.shows("@bob, the last update of", incident_id, thread=card)
    assert "Its owner, ann, has left the workspace" in told.shown
    await world.bob.leaves_workspace()
    await cyd(world).leaves_workspace()
    world.clock.forward(days=1, minutes=1)
    await world.slack.shows("whoever reads this, nothing has happened in", "ann, has left", thread=card)


async def test_the_buttons_words_may_be_said_in_the_thread(world: World) -> None:
    """`@Ops Bot take`, `update`, `escalate` and `snooze` are about the thread's incident, whatever else is open."""
    card, incident_id = await opened(world)
    await opened(world, "open sev3 search is slow", "search is slow")

    async def says(words: str) -> str:
        return (await answer_to_mention(world.slack, world.bob, words, thread=card)).shown

    assert f"@bob owns {incident_id}" in await says("take")
    assert incident_id in await says("update the fix is in")
    await world.slack.shows("Note by @bob: the fix is in", thread=card)
    await world.bob.writes("@Ops Bot escalate no progress", thread=card)
    await world.slack.shows("@bob asks you to come to", "no progress", thread=card)
    await world.bob.sees("@bob (on-call) was called")
    assert "No reminder" in await says("snooze 1h")
    (stored,) = await world.stored("incidents", _id=incident_id, snoozed_until={"$ne": None})
    assert 3_590 < (stored["snoozed_until"] - world.clock()).total_seconds() < 3_601
    help_page = (await answer(world.slack, world.bob, "/incident", "help")).shown
    for words in ("update [ID] TEXT", "take [ID]", "snooze [ID] [30m]"):
        assert f"/incident {words}" in help_page
    overview = (await answer(world.slack, world.bob, "/ops", "help")).shown
    assert all(word in overview for word in ("reopen", "summary", "export", "update", "take"))


async def test_filters_alone_list_and_an_id_finds_its_incident(world: World) -> None:
    """`search is:open` is the list of the open ones; the end of an ID or all of it is a word like any other."""
    _, first = await opened(world)
    _, second = await opened(world, "open sev3 search is slow", "search is slow")

    await finds(world, first, first)
    await finds(world, first[-4:].lower(), first)
    told = (await answer(world.slack, world.ann, "/incident", "search is:open sev:3")).shown
    assert second in told
    assert first not in told
    assert "Paste" not in (await answer(world.slack, world.ann, "/incident", f"export {first} json")).shown
    told = (await answer(world.slack, world.ann, "/incident", f"export {first} pdf")).shown
    assert "`markdown` and `json`" in told
