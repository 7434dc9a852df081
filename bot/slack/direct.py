"""Direct messages: each once, through the outbox; bots and people who left the workspace get none."""

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


class Direct:
    """Speaks to one person where nobody else reads."""

    def __init__(self, outbox: Outbox, api: Api, directory: Directory, clock: Clock) -> None:
        self._outbox = outbox
        self._api = api
        self._directory = directory
        self._clock = clock
        self._channels: dict[str, str] = {}

    async def say(self, who: str, key: str, view: Message) -> bool:
        """Tells a person; `key` names what is told, so that it is told once. False for a bot and who has left.

        Raises UndeliveredError where Slack could not be asked, StoreAwayError.
        """
        try:
            await self._directory.must_be_a_person(who)
        except UserError:
            return False
        channel = await self._channel(who)
        if not channel:
            return False
        content = Content(view.payload(), {"about": key})
        await self._outbox.send(Letter(DIRECT, f"{key}/{who}", channel, content, self._clock()))
        return True

    async def _channel(self, who: str) -> str:
        # Not the person's id: whether a message is there can be asked of conversations alone.
        if who not in self._channels:
            try:
                opened = await self._api.patiently("conversations.open", users=who)
            except DeclinedError as error:
                log.warning("no direct conversation", who=who, cause=error.code)
                return ""
            except SlackError as error:
                raise UndeliveredError("unknown", "Slack does not answer.", "It is tried again.") from error
            self._channels[who] = str(opened["channel"]["id"])
        return self._channels[who]
