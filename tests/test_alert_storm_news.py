"""An incident opened from a storm's digest hears how its groups go on, in a few lines."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bot.domain import alert_storm
from bot.domain.alert import Group, Report
from bot.domain.alert_storm_news import EVERY, FLIPS, in_words, is_due
from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, notification, sends
from tests.asking import answer
from tests.world import World

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LAST = Report(1, NOW, 7, 1_000, 600)
# How many groups have a message each: ten in earnest (tests/test_alert.py), and two calls to Slack for each of them.
CALM = 3


def groups(*names: str) -> list[Group]:
    return [Group(name, name, (("alertname", name),), (), NOW, NOW) for name in names]


def test_a_report_says_in_a_few_words_what_has_changed() -> None:
    """How many are resolved, some of the rest by name, what fires again, what joined; and all, or all but a few."""
    some = groups(*"ABCDE")
    for last, counts, worst, back, text in (
        (LAST, (1_000, 360), some, (0, []),
         "640 of 1,000 groups are resolved, 360 still fire: A, B, C, D, E and 355 more."),
        (LAST, (1_000, 2), some[:2], (1, some[:1]),
         "998 of 1,000 groups are resolved, 2 still fire: A, B. Of these 1 fired again: A."),
        (LAST, (1_003, 0), [], (0, []), "all 1,003 groups are resolved. New since 12:00 UTC: 3."),
        (replace(LAST, firing=0), (1_000, 1), some[:1], (1, some[:1]),
         "1 of 1,000 groups fire, after all were resolved: A."),
        (None, (5, 0), [], (0, []), "all 5 groups are resolved."),
    ):  # fmt: skip
        assert in_words(last, counts, worst, back) == f"Alert storm: {text}"


def test_how_far_it_has_come_is_told_rarely_and_its_end_at_once() -> None:
    """Ten minutes, and a minute where it turns: alerts flap."""
    assert is_due(None, 5, NOW)
    for last, firing, after in ((LAST, 5, EVERY), (LAST, 0, FLIPS), (replace(LAST, firing=0), 5, FLIPS)):
        assert is_due(last, firing, NOW + after)
        assert not is_due(last, firing, NOW + after - timedelta(seconds=1))


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world whose bots take alerts."""
    monkeypatch.setattr(alert_storm, "CALM", CALM)
    async with World(slack, mongod.url(), SETTINGS) as ready:
        yield ready


def group(number: int, **when: str) -> dict[str, Any]:
    """A notification of one group of the storm."""
    one = alert(f"i{number}", service=f"s{number}", **when)
    return notification(one, key=f"{{}}:{number}", groupLabels={"alertname": f"A{number}"})


async def sent(world: World, *bodies: dict[str, Any]) -> None:
    """To each bot at once; all are taken, and the storm has heard of it."""
    each = (sends(world, body, bot=bot) for body in bodies for bot in range(len(world.bots)))
    assert {status for status, _ in await asyncio.gather(*each)} == {200}

    async def rests() -> bool:
        return not await world.documents("alerts", kind="group", untold={"$ne": []})

    await world.until(rests, "all to be told")


async def storm(world: World) -> tuple[Post, Post, str]:
    """A storm of groups 0 to 5 with an incident of Bob's: the digest, the incident's card, and its ID."""
    for number in range(CALM):
        assert (await sends(world, group(number)))[0] == 200
    await sent(world, *(group(number) for number in range(CALM, 6)))
    digest = await world.slack.shows("Alert storm: 6 groups", within=8.0)
    await world.bob.clicks("Open incident", digest)
    (incident,) = await world.stored("incidents", untold=[], card_ts={"$ne": None})
    card = await world.slack.shows(incident["_id"], "Opened by")
    await world.stored("alerts", kind="storm", incident_id=incident["_id"])
    world.clock.forward(seconds=2)  # the digest is edited no oftener
    await world.slack.until(lambda: incident["_id"] in digest.shown and digest.buttons == [], "the incident's ID")
    return digest, card, incident["_id"]


def said(world: World, card: Post) -> list[str]:
    """What the incident's thread says of the storm."""
    lines = (post.shown for post in world.slack.thread(card).replies)
    told = (line.removesuffix(" (its message)").partition(" ")[2] for line in lines)
    return [line for line in told if line.startswith("Alert storm: ")]


