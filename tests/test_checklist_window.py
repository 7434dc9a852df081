"""A window's checklist from its first announcement on: posted by itself, proven by itself, reminded of afterwards."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention
from tests.world import World

WINDOW = "MW-20261128-0200"
FIRST_RUNG, START = "2026-11-27 02:00:01", "2026-11-28 02:00:01"


@asynccontextmanager
async def on_friday(slack: Slack, mongod: Mongod, settings: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    """A Friday before the first rung."""
    quiet = World(slack, mongod.url(), settings)
    quiet.clock.set("2026-11-27 01:00:00")
    async with quiet as ready:
        yield ready


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """Such a Friday without services to ask."""
    async with on_friday(slack, mongod) as ready:
        yield ready


@pytest.fixture
async def sound(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """Such a Friday with all services up."""
    services.grafana.password = "grafana-of-the-test"
    environment = services.environment() | {"GRAFANA_PASSWORD": services.grafana.password}
    async with on_friday(slack, mongod, environment) as ready:
        yield ready


async def posted(world: World) -> tuple[Post, Post]:
    """Waits for the checklist in the window's thread: the head, and the checklist."""
    (stored,) = await world.stored("checklists", _id=WINDOW, ts={"$ne": None}, is_told=True)
    head = await world.document("windows", WINDOW)
    everything = {post.ts: post for post in world.slack.channel().everything}
    return everything[head["head"]], everything[stored["ts"]]


def checklists(world: World) -> list[Post]:
    return [post for post in world.slack.channel().everything if post.shown.startswith("Checklist of")]


async def item(world: World, number: int, **query: object) -> dict[str, object]:
    """Waits until an item of the window's checklist is so."""
    wanted = {"number": number, **query}
    (stored,) = await world.stored("checklists", _id=WINDOW, items={"$elemMatch": wanted})
    found: dict[str, object] = stored["items"][number - 1]
    return found


# Posted by itself


@pytest.mark.long
async def test_the_first_rung_brings_the_checklist_into_the_thread_once(world: World) -> None:
    """Of two bots one posts it; the item that the announcement proves is ticked with the evidence.

    Had they been killed between the record and the message, the next bots would post it, once.
    """
    await world.starts()
    world.clock.set(FIRST_RUNG)
    head, card = await posted(world)
    assert card.thread_ts == head.ts
    await item(world, 1, done_by="ops-bot", evidence="the window is announced")
    await world.slack.until(lambda: "1. ticked by the bot: the window is announced" in card.shown, "the evidence")
    await world.round()
    assert checklists(world) == [card]
    started = await world.documents("audit", act="start checklist")
    assert [entry["who"] for entry in started] == ["ops-bot"]
    await world.stops()
    await world.stops()
    await world.changes("checklists", WINDOW, {"ts": None, "is_told": False})
    await world.removes("outbox", f"opsbot_checklist:{WINDOW}")
    await asyncio.gather(world.starts(), world.starts())
    await world.stored("checklists", _id=WINDOW, ts={"$ne": None})
    await world.rests()
    assert len([one for one in checklists(world) if one.ts != card.ts]) == 1
    assert len(await world.documents("checklists")) == 1
    assert len([one for one in await world.documents("outbox") if one["event_type"] == "opsbot_checklist"]) == 1


@pytest.mark.long
async def test_whoever_starts_it_after_the_announcement_is_led_to_the_thread(world: World) -> None:
    """Also in the very moment in which the bots post it: there is one."""
    world.clock.set(FIRST_RUNG)
    await world.stored("windows", _id=WINDOW, head={"$ne": None})
    told = await answer(world.slack, world.ann, "/checklist", "start")
    assert "is in the window's thread" in told.shown or "was posted before" in told.shown
    head, card = await posted(world)
    await world.round()
    assert (checklists(world), card.thread_ts) == ([card], head.ts)


@pytest.mark.long
async def test_a_checklist_that_somebody_started_before_stays_the_only_one(world: World) -> None:
    """`/checklist start` ahead of the first rung posts it in the channel; the first rung adds no second one."""
    await answer(world.slack, world.ann, "/checklist", "start")
    world.clock.set(FIRST_RUNG)
    await item(world, 1, done_by="ops-bot")
    await world.stored("announcements", rung="24h", state="announced")
    await world.round()
    (card,) = checklists(world)
    assert card.thread_ts is None


