"""The life of an incident, as people live it: who works on it, how bad it is, where it stands, how it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.people import Person
from sandbox.sight import Post
from tests.asking import answer, answer_to_mention, shared_world, typed
from tests.test_incident import opened
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """A workspace for all of these tests, where Bob is on call, Dee the duty officer, and Cyd has no role; each has an
    incident of its own, of which an update is due after half an hour.
    """
    async with shared_world(mongod, {"RUNBOOK_URL": "https://wiki.example/runbook"}) as ready:
        await answer(ready.slack, ready.ann, "/ops", "role on-call @bob")
        await answer(ready.slack, ready.ann, "/ops", "role duty-officer @dee")
        yield ready


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def left(world: World) -> tuple[Post, str]:
    """An incident that stays as it is, whatever is tried with it; its card and its ID."""
    return await opened(world)


def cyd(world: World) -> Person:
    """Somebody without a role."""
    return world.slack.person("cyd")


async def shows(world: World, card: Post, *words: str) -> None:
    """Waits until the card shows the words."""
    await world.slack.until(lambda: all(word in card.shown for word in words), f"the card to show {words}")


def in_channel(world: World, card: Post, *words: str) -> list[Post]:
    """What was sent to the channel from the thread of this card."""
    sent = (post for post in world.slack.channel().by_bot if post.thread_ts == card.ts != post.ts)
    return [post for post in sent if all(word in post.shown for word in words)]


async def test_status_changes_by_command_mention_and_menu(world: World) -> None:
    """Each is one reply in the thread, none is broadcast, and the card follows in place."""
    card, incident_id = await opened(world, "open sev2 search is empty", "search is empty")
    told = await answer(world.slack, world.ann, "/incident", f"status identified {incident_id[-4:]}")
    assert "identified" in told.shown
    await shows(world, card, "identified", "the cause is known")
    await answer_to_mention(world.slack, world.ann, "status monitoring", thread=card)
    await shows(world, card, "monitoring")
    await world.ann.picks("Status: investigating", card, of="incident_status")
    await shows(world, card, "*investigating*")
    await world.stored("incidents", _id=incident_id, status="investigating", untold=[], version=4)
    replies = [post.shown for post in world.slack.thread(card).replies if "set the status" in post.shown]
    assert len(replies) == 3
    assert in_channel(world, card) == []
    await world.stored("timeline", 3, incident_id=incident_id, kind="status")


async def test_only_a_raised_severity_is_told_to_the_channel(world: World) -> None:
    """Lowering is a reply in the thread, raising is broadcast; both say what it was."""
    card, incident_id = await opened(world, "open sev3 slow", "slow")
    await answer(world.slack, world.ann, "/incident", f"sev 4 {incident_id}")
    await world.slack.shows("Lowered by @ann", "SEV4", "it was SEV3", thread=card)
    await world.ann.picks("Severity: SEV1", card, of="incident_severity")
    await world.slack.shows("Raised by @ann", "SEV1, everything is down", "it was SEV4", incident_id)
    assert len(in_channel(world, card)) == 1
    await shows(world, card, "SEV1, everything is down")
    await world.ann.sees("is *SEV1, everything is down*", incident_id)
    told = await answer(world.slack, world.ann, "/incident", f"sev sev1 {incident_id}")
    assert "is already SEV1, by @ann" in told.shown


async def test_an_owner_is_named_or_takes_it(world: World) -> None:
    """`assign @who` and *Take it*: the card and the thread name who owns it."""
    card, incident_id = await opened(world, "open sev2 mails are late", "mails are late")
    await answer(world.slack, world.ann, "/incident", f"assign {incident_id} @cyd")
    await world.slack.shows("@ann made @cyd the owner", thread=card)
    await shows(world, card, "Owner: @cyd")
    await world.bob.clicks("Take it", card)
    await world.slack.shows("@bob took it", thread=card)
    await shows(world, card, "Owner: @bob")
    stored = await world.document("incidents", incident_id)
    assert (stored["owner"], set(stored["joined"])) == (world.bob.id, {world.ann.id, world.bob.id})
    assert stored["acknowledged_at"] is not None


@pytest.mark.parametrize("who", ["@Ops Bot", "@zed", "<!subteam^S123>"])
async def test_an_owner_has_to_be_a_person_of_the_workspace(world: World, left: tuple[Post, str], who: str) -> None:
    """The bot, a stranger and a group own nothing."""
    card, incident_id = left
    known = {"@Ops Bot": "<@U0OPSBOT>", "@zed": "<@U0NOBODY>"}
    with world.slack.expects("user_not_found") if who == "@zed" else world.slack.expects():
        told = await typed(world.slack, world.ann, "/incident", f"assign {incident_id} {known.get(who, who)}")
    assert any(words in told.shown for words in ("cannot", "does not know", "one person"))
    assert "Owner: @ann" in card.shown


async def test_two_who_take_it_at_once_have_one_owner_and_the_second_is_told(world: World) -> None:
    """Both pressed the button of a card that showed Ann as the owner."""
    card, incident_id = await opened(world, "open sev2 the queue is full", "the queue is full")
    dee = world.slack.person("dee")
    await dee.joins("#ops-shared")
    await asyncio.gather(world.bob.clicks("Take it", card), dee.clicks("Take it", card))
    (stored,) = await world.stored("incidents", _id=incident_id, version=2)
    first, second = (world.bob, dee) if stored["owner"] == world.bob.id else (dee, world.bob)
    told = await second.sees("has another owner by now", incident_id)
    assert f"@{first.name}" in told.shown
    await first.sees("owns", incident_id)
    assert len([post for post in world.slack.thread(card).replies if "took it" in post.shown]) == 1


async def test_who_sets_the_same_value_right_after_somebody_else_is_told(world: World) -> None:
    """Both acts count, in order; the second hears of the first."""
    card, incident_id = await opened(world, "open sev2 logins are slow", "logins are slow")
    await answer(world.slack, world.ann, "/incident", f"status identified {incident_id}")
    told = await answer(world.slack, world.bob, "/incident", f"status monitoring {incident_id}")
    assert "@ann had set something else" in told.shown
    await shows(world, card, "monitoring")
    await world.stored("incidents", _id=incident_id, status="monitoring", version=3)


@pytest.mark.parametrize(
    "words", ["status identified {}", "sev 1 {}", "assign {} @cyd", "resolve {} fixed", "reopen {}", "close {}"]
)
async def test_who_has_no_part_in_it_is_told_who_may(world: World, left: tuple[Post, str], words: str) -> None:
    """The opener, the owner and anybody with a role may; others are refused by name, which is audited."""
    card, incident_id = left
    refusal: dict[str, Any] = {"who": cyd(world).id, "subject": incident_id, "outcome": "refused"}
    before, already = card.shown, len(await world.documents("audit", **refusal))
    told = await answer(world.slack, cyd(world), "/incident", words.format(incident_id))
    assert "Who may: @ann, @bob, @dee" in told.shown
    assert card.shown == before
    await world.stored("audit", already + 1, **refusal)


async def test_anybody_may_note_join_and_escalate(world: World) -> None:
    """These are never refused: the thread has the note, the card who joined, and the on-call engineer is called."""
    card, incident_id = await opened(world, "open sev2 the site is slow", "the site is slow")
    await answer(world.slack, cyd(world), "/incident", f"note {incident_id} I saw it too")
    await shows(world, card, "Joined: @cyd")
    await world.slack.person("cyd").clicks("Escalate", card)
    await world.slack.shows("@bob (on-call): @cyd asks you to come to", incident_id, thread=card)
    assert await cyd(world).sees("@bob (on-call) was called", incident_id)
    await world.stored("timeline", incident_id=incident_id, kind="escalated")


@pytest.mark.long
async def test_whoever_writes_in_the_thread_has_joined(world: World) -> None:
    """Once, however much they write; the incident is acknowledged by it."""
    card, incident_id = await opened(world, "open sev2 orders are lost", "orders are lost")
    for text in ("looking", "still looking"):
        await world.bob.writes(text, thread=card)
    await shows(world, card, "Joined: @bob")
    await world.stored("timeline", 2, incident_id=incident_id, kind="message")
    stored = await world.document("incidents", incident_id)
    assert stored["joined"] == [world.ann.id, world.bob.id]
    assert stored["acknowledged_at"] is not None


async def test_an_update_by_the_button_tells_how_it_goes_and_where_it_stands(world: World) -> None:
    """*Update* asks for words and the status; both are told, and the update is the card's last."""
    card, incident_id = await opened(world, "open sev2 pages are blank", "pages are blank")
    await world.bob.clicks("Update", card)
    await world.bob.sees("How does it go?")
    status = "identified: the cause is known, the fix is on its way"
    await world.bob.submits({"How does it go?": "it is the cache", "Where does it stand?": status})
    await world.slack.shows("Note by @bob: it is the cache", thread=card)
    await world.slack.shows("@bob set the status to *identified*", thread=card)
    await shows(world, card, "Last update by @bob", "identified")
    await world.stored("incidents", _id=incident_id, version=3, untold=[])


