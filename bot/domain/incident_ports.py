"""What the incidents' desks need: where incidents are kept, and where they are shown."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol

from bot.domain.incident import Act, Incident
from bot.domain.similar_desk import SameBoard


class Incidents(Protocol):
    """Where incidents are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, incident: Incident) -> bool:
        """Keeps a new one; False if there is one with this ID or of the same words."""

    async def get(self, incident_id: str) -> Incident | None:
        """The one with this ID."""

    async def with_words(self, words: str, since: datetime) -> Incident | None:
        """The newest one opened by these words since then."""

    async def at_card(self, channel: str, card_ts: str) -> Incident | None:
        """The one whose card is this message."""

    async def open_ones(self) -> list[Incident]:
        """All that are open, worst first, then newest."""

    async def ending_with(self, ending: str) -> list[Incident]:
        """Up to six whose ID ends so, newest first."""

    async def save(self, incident: Incident, was: int) -> bool:
        """Keeps a change; False if the stored version is not `was` any more."""

    async def carded(self, incident_id: str, card_ts: str) -> None:
        """Keeps where the card is; where it was before stays known as well."""

    async def moved(self, incident: Incident, gone_ts: str | None, was: int) -> bool:
        """Keeps that the card is elsewhere now, and the act that says so; False if the stored version is not `was`."""

    async def reminded(self, incident_id: str, at: datetime) -> None:
        """Keeps when its owner was reminded of an update."""

    async def asked(self, incident_id: str, at: datetime) -> None:
        """Keeps when it was asked whether it is over."""

    async def told(self, incident_id: str, version: int) -> None:
        """Forgets the untold acts up to this version."""

    async def untold(self, before: datetime) -> list[Incident]:
        """Those with acts from before that moment which may not have been told."""


class IncidentBoard(SameBoard, Protocol):
    """Where incidents are shown."""

    async def card(self, incident: Incident, *, is_saved: bool, in_doubt: bool = False) -> str:
        """Posts the card, or finds it posted; its timestamp. `in_doubt` looks in the channel before it posts."""

    async def refresh(self, incident: Incident) -> None:
        """Has the card show the incident as it is now."""

    async def adopt(self, incident: Incident) -> None:
        """Takes a card that was found in the channel as the incident's, and has it show the incident as it is now."""

    async def reply(self, incident: Incident, act: Act) -> None:
        """Tells an act in the thread, once."""

    async def repost(self, incident: Incident) -> str:
        """Posts the card anew, once, since it was deleted; its new timestamp."""

    async def lost_cards(self) -> list[str]:
        """The IDs of incidents whose cards Slack could not find when they were to be edited."""

    def cards(self, since: datetime, until: datetime | None = None) -> AsyncIterator[Incident]:
        """The incidents whose cards are in the channel, as the cards tell them. Raises UnreadableError."""

    async def quoting(self, incident: Incident) -> Incident:
        """An incident as its card tells it, with the words of the message that it was opened from."""

    async def card_at(self, channel: str, ts: str) -> Incident | None:
        """The incident whose card this message is, as the card tells it. Raises UnreadableError."""
