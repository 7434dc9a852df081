"""Storms of alerts: so many groups at once that one message, edited, tells of all of them but the first."""

from datetime import datetime, timedelta

from bot.domain.alert import Digest
from bot.domain.alert_ports import AlertBoard, Groups
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError

CALM = 10  # groups in a minute that have a message each
MINUTE = timedelta(minutes=1)
OVER = timedelta(minutes=10)  # a storm that nothing has joined for so long is over
EVERY = timedelta(seconds=2)  # the message is edited no oftener: Slack takes about 50 edits a minute
NAMED = 10


class Storms:
    """Decides which groups belong to a storm, and keeps its message."""

    def __init__(self, groups: Groups, board: AlertBoard, clock: Clock) -> None:
        self._groups = groups
        self._board = board
        self._clock = clock

    async def join(self, now: datetime) -> str:
        """The storm that a group joins which is to be shown now; empty while it is calm."""
        if await self._groups.began_since(now - MINUTE, CALM) < CALM:
            return ""
        known = await self._groups.newest_digest(now - OVER)
        if known is not None:
            return known.id
        digest = Digest(f"storm-{now:%Y%m%d-%H%M}", now, now)
        await self._groups.begin_digest(digest)
        return digest.id

    async def tick(self) -> None:
        """Has the messages of storms show what is known by now."""
        if not self._board.channel:
            return
        now = self._clock()
        for digest in await self._groups.untold_digests(now - EVERY):
            counts = await self._groups.count_of(digest.id)
            worst = await self._groups.worst_of(digest.id, NAMED)
            try:
                ts = await self._board.digest(digest, counts, worst)
            except UndeliveredError:
                continue  # the outbox has it in the log, and tries again where that can help
            await self._groups.told_digest(digest, self._board.channel, ts, now)
