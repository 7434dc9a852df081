"""Storms of alerts: so many groups at once that one message, edited, tells of all of them but the first."""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.alert import Digest, Group
from bot.domain.alert_incident import AlertIncidents
from bot.domain.alert_ports import AlertBoard, Groups
from bot.domain.batch import Batches
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError

CALM = 10  # groups in a minute that have a message each
MINUTE = timedelta(minutes=1)
OVER = timedelta(minutes=10)  # a storm that nothing has joined for so long is over
EVERY = timedelta(seconds=2)  # the message is edited no oftener: Slack takes about 50 edits a minute
REMEMBERED = timedelta(seconds=5)  # after which a bot asks again which storm it is, so that all bots join the same
NAMED = 10
_NEVER = datetime.min.replace(tzinfo=UTC)


class Storms:
    """Decides which groups belong to a storm, and keeps its message."""

    def __init__(self, groups: Groups, board: AlertBoard, incidents: AlertIncidents, clock: Clock) -> None:
        self._groups = groups
        self._board = board
        self._incidents = incidents
        self._clock = clock
        self._begun: deque[datetime] = deque(maxlen=CALM)  # groups that this bot kept as new, or as firing anew
        self._known: tuple[str, datetime] = ("", _NEVER)
        self._changed: Batches[str, Group, None] = Batches(self._tell)

    def remembered(self, now: datetime) -> str:
        """The storm that a group joins which is to be shown now, if this bot knows that without asking.

        It does when it has itself kept as many groups within a minute as make a storm.
        """
        known, asked_at = self._known
        is_on = len(self._begun) == CALM and min(self._begun) > now - MINUTE
        return known if known and is_on and abs(now - asked_at) < REMEMBERED else ""

    async def join(self, now: datetime) -> str:
        """The storm that a group joins which is to be shown now; empty while it is calm."""
        if await self._groups.began_since(now - MINUTE, CALM) < CALM:
            return ""
        known = await self._groups.digest_since(now - OVER)
        if known is None:
            known = Digest(f"storm-{now:%Y%m%d-%H%M}", now, now)
            await self._groups.begin_digest(known)
        self._known = (known.id, now)
        return known.id

    def began(self, now: datetime) -> None:
        """A group was kept as new, or as firing anew."""
        self._begun.append(now)

    async def tell(self, group: Group) -> None:
        """Has the storm's message tell of the group's untold turns, and forgets them. Many at once cost little more."""
        await self._changed.do(group.digest, group)

    async def _tell(self, digest_id: str, groups: Sequence[Group]) -> None:
        begun = [turn.at for group in groups for turn in group.untold if turn.is_first]
        # In this order: what a bot that is killed leaves behind is told again, which changes nothing.
        await self._groups.join_digest(digest_id, max(begun, default=None))
        for earlier in sorted({group.storm for group in groups} - {digest_id, ""}):
            await self._groups.join_digest(earlier, None)
        await self._groups.told_all([(group.id, group.version) for group in groups])

    async def tick(self) -> None:
        """Has the messages of storms show what is known by now."""
        if not self._board.channel:
            return
        now = self._clock()
        for digest in await self._groups.untold_digests(now - EVERY):
            await self._groups.adopt(digest, digest.began - MINUTE)
            counts = await self._groups.count_of(digest.id)
            worst = await self._groups.worst_of(digest.id, NAMED)
            incident = await self._incidents.of(digest.incident_id)
            try:
                ts = await self._board.digest(digest, incident, counts, worst)
            except UndeliveredError:
                continue  # the outbox has it in the log, and tries again where that can help
            await self._groups.told_digest(digest, self._board.channel, ts, now)
