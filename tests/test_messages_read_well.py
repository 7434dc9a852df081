"""What people read in channel and notifications: whole sentences, severity in words, nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.alert import Alert, Digest, Group
from bot.domain.announcement import Occasion
from bot.domain.announcement import Rung as WindowRung
from bot.domain.audit import AuditEntry, Outcome, Verified
from bot.domain.deep_health import DeepReport, Look
from bot.domain.escalation import Ask, Escalation, Rung, Step
from bot.domain.freeze import Freeze, FreezeRung
from bot.domain.health import Gap, Reading, State
from bot.domain.health_history import History, Strip
from bot.domain.health_watch import Case, Outage
from bot.domain.incident import Incident, Severity, Status
from bot.domain.reminder import Asked
from bot.domain.window import Kind, Window
from bot.domain.window import State as Standing
from bot.slack.views import (
    alert,
    deep_health,
    escalation,
    freeze,
    health_history,
    health_watch,
    incident_card,
    incident_thread,
    maintenance,
    ops,
)
from bot.slack.views import window as window_view
from bot.slack.views.parts import Message

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INCIDENT = Incident(
    id="INC-20261125-7KQ4", title="checkout is down", severity=Severity.SEV2, status=Status.INVESTIGATING,
    opened_by="U0ANN", opened_at=NOON, channel="C0OPSSHARED", owner="U0ANN", updated_by="U0ANN", updated_at=NOON,
    began=NOON,
)  # fmt: skip


def lines(message: Message) -> list[str]:
    """The texts of its blocks, buttons apart."""
    found: list[dict[str, Any]] = message.payload()["blocks"]
    return [block["text"]["text"] for block in found if "text" in block]


def outage(*cases: Case) -> list[str]:
    return lines(health_watch.outage(Outage("health/a/1", NOON, cases)))


def case(service: str, cause: str = "connection refused", *, ended: datetime | None = None, times: int = 1) -> Case:
    return Case(service, State.DOWN, cause, NOON, ended=ended, times=times)


def test_an_outage_of_one_service_is_said_once() -> None:
    """Its name and state are in the heading alone; below it stand the cause, and then how long it was."""
    assert outage(case("loki")) == ["loki is down", ":x: connection refused"]
    assert outage(case("loki", times=3)) == ["loki is down", ":x: connection refused · went down 3 times"]
    assert outage(case("loki", "")) == ["loki is down"]
    over = NOON + timedelta(minutes=12)
    assert outage(case("loki", ended=over)) == [
        "loki is up again",
        ":white_check_mark: It was down for 12 min: connection refused",
    ]


def test_an_outage_of_several_names_each() -> None:
    """The heading counts them, a line for each tells the rest."""
    assert outage(case("loki"), case("llm", "")) == [
        "2 services are down",
        ":x: *loki* is down: connection refused\n:x: *llm* is down",
    ]


def test_a_card_is_read_out_with_its_severity_in_words() -> None:
    """Notifications and screen readers get a sentence, not a code."""
    assert incident_card.headline(INCIDENT) == (
        "Incident INC-20261125-7KQ4 (SEV2, something important is down) is open, investigating: checkout is down"
    )


def test_a_reason_ends_before_the_next_sentence_begins() -> None:
    """Whoever is called reads two sentences, however the reason was typed."""
    for reason, shown in (("nobody answers", "nobody answers."), ("Is it us?", "Is it us?"), ("now.", "now.")):
        step = Step(1, NOON, (Rung.ON_CALL,), (Ask(Rung.ON_CALL, "U0BOB"),), by="U0CYD")
        found = Escalation(INCIDENT.id, 1, "U0CYD", reason, NOON, (step,))
        told = escalation.asking_directly(INCIDENT, found, step, "", "").text
        assert f"something important is down: {shown} All about it is in its thread." in told


def test_a_freeze_that_begins_says_its_reason_in_the_same_sentence() -> None:
    """As the one that ends does."""
    freezing = Freeze("FZ-1", NOON, NOON + timedelta(days=1), "year's end", "U0ANN", NOON)
    assert freeze.told(FreezeRung(freezing, "start", NOON), timedelta()).text == (
        "A freeze begins, no maintenance until 2026-11-26 12:00 UTC: year's end"
    )


def test_a_strip_of_history_fits_on_a_telephone() -> None:
    """Half an hour each would be broken in two lines there."""
    strip = Strip("loki", tuple([None] * 48))
    (line,) = lines(health_history.told(History(NOON - timedelta(days=1), NOON, timedelta(minutes=30), (strip,))))[1:2]
    assert line.startswith(f"`{'·' * 24}` *loki*")


def test_a_notification_tells_a_time_once() -> None:
    """Slack renders a reader's own time in blocks alone: in notifications UTC stood twice, or "since at"."""
    asked = Asked(("U0ANN",))
    silent = incident_thread.silent(INCIDENT, NOON, asked).payload()
    assert silent["text"].endswith("(checkout is down) since 2026-11-25 12:00 UTC. Is it over?")
    assert "{ago}|at 2026" in silent["blocks"][0]["text"]["text"]
    storm = alert.digest(Digest("storm/1", NOON, NOON), (31, 30), (), may_silence=True).payload()
    assert storm["text"] == "Alert storm: 31 groups since 2026-11-25 12:00 UTC, 30 still firing."
    planned = Window("MW-20261126-1400", NOON + DAY, NOON + DAY + HOUR, "Upgrade Loki", Kind.ONE_OFF)
    assert (
        maintenance.scheduled(planned, "", is_new=True)
        .payload()["text"]
        .startswith("MW-20261126-1400 is scheduled: Thursday 2026-11-26 12:00 to 13:00 UTC, Upgrade Loki.")
    )


