"""What the bot asks of an open incident by itself: an update when one is due, after a silent day whether it is over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.incident import Incident
from bot.domain.role import Role, RoleDesk

SILENT = timedelta(days=1)  # nobody wrote or did anything for so long: is it still an incident?
_NEVER = datetime.min.replace(tzinfo=UTC)


class Reminded(Protocol):
    """Where incidents are kept, as far as reminders need it. Each method raises StoreAwayError."""

    async def open_ones(self) -> list[Incident]:
        """All that are open."""

    async def get(self, incident_id: str) -> Incident | None:
        """The one with this ID, as it is now."""

    async def reminded(self, incident_id: str, at: datetime) -> None:
        """Keeps when its owner was reminded of an update."""

    async def asked(self, incident_id: str, at: datetime) -> None:
        """Keeps when it was asked whether it is over."""


@dataclass(frozen=True)
class Asked:
    """Whom to ask: the owner, or, if they left the workspace, others in their place; `left` is then their name."""

    people: tuple[str, ...]
    left: str = ""


class ReminderBoard(Protocol):
    """Where reminders are shown, each once however often and by however many bots it is asked for."""

    async def remind(self, incident: Incident, due: datetime, asked: Asked) -> None:
        """Asks in the thread for the update that was due then."""

    async def ask_whether_over(self, incident: Incident, since: datetime, asked: Asked) -> None:
        """Asks in the thread whether it is over, since nothing has happened since then."""


class People(Protocol):
    """Who is in the workspace."""

    async def left(self, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Those of them who have left it, with their names; whom Slack tells nothing of is there."""


class Answering:
    """Finds who answers for an incident."""

    def __init__(self, roles: RoleDesk, people: People) -> None:
        self._roles = roles
        self._people = people

    async def asked(self, incident: Incident) -> Asked:
        """The owner; if they left, the first role that somebody there has, from on-call up, else the opener."""
        gone = await self._people.left([incident.owner])
        if incident.owner not in gone:
            return Asked((incident.owner,))
        holders = {holder.role: holder.people for holder in await self._roles.holders()}
        chain = [holders.get(role, ()) for role in (Role.ON_CALL, Role.DUTY_OFFICER, Role.TECH_LEAD)]
        groups = [*chain, (incident.opened_by,)]
        gone = {**gone, **await self._people.left(person for group in groups for person in group)}
        there = [tuple(person for person in group if person not in gone) for group in groups]
        return Asked(next((group for group in there if group), ()), gone[incident.owner] or incident.owner)


class ReminderDesk:
    """Reminds once per update that is due and once per silent day. `every` is how often an update is wanted."""

    def __init__(
        self, incidents: Reminded, board: ReminderBoard, owners: Answering, every: timedelta, clock: Clock
    ) -> None:
        self._incidents = incidents
        self._board = board
        self._owners = owners
        self._every = every
        self._clock = clock

    async def tick(self) -> None:
        """Asks what is due now. The message is recorded before that it was asked: a kill in between repeats nothing."""
        now = self._clock()
        for incident in await self._incidents.open_ones():
            if incident.card_ts is None:
                continue  # no thread to ask in yet
            if is_silent(incident, now) or overdue(incident, self._every, now) is not None:
                asked = await self._owners.asked(incident)
                # Slack took its time to say who is there: meanwhile it may have been updated, or resolved.
                current = await self._incidents.get(incident.id)
                if current is not None and current.owner == incident.owner:
                    await self._ask(current, asked, now)

    async def _ask(self, incident: Incident, asked: Asked, now: datetime) -> None:
        if is_silent(incident, now):
            await self._board.ask_whether_over(incident, incident.last_sign, asked)
            await self._incidents.asked(incident.id, now)
        elif (due := overdue(incident, self._every, now)) is not None:
            await self._board.remind(incident, due, asked)
            await self._incidents.reminded(incident.id, now)

    def due(self, incidents: Sequence[Incident]) -> list[datetime | None]:
        """When the next update of each should be there."""
        return [incident.update_due(self._every) for incident in incidents]


def overdue(incident: Incident, every: timedelta, now: datetime) -> datetime | None:
    """When the update should have been there that nobody asked for yet; None if there is nothing to ask."""
    due = incident.update_due(every)
    if due is None or due > now:
        return None
    # Who was asked whether it is over was asked how it goes.
    asked = max(_asked(at, now) for at in (incident.reminded_at, incident.asked_at))
    return None if asked >= due else due


def is_silent(incident: Incident, now: datetime) -> bool:
    """Whether nothing has happened for a day, and nobody was asked about it since."""
    silent_from = incident.last_sign + SILENT
    if not incident.is_open or silent_from > now or (incident.snoozed_until and incident.snoozed_until > now):
        return False
    return _asked(incident.asked_at, now) < silent_from


def _asked(at: datetime | None, now: datetime) -> datetime:
    """When it was; before all else if it was not. What is still to come was kept by a clock that ran ahead.

    That counts for nothing: else nobody is asked again until then. The message itself is there once all the same.
    """
    return _NEVER if at is None or at > now else at
