"""The steps that a window may take, each a pure function: the window as it was → as it is afterwards.

Each raises ConflictError when somebody was there first (and says what they did), and UserError for a step that the
diagram in `bot.domain.window` does not have. Who may is asked elsewhere (`approval`).
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.audit import SYSTEM
from bot.domain.clock import spelled
from bot.domain.window import Act, Approval, Deed, Exemption, Scope, State, Window, window_id
from bot.errors import ConflictError, UserError

MOST = timedelta(days=7)  # of a window, however often it is extended
EARLY = timedelta(hours=24)  # so long before its planned start at most it is begun by hand
STILL_ROLLED_BACK = timedelta(hours=24)  # so long after its end a window is still rolled back
SET_BACK = "the bot's clock was set back since the start, so how long it was held is not known"

_OWED = (Deed.BEGAN, Deed.EXTENDED, Deed.ENDED)
_OWED_UNDER_WAY = (Deed.APPROVED, Deed.REJECTED)


def scheduled(window: Window, who: str, now: datetime) -> Window:
    """A window that a person made: `window` has its time, title and kind."""
    return after(replace(window, by=who, made_at=now), Act(0, Deed.SCHEDULED, who, now), told=True)


def declared(window: Window, who: str, now: datetime) -> Window:
    """An emergency, which is under way at once."""
    begun = replace(window, by=who, made_at=now, state=State.UNDER_WAY, actual_start=window.start)
    return after(begun, Act(0, Deed.BEGAN, who, now), told=True)


def as_recorded(window: Window, now: datetime) -> Window:
    """An emergency that an earlier release declared, as that saw it: over from its planned end on."""
    if not window.is_unrecorded or now < window.end:
        return window
    return replace(window, state=State.OVER, actual_start=window.start, actual_end=window.end)


def adopted(window: Window, now: datetime) -> Window:
    """The same, recorded: it is over, or from now on its end is a person's word. It was told already."""
    if now >= window.end:
        return after(as_recorded(window, now), Act(0, Deed.ENDED, SYSTEM, now), told=True)
    return after(replace(window, actual_start=window.start), Act(0, Deed.BEGAN, SYSTEM, now), told=True)


def scoped(window: Window, scope: Scope, now: datetime) -> Window:
    """With another scope; what was approved before is void."""
    _must_be_live(window)
    fresh = replace(scope, version=window.version + 1, approvals=(), rejected_by="", rejection="")
    return after(replace(window, scope=fresh), Act(0, Deed.SCOPED, scope.by, now, scope.text))


def approved(window: Window, who: str, roles: Collection[str], now: datetime) -> Window:
    """With this person's yes, for each role of theirs that has not said yes yet."""
    scope = _open_scope(window, who)
    if scope.rejected_by:
        raise ConflictError(
            f"The scope of {window.id} was rejected: “{scope.rejection}”",
            "Write another with `/maintenance scope …`.",
            by=scope.rejected_by,
        )
    given = [role for role in scope.lacks if role in roles]
    if not given:
        earlier = next((one for one in scope.approvals if one.role in roles), None)
        by = earlier.by if earlier else ""
        raise ConflictError(
            f"The scope of {window.id} is approved already.",
            f"It still lacks {named(scope.lacks)}." if scope.lacks else "Nothing more is needed.",
            by=by,
        )
    fresh = tuple(Approval(role, who, now) for role in given)
    approved_by = replace(window, scope=replace(scope, approvals=(*scope.approvals, *fresh)))
    return after(approved_by, Act(0, Deed.APPROVED, who, now, named(given)))


def rejected(window: Window, who: str, reason: str, now: datetime) -> Window:
    """With this person's no; a yes of before is void."""
    scope = _open_scope(window, who)
    if scope.rejected_by:
        raise ConflictError(
            f"The scope of {window.id} is rejected already: “{scope.rejection}”",
            by=scope.rejected_by,
        )
    refused = replace(window, scope=replace(scope, approvals=(), rejected_by=who, rejection=reason))
    return after(refused, Act(0, Deed.REJECTED, who, now, reason))


