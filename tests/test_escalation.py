"""Escalation as people meet it: who is asked when, what ends it, and what bots that die or wait make of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.people import Person
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention, strict
from tests.impatience import NEVER
from tests.measured import measured
from tests.test_incident import ID
from tests.world import TEMPO, World

SHARED = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def in_line(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """Ann is on call, Bob her backup, Cyd the duty officer; the tech lead's role is nobody's."""
    world = World(slack, mongod.url(), {"PHONE_BRIDGE": "+1 555 0100"})
    world.tempo = replace(TEMPO, tidy=NEVER)  # without the jobs that have nothing to do with escalations
    async with world as ready:
        await answer(slack, ready.ann, "/ops", "role on-call @ann backup @bob")
        await answer(slack, ready.ann, "/ops", "role duty-officer @cyd")
        yield ready


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """They are in line, and time may pass."""
    async with in_line(slack, mongod) as ready:
        yield ready


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """For tests that let no time pass. They come in a row: a bot that cannot run for seconds loses its connections."""
    async with strict() as slack, in_line(slack, mongod) as ready:
        yield ready
        assert (slack.refusals, slack.pages) == ([], [])


def cyd(world: World) -> Person:
    return world.slack.person("cyd")


async def opened(world: World, severity: str = "sev2", title: str = "checkout is down") -> tuple[Post, str]:
    """An incident of Cyd's, and its card."""
    told = await answer(world.slack, cyd(world), "/incident", f"open {severity} {title}")
    found = ID.search(told.shown)
    assert found
    return await world.slack.shows(found[0], "Opened by"), found[0]


async def escalates(world: World, who: Person, words: str) -> Post:
    """Says `/escalate …`; the answer, which may take the place of another that says that it takes a while."""
    before = len(who.ephemerals)
    await who.says("/escalate", words)
    return (await world.slack.until(lambda: [p for p in who.ephemerals[before:] if "called to" in p.shown]))[0]


async def direct(world: World, who: Person, *words: str) -> Post:
    """What the bot wrote to this person directly."""

    def there() -> Post | None:
        found = [
            post
            for post in who.posts
            if world.slack.workspace.channels[post.channel].im_with == who.id and all(w in post.shown for w in words)
        ]
        return found[-1] if found else None

    return await world.slack.until(there, f"a direct message to {who.name} with {words}", within=8.0)


async def told(world: World, incident_id: str, count: int) -> list[dict[str, Any]]:
    """The steps, once so many are told."""

    async def enough() -> list[dict[str, Any]] | None:
        (kept,) = await world.documents("escalations", incident_id=incident_id)
        steps = [step for step in kept["steps"] if step["told_at"]]
        return steps if len(steps) >= count else None

    return await world.until(enough, f"{count} steps told")


@SHARED
async def test_a_sev1_begins_with_on_call_and_duty_officer(shared: World) -> None:
    card, incident_id = await opened(shared, "sev1", "all is down")
    await answer_to_mention(shared.slack, shared.bob, "escalate", thread=card)
    await shared.slack.shows("@ann (on-call), @cyd (duty officer): @bob asks you", thread=card)
    (first,) = await told(shared, incident_id, 1)
    assert [ask["who"] for ask in first["asked"]] == [shared.ann.id, cyd(shared).id]


@SHARED
async def test_who_was_asked_passes_it_on(shared: World) -> None:
    """At once, whoever was asked; others may not; the second press is told."""
    card, incident_id = await opened(shared, "sev2", "the queue is long")
    await escalates(shared, cyd(shared), incident_id)
    call = await shared.slack.shows("@ann (on-call)", thread=card)
    await cyd(shared).clicks("Pass on", call)
    await cyd(shared).sees("takes somebody who was asked", "@ann")
    await asyncio.gather(shared.ann.clicks("Pass on", call), shared.ann.clicks("Pass on", call))
    await shared.slack.shows("@bob (on-call's backup): @ann passed it on", thread=card)
    await shared.ann.sees("passed on already")
    assert len(await told(shared, incident_id, 2)) == 2


@SHARED
async def test_a_double_enter_calls_one(shared: World) -> None:
    _, incident_id = await opened(shared, "sev2", "the mail is late")
    before = len(shared.bob.ephemerals)
    await asyncio.gather(*(shared.bob.says("/escalate", incident_id) for _ in range(3)))
    await shared.slack.until(lambda: len(shared.bob.ephemerals) == before + 3, "three answers")
    await shared.bob.sees("a moment ago")
    assert len(await told(shared, incident_id, 1)) == 1