async def test_words_in_the_window_s_thread_are_about_its_checklist_or_name_an_incident(world: World) -> None:
    """`note …` there is no incident's; `close 7KQ4` is the incident's, `close` alone the checklist's.

    After the end `done 12` works there too, and in the channel until the next checklist is there.
    """
    world.clock.set(FIRST_RUNG)
    head, card = await posted(world)
    await answer_to_mention(world.slack, world.bob, "note Loki was slow", thread=head)
    await world.slack.until(lambda: "Loki was slow" in card.shown, "the note")
    await answer(world.slack, world.ann, "/incident", "open sev3 Loki lost its index")
    (incident,) = await world.stored("incidents", card_ts={"$ne": None})
    told = await answer_to_mention(world.slack, world.ann, "resolve a restart", thread=head)
    assert "mention me with `incident resolve a restart`" in told.shown
    assert (await world.document("incidents", incident["_id"]))["status"] == "investigating"
    ending = incident["_id"][-4:]
    for words, status in ((f"resolve {incident['_id']} a restart", "resolved"), (f"close {ending}", "closed")):
        await answer_to_mention(world.slack, world.ann, words, thread=head)
        await world.stored("incidents", status=status)
    told = await answer_to_mention(world.slack, world.ann, "close", thread=head)
    assert "the checklist was not closed" in told.shown
    world.clock.set("2026-11-29 12:00:00")
    await answer_to_mention(world.slack, world.bob, "done 12", thread=head)
    await item(world, 12, done_by=world.bob.id)
    await answer(world.slack, world.bob, "/checklist", "done 11")
    await item(world, 11, done_by=world.bob.id)
    await answer(world.slack, world.bob, "/checklist", "start")
    assert "MW-20261205-0200" in (await answer(world.slack, world.bob, "/checklist")).shown


@pytest.mark.long
async def test_what_is_due_follows_a_window_that_changes_and_ends_with_one_that_is_called_off(world: World) -> None:
    """An extended or moved window takes its due times and its end along.

    Nobody is reminded of items of a window that was not held; of two bots one closes its checklist.
    """
    world.clock.set(FIRST_RUNG)
    head, card = await posted(world)
    await answer(world.slack, world.ann, "/checklist", "assign 7 @bob by end-30m")
    end = (await world.document("windows", WINDOW))["end"]
    await world.changes("windows", WINDOW, {"end": end + timedelta(hours=1)})
    await world.slack.until(lambda: "7. for @bob, due 2026-11-28 06:30 UTC" in card.shown, "the new time")
    assert (await world.document("checklists", WINDOW))["window_end"] == end + timedelta(hours=1)
    await world.starts()
    await world.changes("windows", WINDOW, {"state": "cancelled"})
    await world.slack.until(lambda: "Closed by the bot: the window was cancelled" in card.shown, "that it is closed")
    world.clock.set("2026-11-28 09:00:00")
    await world.round()
    assert [post for post in world.slack.thread(head).messages if "still open" in post.shown] == []
    assert len(await world.documents("audit", act="close checklist")) == 1


# Proven by itself


