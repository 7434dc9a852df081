"""Asks whether an incident is the same as another open one: at its opening, or once it is known that both are there."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.incident import Incident
from bot.domain.similar import is_similar
from bot.errors import StoreAwayError

MOST = 3  # others that are asked about
RECENT = timedelta(days=1)


class Others(Protocol):
    """Where incidents are kept."""

    async def open_ones(self) -> list[Incident]:
        """All that are open. Raises StoreAwayError."""


class SameBoard(Protocol):
    """Where it is asked."""

    async def ask_whether_same(self, later: Incident, earlier: Incident) -> None:
        """Asks in the thread of the one that was opened later, once however often and by however many bots."""


class SimilarDesk:
    """Finds incidents that may be about the same trouble."""

    def __init__(self, others: Others, board: SameBoard) -> None:
        self._others = others
        self._board = board

    async def to(self, incident: Incident) -> list[Incident]:
        """Other open incidents that may be about the same; none while MongoDB is away."""
        try:
            others = [one for one in await self._others.open_ones() if one.id != incident.id]
        except StoreAwayError:
            return []
        return [one for one in others if is_similar(one.title, incident.title)][:MOST]

    async def ask_late(self, incident: Incident, now: datetime) -> None:
        """Asks about one that was opened where nobody could know of the others, lately: later, people will have seen.

        Each of two may be kept last, or both at once: whoever asks, it is about the later one, and one question.
        """
        if now - incident.opened_at > RECENT:
            return
        for other in await self.to(incident):
            earlier, later = sorted((incident, other), key=lambda one: (one.opened_at, one.id))
            if later.card_ts is not None:
                await self._board.ask_whether_same(later, earlier)
