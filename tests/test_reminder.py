"""What the bot asks of an open incident by itself, and a card that somebody deleted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.incident_steps import reposted
from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer
from tests.impatience import NEVER
from tests.test_incident import opened
from tests.world import TEMPO, World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world without the jobs that look at windows, alerts and escalations."""
    reminding = World(slack, mongod.url())
    reminding.tempo = replace(TEMPO, tick=NEVER)
    async with reminding as ready:
        yield ready


def asked(world: World, card: Post, words: str) -> list[Post]:
    """What the thread asks so far."""
    return [post for post in world.slack.thread(card).replies if words in post.shown]


@pytest.mark.long
async def test_the_owner_is_reminded_once_when_an_update_is_due_and_may_put_it_off(world: World) -> None:
    """Half an hour without an update: one reminder that mentions the owner, with a button for half an hour of silence.

    The thread says who wanted that; then it comes once more, and an update starts the time anew.
    """
    card, incident_id = await opened(world)
    world.clock.forward(minutes=29)
    await world.stored("incidents", _id=incident_id, untold=[])
    world.clock.forward(minutes=2)
    reminder = await world.slack.shows("@ann, the last update of", incident_id, "How does it go?", thread=card)
    assert reminder.buttons == ["Update", "Snooze 30m"]
    await world.stored("incidents", _id=incident_id, reminded_at={"$ne": None})
    await world.ann.clicks("Snooze 30m", reminder)
    await world.ann.sees("No reminder for", incident_id)
    await world.slack.shows("@ann wants no reminder before", thread=card)
    world.clock.forward(minutes=28)
    await world.rests()
    assert len(asked(world, card, "How does it go?")) == 1
    world.clock.forward(minutes=3)
    await world.slack.until(lambda: len(asked(world, card, "How does it go?")) == 2, "the reminder to come again")
    await answer(world.slack, world.ann, "/incident", "note it is the cache")
    assert len(asked(world, card, "How does it go?")) == 2
    world.clock.forward(minutes=31)
    await world.slack.until(lambda: len(asked(world, card, "How does it go?")) == 3, "the third reminder")


@pytest.mark.long
async def test_a_sev1_is_asked_about_twice_as_often_and_what_is_over_not_at_all(world: World) -> None:
    """A quarter of an hour is enough. Talk in the thread is no update; after the end nobody is reminded."""
    over, over_id = await opened(world)
    worst, _ = await opened(world, "open sev1 all is down", "all is down")
    other, other_id = await opened(world, "open sev2 search is slow", "search is slow")
    await answer(world.slack, world.ann, "/incident", f"resolve {over_id} fixed")
    world.clock.forward(minutes=16)
    await world.slack.shows("How does it go?", thread=worst)
    world.clock.forward(minutes=4)
    await world.bob.writes("hm", thread=other)
    world.clock.forward(minutes=11)
    await world.slack.shows("How does it go?", thread=other)
    (kept,) = await world.stored("incidents", _id=other_id, reminded_at={"$ne": None})
    assert kept["reminded_at"] - kept["opened_at"] >= timedelta(minutes=30)
    await world.rests()
    assert len(asked(world, other, "How does it go?")) == 1
    assert asked(world, over, "How does it go?") == []


@pytest.mark.long
async def test_nobody_is_reminded_of_what_was_resolved_while_slack_was_slow(world: World) -> None:
    """The reminder fell due, and Slack takes its time to say whether its owner is still there."""
    card, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    before = len(world.slack.calls_of("users.info"))
    world.slack.faults.add("latency", "users.info", value=0.5)
    world.clock.forward(minutes=31)
    question = await world.slack.until(lambda: world.slack.calls_of("users.info")[before], "Slack to be asked")
    await world.changes("incidents", incident_id, {"status": "resolved", "resolved_at": world.clock()})
    await world.slack.until(lambda: question.answer, "Slack's answer")
    await world.rests()  # the job that asks is one of those that end
    assert asked(world, card, "How does it go?") == []


async def test_a_raised_severity_ends_a_snooze(world: World) -> None:
    """Nobody meant an hour's silence for what is a SEV1 by now; answer, thread and timeline say that it is over."""
    card, incident_id = await opened(world, "open sev3 checkout is slow", "checkout is slow")
    await answer(world.slack, world.ann, "/incident", "snooze 2h")
    told = await answer(world.slack, world.ann, "/incident", "sev 4")
    assert "put off" not in told.shown
    told = await answer(world.slack, world.ann, "/incident", "sev 1")
    assert "Its reminder is not put off until 2026-11-25 14:00 UTC any more." in told.shown
    await world.slack.shows("Raised by @ann", "(it was SEV4). Its reminder is not put off until", thread=card)
    await world.stored("timeline", incident_id=incident_id, text={"$regex": "sev4 → sev1. Its reminder"})
    world.clock.forward(minutes=16)
    await world.slack.shows("How does it go?", thread=card)


