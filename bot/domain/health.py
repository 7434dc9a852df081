"""Is everything healthy: asks all shared services at once and says what each of them answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.domain.clock import Clock
from bot.domain.together import Together

SERVICES = ("mongodb", "prometheus", "grafana", "loki", "llm", "alertmanager")  # those with a probe of their own


class State(StrEnum):
    """How a service is.

    `degraded` is a service that answers as itself but says that a part of it does not work, or that refuses the bot;
    `down` is one that does not answer, or where something else answers in its place.
    """

    UP = "up"
    STARTING = "starting"
    DEGRADED = "degraded"
    DOWN = "down"
    OFF = "off"


# From fine to worst. A service that is switched off is nobody's trouble.
_RANK = {state: rank for rank, state in enumerate((State.OFF, State.UP, State.STARTING, State.DEGRADED, State.DOWN))}


@dataclass(frozen=True)
class Finding:
    """What a probe found. `cause` is a short sentence in our own words, empty when there is nothing to say."""

    state: State
    cause: str = ""


UP = Finding(State.UP)
SWITCHED_OFF = Finding(State.OFF, "switched off in the settings")


class Probe(Protocol):
    """One service, asked. It may take its time or fail: the desk sets the deadline and catches what it raises."""

    @property
    def name(self) -> str:
        """What people call the service, in lower case without spaces."""

    async def read(self) -> Finding:
        """Ask the service once."""


@dataclass(frozen=True)
class Reading:
    """How one service was at one moment. `latency` is in seconds, None when nothing usable came; `at` is aware UTC."""

    service: str
    state: State
    latency: float | None
    cause: str
    at: datetime

    @property
    def latency_ms(self) -> float | None:
        """Milliseconds, to a tenth."""
        return None if self.latency is None else round(self.latency * 1000, 1)

    def as_json(self) -> dict[str, Any]:
        """`{"name", "state", "latency_ms", "cause"}`."""
        return {"name": self.service, "state": str(self.state), "latency_ms": self.latency_ms, "cause": self.cause}


@dataclass(frozen=True)
class Report:
    """What all the services that were asked answered, always in the same order."""

    at: datetime
    readings: tuple[Reading, ...]

    @property
    def worst(self) -> State:
        """The state to worry about most; `off` when nothing is switched on."""
        return max((r.state for r in self.readings), key=_RANK.__getitem__, default=State.OFF)

    @property
    def all_up(self) -> bool:
        """Whether everything that is switched on is up."""
        return _RANK[self.worst] <= _RANK[State.UP]

    def count(self, *states: State) -> int:
        """How many services are in one of these states."""
        return sum(reading.state in states for reading in self.readings)

    def as_json(self) -> dict[str, Any]:
        """`{"at": ISO 8601, "ok": bool, "services": [{"name", "state", "latency_ms", "cause"}]}`."""
        return {
            "at": self.at.isoformat(timespec="milliseconds"),
            "ok": self.all_up,
            "services": [reading.as_json() for reading in self.readings],
        }


@dataclass(frozen=True)
class Gap:
    """A time in which nobody asked the services again and again: no bot ran."""

    since: datetime
    until: datetime


class HealthDesk:
    """Asks the probes. `deadline` is seconds for each service."""

    def __init__(self, probes: Sequence[Probe], clock: Clock, deadline: float = 2.0) -> None:
        self._probes = {probe.name: probe for probe in probes}
        if len(self._probes) != len(probes):
            raise ValueError("two probes have the same name")
        self._clock = clock
        self._deadline = deadline
        self._together = Together(deadline)

    @property
    def names(self) -> tuple[str, ...]:
        """The services, in the order in which reports list them."""
        return tuple(self._probes)

    def chosen(self, names: Sequence[str] = ()) -> tuple[str, ...]:
        """These services in the order of reports; all of them for no names.

        ValueError for a name that is not in `names`: bot.commands.health reads what people write.
        """
        if not self._probes.keys() >= set(names):
            raise ValueError("a service that nobody watches")
        return tuple(name for name in self._probes if not names or name in names)

    async def ask(self, names: Sequence[str] = ()) -> Report:
        """Ask the named services (all of them for no names) at once: as long as the slowest, not as their sum.

        Never raises for a service's sake, and never takes longer than the deadline by more than a moment.
        ValueError for an unknown name, before anything is asked.
        """
        chosen = self.chosen(names)
        tasks = await self._together.ask(self._read(self._probes[name]) for name in chosen)
        return Report(self._clock(), tuple(map(self._outcome, chosen, tasks)))

    async def _read(self, probe: Probe) -> Reading:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(self._deadline):
                found = await probe.read()
        except TimeoutError:
            return self._no_answer(probe.name)
        took = None if found.state in (State.DOWN, State.OFF) else loop.time() - started
        return Reading(probe.name, found.state, took, found.cause, self._clock())

    def _outcome(self, name: str, task: asyncio.Task[Reading]) -> Reading:
        """What became of one probe; one that raised is our own mistake, and its message may hold anything."""
        if not task.done():
            return self._no_answer(name)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return task.result()
        return Reading(name, State.DOWN, None, f"the check itself failed ({type(error).__name__})", self._clock())

    def _no_answer(self, name: str) -> Reading:
        return Reading(name, State.DOWN, None, f"no answer within {self._deadline:g} s", self._clock())
