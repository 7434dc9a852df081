"""Watches the services: asks them all every so often, keeps what they answered, and has each change told once.

Every bot asks, for its own metrics. One of them, by a lease in MongoDB, judges and keeps; another takes over when that
one is gone. While MongoDB is away the last one that judged goes on from memory.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.clock import Clock, spelled
from bot.domain.deep_health import Since
from bot.domain.health import HealthDesk, Reading, Report, State
from bot.domain.health_rules import asked, judged, linked, merged, moved, suspects
from bot.domain.health_watch import Change, Outage, Place, Watch
from bot.domain.health_watch_ports import Ports, Round
from bot.domain.incident_news import News
from bot.domain.timeline import Attached, Kind
from bot.errors import StoreAwayError

REMEMBERED = 1_440  # rounds while MongoDB is away: a day at one a minute
FIND_BACK = timedelta(days=1)  # how far the channel is read for outages that no record tells of


@dataclass(frozen=True)
class Rhythm:
    """How long to wait for the confirming probe (seconds), and how long a lead lasts without news of its owner.

    Where no round is made for longer than `patience`, nobody watched.
    """

    confirm: float
    lease: timedelta
    patience: timedelta = timedelta(minutes=5)


class WatchDesk:
    """Watches; `tick` is one round."""

    def __init__(self, health: HealthDesk, ports: Ports, rhythm: Rhythm, clock: Clock) -> None:
        self._health = health
        self._records = ports.records
        self._board = ports.board
        self._windows = ports.windows
        self._affected = ports.affected
        self._meter = ports.meter
        self._rhythm = rhythm
        self._clock = clock
        self._memory: Watch | None = None
        self._is_unsaved = False
        self._away_since: datetime | None = None
        self._must_find = True
        self._rounds: deque[Round] = deque(maxlen=REMEMBERED)

    async def since(self) -> Mapping[str, Since]:
        """See deep_health.Records.since."""
        return (await self.known()).since(self._clock())

    async def known(self) -> Watch:
        """What is known, without asking any service. Raises StoreAwayError if nothing is remembered either."""
        try:
            return await self._records.look()
        except StoreAwayError:
            if self._memory is None:
                raise
            return self._memory

    async def tick(self) -> None:
        """One round. Never raises StoreAwayError: MongoDB is one of the services that are watched."""
        first = await self._health.ask()
        self._measured(first)
        watch = await self._lead()
        if not watch.is_ours:
            return
        watch = asked(watch, first.at, self._rhythm.patience)
        second: tuple[Reading, ...] = ()
        if suspected := suspects(watch, first.readings):
            # The one confirming probe; whatever answers otherwise now changes nothing.
            await asyncio.sleep(self._rhythm.confirm)
            second = (await self._health.ask(suspected)).readings
        watch = await self._judged(watch, first.readings, second)
        self._rounds.append(Round(first.at, _last(first, second)))
        if await self._saved(watch):
            self._memory = await self._told(watch)
            if self._memory != watch:
                await self._saved(self._memory)
            await self._kept()

    async def resign(self) -> None:
        """The bot stops: another one need not wait for the end of its lease."""
        if self._memory is None or not self._memory.is_ours:
            return
        try:
            await self._records.resign()
        except StoreAwayError:
            return

    def _measured(self, report: Report) -> None:
        for reading in report.readings:
            if reading.state is not State.OFF:
                self._meter.service_probed(reading.service, reading.state.value, reading.latency)

    async def _judged(self, watch: Watch, first: Sequence[Reading], second: Sequence[Reading]) -> Watch:
        try:
            found = await self._windows.thread_now()
        except StoreAwayError:  # whether a window is under way is not known, so nothing is moved out of one
            return judged(watch, first, second, None)
        place = Place(*found) if found else None
        return await self._with_incidents(judged(moved(watch, place, self._clock()), first, second, place))

    async def _lead(self) -> Watch:
        try:
            stored = await self._records.lead()
            if self._is_unsaved and self._memory is not None:
                stored = await self._handed_over(stored, self._memory)
        except StoreAwayError:
            return await self._from_memory()
        self._away_since = None
        if stored.is_ours and self._must_find:
            stored = await self._with_found(stored)
        if stored.is_ours and self._memory is not None and not self._memory.is_ours:
            self._meter.claim_taken_over("watch")
        self._memory = stored
        return stored

    async def _with_found(self, stored: Watch) -> Watch:
        """With outages that a bot told while MongoDB was away, and did not live to put into the records."""
        found = await self._board.find(self._clock() - FIND_BACK)
        if found is None:
            return stored
        self._must_find = False
        return remembered(found, stored)

    async def _handed_over(self, stored: Watch, remembered: Watch) -> Watch:
        """MongoDB is back: what was found out without it is put into the records, whoever leads by now."""
        both = merged(stored, remembered)
        if not stored.is_ours and both != stored:
            await self._records.save(both)
            return replace(both, is_ours=False)  # looked at again in the next round: the leader may have overwritten it
        self._is_unsaved = False
        return both

    async def _from_memory(self) -> Watch:
        """Without MongoDB: whoever led goes on; the others wait until its lead would have ended."""
        now = self._clock()
        self._away_since = self._away_since or now
        self._must_find = True
        if self._memory is None:
            outages = await self._board.find(now - FIND_BACK)
            if outages is None:
                return Watch(is_ours=False)
            self._memory = remembered(outages)
        if not self._memory.is_ours and now - self._away_since > self._rhythm.lease:
            self._memory = replace(self._memory, is_ours=True)
        return self._memory

    async def _with_incidents(self, watch: Watch) -> Watch:
        keys = [one.key for one in watch.outages]
        if not keys:
            return watch
        try:
            return linked(watch, await self._records.incidents(keys))
        except StoreAwayError:
            return watch

    async def _saved(self, watch: Watch) -> bool:
        """Whether what is known may be told: it is kept, or MongoDB is away and this bot goes on from memory."""
        try:
            is_kept = await self._records.save(watch)
        except StoreAwayError:
            self._memory, self._is_unsaved = watch, True
            return True
        self._is_unsaved = False
        self._memory = watch if is_kept else None
        return is_kept

    async def _told(self, watch: Watch) -> Watch:
        """Tells what was not told yet; what cannot be told now is tried in the next round."""
        for outage in watch.outages:
            if outage.told >= outage.revision:
                continue
            try:
                if not await self._board.show(outage):
                    continue
                if outage.incident and not await self._entered(outage):
                    continue
            except StoreAwayError:
                continue
            watch = watch.with_outage(replace(outage, told=outage.revision))
        return watch

    async def _entered(self, outage: Outage) -> bool:
        """Tells the changes in the outage's incident; False if its thread cannot be told yet."""
        said: dict[tuple[str, bool], list[Change]] = {}
        for change in outage.changes:
            entry = attached(change)
            await self._affected.attach(outage.incident, entry.kind, entry.key, entry.at, entry.text)
            said.setdefault((f"{change.at:%Y%m%dT%H%M%S}", change.is_up), []).append(change)
        # What came with one round is said in one message. The outage's key is not in its key: after a window the same
        # changes belong to another outage.
        return all([await self._affected.say(outage.incident, news(*changes)) for changes in said.values()])

    async def _kept(self) -> None:
        rounds = list(self._rounds)
        try:
            await self._records.add(rounds)
        except StoreAwayError:
            return
        self._rounds.clear()


