"""The group's roles, who has them, and who may do what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.audit import AuditDesk, Outcome
from bot.domain.incident import Incident
from bot.domain.presence import Able, Presence
from bot.domain.rotation import Rotation, Turn, turn_at
from bot.errors import RefusedError, StoreAwayError


class Role(StrEnum):
    """A role of the operations guide, and what it is for."""

    TECH_LEAD = "tech-lead"
    ON_CALL = "on-call"
    DUTY_OFFICER = "duty-officer"

    @property
    def duties(self) -> str:
        """What the role answers for, in the guide's words."""
        return _DUTIES[self]


_DUTIES = {
    Role.TECH_LEAD: "approves maintenance scope, has the final escalation and the rollback",
    Role.ON_CALL: "executes the checklist, owns communications",
    Role.DUTY_OFFICER: "manages shared services, approves infrastructure changes",
}


_DONE_TO = {"status": "set the status of", "severity": "set the severity of", "snooze": "snooze"}


@dataclass(frozen=True)
class Group:
    """A user group of Slack's and its members' user ids, as they were last known."""

    id: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holder:
    """Who has a role: Slack user ids, empty = to be assigned.

    `owner` and `backup` are the people to turn to now: whose turn it is in a `rotation`, the first of a group. Whether
    somebody has the role is asked of `owners`, `backups` and `people`, which have all members of a group.
    """

    role: Role
    owner: str = ""
    backup: str = ""
    owner_group: Group | None = None
    backup_group: Group | None = None
    rotation: Rotation | None = None
    version: int = 0

    @property
    def owners(self) -> tuple[str, ...]:
        """Those who have the role now: one person, or the members of a group."""
        return _once([self.owner, *(self.owner_group.members if self.owner_group else ())])

    @property
    def backups(self) -> tuple[str, ...]:
        """Those who stand in for them."""
        return _once([self.backup, *(self.backup_group.members if self.backup_group else ())])

    @property
    def people(self) -> tuple[str, ...]:
        """Owners and backups, as far as there are any."""
        return _once([*self.owners, *self.backups])

    @property
    def is_assigned(self) -> bool:
        """Whether somebody has it."""
        return bool(self.owners or self.owner_group)

    def turn(self, moment: datetime) -> Turn | None:
        """Whose turn it is at that moment, if the role goes round."""
        return turn_at(self.rotation, moment) if self.rotation else None


class Roles(Protocol):
    """Who has which role, as it is now."""

    async def holders(self) -> list[Holder]:
        """All three roles, in order."""


class RoleDesk:
    """Answers who may; every refusal is audited and names who may instead."""

    def __init__(self, roles: Roles, audit: AuditDesk, admins: Sequence[str], presence: Presence) -> None:
        self._roles = roles
        self._audit = audit
        self._admins = tuple(admins)
        self._presence = presence

    async def holders(self) -> list[Holder]:
        """All three roles, in order. Raises StoreAwayError."""
        return await self._roles.holders()

    async def able(self, people: Iterable[str]) -> Able:
        """Those of these people who are in the workspace, and the names of those who left it."""
        return await self._presence.able(people)

    def is_admin(self, who: str) -> bool:
        """Whether the settings name this person as one who may hand out roles."""
        return who in self._admins

    @property
    def has_admins(self) -> bool:
        """Whether the settings name anybody who may hand out roles whatever roles there are."""
        return bool(self._admins)

    async def may_hand_out(self, who: str, role: Role) -> None:
        """Lets the admins of the settings and the tech lead through. Raises RefusedError, StoreAwayError."""
        leads = [p for h in await self._roles.holders() if h.role is Role.TECH_LEAD for p in h.owners]
        sentence = "Roles are handed out by an admin of the bot or the tech lead."
        may = _once([*self._admins, *leads])
        remedy = "" if may else "There is neither: put your user id in the setting OPS_ADMINS and start the bot anew."
        await self._allow(who, may, "role", role, sentence, remedy)

    async def may_steer(self, who: str, incident: Incident, act: str) -> None:
        """Lets the incident's opener, its owner and anybody with a role through. Raises RefusedError."""
        if who in (incident.opened_by, incident.owner):
            return
        people = [p for h in await self._known_holders() for p in h.people]
        allowed = _once([incident.opened_by, incident.owner, *people])
        sentence = f"To {_DONE_TO.get(act, act)} {incident.id} takes its opener, its owner, or somebody with a role."
        await self._allow(who, allowed, act, incident.id, sentence)

    async def must_have_one(self, who: str, act: str) -> None:
        """Lets anybody with a role through. Raises RefusedError, StoreAwayError."""
        holders = await self._roles.holders()
        people = _once(p for holder in holders for p in holder.people)
        sentence = f"To {act} takes one of the roles."
        await self._allow(who, people, act, "maintenance", sentence, unassigned(holders))

    async def _known_holders(self) -> list[Holder]:
        try:
            return await self._roles.holders()
        except StoreAwayError:
            return []  # the act itself will say that nothing could be changed

    async def _allow(
        self, who: str, allowed: Sequence[str], act: str, subject: str, sentence: str, remedy: str = ""
    ) -> None:
        if who in allowed:
            return
        await self._audit.wrote(who, act, subject, Outcome.REFUSED)
        able = await self.able(allowed)
        raise RefusedError(sentence, f"{able.gone} {remedy}".strip(), may=able.people)


def unassigned(holders: Sequence[Holder]) -> str:
    """Which of these roles nobody has, and who hands them out; empty if each has somebody."""
    missing = [str(holder.role) for holder in holders if not holder.is_assigned]
    if not missing:
        return ""
    return (
        f"To be assigned: {', '.join(missing)}; an admin of the bot hands them out with `/ops role {missing[0]} @who`."
    )


def _once(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for p in people if p))