async def test_resolving_by_form_takes_cause_and_lesson_at_once(world: World) -> None:
    """The confirmed button asks what fixed it, what caused it and what is learned; the card has all three, and lines
    stay lines, marked as somebody's words.
    """
    card, incident_id = await opened(world, "open sev2 memory is short", "memory is short")
    await world.ann.clicks("Resolve", card)
    await world.ann.sees("What resolved it?", "What caused it?", "What is the lesson?")
    learned = "watch memory\n\nOwner: @bob"
    filled_in = {"What resolved it?": "restarted", "What caused it?": "a leak", "What is the lesson?": learned}
    await world.ann.submits(filled_in)
    lesson = "Lesson:\n> watch memory\n> Owner: "
    await shows(world, card, "Resolved by @ann: restarted", "Cause: a leak", lesson, "Lasted")
    assert card.buttons == ["Reopen", "Close", "Change cause and lesson"]
    stored = await world.document("incidents", incident_id)
    assert (stored["cause"], stored["lesson"], stored["status"]) == ("a leak", learned, "resolved")
    assert lesson in (await answer(world.slack, world.bob, "/incident", f"show {incident_id}")).shown
    assert len(in_channel(world, card, "was resolved by")) == len(in_channel(world, card)) == 1


async def test_a_resolution_of_blanks_is_refused_in_the_form(world: World, left: tuple[Post, str]) -> None:
    """What shows nothing is no resolution; the incident stays open."""
    card, _ = left
    await world.ann.clicks("Resolve", card)
    await world.ann.sees("What resolved it?")
    await world.ann.submits({"What resolved it?": "\u200b \u2060"})
    assert world.ann.modal is not None
    assert list(world.ann.modal.errors) == ["resolution"]
    await world.ann.closes()
    assert "investigating" in card.shown


