"""Who may do what in maintenance, asked again at every click; a refusal is audited and names who may."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from bot.domain.audit import AuditDesk, Outcome
from bot.domain.presence import Able
from bot.domain.role import Holder, Role, unassigned
from bot.domain.window import Window
from bot.domain.window_steps import named
from bot.errors import RefusedError

_OWN = (
    "Whoever wrote it has the role, and nobody approves or rejects their own. "
    "An admin of the bot names a backup: `/ops role tech-lead @who backup @who`."
)


class Holders(Protocol):
    """Knows who has which role."""

    async def holders(self) -> list[Holder]:
        """All roles; a backup may act where the owner may. Raises StoreAwayError."""

    async def able(self, people: Iterable[str]) -> Able:
        """Those of these people who are in the workspace, and the names of those who left it."""


class Rights:
    """Each method raises RefusedError and StoreAwayError."""

    def __init__(self, roles: Holders, audit: AuditDesk) -> None:
        self._roles = roles
        self._audit = audit

    async def must_have_role(self, who: str, act: str, subject: str = "maintenance") -> None:
        """Lets anybody with a role through: schedule, start, extend, end, cancel, skip, move, scope."""
        await self._allow(who, [*Role], act, subject, f"To {act} takes one of the roles.")

    async def must_lead(self, who: str, act: str, subject: str) -> None:
        """Lets the tech lead and the engineer delegated, the tech lead's backup, through."""
        sentence = f"To {act} takes the tech lead or the tech lead's backup."
        await self._allow(who, [Role.TECH_LEAD], act, subject, sentence)

    async def frozen_out(self, who: str, act: str, window_id: str, words: tuple[str, str]) -> RefusedError:
        """The refusal of what would be done in a freeze, in these words: only the tech lead lets it."""
        await self._audit.wrote(who, act, window_id, Outcome.REFUSED, words[0])
        nobody = unassigned([holder for holder in await self._roles.holders() if holder.role is Role.TECH_LEAD])
        problem, remedy = words
        able = await self.leads()
        return RefusedError(problem, " ".join(filter(None, (remedy, able.gone, nobody))), may=able.people)

    async def leads(self) -> Able:
        """The tech lead and the tech lead's backup."""
        return await self._roles.able(await self._people([Role.TECH_LEAD]))

    async def roles_to_approve(self, who: str, window: Window, act: str) -> tuple[str, ...]:
        """The roles of this person whose yes the scope of the window takes."""
        needs = window.scope.needs if window.scope else (Role.TECH_LEAD.value,)
        sentence = f"To {act} the scope of {window.id} takes {named(needs)}."
        await self._allow(who, needs, act, window.id, sentence, besides=window.scope.by if window.scope else "")
        return tuple(holder.role.value for holder in await self._roles.holders() if who in holder.people)

    async def approvers(self, window: Window) -> Able:
        """Who may give the approval that the scope of a window lacks; nobody where it lacks none."""
        scope = window.scope
        if scope is None or scope.is_approved or scope.rejected_by:
            return Able()
        return await self._roles.able(one for one in await self._people(scope.lacks) if one != scope.by)

    async def _people(self, roles: Sequence[str]) -> tuple[str, ...]:
        return _once(one for holder in await self._roles.holders() if holder.role in roles for one in holder.people)

    async def _allow(
        self, who: str, roles: Sequence[str], act: str, subject: str, sentence: str, besides: str = ""
    ) -> None:
        """Lets whoever has one of the roles through; a refusal also says which of them nobody has.

        `besides`: who has one and may not all the same, which they are told elsewhere.
        """
        holders = [holder for holder in await self._roles.holders() if holder.role in roles]
        allowed = _once(one for holder in holders for one in holder.people)
        if who in allowed:
            return
        await self._audit.wrote(who, act, subject, Outcome.REFUSED)
        able = await self._roles.able(one for one in allowed if one != besides)
        theirs = _OWN if besides in allowed and not able.people else ""
        remedy = " ".join(filter(None, (theirs, able.gone, unassigned(holders))))
        raise RefusedError(sentence, remedy, may=able.people)


def _once(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in people if one))
