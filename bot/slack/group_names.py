"""User groups as people read them: `@oncall`, never a live mention, which would call everybody in the group.

The handle is what Slack wrote beside the mention, else what the workspace tells, else the group's ID.
https://docs.slack.dev/reference/methods/usergroups.list
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

import structlog

from bot.domain.timeline import Changed, Gone, Heard
from bot.slack.api import Api, SlackError

log = structlog.get_logger("groups")

AGAIN = 600.0  # seconds before the workspace is asked anew for a group that it did not name

_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]{1,20})(?:\|([^<>]*))?>")
_HANDLE = re.compile(r"@[^\s<>|@]{1,80}")


class GroupNames:
    """Writes user groups out."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._handles: dict[str, str] = {}
        self._turn = asyncio.Lock()
        self._asked_at = -AGAIN

    async def written(self, text: str) -> str:
        """The text with `<!subteam^S…>` written out; what Slack does not tell keeps nobody waiting but once."""
        found = _GROUP.findall(text)
        if found:
            await self._learn(group for group, label in found if not _HANDLE.fullmatch(label))
        return _GROUP.sub(lambda one: self._name(one[1], one[2] or ""), text)

    def _name(self, group: str, label: str) -> str:
        return label if _HANDLE.fullmatch(label) else f"@{self._handles.get(group) or group}"

    async def _learn(self, groups: Iterable[str]) -> None:
        wanted = set(groups)
        async with self._turn:
            if wanted <= self._handles.keys() or monotonic() - self._asked_at < AGAIN:
                return
            self._asked_at = monotonic()
            try:
                answer = await self._api.call("usergroups.list", include_disabled=True)
            except SlackError as error:  # a plan without groups, or a scope that is missing
                log.info("user groups are not told", cause=str(error))
                return
            for group in answer.get("usergroups") or ():
                self._handles[str(group.get("id"))] = str(group.get("handle") or group.get("name") or "")

    async def heard(self, message: Heard) -> Heard:
        """A message with its groups written out."""
        return replace(message, text=await self.written(message.text)) if "<!subteam^" in message.text else message

    async def told(self, found: Heard | Changed | Gone | None) -> Heard | Changed | Gone | None:
        """The same for whatever a message event says."""
        match found:
            case Heard():
                return await self.heard(found)
            case Changed(now, before):
                return replace(found, now=await self.heard(now), before=before and await self.heard(before))
            case Gone(last=Heard() as last):
                return replace(found, last=await self.heard(last))
        return found
