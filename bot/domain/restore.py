"""Takes back that a window was skipped, cancelled or moved, as long as its time is to come.

It is the same window again, with its ID, its thread and what was approved of it. What it was moved to becomes moved,
back to it, in the write that decides; that one carries it (`successor`) until it is kept by itself.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain import window_steps as steps
from bot.domain.approval import Rights
from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock
from bot.domain.window import Act, Deed, Scope, State, Window
from bot.domain.window_changes import TRIES, Made
from bot.domain.window_clock import WindowClock
from bot.domain.window_conflicts import busy, time_taken
from bot.domain.window_desk import WindowDesk
from bot.domain.window_ports import Windows
from bot.errors import ConflictError, NotFoundError, UserError

LISTED = 5


def restored(window: Window, other: Window | None, who: str, now: datetime) -> Window:
    """The window, planned again. `other` is what it was moved to, if it was: a scope that is new there comes along, to
    be approved anew. Raises ConflictError and UserError."""
    if window.state is State.PLANNED:
        raise steps.already(window, Deed.RESTORED, "is planned already")
    if window.state not in (State.CANCELLED, State.MOVED):
        remedy = "Nothing was changed." if window.is_live else "Schedule another window."
        raise steps.already(window, Deed.BEGAN, f"is {window.state}", remedy)
    called_off = window.latest(Deed.CANCELLED)
    if window.state is State.CANCELLED and called_off is not None and called_off.by == SYSTEM:
        raise UserError(f"{window.id} is off since {called_off.text}.", "`schedule` plans one at that time.")
    if now >= window.start:
        raise UserError(
            f"{window.id} was to start at {window.start:%Y-%m-%d %H:%M} UTC, which is past, so it stays off.",
            "Schedule another window.",
        )
    if window.state is State.MOVED:
        if other is None:
            raise ConflictError(f"{window.id} is being moved just now.", "Say it again in a moment.")
        undone = other.latest(Deed.RESTORED)
        if undone is not None and undone.text == window.id:  # of two who take a move back, one may name this one
            what = f"{window.id} was moved back to {other.id} already"
            raise ConflictError(what, "Nothing was changed.", by=undone.by)
        steps.must_be_planned(other, "moved back")
    acted = Act(0, Deed.RESTORED, who, now, other.id if other else "")
    back = steps.after(replace(window, state=State.PLANNED, moved_to="", successor=None), acted)
    if other is not None and other.scope is not None and not _is_same(other.scope, window.scope):
        back = steps.scoped(back, other.scope, now)
    return back


def _is_same(scope: Scope, before: Scope | None) -> bool:
    """Whether it is the scope that was written before the move, and nobody said no to it since."""
    if before is None or scope.rejected_by:
        return False
    return (scope.text, scope.is_infra, scope.silencing) == (before.text, before.is_infra, before.silencing)


class RestoreDesk:
    """Who may call a window off may take that back."""

    def __init__(
        self,
        windows: Windows,
        desk: WindowDesk,
        passing: WindowClock,
        rights: Rights,
        audit: AuditDesk,
        clock: Clock,
    ) -> None:
        self._windows = windows
        self._desk = desk
        self._passing = passing
        self._rights = rights
        self._audit = audit
        self._clock = clock

    async def restore(self, window_id: str, who: str) -> Made:
        """Has it held after all, unless a freeze lies over it; named by what it was moved to, it is the same.

        Raises NotFoundError, ConflictError, RefusedError, UserError and StoreAwayError, and then changes nothing.
        """
        await self._rights.must_have_role(who, "restore a window", window_id)
        for _ in range(TRIES):
            known = await self._called_off(window_id)
            other = await self._windows.get(known.moved_to) if known.moved_to else None
            after = restored(known, other, who, self._clock())
            # A time that is taken and then not needed is cleared away by whoever wants it next.
            in_the_way = await self._passing.occupied(after, known.moved_to)
            if in_the_way is None:
                in_the_way = await self._passing.in_the_way(after, known.moved_to)
            if in_the_way is not None:
                raise time_taken(in_the_way)
            if await self._kept(known, after, other, who):
                freeze = await self._desk.freeze_over(after)
                return Made(after, freeze.reason if freeze else "")
        raise busy(window_id)

    async def _called_off(self, window_id: str) -> Window:
        known = await self._desk.with_id(window_id)
        if known.state is State.PLANNED and known.moved_from:
            before = await self._windows.get(known.moved_from)
            if before is not None and before.moved_to == known.id:
                return before
        return known

    async def _kept(self, known: Window, after: Window, other: Window | None, who: str) -> bool:
        if other is None:
            if not await self._windows.save(after, known.version):
                return False
        else:
            if not await self._windows.save(steps.moved(other, after, who, self._clock()), other.version):
                return False
            await self._windows.succeed(after)
            await self._passing.release(other)
        await self._audit.wrote(who, "restore", after.id, detail=f"moved back from {other.id}" if other else "")
        return True

    async def which(self, named: str | None) -> str:
        """The window that is meant by the end of its ID, by `MW-` with its date, or by nothing at all.

        Raises NotFoundError.
        """
        recent = {one.id: one for one in await self._desk.recent()}
        able = [one.id for one in recent.values() if self._is_able(one, recent)]
        fitting = [one for one in able if named is None or _has_name(one, named)]
        if not fitting and named is not None:  # what became of it is told by the step
            fitting = [one for one in recent if _has_name(one, named)]
            if len(fitting) > 1:
                some = ", ".join(fitting[:LISTED])
                raise NotFoundError(f"None of {some} is off.", "`/maintenance` lists what is planned.")
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            what = f"I know no window {named.rstrip('-')}." if named else "No window that is still to come is off."
            raise NotFoundError(what, "`/maintenance` lists what is planned; `schedule` plans more.")
        raise NotFoundError(f"It could be any of {', '.join(fitting[:LISTED])}.", "Name the window behind the word.")

    def _is_able(self, window: Window, known: dict[str, Window]) -> bool:
        try:
            restored(window, known.get(window.moved_to), SYSTEM, self._clock())
        except UserError:
            return False
        return True


def _has_name(window_id: str, named: str) -> bool:
    return window_id.startswith(named) if named.endswith("-") else window_id.endswith(named)
