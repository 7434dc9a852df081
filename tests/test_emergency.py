"""Emergency maintenance: a window that starts now, announced once, with an incident of its own."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.window import window_id
from sandbox.slack import Slack
from tests.asking import answer
from tests.exporting import direct_files, text_of
from tests.line import Line
from tests.planning import says, told, window, with_roles
from tests.test_incident import ID
from tests.world import World


@pytest.mark.long
async def test_an_emergency_opens_an_incident_and_is_announced(world: World) -> None:
    """One incident, one window from this minute on for as long as was said; its start is told in the channel."""
    await with_roles(world, tech_lead="")
    told = await answer(world.slack, world.ann, "/maintenance", "emergency replace the disk for customers for 2h")
    card = await world.slack.shows("replace the disk for customers", "SEV2", "Opened by @ann")
    found = ID.search(card.shown)
    assert found
    assert found[0] in told.shown
    (window,) = await world.stored("windows", kind="emergency")
    assert window["_id"] in told.shown
    assert (window["end"] - window["start"]).total_seconds() == 7_200
    assert window["incident_id"] == found[0]
    head = await world.slack.shows("Emergency maintenance", found[0], "replace the disk")
    assert head.metadata is not None
    assert head.metadata["event_payload"]["key"] == f"{window['_id']}/start"
    assert "late" not in head.shown
    await world.slack.shows(f"Incident {found[0]}", "is what this emergency is about", thread=head)
    listed = await answer(world.slack, world.bob, "/maintenance")
    assert window["_id"] in listed.shown
    await world.stored("audit", act="emergency", subject=window["_id"])
    world.clock.forward(hours=2, minutes=20)
    await world.stored("announcements", _id=f"{window['_id']}/end", state="announced")
    ahead = await world.documents("announcements", window=window["_id"])
    assert sorted(each["rung"] for each in ahead) == ["end", "ending", "start"]
    await says(world, "end")
    # It has a row of its own in the runbook's log, which leads to the incident, with how long it was held.
    logged = await answer(world.slack, world.ann, "/ops", "runbook")
    assert "it has 1 incident and 1 emergency." in logged.shown
    await world.slack.until(lambda: direct_files(world), "the log", within=10.0)
    (row,) = (line for line in text_of(direct_files(world), ".md").splitlines() if window["_id"] in line)
    assert found[0] in row
    assert "| 2 h 20 min" in row


@pytest.mark.long
async def test_an_emergency_said_twice_is_one(world: World) -> None:
    """A double Enter: one incident, one window, one announcement, on two bots."""
    await with_roles(world, tech_lead="")
    await world.starts()
    await asyncio.gather(*(world.ann.says("/maintenance", "emergency replace the disk") for _ in range(3)))
    await world.stored("announcements", rung="start", state="announced")
    await world.round()
    assert len(await world.documents("incidents")) == len(await world.documents("windows", kind="emergency")) == 1
    assert len([post for post in world.slack.channel().by_bot if "Emergency maintenance" in post.text]) == 1


async def test_an_emergency_of_an_earlier_release_is_over_at_its_planned_end(world: World) -> None:
    """That release told its end by the clock and recorded none: it is not under way for another day, and nobody is told
    again; one whose end is still to come is asked about as any other."""
    await with_roles(world, tech_lead="")
    await world.stops()
    title, noon = "Emergency maintenance (INC-20261125-7KQ4: disk)", world.clock().replace(second=0, microsecond=0)
    old = {"title": title, "kind": "emergency", "incident_id": "INC-20261125-7KQ4", "channel": "C0OPSSHARED"}
    for start in (noon - timedelta(hours=3), noon - timedelta(minutes=30)):
        key = window_id(start)
        post = await world.bob.writes("a head")
        end = start + timedelta(hours=1)
        kept = {**old, "_id": key, "start": start, "end": end, "head": post.ts}
        await world.puts("windows", {**kept, "head_rung": "start"})
        for rung, due in (("start", start), ("ending", start + timedelta(minutes=30)), ("end", end)):
            told = {"window": key, "rung": rung, "due": due, "state": "announced", "ts": post.ts, "at": due}
            if due <= noon:
                await world.puts("announcements", {**told, "_id": f"{key}/{rung}", "channel": post.channel})
    await world.starts()
    await world.stored("windows", state="over", actual_end=noon - timedelta(hours=2))
    await world.stored("windows", state="under way", version=1)
    listed = await answer(world.slack, world.bob, "/maintenance")
    assert window_id(noon - timedelta(hours=3)) not in listed.shown
    assert window_id(noon - timedelta(minutes=30)) in listed.shown
    world.clock.forward(minutes=31)
    question = await world.slack.shows("was planned to end now", "Has it ended?")
    assert question.buttons == ["It has ended", "Extend 30m"]
    assert (
        "is over."
        in (await answer(world.slack, world.ann, "/maintenance", f"end {window_id(noon - timedelta(hours=3))}")).shown
    )
    assert not [post for post in world.slack.channel().by_bot if "has ended" in post.text]


async def test_two_emergencies_in_one_minute_have_a_window_each(world: World) -> None:
    """Both begin at once and are announced at once; the second has the name of the next minute."""
    await with_roles(world, tech_lead="")
    await answer(world.slack, world.ann, "/maintenance", "emergency replace the disk")
    await answer(world.slack, world.ann, "/maintenance", "emergency move the database")
    first, second = await world.stored("windows", 2, kind="emergency")
    assert first["incident_id"] != second["incident_id"]
    assert second["_id"] > first["_id"]
    assert max(first["start"], second["start"]) <= world.clock()
    await world.stored("announcements", 2, rung="start", state="announced")


@pytest.mark.long
async def test_an_end_that_came_before_the_first_word_is_asked_about_all_the_same(world: World) -> None:
    """Its bot died before it announced it: the next one's first message has the question, until it is answered."""
    await with_roles(world)
    await says(world, "emergency replace the broken disk for 1h")
    (found,) = await world.stored("windows", kind="emergency", untold=[])
    await world.stops()
    for name in ("announcements", "outbox"):
        await world.drops(name)
    await world.changes("windows", found["_id"], {"head": ""})
    world.clock.forward(minutes=90)
    await world.starts()
    head = await told(world, f"{found['_id']}/end")
    assert "It was planned to end at" in head.text
    assert head.buttons == ["It has ended", "Extend 30m"]
    await world.ann.clicks("It has ended", head)
    await window(world, found["_id"], state="over")
    await world.slack.until(lambda: head.buttons == [], "the question to be gone")


