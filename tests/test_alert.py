"""Alerts from the webhook to the channel: one message a group, what is new in its thread, an incident, a storm."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.alerting import SETTINGS, TOKEN, alert, notification, sends, told
from tests.asking import answer, strict
from tests.line import Line
from tests.measured import measured
from tests.world import MORTAL, World


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


def messages(world: World) -> list[Post]:
    """The messages of alerts in the channel, without broadcast replies."""
    kinds = ("opsbot_alert",)
    return [post for post in world.slack.channel().by_bot if (post.metadata or {}).get("event_type") in kinds]


async def test_a_group_is_one_message_that_follows_it(world: World) -> None:
    """Joined, partly resolved, resolved: one message edited in place, and a reply for each change; repeats are none."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency service=checkout", "is firing (SEV2)", "instance=a: p99 on a")
    assert post.metadata is not None
    assert post.metadata["event_type"] == "opsbot_alert"
    await told(world, alert("a"))
    await told(world, alert("a"), alert("b"))
    await world.slack.until(lambda: "2 alerts" in post.shown, "two alerts")
    await world.slack.shows("Firing: instance=b: p99 on b", "2 still firing", thread=post)
    await told(world, alert("a"), alert("b", ends="12:01:00"))
    await world.slack.until(lambda: "partly resolved: 1 of 2 still fire" in post.shown, "partly resolved")
    await told(world, alert("a"))  # Alertmanager leaves out what it told as resolved
    await told(world, alert("a", ends="12:02:00"))
    await world.slack.until(lambda: "is resolved" in post.shown and not post.buttons, "resolved")
    await told(world, alert("a", ends="12:02:00"))
    await settled(world)
    assert [reply.shown.split("\n")[-1] for reply in post.replies] == [
        "2 still firing.", "1 still firing.", "All is resolved.",
    ]  # fmt: skip
    assert len(messages(world)) == 1


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


async def test_an_end_that_nobody_waits_for_is_not_told(world: World) -> None:
    """A resolved alert that was never seen firing is kept, and shown to nobody."""
    await told(world, alert("a", ends="12:01:00"))
    await world.stored("alerts")
    await settled(world)
    assert messages(world) == []


async def test_what_alertmanager_leaves_out_is_counted_until_it_tells_again(world: World) -> None:
    """The message says what is not known, and that all is resolved once Alertmanager has told of all."""
    await told(world, alert("a"), truncatedAlerts=40)
    post = await world.slack.shows("HighLatency", "1 alert and 40 that are not told apart")
    await told(world, alert("a", ends="12:01:00"), truncatedAlerts=3)
    await world.slack.until(lambda: "not known of 3 alerts" in post.shown, "the rest")
    await world.slack.shows("All that are told apart are resolved, but not known of 3 more.", thread=post)
    await told(world, alert("z", ends="12:02:00"))
    await world.slack.until(lambda: "service=checkout* is resolved\n" in post.shown, "the end of all")


async def test_labels_of_any_kind_are_kept_and_harm_nobody(world: World) -> None:
    """`$` and `.` in names, mentions and links in values, times of the year 1."""
    odd = alert("<!channel> <@U0BOB> *x* <http://evil.example|ok>", **{"$where": "1", "a.b.c": "x", "": "empty"})
    odd["startsAt"] = "0001-01-01T00:00:00Z"
    await told(world, odd, groupLabels={"alertname": "<!here>", "$x.y": "&lt;"})
    post = await world.slack.shows("<!here>", "$x.y=&lt;", "<!channel> <@U0BOB>")
    assert "evil.example|ok" in post.shown
    (kept,) = await world.stored("alerts")
    assert ["$x.y", "&lt;"] in kept["labels"]
    assert kept["members"][0]["starts_at"].year == 2026
    assert world.slack.pages == []


async def test_a_clock_that_is_an_hour_off_does_not_hold_up_the_end(world: World) -> None:
    """Monitoring lives in the future or in the past: what it tells as over is over, and fires again when it says so."""
    await told(world, alert("a", starts="13:00:00"), key="ahead", groupLabels={"alertname": "Ahead"})
    await told(world, alert("b", starts="11:00:00"), key="behind", groupLabels={"alertname": "Behind"})
    posts = [await world.slack.shows(name, "is firing") for name in ("Ahead", "Behind")]
    await told(world, alert("a", starts="13:00:00", ends="13:01:00"), key="ahead", groupLabels={"alertname": "Ahead"})
    await told(world, alert("b", starts="11:00:00", ends="11:01:00"), key="behind", groupLabels={"alertname": "Behind"})
    await world.slack.until(lambda: all("is resolved" in post.shown for post in posts), "both to be over")
    await told(world, alert("b", starts="11:02:00"), key="behind", groupLabels={"alertname": "Behind"})
    await world.slack.until(lambda: "is firing" in posts[1].shown, "it to fire again")
    assert len(messages(world)) == 2


