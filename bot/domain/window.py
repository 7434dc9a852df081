"""A maintenance window: when it is planned and when it was held, what is done in it, and where it stands.

      scope, approve, reject, freeze, thaw, except   extend, except, scope, approve, reject, roll back
                    ┌────┐                                           ┌────┐
    schedule ──▶ planned ─┴─begin: by hand, or by the clock──▶ under way ─┴─end──▶ over ─┐
                    │                                          ▲                     ▲   │ roll back
    emergency ──────┼──────────────────────────────────────────┘                     └───┘
                    ├──cancel, skip──▶ cancelled ──restore──▶ planned, as long as its start is to come
                    ├──move──────────▶ moved (another window has its scope and its new time) ──restore──▶ planned
                    └──its time went by: not approved, frozen, or nobody was told──▶ not held

The clock begins a window that has no scope or an approved one and is not frozen; it ends the weekly one without a
scope. Any other end is a person's word. A freeze over one that is under way stops nothing: that it lies in its time is
told, and only an exception has the window put off into it. A window that a change of the weekly rule called off is
planned again where the rule makes it again in time. The steps are in `window_steps`.

A moved window becomes another one: an ID names a start, and each rung of the new time is announced, which under the old
ID would be told already.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.domain.silence import Matcher

TITLE_LIMIT = 150
SCOPE_LIMIT = 1_500
REASON_LIMIT = 500


class Phase(StrEnum):
    """Where a window stands for whoever reads of it."""

    PLANNED = "planned"
    HELD_UP = "not started"
    UNDER_WAY = "under way"
    OVER = "over"


class Kind(StrEnum):
    """How it came to be: by the weekly rule, by a person's plan, by an emergency."""

    WEEKLY = "weekly"
    ONE_OFF = "one-off"
    EMERGENCY = "emergency"


class State(StrEnum):
    """What is recorded of it."""

    PLANNED = "planned"
    UNDER_WAY = "under way"
    OVER = "over"
    CANCELLED = "cancelled"
    MOVED = "moved"
    NOT_HELD = "not held"


LIVE = (State.PLANNED, State.UNDER_WAY)


class Deed(StrEnum):
    """What was done to a window."""

    SCHEDULED = "scheduled"
    SCOPED = "scoped"
    APPROVED = "approved"
    REJECTED = "rejected"
    BEGAN = "began"
    EXTENDED = "extended"
    ENDED = "ended"
    ROLLED_BACK = "rolled back"
    CANCELLED = "cancelled"
    MOVED = "moved"
    RESTORED = "restored"
    FROZEN = "frozen"
    THAWED = "thawed"
    EXCEPTED = "excepted"
    OVERTAKEN = "overtaken by a freeze"
    NOT_HELD = "not held"


@dataclass(frozen=True)
class Act:
    """One deed, kept with the window in the same write until it was told. `by` is a user id, or `ops-bot`.

    `text` is the reason or the scope; of a move the new window's ID (also where it is taken back), of an approval the
    roles, of a freeze over a window that is under way its ID and reason. `end` is the end that an extension gave.
    """

    version: int
    deed: Deed
    by: str
    at: datetime
    text: str = ""
    end: datetime | None = None


