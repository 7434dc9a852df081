"""What the bot can prove by itself: it ticks such items with the evidence, and unticks them when that is gone."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.checklist import Checklist, Item, Phase
from bot.domain.checklist_ports import Checklists, Evidence, Headed
from bot.domain.checklist_template import HEALTH_TAGS
from bot.domain.clock import Clock
from bot.domain.deep_health import (
    AUDIT_TRAIL,
    DASHBOARDS,
    ERRORS,
    NEWEST_LINE,
    RULES,
    TARGETS,
    DeepReport,
    Fact,
)
from bot.domain.health import Reading, Report, State
from bot.domain.outbox import UndeliveredError
from bot.domain.window import State as WindowState

CHECK_EVERY = timedelta(minutes=1)  # how often the services are asked for the checklists' sake
# The facts that an item's words call for, beside the service being up.
_CALLED_FOR = (
    ("prometheus", TARGETS, ("target", "targets")),
    ("prometheus", RULES, ("rule", "rules")),
    ("grafana", DASHBOARDS, ("slo", "slos", "dashboard", "dashboards")),
    ("loki", NEWEST_LINE, ("log", "logs", "line", "lines")),
    ("loki", AUDIT_TRAIL, ("audit",)),
    ("loki", ERRORS, ("error", "errors")),
)
_WORD = re.compile(r"[a-z]+")

AFTERWARDS = timedelta(hours=24)  # how long after a window's end its items can still be proven


@dataclass(frozen=True)
class Proof:
    """Whether an item is done, as far as the bot can tell, and the evidence in words."""

    holds: bool
    evidence: str


@dataclass(frozen=True)
class Facts:
    """What the bot knows of a window at `at`: whether it is announced, its summary posted, how the services are.

    `told` has what services told beyond being up, by service.
    """

    at: datetime
    announced: bool = False
    summed_up: bool = False
    readings: Mapping[str, Reading] = field(default_factory=dict)
    told: Mapping[str, Sequence[Fact]] = field(default_factory=dict)


def proof(item: Item, checklist: Checklist, facts: Facts) -> Proof | None:
    """What the bot can say of an item now; None if it cannot, or if it is not the time to."""
    if item.tag == "announced" and facts.announced:
        return Proof(True, "the window is announced")
    if item.tag == "summary" and facts.summed_up:
        return Proof(True, "the summary is in the thread")
    if item.tag in HEALTH_TAGS and is_time(item.phase, checklist, facts.at):
        return _health(item, facts)
    return None


def is_time(phase: Phase, checklist: Checklist, now: datetime) -> bool:
    """Whether health counts for this phase: before the start, during the window, or after the work.

    The work is over when nothing of it is open any more, or the window is.
    """
    start, end = checklist.window_start, checklist.window_end
    if start is None or end is None or checklist.closed_at is not None:
        return False
    if phase is Phase.BEFORE:
        return now < start
    if phase is Phase.DURING:
        return start <= now < end
    return now >= end or (now >= start and not any(item.is_open for item in checklist.of(Phase.DURING)))


def called_for(item: Item) -> list[tuple[str, str]]:
    """What an item that is about services wants to know beyond that they are up: service and name of the fact."""
    words = set(_WORD.findall(item.text.casefold()))
    return [
        (service, fact)
        for service, fact, named in _CALLED_FOR
        if item.tag in ("health", service) and not words.isdisjoint(named)
    ]


def _health(item: Item, facts: Facts) -> Proof | None:
    tag, readings = item.tag, facts.readings
    asked = [one for name, one in readings.items() if tag in ("health", name) and one.state is not State.OFF]
    if not asked:
        return None
    bad = [one for one in asked if one.state is not State.UP]
    when = f"{asked[0].at:%Y-%m-%d %H:%M} UTC"
    if bad:
        causes = "; ".join(f"{one.service} is {one.state}" + (f" ({one.cause})" if one.cause else "") for one in bad)
        return Proof(False, f"{causes}, {when}")
    up = f"all {len(asked)} services are up" if tag == "health" else f"{tag} is up"
    wanted = [(service, name) for service, name in called_for(item) if any(one.service == service for one in asked)]
    told = [(service, fact) for service, name in wanted for fact in facts.told.get(service, ()) if fact.name == name]
    if odd := [f"{service}'s {fact.name}: {fact.text}" for service, fact in told if fact.is_told and not fact.is_good]:
        return Proof(False, f"{'; '.join(odd)}, {when}")
    if len(told) < len(wanted) or not all(fact.is_told for _, fact in told):
        return None  # it is up, and that is all that is known: people have to look
    return Proof(True, ", ".join([up, *(f"{fact.name}: {fact.text}" for _, fact in told), when]))


class Checkup(Protocol):
    """Asks the shared services."""

    async def ask(self) -> Report:
        """All of them at once; never raises for a service's sake."""


