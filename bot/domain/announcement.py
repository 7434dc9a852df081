"""The ladder of announcements of a window: which rungs there are, which are due, which came too late.

(nothing) ──claim──▶ claimed ──post──▶ announced
    └────skip──────────┴──skip──▶ skipped (with a reason, audited)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.presence import NOBODY, Able
from bot.domain.window import Deed, Phase, Window
from bot.domain.window import State as Standing

LATE = timedelta(seconds=60)  # an announcement later than this says so
STALE = timedelta(minutes=10)  # later than this, and a newer rung is due as well: the newer one alone is posted
END_STILL_MATTERS = timedelta(hours=6)  # the end of a window that was announced is told this long after it


class State(StrEnum):
    """Where a rung's announcement stands in the records."""

    CLAIMED = "claimed"
    ANNOUNCED = "announced"
    SKIPPED = "skipped"


class Occasion(StrEnum):
    """What a rung tells: that the window comes, began, ends soon, is over."""

    AHEAD = "ahead"
    START = "start"
    ENDING = "ending"
    END = "end"


@dataclass(frozen=True)
class Ladder:
    """The settings behind the rungs: names as written ("24h") with their lengths, and when the end is told ahead."""

    before: tuple[tuple[str, timedelta], ...]
    ending_soon: timedelta


@dataclass(frozen=True)
class Rung:
    """One announcement of one window, due at `due` (aware, UTC). `approvers` are those who may approve its scope."""

    window: Window
    name: str
    occasion: Occasion
    due: datetime
    approvers: Able = NOBODY

    @property
    def subject(self) -> str:
        """The window's ID."""
        return self.window.id

    @property
    def is_question(self) -> bool:
        """Whether the planned end has come and nobody said that it has ended."""
        return self.occasion is Occasion.END and self.window.state is Standing.UNDER_WAY

    @property
    def is_held_up(self) -> bool:
        """Whether it is told at the planned start of a window that may not begin."""
        return self.occasion is Occasion.START and self.window.state is Standing.PLANNED and not self.window.may_begin

    @property
    def key(self) -> str:
        """`MW-20261128-0200/24h`: the ID in the records and in the message's metadata."""
        return f"{self.window.id}/{self.name}"

    def lateness(self, now: datetime) -> timedelta:
        """How long after its time it is told; nothing up to a minute."""
        late = now - self.due
        return late if late > LATE else timedelta(0)

    def good_until(self, now: datetime) -> datetime:
        """How long what is said of it at `now` stays right: until it is late, or a minute later than it says."""
        return max(self.due, now) + LATE if self.lateness(now) else self.due + LATE


@dataclass(frozen=True)
class Announcement:
    """What the records say of a rung; `version` is the window's of which it told."""

    key: str
    state: State
    ts: str | None = None
    at: datetime | None = None
    reason: str = ""
    version: int = 0
    rung: str = ""
    due: datetime | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing remains to be done for it."""
        return self.state in (State.ANNOUNCED, State.SKIPPED)


def rungs(window: Window, ladder: Ladder) -> list[Rung]:
    """All rungs of a window in the order they are due; a warning of the end before the start is left out.

    What was begun or ended early leaves out the rungs between. The end is warned of and asked for anew after an
    extension that came when that had been done.
    """
    began = min(window.actual_start or window.start, window.start)
    steps = [rung for rung in _ahead(window, ladder) if rung.due < began or began == window.start]
    steps.append(Rung(window, "start", Occasion.START, began))
    over = window.actual_end or window.end
    ended = window.latest(Deed.ENDED)
    told_at = min(over, ended.at) if ended else over  # by a clock that was set back it ended before it began
    warning = window.end - ladder.ending_soon
    warned = _extended_since(window, (window.planned_end or window.end) - ladder.ending_soon)
    # Nobody is warned of an end in the moment in which they put it off.
    if max([began, *warned]) < warning < over:
        name = f"ending-{len(warned) + 1}" if warned else "ending"
        steps.append(Rung(window, name, Occasion.ENDING, warning))
    name = f"end-{window.rounds + 1}" if window.rounds else "end"
    steps.append(Rung(window, name, Occasion.END, told_at))
    return sorted(steps, key=lambda rung: rung.due)


def is_answered(told: Announcement, window: Window) -> bool:
    """Whether it asked if the window has ended, and that is known by now: it has, or its end was put off."""
    ended = window.latest(Deed.ENDED)
    was_known = ended is not None and ended.version <= told.version
    if told.due is None or not told.version or was_known or told.rung.partition("-")[0] != Occasion.END:
        return False
    return ended is not None or window.end > told.due


def _extended_since(window: Window, moment: datetime) -> list[datetime]:
    """When it was extended from that moment on."""
    return [act.at for act in window.acts if act.deed is Deed.EXTENDED and act.at >= moment]


def _ahead(window: Window, ladder: Ladder) -> list[Rung]:
    """The rungs before the start. Made after some were due, it is announced at once, by the last of them."""
    if window.is_emergency:
        return []
    steps = [Rung(window, name, Occasion.AHEAD, window.start - length) for name, length in ladder.before]
    if window.made_at is None:
        return steps
    made_at = window.made_at
    past = [rung for rung in steps if rung.due < made_at]
    newest = [replace(max(past, key=lambda rung: rung.due), due=made_at)] if past and made_at < window.start else []
    return newest + [rung for rung in steps if rung.due >= made_at]


def why_skip(rung: Rung, ladder_of_window: Sequence[Rung], told: Mapping[str, Announcement], now: datetime) -> str:
    """Why a due rung is not told any more; empty when it is."""
    window = rung.window
    was_told = any(a.state is State.ANNOUNCED for a in told.values())
    if window.state in (Standing.CANCELLED, Standing.MOVED):
        return f"the window was {window.state}"
    if window.frozen and (was_told or rung.occasion in (Occasion.ENDING, Occasion.END)):
        return f"the window is frozen: {window.frozen}"
    if was_told and rung.occasion is Occasion.AHEAD and _was_off(window, rung.due):
        return "the window was off then, and its return is told"
    if rung.occasion is Occasion.ENDING and window.state is Standing.PLANNED and not window.may_begin:
        return "the window has not begun"
    if window.phase(now) is Phase.OVER:
        return _over(rung, now, was_told=was_told)
    return _outrun(rung, ladder_of_window, told, now)


def _was_off(window: Window, moment: datetime) -> bool:
    """Whether it was cancelled or moved then, and restored since."""
    for number, act in enumerate(window.acts):
        if act.deed is Deed.RESTORED and moment <= act.at:
            off = [one.at for one in window.acts[:number] if one.deed in (Deed.CANCELLED, Deed.MOVED)]
            return bool(off) and off[-1] <= moment
    return False


def _over(rung: Rung, now: datetime, *, was_told: bool) -> str:
    if rung.occasion is not Occasion.END:
        return "the window is over"
    if not was_told:
        return "the window is over and nothing of it was announced"
    return "" if now - rung.due <= END_STILL_MATTERS else "the window has long been over"


def _outrun(rung: Rung, ladder_of_window: Sequence[Rung], told: Mapping[str, Announcement], now: datetime) -> str:
    newer = [other for other in ladder_of_window if rung.due < other.due <= now]
    for other in newer:
        if other.key in told and told[other.key].state is State.ANNOUNCED:
            return f"the {other.name} announcement was made before it"
    if newer and now - rung.due > STALE:
        return f"the {newer[-1].name} announcement is due as well"
    return ""