def test_a_storm_says_of_each_group_once_how_bad_it_is() -> None:
    """All of them fire, which the first line says; what does not any more says so."""
    firing = Alert("fp", (("severity", "critical"),), (), is_firing=True)
    groups = [Group(name, name, (("alertname", name),), (firing,), NOON, NOON) for name in ("Disk", "Latency")]
    over = replace(groups[1], members=(replace(firing, is_firing=False),))
    found = lines(alert.digest(Digest("storm/1", NOON, NOON), (2, 1), (groups[0], over), may_silence=True))
    assert found[1:3] == ["• SEV2 Disk", "• SEV2 Latency is resolved"]


def test_those_who_are_asked_together_are_named_together() -> None:
    """Their rung and their time stand once, and nobody is told of seconds."""
    everybody = tuple(Ask(Rung.EVERYBODY, who) for who in ("U0ANN", "U0BOB", "U0CYD"))
    first = Step(1, NOON, (Rung.ON_CALL,), (Ask(Rung.ON_CALL, "U0ANN"),))
    second = Step(2, NOON + timedelta(minutes=10, seconds=6), (Rung.EVERYBODY,), everybody)
    found = Escalation(INCIDENT.id, 1, "U0CYD", "", NOON, (first, second))
    told = escalation.asking(INCIDENT, found, second, "").text
    assert told.startswith(
        ":rotating_light: <@U0ANN>, <@U0BOB>, <@U0CYD> (everybody): <@U0ANN> did not come within 10 min, so you"
    )
    has = escalation.has_it(INCIDENT, replace(found, holder="U0BOB")).text
    assert has.endswith("Asked: <@U0ANN> (on-call) at 12:00; <@U0ANN>, <@U0BOB>, <@U0CYD> (everybody) at 12:10 UTC.")


def test_when_nobody_watched_is_said_once_for_all_services() -> None:
    """One whose news is from after an earlier such time has fewer of them; one alone says it of itself."""
    early, late = Gap(NOON, NOON + HOUR), Gap(NOON + 2 * HOUR, NOON + 3 * HOUR)
    looks = [
        Look(Reading(name, State.UP, 0.01, "", NOON), since=NOON, gaps=gaps)
        for name, gaps in (("loki", (early, late)), ("llm", (late,)))
    ]
    both = deep_health.report(DeepReport(NOON, tuple(looks))).payload()["blocks"]
    said = "ot watched from 2026-11-25 14:00 UTC to 2026-11-25 15:00 UTC"
    assert str(both).count(said) == 1
    assert both[-1]["elements"][1]["text"] == f"N{said} and 1 time before"
    assert lines(deep_health.report(DeepReport(NOON, (looks[1],))))[1].endswith(f" · n{said}")


def test_the_small_print_of_an_announcement_says_what_is_when() -> None:
    """A time alone was the start's though the sentence told of the end, and the plan's after an early end."""
    held = Window("MW-20261125-1200", NOON, NOON + HOUR, "Upgrade Loki", Kind.ONE_OFF)
    early = replace(held, state=Standing.OVER, actual_start=NOON, actual_end=NOON + timedelta(minutes=20))
    for window, occasion, due, words in (
        (held, Occasion.AHEAD, NOON - HOUR, "starts <!date^1795608000^"),
        (held, Occasion.START, NOON, "ends <!date^1795611600^"),
        (early, Occasion.END, NOON + timedelta(minutes=20), "ended <!date^1795609200^"),
    ):
        told = window_view.reply(WindowRung(window, occasion.value, occasion, due), timedelta()).payload()
        assert f" · for you it {words}" in told["blocks"][1]["elements"][0]["text"]


def test_the_audit_trail_names_the_people_in_its_details() -> None:
    """Who was called or made the owner is a name, not an ID; anybody's own words stay as they are."""
    entries = [
        AuditEntry(NOON, "U0CYD", act, INCIDENT.id, Outcome.DONE, detail=detail)
        for act, detail in (("escalate", "U0ANN"), ("assign", "U0BOB"), ("resolve", "U0BOB did it"))
    ]
    found = "\n".join(lines(ops.audit(entries, Verified(3, 3))))
    assert "escalate INC-20261125-7KQ4, done (<@U0ANN>)" in found
    assert "assign INC-20261125-7KQ4, done (<@U0BOB>)" in found
    assert "(U0BOB did it)" in found
