"""Looks in the channel for incidents that people name and MongoDB does not have: what it lost is put back.

So seldom that nobody wears Slack out by asking: a name in vain once in `IN_VAIN`, the channel once in `READ_EVERY`, and
the root of a thread that is no card once for good.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.audit import SYSTEM
from bot.domain.clock import Clock
from bot.domain.incident import Act, Deed, Incident
from bot.domain.incident_ports import IncidentBoard
from bot.domain.read_back import UnreadableError
from bot.errors import StoreAwayError, UserError

READ_EVERY = timedelta(seconds=10)
IN_VAIN = timedelta(minutes=5)
PATIENCE = 8.0  # seconds that a person waits for the channel to be read
KEPT = 5_000
LOOK_BACK = timedelta(days=7)  # how far the channel is read for what nobody names in full
SLACK_BEGAN = datetime(2013, 1, 1, tzinfo=UTC)
DAYS_AT_ONCE = 5  # earlier days that are read within `READ_EVERY`

_WHOLE = re.compile(r"INC-([0-9]{8})-.{4}")


def opening(incident: Incident) -> Act:
    """The act that an incident began with."""
    return Act(1, Deed.OPENED, incident.opened_by, incident.opened_at, incident.title)


def put_back(incident: Incident, now: datetime) -> Incident:
    """The incident as its card tells it, to be kept. One that nobody has changed may just not be saved yet; of any
    other its record says that it was lost.
    """
    new = replace(incident, untold=(opening(incident),))
    return new if incident.version == 1 else _restored(new, now)


def put_forward(known: Incident, shown: Incident, now: datetime) -> Incident:
    """The incident as its card shows it, with what only an older record has."""
    after = replace(
        known,
        resolution=_whole(known.resolution, shown.resolution),
        cause=_whole(known.cause, shown.cause),
        lesson=_whole(known.lesson, shown.lesson),
        status=shown.status,
        severity=shown.severity,
        owner=shown.owner,
        duplicate_of=shown.duplicate_of,
        duplicate_card=shown.duplicate_card,
        updated_by=shown.updated_by,
        updated_at=shown.updated_at,
        joined=tuple(dict.fromkeys((*known.joined, *shown.joined))),
        acknowledged_at=shown.acknowledged_at,
        resolved_at=shown.resolved_at,
        closed_at=shown.closed_at,
        snoozed_until=shown.snoozed_until,
        status_set=shown.status_set,
        card_ts=shown.card_ts,
        version=shown.version,
    )
    return _restored(after, now)


def _restored(incident: Incident, now: datetime) -> Incident:
    """What was due until now was asked for before, as far as anybody knows: a reminder is not given twice."""
    act = Act(incident.version + 1, Deed.RESTORED, SYSTEM, now)
    untold = (*incident.untold, act)
    return replace(incident, version=act.version, untold=untold, reminded_at=now, asked_at=now)


def _whole(known: str, shown: str) -> str:
    """What was said, in full if the older record has what the card had to cut."""
    return known if shown.endswith("…") and known.startswith(shown[:-1]) else shown


def _earlier_day(wanted: str, now: datetime) -> datetime | None:
    """The day on which an incident of this whole ID was opened, if the latest days do not reach so far."""
    found = _WHOLE.fullmatch(wanted)
    try:
        day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) if found else now
    except ValueError:
        return None
    return day if SLACK_BEGAN < day < now - LOOK_BACK else None


class LostIncidents:
    """`keep` puts one back as its card tells it; `catch_up` all whose cards are in the channel, lately or of a day."""

    def __init__(
        self,
        board: IncidentBoard,
        keep: Callable[[Incident], Awaitable[object]],
        catch_up: Callable[[datetime | None], Awaitable[object]],
        clock: Clock,
    ) -> None:
        self._board = board
        self._keep = keep
        self._catch_up = catch_up
        self._clock = clock
        self._reading, self._asking = asyncio.Lock(), asyncio.Lock()
        self._read_at: dict[datetime | None, datetime] = {}  # by the earlier day, or for the latest ones
        self._failed_at: datetime | None = None
        self._in_vain: dict[str, datetime] = {}
        self._no_cards: set[tuple[str, str]] = set()

    async def look_for(self, wanted: str) -> bool:
        """Reads the channel for an ID or the end of one; whether it is worth asking MongoDB again.

        Raises StoreAwayError.
        """
        async with self._reading:
            now = self._clock()
            self._in_vain = {name: at for name, at in self._in_vain.items() if now - at < IN_VAIN}
            if wanted in self._in_vain:
                return False
            day = _earlier_day(wanted, now)
            self._read_at = {one: at for one, at in self._read_at.items() if now - at < READ_EVERY}
            is_too_much = day is not None and len(self._read_at.keys() - {None}) >= DAYS_AT_ONCE
            if day not in self._read_at and not is_too_much:
                self._read_at[day] = now
                if await self._done(self._catch_up(day)):
                    self._in_vain[wanted] = now
            return True

    async def look_at(self, channel: str, ts: str) -> bool:
        """Looks whether this message is the card of one; whether it is. Raises StoreAwayError."""
        async with self._asking:
            now = self._clock()
            is_pausing = self._failed_at is not None and now - self._failed_at < READ_EVERY
            if is_pausing or (channel, ts) in self._no_cards:
                return False
            try:
                async with asyncio.timeout(PATIENCE):
                    incident = await self._board.card_at(channel, ts)
            except (UnreadableError, TimeoutError):
                self._failed_at = self._clock()  # those who wait behind this one must not wait as long, one by one
                return False
            if incident is None:
                if len(self._no_cards) >= KEPT:
                    self._no_cards.clear()
                self._no_cards.add((channel, ts))
                return False
            await self._done(self._keep(incident))
            return True

    async def _done(self, work: Awaitable[object]) -> bool:
        """Whether it went well; what was kept and not told is told later."""
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except StoreAwayError:
            raise
        except (UserError, UnreadableError, TimeoutError):
            return False
        return True
