"""What Prometheus is told of the bot: one registry of its own, and one small method for each thing that happens.

Label values come from the bot's own tables (commands, rungs, methods of Slack), never from a person's text.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from math import isnan, nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from bot.domain.escalation_outcome import Outcome
from bot.domain.incident import Severity

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A command is acknowledged in milliseconds and done in seconds; a probe has about two seconds.
_COMMAND_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_PROBE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
_OUTBOX = {
    "depth": ("waiting", "Messages that wait to be posted"),
    "oldest_seconds": ("oldest", "Age of the oldest of them"),
    "parked": ("parked", "Messages that Slack refused"),
}
COUNTED_FOR = 60.0  # seconds; groups are counted every two
_NOTIFIED = ("kept", "wrong", "too large", "not kept")
_LOOKED = ("read", "not read")
_TAKEN_SECONDS = (30, 60, 120, 300, 600, 900, 1_200, 1_800, 2_400, 3_600, 7_200)  # a step waits ten minutes


class Lately:
    """What MongoDB told last, for a minute: an old number would say that nothing has begun or ended since."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._numbers: Mapping[str, float] = {}
        self._until = now()

    def set(self, numbers: Mapping[str, float]) -> None:
        """It told these."""
        self._numbers, self._until = numbers, self._now() + COUNTED_FOR

    def forget(self) -> None:
        """It does not tell any more."""
        self._numbers = {}

    def get(self, name: str) -> float:
        """The number; NaN if it is not known."""
        return self._numbers.get(name, nan) if self._now() < self._until else nan


