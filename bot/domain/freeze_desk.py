"""Makes and lifts freezes, and announces the start and the end of each once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.announcement import LATE, State
from bot.domain.announcement_ports import AnnouncementMeter, Announcements, WindowBoard
from bot.domain.approval import Rights
from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.clock import Clock, spelled
from bot.domain.freeze import MOST, Freeze, FreezeRung, Freezes, freeze_id, rungs
from bot.domain.outbox import UndeliveredError
from bot.domain.window import Window
from bot.domain.window_desk import WindowDesk
from bot.errors import ConflictError, NotFoundError, UserError

CATCH_UP = timedelta(hours=24)  # what ended longer ago is not announced any more
NAMES = 30  # minutes whose names are tried


@dataclass(frozen=True)
class Frozen:
    """A freeze, the windows that lie in it, and those under way whose time it is as well.

    `excepted` are those that are held in spite of it, planned or under way, since they were excepted from another one.
    """

    freeze: Freeze
    windows: tuple[Window, ...] = ()
    under_way: tuple[Window, ...] = ()
    excepted: tuple[Window, ...] = ()


class FreezeDesk:
    """The tech lead's freezes. Each act raises RefusedError, UserError and StoreAwayError, and then changes nothing."""

    def __init__(
        self,
        freezes: Freezes,
        windows: WindowDesk,
        ports: tuple[Announcements, WindowBoard, AnnouncementMeter],
        rights: Rights,
        audit: AuditDesk,
        clock: Clock,
    ) -> None:
        self._freezes = freezes
        self._windows = windows
        self._records, self._board, self._meter = ports
        self._rights = rights
        self._audit = audit
        self._clock = clock

    async def freeze(self, who: str, start: datetime, end: datetime, reason: str) -> Frozen:
        """Makes a freeze; said twice, it is one."""
        await self._rights.must_lead(who, "freeze", "freezes")
        now = self._clock()
        start = start.replace(second=0, microsecond=0)  # "now", said twice, is one freeze
        if end <= start:
            raise UserError("The freeze would end before it starts.", "Write the earlier time first: `FROM..TO`.")
        if end <= now:
            raise UserError("That is past.", "Name a time that is still to come.")
        if end - start > MOST:
            raise UserError("A freeze lasts a year at most.", "Name an earlier end.")
        fresh = Freeze(freeze_id(start), start, end, reason, who, now)
        for later in range(NAMES):
            fresh = replace(fresh, id=freeze_id(start + timedelta(minutes=later)))
            if await self._freezes.add(fresh):
                await self._audit.wrote(who, "freeze", fresh.id, detail=reason)
                return await self._frozen(fresh)
            known = await self._freezes.get(fresh.id)
            same = (fresh.start, fresh.end, fresh.reason, fresh.by)
            if known and not known.lifted_by and (known.start, known.end, known.reason, known.by) == same:
                return await self._frozen(known)
        raise ConflictError("Too many freezes began in these minutes.", "Choose another start.")

    async def lift(self, who: str, name: str) -> Frozen:
        """Ends a freeze now, or takes back one that has not begun; `name` is any unique ending of its ID."""
        await self._rights.must_lead(who, "lift a freeze", name)
        now = self._clock()
        found = [one for one in await self._freezes.current(now - CATCH_UP) if one.id.endswith(name)]
        if len(found) > 1:
            raise NotFoundError(f"{name} fits {', '.join(one.id for one in found)}.", "Write more of the ID.")
        if not found:
            raise NotFoundError(f"I know no freeze {name}.", "`/maintenance` lists them.")
        freeze = found[0]
        if freeze.over_at <= now and not freeze.lifted_by:
            raise UserError(f"{freeze.id} is over.", "Nothing was changed.")
        if not await self._freezes.lift(freeze.id, who, now):
            known = await self._freezes.get(freeze.id) or freeze
            raise ConflictError(f"{freeze.id} is lifted already.", "Nothing was changed.", by=known.lifted_by)
        await self._audit.wrote(who, "unfreeze", freeze.id)
        return await self._frozen(freeze)

    async def _frozen(self, freeze: Freeze) -> Frozen:
        planned = await self._windows.planned_between(freeze.start, freeze.end)
        lying = [one for one in planned if freeze.holds(one)]
        going_on = await self._windows.under_way()
        under_way = [one for one in going_on if freeze.overtakes(one, self._clock())]
        excepted = [one for one in going_on if one.exemption and not one.is_emergency and freeze.holds(one)]
        excepted += [one for one in lying if one.exemption and one not in excepted]
        return Frozen(
            await self._freezes.get(freeze.id) or freeze,
            tuple(one for one in lying if not one.exemption),
            tuple(under_way),
            tuple(excepted),
        )

    async def current(self) -> list[Freeze]:
        """Those that are to come, are in force, or ended lately. Raises StoreAwayError."""
        return await self._freezes.current(self._clock() - CATCH_UP)

    async def tick(self, freezes: Iterable[Freeze]) -> None:
        """Announces what is due of the current ones. Raises StoreAwayError; the next tick goes on from there."""
        now = self._clock()
        for freeze in freezes:
            ladder = [rung for rung in rungs(freeze) if rung.due <= now]
            told = await self._records.of(freeze.id) if ladder else {}
            for rung in ladder:
                known = told.get(rung.key)
                if known is not None and known.is_settled:
                    continue
                if not await self._see_to(rung, now, self._pointless(rung, now)):
                    break
                told = await self._records.of(freeze.id)

    def _pointless(self, rung: FreezeRung, now: datetime) -> str:
        """Why a due one is not told: the start of one that is over, the end long after it."""
        if rung.name == "start" and now >= rung.freeze.over_at:
            return "the freeze is over"
        return "the freeze has long been over" if now - rung.due > CATCH_UP else ""

    async def _see_to(self, rung: FreezeRung, now: datetime, reason: str) -> bool:
        """Settles a rung; False if another bot is at it, or Slack does not take it now."""
        if rung.name == "end":
            start = (await self._records.of(rung.subject)).get(f"{rung.subject}/start")
            if start is not None and start.state is State.SKIPPED:
                reason = "its start was not announced"
        if not await self._records.claim(rung):
            return False
        if await self._freezes.get(rung.subject) != rung.freeze:  # lifted since it was read
            await self._records.release(rung)
            return False
        late = now - rung.due if now - rung.due > LATE else timedelta(0)
        good_until = min(rung.due, now) if reason else now + LATE
        try:
            posted = await self._board.announce_freeze(rung, late, good_until)
        except UndeliveredError as error:
            if not reason:
                if not error.is_stale and await self._records.refused(rung, error.reason):
                    await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.REFUSED, str(error))
                return False
            if await self._records.skip(rung, reason, now):
                self._meter.announced(rung.name, "skipped")
                await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.SKIPPED, reason)
            return True
        if await self._records.announced(rung, posted, self._clock()):
            self._meter.announced(rung.name, "late" if late else "announced")
            await self._audit.wrote(SYSTEM, "announce", rung.key, Outcome.DONE, f"{spelled(late)} late" if late else "")
        return True