@dataclass(frozen=True)
class Approval:
    """A yes of one role (`tech-lead`, `duty-officer`)."""

    role: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Scope:
    """What is to be done. `silencing`: the alerts that match all of it are silenced meanwhile.

    `version` is the window's when it was written. A rejected one has who rejected it and why.
    """

    text: str
    by: str
    at: datetime
    version: int
    is_infra: bool = False
    silencing: tuple[Matcher, ...] = ()
    approvals: tuple[Approval, ...] = ()
    rejected_by: str = ""
    rejection: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The roles whose yes it takes: the tech lead's, for infrastructure the duty officer's as well."""
        return ("tech-lead", "duty-officer") if self.is_infra else ("tech-lead",)

    @property
    def lacks(self) -> tuple[str, ...]:
        """The roles that have not said yes yet."""
        given = {approval.role for approval in self.approvals}
        return tuple(role for role in self.needs if role not in given)

    def says(self, other: "Scope") -> bool:
        """Whether the same person says the same in the other: a double Enter."""
        mine, theirs = ((one.text, one.by, one.is_infra, one.silencing) for one in (self, other))
        return mine == theirs

    @property
    def is_approved(self) -> bool:
        """Whether every role has said yes, and nobody no."""
        return not self.lacks and not self.rejected_by


@dataclass(frozen=True)
class Exemption:
    """A window's leave to be held although it lies in a freeze."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Window:
    """One window, planned from `start` to `end` (aware, UTC). `id` is `MW-YYYYMMDD-HHMM` of its start, or of one of the
    next minutes where a window that is over, cancelled or moved has that name; of an emergency where any has.

    `made_at` is when a person made it; None for the rule's. `actual_start` and `actual_end` are when it was held.
    `planned_end` is what `end` was before it was extended; None if it was not.
    `frozen` is the reason of the freeze that it lies in. `rounds`: how often it was extended after its planned end.
    `untold` and `owed` are the versions of acts that were not told yet, and that its attendants do not know of.
    """

    id: str
    start: datetime
    end: datetime
    title: str
    kind: Kind = Kind.WEEKLY
    state: State = State.PLANNED
    version: int = 0
    by: str = ""
    made_at: datetime | None = None
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    planned_end: datetime | None = None
    scope: Scope | None = None
    frozen: str = ""
    exemption: Exemption | None = None
    rolled_back: str = ""
    rounds: int = 0
    incident_id: str = ""
    moved_from: str = ""
    moved_to: str = ""
    successor: "Window | None" = None  # what it was moved to, as it was made: kept here until it is kept by itself
    acts: tuple[Act, ...] = ()
    untold: tuple[int, ...] = ()
    owed: tuple[int, ...] = ()
    head: str = ""  # the timestamp of its first message

    @property
    def is_emergency(self) -> bool:
        """Whether it was known only when it began: nothing is told ahead of it."""
        return self.kind is Kind.EMERGENCY

    @property
    def is_unrecorded(self) -> bool:
        """Whether an earlier release declared it, which ended emergencies by the clock and recorded no end."""
        return self.is_emergency and self.version == 0

    @property
    def is_live(self) -> bool:
        """Whether it is planned or under way."""
        return self.state in LIVE

    @property
    def is_plain(self) -> bool:
        """The weekly one without a scope: no work is planned, so the clock alone begins and ends it."""
        return self.kind is Kind.WEEKLY and self.scope is None

    @property
    def is_altered(self) -> bool:
        """Whether a person made or changed it, so that the weekly rule has no say in it."""
        return self.kind is not Kind.WEEKLY or any(act.by.startswith(("U", "W")) for act in self.acts)

    @property
    def is_approved(self) -> bool:
        """Whether nobody has to say yes any more."""
        return self.scope is None or self.scope.is_approved or self.is_emergency

    @property
    def works_unapproved(self) -> bool:
        """Whether it is under way with a scope that nobody approved, so that none of that is to be done."""
        return self.state is State.UNDER_WAY and not self.is_approved

    @property
    def may_begin(self) -> bool:
        """Whether nothing stands in its way but the time."""
        return self.state is State.PLANNED and self.is_approved and not self.frozen

    def phase(self, now: datetime) -> Phase:
        """What is recorded; of a planned one what the clock says: planned before the start, over from the end on.

        In between one that is frozen or not approved is held up.
        """
        if self.state is State.UNDER_WAY:
            return Phase.UNDER_WAY
        if self.state is not State.PLANNED or now >= self.end:
            return Phase.OVER
        if now < self.start:
            return Phase.PLANNED
        return Phase.UNDER_WAY if self.may_begin else Phase.HELD_UP

    def latest(self, deed: Deed) -> Act | None:
        """The newest act of this kind."""
        return next((act for act in reversed(self.acts) if act.deed is deed), None)

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether they have a moment in common."""
        return self.start < end and start < self.end


def window_id(start: datetime) -> str:
    """`MW-20261128-0200` for a start at 2026-11-28 02:00 UTC."""
    return f"MW-{start.astimezone(UTC):%Y%m%d-%H%M}"
