"""Alerts from the webhook to the channel: one message a group, what is new in its thread, an incident, a storm."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.alerting import SETTINGS, TOKEN, alert, notification, of, sends, told
from tests.asking import answer, shared_world, strict
from tests.line import Line
from tests.measured import measured
from tests.world import MEASURED, MORTAL, World

SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for groups that end where they began: together they are fewer than make a storm."""
    async with shared_world(mongod, SETTINGS) as ready:
        yield ready


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world whose bot takes alerts."""
    async with World(slack, mongod.url(), SETTINGS) as ready:
        yield ready


async def settled(world: World) -> None:
    """Until every turn is told and every letter is out."""

    async def rests() -> bool:
        waiting = await world.documents("alerts", untold={"$nin": [[], None]})
        return not waiting and not await world.documents("outbox", unshown=True)

    await world.until(rests, "rest")
    await world.slack.settled()


def messages(world: World, name: str = "") -> list[Post]:
    """The messages of alerts in the channel, without broadcast replies."""
    posts = [post for post in world.slack.channel().by_bot if name in post.shown]
    return [post for post in posts if (post.metadata or {}).get("event_type") == "opsbot_alert"]


@SHARED
async def test_a_group_is_one_message_that_follows_it(shared: World) -> None:
    """Joined, partly resolved, resolved: one message edited in place, and a reply for each change; repeats are none."""
    slack, group = shared.slack, of("HighLatency")
    await told(shared, alert("a"), **group)
    post = await slack.shows("HighLatency service=checkout", "is firing (SEV2)", "instance=a: p99 on a")
    assert (post.metadata or {})["event_type"] == "opsbot_alert"
    await told(shared, alert("a"), **group)
    await told(shared, alert("a"), alert("b"), **group)
    await slack.until(lambda: "2 alerts" in post.shown, "two alerts")
    await slack.shows("Firing: instance=b: p99 on b", "2 still firing", thread=post)
    await told(shared, alert("a"), alert("b", ends="12:01:00"), **group)
    await slack.until(lambda: "partly resolved: 1 of 2 still fire" in post.shown, "partly resolved")
    await told(shared, alert("a"), **group)  # Alertmanager leaves out what it told as resolved
    await told(shared, alert("a", ends="12:02:00"), **group)
    await slack.until(lambda: "is resolved" in post.shown and not post.buttons, "resolved")
    await told(shared, alert("a", ends="12:02:00"), **group)
    await settled(shared)
    assert [reply.shown.split("\n")[-1] for reply in post.replies] == [
        "2 still firing.", "1 still firing.", "All is resolved.",
    ]  # fmt: skip
    assert messages(shared, "HighLatency") == [post]


async def test_what_fires_again_soon_keeps_its_message_and_later_gets_a_new_one(world: World) -> None:
    """Within an hour the channel hears of it below the old message; after that there is a new message."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency", "is firing")
    await told(world, alert("a", ends="12:01:00"))
    await world.slack.until(lambda: "is resolved" in post.shown, "resolved")
    world.clock.forward(minutes=20)
    await told(world, alert("a", starts="12:20:00"))
    await world.slack.until(lambda: "is firing" in post.shown, "firing again")
    again = await world.slack.shows("Firing again: instance=a")
    assert again.thread_ts == post.ts
    await told(world, alert("a", starts="12:20:00", ends="12:21:00"))
    await world.slack.until(lambda: "is resolved" in post.shown, "resolved")
    world.clock.forward(hours=2)
    await told(world, alert("a", starts="14:30:00"))
    await world.slack.until(lambda: len(messages(world)) == 2, "a second message")
    await settled(world)
    assert "is resolved" in post.shown


async def test_late_and_double_notifications_change_nothing(world: World) -> None:
    """Two Alertmanagers, two bots: an overtaken firing does not fire again; an old end does not resolve."""
    await world.starts()
    first = notification(alert("a"))
    await asyncio.gather(*(sends(world, first, bot=number % 2) for number in range(6)))
    post = await world.slack.shows("HighLatency")
    await told(world, alert("a", ends="12:01:00"))
    await world.slack.until(lambda: "is resolved" in post.shown, "resolved")
    await told(world, alert("a"))
    world.clock.forward(minutes=5)
    await told(world, alert("a", starts="12:04:00"))
    await told(world, alert("a", ends="12:01:00"))
    await settled(world)
    assert "is firing" in post.shown
    assert len(messages(world)) == 1
    assert len(post.replies) == 2


@SHARED
async def test_an_end_that_nobody_waits_for_is_not_told(shared: World) -> None:
    """A resolved alert that was never seen firing is kept, and shown to nobody."""
    await told(shared, alert("a", ends="12:01:00"), **of("Forgotten"))
    await shared.stored("alerts", key="Forgotten")
    await settled(shared)
    assert messages(shared, "Forgotten") == []