class Depths(Protocol):
    """Asks services for more than whether they are up."""

    async def ask(self, names: Sequence[str]) -> DeepReport:
        """These services. Raises NotFoundError for a name that it does not know."""


class EvidenceBoard(Protocol):
    """Where it is said that something is not true any more."""

    async def unproven(self, checklist: Checklist, item: Item, why: str) -> None:
        """Warns in the thread, once for each time that the item was ticked. Raises StoreAwayError."""


class Shown(Protocol):
    """Has checklists shown as they are."""

    async def show(self, checklist: Checklist) -> None:
        """Has the message show it. Raises UndeliveredError, StoreAwayError."""


@dataclass(frozen=True)
class EvidencePorts:
    """What the desk works with."""

    checklists: Checklists
    health: Checkup
    depths: Depths
    board: EvidenceBoard
    shown: Shown


class EvidenceDesk:
    """Looks at all running checklists now and then; what several bots find out at once is one tick."""

    def __init__(self, ports: EvidencePorts, clock: Clock) -> None:
        self._ports = ports
        self._clock = clock
        self._report: Report | None = None
        self._told: Mapping[str, Sequence[Fact]] = {}

    async def tick(self, checklists: Iterable[Checklist], heads: Iterable[Headed]) -> None:
        """Of those that nobody closed ticks what is proven, unticks what is not any more. Raises StoreAwayError."""
        now = self._clock()
        running = [one for one in checklists if one.window_end and one.window_end > now - AFTERWARDS]
        announced = {head.window.id: head for head in heads if head.is_held_after(now - AFTERWARDS)}
        items = [item for checklist in running for item in checklist.items if item.tag in HEALTH_TAGS]
        depths = {service for item in items for service, _ in called_for(item)}
        for checklist in running:
            if any(item.tag and not item.hands_off for item in checklist.items):
                await self._look(checklist, announced.get(checklist.window_id), depths, now)

    async def _look(self, checklist: Checklist, head: Headed | None, depths: Collection[str], now: datetime) -> None:
        wanted = any(item.tag in HEALTH_TAGS and is_time(item.phase, checklist, now) for item in checklist.items)
        readings = await self._readings(depths, now) if wanted else {}
        facts = Facts(now, head is not None, head is not None and head.is_summed_up, readings, self._told)
        for item in checklist.items:
            found = proof(item, checklist, facts)
            seen_at = self._report.at if item.tag in HEALTH_TAGS and self._report else now
            if found is not None and found.holds and item.is_open and not item.hands_off:
                await self._show(
                    await self._ports.checklists.prove(
                        checklist.window_id, item.number, Evidence(found.evidence, seen_at), now
                    )
                )
            elif (
                found is not None
                and not found.holds
                and _was_proven_before(item, seen_at)
                and _is_before_end(checklist, head, seen_at)
            ):
                # Said before it is done: a bot that dies in between leaves the tick, and the next one says it no more.
                await self._ports.board.unproven(checklist, item, found.evidence)
                await self._show(await self._ports.checklists.disprove(checklist.window_id, item.number, seen_at, now))

    async def _show(self, changed: Checklist | None) -> None:
        if changed is not None:
            with suppress(UndeliveredError):
                await self._ports.shown.show(changed)

    async def _readings(self, depths: Collection[str], now: datetime) -> Mapping[str, Reading]:
        if self._report is None or not timedelta(0) <= now - self._report.at < CHECK_EVERY:
            self._report = await self._ports.health.ask()
            up = [one.service for one in self._report.readings if one.service in depths and one.state is State.UP]
            self._told = {}
            if up:  # no names would mean all of them
                deep = await self._ports.depths.ask(up)
                self._told = {look.reading.service: look.facts for look in deep.looks}
        return {reading.service: reading for reading in self._report.readings}


def _was_proven_before(item: Item, look: datetime) -> bool:
    return item.is_proven and item.done_at is not None and item.done_at <= look


def _is_before_end(checklist: Checklist, head: Headed | None, now: datetime) -> bool:
    """A window that is under way goes on after its planned end, until somebody says that it has ended."""
    if head is not None and head.window.state is WindowState.UNDER_WAY:
        return True
    return checklist.window_end is not None and now < checklist.window_end
