"""What there is to say of a window when it is over: times, scope, ticks, what went wrong, how the services were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.checklist import Checklist, Kind, Remark
from bot.domain.clock import spelled
from bot.domain.health import Reading, State
from bot.domain.incident import Incident
from bot.domain.window_steps import named
from bot.domain.wording import all_were, counted

SUMMARY_TAG = "summary"  # the item that the summary itself does


@dataclass(frozen=True)
class Yes:
    """Somebody approved the scope, in a role."""

    role: str
    by: str


@dataclass(frozen=True)
class No:
    """Somebody rejected a scope: which one, and why. `until_then`: whose yes it took back while the window was on."""

    by: str
    at: datetime
    reason: str
    scope: str
    until_then: tuple[Yes, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """A scope that was approved when the window was under way, before another one took its place."""

    scope: str
    approvals: tuple[Yes, ...]


@dataclass(frozen=True)
class Held:
    """A window as its summary sees it; times are aware UTC.

    `head` is the message in `channel` that its thread hangs below. `frozen`, `excepted` and `rolled_back` are reasons,
    empty where it was not. `incident_id` is an emergency's own incident. `rejections` has every no to a scope, also to
    one that another replaced. `planned_end` is there if `end` was put off since. `set_back`: what is to be known of
    `actual_end`, where a clock was set back before it. `lacks`: the roles that never approved its scope.
    `earlier`: the scopes that it was held for before its last one.
    """

    id: str
    title: str
    start: datetime
    end: datetime
    channel: str
    head: str
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    scope: str = ""
    approvals: tuple[Yes, ...] = ()
    frozen: str = ""
    excepted: str = ""
    rolled_back: str = ""
    incident_id: str = ""
    rejections: tuple[No, ...] = ()
    planned_end: datetime | None = None
    set_back: str = ""
    lacks: tuple[str, ...] = ()
    rejected_by: str = ""
    earlier: tuple[Earlier, ...] = ()

    @property
    def without_scope(self) -> str:
        """What there is to say where nobody wrote what is to be done."""
        return f"none was written; it was about {self.incident_id}" if self.incident_id else "no work planned"

    @property
    def who_decided(self) -> set[str]:
        """Those who said yes or no to any of its scopes."""
        said_yes = [*self.approvals, *(yes for one in self.earlier for yes in one.approvals)]
        said_yes += [yes for no in self.rejections for yes in no.until_then]
        return {yes.by for yes in said_yes} | {no.by for no in self.rejections} | {self.rejected_by} - {""}

    @property
    def began(self) -> datetime:
        """When it began, as far as it is known."""
        return self.actual_start or self.start

    @property
    def ended(self) -> datetime:
        """When it ended, as far as it is known."""
        return self.actual_end or self.end


@dataclass(frozen=True)
class Snapshot:
    """How the services were at a moment."""

    at: datetime
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Dip:
    """A service was not up in `count` of the `asked` rounds during a window: the first of them, and the last."""

    service: str
    first: datetime
    last: datetime
    count: int
    asked: int


@dataclass(frozen=True)
class Ticks:
    """How far the checklist came: what is open, and what was waived with which reason, by number and text."""

    done: int
    total: int
    open_items: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()


@dataclass(frozen=True)
class During:
    """An incident that was opened during the window; `url` leads to its thread.

    `also` are the other windows that it was opened during: an emergency and the window around it both tell of it, and
    whoever reads both need not count it twice.
    """

    id: str
    title: str
    severity: str
    status: str
    url: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class WindowSummary:
    """The whole of it at `at`. `ticks` is None without a checklist, a snapshot if nobody took it.

    `firing`: the alerts that go on, None while the bot is not told of alerts. `dips` are the services that were not up
    at some time in between.
    """

    held: Held
    at: datetime
    ticks: Ticks | None = None
    deviations: tuple[Remark, ...] = ()
    lessons: tuple[Remark, ...] = ()
    incidents: tuple[During, ...] = ()
    before: Snapshot | None = None
    after: Snapshot | None = None
    firing: tuple[str, ...] | None = None
    dips: tuple[Dip, ...] = ()


def ticks_of(checklist: Checklist) -> Ticks:
    """The ticks of a checklist; the item that the summary itself does counts as done."""
    done = [item for item in checklist.items if item.is_done or (item.is_open and item.tag == SUMMARY_TAG)]
    return Ticks(
        len(done),
        len(checklist.items),
        tuple(f"{item.number}. {item.text}" for item in checklist.open_items if item not in done),
        tuple(f"{item.number}. {item.text} ({item.waived})" for item in checklist.items if item.waived_by),
    )


def remarks_of(checklist: Checklist | None) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
    """Deviations and lessons."""
    return (checklist.remarks(Kind.NOTE), checklist.remarks(Kind.LESSON)) if checklist else ((), ())


def during(incident: Incident, url: str, also: tuple[str, ...] = ()) -> During:
    """An incident as the summary names it."""
    return During(incident.id, incident.title, incident.severity.upper(), incident.status.value, url, also)


def lacked(held: Held) -> tuple[str, ...]:
    """Whose yes the scope never had, in one phrase: `the duty officer`; nothing where it had all."""
    return (named(held.lacks),) if held.lacks else ()


def timing(held: Held) -> str:
    """How the time it was held compares with the plan: `as planned`, or what was different."""
    parts = []
    if held.actual_start and abs((held.actual_start - held.start).total_seconds()) >= 60:
        parts.append(f"began {_away(held.actual_start, held.start)}")
    if held.set_back:
        parts.append(held.set_back)
    elif held.actual_end and abs((held.actual_end - held.end).total_seconds()) >= 60:
        parts.append(f"ended {_away(held.actual_end, held.end)}")
    return ", ".join(parts) or "as planned"


def _away(actual: datetime, planned: datetime) -> str:
    return f"{spelled(abs(actual - planned))} {'early' if actual < planned else 'late'}"


def compared(before: Snapshot | None, after: Snapshot | None, dips: Sequence[Dip] = ()) -> list[str]:
    """Health before, in between and after in words: one line if all was well, else one for each that was not."""
    if after is None:
        return ["Not checked at the end."]
    if not _on(after):
        return ["No services are switched on."]
    if before is None:
        return ["Not checked at the start.", *_each({}, after, dips)]
    lines = _each({reading.service: reading for reading in before.readings}, after, dips)
    return lines if any(not line.endswith("up before and after.") for line in lines) else [_fine(after)]


def _fine(after: Snapshot) -> str:
    return f"{all_were(len(_on(after)), 'service')} up before and after."


def _each(before: dict[str, Reading], after: Snapshot, dips: Sequence[Dip]) -> list[str]:
    between = {dip.service: _dipped(dip) for dip in dips}
    lines = {one.service: _line(before.get(one.service), one) + between.get(one.service, "") for one in _on(after)}
    steady = [service for service, line in lines.items() if line == f"{service}: up before and after."]
    if len(steady) < 2:
        return list(lines.values())
    eventful = [line for service, line in lines.items() if service not in steady]
    return [*eventful, f"{', '.join(steady)}: up before and after."]


def _dipped(dip: Dip) -> str:
    """` In between (…) it was not up …`: what two looks, before and after, do not see."""
    last = f"{dip.last:%H:%M}" if dip.last.date() == dip.first.date() else f"{dip.last:%Y-%m-%d %H:%M}"
    until = f" to {last}" if dip.last.replace(second=0, microsecond=0) > dip.first else ""
    when = f"{dip.first:%Y-%m-%d %H:%M}{until} UTC"
    return f" In between ({when}) it was not up in {dip.count} of {counted(dip.asked, 'check')}."


def _line(before: Reading | None, after: Reading) -> str:
    now = _state(after)
    if before is None or before.state is State.OFF:
        return f"{after.service}: {now} at the end."
    if before.state is after.state:
        return f"{after.service}: {now} before and after."
    word = "better" if after.state is State.UP else "worse" if before.state is State.UP else "different"
    return f"{after.service}: {_state(before)} before, {now} after ({word})."


def _state(reading: Reading) -> str:
    return (
        f"{reading.state} ({reading.cause})" if reading.cause and reading.state is not State.UP else str(reading.state)
    )


def _on(snapshot: Snapshot) -> list[Reading]:
    return [reading for reading in snapshot.readings if reading.state is not State.OFF]


def is_worse(before: Snapshot | None, after: Snapshot | None) -> bool:
    """Whether something that is switched on is not up at the end."""
    return after is not None and any(reading.state is not State.UP for reading in _on(after))


def in_a_sentence(summary: WindowSummary) -> str:
    """`9 of 12 items done, no incident, all services up`."""
    parts = [f"{summary.ticks.done} of {summary.ticks.total} items done" if summary.ticks else "no checklist"]
    parts.append(counted(len(summary.incidents), "incident") if summary.incidents else "no incident")
    if summary.held.rolled_back:
        parts.append("rolled back")
    if summary.after is not None and _on(summary.after):
        well = "all services up again" if summary.dips else "all services up"
        parts.append("not all services are up" if is_worse(summary.before, summary.after) else well)
    return ", ".join(parts)


def newest(remarks: Sequence[Remark], most: int) -> tuple[Sequence[Remark], int]:
    """The newest of them, and how many are left out."""
    return remarks[-most:], max(0, len(remarks) - most)