@SHARED
async def test_what_alertmanager_leaves_out_is_counted_until_it_tells_again(shared: World) -> None:
    """The message says what is not known, and that all is resolved once Alertmanager has told of all."""
    slack, group = shared.slack, of("Truncated")
    await told(shared, alert("a"), **group, truncatedAlerts=40)
    post = await slack.shows("Truncated", "1 alert and 40 that are not told apart")
    await told(shared, alert("a", ends="12:01:00"), **group, truncatedAlerts=3)
    await slack.until(lambda: "not known of 3 alerts" in post.shown, "the rest")
    await slack.shows("All that are told apart are resolved, but not known of 3 more.", thread=post)
    await told(shared, alert("z", ends="12:02:00"), **group)
    await slack.until(lambda: "service=checkout* is resolved\n" in post.shown, "the end of all")


@SHARED
async def test_labels_of_any_kind_are_kept_and_harm_nobody(shared: World) -> None:
    """`$` and `.` in names, mentions and links in values, times of the year 1."""
    odd = alert("<!channel> <@U0BOB> *x* <http://evil.example|ok>", **{"$where": "1", "a.b.c": "x", "": "empty"})
    odd["startsAt"] = "0001-01-01T00:00:00Z"
    await told(shared, odd, key="odd", groupLabels={"alertname": "<!here>", "$x.y": "&lt;"})
    post = await shared.slack.shows("<!here>", "$x.y=&lt;", "<!channel> <@U0BOB>")
    assert "evil.example|ok" in post.shown
    (kept,) = await shared.stored("alerts", key="odd")
    assert ["$x.y", "&lt;"] in kept["labels"]
    assert kept["members"][0]["starts_at"].year == 2026
    assert shared.slack.pages == []


@SHARED
async def test_a_clock_that_is_an_hour_off_does_not_hold_up_the_end(shared: World) -> None:
    """Monitoring lives in the future or in the past: what it tells as over is over, and fires again when it says so."""
    slack, ahead, behind = shared.slack, of("Ahead"), of("Behind")
    await told(shared, alert("a", starts="13:00:00"), **ahead)
    await told(shared, alert("b", starts="11:00:00"), **behind)
    posts = [await slack.shows(name, "is firing") for name in ("Ahead", "Behind")]
    await told(shared, alert("a", starts="13:00:00", ends="13:01:00"), **ahead)
    await told(shared, alert("b", starts="11:00:00", ends="11:01:00"), **behind)
    await slack.until(lambda: all("is resolved" in post.shown for post in posts), "both to be over")
    await told(shared, alert("b", starts="11:02:00"), **behind)
    await slack.until(lambda: "is firing" in posts[1].shown, "it to fire again")
    assert [messages(shared, name) for name in ("Ahead", "Behind")] == [[post] for post in posts]


@SHARED
async def test_grafana_s_variant_is_taken(shared: World) -> None:
    """Version 1, times with an offset, more fields."""
    grafana = {**alert("a"), "startsAt": "2026-11-25T14:00:00+02:00", "silenceURL": "x", "values": {"A": 1.5}}
    more = {"orgId": 1, "title": "[FIRING:1]", "state": "alerting", "message": "m"}
    await told(shared, grafana, **of("FromGrafana"), version="1", **more)
    await shared.slack.shows("FromGrafana", "is firing")
    (kept,) = await shared.stored("alerts", key="FromGrafana")
    assert kept["members"][0]["starts_at"].hour == 12


async def test_an_alert_becomes_an_incident_once(world: World) -> None:
    """Two people press at once: one incident, which quotes the alert first, and hears how it goes on."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency")
    assert post.buttons == ["Open incident"]
    both = (world.ann, world.bob)
    await asyncio.gather(*(who.clicks("Open incident", post) for who in both))
    (incident,) = await world.stored("incidents", untold=[])
    assert incident["title"] == "HighLatency service=checkout: p99 on a"
    assert incident["severity"] == "sev2"
    await world.slack.until(lambda: incident["_id"] in post.shown and post.buttons == [], "the incident's ID")
    await world.slack.until(
        lambda: [1 for who in both for p in who.ephemerals if "already" in p.shown or "just now" in p.shown],
        "the second to be told",
    )
    await told(world, alert("a"), alert("b"))
    await told(world, alert("a", ends="12:05:00"), alert("b", ends="12:05:00"))
    entries = await world.stored("timeline", 2, incident_id=incident["_id"], kind="alert")
    assert "firing: instance=b" in entries[0]["text"]
    assert "all is resolved" in entries[1]["text"]
    await settled(world)
    whole = sorted(await world.documents("timeline", incident_id=incident["_id"]), key=lambda one: one["order"])
    assert whole[0]["kind"] == "quoted"
    assert len(await world.documents("incidents")) == 1


async def test_what_a_bot_left_half_done_is_finished(world: World) -> None:
    """Killed between keeping and telling: another tells it. Killed after it noted that it would open an incident:
    another opens it, once."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency")
    await settled(world)
    (kept,) = await world.documents("alerts")
    turn = {"version": 2, "at": world.clock(), "fired": ["instance=z"], "again": [], "resolved": [], "firing": 1,
            "is_first": False, "is_back": False}  # fmt: skip
    asked = {"who": world.bob.id, "at": world.clock(), "title": "from an alert", "severity": "sev2"}
    await world.changes("alerts", kept["_id"], {"untold": [turn], "version": 2, "asked": asked})
    world.clock.forward(seconds=25)
    await world.slack.shows("Firing: instance=z", thread=post)
    (incident,) = await world.stored("incidents")
    assert (incident["title"], incident["opened_by"]) == ("from an alert", world.bob.id)
    await world.stored("alerts", incident_id=incident["_id"], asked=None)


