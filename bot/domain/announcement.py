"""The ladder of announcements of a window: which rungs there are, which are due, which came too late.

(nothing) ──claim──▶ claimed ──post──▶ announced
    └────skip──────────┴──skip──▶ skipped (with a reason, audited)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.window import Phase, Window

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
    """One announcement of one window, due at `due` (aware, UTC)."""

    window: Window
    name: str
    occasion: Occasion
    due: datetime

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
    """What the records say of a rung."""

    key: str
    state: State
    ts: str | None = None
    at: datetime | None = None
    reason: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing remains to be done for it."""
        return self.state in (State.ANNOUNCED, State.SKIPPED)


def rungs(window: Window, ladder: Ladder) -> list[Rung]:
    """All rungs of a window in the order they are due; a warning of the end before the start is left out."""
    before = () if window.is_emergency else ladder.before
    ahead = [Rung(window, name, Occasion.AHEAD, window.start - length) for name, length in before]
    steps = [*ahead, Rung(window, "start", Occasion.START, window.start)]
    warning = window.end - ladder.ending_soon
    if warning > window.start:
        steps.append(Rung(window, "ending", Occasion.ENDING, warning))
    steps.append(Rung(window, "end", Occasion.END, window.end))
    return sorted(steps, key=lambda rung: rung.due)


def why_skip(rung: Rung, ladder_of_window: Sequence[Rung], told: Mapping[str, Announcement], now: datetime) -> str:
    """Why a due rung is not told any more; empty when it is."""
    if rung.window.phase(now) is Phase.OVER:
        if rung.occasion is not Occasion.END:
            return "the window is over"
        was_told = any(a.state is State.ANNOUNCED for a in told.values())
        if not was_told:
            return "the window is over and nothing of it was announced"
        return "" if now - rung.due <= END_STILL_MATTERS else "the window has long been over"
    newer = [other for other in ladder_of_window if rung.due < other.due <= now]
    for other in newer:
        if other.key in told and told[other.key].state is State.ANNOUNCED:
            return f"the {other.name} announcement was made before it"
    if newer and now - rung.due > STALE:
        return f"the {newer[-1].name} announcement is due as well"
    return ""
