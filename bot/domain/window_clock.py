"""What the clock does to windows: plans the weekly ones, begins and ends those that need no word, marks frozen ones."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import window_steps as steps
from bot.domain.announcement import Ladder
from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock
from bot.domain.freeze import Freeze
from bot.domain.rule import WindowRule
from bot.domain.weekly import occurrences
from bot.domain.window import Deed, State, Window
from bot.domain.window_ports import Booking, Calendar, Windows

CATCH_UP = timedelta(hours=24)  # windows that ended longer ago are nobody's business any more
AHEAD = timedelta(days=15)  # so far at least windows are planned; further if they are announced earlier
PATIENCE, PAUSE = 10, 0.05  # looks, and seconds between them, for a window whose time is booked already
_IN_FREEZES = (Deed.OVERTAKEN, Deed.THAWED, Deed.EXCEPTED)  # what a window that is under way has to do with them
LOST = timedelta(minutes=1)  # a time booked so long ago for a window that is not there was left by a bot that died


class WindowClock:
    """Plans windows and lets time pass for them. What is in MongoDB decides; the rule only makes new ones."""

    def __init__(
        self,
        rule: WindowRule,
        ladder: Ladder,
        stores: tuple[Windows, Calendar],
        audit: AuditDesk,
        clock: Clock,
    ) -> None:
        self.rule = rule
        self._windows, self._calendar = stores
        self._audit = audit
        self.clock = clock
        self._has_set_rule = False
        self._is_outdone = False
        self._planned: set[str] = set()
        self._crowded: set[str] = set()  # occurrences whose time another window has
        longest = max((length for _, length in ladder.before), default=timedelta(0))
        self.ahead = max(AHEAD, longest + timedelta(days=1))

    async def tick(self, now: datetime, freezes: Sequence[Freeze]) -> list[Window]:
        """The windows around this moment, each where it stands at it in these freezes. Raises StoreAwayError."""
        if not self._has_set_rule:
            await self._calendar.set_rule(str(self.rule))
            self._has_set_rule = True
        # Of bots with different settings, as while they are replaced, the one that started last is right.
        self._is_outdone = await self._calendar.rule() != str(self.rule)
        for window in occurrences(self.rule, now - CATCH_UP, now + self.ahead):
            if window.id not in self._planned and not self._is_outdone:
                await self.plan(window)
        windows = await self._windows.current(now - CATCH_UP)
        # Together, so that what goes wrong with one window does not keep another from being begun.
        stepped = await asyncio.gather(*(self._stepped(one, freezes, now) for one in windows), return_exceptions=True)
        for outcome in stepped:
            if isinstance(outcome, BaseException):
                raise outcome
        return [window for window in stepped if isinstance(window, Window) and self.counts(window, now)]

    async def plan(self, window: Window) -> bool:
        """Keeps an occurrence of the rule, unless its time is taken; whether it is kept."""
        known = await self._windows.get(window.id)
        again = self._again(known)
        # One that has begun has its time, which may be longer by now than the rule's.
        is_to_come = window.end > self.clock() and (known is None or known.state is State.PLANNED or again is not None)
        if is_to_come and not await self.book(window) and (known is None or not known.is_altered):
            self._crowded.add(window.id)
            return False
        self._crowded.discard(window.id)
        if known is None:
            await self._windows.add(window)
        elif again is not None and await self._windows.save(again, known.version):
            await self._audit.wrote(SYSTEM, f"window {Deed.RESTORED}", window.id)
        self._planned.add(window.id)
        return True

    def _again(self, known: Window | None) -> Window | None:
        """An occurrence that another rule called off, planned again: it is the rule's once more, and still to come."""
        now = self.clock()
        if known is None or known.state is not State.CANCELLED or now >= known.start:
            return None
        called_off = known.latest(Deed.CANCELLED)
        return steps.returned(known, now) if called_off is not None and called_off.by == SYSTEM else None

    async def book(self, window: Window, besides: str = "") -> bool:
        """Takes the window's time; False if another has it."""
        return await self.in_the_way(window, besides) is None

    async def in_the_way(self, window: Window, besides: str = "", *, is_new: bool = False) -> Window | None:
        """Takes the window's time, or tells which window has it. What was left by others that ended is cleared away."""
        start = min(window.start, window.actual_start or window.start)
        patience = PATIENCE
        while not await self._calendar.book(Booking(window.id, start, window.end, self.clock(), is_new), besides):
            for other in await self._calendar.booked(start, window.end):
                if other.window_id in ((besides,) if is_new else (window.id, besides)):
                    continue
                known = await self._windows.get(other.window_id)
                if known is not None and await self._has_its_time(known):
                    return known
                if known is not None or self.clock() - other.at > LOST:
                    await self._calendar.release(other)
                elif patience:
                    patience -= 1
                    await asyncio.sleep(PAUSE)  # another is making it just now, and tells so in a moment
                else:
                    return Window(other.window_id, other.start, other.end, "being made just now")
        return None

    async def _has_its_time(self, window: Window) -> bool:
        """Whether it is on, or about to be again: moved back by a bot that is not done yet."""
        if window.is_live:
            return self._is_outdone or self.counts(window, self.clock())
        other = await self._windows.get(window.moved_to) if window.moved_to else None
        return other is not None and other.moved_to == window.id

    def coming(self, after: datetime, before: datetime, kept: Sequence[Window]) -> list[Window]:
        """The rule's windows of that time that are not kept (yet): none whose time one of the `kept` ones has."""
        known, now = {window.id for window in kept}, self.clock()
        on = [one for one in kept if one.is_live and not one.is_emergency and self.counts(one, now)]
        found = [one for one in occurrences(self.rule, after, before) if one.id not in known]
        return [one for one in found if not any(other.overlaps(one.start, one.end) for other in on)]

    async def occupied(self, wanted: Window, besides: str = "") -> Window | None:
        """Another window of the weekly rule at that time, kept or not made yet, that is on."""
        margin = timedelta(days=2)
        for other in occurrences(self.rule, wanted.start - margin, wanted.end + margin):
            if other.overlaps(wanted.start, wanted.end) and other.id not in (wanted.id, besides):
                known = await self._windows.get(other.id)
                if known.is_live if known else other.id not in self._crowded:
                    return known or other
        return None

    async def release(self, window: Window) -> None:
        """Frees the time of a window that is not held, or not longer."""
        for one in await self._calendar.booked(window.start - steps.EARLY, window.end):
            if one.window_id == window.id:
                await self._calendar.release(one)

    def counts(self, window: Window, now: datetime) -> bool:
        """Whether a window is one of ours: not one that only an earlier rule made, of which nobody was told."""
        if window.is_altered or window.head or window.state is not State.PLANNED:
            return True
        if self._is_outdone or window.id in self._crowded:
            return False
        around = occurrences(self.rule, window.start - timedelta(days=1), window.end + timedelta(days=1))
        return any(one.id == window.id for one in around)

    async def _stepped(self, window: Window, freezes: Sequence[Freeze], now: datetime) -> Window:
        """The window after all steps that its time asks for; as somebody else left it, if they were quicker."""
        while (after := self._next(window, freezes, now)) is not None:
            if await self._windows.save(after, window.version):
                act = after.acts[-1]
                await self._audit.wrote(SYSTEM, f"window {act.deed}", window.id, detail=act.text)
                if not after.is_live:
                    await self.release(after)
                window = after
            else:
                window = await self._windows.get(window.id) or after
        return window

    def _next(self, window: Window, freezes: Sequence[Freeze], now: datetime) -> Window | None:
        """The window one step on, or None if nothing is due."""
        if window.is_unrecorded:
            return steps.adopted(window, now)
        if window.state is State.UNDER_WAY:
            return _under_way(window, freezes, now)
        if window.state is not State.PLANNED or not self.counts(window, now):
            return None
        if self._is_outdated(window, now):
            return steps.cancelled(window, SYSTEM, f"the weekly window is now {self.rule}", now)
        freeze = next((one for one in freezes if one.holds(window)), None)
        reason = freeze.reason if freeze and not window.exemption else ""
        if reason != window.frozen and now < window.end:
            return steps.frozen(window, reason, now) if reason else steps.thawed(window, now)
        return self._at_its_time(window, now)

    def _at_its_time(self, window: Window, now: datetime) -> Window | None:
        if now >= window.end:
            return self._at_its_end(window, now)
        if now >= window.start and window.may_begin:
            return steps.begun(window, SYSTEM, _ready_at(window), now)
        return None

    def _at_its_end(self, window: Window, now: datetime) -> Window:
        """A planned window whose time is over: a bot that was away takes it as begun, if people were told of it."""
        if window.frozen:
            return steps.lapsed(window, f"it was frozen: {window.frozen}", now)
        if not window.is_approved:
            was_rejected = window.scope is not None and window.scope.rejected_by
            return steps.lapsed(window, f"its scope was {'rejected' if was_rejected else 'not approved'}", now)
        if not window.head or _ready_at(window) >= window.end:
            return steps.lapsed(window, "nobody was told of it", now)
        return steps.begun(window, SYSTEM, _ready_at(window), now)

    def _is_outdated(self, window: Window, now: datetime) -> bool:
        """Whether only an earlier rule made it, people were told of it, and it has not started."""
        if self._is_outdone or window.is_altered or now >= window.start:
            return False
        around = occurrences(self.rule, window.start - timedelta(days=1), window.end + timedelta(days=1))
        return not any(one.id == window.id for one in around)


def _ready_at(window: Window) -> datetime:
    """When nothing stood in its way any more: its start, or the approval or exception that came after it."""
    moments = [act.at for act in window.acts if act.deed in (Deed.APPROVED, Deed.EXCEPTED, Deed.THAWED)]
    return max([window.start, *moments])


def _under_way(window: Window, freezes: Sequence[Freeze], now: datetime) -> Window | None:
    """One that is under way: the plain one ends by the clock; of a freeze that came over it, and went, people hear."""
    if window.is_plain and now >= window.end:
        return steps.ended(window, SYSTEM, window.end, now)
    told = [act.text for act in window.acts if act.deed is Deed.OVERTAKEN]
    over = [freeze for freeze in freezes if freeze.overtakes(window, now)]
    for freeze in over:
        if not any(text.startswith(freeze.id) for text in told):
            return steps.overtaken(window, f"{freeze.id}: {freeze.reason}", now)
    latest = next((act.deed for act in reversed(window.acts) if act.deed in _IN_FREEZES), None)
    return steps.thawed(window, now) if latest is Deed.OVERTAKEN and not over else None