@pytest.mark.long
async def test_the_incident_of_a_storm_hears_how_its_groups_go_on(world: World) -> None:
    """A part resolved, all, and some again: once each, though two bots hear all of it twice; and in the timeline."""
    await world.starts()
    _, card, incident_id = await storm(world)
    await sent(world, group(3, ends="12:01:00"))
    world.clock.forward(minutes=10)
    await world.slack.shows("1 of 6 groups are resolved, 5 still fire", thread=card)
    await sent(world, *(group(number, ends="12:11:00") for number in range(6) if number != 3))
    world.clock.forward(minutes=1)
    await world.slack.shows("all 6 groups are resolved.", thread=card)
    await sent(world, group(5, starts="12:12:00"))
    world.clock.forward(minutes=1)
    await world.slack.shows("1 of 6 groups fire, after all were resolved: A5.", thread=card)
    entries = await world.stored("timeline", 3, incident_id=incident_id, kind="alert")
    await answer(world.slack, world.bob, "/incident", f"resolve {incident_id} restarted")
    await answer(world.slack, world.bob, "/incident", f"close {incident_id}")
    await sent(world, group(5, starts="12:12:00", ends="12:13:00"))
    world.clock.forward(minutes=20)
    behind = {"$expr": {"$ne": ["$report.version", "$version"]}}

    async def rests() -> bool:
        return not await world.documents("alerts", kind="storm", **behind)

    await world.until(rests, "the storm to rest")
    await world.slack.settled()
    texts = said(world, card)
    assert [text.split(",")[0] for text in texts] == [
        "Alert storm: 1 of 6 groups are resolved", "Alert storm: all 6 groups are resolved.",
        "Alert storm: 1 of 6 groups fire",
    ]  # fmt: skip
    assert [entry["text"] for entry in sorted(entries, key=lambda one: str(one["order"]))] == texts


@pytest.mark.long
async def test_what_a_bot_kept_for_an_incident_and_did_not_tell_is_told(world: World) -> None:
    """Killed between keeping a report and telling it: another tells it, in the same words."""
    digest, card, _ = await storm(world)
    (known,) = await world.documents("alerts", kind="storm")
    left = {**known["report"], "number": 1, "at": world.clock(), "text": "Alert storm: as it was left."}
    await world.changes("alerts", known["_id"], {"report": {**left, "is_told": False}})
    await world.slack.shows("Alert storm: as it was left.", thread=card)

    async def is_told() -> bool:
        return not await world.documents("alerts", **{"report.is_told": False})

    await world.until(is_told, "it to be told")
    assert "Alert storm: 6 groups" in digest.shown


@pytest.mark.long
async def test_what_fires_again_much_later_has_a_message_and_is_told_to_the_storm_s_incident(world: World) -> None:
    """More than an hour after its end the channel hears of it anew, and the open incident of the storm does too."""
    _, card, incident_id = await storm(world)
    await sent(world, *(group(number, ends="12:01:00") for number in range(6)))
    world.clock.forward(minutes=2)
    await world.slack.shows("all 6 groups are resolved.", thread=card)
    world.clock.forward(hours=2)
    await sent(world, group(4, starts="14:03:00"))
    post = await world.slack.shows("A4", "is firing", f"Incident {incident_id}")
    assert post.buttons == []
    await world.slack.shows("1 of 6 groups fire, after all were resolved: A4.", thread=card)
    await sent(world, group(4, starts="14:03:00", ends="14:05:00"))
    world.clock.forward(minutes=2)
    await world.slack.until(lambda: sum("all 6 groups" in line for line in said(world, card)) == 2, "the second end")


@pytest.mark.long
async def test_the_first_groups_of_a_storm_belong_to_it(world: World) -> None:
    """Each has a message of its own. It shows the storm's incident at once, as the digest does; both have the button
    back while that is over. Their ends count like the others'."""
    digest, card, incident_id = await storm(world)
    own = await world.slack.shows("A1", "is firing", f"Incident {incident_id}")
    assert own.buttons == []

    def both_show(buttons: list[str]) -> bool:
        return all(post.buttons == buttons and (incident_id in post.shown) is (buttons == []) for post in (digest, own))

    for words, buttons in (("resolve", ["Open incident"]), ("reopen", [])):
        await answer(world.slack, world.bob, "/incident", f"{words} {incident_id} because of {words}")
        world.clock.forward(seconds=2)
        await world.slack.until(partial(both_show, buttons), f"{buttons} after {words}")
    await sent(world, *(group(number, ends="12:01:00") for number in range(CALM)))
    world.clock.forward(seconds=2)  # the digest is edited no oftener
    await world.slack.until(lambda: "6 groups" in digest.shown and "3 still firing" in digest.shown, "the ends")
    world.clock.forward(minutes=10)
    await world.slack.shows("3 of 6 groups are resolved, 3 still fire", thread=card)