class Metrics:
    """Counts and measures. `now` is a monotonic clock in seconds, for the ages."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last_tick = now()
        self._last_pong: float | None = None  # over HTTP there is none, and nothing to be alarmed about
        self._taken_over = 0
        self._services: dict[str, str] = {}
        self._is_mongo_away = False
        self._counted, self._letters = Lately(now), Lately(now)
        self._registry = own = CollectorRegistry()
        ProcessCollector(registry=own)
        self._commands = Counter("opsbot_commands", "Commands by outcome.", ("command", "outcome"), registry=own)
        self._command_seconds = Histogram(
            "opsbot_command_seconds",
            "From a command to its result.",
            ("command",),
            buckets=_COMMAND_SECONDS,
            registry=own,
        )
        self._events = Counter("opsbot_events", "Events of Slack by outcome.", ("type", "outcome"), registry=own)
        self._in_flight = Gauge("opsbot_in_flight", "Work that is under way.", registry=own)
        self._slack = Counter("opsbot_slack_calls", "Calls of Slack by answer.", ("method", "answer"), registry=own)
        for name, (part, what) in _OUTBOX.items():
            waiting = Gauge(f"opsbot_outbox_{name}", f"{what}; NaN while MongoDB does not say.", registry=own)
            waiting.set_function(partial(self._letters.get, part))
        self._sockets = Gauge("opsbot_sockets_connected", "Socket Mode connections.", registry=own)
        pong = Gauge("opsbot_socket_last_pong_age_seconds", "Since Slack last answered a ping.", registry=own)
        pong.set_function(lambda: nan if (age := self.pong_age()) is None else age)
        tick = Gauge("opsbot_scheduler_tick_age_seconds", "Since the timetable last ran.", registry=own)
        tick.set_function(lambda: self._now() - self._last_tick)
        self._mongo_up = Gauge("opsbot_mongo_up", "1 while MongoDB answers the bot.", registry=own)
        self._service_up = Gauge("opsbot_service_up", "1 while the service is plainly up.", ("service",), registry=own)
        self._probe_seconds = Histogram(
            "opsbot_probe_seconds", "Time of a service's answer.", ("service",), buckets=_PROBE_SECONDS, registry=own
        )
        self._probes = Counter("opsbot_probes", "Probes by what they found.", ("service", "state"), registry=own)
        self._takeovers = Counter(
            "opsbot_claims_taken_over", "Work that another bot left behind, by its kind.", ("what",), registry=own
        )
        self._announcements = Counter(
            "opsbot_announcements", "Announcements by rung and outcome.", ("rung", "outcome"), registry=own
        )
        self._count_alarms(own)

    def _count_alarms(self, own: CollectorRegistry) -> None:
        """Alerts and escalations."""
        self._notifications = Counter(
            "opsbot_alert_notifications", "Notifications of monitoring by outcome.", ("outcome",), registry=own
        )
        self._firing = Gauge(
            "opsbot_alert_groups_firing",
            "Groups of alerts that fire, by the worst in them; NaN while MongoDB does not say.",
            ("severity",),
            registry=own,
        )
        self._looks = Counter(
            "opsbot_alert_looks", "Looks at Alertmanager's list of alerts by outcome.", ("outcome",), registry=own
        )
        self._steps = Counter(
            "opsbot_escalation_steps", "Steps of escalations by what came of them.", ("outcome",), registry=own
        )
        for severity in Severity:
            self._firing.labels(severity.value).set_function(partial(self._counted.get, severity.value))
        # From the start, so that the first one is an increase.
        for outcome in Outcome:
            self._steps.labels(outcome.value)
        for said in _NOTIFIED:
            self._notifications.labels(said)
        for said in _LOOKED:
            self._looks.labels(said)
        self._taken_seconds = Histogram(
            "opsbot_escalation_taken_seconds",
            "From an escalation to somebody who has it.",
            buckets=_TAKEN_SECONDS,
            registry=own,
        )

    def command_done(self, command: str, outcome: str, seconds: float) -> None:
        """A command came to its result, a refusal or an error."""
        self._commands.labels(command, outcome).inc()
        self._command_seconds.labels(command).observe(seconds)

    def event_done(self, kind: str, outcome: str) -> None:
        """An event, button or form was dealt with."""
        self._events.labels(kind, outcome).inc()

    def in_flight(self, count: int) -> None:
        """So much work is under way now."""
        self._in_flight.set(count)

    def slack_called(self, method: str, answer: str) -> None:
        """Slack answered `ok` or with an error code; `timeout` and the like if it did not answer."""
        self._slack.labels(method, answer).inc()

    def outbox(self, depth: int, oldest_seconds: float, parked: int) -> None:
        """So many messages wait, the oldest for so long (0 if none); so many were refused by Slack."""
        self._letters.set({"waiting": depth, "oldest": oldest_seconds, "parked": parked})

    def sockets(self, connected: int) -> None:
        """So many connections are open."""
        self._last_pong = self._now() if self._last_pong is None else self._last_pong
        self._sockets.set(connected)

    def pong(self, age_seconds: float = 0.0) -> None:
        """The newest pong of any connection came so long ago."""
        self._last_pong = self._now() - age_seconds

    def pong_age(self) -> float | None:
        """Seconds since Slack answered a ping last, or since the first try to connect; None in HTTP mode."""
        return None if self._last_pong is None else self._now() - self._last_pong

    def vitals(self) -> dict[str, object]:
        """How the bot itself is, for /readyz: ages in seconds to a tenth; what waits (None: MongoDB does not say)."""
        age, waiting, oldest = self.pong_age(), self._letters.get("waiting"), self._letters.get("oldest")
        return {
            "last_pong_age_seconds": None if age is None else round(age, 1),
            "scheduler_tick_age_seconds": round(self._now() - self._last_tick, 1),
            "outbox_depth": None if isnan(waiting) else int(waiting),
            "outbox_oldest_seconds": None if isnan(oldest) else round(oldest, 1),
            "claims_taken_over": self._taken_over,
            "services": self._services | ({"mongodb": "down"} if self._is_mongo_away else {}),
        }

    def scheduler_ticked(self) -> None:
        """The timetable ran."""
        self._last_tick = self._now()

    def mongo(self, up: bool) -> None:
        """MongoDB answered, or did not."""
        self._mongo_up.set(up)
        self._is_mongo_away = not up  # known sooner than the next round of the services
        if not up:
            self._counted.forget()
            self._letters.forget()

    def service_probed(self, service: str, state: str, seconds: float | None) -> None:
        """A probe found this state; `seconds` is None if nothing answered."""
        self._service_up.labels(service).set(state == "up")
        self._services[service] = state
        self._probes.labels(service, state).inc()
        if seconds is not None:
            self._probe_seconds.labels(service).observe(seconds)

    def claim_taken_over(self, what: str) -> None:
        """A claim of another bot ran out, and this one goes on with its work."""
        self._taken_over += 1
        self._takeovers.labels(what).inc()

    def alerts_received(self, outcome: str) -> None:
        """A notification was `kept`, `wrong`, `too large`, or could not be kept and comes again (`not kept`)."""
        self._notifications.labels(outcome).inc()

    def looked(self, outcome: str) -> None:
        """Alertmanager's alerts were `read`, or were `not read`."""
        self._looks.labels(outcome).inc()

    def groups_firing(self, counts: Mapping[Severity, int]) -> None:
        """So many groups of alerts fire."""
        self._counted.set({severity.value: counts.get(severity, 0) for severity in Severity})

    def escalation_step(self, outcome: Outcome) -> None:
        """This came of a step of an escalation."""
        self._steps.labels(outcome.value).inc()

    def escalation_taken(self, seconds: float) -> None:
        """Somebody had it so long after the first was asked."""
        self._taken_seconds.observe(seconds)

    def announced(self, rung: str, outcome: str) -> None:
        """An announcement was posted, skipped or failed."""
        self._announcements.labels(rung, outcome).inc()

    def exposition(self) -> bytes:
        """All of it in Prometheus's text format, of the type `CONTENT_TYPE`."""
        return generate_latest(self._registry)
