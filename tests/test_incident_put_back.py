"""What comes back with an incident that MongoDB lost, or of which a backup has an older state."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.domain.incident import AFFECTED_LIMIT, TITLE_LIMIT, Act, Deed, Incident, Touched
from bot.domain.incident_facts import act_facts, act_from, facts, from_facts
from bot.domain.incident_lost import put_forward
from bot.domain.incident_steps import assigned, closed, resolved
from bot.domain.quote import Quote
from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, answer_to_mention, shared_world
from tests.test_incident import opened
from tests.test_incident_life import shows
from tests.test_incident_lost import lose
from tests.test_summary_alone import incident
from tests.world import World

NOW = datetime(2026, 11, 25, 13, 0, tzinfo=UTC)
by_module = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """One bot; Bob is on call."""
    async with shared_world(mongod) as ready:
        await answer(ready.slack, ready.ann, "/ops", "role on-call @bob")
        yield ready


async def lived(world: World, title: str) -> tuple[Post, str]:
    """An incident with which something was done, all of it told; its card and its ID."""
    message = await world.bob.writes(f"{title}\nsince the deploy")
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    await world.ann.submits({})
    card = await world.slack.shows(title, "Opened by", "since the deploy")
    found = re.search(r"INC-\d{8}-\w{4}", card.shown)
    assert found
    for words in ("sev 1", "status identified", "note the relay <!here> is gone", "assign @bob", "snooze 1h"):
        await answer_to_mention(world.slack, world.ann, words, thread=card)
    await shows(world, card, "SEV1", "*identified*", "Owner: @bob")
    await world.stored("incidents", _id=found[0], untold=[], version=6)
    return card, found[0]


@by_module
@pytest.mark.long
async def test_state_and_acts_of_a_lost_incident_come_back(world: World) -> None:
    """Title, severity, status, owner, the snooze and the quoted message from the card, the acts from the thread's
    replies; the record and the thread say that it was put back.
    """
    card, incident_id = await lived(world, "mail is late")
    world.clock.forward(minutes=61)
    await world.slack.shows("How does it go?", thread=card)
    await world.stored("outbox", key={"$regex": "reminder"}, state="posted")
    await lose(world)
    told = await answer(world.slack, world.bob, "/incident", f"show {incident_id}")
    assert "SEV1" in told.shown
    (kept,) = await world.stored("incidents", _id=incident_id, untold=[], version=7)
    assert (kept["title"], kept["status"], kept["severity"], kept["owner"]) == (
        "mail is late", "identified", "sev1", world.bob.id,
    )  # fmt: skip
    assert kept["snoozed_until"] > kept["opened_at"]
    assert kept["quote"]["text"] == "mail is late\nsince the deploy"
    await world.slack.shows("MongoDB had lost", incident_id, "SEV1, identified, owner @bob", thread=card)
    for kind in ("severity", "status", "noted", "assigned", "snoozed", "restored", "opened", "quoted"):
        await world.stored("timeline", incident_id=incident_id, kind=kind)
    (note,) = await world.stored("timeline", incident_id=incident_id, kind="noted", author=world.ann.id)
    assert note["text"] == "the relay <!here> is gone"
    await answer_to_mention(world.slack, world.ann, "status monitoring", thread=card)
    await shows(world, card, "*monitoring*", "since the deploy")
    await world.rests()
    replies = [post.shown for post in world.slack.thread(card).replies if post.by_bot]
    assert len(replies) == len(set(replies))


@by_module
@pytest.mark.long
async def test_an_older_state_is_put_forward_to_what_the_card_shows(world: World) -> None:
    """A backup has the incident as it was opened; when the bot is back it is as everybody sees it on the card."""
    card, incident_id = await opened(world, "open sev3 the queue grows", "the queue grows")
    (older,) = await world.stored("incidents", _id=incident_id, untold=[], card_ts=card.ts)
    await answer_to_mention(world.slack, world.ann, "sev 1", thread=card)
    await answer_to_mention(world.slack, world.ann, "resolve a restart of the relay", thread=card)
    await shows(world, card, "Resolved by @ann")
    await world.stored("incidents", _id=incident_id, untold=[], version=3)
    await world.stored("outbox", state="posted", key=incident_id)
    await world.stops()
    await world.removes("incidents", incident_id)
    await world.puts("incidents", older)
    await world.drops("timeline")
    await world.starts()
    (kept,) = await world.stored("incidents", _id=incident_id, status="resolved", version=4, untold=[])
    assert (kept["severity"], kept["resolution"]) == ("sev1", "a restart of the relay")
    await world.stored("audit", act="put back", subject=incident_id)
    for kind in ("severity", "resolved", "restored"):
        await world.stored("timeline", incident_id=incident_id, kind=kind)


@by_module
async def test_a_lost_one_of_weeks_ago_is_found_by_its_whole_id(world: World) -> None:
    """The channel is read around its day; its end alone is not looked for so far back."""
    card, incident_id = await opened(world, "open sev2 the cache is cold", "the cache is cold")
    await world.stored("incidents", _id=incident_id, untold=[], card_ts=card.ts)
    await world.stored("outbox", state="posted", key=incident_id)
    world.clock.forward(days=20)
    await lose(world)
    told = await answer(world.slack, world.bob, "/incident", f"show {incident_id[-4:]}")
    assert "I know no incident" in told.shown
    told = await answer(world.slack, world.bob, "/incident", f"show {incident_id}")
    assert "the cache is cold" in told.shown
    for odd in ("INC-00010101-AAA1", "INC-20269999-AAA1", "INC-99991231-AAA1"):
        told = await answer(world.slack, world.bob, "/incident", f"show {odd}")
        assert f"I know no incident {odd}." in told.shown


def test_acts_travel_with_their_replies() -> None:
    """As they were; what is long is cut, and what is no act is none."""
    told = Act(3, Deed.NOTED, "U0ANN", NOW, "the disk — 満杯", was="", now="")
    assert act_from(act_facts(told)) == told
    long = act_from(act_facts(Act(3, Deed.EXPLAINED, "U0ANN", NOW, "🔥" * 4_000, was="x" * 9_000)))
    assert long is not None
    assert long.text.endswith("…")
    assert len(str(act_facts(long))) < 7_500
    for odd in (
        {},
        {"deed": "noted"},
        {"deed": "??", "version": 1, "at": "now"},
        {"deed": "noted", "version": 1, "at": "2026-11-25"},
    ):
        assert act_from(odd) is None


def test_the_longest_of_all_incidents_fits_into_its_card() -> None:
    """Slack takes 8,000 bytes of metadata: every field as long as it may be, in characters that take twelve each."""
    who, long = "U0123456789AB", "🔥" * 3_000
    most = replace(
        incident(), title="🔥" * TITLE_LIMIT, affected="🔥" * AFFECTED_LIMIT, resolution=long, cause=long, lesson=long,
        opened_by=who, owner=who, updated_by=who, joined=tuple(f"U01234567{n:04}" for n in range(40)), words="a" * 24,
        acknowledged_at=NOW, resolved_at=NOW, closed_at=NOW, snoozed_until=NOW, status_set=Touched(who, NOW),
        resolved_by=who,
        duplicate_of="INC-20261124-7KQ4", duplicate_card="1795608000.208136", version=123_456,
        quote=Quote("C0123456789AB", "1795608000.208136", who, "x"),
    )  # fmt: skip
    told = facts(most)
    assert len(json.dumps({"event_type": "opsbot_incident", "event_payload": told})) < 7_900
    back = from_facts(told, "C1", "9.9")
    assert back is not None
    assert (back.title, back.affected, back.duplicate_card) == (most.title, most.affected, most.duplicate_card)


def test_what_only_the_older_record_has_is_kept() -> None:
    """A resolution that the card had to cut stays whole; another one is the card's."""
    older: Incident = resolved(incident(), "U0ANN", "r" * 1_000, NOW)
    shown = from_facts(facts(assigned(incident(), "U0ANN", "U0BOB", NOW)), "C1", "9.9")
    assert shown is not None
    assert put_forward(incident(), shown, NOW).owner == "U0BOB"
    cut = from_facts({**facts(older), "version": older.version + 1}, "C1", "9.9")
    assert cut is not None
    after = put_forward(older, cut, NOW)
    assert (after.resolution, after.ended_by) == ("r" * 1_000, "U0ANN")
    assert closed(after, "U0BOB", NOW).ended_by == "U0ANN"
    assert closed(replace(after, resolved_by=""), "U0BOB", NOW).ended_by == ""
    assert after.untold[-1].deed is Deed.RESTORED
    assert after.version == older.version + 2
    assert after.updated_at - NOW == timedelta(0)
