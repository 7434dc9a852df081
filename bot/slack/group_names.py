"""User groups as people read them: `@oncall`, never a live mention, which would call everybody in the group.

The handle is what Slack wrote beside the mention, else what the workspace tells, else the group's ID.
https://docs.slack.dev/reference/methods/usergroups.list
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

import structlog

from bot.domain.timeline import Changed, Gone, Heard
from bot.slack.api import Api, SlackError
from bot.slack.mrkdwn import GROUP, groups_written

log = structlog.get_logger("groups")

AGAIN = 600.0  # seconds before the workspace is asked anew for a group that it did not name


class GroupNames:
    """Writes user groups out."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._handles: dict[str, str] = {}
        self._turn = asyncio.Lock()
        self._asked_at = -AGAIN

    async def written(self, text: str) -> str:
        """The text with `<!subteam^S…>` written out; what Slack does not tell keeps nobody waiting but once."""
        nameless = [group for group, handle in GROUP.findall(text) if not handle]
        if nameless:
            await self._learn(nameless)
        return groups_written(text, self._handles)

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
