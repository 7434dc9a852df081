"""Alerts that are over although nobody told so: what Alertmanager does not have any more."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.domain.alert import Alert, Group, Notice
from bot.domain.alert_look import APART, ended, noted
from bot.domain.alert_ports import MonitoringAwayError, Present
from bot.domain.alert_steps import heard
from bot.services.alert import Monitoring
from bot.services.alertmanager import AlertmanagerProbe
from bot.services.http import Limits
from bot.services.listed import Listed
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, told
from tests.asking import answer
from tests.measured import measured
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
    """A bot with an Alertmanager to ask, which has one alert of another group."""
    services.alertmanager.alerts = [{"fingerprint": "fp-other"}]
    settings = {**SETTINGS, "ALERTMANAGER_URL": services.url("alertmanager")}
    async with World(slack, mongod.url(), settings) as ready:
        await told(ready, alert("other"), key="other", groupLabels={"alertname": "Other"})
        await slack.shows("Other", "is firing")
        await ready.stored("alerts", kind="source")
        yield ready


async def missed(world: World, count: int) -> None:
    """Until so many groups have a member that was missed."""
    await world.stored("alerts", count, members={"$elemMatch": {"missed_at": {"$ne": None}}})


async def test_an_alert_that_alertmanager_forgot_is_over(world: World, services: Services) -> None:
    """Its message says so, once though there are two bots; one of another Alertmanager, and Grafana's, go on firing."""
    await world.starts()
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
    await world.round()  # also the job that tells what another bot left untold
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

    async def seen_again() -> bool:
        world.clock.forward(minutes=1)  # a look that was under way puts the next one off
        there = {"kind": "group", "is_firing": True, "members": {"$elemMatch": {"missed_at": None}}}
        return len(await world.documents("alerts", **there)) == 2

    await world.until(seen_again, "both to be seen again")
    await world.round()
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


async def a_long_list(request: web.Request) -> web.StreamResponse:
    """An Alertmanager with 6 MB of alerts, whose list ends in the middle for whoever asks below `/cut`.

    Another answer may have 4 MB.
    """
    if request.path.endswith("/status"):
        return web.json_response({"uptime": "2026-11-25T12:00:00Z"})
    return web.Response(text=_list()[: -2 if "cut" in request.path else None], content_type="application/json")


@cache
def _list() -> str:
    one = {"labels": {"alertname": "X", "text": "é]}{[" * 1_000}, "status": {"state": "active"}}
    every = [json.dumps({**one, "fingerprint": f"fp-{number}"}, ensure_ascii=False) for number in range(1_000)]
    return "[" + ",\n".join(every) + "]\n"


@pytest.mark.long
async def test_a_list_of_many_megabytes_is_read_as_it_comes() -> None:
    """All of it counts, or nothing: where it is cut, or longer than the limit, that is in the log, once."""
    http = quick_http()
    with capture_logs() as logged:
        async with serving(a_long_list) as url:
            found = await Monitoring(url, http).look()
            assert found.fingerprints == {f"fp-{number}" for number in range(1_000)}
            short, cut = Monitoring(url, http, Limits(10.0, 5 * 1024 * 1024)), Monitoring(f"{url}/cut", http)
            for monitoring, cause in (
                (short, "longer than 5 MB"),
                (short, "longer than 5 MB"),
                (cut, "no Alertmanager"),
            ):
                with pytest.raises(MonitoringAwayError, match=cause):
                    await monitoring.look()
            facts = await AlertmanagerProbe(url, http).look()
    assert "1,000 alerts firing: X" in next(fact.text for fact in facts if fact.name == "alerts")
    assert [str(one["cause"]) for one in logged if "cannot be read" in one["event"]] == [
        "its list is longer than 5 MB", "what answers there is no Alertmanager",
    ]  # fmt: skip
    await http.close()


def listing(text: str, step: int = 1) -> list[Any] | None:
    """What is read of a list that comes in pieces of so many bytes; None for what is none."""
    found: list[Any] = []
    listed, raw = Listed(found.append), text.encode()
    goes_on = all(listed.take(raw[at : at + step]) for at in range(0, len(raw), step))
    return found if goes_on and listed.is_whole else None


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_a_list_is_read_in_pieces_of_any_size(step: int) -> None:
    """The same as when it is read at once, and nothing that is no list of objects, or goes on after it."""
    for text in ("[]", " [ ] ", '[{"a": "}],{"}]', '[{"a": [1, {"b": "é"}]}, {}\n,{"c": null}]'):
        assert listing(text, step) == json.loads(text)
    for text in ("", "[", "[7]", "{}", "[{}", "[{},]", "[,{}]", "[{}{}]", "[{}]x", "[{}] [", '[{"a" 1}]', "null"):
        assert listing(text, step) is None


@pytest.mark.long
async def test_what_cannot_be_read_is_counted_and_ends_nothing(world: World, services: Services) -> None:
    """The alerts go on firing, and `/metrics` says that Alertmanager was not read."""
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency", "is firing")
    await services.switch("alertmanager", "html")
    for minutes in (3, 11, 11):
        before = await measured(world, "opsbot_alert_looks_total", outcome="not read")
        world.clock.forward(minutes=minutes)

        async def counted(before: float = before) -> bool:
            return await measured(world, "opsbot_alert_looks_total", outcome="not read") > before

        await world.until(counted, "the bot to look")
    assert "is firing" in post.shown


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
