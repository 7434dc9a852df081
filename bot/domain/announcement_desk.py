"""Announces each rung of each window once: what is due follows from records and clock, a claim decides who posts."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.announcement import Announcement, Ladder, Occasion, Rung, State, is_answered, rungs, why_skip
from bot.domain.announcement_ports import AnnouncementMeter, Announcements, WindowBoard
from bot.domain.approval import Rights
from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.clock import spelled
from bot.domain.freeze import Freeze
from bot.domain.outbox import UndeliveredError
from bot.domain.presence import Able
from bot.domain.window import Deed, Window
from bot.domain.window import State as Standing
from bot.domain.window_clock import WindowClock
from bot.domain.window_news import WindowNews
from bot.domain.window_ports import Windows

NOT_DUE = "it is not due any more"
_TOLD_BY = {Occasion.START: Deed.BEGAN, Occasion.END: Deed.ENDED}


class AnnouncementDesk:
    """Lets time pass for the windows, climbs each one's ladder, and tells what was done to it."""

    def __init__(
        self,
        ladder: Ladder,
        passing: WindowClock,
        ports: tuple[Windows, Announcements, WindowBoard, AnnouncementMeter],
        news: WindowNews,
        rights: Rights,
        audit: AuditDesk,
    ) -> None:
        self.ladder = ladder
        self._passing = passing
        self._windows, self._records, self._board, self._meter = ports
        self._news = news
        self._rights = rights
        self._audit = audit
        self._clock = passing.clock
        self._finished: dict[str, int] = {}  # the version of which nothing remains to be said
        self._headed: dict[str, tuple[int, Able]] = {}  # what each head was last made to show, and whom

    async def told(self, window: Window) -> dict[str, Announcement]:
        """What was announced of a window, by key. Raises StoreAwayError."""
        return await self._records.of(window.id)

    async def tick(self, freezes: Sequence[Freeze]) -> None:
        """Announces what is due and nobody announced. Raises StoreAwayError; the next tick goes on from there."""
        now = self._clock()  # one moment for all: at the end of a window its rung goes by the step that the end is
        windows = await self._passing.tick(now, freezes)
        # Together, so that what goes wrong with one window does not keep another from being announced.
        outcomes = await asyncio.gather(*(self._see_to(window, now) for window in windows), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _see_to(self, window: Window, now: datetime) -> None:
        if self._finished.get(window.id) == window.version:
            return
        approvers = await self._rights.approvers(window)
        await self._news.name_approvers(window, approvers)
        ladder = rungs(window, self.ladder)
        if ladder[0].due > now and not window.head and not window.untold:
            return
        is_finished, told = await self._climb(window, ladder, now)
        is_finished &= await self._news.tell(window, told, window.head or await self._head_ts(window))
        await self._keep_head(window, ladder, told, approvers)
        if is_finished and not window.is_live:
            self._finished[window.id] = window.version

    async def _head_ts(self, window: Window) -> str:
        head = await self._records.head(window.id)
        return head.ts if head else ""

    async def _climb(self, window: Window, ladder: list[Rung], now: datetime) -> tuple[bool, dict[str, Announcement]]:
        """Settles what is due, in order; whether nothing remains, and what is announced then."""
        told = await self._records.of(window.id)
        if await self._has_cleared_up(window, ladder, told, now):
            told = await self._records.of(window.id)
        is_off = window.state in (Standing.CANCELLED, Standing.MOVED)
        is_finished = True
        for rung in ladder:
            known = told.get(rung.key)
            if rung.due > now:
                return is_finished and is_off, told
            if (known is not None and known.is_settled) or (known is None and is_off):
                continue
            is_settled = await self._settle(rung, ladder, told, now)
            told = await self._records.of(window.id)
            if is_settled is None:
                return False, told
            is_finished &= is_settled
        return is_finished, told

    async def _settle(
        self, rung: Rung, ladder: Sequence[Rung], told: Mapping[str, Announcement], now: datetime
    ) -> bool | None:
        """Announces or skips a rung; whether it is settled. None: the next one waits, so the thread keeps its order."""
        is_new, reason = rung.key not in told, why_skip(rung, ladder, told, now)
        if is_new and reason:
            await self._skip(rung, reason, now)
            return True
        if is_new and not await self._is_its_turn(rung, told):
            return None
        if not await self._records.claim(rung):
            return None  # another bot is at it
        if await self._has_changed(rung.window):
            # Only what nobody may have posted is given back; the rest is looked for under the new circumstances.
            await self._records.release(rung)
            return None
        return await self._announce(rung, reason)

    async def _is_its_turn(self, rung: Rung, told: Mapping[str, Announcement]) -> bool:
        """Whether the thread has all that was done before the start or the end that a rung tells of; that is told."""
        deed = _TOLD_BY.get(rung.occasion)
        act = rung.window.latest(deed) if deed else None
        head = await self._records.head(rung.window.id) if act else None
        return act is None or head is None or await self._news.tell(rung.window, told, head.ts, before=act.version)

    async def _has_changed(self, window: Window) -> bool:
        """Read after the claim: whoever changes a window looks for claims afterwards, so one sees the other."""
        known = await self._windows.get(window.id)
        return known is not None and known.version != window.version

    async def _has_cleared_up(
        self, window: Window, ladder: Sequence[Rung], told: Mapping[str, Announcement], now: datetime
    ) -> bool:
        """Settles what a bot claimed and left, and what is not due (any more) since the window was changed."""
        due = {rung.key for rung in ladder if rung.due <= now}
        left = [one for one in told.values() if one.state is State.CLAIMED and one.key not in due]
        for known in left:
            rung = Rung(window, known.rung, Occasion.AHEAD, known.due or window.start)
            if await self._records.claim(rung):
                await self._announce(rung, NOT_DUE)
        return bool(left)

    async def _skip(self, rung: Rung, reason: str, now: datetime) -> None:
        if reason == NOT_DUE:
            await self._records.release(rung, was_sought=True)
        elif await self._records.skip(rung, reason, now):
            self._meter.announced(rung.name, "skipped")
            await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.SKIPPED, reason)

    async def _announce(self, rung: Rung, reason: str) -> bool:
        """Announces a claimed rung; whether it is settled. With a `reason` not to, it is only looked for:

        a bot that claimed it may have posted it and died.
        """
        head = await self._records.head(rung.window.id)
        rung = replace(rung, approvers=await self._rights.approvers(rung.window))
        now = self._clock()
        late = rung.lateness(now)
        good_until = min(rung.due, now) if reason else rung.good_until(now)
        try:
            posted = await self._board.announce(rung, late, head.ts if head else None, good_until)
        except UndeliveredError as error:
            if reason:
                await self._skip(rung, reason, now)
            elif not error.is_stale and await self._records.refused(rung, error.reason):
                self._meter.announced(rung.name, "refused")
                await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.REFUSED, str(error))
            return bool(reason)
        if await self._records.announced(rung, posted, self._clock()):
            self._meter.announced(rung.name, "late" if late else "announced")
            await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.DONE, f"{spelled(late)} late" if late else "")
        return True

    async def _keep_head(
        self, window: Window, ladder: Sequence[Rung], told: Mapping[str, Announcement], approvers: Able
    ) -> None:
        """Has the head show where the window stands; the rung that it was posted for may have left the ladder.

        What told of a start that is held up names who may approve it now.
        """
        announced = [one for one in told.values() if one.state is State.ANNOUNCED]
        # Each act and each rung is one step, so of two heads the one with the higher number is right.
        step = window.version + len(announced)
        if not announced or self._headed.get(window.id) == (step, approvers):
            return
        head = await self._records.head(window.id)
        if head is not None:
            for asked in announced:
                if asked.due and asked.rung != head.rung and is_answered(asked, window):
                    await self._board.answered(window, asked.key, asked.due)
            known = told.get(f"{window.id}/{head.rung}")
            told_at = (known.at if known else None) or window.start
            gone = Rung(window, head.rung, Occasion.AHEAD, told_at)
            first = next((rung for rung in ladder if rung.name == head.rung), gone)
            # What was told of an end that was put off since is not where it stands.
            due = [rung for rung in ladder if rung.due <= self._clock()]
            latest = next((rung for rung in reversed(due) if is_announced(told.get(rung.key))), first)
            latest = replace(latest, approvers=approvers)
            await self._board.refresh_head(first, first.lateness(told_at), latest, step)
            if latest.is_held_up and latest.key != first.key:
                said_at = told[latest.key].at or latest.due
                await self._board.refresh_held_up(latest, latest.lateness(said_at))
        self._headed[window.id] = (step, approvers)


def is_announced(known: Announcement | None) -> bool:
    """Whether this rung's message is in the channel."""
    return known is not None and known.state is State.ANNOUNCED
