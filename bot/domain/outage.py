"""Opens an incident from the message of an outage: one, however many people press the button."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.incident import Incident, Opening
from bot.domain.incident_desk import Opened
from bot.errors import StoreAwayError

HOLDS = timedelta(seconds=30)  # after which a press that led to nothing does not count any more


@dataclass(frozen=True)
class Pressed:
    """The outage's incident by its ID, if it has one; `is_ours`: it has none, and this press is to open it."""

    who: str
    incident: str = ""
    is_ours: bool = False


@dataclass(frozen=True)
class FromOutage:
    """What a press led to: the incident that was opened, or who opened it before and its ID (empty: just now)."""

    opened: Opened | None
    who: str = ""
    incident: str = ""


class Outages(Protocol):
    """Which incidents belong to outages. Each method raises StoreAwayError."""

    async def press(self, key: str, who: str) -> Pressed:
        """Claims the outage for whoever presses first."""

    async def link(self, key: str, incident_id: str) -> None:
        """Keeps the incident of an outage, unless it has one."""

    async def release(self, key: str) -> None:
        """Nothing was opened after all."""


class Incidents(Protocol):
    """Opens incidents."""

    async def open(self, opening: Opening) -> Opened:
        """The same words of one person within a minute are one incident."""

    async def open_ones(self) -> list[Incident]:
        """The open incidents."""


class OutageDesk:
    """Remembers which incident was opened from which outage."""

    def __init__(self, outages: Outages, incidents: Incidents) -> None:
        self._outages = outages
        self._incidents = incidents
        self._unlinked: dict[str, tuple[str, str]] = {}  # opened while MongoDB was away: who, and the ID

    async def open(self, key: str, opening: Opening) -> FromOutage:
        """Opens an incident, or tells which one there is. Without MongoDB it is opened all the same."""
        if key in self._unlinked:
            return FromOutage(None, *self._unlinked[key])
        try:
            pressed = await self._outages.press(key, opening.who)
        except StoreAwayError:
            opened = await self._incidents.open(opening)
            self._unlinked[key] = (opening.who, opened.incident.id)
            return FromOutage(opened)
        if not pressed.is_ours:
            return FromOutage(None, pressed.who, pressed.incident)
        return await self._open(key, opening)

    async def link_late(self) -> None:
        """Keeps what was opened while MongoDB was away. Raises StoreAwayError while it still is."""
        for key, (_, incident_id) in list(self._unlinked.items()):
            await self._outages.link(key, incident_id)
            del self._unlinked[key]

    async def _open(self, key: str, opening: Opening) -> FromOutage:
        opened = None
        try:
            # A bot that died after it opened one and before it said so left one that quotes the same message.
            known = next((one for one in await self._incidents.open_ones() if _quotes(one, opening)), None)
            opened = Opened(known, is_saved=True) if known else await self._incidents.open(opening)
            await self._outages.link(key, opened.incident.id)
        except StoreAwayError:
            if opened is None:
                raise
            self._unlinked[key] = (opening.who, opened.incident.id)
        finally:
            if opened is None:
                await self._outages.release(key)
        return FromOutage(opened)


def _quotes(incident: Incident, opening: Opening) -> bool:
    mine, its = opening.quote, incident.quote
    return bool(mine and its and (mine.channel, mine.ts) == (its.channel, its.ts))
