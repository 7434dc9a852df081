"""The checklist of a window: the guide's four phases as single items, each ticked once by somebody."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain.audit import AuditDesk
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError
from bot.errors import ConflictError, NotFoundError

SAME = timedelta(minutes=1)  # the same note of the same person within this is one: a double Enter
LEFT_BEHIND = timedelta(seconds=15)  # a change unshown for so long was left by a bot that died


class Phase(StrEnum):
    """The phases of the operations guide's template."""

    BEFORE = "Pre-maintenance"
    DURING = "During"
    AFTER = "Post-maintenance"
    TELLING = "Communication"


TEMPLATE: tuple[tuple[Phase, str], ...] = (
    (Phase.BEFORE, "Announce the window"),
    (Phase.BEFORE, "Snapshot configs"),
    (Phase.BEFORE, "Verify the rollback plan"),
    (Phase.DURING, "Execute the runbook steps"),
    (Phase.DURING, "Log deviations"),
    (Phase.DURING, "Monitor the dashboards"),
    (Phase.AFTER, "Check the Prometheus targets"),
    (Phase.AFTER, "Check the Grafana SLOs"),
    (Phase.AFTER, "Check the Loki logs"),
    (Phase.TELLING, "Post the summary"),
    (Phase.TELLING, "Document the lessons learned"),
    (Phase.TELLING, "Update the incident tracker"),
)


@dataclass(frozen=True)
class Item:
    """One thing to do, numbered from 1 through all phases; done when `done_by` (a Slack user id) is there."""

    number: int
    phase: Phase
    text: str
    done_by: str = ""
    done_at: datetime | None = None

    @property
    def is_done(self) -> bool:
        """Whether somebody ticked it."""
        return bool(self.done_by)


@dataclass(frozen=True)
class Remark:
    """A deviation or remark that somebody left with the checklist."""

    who: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Checklist:
    """The checklist of one window; `version` grows with each change."""

    window_id: str
    channel: str
    started_by: str
    started_at: datetime
    items: tuple[Item, ...]
    notes: tuple[Remark, ...] = ()
    ts: str | None = None
    version: int = 1

    def of(self, phase: Phase) -> tuple[Item, ...]:
        """The items of one phase, in order."""
        return tuple(item for item in self.items if item.phase is phase)

    @property
    def done(self) -> int:
        """How many items are ticked."""
        return sum(item.is_done for item in self.items)


def started(window_id: str, channel: str, who: str, now: datetime) -> Checklist:
    """A fresh checklist from the template."""
    items = tuple(Item(number, phase, text) for number, (phase, text) in enumerate(TEMPLATE, start=1))
    return Checklist(window_id, channel, who, now, items)


@dataclass(frozen=True)
class Press:
    """A press on the boxes of one phase: the numbers that `who` was shown as ticked, and those selected since."""

    who: str
    phase: Phase
    shown: frozenset[int]
    selected: frozenset[int]


def meant(checklist: Checklist, press: Press) -> tuple[list[int], list[int]]:
    """The items that a press ticks, and those that it unticks.

    It tells the whole phase as that screen has it, which may be older than what others did: only the difference to
    what the screen was given is meant. If all of that is so already, an earlier press was taken back.
    """
    items = checklist.of(press.phase)
    changed = press.selected ^ press.shown
    differing = [item for item in items if item.is_done != (item.number in press.selected)]
    news = [item for item in differing if item.number in changed]
    if not news:
        others = [item for item in items if item.number in changed and item.is_done and item.done_by != press.who]
        own = [item for item in differing if item.done_by in ("", press.who)]
        news = others or sorted(own, key=lambda item: item.done_at or checklist.started_at)[-1:]
    ticks = [item.number for item in news if item.number in press.selected]
    return ticks, [item.number for item in news if item.number not in press.selected]


class Checklists(Protocol):
    """Where checklists are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, checklist: Checklist) -> bool:
        """Keeps a new one; False if the window has one."""

    async def get(self, window_id: str) -> Checklist | None:
        """The window's checklist."""

    async def tick(self, window_id: str, number: int, who: str, now: datetime) -> Checklist | None:
        """Ticks one item, leaving all others alone; None if it is ticked already or not there."""

    async def untick(self, window_id: str, number: int, now: datetime) -> Checklist | None:
        """Unticks one item; None if it is not ticked or not there."""

    async def note(self, window_id: str, remark: Remark) -> Checklist | None:
        """Adds a remark; None if there is no such checklist, or it has the same one of the minute before."""

    async def told(self, window_id: str, version: int, ts: str | None) -> None:
        """Keeps where the message is, and that this version of it is on its way."""

    async def untold(self, before: datetime) -> list[Checklist]:
        """Those changed before that moment whose message may not show it."""


@dataclass(frozen=True)
class Ticked:
    """What came of ticking or unticking items: the checklist, those that changed, and those that were so before."""

    checklist: Checklist
    changed: tuple[Item, ...]
    before: tuple[Item, ...]


