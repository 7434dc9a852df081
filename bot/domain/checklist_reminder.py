"""After a window's end: what is still open of its last two phases is reminded of, until it is done or waived.

The window's record decides: of one that was not held there is nothing to remind of, also where the job that closes its
checklist has yet to come round; and the hour counts from the end that somebody recorded. Until then the question
whether it has ended is in its thread, and a day goes by before more is asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.checklist import Checklist, Item, Phase
from bot.domain.checklist_ports import Checklists, Present
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError
from bot.domain.role import Role

FIRST = timedelta(hours=1)  # after the end
UNRECORDED = timedelta(hours=24)  # after the planned end, where nobody recorded one
EVERY = timedelta(hours=24)
AT_MOST = timedelta(days=60)  # what nobody cared about for so long is not reminded of any more


def due(checklist: Checklist, ended: datetime | None, now: datetime) -> datetime | None:
    """The moment of the latest reminder that should have been given by now; None if there is nothing to remind of.

    `ended`: when its window did, None if that is not recorded.
    """
    if checklist.window_end is None or checklist.closed_at is not None or not left(checklist):
        return None
    first = ended + FIRST if ended else checklist.window_end + UNRECORDED
    return first + (now - first) // EVERY * EVERY if now >= first else None


def may_be_due(checklist: Checklist, now: datetime) -> bool:
    """Whether it is worth asking when its window ended: its own end is that one, or the planned one until then."""
    return checklist.window_end is not None and now >= checklist.window_end + FIRST and bool(left(checklist))


def left(checklist: Checklist) -> tuple[Item, ...]:
    """What is open of the phases after the work."""
    return tuple(item for item in checklist.open_items if item.phase in (Phase.AFTER, Phase.TELLING))


class HeldWindows(Protocol):
    """The windows' records."""

    async def ends(self, window_ids: Sequence[str]) -> Mapping[str, datetime | None]:
        """Of these windows those that were held: when each ended, None if that is not recorded yet.

        Raises StoreAwayError.
        """


class ReminderBoard(Protocol):
    """Where it is said what is open."""

    async def still_open(self, checklist: Checklist, items: tuple[Item, ...], due: datetime, whom: str) -> None:
        """Reminds in the thread, once for each `due`; `whom` has the items that are nobody's. Raises StoreAwayError."""


class ChecklistReminder:
    """Reminds once a day, once among all bots."""

    def __init__(
        self, checklists: Checklists, windows: HeldWindows, board: ReminderBoard, roles: Present, clock: Clock
    ) -> None:  # fmt: skip
        self._checklists = checklists
        self._windows = windows
        self._board = board
        self._roles = roles
        self._clock = clock
        self._given: dict[str, datetime] = {}

    async def tick(self, checklists: Iterable[Checklist]) -> None:
        """Gives the reminders that are due of those that nobody closed. Raises StoreAwayError."""
        now = self._clock()
        asked = [one for one in checklists if may_be_due(one, now)]
        ends = await self._windows.ends([one.window_id for one in asked]) if asked else {}
        for checklist in (one for one in asked if one.window_id in ends):
            ended = ends[checklist.window_id]
            moment = due(checklist, ended, now)
            if moment is None or self._given.get(checklist.window_id) == moment:
                continue
            fresh = await self._checklists.get(checklist.window_id)  # somebody may have ticked the last item just now
            if fresh is None or due(fresh, ended, now) is None:
                continue
            on_call = next(one for one in await self._roles.holders() if one.role is Role.ON_CALL)
            with suppress(UndeliveredError):
                await self._board.still_open(fresh, left(fresh), moment, on_call.owner)
                self._given[fresh.window_id] = moment
