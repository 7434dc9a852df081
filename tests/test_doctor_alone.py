"""The doctor's rules by themselves: the desk, what is said of Slack, and what is around it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from bot.domain import doctor_around, doctor_slack
from bot.domain.deep_health import Fact
from bot.domain.doctor import Check, DoctorDesk, Line, Verdict, fail, fine, warn
from bot.domain.doctor_slack import Introduction, Wanted
from bot.domain.health import Finding, HealthDesk, State
from bot.slack.doctor import ahead
from bot.slack.views import doctor as view

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)


def desk(*checks: Check, deadline: float = 5.0) -> DoctorDesk:
    return DoctorDesk(checks, lambda text: text.replace("canary", "…"), lambda: NOW, deadline)


def telling(*lines: Line) -> Check:
    async def look() -> Sequence[Line]:
        return lines

    return Check("told", look)


# The desk


async def test_lines_keep_the_order_of_the_checks_and_the_worst_counts() -> None:
    """All checks run at once; the diagnosis is as bad as its worst line."""
    found = await desk(telling(fine("a", "1")), telling(warn("b", "2", "Do.")), telling()).examine()
    assert ([line.topic for line in found.lines], found.worst) == (["a", "b"], Verdict.WARN)
    assert (await desk(telling(fine("a", "")), telling(fail("b", "", "Do."))).examine()).worst is Verdict.FAIL
    assert (await desk().examine()).worst is Verdict.OK


async def test_a_check_without_an_answer_or_with_a_mistake_spoils_no_other() -> None:
    """A deadline holds for each, an error is a line without its message, and secrets are masked at the last door."""

    async def hangs() -> Sequence[Line]:
        await asyncio.Event().wait()
        return []

    async def breaks() -> Sequence[Line]:
        raise KeyError("canary")

    checks = (Check("slow", hangs), Check("broken", breaks), telling(fine("well", "a canary")))
    found = await desk(*checks, deadline=0.05).examine()
    assert [(line.topic, line.verdict, line.found) for line in found.lines] == [
        ("slow", Verdict.FAIL, "no answer within 0.05 s"),
        ("broken", Verdict.FAIL, "the check itself failed (KeyError)"),
        ("well", Verdict.OK, "a …"),
    ]


async def test_the_view_escapes_what_it_shows_and_tells_the_worst_first() -> None:
    """A channel's or workspace's name mentions nobody."""
    found = await desk(telling(fine("a", "<!channel>"), warn("b", "late", "Wait."), fail("c", "x", "Mend."))).examine()
    told = view.told(found).payload()
    assert told["text"] == "1 of 3 checks are OK. FAIL: c; WARN: b."
    _, troubles, well, when = told["blocks"]
    assert troubles["text"]["text"] == "*FAIL*  c: x\n> Mend.\n*WARN*  b: late\n> Wait."
    assert well["elements"][0]["text"] == "*OK*  a: &lt;!channel&gt;"
    assert when["elements"][0]["text"].startswith("Looked 2026-11-28 02:00 UTC")


# Slack


class Told:
    """A Slack that gives one introduction."""

    def __init__(self, scopes: frozenset[str] | None, ahead: timedelta | None) -> None:
        self._told = Introduction("opsbot", "Sandbox", scopes, ahead)

    async def introduction(self) -> Introduction:
        return self._told

    async def place(self, channel: str) -> doctor_slack.Place | None:
        return doctor_slack.Place(channel, is_member=True, is_archived=True)

    async def is_there(self, user_id: str) -> bool:
        return True

    async def opens(self) -> None:
        return None


@pytest.mark.parametrize(
    ("ahead", "verdict", "found"),
    [
        (timedelta(seconds=-4), "OK", "within 5 s of Slack's"),
        (timedelta(seconds=8), "WARN", "8 s ahead of Slack's"),
        (timedelta(minutes=-2), "FAIL", "2 min behind Slack's"),
        (None, "WARN", "Slack did not tell its time"),
    ],
)
async def test_the_clock_is_compared_with_slacks(ahead: timedelta | None, verdict: str, found: str) -> None:
    """Seconds are no matter, a minute makes announcements late and signatures old."""
    *_, clock = await doctor_slack.token(Told(frozenset({"a"}), ahead), Wanted(("a",)))
    assert (clock.topic, clock.verdict, clock.found) == ("clock", verdict, found)


@pytest.mark.parametrize(("asked", "answered", "gap"), [(0, 8, 0), (8, 16, 0), (0, 1, -8), (20, 21, 12)])
def test_a_slow_answer_is_no_wrong_clock(asked: int, answered: int, gap: int) -> None:
    """Slack wrote its time, 02:00:08, at some moment of the question: only what lies outside of it is a difference."""
    times = (NOW + timedelta(seconds=asked), NOW + timedelta(seconds=answered))
    assert ahead(*times, "Sat, 28 Nov 2026 02:00:08 GMT") == timedelta(seconds=gap)
    assert ahead(*times, "") is None


async def test_scopes_that_slack_does_not_tell_are_a_warning() -> None:
    """A proxy may drop the header."""
    lines = await doctor_slack.token(Told(None, timedelta(0)), Wanted(("a",)))
    assert [line.verdict for line in lines] == ["OK", "WARN", "OK"]


async def test_an_archived_channel_is_of_no_use() -> None:
    """Nothing can be posted there; for the coordination thread it is less bad."""
    slack = Told(None, None)
    (line,) = await doctor_slack.channel(slack, "#ops-shared")
    assert (line.verdict, line.found) == ("FAIL", "#ops-shared is archived")
    (line,) = await doctor_slack.coordination(slack, "C0OPS")
    assert line.verdict == "WARN"


@dataclass
class Connections:
    connected: int
    silence: float
    wanted: int = 2


@pytest.mark.parametrize(
    ("connections", "verdict", "found"),
    [
        (Connections(2, 1.2), "OK", "2 of 2 are connected, last sign of life 1 s ago"),
        (Connections(1, 0.3), "WARN", "1 of 2 are connected, last sign of life 0 s ago"),
        (Connections(2, 9.0), "WARN", "2 of 2 are connected, last sign of life 9 s ago"),
        (Connections(0, float("inf")), "FAIL", "0 of 2 are connected"),
        (None, "OK", "none needed: Slack calls POST /slack/events (HTTP mode)"),
    ],
)
async def test_the_sockets_that_are_open_count(connections: Connections | None, verdict: str, found: str) -> None:
    """Two are there so that the loss of one leaves no gap; over HTTP none is needed."""
    (line,) = await doctor_slack.sockets(connections)
    assert (line.verdict, line.found) == (verdict, found)


# Around


@pytest.mark.parametrize(
    ("token", "is_expected", "verdict"),
    [("", True, "WARN"), ("", False, "OK"), ("fifteen-letters", True, "WARN"), ("sixteen-letters!", True, "OK")],
)
async def test_the_webhooks_token_is_set_and_long_enough(token: str, is_expected: bool, verdict: str) -> None:
    """Nobody misses it where there is no Alertmanager; its text is told in no case."""
    (line,) = await doctor_around.webhook(token, is_expected=is_expected)
    assert line.verdict == verdict
    assert not token or token not in line.found + line.remedy


async def test_time_zones_without_data_are_named() -> None:
    """A slim image has none; the window's own zone matters most."""

    def only_utc(name: str) -> object:
        if name != "UTC":
            raise ZoneInfoNotFoundError(name)
        return ZoneInfo(name)

    (line,) = await doctor_around.zones("UTC", only_utc)
    assert (line.verdict, line.found) == (
        "FAIL", "there is no data for Europe/Berlin, America/New_York, Asia/Kolkata",
    )  # fmt: skip
    (line,) = await doctor_around.zones("Asia/Gaza")
    assert line == fine("time zones", "their data is there; the window is in Asia/Gaza")


