"""One-off windows from their plan to their end: scheduled, approved, begun, extended, ended, called off, moved."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.domain import window_steps as steps
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention, shared_world
from tests.planning import keys, says, told, window, with_roles
from tests.world import HEIR, MORTAL, World

ID = "MW-20261126-1400"
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon; Bob leads, Ann is on call."""
    async with World(slack, mongod.url(), tuned=MORTAL) as ready:
        await with_roles(ready)
        yield ready


# While the clock stands still, in one world; each test has a day of its own


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """The same noon and people."""
    async with shared_world(mongod) as ready:
        await with_roles(ready)
        yield ready


@SHARED
async def test_a_window_scheduled_for_soon_is_announced_at_once(shared: World) -> None:
    """By the nearest rung alone, and not as late."""
    await says(shared, "schedule in 10m for 20m restart Grafana")
    (document,) = await shared.stored("windows", kind="one-off", title="restart Grafana")
    post = await told(shared, f"{document['_id']}/15m")
    assert "late" not in post.shown
    assert [key for key in keys(shared) if document["_id"] in key] == [f"{document['_id']}/15m"]


@SHARED
async def test_an_overlap_is_refused_with_the_other_named(shared: World) -> None:
    """A window of a person's, and one that the rule makes, also months ahead; a double Enter is the same window."""
    await says(shared, "schedule thu 14:00 for 2h Upgrade Loki")
    assert "was scheduled a moment ago" in await says(shared, "schedule thu 14:00 for 2h Upgrade Loki")
    clash = await says(shared, "schedule thu 15:59 for 5m Restart")
    assert f"{ID} “Upgrade Loki” has that time: 2026-11-26 14:00 to 16:00 UTC." in clash
    assert "MW-20261128-0200 “Weekly maintenance” has that time" in await says(shared, "schedule sat 05:59 for 5m x")
    assert "MW-20270320-0200" in await says(shared, "schedule 2027-03-20 03:00 for 5m x")
    assert "is scheduled" in await says(shared, "schedule thu 16:00 for 5m Restart")
    planned = await shared.documents("windows", kind="one-off", _id={"$regex": "^MW-(20261126|20261128|2027)"})
    assert [one["_id"] for one in planned] == [ID, "MW-20261126-1600"]


@SHARED
async def test_a_cancellation_before_anything_was_told_is_silent(shared: World) -> None:
    """By the button of the answer; the time is free again, under another name."""
    planned = "schedule mon 14:00 for 1h Upgrade Loki"
    assert "MW-20261130-1400 is scheduled" in await says(shared, planned)
    await shared.ann.clicks("Cancel it", shared.ann.ephemerals[-1])
    await window(shared, "MW-20261130-1400", state="cancelled", untold=[])
    assert not [key for kind in ("announcement", "reply") for key in keys(shared, f"opsbot_{kind}") if "1130" in key]
    again = await says(shared, "schedule mon 14:00 for 1h x y")
    assert "MW-20261130-1401 is scheduled: Monday 2026-11-30 14:00" in again


@SHARED
async def test_who_has_no_role_changes_nothing(shared: World) -> None:
    """Each refusal names who may and is audited. Freezes take the tech lead, whatever other role somebody has."""
    cyd, planned = shared.slack.person("cyd"), "MW-20261201-1400"
    await says(shared, "schedule tue 14:00 for 1h Upgrade Loki")
    for words in (
        "schedule fri 14:00 x", f"cancel {planned} no", f"start {planned}", f"scope {planned} all",
        "skip sat no", f"move {planned} to fri 10:00",
    ):  # fmt: skip
        assert "Who may: @bob, @ann" in await says(shared, words, cyd)
    for words in ("freeze fri..sat no", "unfreeze 1127"):
        assert "Who may: @bob" in await says(shared, words)
    refused = await shared.documents("audit", outcome="refused")
    assert sorted(one["who"] for one in refused) == [shared.ann.id] * 2 + [cyd.id] * 6
    assert (await window(shared, planned))["version"] == 1


