"""A window summed up: once, in its thread and the channel, with all that happened; as a file; for the program too."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention
from tests.exporting import files_in, text_of
from tests.planning import says, with_roles
from tests.world import World

WINDOW = "MW-20261128-0200"
FIRST_RUNG, START, END = "2026-11-27 02:00:01", "2026-11-28 02:00:01", "2026-11-28 06:00:01"


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A Friday before the first rung, with all services switched off."""
    async with friday(World(slack, mongod.url())) as ready:
        yield ready


@pytest.fixture
async def watched(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """The same with all services up."""
    async with friday(World(slack, mongod.url(), services.environment())) as ready:
        yield ready


def friday(world: World) -> World:
    """The world before the first rung."""
    world.clock.set("2026-11-27 01:00:00")
    return world


async def begun(world: World) -> Post:
    """Has the window begin, of which nothing was said before; its head."""
    world.clock.set(START)
    (window,) = await world.stored("windows", _id=WINDOW, head={"$ne": ""}, health_before={"$ne": None})
    await world.stored("checklists", _id=WINDOW, ts={"$ne": None})
    return next(post for post in world.slack.channel().everything if post.ts == window["head"])


async def summed_up(world: World) -> Post:
    """Waits for the summary."""
    (window,) = await world.stored("windows", _id=WINDOW, summary_ts={"$ne": None})
    return next(post for post in world.slack.channel().everything if post.ts == window["summary_ts"])


def summaries(world: World) -> list[Post]:
    """All messages that are the summary."""
    carried = [(post, (post.metadata or {}).get("event_payload", {})) for post in world.slack.channel().everything]
    return [post for post, payload in carried if payload.get("key") == f"{WINDOW}/summary"]


@pytest.mark.long
async def test_the_end_brings_the_summary_once(watched: World, services: Services) -> None:
    """Of two bots one posts it: times, ticks, deviations, lessons, incidents, health before and after, and what
    watching saw in between. Each incident is linked from the thread as soon as it is open, once, and listed.
    """
    await watched.starts()
    head = await begun(watched)
    await answer(watched.slack, watched.ann, "/checklist", "done 2,3,4,5,6")
    await answer(watched.slack, watched.ann, "/checklist", "note Loki restarted twice")
    await answer(watched.slack, watched.bob, "/checklist", "lesson snapshot <!channel> first")
    incident_id = await opened_during(watched, head)
    await loki_was_down(watched)
    await services.switch("grafana", "refuse")
    watched.clock.set("2026-11-28 05:00:00")
    await watched.stored("checklists", items={"$elemMatch": {"number": 8, "done_by": ""}})
    watched.clock.set(END)
    post = await summed_up(watched)
    assert post.thread_ts == head.ts
    assert post in watched.slack.channel().messages
    assert (
        post.text == f"Weekly maintenance ({WINDOW}) is over: 9 of 12 items done, 1 incident, not all services are up."
    )
    for words in (
        "Planned* 2026-11-28 02:00 UTC to 2026-11-28 06:00 UTC",
        "as planned",
        "*Scope* no work planned",
        "*Checklist* 9 of 12 done",
        "• 8. Check the Grafana SLOs",
        "• 11. Document the lessons learned",
        "@ann: Loki restarted twice",
        "@bob: snapshot <!channel> first",
        f"{incident_id} SEV2 checkout *is* down (investigating)",
        "grafana: up before, down",
        "(worse)",
        "loki: up before and after. In between (2026-11-28 03:11 to 03:12 UTC) it was not up in 2 of ",
        "• mongodb, prometheus, llm, alertmanager: up before and after.\n",
    ):
        assert words in post.shown, words
    assert "Post the summary" not in post.shown
    await watched.stored("checklists", items={"$elemMatch": {"number": 10, "done_by": "ops-bot"}})
    await watched.rests()
    assert summaries(watched) == [post]
    kept = await watched.document("windows", WINDOW)
    assert (kept["summary"]["ticks"]["done"], len(kept["health_before"]["readings"])) == (9, 6)
    assert [(dip["service"], dip["count"]) for dip in kept["summary"]["dips"]] == [("loki", 2)]
    assert [entry["subject"] for entry in await watched.documents("audit", act="summary")] == [WINDOW]
    linked = [one for one in watched.slack.thread(head).messages if "was opened during this window" in one.shown]
    assert len(linked) == 1


async def opened_during(world: World, head: Post) -> str:
    """Bob opens an incident: it is linked from the window's thread as soon as it is open, and listed. Its ID."""
    await answer(world.slack, world.bob, "/incident", "open sev2 checkout *is* down")
    (incident,) = await world.stored("incidents", card_ts={"$ne": None})
    incident_id = str(incident["_id"])
    await world.slack.shows(f"Incident {incident_id}", "was opened during this window", thread=head)
    listed = await answer(world.slack, world.ann, "/maintenance")
    assert f"Incidents opened during {WINDOW}:" in listed.shown
    assert f"• {incident_id} SEV2 checkout *is* down (investigating)" in listed.shown
    return incident_id


async def loki_was_down(world: World) -> None:
    """What watching kept of an hour in which Loki did not answer for two of its rounds."""
    at = datetime(2026, 11, 28, 3, 10, tzinfo=UTC)
    for state in ("up", "down", "degraded", "up"):
        readings = [{"s": "loki", "state": state, "ms": 3.0}, {"s": "llm", "state": "up", "ms": 3.0}]
        await world.puts("health", {"_id": at, "at": at, "readings": readings})
        at += timedelta(minutes=1)


@pytest.mark.long
async def test_rejections_and_more_time_stay_with_their_window(world: World) -> None:
    """A no to a scope is in the summary, with who and why, also when another scope was approved; so is what was planned
    before it was extended, in the file too.
    """
    await with_roles(world)
    await says(world, f"scope {WINDOW} Upgrade Loki to 3.2")
    assert "You rejected" in await says(world, f"reject {WINDOW} no rollback plan", world.bob)
    await says(world, f"scope {WINDOW} Upgrade Loki to 3.2, back by snapshot")
    await says(world, f"approve {WINDOW}", world.bob)
    head = await begun(world)
    await says(world, f"extend 30m {WINDOW}")
    world.clock.forward(seconds=10)
    await says(world, f"extend 30m {WINDOW}")
    world.clock.set("2026-11-28 07:00:01")
    await world.slack.shows("was planned to end now (2026-11-28 07:00 UTC). Has it ended?", thread=head)
    await says(world, f"end {WINDOW}")
    post = await summed_up(world)
    told = [one.shown for one in world.slack.thread(head).messages]
    assert next(n for n, one in enumerate(told) if "as said by" in one) < told.index(post.shown)
    assert "*Planned* 2026-11-28 02:00 UTC to 2026-11-28 06:00 UTC, extended to 2026-11-28 07:00 UTC" in post.shown
    assert "*Scope* Upgrade Loki to 3.2, back by snapshot (approved by tech-lead @bob)" in post.shown
    assert "by @bob: no rollback plan (the scope was: Upgrade Loki to 3.2)" in post.shown
    await answer(world.slack, world.ann, "/maintenance", "summary")
    text = text_of(files_in(world, head), ".md")
    assert "2026-11-28 06:00 UTC, extended to 2026-11-28 07:00 UTC\n" in text
    assert "by bob:** no rollback plan\n- **The scope that was rejected:** Upgrade Loki to 3.2\n" in text
    assert {"rejections", "planned_end"}.isdisjoint((await world.document("windows", WINDOW))["summary"]["held"])


@pytest.mark.long
async def test_a_quiet_window_is_summed_up_in_few_words_and_all_of_it_is_in_a_file(watched: World) -> None:
    """Nothing happened, all is up: that is what it says, and the coordination thread in a word, once, with a link.

    `/maintenance summary` puts Markdown into the thread, also later, with what was added since; twice is once.
    """
    coordination = await coordinated(watched, "#random")
    head = await begun(watched)
    watched.clock.set(END)
    post = await summed_up(watched)
    assert "no incident, all services up." in post.text
    assert "All 6 services were up before and after." in post.shown
    assert "No deviations, lessons, incidents or alerts still firing." in post.shown
    link = await watched.slack.shows(f"({WINDOW}) is over", "The whole summary", channel="#random", thread=coordination)
    assert link.thread_ts == coordination.ts
    await watched.stored("windows", coordination="told")
    await watched.rests()
    assert len(watched.slack.thread(coordination).messages) == 2
    await answer(watched.slack, watched.ann, "/checklist", "lesson # not a heading")
    told = await answer_to_mention(watched.slack, watched.ann, "summary", thread=head)
    assert f"The summary of {WINDOW} is in its thread." in told.shown
    again = await answer(watched.slack, watched.ann, "/maintenance", "summary 2026-11-28")
    assert "was put a moment ago in its thread" in again.shown
    text = text_of(files_in(watched, head), ".md")
    assert text.startswith(f"# {WINDOW}: Weekly maintenance\n")
    assert "- **Held:** 2026-11-28 02:00 UTC to 2026-11-28 06:00 UTC (as planned)" in text
    assert "ann: \\# not a heading" in text
    assert "## Health" in text


@pytest.mark.long
async def test_whatever_is_lost_on_the_way_it_is_posted_once(world: World) -> None:
    """Slack's answer is lost, or the bot is killed after the post, or after the record: the next ones look for it and
    find it, or post the kept words; never twice.
    """
    await begun(world)
    world.clock.set("2026-11-28 05:59:00")
    await world.stored("announcements", rung="ending")
    world.clock.set("2026-11-28 06:00:01")
    await world.stored("announcements", rung="end", state="announced")
    world.slack.faults.add("reset_after", "chat.postMessage", count=2)
    post = await summed_up(world)
    world.slack.faults.clear()
    await world.stops()
    await world.changes("windows", WINDOW, {"summary_ts": None})
    await asyncio.gather(world.starts(), world.starts())
    assert (await summed_up(world)).ts == post.ts
    await world.rests()
    assert summaries(world) == [post]
    for bot in list(world.bots):
        await world.stops(bot)
    await world.changes("windows", WINDOW, {"summary_ts": None, "summary.ticks.done": 7})
    await world.removes("outbox", f"opsbot_summary:{WINDOW}/summary")
    await world.slack.person("ann").writes("hello")
    await world.starts()
    again = await summed_up(world)
    assert "7 of 12 items done" in again.text


@pytest.mark.long
async def test_a_window_that_began_while_the_bot_was_away_says_so(watched: World) -> None:
    """Health at the start was not taken then; the summary is there all the same.

    Before, there was nothing to sum up. A bot that comes back days later leaves it to whoever asks for the file.
    """
    watched.clock.set(FIRST_RUNG)
    await watched.stored("checklists", _id=WINDOW, ts={"$ne": None})
    await what_cannot_be_summed_up_is_told(watched)
    await watched.stops()
    watched.clock.set(END)
    await watched.starts()
    post = await summed_up(watched)
    assert "Not checked at the start." in post.shown
    assert "prometheus: up at the end." in post.shown
    watched.clock.set("2026-11-30 12:00:00")
    await watched.changes("windows", WINDOW, {"summary": None, "summary_ts": None})
    await watched.rests()
    assert (await watched.document("windows", WINDOW))["summary"] is None


async def what_cannot_be_summed_up_is_told(world: World) -> None:
    """No window of that name, one that has not begun, none at all; elsewhere it is refused."""
    for words, told in (
        ("summary", "No window has begun lately."),
        (f"summary {WINDOW}", "has not begun"),
        ("summary 2026-12-24", "I know no window MW-20261224."),
        ("summary tomorrow", "“tomorrow” is neither a window's ID nor a date."),
    ):
        assert told in (await answer(world.slack, world.ann, "/maintenance", words)).shown
    elsewhere = await answer(world.slack, world.ann, "/maintenance", "summary", channel="#random")
    assert elsewhere.shown.startswith("Nothing was changed")


# The coordination thread


async def coordinated(world: World, channel: str) -> Post:
    """A bot with the thread below a message of Dee's in that channel as the coordination thread."""
    root = await world.slack.person("dee").writes("Program coordination, week 48", channel=channel)
    await world.stops()
    await world.starts(
        COORDINATION_THREAD=f"https://sandbox.slack.com/archives/{root.channel}/p{root.ts.replace('.', '')}"
    )
    return root


@pytest.mark.long
async def test_a_coordination_thread_that_does_not_take_it_is_told_and_audited(world: World) -> None:
    """The bot is not in that channel: the window's thread says so once, and what to do."""
    await coordinated(world, "#general")
    await world.starts(COORDINATION_THREAD="https://sandbox.slack.com/archives/C0GENERAL/p1795530834497105")
    head = await begun(world)
    with world.slack.expects("not_in_channel"):
        world.clock.set(END)
        await summed_up(world)
        await world.slack.shows("Slack answers not_in_channel. Invite the bot to that channel", thread=head)
        await world.stored("windows", coordination="not_in_channel")
        for bot in list(world.bots):
            await world.stops(bot)
    told = [post for post in world.slack.thread(head).messages if "did not get this summary" in post.shown]
    assert len(told) == 1
    (entry,) = await world.documents("audit", act="coordination thread")
    assert (entry["subject"], entry["outcome"]) == (WINDOW, "refused")