@dataclass
class Service:
    name: str
    finding: Finding

    async def read(self) -> Finding:
        return self.finding


async def test_a_service_in_trouble_is_a_warning_with_its_setting() -> None:
    """The bot works without it; what is switched off is nobody's trouble, and MongoDB has lines of its own."""
    found = {
        "mongodb": Finding(State.DOWN),
        "loki": Finding(State.STARTING, "ingester not ready"),
        "grafana": Finding(State.DEGRADED, "it answers, but refuses the bot's credentials (401)"),
        "llm": Finding(State.DOWN, "connection refused"),
        "prometheus": Finding(State.OFF),
    }
    health = HealthDesk([Service(name, finding) for name, finding in found.items()], lambda: NOW)
    lines = await doctor_around.services(health, "mongodb", ("LOKI_URL", "GRAFANA_URL", "LLM_URL", "PROMETHEUS_URL"))
    assert [(line.topic, line.verdict) for line in lines] == [
        ("loki", "WARN"), ("grafana", "WARN"), ("llm", "WARN"), ("prometheus", "OK"),
    ]  # fmt: skip
    assert "see GRAFANA_URL" in lines[1].remedy
    assert await doctor_around.services(HealthDesk([], lambda: NOW), "mongodb", ()) == []


@pytest.mark.parametrize(
    ("told", "verdict", "mends"),
    [
        ("not told: it answers, but refuses the bot's credentials (401)", "WARN", "Correct LLM_API_KEY."),
        ("not told: answered, but not with what it was asked for (404)", "WARN", "Correct LLM_URL: it ends before"),
        ("not told: its answer has another shape than it should", "WARN", "Correct LLM_URL: it ends before"),
        ("not told: no answer within 3 s", "WARN", "Mend the LLM, and ask again."),
        ("not told: answered with an error (500)", "WARN", "Mend the LLM, and ask again."),
        ("it serves none", "WARN", "Set LLM_MODEL to a model that it serves"),
        ("qwen", "OK", ""),
    ],
)
async def test_what_the_llm_tells_of_its_models_has_a_remedy(told: str, verdict: str, mends: str) -> None:
    """Many servers are ready without a key, and refuse it only when they are asked for something."""

    async def ask() -> Fact:
        return Fact("models", told, is_good=told == "qwen", is_told=not told.startswith("not told"))

    line = await doctor_around.model(ask)
    assert (line.verdict, line.remedy[: len(mends)]) == (verdict, mends)
    assert told in line.found


