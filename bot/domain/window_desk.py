"""Finds windows: the one under way, the next one, one by its ID, all that lie ahead."""

from contextlib import suppress
from datetime import date, datetime, timedelta

from bot.domain import window_steps as steps
from bot.domain.announcement import Ladder, Rung, rungs
from bot.domain.clock import Clock
from bot.domain.freeze import Freeze, Freezes
from bot.domain.weekly import current_or_next, occurrences
from bot.domain.window import Kind, State, Window
from bot.domain.window_clock import WindowClock
from bot.domain.window_ports import Windows
from bot.errors import NotFoundError

LOOK_BACK = timedelta(days=1)
FARTHEST = timedelta(days=400)  # a weekly window farther off is not skipped or moved


class WindowDesk:
    """What is known of windows. Each method that is awaited raises StoreAwayError."""

    def __init__(self, windows: Windows, freezes: Freezes, passing: WindowClock, ladder: Ladder, clock: Clock) -> None:
        self._windows = windows
        self._freezes = freezes
        self._passing = passing
        self._ladder = ladder
        self._clock = clock

    def by_rule(self, count: int = 3) -> list[Window]:
        """The current and next windows by the rule alone: what there is to say without MongoDB."""
        now = self._clock()
        found = occurrences(self._passing.rule, now, now + timedelta(days=8 * count + 7))
        return [window for window, _ in zip(found, range(count), strict=False)]

    def rungs(self, window: Window) -> list[Rung]:
        """What is announced of it, and when."""
        return rungs(window, self._ladder)

    async def live(self) -> list[Window]:
        """All windows that are under way or planned as far ahead as windows are planned, in order of their start."""
        now = self._clock()
        return [one for one in await self.recent() if one.is_live and (now < one.end or one.state is State.UNDER_WAY)]

    async def recent(self) -> list[Window]:
        """The same and those that ended within a day, in order of their start."""
        now = self._clock()
        kept = await self._windows.current(now - LOOK_BACK)
        coming = self._passing.coming(now, now + self._passing.ahead, kept)
        counted = [steps.as_recorded(window, now) for window in kept if self._passing.counts(window, now)]
        return sorted([*counted, *coming], key=lambda window: (window.start, window.id))

    async def planned_between(self, start: datetime, end: datetime) -> list[Window]:
        """Those to be held of which some time lies in this, however far ahead, in order of their start."""
        now = self._clock()
        kept = await self._windows.begun_between(start - steps.MOST, end)
        coming = self._passing.coming(max(start, now), end, kept)
        found = [*(one for one in kept if self._passing.counts(one, now)), *coming]
        on = [one for one in found if one.state is State.PLANNED and one.end > now and one.overlaps(start, end)]
        return sorted(on, key=lambda window: (window.start, window.id))

    async def freezes(self) -> list[Freeze]:
        """The freezes that are in force or to come."""
        now = self._clock()
        return [one for one in await self._freezes.current(now) if not one.is_void and one.over_at > now]

    async def freeze_over(self, window: Window) -> Freeze | None:
        """The freeze that a window lies in, unless it is excepted."""
        if window.exemption:
            return None
        return next((one for one in await self.freezes() if one.holds(window)), None)

    async def under_way(self) -> list[Window]:
        """Those that are under way, also after their planned end."""
        now = self._clock()
        return [
            one for one in await self.live() if one.state is State.UNDER_WAY or (one.may_begin and one.start <= now)
        ]

    async def current_or_next(self) -> Window:
        """The window under way, else the next one: of several the one that started last, emergencies after others."""
        if under_way := await self.under_way():
            return max(under_way, key=lambda window: (not window.is_emergency, window.start))
        now = self._clock()
        ahead = [window for window in await self.live() if window.start > now or not window.may_begin]
        return ahead[0] if ahead else current_or_next(self._passing.rule, now)

    async def with_id(self, window_id: str) -> Window:
        """The window with this whole ID, however long ago. Raises NotFoundError."""
        found = await self._windows.get(window_id)
        if found is None:
            found = next((one for one in await self.recent() if one.id == window_id), None) or self._far(window_id)
        if found is None:
            raise NotFoundError(f"I know no window {window_id}.", "`/maintenance` lists them.")
        return steps.as_recorded(found, self._clock())

    def _far(self, window_id: str) -> Window | None:
        """A window of the rule with this ID that is planned only later."""
        now = self._clock()
        with suppress(ValueError):
            start = datetime.strptime(window_id, "MW-%Y%m%d-%H%M").replace(tzinfo=now.tzinfo)
            if now < start < now + FARTHEST:
                around = occurrences(self._passing.rule, start, start + timedelta(minutes=1))
                return next((one for one in around if one.id == window_id), None)
        return None

    async def in_thread(self, channel: str, ts: str) -> Window | None:
        """The window whose thread this is."""
        return await self._windows.headed(channel, ts)

    async def on(self, day: date) -> Window:
        """The live weekly window that starts on this day, of UTC or of the rule's zone. Raises NotFoundError."""
        now, rule = self._clock(), self._passing.rule
        around = datetime.combine(day, datetime.min.time(), now.tzinfo)
        last = around + timedelta(days=2)
        kept = await self._windows.begun_between(around - steps.MOST, last)
        found = [*self._passing.coming(around - timedelta(days=1), last, kept), *kept]
        found = [one for one in found if self._passing.counts(one, now)]
        # One that was moved within its day is found under its new time.
        for window in sorted(found, key=lambda one: (not one.is_live, one.start)):
            days = (window.start.date(), window.start.astimezone(rule.zone).date())
            if day in days and window.kind is Kind.WEEKLY and window.end > now and window.start < now + FARTHEST:
                return window
        following = ", ".join(f"{one.start:%Y-%m-%d}" for one in self.by_rule())
        raise NotFoundError(f"No weekly window starts on {day}.", f"The next ones start on {following}.")
