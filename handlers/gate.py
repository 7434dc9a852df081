"""Who is let in: full members of the workspace, whatever way they come. All others change nothing; it is audited.

What guests, people of other workspaces and apps write in an incident's thread is in its timeline as they said it, like
everybody's words; their mentions, commands, buttons, menus, forms, shortcuts and pins do nothing.
"""

from typing import Protocol

from bot.domain.audit import AuditDesk, Outcome
from bot.domain.standing import Standing
from bot.errors import RefusedError

_WHY = {
    Standing.GUEST: "You are a guest here",
    Standing.FOREIGN: "You belong to another workspace",
    Standing.LEFT: "Your account was deactivated",
    Standing.UNKNOWN: "Slack does not know your account",
    Standing.BOT: "You are an app",
}


class Registry(Protocol):
    """Knows the workspace's people."""

    async def standing(self, user_id: str, team_id: str) -> Standing:
        """Who this is to the workspace; `team_id` is what the payload says, which may be nothing."""


class OutsiderError(RefusedError):
    """Somebody acted who is no full member; `is_app`: nobody is there to be told."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(
            f"{_WHY[standing]}, so nothing was done: Ops Bot works for members of its workspace.",
            "Ask a member in the channel to do it for you.",
        )
        self.is_app = standing is Standing.BOT


class Gate:
    """Looks at who acts, before anything is done for them."""

    def __init__(self, registry: Registry, audit: AuditDesk) -> None:
        self._registry = registry
        self._audit = audit

    async def must_let_in(self, who: str, team: str, what: str, *, is_app: bool = False) -> None:
        """Raises OutsiderError, after the refusal was entered in the audit trail."""
        standing = Standing.BOT if is_app else await self._registry.standing(who, team)
        if standing is not Standing.MEMBER:
            await self._audit.wrote(who, "enter", what, Outcome.REFUSED, str(standing))
            raise OutsiderError(standing)
