"""Alerts that are over although nobody told so: what Alertmanager does not have any more."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.domain.alert import Alert, Group, Notice
from bot.domain.alert_look import APART, ended, noted
from bot.domain.alert_ports import MonitoringAwayError, Present
from bot.domain.alert_steps import heard
from bot.services.alert import Monitoring
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, told
from tests.asking import answer
from tests.peers import fixed, quick_http, running, serving
from tests.world import World

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
LATER = NOW + APART


def group(*names: str) -> Group:
    """A group of alerts that fire since an hour."""
    alerts = tuple(
        Alert(name, (("alertname", "X"), ("instance", name)), (), True, NOW - timedelta(hours=1)) for name in names
    )
    made = heard(None, Notice("{}:{}", (("alertname", "X"),), alerts), NOW - timedelta(hours=1))
    assert made is not None
    return made


def over(known: Group, present: set[str], at: datetime) -> Group | None:
    """The group after a look that may end what it misses."""
    notice = ended(known, frozenset(present), at)
    return heard(known, notice, at) if notice else None


def test_what_is_missed_twice_long_apart_is_over() -> None:
    """One look says nothing; the second one says so of the same member alone, and that nobody told it."""
    missed = noted(group("a", "b"), frozenset({"b"}), NOW)
    assert missed is not None
    assert over(missed, {"b"}, LATER - timedelta(seconds=1)) is None
    done = over(missed, {"b"}, LATER)
    assert done is not None
    assert {one.fingerprint for one in done.firing} == {"b"}
    assert (done.untold[-1].gone, done.untold[-1].resolved, done.untold[-1].firing) == (("instance=a",), (), 1)
    gone = next(one for one in done.members if one.fingerprint == "a")
    assert gone.ends_at == NOW


def test_what_is_there_again_in_between_is_missed_anew() -> None:
    """Found by a look or told again: the time begins anew."""
    missed = noted(group("a"), frozenset(), NOW)
    assert missed is not None
    assert noted(missed, frozenset(), NOW + timedelta(minutes=2)) is None
    found = noted(missed, frozenset({"a"}), NOW + timedelta(minutes=5))
    assert found is not None
    assert over(found, set(), LATER) is None
    again = heard(missed, Notice(missed.key, missed.labels, group("a").members), NOW + timedelta(minutes=5))
    assert again is not None
    assert again.untold == missed.untold
    assert over(again, set(), LATER) is None


def test_what_fires_right_after_it_was_taken_as_over_fires_again() -> None:
    """Under the same start, and at once: no word of it was overtaken, since Alertmanager had not had it for long."""
    missed = noted(group("a"), frozenset(), NOW)
    assert missed is not None
    done = over(missed, set(), LATER)
    assert done is not None
    again = heard(done, Notice(done.key, done.labels, group("a").members), LATER + timedelta(seconds=5))
    assert again is not None
    assert [one.missed_at for one in again.firing] == [None]
    assert again.untold[-1].again == ("instance=a",)


def test_an_end_that_is_told_after_all_changes_nothing() -> None:
    """Its group_interval is longer than the wait: the word comes when it is over already."""
    missed = noted(group("a"), frozenset(), NOW)
    assert missed is not None
    done = over(missed, set(), LATER)
    assert done is not None
    late = replace(group("a").members[0], is_firing=False, ends_at=NOW)
    assert heard(done, Notice(done.key, done.labels, (late,)), LATER + timedelta(minutes=1)) is None


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """Two bots with an Alertmanager to ask, which has one alert of another group."""
    services.alertmanager.alerts = [{"fingerprint": "fp-other"}]
    settings = {**SETTINGS, "ALERTMANAGER_URL": services.url("alertmanager")}
    async with World(slack, mongod.url(), settings) as ready:
        await ready.starts()
        await told(ready, alert("other"), key="other", groupLabels={"alertname": "Other"})
        await slack.shows("Other", "is firing")
        await ready.stored("alerts", kind="source")
        yield ready


async def missed(world: World, count: int) -> None:
    """Until so many groups have a member that was missed."""
    await world.stored("alerts", count, members={"$elemMatch": {"missed_at": {"$ne": None}}})


async def test_an_alert_that_alertmanager_forgot_is_over(world: World, services: Services) -> None:
    """Its message says so, once though there are two bots; one of another Alertmanager, and Grafana's, go on firing."""
    await told(world, alert("a"), alert("b"))
    await told(world, alert("g"), key="g", groupLabels={"alertname": "Grafanas"}, version="1")
    await told(world, alert("x"), key="x", groupLabels={"alertname": "Elsewhere"}, externalURL="http://am2.example")
    post = await world.slack.shows("HighLatency", "2 alerts")
    services.alertmanager.alerts.append({"fingerprint": "fp-b"})
    world.clock.forward(minutes=3)
    await missed(world, 1)
    world.clock.forward(minutes=11)
    reply = await world.slack.shows("No longer in Alertmanager, so taken as resolved: instance=a", thread=post)
    assert "1 still firing" in reply.shown
    await world.slack.until(lambda: "partly resolved: 1 of 2" in post.shown, "partly resolved")
    assert "no longer in Alertmanager: instance=a" in post.shown
    listed = await answer(world.slack, world.ann, "/ops", "alerts")
    assert all(name in listed.shown for name in ("Other", "Grafanas", "Elsewhere", "HighLatency"))
    assert len(post.replies) == 1


