"""Emergency maintenance: a window that starts now, and the incident that it is about."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.audit import AuditDesk
from bot.domain.clock import Clock
from bot.domain.freeze import Freezes
from bot.domain.incident import Incident, Opening
from bot.domain.incident_desk import Opened
from bot.domain.role import RoleDesk
from bot.domain.window import Exemption, Kind, Window, window_id
from bot.domain.window_steps import declared
from bot.errors import ConflictError, StoreAwayError

LENGTH = timedelta(hours=1)  # if nobody says how long
TRIES = 3  # minutes that are tried for a window of its own


@dataclass(frozen=True)
class Emergency:
    """An emergency window and the ID of its incident."""

    window: Window
    incident_id: str


@dataclass(frozen=True)
class Declared:
    """What became of it: the incident is open in any case; `window` is None while MongoDB cannot keep it."""

    opened: Opened
    window: Window | None


EXEMPT = "it is an emergency"  # why one is held although it lies in a freeze


class Emergencies(Protocol):
    """Where emergency windows are kept. Each method raises StoreAwayError."""

    async def declare(self, emergency: Emergency) -> str:
        """Keeps one; the ID of the incident that the window of this start has, which is another's if it was there."""

    async def emergencies(self, after: datetime) -> list[Window]:
        """Those that end after that moment, in order."""


class Incidents(Protocol):
    """Opens incidents."""

    async def open(self, opening: Opening) -> Opened:
        """The same words of one person within a minute are one incident."""


class EmergencyDesk:
    """Declares emergencies; who has a role may."""

    def __init__(
        self,
        emergencies: Emergencies,
        freezes: Freezes,
        incidents: Incidents,
        roles: RoleDesk,
        audit: AuditDesk,
        clock: Clock,
    ) -> None:
        self._emergencies = emergencies
        self._freezes = freezes
        self._incidents = incidents
        self._roles = roles
        self._audit = audit
        self._clock = clock

    async def declare(self, opening: Opening, length: timedelta) -> Declared:
        """Opens the incident, then keeps the window: said twice, both are there once. Raises RefusedError."""
        await self._roles.must_have_one(opening.who, "declare an emergency")
        opened = await self._incidents.open(opening)
        if not opened.is_saved:
            return Declared(opened, None)
        try:
            window = await self._kept(opened.incident, length)
        except StoreAwayError:
            return Declared(opened, None)
        await self._audit.wrote(opening.who, "emergency", window.id, detail=opened.incident.id)
        return Declared(opened, window)

    async def _kept(self, incident: Incident, length: timedelta) -> Window:
        """Its window: of the minute in which its incident was opened, or of the next if that has one."""
        freezes = await self._freezes.current(self._clock())
        for later in range(TRIES):
            window = emergency_of(incident, length, later)
            if any(one.holds(window) for one in freezes):
                window = replace(window, exemption=Exemption(incident.opened_by, incident.opened_at, EXEMPT))
            if await self._emergencies.declare(Emergency(window, incident.id)) == incident.id:
                return window
        raise ConflictError(
            f"{incident.id} is open, but other windows begin in these minutes.",
            "Write in its thread what is to be done.",
        )

    async def under_way(self) -> list[Window]:
        """The emergencies that are not over. Raises StoreAwayError."""
        return await self._emergencies.emergencies(self._clock())


def emergency_of(incident: Incident, length: timedelta, later: int = 0) -> Window:
    """The window of an emergency: it starts with its incident, or so many minutes later."""
    start = incident.opened_at.replace(second=0, microsecond=0) + timedelta(minutes=later)
    title = f"Emergency maintenance ({incident.id}: {incident.title})"
    window = Window(window_id(start), start, start + length, title, Kind.EMERGENCY, incident_id=incident.id)
    return declared(window, incident.opened_by, incident.opened_at)
