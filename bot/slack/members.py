"""Who is a full member of the workspace: asked of Slack when somebody acts, and remembered for a minute."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bot.domain.standing import Standing
from bot.slack.api import Api, DeclinedError, SlackError

log = structlog.get_logger("members")

REMEMBERED = 60.0  # seconds
PATIENCE = 1.5  # seconds for Slack to say; nobody waits longer to open an incident
KEPT = 2_000
_ID = re.compile(r"[UW][A-Z0-9]{1,30}")  # it becomes part of a field's name where a pin is recorded


class Members:
    """`team` and `enterprise` are the bot's own workspace and organisation, as auth.test says.

    `heard` is told of each user object that came: it has the person's name too.
    """

    def __init__(self, api: Api, heard: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._api = api
        self._heard = heard
        self._known: dict[str, tuple[Standing, float]] = {}  # until when, by time.monotonic
        self.team = ""
        self.enterprise = ""

    async def standing(self, user_id: str, team_id: str) -> Standing:
        """Who this is; `team_id` is the workspace that the payload names, if it does.

        While Slack does not say, what it said last counts; of whom it never said anything the payload has to do: a
        member can open an incident then, and another workspace's people still cannot.
        """
        if not _ID.fullmatch(user_id):
            return Standing.UNKNOWN
        known, until = self._known.get(user_id, (None, 0.0))
        if known is not None and time.monotonic() < until:
            return known
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._api.call("users.info", user=user_id)
        except DeclinedError as error:
            if error.code not in ("user_not_found", "user_not_visible"):
                return self._presumed(user_id, team_id, known, error.code)
            found = Standing.UNKNOWN
        except (SlackError, TimeoutError) as error:
            return self._presumed(user_id, team_id, known, str(error) or "it takes too long")
        else:
            user: Mapping[str, Any] = answer.get("user") or {}
            found = self.read(user)
            self._heard(user_id, user)
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[user_id] = (found, time.monotonic() + REMEMBERED)
        return found

    def _presumed(self, user_id: str, team_id: str, known: Standing | None, cause: str) -> Standing:
        log.warning("Slack does not say who this is", who=user_id, cause=cause)
        if known is not None:
            return known
        return Standing.FOREIGN if team_id and self.team and team_id != self.team else Standing.MEMBER

    def read(self, user: Mapping[str, Any]) -> Standing:
        """What a user object says: https://docs.slack.dev/reference/objects/user-object"""
        if user.get("deleted"):
            return Standing.LEFT
        if user.get("is_bot"):
            return Standing.BOT
        if user.get("is_stranger") or not self._is_ours(user):
            return Standing.FOREIGN
        if user.get("is_restricted") or user.get("is_ultra_restricted"):
            return Standing.GUEST
        return Standing.MEMBER

    def _is_ours(self, user: Mapping[str, Any]) -> bool:
        """The same workspace, or another one of the same organisation."""
        team = str(user.get("team_id") or "")
        organisation = str((user.get("enterprise_user") or {}).get("enterprise_id") or "")
        return team in ("", self.team, self.enterprise or self.team) or (
            bool(self.enterprise) and organisation == self.enterprise
        )