@SHARED
async def test_nobody_is_called_to_an_incident_that_is_over(shared: World) -> None:
    """Resolved or closed: a clear answer, and nothing is recorded."""
    _, incident_id = await opened(shared, "sev2", "the disk is full")
    for words in (f"resolve {incident_id} restarted", f"close {incident_id}"):
        await answer(shared.slack, shared.bob, "/incident", words)
        refused = await answer(shared.slack, shared.bob, "/escalate", f"{incident_id} again")
        assert incident_id in refused.shown
        assert "reopen" in refused.shown
    assert await shared.documents("escalations", incident_id=incident_id) == []


@pytest.mark.long
async def test_each_in_turn_is_asked_until_somebody_has_it(world: World) -> None:
    """On-call in thread and directly, after ten minutes the backup; who has it ends it, owns it, and is named."""
    card, incident_id = await opened(world)
    done = await escalates(world, cyd(world), f"{incident_id[-4:]} the database is gone")
    assert "@ann (on-call) was called" in done.shown
    assert "the next in line is called." in done.shown
    await world.slack.shows("@ann (on-call): @cyd asks you to come", "the database is gone", "555", thread=card)
    await direct(world, world.ann, "You are called", incident_id, "the database is gone")
    await told(world, incident_id, 1)
    world.clock.forward(minutes=9)
    await world.rests()
    assert len(await told(world, incident_id, 1)) == 1
    world.clock.forward(minutes=1, seconds=5)
    await told(world, incident_id, 2)
    await world.slack.shows("@bob (on-call's backup): @ann did not come within 10 min", "Asked before", thread=card)
    call = await direct(world, world.bob, "You are called")
    await world.bob.clicks("I have it", call)
    await world.slack.shows("@bob has", "nobody else is called", "@ann (on-call) at", thread=card)
    await world.slack.until(lambda: "Owner: @bob" in card.shown, "the new owner")
    await world.slack.until(lambda: call.buttons == [], "no more buttons")
    world.clock.forward(hours=2)
    await world.rests()
    (kept,) = await world.documents("escalations")
    assert (len(kept["steps"]), kept["state"], kept["holder"]) == (2, "held", world.bob.id)
    assert len(await world.stored("timeline", 3, incident_id=incident_id, kind="escalated")) == 3
    shown = (await answer(world.slack, world.ann, "/incident", f"show {incident_id}")).shown
    for line in ("@cyd (escalation): asked @ann (on-call)", "@bob (escalation): has it"):
        assert line in shown
    steps = [await measured(world, "opsbot_escalation_steps_total", outcome=one) for one in ("no answer", "taken")]
    assert steps == [1, 1]
    assert await measured(world, "opsbot_escalation_taken_seconds_count") == 1
    assert 605 <= await measured(world, "opsbot_escalation_taken_seconds_sum") < 660


@pytest.mark.long
async def test_the_ladder_ends_with_everybody_and_when_nobody_came_it_begins_anew(world: World) -> None:
    """The tech lead's rung is nobody's: it is skipped by name, and all are asked with the phone bridge.

    Days later somebody else may be on call: who escalates again calls them; who takes it ends both.
    """
    card, incident_id = await opened(world)
    await escalates(world, cyd(world), incident_id)
    for count in (1, 2, 3):
        await told(world, incident_id, count)
        world.clock.forward(minutes=10, seconds=1)
    await told(world, incident_id, 4)
    last = await world.slack.shows("Everybody: join the phone bridge: +1 555 0100", thread=card)
    assert "tech lead (nobody has it)" in last.shown
    assert "@ann, @bob, @cyd (everybody)" in last.shown
    assert last.buttons == ["I have it"]
    world.clock.forward(minutes=9)
    refused = await answer(world.slack, world.bob, "/escalate", incident_id)
    assert "Everybody who has a role was called" in refused.shown
    world.clock.forward(hours=3)
    await world.rests()
    assert len(await told(world, incident_id, 4)) == 4
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await cyd(world).says("/escalate", f"{incident_id} it is worse")
    await world.slack.shows("@bob (on-call): @cyd asks you to come", "it is worse", thread=card)
    assert (await answer(world.slack, world.bob, "/escalate")).shown.count(f"*{incident_id}*") == 1
    await world.bob.clicks("Take it", card)
    kept = await world.stored("escalations", 2, is_end_told=True)
    assert {one["state"] for one in kept} == {"held"}