def remembered(outages: Sequence[Outage], known: Watch | None = None) -> Watch:
    """What is `known` with what the messages of outages tell besides."""
    watch = known or Watch()
    for outage in outages:
        cases = [case for case in outage.down if (track := watch.track(case.service)) is None or track.is_up]
        if watch.outage(outage.key) is not None or not cases:
            continue
        watch = watch.with_outage(replace(outage, cases=tuple(cases)))
        for case in cases:
            watch = watch.with_down(case, outage.key)
    return watch


def in_words(change: Change) -> str:
    """For a timeline: `loki is down: connection refused`, `loki is up again after 3 min`."""
    if change.is_up:
        return f"{change.service} is up again after {spelled(change.after or timedelta(0))}"
    return f"{change.service} is {change.state}" + (f": {change.cause}" if change.cause else "")


def attached(change: Change) -> Attached:
    """As an incident's timeline has it."""
    key = f"{change.service}/{change.at:%Y%m%dT%H%M%S}/{'up' if change.is_up else 'down'}"
    return Attached(Kind.HEALTH, key, change.at, in_words(change))


def news(*changes: Change) -> News:
    """For an incident's thread: what changed in one round, all of it for the better or for the worse."""
    first = changes[0]
    key = f"health/{first.at:%Y%m%dT%H%M%S}/{'up' if first.is_up else 'down'}"
    text = "\n".join(f"{in_words(change)}." for change in changes)
    return News(key, first.at, text, is_good=first.is_up, attached=tuple(map(attached, changes)))


def _last(first: Report, second: Sequence[Reading]) -> tuple[Reading, ...]:
    """Each service as it answered last in this round."""
    again = {reading.service: reading for reading in second}
    return tuple(again.get(one.service, one) for one in first.readings if one.state is not State.OFF)