async def test_a_grafana_that_shows_all_to_everybody_needs_no_login() -> None:
    """No dashboard about an SLO is no trouble with the login; a Grafana that fails is none of the password either."""

    async def none() -> Fact:
        return Fact("SLO dashboards", "none found by the word slo", is_good=False)

    async def silent() -> Fact:
        return Fact("SLO dashboards", "not told: no answer within 3 s", is_good=False, is_told=False)

    assert (await doctor_around.sign_in(none, has_password=False)).verdict == "OK"
    assert (await doctor_around.sign_in(none, has_password=True)).verdict == "OK"
    assert (await doctor_around.sign_in(silent, has_password=True)).remedy.startswith("Mend Grafana, or correct its")


@pytest.mark.parametrize(
    ("cause", "mends"),
    [
        ("answered, but not as Loki does (200)", "Correct its address in LOKI_URL: something else answers there."),
        ("no secure connection (TLS failed)", "Write http:// instead of https:// in LOKI_URL, or have it speak TLS."),
        ("its certificate is not valid", "Name it in LOKI_URL as its certificate does; SSL_CERT_FILE may name an"),
    ],
)
async def test_an_address_that_is_wrong_is_not_to_be_started(cause: str, mends: str) -> None:
    """What answers is there, so the remedy is in the settings."""
    health = HealthDesk([Service("loki", Finding(State.DOWN, cause))], lambda: NOW)
    (line,) = await doctor_around.services(health, "mongodb", ("LOKI_URL",))
    assert line.remedy.startswith(mends)