@pytest.mark.long
async def test_a_window_is_scheduled_and_told_rung_by_rung(world: World) -> None:
    """The answer echoes the time with a way back; the ladder announces it; the end is asked for, then recorded."""
    shown = await says(world, 'schedule thu 14:00 for 90m "Upgrade Loki"')
    assert f"{ID} is scheduled: Thursday 2026-11-26 14:00 to 15:30 UTC" in shown
    assert world.ann.ephemerals[-1].buttons == ["Cancel it"]
    assert f"*{ID}* Upgrade Loki" in await says(world, "list", world.bob)
    world.clock.set("2026-11-26 13:00:01")
    head = await told(world, f"{ID}/1h")
    assert "No scope was given" in head.shown
    world.clock.set("2026-11-26 14:00:01")
    assert "has started" in (await told(world, f"{ID}/start")).text
    assert (await window(world, ID, state="under way"))["actual_start"] is not None
    world.clock.set("2026-11-26 15:30:01")
    question = await told(world, f"{ID}/end")
    assert "Has it ended?" in question.text
    assert question.buttons == ["It has ended", "Extend 30m"]
    assert question.thread_ts == head.ts
    world.clock.set("2026-11-26 15:40:00")
    await world.ann.clicks("It has ended", question)
    over = await window(world, ID, state="over")
    assert (over["actual_end"] - over["end"]).total_seconds() >= 590
    await world.slack.shows("has ended", "15:40 UTC")
    await world.slack.until(lambda: "it ended at 2026-11-26 15:40 UTC" in question.shown, "what came of the question")
    assert question.buttons == []
    await world.slack.until(lambda: "Upgrade Loki: over" in head.shown, "the head to be over")


async def test_of_two_who_want_the_same_time_one_gets_it(world: World) -> None:
    """On two bots at the same moment, however their times overlap."""
    await answer(world.slack, world.ann, "/ops", "role duty-officer @cyd")
    await world.starts()
    wanted = [f"schedule 2026-11-30 1{n}:{m:02} for 3h Work {n}" for n in (2, 3) for m in (0, 10)]
    before = {person: len(person.ephemerals) for person in (world.ann, world.bob)}
    await asyncio.gather(
        *((world.ann if n % 2 else world.bob).says("/maintenance", text) for n, text in enumerate(wanted))
    )
    await world.slack.until(
        lambda: sum(len(one.ephemerals) - count for one, count in before.items()) == 4 or None, "four answers"
    )
    assert len(await world.documents("windows", kind="one-off")) == 1


@pytest.mark.long
async def test_a_window_is_begun_early_extended_and_ended_early(world: World) -> None:
    """Rungs move along; each is told once; planned and actual times are both kept."""
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    world.clock.set("2026-11-26 13:45:01")
    head = await told(world, f"{ID}/15m")
    world.clock.set("2026-11-26 13:50:00")
    assert "is under way" in await says(world, "start")
    assert "has started (2026-11-26 13:50 UTC)" in (await told(world, f"{ID}/start")).text
    world.clock.set("2026-11-26 14:30:01")
    await told(world, f"{ID}/ending")
    assert "now ends at 2026-11-26 15:30 UTC" in await says(world, "extend 30m")
    await world.slack.shows("was extended by 30 min by @ann", "15:30 UTC")
    await world.slack.until(lambda: "ends soon" not in head.shown, "the head to take the warning back")
    world.clock.set("2026-11-26 15:00:01")
    assert "ends at 2026-11-26 15:30 UTC, in 30 min" in (await told(world, f"{ID}/ending-2")).text
    world.clock.set("2026-11-26 15:10:00")
    assert "is over" in await says(world, "end")
    assert "has ended (2026-11-26 15:10 UTC)" in (await told(world, f"{ID}/end")).text
    over = await window(world, ID, state="over")
    times = [over[name].strftime("%H:%M") for name in ("start", "actual_start", "end", "actual_end")]
    assert times == ["14:00", "13:50", "15:30", "15:10"]
    await world.round()
    assert keys(world) == [f"{ID}/{rung}" for rung in ("15m", "start", "ending", "ending-2", "end")]


