"""Tells owners of their silences in direct messages, and the channel of silences that nobody is known to own."""

import structlog

from bot.domain.clock import Clock
from bot.domain.outbox import Content, Letter
from bot.domain.silence import Remote, Silence
from bot.slack.api import SlackError
from bot.slack.direct import Direct
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.views import silence as view
from bot.slack.views.parts import Message

log = structlog.get_logger("silence")

SILENCE = "opsbot_silence"


class SilenceBoard:
    """Implements bot.domain.silence_ports.SilenceBoard. The key of each message has it said once."""

    def __init__(self, outbox: Outbox, direct: Direct, directory: Directory, clock: Clock) -> None:
        self._outbox = outbox
        self._direct = direct
        self._directory = directory
        self._clock = clock

    async def ends_soon(self, silence: Silence) -> None:
        """See SilenceBoard.ends_soon."""
        key = f"{silence.id}/ends-{silence.ends_at:%Y%m%d%H%M%S}"
        await self._tell(silence.owner, key, view.ends_soon(silence))

    async def expired_elsewhere(self, silence: Silence) -> None:
        """See SilenceBoard.expired_elsewhere."""
        await self._tell(silence.owner, f"{silence.id}/expired", view.expired_elsewhere(silence))

    async def is_old(self, remote: Remote, silence: Silence | None, week: int) -> None:
        """See SilenceBoard.is_old."""
        await self._tell(silence.owner if silence else "", f"{remote.id}/old-{week}", view.is_old(remote, silence))

    async def _tell(self, who: str, key: str, message: Message) -> None:
        try:
            direct = await self._direct.channel(who)
        except SlackError as error:
            log.warning("owner told in the channel", key=key, cause=str(error))
            direct = ""
        channel = direct or self._directory.ops_channel
        if channel:
            await self._outbox.send(Letter(SILENCE, key, channel, Content(message.payload()), self._clock()))