async def test_an_alert_becomes_an_incident_once(world: World) -> None:
    """Two people press at once: one incident, which quotes the alert first, and hears how it goes on."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency")
    assert post.buttons == ["Open incident"]
    await asyncio.gather(world.ann.clicks("Open incident", post), world.bob.clicks("Open incident", post))
    (incident,) = await world.stored("incidents", untold=[])
    assert incident["title"] == "HighLatency service=checkout: p99 on a"
    assert incident["severity"] == "sev2"
    await world.slack.until(lambda: incident["_id"] in post.shown and post.buttons == [], "the incident's ID")
    await world.slack.until(
        lambda: any(
            "already" in one.shown or "just now" in one.shown
            for who in (world.ann, world.bob)
            for one in who.ephemerals
        ),
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


async def test_an_incident_that_a_bot_left_half_opened_is_finished(world: World) -> None:
    """It noted that it would open one and died: another does, once."""
    await told(world, alert("a"))
    await world.slack.shows("HighLatency")
    await settled(world)
    (kept,) = await world.documents("alerts")
    asked = {"who": world.bob.id, "at": world.clock(), "title": "from an alert", "severity": "sev2"}
    await world.changes("alerts", kept["_id"], {"asked": asked})
    world.clock.forward(seconds=25)
    (incident,) = await world.stored("incidents")
    assert (incident["title"], incident["opened_by"]) == ("from an alert", world.bob.id)
    await world.stored("alerts", incident_id=incident["_id"], asked=None)


async def test_what_a_bot_kept_and_did_not_tell_is_told(world: World) -> None:
    """Killed between keeping and telling: another shows it."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency")
    await settled(world)
    (kept,) = await world.documents("alerts")
    turn = {"version": 2, "at": world.clock(), "fired": ["instance=z"], "again": [], "resolved": [], "firing": 1,
            "is_first": False, "is_back": False}  # fmt: skip
    await world.changes("alerts", kept["_id"], {"untold": [turn], "version": 2})
    world.clock.forward(seconds=20)
    await world.slack.shows("Firing: instance=z", thread=post)


async def test_a_storm_is_one_message(world: World) -> None:
    """Many groups in a moment: ten messages, and one digest with an incident of its own."""
    await world.measures()
    bodies = [
        notification(alert(f"i{n}", service=f"s{n}"), key=f"{{}}:{n}", groupLabels={"alertname": f"A{n}"})
        for n in range(60)
    ]
    assert {status for status, _ in await asyncio.gather(*(sends(world, body) for body in bodies))} == {200}
    digest = await world.slack.shows("Alert storm: 60 groups", within=8.0)
    assert digest.buttons == ["Open incident"]
    assert len(await world.documents("alerts", kind="group", digest="")) == 10
    listed = await answer(world.slack, world.bob, "/ops", "alerts")
    assert "60 groups of alerts fire" in listed.shown

    async def all_are_counted() -> bool:
        return await measured(world, "opsbot_alert_groups_firing", severity="sev2") == 60

    await world.until(all_are_counted, "the gauge")
    await world.bob.clicks("Open incident", digest)
    (incident,) = await world.stored("incidents", untold=[])
    assert incident["title"].startswith("Alert storm: 60 groups")


@pytest.mark.long
async def test_an_incident_s_card_goes_before_alerts(mongod: Mongod) -> None:
    """Slack takes one message a second: who opens an incident does not stand in line behind the alerts."""
    async with strict(strict_rate=True) as slack, World(slack, mongod.url(), SETTINGS, MORTAL) as world:
        for number in range(9):
            await told(world, alert("a"), key=f"{{}}:{number}", groupLabels={"alertname": f"A{number}"})
        await world.ann.says("/incident", "open sev1 all is down")
        await slack.shows("SEV1", "all is down")
        assert len(messages(world)) < 9


# Bad input


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x"])
async def test_nobody_is_let_in_without_the_token(world: World, token: str) -> None:
    status, words = await sends(world, notification(alert("a")), token)
    assert (status, "bearer token" in words) == (401, True)
    assert await world.documents("alerts") == []


async def test_what_is_wrong_is_refused_by_name(world: World) -> None:
    """10 MB, wrong types, no JSON: 413 or 400 with the field, and nothing is kept."""
    assert (await sends(world, b"x" * 10_000_000))[0] == 413
    for body, part in (
        (b"{", "Invalid JSON"),
        (b"[]", "the body"),
        (notification(), "alerts: "),
        (notification(alert("a"), version="3"), "version: "),
        (notification(alert("a"), groupKey=7), "groupKey: "),
        (notification({**alert("a"), "labels": {"a": 1}}), "alerts.0.labels.a: "),
        (notification({**alert("a"), "startsAt": "yesterday"}), "alerts.0.startsAt: "),
    ):
        status, words = await sends(world, body)
        assert (status, part in words) == (400, True), words
    assert await world.documents("alerts") == []
    assert await measured(world, "opsbot_alert_notifications_total", outcome="wrong") == 7


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


async def test_grafana_s_variant_is_taken(world: World) -> None:
    """Version 1, times with an offset, more fields."""
    grafana = {**alert("a"), "startsAt": "2026-11-25T14:00:00+02:00", "silenceURL": "x", "values": {"A": 1.5}}
    await told(world, grafana, version="1", orgId=1, title="[FIRING:1]", state="alerting", message="m")
    await world.slack.shows("HighLatency", "is firing")
    (kept,) = await world.stored("alerts")
    assert kept["members"][0]["starts_at"].hour == 12
