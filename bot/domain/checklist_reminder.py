"""After a window's end: what is still open of its last two phases is reminded of, until it is done or waived."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.checklist import Checklist, Item, Phase
from bot.domain.checklist_ports import Checklists, Present
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError
from bot.domain.role import Role

FIRST = timedelta(hours=1)  # after the end
EVERY = timedelta(hours=24)
AT_MOST = timedelta(days=60)  # what nobody cared about for so long is not reminded of any more


def due(checklist: Checklist, now: datetime) -> datetime | None:
    """The moment of the latest reminder that should have been given by now; None if there is nothing to remind of."""
    if checklist.window_end is None or checklist.closed_at is not None or not left(checklist):
        return None
    first = checklist.window_end + FIRST
    return first + (now - first) // EVERY * EVERY if now >= first else None


def left(checklist: Checklist) -> tuple[Item, ...]:
    """What is open of the phases after the work."""
    return tuple(item for item in checklist.open_items if item.phase in (Phase.AFTER, Phase.TELLING))


class ReminderBoard(Protocol):
    """Where it is said what is open."""

    async def still_open(self, checklist: Checklist, items: tuple[Item, ...], due: datetime, whom: str) -> None:
        """Reminds in the thread, once for each `due`; `whom` has the items that are nobody's. Raises StoreAwayError."""


class ChecklistReminder:
    """Reminds once a day, once among all bots."""

    def __init__(self, checklists: Checklists, board: ReminderBoard, roles: Present, clock: Clock) -> None:
        self._checklists = checklists
        self._board = board
        self._roles = roles
        self._clock = clock
        self._given: dict[str, datetime] = {}

    async def tick(self) -> None:
        """Gives the reminders that are due. Raises StoreAwayError."""
        now = self._clock()
        for checklist in await self._checklists.not_closed(now - AT_MOST):
            moment = due(checklist, now)
            if moment is None or self._given.get(checklist.window_id) == moment:
                continue
            on_call = next(one for one in await self._roles.holders() if one.role is Role.ON_CALL)
            with suppress(UndeliveredError):
                await self._board.still_open(checklist, left(checklist), moment, on_call.owner)
                self._given[checklist.window_id] = moment
