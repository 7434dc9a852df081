"""The runbook's log: incidents, and whatever else is logged there, as Markdown, newest first and by month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from bot.domain.clock import spelled
from bot.domain.emergency import Emergency
from bot.domain.export import iso
from bot.domain.incident import Incident
from bot.domain.markdown import inline, link, row
from bot.domain.window import State

MOST = 5_000  # rows; about 2 MB, and years of incidents
OUTCOME_SHOWN = 200  # characters; the incident's own export has all of it

_HEAD = ("Date (UTC)", "What", "ID", "Severity", "Title", "Owner", "Duration", "Resolution", "Thread")


@dataclass(frozen=True)
class Row:
    """One line of the log. `kind` is what it is ("incident"), `owner` a user id, `lasted` None while it is open."""

    kind: str
    at: datetime
    id: str
    title: str
    severity: str = ""
    owner: str = ""
    lasted: timedelta | None = None
    outcome: str = ""
    link: str = ""


@dataclass(frozen=True)
class Months:
    """What was asked for: one month by its first day, or with None all of them."""

    first: date | None = None

    @property
    def name(self) -> str:
        """`2026-11`, or nothing for all."""
        return f"{self.first:%Y-%m}" if self.first else ""

    @property
    def bounds(self) -> tuple[datetime | None, datetime | None]:
        """From when, included, to when, excluded."""
        if self.first is None:
            return None, None
        start = datetime(self.first.year, self.first.month, 1, tzinfo=UTC)
        return start, (start + timedelta(days=32)).replace(day=1)


def emergency_row(emergency: Emergency) -> Row:
    """An emergency's line: how long it was held, and the incident that has the rest."""
    window = emergency.window
    began, ended = window.actual_start or window.start, window.actual_end or window.end
    is_on = window.state is State.UNDER_WAY and not window.is_unrecorded
    outcome = f"see {emergency.incident_id}"
    return Row("emergency", began, window.id, window.title, lasted=None if is_on else ended - began, outcome=outcome)


def incident_row(incident: Incident, url: str) -> Row:
    """An incident as a row."""
    return Row(
        "incident",
        incident.opened_at,
        incident.id,
        incident.title,
        incident.severity.upper(),
        incident.owner,
        None if incident.is_open else incident.lasted(incident.opened_at),
        incident.resolution or (f"duplicate of {incident.duplicate_of}" if incident.duplicate_of else ""),
        url,
    )


def log(rows: Iterable[Row], total: int, names: Mapping[str, str], at: datetime, months: Months) -> str:
    """The log as Markdown. `total` is how many there are; if that is more than `rows` has, the log says so."""
    ordered = sorted(rows, key=lambda one: one.at, reverse=True)
    what = f" of {months.name}" if months.name else ""
    lines = [
        f"# Incidents and emergencies{what}",
        "",
        f"Written {iso(at)}; newest first. {_count(len(ordered), total)}",
    ]
    for month, those in groupby(ordered, key=lambda one: f"{one.at.astimezone(UTC):%Y-%m}"):
        lines += ["", f"## {month}", "", row(_HEAD), row(["---"] * len(_HEAD))]
        lines += [row(_cells(one, names)) for one in those]
    return "\n".join(lines) + "\n"


def _count(shown: int, total: int) -> str:
    if total > shown:
        return f"The newest {shown:,} of {total:,} are shown: `/ops runbook 2026-11` gives one month."
    return {0: "There is none.", 1: "There is one."}.get(shown, f"There are {shown:,}.")


def _cells(one: Row, names: Mapping[str, str]) -> Sequence[str]:
    outcome = " ".join(one.outcome.split())
    short = outcome if len(outcome) <= OUTCOME_SHOWN else outcome[: OUTCOME_SHOWN - 1].rstrip() + "…"
    return (
        f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M}",
        inline(one.kind),
        inline(one.id),
        inline(one.severity),
        inline(one.title),
        inline(names.get(one.owner) or one.owner) or "–",
        "open" if one.lasted is None else spelled(one.lasted),
        inline(short) or "–",
        link(one.link, "thread") if one.link else "–",
    )
