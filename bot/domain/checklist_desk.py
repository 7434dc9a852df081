"""Starts checklists, ticks, assigns and waives their items, closes them; two people at once are both kept."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.checklist import Checklist, Item, Kind, Press, Remark, Ticked, closed, meant, named, reopened
from bot.domain.checklist_ports import ChecklistPorts, Errand, Headed
from bot.domain.checklist_roles import who_has
from bot.domain.checklist_template import Place, Start, due_at, on_window, started
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError
from bot.domain.window import Window
from bot.errors import ConflictError, NotFoundError

LEFT_BEHIND = timedelta(seconds=15)  # a change unshown for so long was left by a bot that died
JUST_ENDED = timedelta(hours=1)  # so long the end of a window may still turn out to be another
STILL_MEANT = timedelta(days=7)  # how long after its window's end a checklist with open items is the one that is meant
CALLED_OFF = "the window was "

Change = Callable[[int], Awaitable[Checklist | None]]


class ChecklistDesk:
    """What people do to checklists."""

    def __init__(self, ports: ChecklistPorts, audit: AuditDesk, clock: Clock) -> None:
        self._checklists = ports.checklists
        self._ports = ports
        self._board = ports.board
        self._audit = audit
        self._clock = clock
        self._turn = asyncio.Lock()
        self._called_off: set[str] = set()
        self._posted: dict[str, tuple[datetime, datetime]] = {}

    # Which one

    async def get(self, window_id: str) -> Checklist:
        """The window's checklist. Raises NotFoundError."""
        checklist = await self._checklists.get(window_id)
        if checklist is None:
            raise NotFoundError(f"{window_id} has no checklist yet.", "`/checklist start` posts it.")
        return checklist

    async def in_thread(self, channel: str, ts: str) -> str | None:
        """The ID of the window whose thread this is, if it has a checklist. Raises StoreAwayError."""
        found = await self._checklists.in_thread(channel, ts)
        return found.window_id if found else None

    async def meant(self, next_one: Window, under_way: Sequence[Window]) -> str:
        """The ID of the window whose checklist is meant where nobody names one. Raises StoreAwayError.

        The one under way; else the next one, once it has a checklist; else the last one, while something of it is open.
        """
        now = self._clock()
        running = [window.id for window in (next_one, *under_way) if window.start <= now < window.end]
        if running:
            return running[0]
        some = await self._checklists.not_closed(now - STILL_MEANT)
        if any(checklist.window_id == next_one.id for checklist in some):
            return next_one.id
        ended = [one for one in some if one.window_end is not None and one.window_end <= now and one.open_items]
        return ended[-1].window_id if ended else next_one.id

    # Starting

    async def start(self, window: Window, channel: str, who: str) -> tuple[Checklist, bool]:
        """The window's checklist, posted; and whether it is new."""
        is_new = False
        if await self._checklists.get(window.id) is None:
            is_new = await self._checklists.add(await self._fresh(window, channel, who))
        checklist = await self.get(window.id)
        await self._show(checklist, await self._board.checklist(checklist))
        if is_new:
            await self._audit.wrote(who, "start checklist", window.id)
        return await self.get(window.id), is_new

    async def _fresh(self, window: Window, channel: str, who: str) -> Checklist:
        now = self._clock()
        heads = [one for one in await self._ports.announced.headed(now) if not one.is_off]
        head = next((one for one in heads if one.window.id == window.id), None)
        place = Place(head.channel, head.ts) if head else Place(channel)
        people = who_has(await self._ports.roles.holders(), max(now, window.start))
        return started(await self._ports.templates.newest(), Start(window, place, who, now, people))

    async def post_announced(self, heads: Iterable[Headed]) -> None:
        """Posts the checklist of each window that is announced and not over, once among all bots; times follow it.

        One that is frozen is not to be prepared for, unless it is held after all. Raises StoreAwayError.
        """
        now = self._clock()
        for head in (one for one in heads if one.is_held_after(now - JUST_ENDED)):
            window, times = head.window, (head.window.start, head.window.end)
            if self._posted.get(window.id) == times or window.frozen:
                continue
            known = await self._checklists.get(window.id)
            with suppress(UndeliveredError):  # one that Slack refuses keeps no other from being posted
                if window.end > now and (known is None or known.ts is None):
                    await self.start(window, head.channel, SYSTEM)
                await self.moved(window)
                self._posted[window.id] = times

    async def close_called_off(self, heads: Iterable[Headed]) -> None:
        """Closes the checklists of windows that are not held after all, once. Raises StoreAwayError."""
        now = self._clock()
        off = {head.window.id: head.window.state for head in heads if head.is_off}
        self._called_off &= off.keys()  # what is on again may be called off again
        for window_id, what in off.items():
            if window_id in self._called_off:
                continue
            known = await self._checklists.get(window_id)
            if known is not None and known.closed_at is None:
                numbers = [item.number for item in known.open_items]
                over = closed(known, SYSTEM, f"{CALLED_OFF}{what}", numbers, now)
                if not await self._checklists.save(over, known.version, now):
                    continue  # somebody changed it just now: next time
                await self._audit.wrote(SYSTEM, "close checklist", window_id, detail=over.closed_reason)
                await self._shown(window_id, [over])
            self._called_off.add(window_id)

    async def reopen_restored(self, heads: Iterable[Headed]) -> None:
        """Opens the checklists of windows again that are held after all, once. Raises StoreAwayError."""
        now = self._clock()
        for head in (one for one in heads if one.is_held_after(now)):
            known = await self._checklists.get(head.window.id)
            if known is None or known.closed_by != SYSTEM or not known.closed_reason.startswith(CALLED_OFF):
                continue
            self._called_off.discard(known.window_id)
            again = reopened(known)
            if await self._checklists.save(again, known.version, now):
                await self._audit.wrote(SYSTEM, "reopen checklist", known.window_id)
                await self._shown(known.window_id, [again])

    # Items

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
        results, checklist = await self._each(
            window_id, numbers, lambda number: self._checklists.tick(window_id, number, who, now)
        )
        if not any(results):
            item = _item(checklist, numbers[0])
            raise _already(item, "ticked", item.done_by)
        return await self._audited(checklist, numbers, results, (who, "tick"))

    async def untick(self, window_id: str, numbers: Sequence[int], who: str) -> Ticked:
        """Takes ticks back. Raises NotFoundError; ConflictError if none of them was ticked."""
        now = self._clock()
        results, checklist = await self._each(
            window_id, numbers, lambda number: self._checklists.untick(window_id, number, now)
        )
        if not any(results):
            item = _item(checklist, numbers[0])
            raise ConflictError(f"{item.number}. “{item.text}” is not ticked.", "Nothing was changed.")
        return await self._audited(checklist, numbers, results, (who, "untick"))

    async def _audited(
        self, checklist: Checklist, numbers: Sequence[int], results: Sequence[object], act: tuple[str, str]
    ) -> Ticked:
        done = [number for number, result in zip(numbers, results, strict=True) if result]
        for number in done:
            await self._audit.wrote(*act, f"{checklist.window_id}/{number}")
        items = [_item(checklist, number) for number in numbers]
        changed = tuple(item for item in items if item.number in done)
        return Ticked(checklist, changed, tuple(item for item in items if item not in changed))

    async def waive(self, window_id: str, numbers: Sequence[int], who: str, reason: str) -> Checklist:
        """Waives items that nobody will do. Raises NotFoundError; ConflictError if none of them is open."""
        remark = Remark(who, self._clock(), reason)
        results, checklist = await self._each(
            window_id, numbers, lambda number: self._checklists.waive(window_id, number, remark)
        )
        if not any(results):
            item = _item(checklist, numbers[0])
            raise _already(item, *(("ticked", item.done_by) if item.is_done else ("waived", item.waived_by)))
        for number, result in zip(numbers, results, strict=True):
            if result:
                await self._audit.wrote(who, "waive", f"{window_id}/{number}", detail=reason)
        return checklist

    async def assign(self, window_id: str, numbers: Sequence[int], errand: Errand, who: str) -> Checklist:
        """Says who is to do items, and by when. Raises NotFoundError."""
        known = await self.get(window_id)
        if errand.rule and known.window_start and known.window_end:
            errand = replace(errand, due=due_at(errand.rule, known.window_start, known.window_end))
        now = self._clock()
        if errand.role:
            people = who_has(await self._ports.roles.holders(), max(now, known.window_start or now))
            errand = replace(errand, assignee=people.get(errand.role) or errand.role)
        results, checklist = await self._each(
            window_id, numbers, lambda number: self._checklists.assign(window_id, number, errand, now)
        )
        for number, result in zip(numbers, results, strict=True):
            if result:
                await self._audit.wrote(who, "assign item", f"{window_id}/{number}", detail=errand.assignee)
        return checklist

    async def note(self, window_id: str, who: str, text: str, kind: Kind = Kind.NOTE) -> Checklist:
        """Leaves a remark; the same words of the same person within a minute are one. Raises NotFoundError."""
        await self.get(window_id)
        remark = Remark(who, self._clock(), text, kind)
        return await self._shown(window_id, [await self._checklists.note(window_id, remark)])

    async def close(self, window_id: str, who: str, reason: str = "", listed: Iterable[int] = ()) -> Checklist:
        """Closes a checklist; what is open must have been `listed` to whoever gives the reason, and is waived.

        Raises NotFoundError; ConflictError if something else is open, or it is closed.
        """
        numbers = set(listed)
        while True:
            known = await self.get(window_id)
            if known.closed_at is not None:
                raise ConflictError(
                    f"{window_id}'s checklist is closed already", "Nothing was changed.", by=known.closed_by
                )
            more = [item for item in known.open_items if item.number not in numbers]
            if more:
                raise ConflictError(
                    f"Still open: {named(more)}.", "Nothing was changed; look at it with `/checklist close`."
                )
            over = closed(known, who, reason, numbers, self._clock())
            if await self._checklists.save(over, known.version, self._clock()):
                break
        waived = [item.number for item in known.open_items]
        detail = f"waived {', '.join(map(str, waived))}: {reason}" if waived else ""
        await self._audit.wrote(who, "close checklist", window_id, detail=detail)
        return await self._shown(window_id, [over])

    async def moved(self, window: Window) -> None:
        """The window's start or end changed: what is due follows. Raises StoreAwayError."""
        while True:
            known = await self._checklists.get(window.id)
            if known is None or (known.window_start, known.window_end) == (window.start, window.end):
                return
            after = on_window(known, window)
            if await self._checklists.save(after, known.version, self._clock()):
                await self._shown(window.id, [after])
                return

    async def _each(
        self, window_id: str, numbers: Sequence[int], change: Change
    ) -> tuple[list[Checklist | None], Checklist]:
        checklist = await self.get(window_id)
        for number in numbers:
            if not 1 <= number <= len(checklist.items):
                raise NotFoundError(
                    f"There is no item {number}.", f"The items are 1 to {len(checklist.items)}; nothing was changed."
                )
        results = [await change(number) for number in numbers]
        return results, await self._shown(window_id, results)

    async def _shown(self, window_id: str, results: Sequence[Checklist | None]) -> Checklist:
        if any(results):
            await self.show(await self.get(window_id))
        return await self.get(window_id)

    async def show(self, checklist: Checklist) -> None:
        """Has the message show the checklist as it is."""
        await self._show(checklist, await self._board.checklist(checklist) if checklist.ts is None else None)

    async def _show(self, checklist: Checklist, ts: str | None) -> None:
        # What is posted may be the checklist as another bot, or another's tick, had it a moment before.
        await self._board.refresh_checklist(checklist)
        await self._checklists.told(checklist.window_id, checklist.version, ts)

    async def tell_left_behind(self) -> None:
        """Shows what a bot that died has recorded and not shown."""
        for checklist in await self._checklists.untold(self._clock() - LEFT_BEHIND):
            with suppress(UndeliveredError):  # one that Slack refuses keeps no other from being shown
                await self.show(checklist)


def _item(checklist: Checklist, number: int) -> Item:
    return checklist.items[number - 1]


def _already(item: Item, what: str, by: str) -> ConflictError:
    sentence = f"{item.number}. “{item.text}” is {what} already"
    if by == SYSTEM:
        return ConflictError(f"{sentence}, by the bot.", "Nothing was changed.")
    return ConflictError(sentence, "Nothing was changed.", by=by)
