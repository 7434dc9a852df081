"""Windows and freezes as a calendar that other programs subscribe to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.freeze import Freeze, Freezes
from bot.domain.paper import Paper
from bot.domain.window import State, Window
from bot.domain.window_clock import WindowClock
from bot.domain.window_ports import Windows
from bot.errors import UserError

BACK, AHEAD = timedelta(days=30), timedelta(days=90)
GONE = (State.CANCELLED, State.MOVED, State.NOT_HELD)


@dataclass(frozen=True)
class Entry:
    """One entry of a calendar: the same `uid` replaces what was there, the higher `sequence` is newer.

    No scope and no reason of a person's: the file is served to whoever reaches the port.
    """

    uid: str
    start: datetime
    end: datetime
    title: str
    sequence: int
    is_off: bool = False


class Writer(Protocol):
    """Writes entries as a file."""

    @property
    def can_write(self) -> bool:
        """Whether its library is installed."""

    def write(self, entries: Sequence[Entry], now: datetime) -> bytes:
        """The file, as iCalendar (RFC 5545)."""


class Sharing(Protocol):
    """Gives files to people."""

    async def privately(self, who: str, papers: Sequence[Paper], about: str) -> None:
        """In the person's direct messages. Raises UserError."""


class NoWriterError(UserError):
    """The library is missing."""

    def __init__(self) -> None:
        super().__init__(
            "The calendar needs the library icalendar, which is not installed where the bot runs.",
            "Whoever runs the bot can install the extra `calendar`; `/maintenance` lists the windows.",
        )


class CalendarDesk:
    """Gives the calendar. Each method raises NoWriterError, StoreAwayError."""

    path = "/calendar.ics"

    def __init__(
        self,
        stores: tuple[Windows, Freezes],
        passing: WindowClock,
        writer: Writer,
        sharing: Sharing,
        clock: Clock,
    ) -> None:
        self._windows, self._freezes = stores
        self._passing = passing
        self._writer = writer
        self._sharing = sharing
        self._clock = clock

    async def file(self) -> bytes:
        """Everything of the last month and the next three."""
        if not self._writer.can_write:
            raise NoWriterError
        now = self._clock()
        windows = await self._windows.begun_between(now - BACK, now + AHEAD)
        counted = [window for window in windows if self._passing.counts(window, now)]
        freezes = [one for one in await self._freezes.current(now - BACK) if not one.is_void]
        counted += [_as_frozen(one, freezes) for one in self._passing.coming(now, now + AHEAD, windows)]
        entries = [*map(_window, counted), *map(_freeze, freezes)]
        return await asyncio.to_thread(self._writer.write, entries, now)

    async def send(self, who: str) -> None:
        """The same as a file in somebody's direct messages."""
        paper = Paper("maintenance.ics", await self.file(), "Maintenance windows and freezes")
        await self._sharing.privately(who, [paper], "the maintenance calendar")


def _as_frozen(window: Window, freezes: Sequence[Freeze]) -> Window:
    """What is planned only later, as it will be then."""
    freeze = next((one for one in freezes if one.holds(window)), None)
    return replace(window, frozen=freeze.reason) if freeze else window


def _window(window: Window) -> Entry:
    start = window.actual_start or window.start
    frozen = " (frozen)" if window.frozen else ""
    title = f"{window.title}{frozen} [{window.id}]"
    end = max(window.actual_end or window.end, start + timedelta(minutes=1))
    return Entry(window.id, start, end, title, window.version, window.state in GONE or bool(frozen))


def _freeze(freeze: Freeze) -> Entry:
    title = f"Maintenance freeze [{freeze.id}]"
    return Entry(freeze.id, freeze.start, freeze.over_at, title, int(freeze.lifted_at is not None))