async def test_who_has_no_role_declares_none(world: World) -> None:
    """The refusal names who may; a title is needed, and a length that is one; nothing is opened."""
    await with_roles(world, tech_lead="", on_call="bob")
    told = await answer(world.slack, world.ann, "/maintenance", "emergency replace the disk")
    assert "Who may: @bob" in told.shown
    assert "title is empty" in (await answer(world.slack, world.bob, "/maintenance", "emergency")).shown
    assert "title is empty" in (await answer(world.slack, world.bob, "/maintenance", "emergency for 2h")).shown
    assert "1d is the most" in (await answer(world.slack, world.bob, "/maintenance", "emergency disk for 9d")).shown
    assert await world.documents("incidents") == []
    assert await world.documents("windows", kind="emergency") == []


@pytest.mark.long
async def test_without_mongodb_an_emergency_is_refused(slack: Slack, line: Line) -> None:
    """Roles cannot be looked up then; `/incident open` works all the same."""
    async with World(slack, line.url()) as world:
        await with_roles(world, tech_lead="")
        line.cut()
        await world.ann.says("/maintenance", "emergency replace the disk")
        await world.ann.sees("MongoDB does not answer", "nothing was changed")
        line.mend()


@pytest.mark.long
async def test_an_incident_of_an_emergency_within_a_window_is_of_both_and_each_names_the_other(world: World) -> None:
    """Both threads and both lists tell of it, since each has its readers; who reads both need not count it twice."""
    await with_roles(world, tech_lead="")
    weekly = "MW-20261128-0200"
    world.clock.set("2026-11-28 02:00:01")
    await world.stored("windows", _id=weekly, state="under way", head={"$ne": None})
    world.clock.forward(minutes=10)
    await answer(world.slack, world.ann, "/maintenance", "emergency replace the disk for 1h")
    (window,) = await world.stored("windows", kind="emergency", state="under way", head={"$ne": None})
    await answer(world.slack, world.ann, "/incident", "open sev3 mail is late")
    heads = {post.ts: post for post in world.slack.channel().everything}
    (around,) = await world.stored("windows", _id=weekly)
    for one, other in ((around, window), (window, around)):
        told = await world.slack.shows("mail is late", "was opened during this window", thread=heads[one["head"]])
        assert f"It is told in {other['_id']} too." in told.shown
    listed = (await answer(world.slack, world.ann, "/maintenance")).shown
    assert f"mail is late (investigating), also during {window['_id']}" in listed
    assert f"mail is late (investigating), also during {weekly}" in listed
    world.clock.forward(hours=1, minutes=1)
    await answer(world.slack, world.ann, "/maintenance", f"end {window['_id']}")
    await world.slack.shows("Incidents opened during it", f"mail is late (investigating), also during {weekly}")
