"""Direct conversations of the bot with people, and messages there: each once, through the outbox."""

import re

import structlog

from bot.domain.clock import Clock
from bot.domain.outbox import Content, Letter, UndeliveredError
from bot.errors import UserError
from bot.slack.api import Api, DeclinedError, SlackError
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.views.parts import Message

log = structlog.get_logger("direct")

DIRECT = "opsbot_direct"
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


class Whisper:
    """Tells one person something where nobody else reads; bots and people who left the workspace are not told."""

    def __init__(self, outbox: Outbox, direct: Direct, directory: Directory, clock: Clock) -> None:
        self._outbox = outbox
        self._direct = direct
        self._directory = directory
        self._clock = clock

    async def say(self, who: str, key: str, view: Message) -> bool:
        """Tells a person; `key` names what is told, so that it is told once. False for a bot and who has left.

        Raises UndeliveredError where Slack could not be asked, StoreAwayError.
        """
        try:
            await self._directory.must_be_a_person(who)
        except UserError:
            return False
        try:
            # Not the person's id: whether a message is there can be asked of conversations alone.
            channel = await self._direct.channel(who)
        except SlackError as error:
            raise UndeliveredError("unknown", "Slack does not answer.", "It is tried again.") from error
        if not channel:
            return False
        content = Content(view.payload(), {"about": key})
        await self._outbox.send(Letter(DIRECT, f"{key}/{who}", channel, content, self._clock()))
        return True