async def test_a_storm_is_one_message(slack: Slack, mongod: Mongod) -> None:
    """Many groups in a moment: ten messages, and one digest with an incident of its own."""
    counting = World(slack, mongod.url(), SETTINGS)
    counting.tempo = MEASURED
    async with counting as world:
        bodies = [notification(alert(f"i{n}"), **of(f"A{n}")) for n in range(20)]
        assert {status for status, _ in await asyncio.gather(*(sends(world, body) for body in bodies))} == {200}
        digest = await world.slack.shows("Alert storm: 20 groups", within=8.0)
        assert digest.buttons == ["Open incident"]
        assert len(await world.documents("alerts", kind="group", digest="")) == 10
        listed = await answer(world.slack, world.bob, "/ops", "alerts")
        assert "20 groups of alerts fire" in listed.shown

        async def all_are_counted() -> bool:
            return await measured(world, "opsbot_alert_groups_firing", severity="sev2") == 20

        await world.until(all_are_counted, "the gauge")
        await world.bob.clicks("Open incident", digest)
        await world.stored("incidents", untold=[], title={"$regex": "^Alert storm: 20 groups"})


@pytest.mark.long
async def test_an_incident_s_card_goes_before_alerts(mongod: Mongod) -> None:
    """Slack takes one message a second: who opens an incident does not stand in line behind the alerts."""
    async with strict(strict_rate=True) as slack, World(slack, mongod.url(), SETTINGS, MORTAL) as world:
        for number in range(9):
            await told(world, alert("a"), **of(f"A{number}"))
        await world.ann.says("/incident", "open sev1 all is down")
        await slack.shows("SEV1", "all is down")
        assert len(messages(world)) < 9


# Bad input


@SHARED
async def test_nobody_is_let_in_without_the_token(shared: World) -> None:
    for token in ("", "wrong", TOKEN + "x"):
        status, words = await sends(shared, notification(alert("a"), **of("Stranger")), token)
        assert (status, "bearer token" in words) == (401, True)
    assert await shared.documents("alerts", key="Stranger") == []


@SHARED
async def test_what_is_wrong_is_refused_by_name(shared: World) -> None:
    """10 MB, wrong types, no JSON: 413 or 400 with the field, and nothing is kept."""
    assert (await sends(shared, b"x" * 10_000_000))[0] == 413
    for body, part in (
        (b"{", "Invalid JSON"),
        (b"[]", "the body"),
        (notification(), "alerts: "),
        (notification(alert("a"), version="3"), "version: "),
        (notification(alert("a"), groupKey=7), "groupKey: "),
        (notification({**alert("a"), "labels": {"a": 1}}), "alerts.0.labels.a: "),
        (notification({**alert("a"), "startsAt": "yesterday"}), "alerts.0.startsAt: "),
    ):
        status, words = await sends(shared, body)
        assert (status, part in words) == (400, True), words
    assert await shared.documents("alerts", key=notification()["groupKey"]) == []
    assert await measured(shared, "opsbot_alert_notifications_total", outcome="wrong") == 7


async def test_without_a_token_in_the_settings_the_way_is_closed(slack: Slack, mongod: Mongod) -> None:
    async with World(slack, mongod.url()) as world:
        status, words = await sends(world, notification(alert("a")))
        assert (status, "ALERT_WEBHOOK_TOKEN is not set" in words) == (404, True)


@pytest.mark.long
async def test_without_mongodb_it_is_to_be_sent_again(slack: Slack, line: Line) -> None:
    """503 while it cannot be kept; Alertmanager sends it again, and then it is shown."""
    async with World(slack, line.url(), SETTINGS) as world:
        line.cut()
        assert (await sends(world, notification(alert("a"))))[0] == 503
        line.mend()

        async def taken() -> bool:
            return (await sends(world, notification(alert("a"))))[0] == 200

        await world.until(taken, "MongoDB to be back")
        await slack.shows("HighLatency", within=8.0)
