"""What the bot asks of an open incident by itself: an update when one is due, after a silent day whether it is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.incident import Incident

SILENT = timedelta(days=1)  # nobody wrote or did anything for so long: is it still an incident?


class Reminded(Protocol):
    """Where incidents are kept, as far as reminders need it. Each method raises StoreAwayError."""

    async def open_ones(self) -> list[Incident]:
        """All that are open."""

    async def reminded(self, incident_id: str, at: datetime) -> None:
        """Keeps when its owner was reminded of an update."""

    async def asked(self, incident_id: str, at: datetime) -> None:
        """Keeps when it was asked whether it is over."""


class ReminderBoard(Protocol):
    """Where reminders are shown, each once however often and by however many bots it is asked for."""

    async def remind(self, incident: Incident, due: datetime) -> None:
        """Asks the owner in the thread for the update that was due then."""

    async def ask_whether_over(self, incident: Incident, since: datetime) -> None:
        """Asks in the thread whether it is over, since nothing has happened since then."""


class ReminderDesk:
    """Reminds once per update that is due and once per silent day. `every` is how often an update is wanted."""

    def __init__(self, incidents: Reminded, board: ReminderBoard, every: timedelta, clock: Clock) -> None:
        self._incidents = incidents
        self._board = board
        self._every = every
        self._clock = clock

    async def tick(self) -> None:
        """Asks what is due now. The message is recorded before that it was asked: a kill in between repeats nothing."""
        now = self._clock()
        for incident in await self._incidents.open_ones():
            if incident.card_ts is None:
                continue  # no thread to ask in yet
            if is_silent(incident, now):
                await self._board.ask_whether_over(incident, incident.last_sign)
                await self._incidents.asked(incident.id, now)
            elif (due := overdue(incident, self._every, now)) is not None:
                await self._board.remind(incident, due)
                await self._incidents.reminded(incident.id, now)

    def due(self, incidents: Sequence[Incident]) -> list[datetime | None]:
        """When the next update of each should be there."""
        return [incident.update_due(self._every) for incident in incidents]


def overdue(incident: Incident, every: timedelta, now: datetime) -> datetime | None:
    """When the update should have been there that nobody asked for yet; None if there is nothing to ask."""
    due = incident.update_due(every)
    if due is None or due > now:
        return None
    return None if incident.reminded_at and incident.reminded_at >= due else due


def is_silent(incident: Incident, now: datetime) -> bool:
    """Whether nothing has happened for a day, and nobody was asked about it since."""
    silent_from = incident.last_sign + SILENT
    if not incident.is_open or silent_from > now or (incident.snoozed_until and incident.snoozed_until > now):
        return False
    return not (incident.asked_at and incident.asked_at >= silent_from)
