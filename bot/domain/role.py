"""The group's roles, who has them, and who may do what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.audit import AuditDesk, Outcome
from bot.domain.incident import Incident
from bot.errors import RefusedError, StoreAwayError, UserError


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
class Holder:
    """Who has a role: Slack user ids, empty = to be assigned."""

    role: Role
    owner: str = ""
    backup: str = ""

    @property
    def people(self) -> tuple[str, ...]:
        """Owner and backup, as far as there are any."""
        return tuple(p for p in (self.owner, self.backup) if p)


class Roles(Protocol):
    """Where it is kept who has which role."""

    async def holders(self) -> list[Holder]:
        """All three roles, in order."""

    async def assign(self, holder: Holder) -> None:
        """Sets owner and backup of one role."""


class RoleDesk:
    """Answers who may; every refusal is audited and names who may instead."""

    def __init__(self, roles: Roles, audit: AuditDesk, admins: Sequence[str]) -> None:
        self._roles = roles
        self._audit = audit
        self._admins = tuple(admins)

    async def holders(self) -> list[Holder]:
        """All three roles, in order. Raises StoreAwayError."""
        return await self._roles.holders()

    def is_admin(self, who: str) -> bool:
        """Whether the settings name this person as one who may hand out roles."""
        return who in self._admins

    async def assign(self, who: str, holder: Holder) -> None:
        """Hands a role over. Raises RefusedError, UserError, StoreAwayError."""
        lead = next((h for h in await self._roles.holders() if h.role is Role.TECH_LEAD), Holder(Role.TECH_LEAD))
        allowed = (*self._admins, *((lead.owner,) if lead.owner else ()))
        await self._allow(
            who, allowed, "role", holder.role, "Roles are handed out by an admin of the bot or the tech lead."
        )
        if holder.owner == holder.backup:
            raise UserError("Owner and backup are the same person.", "Name two people, or leave the backup out.")
        await self._roles.assign(holder)
        detail = f"owner {holder.owner}, backup {holder.backup or 'nobody'}"
        await self._audit.wrote(who, "role", holder.role, Outcome.DONE, detail)

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
        people = _once(p for holder in await self._roles.holders() for p in holder.people)
        await self._allow(who, people, act, "maintenance", f"To {act} takes one of the roles.")

    async def _known_holders(self) -> list[Holder]:
        try:
            return await self._roles.holders()
        except StoreAwayError:
            return []  # the act itself will say that nothing could be changed

    async def _allow(self, who: str, allowed: Sequence[str], act: str, subject: str, sentence: str) -> None:
        if who in allowed:
            return
        await self._audit.wrote(who, act, subject, Outcome.REFUSED)
        raise RefusedError(sentence, may=allowed)


def _once(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p for p in people if p))
