"""Announces each rung of each window once: what is due follows from the clock, a claim decides who posts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.announcement import (
    Announcement,
    Ladder,
    Occasion,
    Rung,
    State,
    rungs,
    why_skip,
)
from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError
from bot.domain.rule import WindowRule
from bot.domain.window import Window, current_or_next, occurrences

CATCH_UP = timedelta(hours=24)  # windows that ended longer ago are nobody's business any more
AHEAD = timedelta(days=15)  # so far at least windows are planned; further if they are announced earlier


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

    async def emergencies(self, after: datetime) -> list[Window]:
        """The emergencies that end after that moment, in order."""

    async def of(self, window_id: str) -> dict[str, Announcement]:
        """What is known of the window's rungs, by key."""

    async def claim(self, rung: Rung) -> bool:
        """Whether it is ours to announce this rung: unique, for a while."""

    async def skip(self, rung: Rung, reason: str, now: datetime) -> bool:
        """Settles a rung that is not announced; False if somebody settled it before."""

    async def refused(self, rung: Rung, reason: str) -> bool:
        """Notes why a claimed rung cannot be announced now; False if that was noted before."""

    async def announced(self, rung: Rung, channel: str, ts: str, now: datetime) -> bool:
        """Settles a rung as announced, False if it was settled; the first of a window becomes its head."""

    async def head(self, window_id: str) -> Head | None:
        """The window's head, once there is one."""


class WindowBoard(Protocol):
    """Where windows are announced."""

    async def announce(self, rung: Rung, late: timedelta, head_ts: str | None, good_until: datetime) -> tuple[str, str]:
        """Posts a rung, or finds it posted: the head of the thread, or a reply to it. Channel and timestamp.

        Raises UndeliveredError when Slack refuses it, or has not taken it by `good_until`; in the past, that only
        looks for it.
        """

    async def refresh_head(self, head: Rung, late: timedelta, latest: Rung, step: int) -> None:
        """Has the head, told `late`, show where the window stands after `latest`; `step` grows with each rung."""


class AnnouncementMeter(Protocol):
    """Counts announcements."""

    def announced(self, rung: str, outcome: str) -> None:
        """One rung was settled as `announced`, `late` or `skipped`, or could not be: `refused`."""


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
        self._headed: dict[str, str] = {}  # the rung that each head was last made to show
        longest = max((length for _, length in self._ladder.before), default=timedelta(0))
        self._ahead = max(AHEAD, longest + timedelta(days=1))

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
        windows = list(occurrences(self._rule, now - CATCH_UP, now + self._ahead))
        windows += await self._records.emergencies(now - CATCH_UP)
        # Together, so that what goes wrong with one window does not keep another from being announced.
        outcomes = await asyncio.gather(*(self._see_to(window, now) for window in windows), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _see_to(self, window: Window, now: datetime) -> None:
        if window.id not in self._planned:
            await self._records.plan(window)
            self._planned.add(window.id)
        ladder = rungs(window, self._ladder)
        if ladder[0].due <= now and window.id not in self._finished:
            is_finished = await self._climb(window, ladder, now)
            await self._keep_head(window, ladder)
            if is_finished:
                self._finished.add(window.id)

    async def _climb(self, window: Window, ladder: list[Rung], now: datetime) -> bool:
        """Settles what is due, in order; whether nothing remains."""
        told = await self._records.of(window.id)
        is_finished = True
        for rung in ladder:
            if rung.due > now:
                return False
            known = told.get(rung.key)
            if known is not None and known.is_settled:
                continue
            reason = why_skip(rung, ladder, told, now)
            if known is None and reason:
                await self._skip(rung, reason, now)
            elif not await self._records.claim(rung):
                return False  # another bot is at it: the next rung waits, so that the thread keeps its order
            else:
                is_finished &= await self._announce(rung, reason)
            told = await self._records.of(window.id)
        return is_finished

    async def _skip(self, rung: Rung, reason: str, now: datetime) -> None:
        if await self._records.skip(rung, reason, now):
            self._meter.announced(rung.name, "skipped")
            await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.SKIPPED, reason)

    async def _announce(self, rung: Rung, reason: str) -> bool:
        """Announces a claimed rung; whether it is settled. With a `reason` not to, it is only looked for:

        a bot that claimed it may have posted it and died.
        """
        head = await self._records.head(rung.window.id)
        now = self._clock()
        late = rung.lateness(now)
        good_until = rung.due if reason else rung.good_until(now)
        try:
            channel, ts = await self._board.announce(rung, late, head.ts if head else None, good_until)
        except UndeliveredError as error:
            if reason:
                await self._skip(rung, reason, now)
            elif not error.is_stale and await self._records.refused(rung, error.reason):
                self._meter.announced(rung.name, "refused")
                await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.REFUSED, str(error))
            return bool(reason)
        if await self._records.announced(rung, channel, ts, self._clock()):
            self._meter.announced(rung.name, "late" if late else "announced")
            await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.DONE, f"{late} late" if late else "")
        return True

    async def _keep_head(self, window: Window, ladder: Sequence[Rung]) -> None:
        """Has the head show where the window stands after its latest rung; the head may have left the ladder."""
        told = await self._records.of(window.id)
        latest = next((rung for rung in reversed(ladder) if is_announced(told.get(rung.key))), None)
        if latest is None or self._headed.get(window.id) == latest.key:
            return
        head = await self._records.head(window.id)
        if head is not None and head.rung != latest.name:
            known = told.get(f"{window.id}/{head.rung}")
            told_at = (known.at if known else None) or latest.due
            gone = Rung(window, head.rung, Occasion.AHEAD, told_at)
            first = next((rung for rung in ladder if rung.name == head.rung), gone)
            # The moment it is due numbers a rung, whatever ladder it is on.
            step = int(latest.due.timestamp())
            await self._board.refresh_head(first, first.lateness(told_at), latest, step)
        self._headed[window.id] = latest.key


def is_announced(known: Announcement | None) -> bool:
    """Whether this rung's message is in the channel."""
    return known is not None and known.state is State.ANNOUNCED