async def test_resolving_in_words_asks_for_cause_and_lesson(world: World) -> None:
    """The answer has a button for them; what is added is in the thread, the card and the timeline."""
    card, incident_id = await opened(world, "open sev2 backups failed", "backups failed")
    told = await answer(world.slack, world.ann, "/incident", f"resolve {incident_id} restarted")
    assert "What caused it" in told.shown
    await world.ann.clicks("Add cause and lesson", told)
    await world.ann.sees("What caused it?")
    await world.ann.submits({"What caused it?": "a leak", "What is the lesson?": ""})
    await world.slack.shows("@ann added:", "Cause: a leak", thread=card)
    await shows(world, card, "Cause: a leak")
    await world.stored("timeline", incident_id=incident_id, kind="explained")


async def test_closing_reopening_and_what_lies_between(world: World) -> None:
    """An open one is not closed, a resolved one is, a closed one is opened again; only the end is broadcast.

    Whoever closes it is not who resolved it.
    """
    card, incident_id = await opened(world, "open sev2 the proxy is down", "the proxy is down")
    told = await answer(world.slack, world.ann, "/incident", f"close {incident_id}")
    assert "is still investigating" in told.shown
    assert "resolve" in told.shown
    await answer(world.slack, world.ann, "/incident", f"resolve {incident_id} restarted")
    await answer(world.slack, world.bob, "/incident", f"close {incident_id}")
    await shows(world, card, "closed", "Resolved by @ann: restarted")
    told = await answer(world.slack, world.ann, "/incident", f"close {incident_id}")
    assert "is already closed" in told.shown
    assert "@bob" in told.shown
    await world.bob.clicks("Reopen", card)
    await world.slack.shows("@bob reopened it", thread=card)
    await shows(world, card, "investigating")
    assert "Take it" in card.buttons
    stored = await world.document("incidents", incident_id)
    assert (stored["resolution"], stored["resolved_at"], stored["closed_at"]) == ("", None, None)
    assert len(in_channel(world, card)) == 1


async def test_two_closers_at_once_close_once(world: World) -> None:
    """The second is told that it is closed, and by whom."""
    card, incident_id = await opened(world, "open sev2 payments fail", "payments fail")
    await answer(world.slack, world.ann, "/incident", f"resolve {incident_id} restarted")
    await shows(world, card, "Close")
    await asyncio.gather(world.ann.clicks("Close", card), world.bob.clicks("Close", card))
    await world.stored("incidents", _id=incident_id, status="closed", version=3)
    both = (world.ann, world.bob)
    await world.slack.until(
        lambda: any(
            "already closed" in one.shown and incident_id in one.shown for person in both for one in person.ephemerals
        ),
        "a word to the second",
    )
    assert len([post for post in world.slack.thread(card).replies if "closed it" in post.shown]) == 1


async def test_the_card_tells_since_when_how_long_and_where_to_look(world: World, left: tuple[Post, str]) -> None:
    """Began, the last update, when the next is due, and links: its thread, the runbook."""
    card, _ = left
    await shows(world, card, "Began 2026-11-25 12:0", "Last update by @ann", "the next one is due", "Thread", "Runbook")
    links = str(card.blocks)
    assert "https://wiki.example/runbook|Runbook" in links
    assert f"thread_ts={card.ts}&amp;cid={card.channel}|Thread" in links


async def test_two_who_escalate_at_once_call_one(world: World) -> None:
    """Both pressed the same card: on-call alone is called, and the second hears of it."""
    card, incident_id = await opened(world, "open sev2 the disk is full", "the disk is full")
    await asyncio.gather(world.ann.clicks("Escalate", card), world.bob.clicks("Escalate", card))
    await world.slack.until(
        lambda: any(
            "a moment ago" in one.shown and incident_id in one.shown
            for who in (world.ann, world.bob)
            for one in who.ephemerals
        ),
        "the second",
    )
    (kept,) = await world.stored("escalations", incident_id=incident_id)
    assert [[ask["who"] for ask in step["asked"]] for step in kept["steps"]] == [[world.bob.id]]


async def test_a_wrong_status_is_complained_of_with_an_id_beside_it(world: World, left: tuple[Post, str]) -> None:
    """The word that is wrong is named, not the ID that is right."""
    _, incident_id = left
    told = await answer(world.slack, world.ann, "/incident", f"status nonsense {incident_id[-4:]}")
    assert "There is no status “nonsense”" in told.shown
