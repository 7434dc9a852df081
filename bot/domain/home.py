"""A person's Home: what is open, who is on call, which window is next, how the services are, and what is theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.checklist import Checklist, Item
from bot.domain.freeze import Freeze
from bot.domain.health_watch import Watch
from bot.domain.incident import Incident
from bot.domain.role import Holder, Role
from bot.domain.window import Window


@dataclass(frozen=True)
class Facts:
    """What is the same for everybody. `at` is when it was so; `is_away`: MongoDB does not answer now.

    None: it was never known. `window` is there without MongoDB too, by the rule of the settings. `beside` are under way
    at the same time, like an emergency.
    """

    at: datetime
    window: Window
    incidents: tuple[Incident, ...] | None = None
    checklist: Checklist | None = None
    freezes: tuple[Freeze, ...] = ()
    holders: tuple[Holder, ...] | None = None
    watch: Watch | None = None
    is_away: bool = False
    beside: tuple[Window, ...] = ()


@dataclass(frozen=True)
class Page:
    """One person's Home at this moment (`now`). `is_admin`: the settings let them hand out roles."""

    who: str
    facts: Facts
    now: datetime
    is_admin: bool = False

    @property
    def roles(self) -> tuple[Role, ...]:
        """Those that this person has, or stands in for."""
        return tuple(holder.role for holder in self.facts.holders or () if self.who in holder.people)

    @property
    def may_assign(self) -> bool:
        """Whether they may hand out roles."""
        leads = [holder for holder in self.facts.holders or () if holder.role is Role.TECH_LEAD]
        return self.is_admin or any(self.who in holder.owners for holder in leads)

    @property
    def mine(self) -> tuple[Incident, ...]:
        """The open incidents that this person owns."""
        return tuple(one for one in self.facts.incidents or () if one.owner == self.who)

    @property
    def others(self) -> tuple[Incident, ...]:
        """The other open ones."""
        return tuple(one for one in self.facts.incidents or () if one.owner != self.who)

    @property
    def items(self) -> tuple[Item, ...]:
        """What this person is to do on the checklist."""
        checklist = self.facts.checklist
        if checklist is None or checklist.closed_at is not None:
            return ()
        return tuple(item for item in checklist.open_items if item.assignee == self.who)

    @property
    def awaits_approval(self) -> bool:
        """Whether the window's scope waits for this person's word."""
        scope = self.facts.window.scope
        if scope is None or scope.rejected_by or scope.by == self.who or not self.facts.window.is_live:
            return False
        return not self.facts.window.is_emergency and any(str(role) in scope.lacks for role in self.roles)


@dataclass(frozen=True)
class Drawing:
    """How a page looks. `mark` is the same for pages that look the same but for the moment that they tell."""

    mark: str
    content: Mapping[str, object]


@dataclass(frozen=True)
class Visit:
    """Somebody opened their Home at `opened_at`; it shows `mark` since `shown_at` (empty: nobody knows)."""

    who: str
    opened_at: datetime
    mark: str
    shown_at: datetime
