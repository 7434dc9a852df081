"""What readiness alone does not show: the facts of each service that an on-call engineer asks for next."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from bot.domain.clock import Clock
from bot.domain.health import Gap, HealthDesk, Probe, Reading, Report, State
from bot.domain.progress import Progress
from bot.errors import StoreAwayError

# Names of facts that others ask for.
TARGETS, RULES, DASHBOARDS = "targets", "rules", "SLO dashboards"
NEWEST_LINE, AUDIT_TRAIL, ERRORS = "newest line", "audit trail", "errors (15 min)"

NAMED = 6  # services that are waited for
DEADLINE = 6.0  # seconds for the facts of one service; a model takes its time for one token
FACTS = 12  # of one service; more would not fit into a message with all of them


@dataclass(frozen=True)
class Link:
    """An address for people to open: http(s), without credentials."""

    label: str
    url: str


@dataclass(frozen=True)
class Fact:
    """One thing that a service told: `text` is a phrase of ours, `is_good` whether nobody needs to look at it.

    Where `is_told` is False it did not tell, which says nothing of the thing itself; `text` has the reason.
    """

    name: str
    text: str
    is_good: bool = True
    links: tuple[Link, ...] = ()
    is_told: bool = True


class DeepProbe(Probe, Protocol):
    """A probe that knows more questions than whether the service is up."""

    @property
    def link(self) -> str:
        """Where people look at the service; empty if it has no such place."""

    async def look(self) -> Sequence[Fact]:
        """Asks all of them at once. What the service does not tell is a fact that says why."""


@dataclass(frozen=True)
class Since:
    """How a service is by the records of the watch, and since when, apart from times that nobody watched it."""

    is_up: bool
    at: datetime
    gaps: tuple[Gap, ...] = ()


class Records(Protocol):
    """What watching has found out."""

    async def since(self) -> Mapping[str, Since]:
        """By service. Raises StoreAwayError when MongoDB is away and nothing is remembered."""


@dataclass(frozen=True)
class Look:
    """One service in depth. `since` is when it came to be up or not up, if that is known; `gaps` were after that."""

    reading: Reading
    facts: tuple[Fact, ...] = ()
    link: str = ""
    since: datetime | None = None
    gaps: tuple[Gap, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As in a report, with more: what is known of it, and where to look.

        `since` (ISO 8601 or null), `not_watched` (`[{"from", "to"}]`), `link`, `facts`
        (`[{"name", "text", "good", "links"}]`).
        """
        return {
            **self.reading.as_json(),
            "since": self.since.isoformat(timespec="seconds") if self.since else None,
            "not_watched": [
                {"from": gap.since.isoformat(timespec="seconds"), "to": gap.until.isoformat(timespec="seconds")}
                for gap in self.gaps
            ],
            "link": self.link,
            "facts": [
                {"name": one.name, "text": one.text, "good": one.is_good, "links": [link.url for link in one.links]}
                for one in self.facts
            ],
        }


@dataclass(frozen=True)
class DeepReport:
    """What all the services that were asked told, in the order of reports."""

    at: datetime
    looks: tuple[Look, ...]

    @property
    def report(self) -> Report:
        """The readings alone."""
        return Report(self.at, tuple(look.reading for look in self.looks))

    def as_json(self) -> dict[str, Any]:
        """`{"at", "ok", "services": […]}` as the readings' JSON, with more for each service."""
        return {**self.report.as_json(), "services": [look.as_json() for look in self.looks]}


class DeepHealthDesk:
    """Asks the probes in depth. `deadline` is seconds for the facts of each service, after its reading's own."""

    def __init__(
        self,
        health: HealthDesk,
        probes: Sequence[DeepProbe],
        records: Records,
        clock: Clock,
        deadline: float = DEADLINE,
    ) -> None:
        self._health = health
        self._probes = {probe.name: probe for probe in probes}
        self._records = records
        self._clock = clock
        self._deadline = deadline

    @property
    def names(self) -> tuple[str, ...]:
        """The services, in the order in which reports list them."""
        return self._health.names

    async def ask(self, names: Sequence[str] = (), progress: Progress | None = None) -> DeepReport:
        """Asks the named services (all for no names) at once. ValueError for an unknown name."""
        chosen = self._health.chosen(names)
        waiting = dict.fromkeys(chosen)

        async def look(name: str) -> Look:
            found = await self._look(name)
            del waiting[name]
            if progress is not None and waiting:
                more = f" and {len(waiting) - NAMED} more" if len(waiting) > NAMED else ""
                progress.at(f"waiting for {', '.join(list(waiting)[:NAMED])}{more}")
            return found

        # At once: a MongoDB that hangs is waited for by its probe and by the records.
        looks, since = await asyncio.gather(asyncio.gather(*map(look, chosen)), self._since())
        return DeepReport(self._clock(), tuple(_dated(look, since) for look in looks))

    async def _look(self, name: str) -> Look:
        probe = self._probes[name]
        reading = (await self._health.ask([name])).readings[0]
        if reading.state not in (State.UP, State.DEGRADED):
            return Look(reading, link=probe.link)
        try:
            async with asyncio.timeout(self._deadline):
                facts = tuple(await probe.look())
        except TimeoutError:
            facts = (Fact("details", f"not told within {self._deadline:g} s", is_good=False, is_told=False),)
        return Look(reading, facts[:FACTS], probe.link)

    async def _since(self) -> Mapping[str, Since]:
        try:
            return await self._records.since()
        except StoreAwayError:
            return {}


def _dated(look: Look, since: Mapping[str, Since]) -> Look:
    """With the moment from the records, if they say the same of the service as it does now."""
    known = since.get(look.reading.service)
    if known is None or look.reading.state is State.OFF or known.is_up is not (look.reading.state is State.UP):
        return look
    return replace(look, since=known.at, gaps=known.gaps)