@pytest.mark.long
async def test_a_reminder_that_fell_due_while_no_bot_was_there_comes_late_and_once(world: World) -> None:
    """Hours of absence are one reminder: each replica looks, one posts, and who comes later repeats nothing."""
    card, incident_id = await opened(world)
    await world.stops()
    world.clock.forward(hours=5)
    await asyncio.gather(world.starts(), world.starts())
    await world.slack.shows("How does it go?", thread=card)
    await world.stored("incidents", _id=incident_id, reminded_at={"$ne": None})
    await world.stops()
    await world.starts()
    await world.rests()
    assert len(asked(world, card, "How does it go?")) == 1


@pytest.mark.long
async def test_a_silent_day_asks_whether_it_is_over(world: World) -> None:
    """Once, by one of two bots; *Close it* closes the incident, *Keep it open* keeps it.

    What somebody keeps open is not closed by the same question; whoever changes their own mind may.
    """
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await world.starts()
    card, incident_id = await opened(world)
    kept, kept_id = await opened(world, "open sev3 search is slow", "search is slow")
    world.clock.forward(hours=25)
    question = await world.slack.shows("Is it over?", incident_id, "@ann", thread=card)
    other = await world.slack.shows("Is it over?", kept_id, thread=kept)
    await world.stored("incidents", 2, asked_at={"$ne": None})
    assert question.buttons == ["Close it", "Keep it open"]
    await world.ann.clicks("Close it", question)
    await world.slack.until(lambda: "closed" in card.shown, "the card to be closed")
    stored = await world.document("incidents", incident_id)
    assert (stored["status"], stored["resolution"]) == ("closed", "nothing happened for a day")
    await world.ann.clicks("Keep it open", other)
    await world.ann.sees(kept_id, "stays open")
    await world.bob.clicks("Close it", other)
    await world.bob.sees(f"{kept_id} goes on: something was done in it since that was asked, by @ann.")
    await world.rests()
    assert [len(asked(world, each, "Is it over?")) for each in (card, kept)] == [1, 1]
    assert asked(world, card, "How does it go?") == []
    assert "investigating" in kept.shown
    await world.ann.clicks("Close it", other)
    await world.ann.sees(f"{kept_id} is closed.")
    await world.bob.clicks("Keep it open", other)
    await world.bob.sees(f"{kept_id} is already closed: “nothing happened for a day”", "`reopen` opens it again")
    assert "It stays open." not in [act["text"] for act in await world.documents("timeline", author=world.bob.id)]


@pytest.mark.long
async def test_a_clock_that_ran_ahead_silences_nobody(world: World) -> None:
    """It asked days too early; once it is right again, the next update is asked for when it is due."""
    card, incident_id = await opened(world)
    world.clock.forward(days=3)
    await world.slack.shows("Is it over?", thread=card)
    await world.stored("incidents", _id=incident_id, asked_at={"$ne": None})
    world.clock.set("2026-11-25 12:05:00")
    await answer(world.slack, world.ann, "/incident", "note it is the cache")
    world.clock.forward(minutes=31)
    await world.slack.shows("How does it go?", thread=card)
    await world.rests()
    assert len(asked(world, card, "How does it go?")) == 1


@pytest.mark.long
async def test_whoever_writes_keeps_an_incident_from_being_silent(world: World) -> None:
    """A word in the thread within the day, and nobody asks whether it is over."""
    card, incident_id = await opened(world)
    world.clock.forward(hours=23)
    message = await world.bob.writes("still at it", thread=card)
    await world.stored("timeline", incident_id=incident_id, ts=message.ts)
    # Slack's clock gives messages their time; the bot's is a day ahead here, so it is told what it would have heard.
    await world.changes("incidents", incident_id, {"active_at": world.clock()})
    world.clock.forward(hours=2)
    await world.rests()
    assert asked(world, card, "Is it over?") == []


