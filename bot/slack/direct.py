"""Direct conversations of the bot with people: their ids, asked once each."""

import re

import structlog

from bot.slack.api import Api, DeclinedError

log = structlog.get_logger("direct")

KEPT = 500

_PERSON = re.compile(r"[UW][A-Z0-9]{1,20}")


class Direct:
    """Opens direct conversations; needs the scope im:write."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, str] = {}

    async def channel(self, who: str) -> str:
        """The id of the conversation with this person; empty where there can be none: they left, say.

        Raises SlackError when Slack does not answer.
        """
        if not _PERSON.fullmatch(who):
            return ""
        if who not in self._known:
            try:
                answer = await self._api.patiently("conversations.open", users=who)
            except DeclinedError as error:
                log.warning("no direct conversation", who=who, cause=error.code)
                return ""
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[who] = str((answer.get("channel") or {}).get("id", ""))
        return self._known[who]
