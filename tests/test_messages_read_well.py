"""What people read in channel and notifications: whole sentences, severity in words, nothing twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.escalation import Ask, Escalation, Rung, Step
from bot.domain.freeze import Freeze, FreezeRung
from bot.domain.health import State
from bot.domain.health_history import History, Strip
from bot.domain.health_watch import Case, Outage
from bot.domain.incident import Incident, Severity, Status
from bot.slack.views import escalation, freeze, health_history, health_watch, incident_card
from bot.slack.views.parts import Message

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
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
