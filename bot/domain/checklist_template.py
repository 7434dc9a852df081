"""What every checklist begins with: the team's own list of items in four phases, each version kept, or the guide's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.audit import AuditDesk
from bot.domain.checklist import Checklist, Item, Phase
from bot.domain.clock import Clock
from bot.domain.health import SERVICES
from bot.domain.role import RoleDesk
from bot.domain.window import Window
from bot.domain.wording import counted
from bot.errors import ConflictError, NotFoundError

# What the bot can prove: the window is announced, its summary is posted, a service is up (`health`: all of them).
HEALTH_TAGS = ("health", *SERVICES)
TAGS = ("announced", "summary", *HEALTH_TAGS)

_DUE = re.compile(r"(start|end)(?:([+-])(?:([0-9]{1,3})h)?(?:([0-9]{1,4})m)?)?")


@dataclass(frozen=True)
class Line:
    """An item of the template. `due` is `start-30m`, `end` or the like; `assignee` the name of a role."""

    phase: Phase
    text: str
    tag: str = ""
    assignee: str = ""
    due: str = ""

    @property
    def typed(self) -> str:
        """The line as it is written in the form."""
        parts = [self.text]
        if self.tag:
            parts.append(f"[bot:{self.tag}]")
        if self.assignee:
            parts.append(f"@{self.assignee}")
        if self.due:
            parts.append(f"by {self.due}")
        return " ".join(parts)


@dataclass(frozen=True)
class Template:
    """One version of the list; version 0 is the guide's."""

    version: int
    lines: tuple[Line, ...]
    saved_by: str = ""
    saved_at: datetime | None = None

    def of(self, phase: Phase) -> str:
        """The lines of one phase as they are written in the form."""
        return "\n".join(line.typed for line in self.lines if line.phase is phase)


GUIDE = Template(
    0,
    (
        Line(Phase.BEFORE, "Announce the window", "announced"),
        Line(Phase.BEFORE, "Snapshot configs"),
        Line(Phase.BEFORE, "Verify the rollback plan"),
        Line(Phase.DURING, "Execute the runbook steps"),
        Line(Phase.DURING, "Log deviations"),
        Line(Phase.DURING, "Monitor the dashboards"),
        Line(Phase.AFTER, "Check the Prometheus targets", "prometheus"),
        Line(Phase.AFTER, "Check the Grafana SLOs", "grafana"),
        Line(Phase.AFTER, "Check the Loki logs", "loki"),
        Line(Phase.TELLING, "Post the summary", "summary"),
        Line(Phase.TELLING, "Document the lessons learned"),
        Line(Phase.TELLING, "Update the incident tracker"),
    ),
)


def due_at(rule: str, start: datetime, end: datetime) -> datetime | None:
    """The moment that `start-30m` or `end+1h` means for this window; None for no rule."""
    found = _DUE.fullmatch(rule)
    if found is None:
        return None
    away = timedelta(hours=int(found[3] or 0), minutes=int(found[4] or 0))
    return (start if found[1] == "start" else end) + (-away if found[2] == "-" else away)


@dataclass(frozen=True)
class Place:
    """Where a checklist is posted: in a channel, in the window's thread if it has one by then."""

    channel: str
    thread_ts: str | None = None


@dataclass(frozen=True)
class Start:
    """A checklist is started by `who`, with the people who have roles at the window's start, by their role's name."""

    window: Window
    place: Place
    who: str
    at: datetime
    people: Mapping[str, str]


def started(template: Template, start: Start) -> Checklist:
    """A fresh checklist from the template. An item for a role is for whoever has it, else for the role."""
    window = start.window
    items = tuple(
        Item(
            number,
            line.phase,
            line.text,
            tag=line.tag,
            assignee=start.people.get(line.assignee) or line.assignee,
            role=line.assignee,
            due_rule=line.due,
            due=due_at(line.due, window.start, window.end),
        )
        for number, line in enumerate(_in_order(template.lines), start=1)
    )
    return Checklist(
        window.id,
        start.place.channel,
        start.who,
        start.at,
        items,
        thread_ts=start.place.thread_ts,
        window_start=window.start,
        window_end=window.end,
        template=template.version,
    )


def on_window(checklist: Checklist, window: Window) -> Checklist:
    """The checklist of a window whose start or end has changed."""
    items = tuple(
        replace(item, due=due_at(item.due_rule, window.start, window.end) if item.due_rule else item.due)
        for item in checklist.items
    )
    return replace(
        checklist, items=items, window_start=window.start, window_end=window.end, version=checklist.version + 1
    )


def _in_order(lines: Sequence[Line]) -> list[Line]:
    return [line for phase in Phase for line in lines if line.phase is phase]


class Templates(Protocol):
    """Where versions are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def newest(self) -> Template | None:
        """The one with the highest version."""

    async def get(self, version: int) -> Template | None:
        """The one with this version."""

    async def add(self, template: Template) -> bool:
        """Keeps a version; False if there is one of this number."""


class TemplateDesk:
    """Shows and changes the template. Any role may change it; what was started before stays as it is."""

    def __init__(self, templates: Templates, roles: RoleDesk, audit: AuditDesk, clock: Clock) -> None:
        self._templates = templates
        self._roles = roles
        self._audit = audit
        self._clock = clock

    async def newest(self) -> Template:
        """The version that the next checklist begins with. Raises StoreAwayError."""
        return await self._templates.newest() or GUIDE

    async def get(self, version: int) -> Template:
        """One version. Raises NotFoundError, StoreAwayError."""
        found = GUIDE if version == 0 else await self._templates.get(version)
        if found is None:
            newest = await self.newest()
            raise NotFoundError(f"There is no version {version}.", f"The newest is {newest.version}; 0 is the guide's.")
        return found

    async def check(self, who: str) -> Template:
        """The newest version, if this person may change it. Raises RefusedError, StoreAwayError."""
        await self._roles.must_have_one(who, "change the checklist's template")
        return await self.newest()

    async def save(self, who: str, lines: Sequence[Line], seen: int) -> Template:
        """Keeps a new version; `seen` is the one that it was made from.

        Raises RefusedError, StoreAwayError, ConflictError if somebody saved another one meanwhile.
        """
        known = await self.check(who)
        if tuple(lines) == tuple(_in_order(known.lines)):
            return known  # pressed twice, or nothing changed
        template = Template(seen + 1, tuple(lines), who, self._clock())
        if known.version != seen or not await self._templates.add(template):
            newest = await self.newest()
            raise ConflictError(
                f"Version {newest.version} was saved meanwhile", "Nothing was changed.", by=newest.saved_by
            )
        await self._audit.wrote(
            who, "change template", f"checklist v{template.version}", detail=counted(len(lines), "item")
        )
        return template