def begun(window: Window, who: str, at: datetime, now: datetime) -> Window:
    """Under way since `at`."""
    if window.state is State.UNDER_WAY:
        raise already(window, Deed.BEGAN, "is under way already")
    _must_be_live(window)
    if window.frozen:
        raise UserError(
            f"{window.id} lies in a freeze: {window.frozen}",
            f"The tech lead may except it: `/maintenance except {window.id} REASON`.",
        )
    if not window.is_approved:
        raise UserError(
            f"The scope of {window.id} is not approved, so it was not started.", f"It lacks {lacking(window)}."
        )
    if at < window.start - EARLY:
        raise UserError(
            f"{window.id} starts only in {spelled(window.start - at)}, so it was not started now.",
            "Schedule a window for now, or move it.",
        )
    if at >= window.end:
        raise UserError(f"The time of {window.id} is over.", "Schedule another window.")
    return after(replace(window, state=State.UNDER_WAY, actual_start=at), Act(0, Deed.BEGAN, who, now))


def extended(window: Window, who: str, by: timedelta, now: datetime) -> Window:
    """With a later end: `by` after the planned one, or after now where that is past."""
    _must_be_under_way(window, "extended")
    end = max(window.end, now.replace(second=0, microsecond=0)) + by
    if end - window.start > MOST:
        raise UserError(
            f"{window.id} would be {spelled(end - window.start)} long; {spelled(MOST)} is the most.",
            "End it, and schedule another.",
        )
    rounds = window.rounds + (now >= window.end)
    first = window.planned_end or window.end
    put_off = replace(window, end=end, planned_end=first, rounds=rounds)
    return after(put_off, Act(0, Deed.EXTENDED, who, now, spelled(by), end))


def ended(window: Window, who: str, at: datetime, now: datetime) -> Window:
    """Over since `at`; at its start where a clock that was set back says that it ended before, which is then said."""
    _must_be_under_way(window, "ended")
    began = window.actual_start or window.start
    over = replace(window, state=State.OVER, actual_end=max(at, began))
    return after(over, Act(0, Deed.ENDED, who, now, SET_BACK if at < began else ""))


def rolled_back(window: Window, who: str, reason: str, now: datetime) -> Window:
    """Marked as rolled back: under way, or over since a day at most. It stays under way until it is ended."""
    if window.rolled_back:
        raise already(window, Deed.ROLLED_BACK, "is rolled back already")
    if window.state is State.PLANNED:
        raise UserError(f"{window.id} has not started, so there is nothing to roll back.", "`cancel` calls it off.")
    if window.state is not State.UNDER_WAY:
        ended_at = window.actual_end if window.state is State.OVER else None
        if ended_at is None or now - ended_at > STILL_ROLLED_BACK:
            raise _gone(window)
    return after(replace(window, rolled_back=reason), Act(0, Deed.ROLLED_BACK, who, now, reason))


def cancelled(window: Window, who: str, reason: str, now: datetime) -> Window:
    """Called off before it began."""
    must_be_planned(window, "cancelled")
    return after(replace(window, state=State.CANCELLED), Act(0, Deed.CANCELLED, who, now, reason))


def returned(window: Window, now: datetime) -> Window:
    """Planned again: the rule that called it off is not the rule any more."""
    return after(replace(window, state=State.PLANNED), Act(0, Deed.RESTORED, SYSTEM, now))


def becomes(window: Window, who: str, to: datetime, now: datetime) -> Window:
    """What a window becomes that is moved: as long, with its scope, which is to be approved anew."""
    must_be_planned(window, "moved")
    if to == window.start:
        raise UserError(f"{window.id} starts then already.", "Nothing was changed.")
    end = to + (window.end - window.start)
    other = Window(window_id(to), to, end, window.title, window.kind, moved_from=window.id)
    other = scheduled(other, who, now)
    return scoped(other, window.scope, now) if window.scope else other


def moved(window: Window, other: Window, who: str, now: datetime) -> Window:
    """The window, moved away: `other` takes its place."""
    must_be_planned(window, "moved")
    gone = replace(window, state=State.MOVED, moved_to=other.id, successor=other)
    return after(gone, Act(0, Deed.MOVED, who, now, other.id))


def frozen(window: Window, reason: str, now: datetime) -> Window:
    """In a freeze: not held unless it is excepted."""
    return after(replace(window, frozen=reason), Act(0, Deed.FROZEN, SYSTEM, now, reason))


def thawed(window: Window, now: datetime) -> Window:
    """Not in a freeze any more."""
    return after(replace(window, frozen=""), Act(0, Deed.THAWED, SYSTEM, now, window.frozen))