@pytest.mark.long
async def test_taking_or_resolving_the_incident_ends_it(world: World) -> None:
    """Nobody else is asked afterwards, however long it takes."""
    taken, taken_id = await opened(world)
    resolved, resolved_id = await opened(world, "sev2", "search is slow")
    for card, incident_id in ((taken, taken_id), (resolved, resolved_id)):
        await escalates(world, cyd(world), incident_id)
        await world.slack.shows("@ann (on-call)", thread=card)
    await world.bob.clicks("Take it", taken)
    await world.slack.shows("@bob has", thread=taken)
    await answer(world.slack, cyd(world), "/incident", f"resolve {resolved_id} fixed")
    await world.slack.shows("@ann (on-call)", "It is over", thread=resolved)
    await world.stored("escalations", 2, is_end_told=True)
    world.clock.forward(hours=1)
    await world.rests()
    kept = {one["incident_id"]: (one["state"], len(one["steps"])) for one in await world.documents("escalations")}
    assert kept == {taken_id: ("held", 1), resolved_id: ("over", 1)}
    for incident_id, told_then in ((taken_id, "was called"), (resolved_id, "is already resolved")):
        assert told_then in (await answer(world.slack, world.ann, "/escalate", incident_id)).shown


@pytest.mark.long
async def test_of_two_bots_one_makes_each_step(world: World) -> None:
    """One step when it is due, one message in the thread, one directly."""
    await world.starts()
    card, incident_id = await opened(world)
    await escalates(world, cyd(world), incident_id)
    await told(world, incident_id, 1)
    world.clock.forward(minutes=10, seconds=1)
    await told(world, incident_id, 2)
    await world.rests()
    assert len(await told(world, incident_id, 2)) == 2
    asked = [post for post in world.slack.thread(card).replies if "come to" in post.text]
    assert len(asked) == 2
    assert len([post for post in world.bob.posts if "You are called" in post.text]) == 1


@pytest.mark.long
async def test_after_a_while_without_a_bot_there_is_one_step(world: World) -> None:
    """An hour later the next is asked, and has the full time; nobody is skipped, nothing comes in a burst.

    The same where a bot recorded the next step and died before it told anybody: another tells it, once.
    """
    waiting, recorded = await opened(world), await opened(world, "sev2", "search is slow")
    for _, incident_id in (waiting, recorded):
        await escalates(world, cyd(world), incident_id)
        await told(world, incident_id, 1)
    await world.stops()
    (kept,) = await world.documents("escalations", incident_id=recorded[1])
    second = {**kept["steps"][0], "number": 2, "rungs": ["on-call's backup"], "told_at": None, "by": "", "why": ""}
    second["asked"] = [{"rung": "on-call's backup", "who": world.bob.id}]
    await world.changes("escalations", kept["_id"], {"steps": [*kept["steps"], second], "version": 9})
    world.clock.forward(hours=1)
    await world.starts()
    for card, incident_id in (waiting, recorded):
        steps = await told(world, incident_id, 2)
        await world.slack.shows("@bob (on-call's backup)", thread=card)
        assert steps[1]["asked"] == [{"rung": "on-call's backup", "who": world.bob.id}]
    await world.rests()
    assert [len(await told(world, incident_id, 2)) for _, incident_id in (waiting, recorded)] == [2, 2]


@pytest.mark.long
async def test_a_call_that_was_still_on_its_way_learns_that_somebody_has_it(world: World) -> None:
    """Bob takes it in the thread while Slack still opens Ann's conversation: hers says so too, without buttons."""
    card, incident_id = await opened(world)
    await world.slack.settled(0.3)
    world.slack.faults.add("latency", "conversations.open", value=0.7)
    await cyd(world).says("/escalate", incident_id)
    call = await world.slack.shows("@ann (on-call)", thread=card)
    await world.bob.clicks("I have it", call)
    await world.stored("escalations", state="held")
    late = await direct(world, world.ann, "You are called")
    await world.slack.until(lambda: "@bob has it" in late.shown and late.buttons == [], "Ann to hear of it")


async def test_without_a_card_people_are_called_directly(world: World) -> None:
    """The channel takes nothing from the bot: after half a minute nobody waits for a thread any more."""
    _, incident_id = await opened(world)
    await world.stored("incidents", untold=[], card_ts={"$ne": None})
    await world.changes("incidents", incident_id, {"card_ts": None})
    await cyd(world).says("/escalate", incident_id)
    await world.stored("escalations")
    world.clock.forward(seconds=31)
    await direct(world, world.ann, "You are called", incident_id)
    await told(world, incident_id, 1)


async def test_who_has_left_is_left_out_by_name(world: World) -> None:
    card, incident_id = await opened(world)
    people = world.slack.workspace.people
    people[world.ann.id] = replace(people[world.ann.id], has_left=True)
    await escalates(world, cyd(world), incident_id)
    call = await world.slack.shows("@bob (on-call's backup): @cyd asks you", thread=card)
    assert "Left out: @ann (on-call, has left)" in call.shown
