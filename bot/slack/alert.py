"""What the channel shows of alerts: one message for each group, replies for what is new, one message for a storm."""

from bot.domain.alert import Digest, Group, Turn
from bot.domain.clock import Clock
from bot.domain.incident import Incident
from bot.domain.outbox import Content, Letter, State
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.views import alert as view
from bot.slack.views.parts import Message

ALERT = "opsbot_alert"
REPLY = "opsbot_reply"
GONE = "message_not_found"  # Slack's word where somebody deleted the message


class AlertBoard:
    """Implements bot.domain.alert_ports.AlertBoard. `may_silence`: there is an Alertmanager to ask."""

    def __init__(self, outbox: Outbox, directory: Directory, clock: Clock, *, may_silence: bool) -> None:
        self._outbox = outbox
        self._directory = directory
        self._clock = clock
        self._may_silence = may_silence

    @property
    def channel(self) -> str:
        """See AlertBoard.channel."""
        return self._directory.ops_channel

    async def alert(self, group: Group, incident: Incident | None) -> str:
        """See AlertBoard.alert."""
        message = view.alert(group, incident, self._url(incident), may_silence=self._may_silence)
        return await self._show(f"{group.id}/{group.episode}", message, group.version)

    def _url(self, incident: Incident | None) -> str:
        return self._directory.link_to(incident.channel, incident.card_ts or "") if incident else ""

    async def news(self, group: Group, turn: Turn) -> None:
        """See AlertBoard.news. What begins anew below an old message is shown in the channel too."""
        content = Content(view.news(group, turn).payload(), {"alert": group.id})
        key = f"{group.id}/{group.episode}/v{turn.version}"
        letter = Letter(REPLY, key, self.channel, content, self._clock(), thread_ts=group.ts, broadcast=turn.is_back)
        await self._outbox.send(letter)

    async def digest(
        self, digest: Digest, incident: Incident | None, counts: tuple[int, int], worst: list[Group]
    ) -> str:
        """See AlertBoard.digest."""
        its = (incident, self._url(incident))
        message = view.digest(digest, counts, worst, its, may_silence=self._may_silence)
        return await self._show(digest.id, message, digest.version)

    async def _show(self, key: str, message: Message, revision: int) -> str:
        letter = Letter(ALERT, key, self.channel, Content(message.payload(), {}, revision), self._clock())
        known = await self._outbox.find(letter.id)
        is_gone = known is not None and (known.state, known.reason) == (State.PARKED, GONE)
        gone_ts = known.ts if known is not None and is_gone else None
        ts = await (self._outbox.repost(letter, gone_ts) if gone_ts else self._outbox.post(letter))
        # If the message was there before, it shows what it showed then.
        await self._outbox.edit(letter.id, letter.content, letter.channel)
        return ts

    async def lost(self) -> list[tuple[str, int]]:
        """See AlertBoard.lost. Outages and storms have keys of other shapes."""
        keys = (key.rpartition("/") for key in await self._outbox.gone(ALERT))
        return [(group_id, int(episode)) for group_id, _, episode in keys if episode.isdecimal()]

    def link_to(self, channel: str, ts: str) -> str:
        """See AlertBoard.link_to."""
        return self._directory.link_to(channel, ts)