@pytest.mark.long
async def test_health_after_the_work_is_ticked_with_the_evidence(sound: World, services: Services) -> None:
    """Not before the work is done; then each service that is up, and tells what the item is about, ticks it.

    A tick of a person's stays whatever the bot finds, and what they unticked it does not tick again.
    """
    await services.switch("loki", "refuse")
    sound.clock.set(FIRST_RUNG)
    _, card = await posted(sound)
    sound.clock.set(START)
    await answer(sound.slack, sound.ann, "/checklist", "done 4,5")
    await sound.round()
    assert [(await sound.document("checklists", WINDOW))["items"][n - 1]["done_by"] for n in (7, 8, 9)] == ["", "", ""]
    await answer(sound.slack, sound.ann, "/checklist", "waive 6 no dashboards tonight")
    for number, evidence in (
        (7, "prometheus is up, targets: 3 of 3 targets up, 2026-11-28 02:00 UTC"),
        (8, "grafana is up, SLO dashboards: 3 dashboards, signed in as admin, 2026-11-28 02:00 UTC"),
    ):
        found = await item(sound, number, done_by="ops-bot")
        assert str(found["evidence"]).startswith(evidence)
    await sound.slack.until(lambda: "8. ticked by the bot: grafana is up" in card.shown, "the evidence")
    assert "6. waived by @ann: no dashboards tonight" in card.shown
    await answer(sound.slack, sound.bob, "/checklist", "done 9")
    told = await answer(sound.slack, sound.bob, "/checklist", "done 8")
    assert "8. “Check the Grafana SLOs” is ticked already, by the bot." in told.shown
    await answer(sound.slack, sound.bob, "/checklist", "undo 8")
    sound.clock.forward(minutes=2)
    await sound.round()
    stored = (await sound.document("checklists", WINDOW))["items"]
    assert (stored[7]["done_by"], stored[8]["done_by"]) == ("", sound.bob.id)


@pytest.mark.long
async def test_what_is_not_true_any_more_is_unticked_with_one_warning(sound: World, services: Services) -> None:
    """Of two bots that find Loki down one warns in the thread.

    A target that is down counts as well: that Prometheus itself is up does not tick its targets.
    """
    services.prometheus.down.add("mcp")
    sound.clock.set(FIRST_RUNG)
    head, card = await posted(sound)
    sound.clock.set(START)
    await answer(sound.slack, sound.ann, "/checklist", "done 4,5,6")
    found = await item(sound, 9, done_by="ops-bot")
    assert str(found["evidence"]).startswith("loki is up, newest line: ")
    await sound.slack.until(lambda: "9. ticked by the bot: loki is up" in card.shown, "the evidence")
    assert (await item(sound, 7))["done_by"] == ""
    services.prometheus.down.clear()
    sound.clock.forward(minutes=2)
    await item(sound, 7, done_by="ops-bot")
    services.prometheus.down.add("butler")
    sound.clock.forward(minutes=2)
    why = "prometheus's targets: 2 of 3 targets up; down: butler at butler:9090"
    await sound.slack.shows(f"7. “Check the Prometheus targets” is not ticked any more: {why}", thread=head)
    await sound.starts()
    await services.switch("loki", "refuse")
    sound.clock.forward(minutes=2)
    await item(sound, 9, done_by="")
    await sound.slack.shows("9. “Check the Loki logs” is not ticked any more: loki is down", thread=head)
    await sound.rests()
    warnings = [post for post in sound.slack.thread(head).messages if "not ticked any more: loki" in post.shown]
    assert len(warnings) == 1


# Reminded of afterwards


@pytest.mark.long
async def test_what_is_open_after_the_window_is_reminded_of_until_it_is_done_or_waived(world: World) -> None:
    """An hour after the end, then daily, once among two bots, in the thread, to whoever is on call."""
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    world.clock.set(FIRST_RUNG)
    head, _ = await posted(world)
    world.clock.set(START)
    await answer(world.slack, world.ann, "/checklist", "done 2,3,4,5,6,7,8,9")
    await world.stored("announcements", rung="start", state="announced")
    world.clock.set("2026-11-28 06:00:01")
    await item(world, 10, done_by="ops-bot")  # the summary is posted
    await world.starts()
    world.clock.set("2026-11-28 07:00:01")
    first = await world.slack.shows("is over, and 2 items of its checklist are still open", thread=head)
    assert "@bob, please see to it." in first.shown
    assert "☐ 11. Document the lessons learned" in first.shown
    await answer(world.slack, world.ann, "/checklist", "done 11")
    world.clock.set("2026-11-29 07:00:01")
    await world.slack.shows("1 item of its checklist is still open", "12. Update the incident tracker", thread=head)
    await answer(world.slack, world.ann, "/checklist", "waive 12 there was no incident")
    world.clock.set("2026-11-30 07:00:01")
    await world.rests()
    reminders = [post for post in world.slack.thread(head).messages if "still open" in post.shown]
    assert len(reminders) == 2
