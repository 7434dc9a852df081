"""Freezes: periods in which windows are not held, unless the tech lead excepts one.

(made) ──start──▶ in force ──end, or lifted──▶ over          lifted before its start: nothing is told of it
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.domain.window import State, Window

MOST = timedelta(days=366)


@dataclass(frozen=True)
class Freeze:
    """One freeze from `start` to `end` (aware, UTC). `id` is `FRZ-YYYYMMDD-HHMM` of its start, or of a minute after it
    where another has that name. `lifted_at`, `lifted_by`: it was taken back."""

    id: str
    start: datetime
    end: datetime
    reason: str
    by: str
    made_at: datetime
    lifted_by: str = ""
    lifted_at: datetime | None = None

    @property
    def over_at(self) -> datetime:
        """When it ends, or ended."""
        return min(self.lifted_at, self.end) if self.lifted_at else self.end

    @property
    def is_void(self) -> bool:
        """Whether it was lifted before it began."""
        return self.over_at <= self.start

    def holds(self, window: Window) -> bool:
        """Whether any of the window's time lies in it. One that was lifted keeps nothing from being held any more."""
        return self.lifted_at is None and window.overlaps(self.start, self.end)

    def overtakes(self, window: Window, now: datetime) -> bool:
        """Whether it is in force, or will be, while a window that is under way lasts: until its end is recorded."""
        is_on = window.state is State.UNDER_WAY and not window.is_emergency and window.exemption is None
        return is_on and now < self.over_at and not self.is_void and self.start < max(window.end, now)


@dataclass(frozen=True)
class FreezeRung:
    """The announcement of a freeze's `start` or `end`; as `announcement.Rung` is for windows."""

    freeze: Freeze
    name: str
    due: datetime

    @property
    def subject(self) -> str:
        """The freeze's ID."""
        return self.freeze.id

    @property
    def key(self) -> str:
        """`FRZ-20261220-0000/start`."""
        return f"{self.freeze.id}/{self.name}"


class Freezes(Protocol):
    """Where freezes are kept. Each method raises StoreAwayError."""

    async def add(self, freeze: Freeze) -> bool:
        """Keeps a new one; False if its ID is taken."""

    async def get(self, freeze_id: str) -> Freeze | None:
        """The one with this ID."""

    async def lift(self, freeze_id: str, who: str, now: datetime) -> bool:
        """Ends one now; False if it was lifted before."""

    async def current(self, since: datetime) -> list[Freeze]:
        """Those that end after `since`, in order of their start."""


def freeze_id(start: datetime) -> str:
    """`FRZ-20261220-0000` for a start at 2026-12-20 00:00 UTC."""
    return f"FRZ-{start.astimezone(UTC):%Y%m%d-%H%M}"


def rungs(freeze: Freeze) -> list[FreezeRung]:
    """What is announced of a freeze."""
    if freeze.is_void:
        return []
    return [FreezeRung(freeze, "start", freeze.start), FreezeRung(freeze, "end", freeze.over_at)]