async def test_nothing_is_concluded_from_an_alertmanager_that_has_just_started(
    world: World, services: Services
) -> None:
    """It has not been told yet of all that fires: ten minutes of its own have to pass."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency", "is firing")
    world.clock.forward(minutes=3)
    await missed(world, 1)
    services.alertmanager.started += timedelta(hours=1)  # it starts, and its alerts are not there yet
    services.alertmanager.alerts.clear()
    world.clock.forward(minutes=11)
    await missed(world, 2)
    assert "is firing" in post.shown
    services.alertmanager.alerts = [{"fingerprint": "fp-a"}, {"fingerprint": "fp-other"}]
    world.clock.forward(minutes=11)
    await world.stored("alerts", 2, kind="group", is_firing=True, members={"$elemMatch": {"missed_at": None}})
    assert post.replies == []


async def until_there(monitoring: Monitoring) -> Present:
    """What Alertmanager has, as soon as it answers."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await monitoring.look()
            except MonitoringAwayError:
                await asyncio.sleep(0.02)


async def test_what_is_no_whole_answer_of_alertmanager_s_says_nothing(services: Services) -> None:
    """Away, a page, an answer without end, another one's JSON: none of it is an empty list."""
    http = quick_http()
    monitoring = Monitoring(services.url("alertmanager"), http)
    for state in ("refuse", "drop", "error", "html", "junk", "redirect", "failing", "starting"):
        await services.switch("alertmanager", state)
        with pytest.raises(MonitoringAwayError):
            await monitoring.look()
    await services.switch("alertmanager", "up")
    for text in ("{}", '{"a": 1}', "[7]", '[{"labels": {}}]', "null", '"text"', "[]"):
        async with serving(fixed(200, text, "application/json")) as url:
            with pytest.raises(MonitoringAwayError):
                await Monitoring(url, http).look()
    assert (await monitoring.look()).fingerprints == frozenset()
    await http.close()


async def test_the_real_alertmanager_has_what_is_silenced_and_not_what_is_over(tmp_path: Path) -> None:
    """By the same fingerprints that its notifications have; its run has a name that stays."""
    async with running("prometheus-alertmanager", tmp_path) as url, aiohttp.ClientSession(url) as client:
        http = quick_http()
        monitoring = Monitoring(url, http)
        first = await until_there(monitoring)
        now = datetime.now(UTC)
        silence = {
            "matchers": [{"name": "alertname", "value": "X", "isRegex": False}],
            "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "a test", "comment": "a test",
        }  # fmt: skip
        begun = {"labels": {"alertname": "X"}, "startsAt": (now - timedelta(minutes=5)).isoformat()}
        finished = {"labels": {"alertname": "Y"}, "startsAt": begun["startsAt"], "endsAt": now.isoformat()}
        assert (await client.post("/api/v2/silences", json=silence)).status == 200
        assert (await client.post("/api/v2/alerts", json=[begun, finished])).status == 200
        found = await monitoring.look()
        # The hash (FNV-1a) of the label's name and value, each followed by a byte 255, as in its notifications.
        assert (found.fingerprints, found.run) == (frozenset({"d2aeefc389ca7746"}), first.run)
        await http.close()
