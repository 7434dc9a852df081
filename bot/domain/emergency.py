"""Emergency maintenance: a window that starts now, and the incident that it is about."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.audit import AuditDesk, Outcome
from bot.domain.clock import Clock
from bot.domain.freeze import Freezes
from bot.domain.incident import Incident, Opening
from bot.domain.incident_desk import Opened
from bot.domain.role import RoleDesk
from bot.domain.similar import is_similar
from bot.domain.window import Exemption, Kind, Window, window_id
from bot.domain.window_steps import declared
from bot.errors import ConflictError, StoreAwayError

LENGTH = timedelta(hours=1)  # if nobody says how long
TRIES = 3  # minutes whose names are tried for a window


@dataclass(frozen=True)
class Emergency:
    """An emergency window and the ID of its incident."""

    window: Window
    incident_id: str


@dataclass(frozen=True)
class Declared:
    """What became of it: the incident is open in any case; `window` is None while MongoDB cannot keep it.

    `same` is the emergency under way that may be the same; then there is a second window only if both were declared in
    one moment.
    """

    opened: Opened
    window: Window | None = None
    same: Window | None = None


EXEMPT = "it is an emergency"  # why one is held although it lies in a freeze


class Emergencies(Protocol):
    """Where emergency windows are kept. Each method raises StoreAwayError."""

    async def declare(self, emergency: Emergency) -> str:
        """Keeps one; the ID of the incident that the window of this start has, which is another's if it was there."""

    async def emergencies(self, after: datetime) -> list[Window]:
        """Those that are under way, or end after that moment, in order of their start."""


class Incidents(Protocol):
    """Opens incidents, and finds them."""

    async def open(self, opening: Opening) -> Opened:
        """The same words of one person within a minute are one incident."""

    async def get(self, incident_id: str) -> Incident:
        """The incident with this whole ID. Raises NotFoundError, StoreAwayError."""


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
        """Opens the incident, then keeps the window: said twice, both are there once. Raises RefusedError.

        Where an emergency is under way that may be the same, there is no second window: that is asked about.
        """
        await self._roles.must_have_one(opening.who, "declare an emergency")
        opened = await self._incidents.open(opening)
        if not opened.is_saved:
            return Declared(opened)
        incident = opened.incident
        try:
            if (window := await self._of(incident)) is not None:
                return Declared(opened, window)
            same = await self._same(incident)
            window = None if same else await self._kept(incident, length)
            # Of two that are declared in one moment at least one finds the other now.
            same = same or await self._same(incident)
        except StoreAwayError:
            return Declared(opened)
        if window is not None:
            await self._audit.wrote(opening.who, "emergency", window.id, detail=incident.id)
        elif same is not None:
            why = f"{incident.id} may be the same"
            await self._audit.wrote(opening.who, "emergency", same.id, Outcome.SKIPPED, why)
        return Declared(opened, window, same)

    async def announce(self, incident_id: str, who: str, length: timedelta) -> Window:
        """Keeps the window of one that is not the same as another.

        Raises ConflictError, RefusedError, StoreAwayError.
        """
        await self._roles.must_have_one(who, "declare an emergency")
        incident = await self._incidents.get(incident_id)
        if not incident.is_open:
            raise ConflictError(f"{incident_id} is {incident.status}, so no window was announced for it.")
        window = await self._of(incident) or await self._kept(incident, length, apart=True)
        if window is None:
            raise _crowded(incident)
        await self._audit.wrote(who, "emergency", window.id, detail=incident.id)
        return window

    async def _of(self, incident: Incident) -> Window | None:
        return next((one for one in await self._live() if one.incident_id == incident.id), None)

    async def _same(self, incident: Incident) -> Window | None:
        """Another one that is under way and may be the same."""
        others = [one for one in await self._live() if one.incident_id != incident.id]
        return next((one for one in others if is_similar(about(one), incident.title)), None)

    async def _kept(self, incident: Incident, length: timedelta, *, apart: bool = False) -> Window | None:
        """Its new window, from the minute in which its incident was opened (`apart`: from this one).

        It has the name of one of the next where that is taken. None where all are, or one by an emergency which may be
        the same and is not known to be `apart`.
        """
        now = self._clock()
        freezes = await self._freezes.current(now)
        start = max(incident.opened_at, now) if apart else incident.opened_at
        for later in range(TRIES):
            window = emergency_of(incident, length, later, start)
            if any(one.holds(window) for one in freezes):
                window = replace(window, exemption=Exemption(incident.opened_by, incident.opened_at, EXEMPT))
            if await self._emergencies.declare(Emergency(window, incident.id)) == incident.id:
                if (kept := await self._of(incident)) is not None:
                    return kept  # else that one is over already
            elif not apart and await self._same(incident) is not None:
                break
        return None

    async def _live(self) -> list[Window]:
        return [one for one in await self._emergencies.emergencies(self._clock()) if one.is_live]


def _crowded(incident: Incident) -> ConflictError:
    return ConflictError(
        f"{incident.id} is open, but other windows begin in these minutes.",
        "Write in its thread what is to be done.",
    )


def about(window: Window) -> str:
    """The title of an emergency, as it was said."""
    return window.title.removeprefix(_title(window.incident_id, "")[:-1]).removesuffix(")")


def _title(incident_id: str, title: str) -> str:
    return f"Emergency maintenance ({incident_id}: {title})"


def emergency_of(incident: Incident, length: timedelta, later: int = 0, start: datetime | None = None) -> Window:
    """The window of an emergency: it starts with its incident, or at `start`; named by that minute or a later one."""
    start = (start or incident.opened_at).replace(second=0, microsecond=0)
    title = _title(incident.id, incident.title)
    name = window_id(start + timedelta(minutes=later))
    window = Window(name, start, start + length, title, Kind.EMERGENCY, incident_id=incident.id)
    return declared(window, incident.opened_by, incident.opened_at)
