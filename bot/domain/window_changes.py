"""What people do to windows: each act is one write against the version that was read; its news follow by themselves."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain import window_steps as steps
from bot.domain.approval import Rights
from bot.domain.audit import AuditDesk
from bot.domain.clock import Clock, spelled
from bot.domain.window import Deed, Kind, Scope, State, Window, window_id
from bot.domain.window_clock import WindowClock
from bot.domain.window_conflicts import (
    busy,
    extended_already,
    extended_into,
    must_be_seen,
    started_in,
    time_taken,
)
from bot.domain.window_desk import WindowDesk
from bot.domain.window_ports import Windows
from bot.errors import ConflictError, UserError

TRIES = 20  # of a change that others keep overtaking
NAMES = 30  # minutes whose names are tried for a window
FARTHEST = timedelta(days=400)
DOUBLE = timedelta(seconds=5)  # the same extension by the same person within this is one: a double Enter


@dataclass(frozen=True)
class Plan:
    """A window that somebody wants: when, how long, what for; what is to be done in it, if that was said too."""

    start: datetime
    length: timedelta
    title: str
    scope: Scope | None = None


@dataclass(frozen=True)
class Made:
    """A window that was made. `frozen` is the reason of the freeze it lies in. `is_new` is False for a double Enter."""

    window: Window
    frozen: str = ""
    is_new: bool = True


class WindowChanges:
    """The acts. Each raises NotFoundError, ConflictError, RefusedError, UserError and StoreAwayError, and then changes
    nothing."""

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

    async def schedule(self, plan: Plan, who: str) -> Made:
        """Plans a one-off window."""
        await self._rights.must_have_role(who, "schedule a window")
        now = self._clock()
        if plan.start > now + FARTHEST:
            raise UserError(f"{plan.start:%Y-%m-%d} is more than a year ahead.", "Schedule it when it is nearer.")
        start = plan.start
        if plan.length >= timedelta(minutes=1):  # "in 2h" means no second, and said twice it means the same
            start = start.replace(second=0, microsecond=0)
        wanted = Window(window_id(start), start, start + plan.length, plan.title, Kind.ONE_OFF)
        wanted = steps.scheduled(wanted, who, now)
        if plan.scope:
            wanted = steps.scoped(wanted, plan.scope, now)
        wanted, taken = await self._placed(wanted)
        if taken is not None and (taken.title, taken.by, taken.end) == (wanted.title, wanted.by, wanted.end):
            return Made(taken, taken.frozen, is_new=False)
        if taken is not None:
            raise time_taken(taken)
        window = await self._kept(wanted)
        await self._audit.wrote(who, "schedule", window.id, detail=f"{window.title}, {spelled(plan.length)}")
        return await self._made(window)

    async def skip(self, window: Window, who: str, reason: str) -> Window:
        """Calls off a weekly window, or raises UserError for any other."""
        await self._rights.must_have_role(who, "skip a window", window.id)
        if window.kind is not Kind.WEEKLY:
            raise UserError(
                f"{window.id} is no weekly window.", f"`/maintenance cancel {window.id} REASON` calls it off."
            )
        return await self.cancel((await self._planned(window)).id, who, reason)

    async def cancel(self, window_id: str, who: str, reason: str) -> Window:
        """Calls off a window before it begins."""
        await self._rights.must_have_role(who, "cancel a window", window_id)
        return await self._change(window_id, "cancel", lambda known: steps.cancelled(known, who, reason, self._clock()))

    async def move(self, window: Window, who: str, to: datetime) -> Made:
        """Moves a window before it begins: it becomes another one, with another ID."""
        await self._rights.must_have_role(who, "move a window", window.id)
        window, now = await self._planned(window), self._clock()
        other = steps.becomes(window, who, to, now)
        if to > now + FARTHEST:
            raise UserError(f"{to:%Y-%m-%d} is more than a year ahead.", "Move it when that is nearer.")
        other, taken = await self._placed(other, besides=window.id)
        if taken is not None:
            raise time_taken(taken)
        freeze = await self._desk.freeze_over(other)
        other = replace(other, frozen=freeze.reason if freeze else "")  # told with the move
        if not await self._windows.save(steps.moved(window, other, who, now), window.version):
            await self._passing.release(other)
            changed = await self._desk.with_id(window.id)
            steps.moved(changed, other, who, now)  # tells what came between, if that forbids it
            raise ConflictError(f"{window.id} was changed by somebody just now.", "Look at it, and say it again.")
        await self._windows.add(other)
        await self._passing.release(window)
        await self._audit.wrote(who, "move", window.id, detail=f"to {other.id}")
        return await self._made(other)

    async def scope(self, window_id: str, scope: Scope) -> Window:
        """Says what is to be done; the approval of an earlier scope is void, unless it says the same."""
        await self._rights.must_have_role(scope.by, "set a scope", window_id)

        def step(known: Window) -> Window:
            present = known.scope
            if known.is_live and present is not None and present.says(scope) and not present.rejected_by:
                return known
            return steps.scoped(known, scope, self._clock())

        return await self._change(window_id, "scope", step)

    async def approve(self, window_id: str, who: str, version: int = 0) -> Window:
        """Says yes, for each role of this person's. `version`: of the scope that the person saw, if that is known."""
        roles = await self._rights.roles_to_approve(who, await self._desk.with_id(window_id), "approve")

        def step(known: Window) -> Window:
            must_be_seen(known, version)
            return steps.approved(known, who, roles, self._clock())

        return await self._change(window_id, "approve", step)

    async def check_reject(self, window_id: str, who: str, version: int) -> Window:
        """The window, if this person may reject its scope now: asked before a form is opened."""
        window = await self._desk.with_id(window_id)
        await self._rights.roles_to_approve(who, window, "reject")
        must_be_seen(window, version)
        steps.rejected(window, who, "", self._clock())
        return window

    async def reject(self, window_id: str, who: str, reason: str, version: int = 0) -> Window:
        """Says no."""
        await self._rights.roles_to_approve(who, await self._desk.with_id(window_id), "reject")

        def step(known: Window) -> Window:
            must_be_seen(known, version)
            return steps.rejected(known, who, reason, self._clock())

        return await self._change(window_id, "reject", step)

    async def start(self, window_id: str, who: str) -> Window:
        """Begins it now, early or late."""
        await self._rights.must_have_role(who, "start a window", window_id)
        known, now = await self._desk.with_id(window_id), self._clock()
        begun = steps.begun(known, who, now, now)
        if (freeze := await self._desk.freeze_over(replace(known, start=min(now, known.start)))) is not None:
            raise await self._rights.frozen_out(who, "start", window_id, started_in(known, freeze))
        if not known.is_emergency and (taken := await self._passing.in_the_way(begun)) is not None:
            raise time_taken(taken)
        return await self._change(window_id, "start", lambda found: steps.begun(found, who, now, now))

    async def extend(self, window_id: str, who: str, by: timedelta, seen: int = 0) -> Window:
        """Moves the end of one that is under way. `seen`: the planned end (POSIX time) that was asked about, if one
        was; pressed twice, it is extended once."""
        await self._rights.must_have_role(who, "extend a window", window_id)
        for _ in range(TRIES):
            known = await self._desk.with_id(window_id)
            after = steps.extended(known, who, by, self._clock())
            if (seen and seen != int(known.end.timestamp())) or _is_double(known, after):
                raise extended_already(known)
            if not known.is_emergency and (freeze := await self._desk.freeze_over(after)) is not None:
                raise await self._rights.frozen_out(who, "extend", window_id, extended_into(known, freeze))
            # Two who extend at once mean one extension, unless they say it one after the other.
            if not known.is_emergency and (taken := await self._passing.in_the_way(after)) is not None:
                raise time_taken(taken)
            if await self._windows.save(after, known.version):
                await self._audit.wrote(who, "extend", window_id, detail=f"by {spelled(by)}")
                return after
            changed = await self._desk.with_id(window_id)
            if changed.end != known.end:
                raise extended_already(changed)
        raise busy(window_id)

    async def end(self, window_id: str, who: str) -> Window:
        """Ends it now."""
        await self._rights.must_have_role(who, "end a window", window_id)
        after = await self._change(
            window_id, "end", lambda known: steps.ended(known, who, self._clock(), self._clock())
        )
        await self._passing.release(after)
        return after

    async def roll_back(self, window_id: str, who: str, reason: str) -> Window:
        """Marks it as rolled back."""
        await self._rights.must_lead(who, "order a rollback", window_id)
        return await self._change(
            window_id, "rollback", lambda known: steps.rolled_back(known, who, reason, self._clock())
        )

    async def make_exception(self, window_id: str, who: str, reason: str) -> Window:
        """Has it held although it lies in a freeze."""
        await self._rights.must_lead(who, "except a window from a freeze", window_id)
        window = await self._desk.with_id(window_id)
        if window.state is State.UNDER_WAY:  # it may be put off into one
            window = replace(window, end=window.start + steps.MOST)
        freeze = await self._desk.freeze_over(window)

        def step(known: Window) -> Window:
            # A freeze of a moment ago is not marked on its windows yet, and never on one that is under way.
            frozen = known.frozen or (freeze.reason if freeze else "")
            return steps.excepted(replace(known, frozen=frozen), who, reason, self._clock())

        return await self._change(window_id, "except", step)

    async def _change(self, window_id: str, act: str, step: Callable[[Window], Window]) -> Window:
        for _ in range(TRIES):
            known = await self._planned(await self._desk.with_id(window_id))
            after = step(known)
            if after is known:
                return known
            if await self._windows.save(after, known.version):
                last = after.acts[-1]
                await self._audit.wrote(last.by, act, window_id, detail=last.text)
                if after.state is State.CANCELLED:
                    await self._passing.release(after)
                return after
        raise busy(window_id)

    async def _planned(self, window: Window) -> Window:
        """The window as it is kept; one that only the rule knows yet is planned now, if its time is free."""
        is_new = window.version == 0 and await self._windows.get(window.id) is None
        is_on = not is_new or await self._passing.plan(window)
        if not is_on and (taken := await self._passing.in_the_way(window)) is not None:
            raise time_taken(taken)
        return await self._desk.with_id(window.id)

    async def _placed(self, wanted: Window, besides: str = "") -> tuple[Window, Window | None]:
        """The window under a name of its own, with its time taken; or also the window that has that time.

        That is one that is kept, or one that the rule will make.
        """
        named = await self._named(wanted)
        if (known := await self._passing.occupied(wanted, besides)) is not None:
            return named, known
        return named, await self._passing.in_the_way(named, besides, is_new=True)

    async def _kept(self, wanted: Window) -> Window:
        if not await self._windows.add(wanted):
            await self._passing.release(wanted)
            raise ConflictError(f"{wanted.id} was taken by an emergency just now.", "Say it again.")
        return wanted

    async def _named(self, wanted: Window) -> Window:
        """The window under the first free name: one that was called off or is over keeps its own, and what is announced
        under it."""
        for later in range(NAMES):
            name = window_id(wanted.start + timedelta(minutes=later))
            if await self._windows.get(name) is None:
                return replace(wanted, id=name)
        raise ConflictError("Too many windows began in these minutes.", "Choose another start.")

    async def _made(self, window: Window) -> Made:
        freeze = await self._desk.freeze_over(window)
        return Made(window, freeze.reason if freeze else "")


def _is_double(known: Window, after: Window) -> bool:
    """Whether the same person put the end off by as much a moment ago."""
    last, act = known.latest(Deed.EXTENDED), after.acts[-1]
    return last is not None and (last.by, last.text) == (act.by, act.text) and act.at - last.at < DOUBLE