async def test_a_deleted_card_is_posted_anew_and_the_record_says_so(world: World) -> None:
    """The new card has the incident as it is; what is said below either is in the timeline."""
    card, incident_id = await opened(world)
    await world.bob.writes("in the old thread", thread=card)
    await world.stored("timeline", incident_id=incident_id, text="in the old thread")
    world.slack.conversations.delete(card.raw)
    new = await world.slack.until(
        lambda: next(
            (p for p in world.slack.channel().by_bot if incident_id in p.shown and p.ts > card.ts and not p.thread_ts),
            None,
        ),
        "a new card",
    )
    await world.slack.shows("was deleted, so this is a new one", thread=new)
    await world.stored("incidents", _id=incident_id, card_ts=new.ts, cards=[card.ts, new.ts], untold=[])
    await world.stored("timeline", incident_id=incident_id, kind="reposted")
    await world.bob.writes("in the new thread", thread=new)
    await world.stored("timeline", incident_id=incident_id, text="in the new thread")
    await answer(world.slack, world.ann, "/incident", "resolve fixed")
    await world.slack.until(lambda: "resolved" in new.shown, "the new card to be resolved")
    # An edit of the old card may have been on its way when it was deleted.
    world.slack.refusals[:] = [one for one in world.slack.refusals if one.error != "message_not_found"]


async def test_a_bot_that_dies_when_it_has_a_new_card_has_kept_why(world: World) -> None:
    """Where the card is and that it is a new one are one write: another bot tells the rest."""
    card, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    elsewhere = await world.ann.writes("stands for the new card")
    incidents = world.store().incidents
    known = await incidents.get(incident_id)
    assert known is not None
    after = reposted(replace(known, card_ts=elsewhere.ts), "ops-bot", world.clock() - timedelta(minutes=1))
    assert not await incidents.moved(after, "1.0", known.version)
    assert await incidents.moved(after, card.ts, known.version)
    assert not await incidents.moved(after, card.ts, known.version)
    await world.slack.shows("was deleted, so this is a new one", thread=elsewhere)
    await world.stored("timeline", incident_id=incident_id, kind="reposted")


@pytest.mark.long
async def test_a_card_deleted_while_the_bot_was_away_is_posted_anew(world: World) -> None:
    """Its thread is gone when the bot reads it back: one new card, by one of two bots."""
    card, incident_id = await opened(world)
    await world.stops()
    world.slack.conversations.delete(card.raw)
    await world.slack.redeliver()
    world.slack.refusals.clear()  # nobody was there to hear of it
    with world.slack.expects("thread_not_found"):
        await asyncio.gather(world.starts(), world.starts())
        (stored,) = await world.stored("incidents", _id=incident_id, card_ts={"$ne": card.ts}, untold=[])
        await world.rests()
    cards = [p for p in world.slack.channel().by_bot if incident_id in p.shown and not p.thread_ts]
    assert [post.ts for post in cards] == [stored["card_ts"]]


async def test_a_card_found_deleted_by_an_edit_is_posted_anew(world: World) -> None:
    """No event tells of it, but Slack does not find what is to be edited."""
    card, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    del world.slack.workspace.messages[card.channel][card.ts]
    await answer(world.slack, world.ann, "/incident", "sev 1")
    (stored,) = await world.stored("incidents", _id=incident_id, card_ts={"$ne": card.ts}, untold=[])
    new = await world.slack.shows("checkout is down", "SEV1, everything is down", "Opened by")
    assert new.ts == stored["card_ts"]
    raised = await world.slack.shows("Raised by @ann", thread=new)
    assert raised in world.slack.channel().by_bot
    # Whichever is refused first, the edit or the reply below it, the other may find the new card.
    refused = {one.error for one in world.slack.refusals}
    assert refused
    assert refused <= {"message_not_found", "thread_not_found"}
    world.slack.refusals.clear()


@pytest.mark.long
async def test_a_card_found_deleted_while_it_is_edited_is_posted_anew(world: World) -> None:
    """Its thread is read back meanwhile: the edit's refusal is not taken for one of the new card."""
    card, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    await world.stops()
    del world.slack.workspace.messages[card.channel][card.ts]
    world.slack.faults.add("latency", "chat.update", count=1, value=1.0)
    with world.slack.expects("message_not_found", "thread_not_found"):
        await world.starts()
        await asyncio.gather(
            answer(world.slack, world.ann, "/incident", f"sev 1 {incident_id}"),
            world.stored("incidents", _id=incident_id, card_ts={"$ne": card.ts}, untold=[]),
        )
    await world.slack.shows("Raised by @ann", thread=await world.slack.shows("SEV1, everything is down", "Opened by"))