class ChecklistBoard(Protocol):
    """Where checklists are shown."""

    async def checklist(self, checklist: Checklist) -> str:
        """Posts the checklist, or finds it posted; its timestamp."""

    async def refresh_checklist(self, checklist: Checklist) -> None:
        """Has the message show the checklist as it is now."""


class ChecklistDesk:
    """Starts checklists and ticks their items; two people at once are both kept."""

    def __init__(self, checklists: Checklists, board: ChecklistBoard, audit: AuditDesk, clock: Clock) -> None:
        self._checklists = checklists
        self._board = board
        self._audit = audit
        self._clock = clock
        self._turn = asyncio.Lock()

    async def start(self, window_id: str, channel: str, who: str) -> tuple[Checklist, bool]:
        """The window's checklist, posted; and whether it is new."""
        known = await self._checklists.get(window_id)
        checklist = known or started(window_id, channel, who, self._clock())
        is_new = known is None and await self._checklists.add(checklist)
        if not is_new:
            checklist = await self.get(window_id)
        ts = await self._board.checklist(checklist)
        await self._checklists.told(window_id, checklist.version, ts)
        if is_new:
            await self._audit.wrote(who, "start checklist", window_id)
        return await self.get(window_id), is_new

    async def get(self, window_id: str) -> Checklist:
        """The window's checklist. Raises NotFoundError."""
        checklist = await self._checklists.get(window_id)
        if checklist is None:
            raise NotFoundError(f"{window_id} has no checklist yet.", "`/checklist start` posts it.")
        return checklist

    async def pressed(self, window_id: str, press: Press) -> None:
        """Ticks or unticks what a press means. Raises as `tick` and `untick`."""
        async with self._turn:  # a person's next press is understood by what the one before it did
            ticks, unticks = meant(await self.get(window_id), press)
            if ticks:
                await self.tick(window_id, ticks, press.who)
            if unticks:
                await self.untick(window_id, unticks, press.who)

    async def tick(self, window_id: str, numbers: Sequence[int], who: str) -> Ticked:
        """Ticks items; audited, as `untick` is. Raises NotFoundError; ConflictError if all were ticked before."""
        now = self._clock()
        await self._check(window_id, numbers)
        results = [await self._checklists.tick(window_id, number, who, now) for number in numbers]
        checklist = await self._shown(window_id, results)
        if not any(results):
            item = checklist.items[numbers[0] - 1]
            raise ConflictError(
                f"{item.number}. “{item.text}” is ticked already", "Nothing was changed.", by=item.done_by
            )
        return await self._ticked(checklist, numbers, results, (who, "tick"))

    async def untick(self, window_id: str, numbers: Sequence[int], who: str) -> Ticked:
        """Takes ticks back. Raises NotFoundError; ConflictError if none of them was ticked."""
        now = self._clock()
        await self._check(window_id, numbers)
        results = [await self._checklists.untick(window_id, number, now) for number in numbers]
        checklist = await self._shown(window_id, results)
        if not any(results):
            item = checklist.items[numbers[0] - 1]
            raise ConflictError(f"{item.number}. “{item.text}” is not ticked.", "Nothing was changed.")
        return await self._ticked(checklist, numbers, results, (who, "untick"))

    async def _ticked(
        self, checklist: Checklist, numbers: Sequence[int], results: Sequence[object], act: tuple[str, str]
    ) -> Ticked:
        done = [number for number, result in zip(numbers, results, strict=True) if result]
        for number in done:
            await self._audit.wrote(*act, f"{checklist.window_id}/{number}")
        items = [checklist.items[number - 1] for number in numbers]
        changed = tuple(item for item in items if item.number in done)
        return Ticked(checklist, changed, tuple(item for item in items if item not in changed))

    async def note(self, window_id: str, who: str, text: str) -> Checklist:
        """Leaves a remark; the same words of the same person within a minute are one. Raises NotFoundError."""
        await self.get(window_id)
        return await self._shown(window_id, [await self._checklists.note(window_id, Remark(who, self._clock(), text))])

    async def _check(self, window_id: str, numbers: Sequence[int]) -> None:
        checklist = await self.get(window_id)
        for number in numbers:
            if not 1 <= number <= len(checklist.items):
                raise NotFoundError(
                    f"There is no item {number}.", f"The items are 1 to {len(checklist.items)}; nothing was changed."
                )

    async def _shown(self, window_id: str, results: Sequence[Checklist | None]) -> Checklist:
        if any(results):
            await self._show(await self.get(window_id))
        return await self.get(window_id)

    async def _show(self, checklist: Checklist) -> None:
        if checklist.ts is None:
            ts = await self._board.checklist(checklist)
            await self._checklists.told(checklist.window_id, checklist.version, ts)
        else:
            await self._board.refresh_checklist(checklist)
            await self._checklists.told(checklist.window_id, checklist.version, None)

    async def tell_left_behind(self) -> None:
        """Shows what a bot that died has recorded and not shown."""
        for checklist in await self._checklists.untold(self._clock() - LEFT_BEHIND):
            with suppress(UndeliveredError):  # one that Slack refuses keeps no other from being shown
                await self._show(checklist)
