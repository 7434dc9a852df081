"""Looks in the channel for incidents that people name and MongoDB does not have: what it lost is put back.

So seldom that nobody wears Slack out by asking: a name in vain once in `IN_VAIN`, the channel `AT_ONCE` times in
`READ_EVERY` and once for all who wait meanwhile, and the root of a thread that is no card once for good.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.domain.audit import SYSTEM
from bot.domain.clock import Clock
from bot.domain.incident import Act, Deed, Incident
from bot.domain.incident_id import may_be_minted
from bot.domain.incident_ports import IncidentBoard
from bot.domain.read_back import UnreadableError
from bot.errors import NotFoundError, StoreAwayError, UserError

T = TypeVar("T")

READ_EVERY = timedelta(seconds=10)
IN_VAIN = timedelta(minutes=5)
PATIENCE = 8.0  # seconds that a person waits for the channel to be read
KEPT = 5_000
LOOK_BACK = timedelta(days=7)  # how far the channel is read for what nobody names in full
SLACK_BEGAN = datetime(2013, 1, 1, tzinfo=UTC)
AT_ONCE = 3  # times that the latest days are read within `READ_EVERY`
DAYS = 5  # earlier days that are read within it

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
        resolved_by=shown.resolved_by,
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


def _may_exist(wanted: str, now: datetime) -> bool:
    """Whether there can be an incident with this ID or end of one."""
    found = _WHOLE.fullmatch(wanted)
    try:
        day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) if found else now
    except ValueError:
        return False
    return may_be_minted(wanted) and SLACK_BEGAN < day < now + timedelta(days=1)


def _earlier_day(wanted: str, now: datetime) -> datetime | None:
    """The day on which an incident of this whole ID was opened, if the latest days do not reach so far."""
    found = _WHOLE.fullmatch(wanted)
    day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC) if found else now
    return day if day < now - LOOK_BACK else None


class UnsearchedError(NotFoundError):
    """MongoDB does not have it, and whether the channel has it could not be looked up."""

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"I know no incident {wanted}, and the channel could not be searched for it just now.",
            "Say it again in ten seconds; `/incident` lists the open ones.",
        )


@dataclass(frozen=True)
class _Read:
    """A time at which the channel was read: an earlier day of it, or the latest ones; whether that went well."""

    day: datetime | None
    at: datetime
    is_done: bool


class LostIncidents:
    """`keep` puts one back as its card tells it; `catch_up` all whose cards are in the channel, lately or of a day, and
    says how many.
    """

    def __init__(
        self,
        board: IncidentBoard,
        keep: Callable[[Incident], Awaitable[object]],
        catch_up: Callable[[datetime | None], Awaitable[int]],
        clock: Clock,
    ) -> None:
        self._board = board
        self._keep = keep
        self._catch_up = catch_up
        self._clock = clock
        self._reading, self._asking = asyncio.Lock(), asyncio.Lock()
        self._reads: list[_Read] = []
        self._failed_at: datetime | None = None
        self._in_vain: dict[str, datetime] = {}
        self._no_cards: set[tuple[str, str]] = set()

    async def found(self, wanted: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Reads the channel for an ID or the end of one that MongoDB did not have, and asks it again.

        Raises UnsearchedError and StoreAwayError.
        """
        if not _may_exist(wanted, self._clock()):
            return None
        is_searched = await self._search(wanted, self._clock())
        if is_searched is None:
            return None
        found = await ask()
        if not found and not is_searched:
            raise UnsearchedError(wanted)
        return found

    async def _search(self, wanted: str, asked_at: datetime) -> bool | None:
        """Whether the channel was read after that moment; None if it was, in vain, a while ago."""
        async with self._reading:
            now = self._clock()
            self._in_vain = {name: at for name, at in self._in_vain.items() if now - at < IN_VAIN}
            if wanted in self._in_vain:
                return None
            day = _earlier_day(wanted, now)
            self._reads = [one for one in self._reads if now - one.at < READ_EVERY]
            if meanwhile := [one for one in self._reads if one.day == day and one.at >= asked_at]:
                return meanwhile[-1].is_done
            if len([one for one in self._reads if (one.day is None) == (day is None)]) >= (DAYS if day else AT_ONCE):
                return False
            count = await self._done(self._catch_up(day))
            self._reads.append(_Read(day, now, count is not None))
            if count == 0:
                self._in_vain[wanted] = now
            return count is not None

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

    async def _done(self, work: Awaitable[T]) -> T | None:
        """What comes of it; None if it did not go well. What was kept and not told is told later."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await work
        except StoreAwayError:
            raise
        except (UserError, UnreadableError, TimeoutError):
            return None
