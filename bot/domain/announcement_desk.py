"""Announces each rung of each window once: what is due follows from the clock, a claim decides who posts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.announcement import (
    Announcement,
    Ladder,
    Rung,
    State,
    rungs,
    why_skip,
)
from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.clock import Clock
from bot.domain.rule import WindowRule
from bot.domain.window import Window, current_or_next, occurrences

CATCH_UP = timedelta(hours=24)  # windows that ended longer ago are nobody's business any more
AHEAD = timedelta(days=15)


@dataclass(frozen=True)
class Timetable:
    """The settings behind all announcements: when windows are, and what is told when."""

    rule: WindowRule
    ladder: Ladder


@dataclass(frozen=True)
class Head:
    """The first message of a window: its timestamp, and the name of the rung it was posted for."""

    ts: str
    rung: str


class Announcements(Protocol):
    """Where windows and their announcements are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def plan(self, window: Window) -> None:
        """Keeps a window, if it is not known."""

    async def of(self, window_id: str) -> dict[str, Announcement]:
        """What is known of the window's rungs, by key."""

    async def claim(self, rung: Rung) -> bool:
        """Whether it is ours to announce this rung: unique, for a while."""

    async def skip(self, rung: Rung, reason: str, now: datetime) -> bool:
        """Settles a rung without announcing it; False if somebody else had it."""

    async def announced(self, rung: Rung, channel: str, ts: str, now: datetime) -> None:
        """Settles a rung as announced; the first of a window becomes its head."""

    async def head(self, window_id: str) -> Head | None:
        """The window's head, once there is one."""


class WindowBoard(Protocol):
    """Where windows are announced."""

    async def announce(self, rung: Rung, late: timedelta, head_ts: str | None) -> tuple[str, str]:
        """Posts a rung, or finds it posted: the head of the thread, or a reply to it. Channel and timestamp."""

    async def refresh_head(self, head: Rung, late: timedelta, latest: Rung, step: int) -> None:
        """Has the head, told `late`, show where the window stands after `latest`; `step` grows with each rung."""


class AnnouncementMeter(Protocol):
    """Counts announcements."""

    def announced(self, rung: str, outcome: str) -> None:
        """One rung was settled as `announced`, `late` or `skipped`."""


class AnnouncementDesk:
    """Follows the weekly rule and climbs each window's ladder."""

    def __init__(
        self,
        timetable: Timetable,
        records: Announcements,
        board: WindowBoard,
        audit: AuditDesk,
        meter: AnnouncementMeter,
        clock: Clock,
    ) -> None:
        self._rule = timetable.rule
        self._ladder = timetable.ladder
        self._records = records
        self._board = board
        self._audit = audit
        self._meter = meter
        self._clock = clock
        self._finished: set[str] = set()
        self._planned: set[str] = set()

    def coming(self, count: int = 3) -> list[tuple[Window, list[Rung]]]:
        """The current and the next windows with their rungs. Follows from the rule alone."""
        now = self._clock()
        windows = occurrences(self._rule, now, now + timedelta(days=8 * count + 7))
        return [(window, rungs(window, self._ladder)) for window, _ in zip(windows, range(count), strict=False)]

    def current_or_next(self) -> Window:
        """The window under way, else the next one."""
        return current_or_next(self._rule, self._clock())

    def with_id(self, window_id: str) -> Window | None:
        """The window of the rule with this ID, if it is within three weeks."""
        now = self._clock()
        near = occurrences(self._rule, now - timedelta(days=22), now + timedelta(days=22))
        return next((window for window in near if window.id == window_id), None)

    async def told(self, window: Window) -> dict[str, Announcement]:
        """What was announced of a window, by key. Raises StoreAwayError."""
        return await self._records.of(window.id)

    async def tick(self) -> None:
        """Announces what is due and nobody announced. Raises StoreAwayError; the next tick goes on from there."""
        now = self._clock()
        for window in occurrences(self._rule, now - CATCH_UP, now + AHEAD):
            if window.id not in self._planned:
                await self._records.plan(window)
                self._planned.add(window.id)
            ladder = rungs(window, self._ladder)
            if ladder[0].due <= now and window.id not in self._finished:
                await self._climb(window, ladder, now)

    async def _climb(self, window: Window, ladder: list[Rung], now: datetime) -> None:
        told = await self._records.of(window.id)
        for rung in ladder:
            if rung.due > now:
                return
            if rung.key in told and told[rung.key].is_settled:
                continue
            # A rung somebody claimed and did not finish is taken over by its claim: it may be in the channel already.
            reason = "" if rung.key in told else why_skip(rung, ladder, told, now)
            if reason:
                await self._skip(rung, reason, now)
            elif not await self._announce(rung, ladder, told):
                return  # another bot is at it: the next rung waits, so that the thread keeps its order
            told = await self._records.of(window.id)
        self._finished.add(window.id)

    async def _skip(self, rung: Rung, reason: str, now: datetime) -> None:
        if await self._records.skip(rung, reason, now):
            self._meter.announced(rung.name, "skipped")
            await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.SKIPPED, reason)

    async def _announce(self, rung: Rung, ladder: list[Rung], told: dict[str, Announcement]) -> bool:
        if not await self._records.claim(rung):
            return False
        head = await self._records.head(rung.window.id)
        late = rung.lateness(self._clock())
        channel, ts = await self._board.announce(rung, late, head.ts if head else None)
        if head is not None:
            first = next(other for other in ladder if other.name == head.rung)
            told_at = told[first.key].at or first.due
            await self._board.refresh_head(first, first.lateness(told_at), rung, ladder.index(rung) + 1)
        await self._records.announced(rung, channel, ts, self._clock())
        self._meter.announced(rung.name, "late" if late else "announced")
        await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.DONE, f"{late} late" if late else "")
        return True


def is_announced(known: Announcement | None) -> bool:
    """Whether this rung's message is in the channel."""
    return known is not None and known.state is State.ANNOUNCED