def overtaken(window: Window, freeze: str, now: datetime) -> Window:
    """Under way, and in a freeze from now on or soon (`freeze`: its ID and reason): it goes on, and that is told."""
    return after(window, Act(0, Deed.OVERTAKEN, SYSTEM, now, freeze))


def excepted(window: Window, who: str, reason: str, now: datetime) -> Window:
    """Held although it lies in a freeze."""
    if window.exemption:
        raise already(window, Deed.EXCEPTED, "is excepted already")
    _must_be_live(window)
    if not window.frozen:
        raise UserError(f"{window.id} does not lie in a freeze.", "`/maintenance` lists the freezes.")
    exemption = Exemption(who, now, reason)
    return after(replace(window, frozen="", exemption=exemption), Act(0, Deed.EXCEPTED, who, now, reason))


def lapsed(window: Window, reason: str, now: datetime) -> Window:
    """Not held: its time went by."""
    return after(replace(window, state=State.NOT_HELD), Act(0, Deed.NOT_HELD, SYSTEM, now, reason))


def lacking(window: Window) -> str:
    """Whose yes the scope of a window lacks: `the tech lead's approval`; or that it was rejected."""
    scope = window.scope
    if scope is None or scope.is_approved:
        return "nothing"
    if scope.rejected_by:
        return "another scope: this one was rejected"
    return f"the approval of {named(scope.lacks)}"


def named(roles: Collection[str]) -> str:
    """`the tech lead and the duty officer`."""
    return " and ".join(f"the {role.replace('-', ' ')}" for role in roles)


def after(window: Window, act: Act, *, told: bool = False) -> Window:
    """The window one version on; `told`: the act needs no word of its own."""
    version = window.version + 1
    act = replace(act, version=version)
    untold = window.untold if told else (*window.untold, version)
    is_owed = act.deed in _OWED or (act.deed in _OWED_UNDER_WAY and window.state is State.UNDER_WAY)
    owed = (*window.owed, version) if is_owed else window.owed
    return replace(window, version=version, acts=(*window.acts, act), untold=untold, owed=owed)


def _open_scope(window: Window, who: str) -> Scope:
    _must_be_live(window)
    if window.scope is None:
        raise UserError(f"{window.id} has no scope.", "`/maintenance scope TEXT` says what is to be done.")
    if window.scope.by == who:
        raise UserError(
            f"The scope of {window.id} is yours, and nobody approves or rejects their own.",
            "Ask somebody else who may; change it with `/maintenance scope …`.",
        )
    return window.scope


def _must_be_live(window: Window) -> None:
    if not window.is_live:
        raise _gone(window)


def must_be_planned(window: Window, what: str) -> None:
    """Raises what stands in the way of something that is done before the start."""
    if window.state is State.UNDER_WAY:
        raise UserError(f"{window.id} is under way, so it cannot be {what}.", "`/maintenance end` ends it.")
    _must_be_live(window)


def _must_be_under_way(window: Window, what: str) -> None:
    if window.state is State.PLANNED:
        raise UserError(
            f"{window.id} has not started, so it cannot be {what}.",
            "`/maintenance start` begins it, `move` puts it off.",
        )
    _must_be_live(window)


_ENDS = {
    State.OVER: Deed.ENDED,
    State.CANCELLED: Deed.CANCELLED,
    State.MOVED: Deed.MOVED,
    State.NOT_HELD: Deed.NOT_HELD,
}


def _gone(window: Window) -> ConflictError:
    """What became of a window that is not live any more."""
    ended = window.latest(Deed.ENDED)
    over = "was ended" if ended and ended.by != SYSTEM else "is over"  # whoever did is named behind it
    what = {State.OVER: over, State.CANCELLED: "was cancelled", State.NOT_HELD: "was not held"}
    return already(window, _ENDS[window.state], what.get(window.state, f"was moved to {window.moved_to}"))


def already(window: Window, deed: Deed, what: str, remedy: str = "Nothing was changed.") -> ConflictError:
    """It is so already: `what` it is, with who did it and why."""
    act = window.latest(deed)
    why = f": “{act.text}”" if act and act.text and deed not in (Deed.MOVED, Deed.RESTORED, Deed.ENDED) else "."
    by = act.by if act and act.by != SYSTEM else ""
    return ConflictError(f"{window.id} {what}{why}", remedy, by=by)