async def test_an_extension_after_the_question_is_asked_about_again(world: World) -> None:
    """The new end has a question of its own; pressed by two at once it is put off once, and the buttons are gone."""
    await says(world, "schedule in 1m for 10m restart Grafana")
    (document,) = await world.stored("windows", kind="one-off")
    name = document["_id"]
    world.clock.forward(minutes=2)
    await told(world, f"{name}/start")
    world.clock.forward(minutes=10)
    question = await told(world, f"{name}/end")
    people = (world.ann, world.bob)
    await asyncio.gather(*(who.clicks("Extend 30m", question) for who in people))
    await world.slack.until(
        lambda: [p for who in people for p in who.ephemerals if "was extended already: it ends at" in p.shown], "a no"
    )
    await world.slack.until(
        lambda: "asked whether it has ended: it was put off to" in question.shown, "what came of it"
    )
    assert question.buttons == []
    assert (await window(world, name))["end"] - document["end"] < timedelta(minutes=33)
    world.clock.forward(minutes=31)
    assert "Has it ended?" in (await told(world, f"{name}/end-2")).text


async def test_an_extension_stops_before_the_next_window(world: World) -> None:
    """The other is named, and the end stays."""
    await says(world, "schedule fri 23:00 for 3h Upgrade Loki")
    world.clock.set("2026-11-27 23:30:00")
    await window(world, "MW-20261127-2300", state="under way")
    assert "MW-20261128-0200 “Weekly maintenance” has that time" in await says(world, "extend 1h")
    assert (await window(world, "MW-20261127-2300"))["end"].strftime("%H:%M") == "02:00"


async def test_a_cancellation_corrects_what_was_announced(world: World) -> None:
    """The head is edited, one reply goes to the channel too, and no later rung is told. Said in the window's thread it
    is about that window, although another one comes before it."""
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    await says(world, "schedule thu 10:00 for 1h Restart Grafana")
    world.clock.set("2026-11-26 13:00:01")
    head = await told(world, f"{ID}/1h")
    said = await answer_to_mention(world.slack, world.ann, "cancel the vendor is late", thread=head)
    assert ID in said.shown
    assert "The channel is told." in said.shown
    reply = await world.slack.shows("was cancelled by @ann: the vendor is late")
    assert reply.thread_ts == head.ts
    assert reply in world.slack.channel().messages
    await world.slack.until(lambda: "Upgrade Loki: cancelled" in head.shown, "the head to say so")
    world.clock.set("2026-11-26 14:00:01")
    await world.round()
    assert [key for key in keys(world) if ID in key] == [f"{ID}/1h"]


async def test_a_moved_window_is_announced_anew(world: World) -> None:
    """What was told of the old one is corrected; the new one has all its rungs."""
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    world.clock.set("2026-11-26 13:00:01")
    head = await told(world, f"{ID}/1h")
    assert "is moved: it is MW-20261126-1900 now" in await says(world, f"move {ID} to thu 19:00")
    await world.slack.shows("was moved by @ann. It is now MW-20261126-1900")
    await world.slack.until(lambda: "moved to MW-20261126-1900" in head.shown, "the head to say so")
    await told(world, "MW-20261126-1900/24h")
    world.clock.set("2026-11-26 18:00:01")
    await told(world, "MW-20261126-1900/1h")
    assert "was moved to MW-20261126-1900, by @ann." in await says(world, f"cancel {ID} no")


