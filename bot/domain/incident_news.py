"""What monitoring tells the incident that was opened from it: all to its timeline, what people await to its thread."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.incident import Incident, Status
from bot.domain.timeline import Attached, Kind
from bot.domain.timeline_desk import TimelineDesk

CARD_WITHIN = timedelta(minutes=10)  # an incident that has no card by then has no thread to say anything in


@dataclass(frozen=True)
class News:
    """What went down again or is back, in a sentence. `key` names it within the incident, so that it is said once.

    `attached` are the entries of the timeline that it tells of: the thread keeps them too, should MongoDB lose them.
    """

    key: str
    at: datetime
    text: str
    is_good: bool
    url: str = ""
    attached: tuple[Attached, ...] = ()


class Incidents(Protocol):
    """Where incidents are kept."""

    async def get(self, incident_id: str) -> Incident | None:
        """The one with this ID. Raises StoreAwayError."""


class NewsBoard(Protocol):
    """Where incidents are shown."""

    async def news(self, incident: Incident, news: News) -> None:
        """Says it in the thread, once. Raises StoreAwayError."""


class IncidentNews:
    """The incidents of alerts and outages. Each method may be called again for the same thing, by any bot."""

    def __init__(self, timelines: TimelineDesk, incidents: Incidents, board: NewsBoard, clock: Clock) -> None:
        self._timelines = timelines
        self._incidents = incidents
        self._board = board
        self._clock = clock

    async def attach(self, incident_id: str, kind: Kind, key: str, at: datetime, text: str, url: str = "") -> bool:
        """See TimelineDesk.attach."""
        return await self._timelines.attach(incident_id, kind, key, at, text, url)

    async def say(self, incident_id: str, news: News) -> bool:
        """Says it in the incident's thread; False if it cannot be said yet. Raises StoreAwayError.

        What came before the incident is no news in it, and one that is closed is left alone.
        """
        incident = await self._incidents.get(incident_id)
        if incident is None or incident.status is Status.CLOSED or news.at <= incident.opened_at:
            return True
        if not incident.card_ts:
            return self._clock() - news.at > CARD_WITHIN
        await self._board.news(incident, news)
        return True
