"""Opens incidents from alerts: one for a group or a storm, whoever presses, however often."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from bot.domain.alert import Asked, Digest, Group, Report
from bot.domain.alert_ports import AlertBoard, Groups
from bot.domain.clock import Clock
from bot.domain.incident import TITLE_LIMIT, Incident, Opening, Severity, Status
from bot.domain.incident_desk import Opened
from bot.domain.quote import Quote
from bot.errors import ConflictError, NotFoundError

# Shorter than a minute: within that the same words of the same person are one incident, so that who takes over what a
# bot that died has begun does not open a second one.
BEGUN = timedelta(seconds=20)
QUOTED = 20  # members in the quote
NAMED = 5  # groups of a storm in the quote
QUOTE_LIMIT = 1_500


class Incidents(Protocol):
    """Opens and finds incidents."""

    async def open(self, opening: Opening) -> Opened:
        """The same words of one person within a minute are one incident."""

    async def get(self, incident_id: str) -> Incident:
        """The incident with this whole ID. Raises NotFoundError."""


@dataclass(frozen=True)
class Found:
    """The incident of an alert; `is_new`: this press opened it."""

    incident: Incident
    is_new: bool


@dataclass(frozen=True)
class _Topic:
    """A group or a storm as an incident is opened from it."""

    id: str
    title: str
    severity: Severity
    text: str
    channel: str
    ts: str
    incident_id: str
    asked: Asked | None
    known: Report | None = None


class AlertIncidents:
    """The way from an alert to its incident. Each method raises StoreAwayError."""

    def __init__(self, groups: Groups, incidents: Incidents, board: AlertBoard, clock: Clock) -> None:
        self._groups = groups
        self._incidents = incidents
        self._board = board
        self._clock = clock

    async def of(self, incident_id: str) -> Incident | None:
        """The incident, unless it is none or is over."""
        if not incident_id:
            return None
        try:
            incident = await self._incidents.get(incident_id)
        except NotFoundError:
            return None
        return incident if incident.is_open else None

    async def of_group(self, group: Group) -> Incident | None:
        """Its own, or that of the storm that it began in; as in `of`."""
        known = await self.of(group.incident_id)
        storm = await self._groups.digest(group.storm) if group.storm and known is None else None
        return await self.of(storm.incident_id) if storm else known

    async def hears(self, incident_id: str) -> bool:
        """Whether the incident is still to be told of what it was opened from: until it is closed."""
        try:
            return (await self._incidents.get(incident_id)).status is not Status.CLOSED
        except NotFoundError:
            return False

    async def open(self, topic_id: str, who: str, ts: str) -> Found:
        """Opens one, or finds the one that is open. Raises NotFoundError, ConflictError and UserError.

        `ts` is the message whose button was pressed, which may not be kept yet.
        """
        topic = await self._topic(topic_id)
        topic = replace(topic, channel=topic.channel or self._board.channel, ts=topic.ts or ts)
        known = await self.of(topic.incident_id)
        if known is not None:
            return Found(known, is_new=False)
        now = self._clock()
        asked = Asked(who, now, topic.title, topic.severity)
        if not await self._groups.ask(topic_id, asked, now - BEGUN):
            return await self._second(topic_id)
        return Found(await self._opened(replace(topic, asked=asked), asked), is_new=True)

    async def _second(self, topic_id: str) -> Found:
        """Somebody else is at it, or was a moment ago."""
        topic = await self._topic(topic_id)
        known = await self.of(topic.incident_id)
        if known is not None:
            return Found(known, is_new=False)
        by = topic.asked.who if topic.asked else ""
        raise ConflictError(
            "An incident is being opened from this alert just now.", "The alert shows it in a moment.", by=by
        )

    async def finish(self) -> None:
        """Opens what a bot that died was about to open, or finds that it did."""
        for topic_id in await self._groups.asked(self._clock() - BEGUN):
            topic = await self._topic(topic_id)
            asked = topic.asked
            if asked is None:
                continue
            since = asked.at - timedelta(minutes=1)
            found = await self._groups.quoting(topic.channel, topic.ts, since) if topic.ts else ""
            if found:
                await self._link(topic_id, found, None)
            else:
                await self._opened(topic, asked)

    async def _opened(self, topic: _Topic, asked: Asked) -> Incident:
        quote = Quote(topic.channel, topic.ts, "", topic.text) if topic.ts else None
        channel = topic.channel or self._board.channel
        opening = Opening(asked.title, asked.severity, asked.who, channel, quote=quote)
        opened = await self._incidents.open(opening)
        await self._link(topic.id, opened.incident.id, topic.known)
        return opened.incident

    async def _link(self, topic_id: str, incident_id: str, known: Report | None) -> None:
        await self._groups.link(topic_id, incident_id, known)
        await self._groups.turned(incident_id)

    async def _topic(self, topic_id: str) -> _Topic:
        group = await self._groups.get(topic_id)
        if group is not None:
            title = f"{group.name}: {summary}" if (summary := _summary(group)) else group.name
            known = await self.of_group(group)
            where = (group.channel, group.ts, known.id if known else "", group.asked)
            return _Topic(group.id, _cut(title, TITLE_LIMIT), group.severity, described(group), *where)
        digest = await self._groups.digest(topic_id)
        if digest is None:
            raise NotFoundError("That alert is not known any more.", "`/ops alerts` lists what fires.")
        return await self._storm(digest)

    async def _storm(self, digest: Digest) -> _Topic:
        total, firing = await self._groups.count_of(digest.id)
        worst = await self._groups.worst_of(digest.id, NAMED)
        severity = min((group.severity for group in worst), default=Severity.SEV2)
        title = f"Alert storm: {total} groups since {digest.began:%H:%M} UTC"
        names = "; ".join(group.name for group in worst)
        more = f" and {total - len(worst)} more" if total > len(worst) else ""
        text = _cut(f"{firing} of {total} groups fire, the worst: {names}{more}", QUOTE_LIMIT)
        where = (digest.channel, digest.ts, digest.incident_id, digest.asked)
        known = Report(0, self._clock(), digest.version, total, firing)
        return _Topic(digest.id, title, severity, text, *where, known)


def described(group: Group) -> str:
    """A group in plain words: its name, and each member with its summary."""
    lines = [
        f"{'firing' if alert.is_firing else 'resolved'}: {group.name_of(alert)}"
        for alert in (*group.firing, *(alert for alert in group.members if not alert.is_firing))
    ]
    return _cut("\n".join([group.name, *lines[:QUOTED]]), QUOTE_LIMIT)


def _summary(group: Group) -> str:
    found = {alert.annotation("summary", "message", "description") for alert in group.firing or group.members}
    return found.pop() if len(found) == 1 else ""


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