async def test_a_move_that_a_bot_left_half_done_is_finished(world: World) -> None:
    """It died after it had moved the old window away and before it kept the new one."""
    await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    await says(world, f"move {ID} to fri 14:00")
    await window(world, ID, state="moved", untold=[])
    version = (await window(world, ID))["version"]
    await world.stops()
    await world.removes("windows", "MW-20261127-1400")
    await world.changes("windows", ID, {"untold": [version]})
    await world.starts()
    assert (await window(world, "MW-20261127-1400"))["moved_from"] == ID


@pytest.mark.long
async def test_a_time_that_a_dead_bot_had_booked_is_free_again(world: World) -> None:
    """It died between booking the time and keeping the window; what it booked a moment ago is waited for."""
    await world.stored("bookings", _id="all")
    spans = (await world.document("bookings", "all"))["spans"]
    taken = {"id": "MW-20261126-1330", "start": datetime(2026, 11, 26, 13, 30, tzinfo=UTC)}
    lost = {**taken, "end": datetime(2026, 11, 26, 14, 30, tzinfo=UTC), "at": world.clock()}
    await world.changes("bookings", "all", {"spans": [*spans, lost]})
    assert "“being made just now” has that time" in await says(world, "schedule thu 14:00 for 1h Upgrade Loki")
    world.clock.forward(minutes=2)
    assert "is scheduled" in await says(world, "schedule thu 14:00 for 1h Upgrade Loki")


@pytest.mark.long
async def test_a_start_that_was_never_recorded_as_posted_is_found(world: World) -> None:
    """Slack took it, the bot died, the window was ended meanwhile: the end is told once, whoever posts it."""
    await says(world, "schedule in 1m for 10m restart Grafana")
    (document,) = await world.stored("windows", kind="one-off")
    name = document["_id"]
    world.clock.forward(minutes=2)
    await told(world, f"{name}/start")
    await world.stored("checklists", _id=name, ts={"$ne": None}, is_told=True)  # else that post would be struck
    await world.slack.settled()
    world.slack.faults.add("timeout_after", "chat.postMessage", value=20.0)
    world.clock.forward(minutes=10)
    await world.slack.until(lambda: f"{name}/end" in keys(world) or None, "the question to be taken")
    await world.stops()
    store = world.store().windows
    known = await store.get(name)
    assert known is not None
    assert await store.save(steps.ended(known, world.ann.id, world.clock(), world.clock()), known.version)
    world.tuned = HEIR
    await world.starts()
    await told(world, f"{name}/end")
    await world.slack.shows("has ended", "as said by @ann")
    assert keys(world).count(f"{name}/end") == 1


async def test_a_rollback_is_the_tech_lead_s(world: World) -> None:
    """It is announced, marks the window and asks for the steps; the window goes on until it is ended. After its end
    nobody is asked to end it, and the summary on request has it."""
    await says(world, "schedule in 1m for 1h Upgrade Loki")
    world.clock.forward(minutes=2)
    (document,) = await world.stored("windows", kind="one-off", state="under way")
    await told(world, f"{document['_id']}/start")
    assert "Who may: @bob" in await says(world, "rollback queries fail")
    assert "is announced" in await says(world, "rollback queries fail", world.bob)
    post = await world.slack.shows("Rollback of Upgrade Loki", "queries fail", "Write the steps in this thread")
    assert "`/maintenance end`" in post.shown
    assert "is rolled back already: “queries fail”" in await says(world, "rollback queries fail", world.bob)
    await says(world, "end")
    await world.slack.shows("Upgrade Loki: over, rolled back")
    await says(world, "schedule in 1m for 1h Move Tempo")
    world.clock.forward(minutes=2)
    (document,) = await world.stored("windows", title="Move Tempo", state="under way")
    await told(world, f"{document['_id']}/start")
    await says(world, "end")
    await says(world, f"rollback {document['_id']} traces fail", world.bob)
    late = f"`/maintenance summary {document['_id']}` tells of it too."
    post = await world.slack.shows("Rollback of Move Tempo", late)
    assert "`/maintenance end`" not in post.shown
