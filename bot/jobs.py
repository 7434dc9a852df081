"""The timetable: what the bot does by itself, how often, and what happens when MongoDB or Slack come back."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog

from bot.domain.alert_desk import AlertDesk
from bot.domain.announcement_desk import AnnouncementDesk
from bot.domain.escalation_desk import EscalationDesk
from bot.domain.freeze_desk import FreezeDesk
from bot.domain.health_watch_desk import WatchDesk
from bot.domain.home_desk import HomeDesk
from bot.domain.incident import Incident
from bot.domain.incident_desk import IncidentDesk
from bot.domain.outage import OutageDesk
from bot.domain.read_back import ReadBack, UnreadableError
from bot.domain.reminder import ReminderDesk
from bot.domain.role_changes import RoleChanges
from bot.domain.search_desk import SearchDesk
from bot.domain.silence_desk import SilenceDesk
from bot.domain.summary_desk import SummaryDesk
from bot.domain.timeline_desk import TimelineDesk
from bot.domain.window_news import Attendance
from bot.errors import StoreAwayError
from bot.gauges import Dials, Gauges, Waiting
from bot.logs import trace
from bot.scheduler import Scheduler
from bot.tasks import Tasks

log = structlog.get_logger("jobs")


class Mail(Waiting, Protocol):
    """The outbox, as far as jobs need it."""

    async def take_over(self) -> None:
        """Delivers what nobody delivers."""


class Store(Protocol):
    """MongoDB, as far as jobs need it."""

    @property
    def is_away(self) -> bool:
        """Whether it did not answer a moment ago."""

    async def reach(self) -> None:
        """Reads something and makes sure that indexes exist. Raises StoreAwayError."""


class Channel(Protocol):
    """The ops channel, as far as jobs need it."""

    @property
    def ops_channel(self) -> str:
        """Its id, once it is known."""

    async def find_ops_channel(self) -> bool:
        """Looks for it in Slack."""

    async def check_ops_channel(self) -> None:
        """Looks whether the bot is in it, until it is."""


class JobMeter(Dials, Protocol):
    """What jobs measure."""

    def mongo(self, up: bool) -> None:
        """Whether MongoDB answers."""

    def scheduler_ticked(self) -> None:
        """The alarm clock works."""


@dataclass(frozen=True)
class Tempo:
    """How often the jobs run."""

    tick: timedelta = timedelta(seconds=1)
    sweep: timedelta = timedelta(seconds=2)
    gauges: timedelta = timedelta(seconds=2)
    tidy: timedelta = timedelta(seconds=10)
    watch: timedelta = timedelta(seconds=60)
    first_watch: timedelta = timedelta(seconds=2)


class Care(Protocol):
    """What a part of the bot does by itself."""

    async def tick(self) -> None:
        """Does what is due. Raises StoreAwayError."""


@dataclass(frozen=True)
class Owners:
    """The desks that have work of their own."""

    announcements: AnnouncementDesk
    audit: Care
    freezes: FreezeDesk
    attendance: Attendance
    incidents: IncidentDesk
    reminders: ReminderDesk
    checklists: Care
    threads: ReadBack
    summaries: SummaryDesk
    search: SearchDesk
    timelines: TimelineDesk
    watch: WatchDesk
    homes: HomeDesk
    outages: OutageDesk
    alerts: AlertDesk
    alert_look: Care
    silences: SilenceDesk
    escalations: EscalationDesk
    roles: RoleChanges
    window_summaries: Care
    window_incidents: Care


class Pause:
    """How many turns to wait before something that failed is tried again: one, two, four, …, 64."""

    def __init__(self) -> None:
        self._turns = self._left = 0

    def is_over(self) -> bool:
        """One turn passes; whether it is time to try again. Never, if the last try was done."""
        self._left -= 1
        return self._left == 0

    def note(self, *, is_done: bool) -> None:
        """What came of the try."""
        self._turns = 0 if is_done else min(64, max(1, 2 * self._turns))
        self._left = self._turns


class Jobs:
    """Does the desks' own work. `is_store_up` tells whether MongoDB answered last time."""

    def __init__(self, owners: Owners, mail: Mail, store: Store, channel: Channel, meter: JobMeter) -> None:
        self._owners = owners
        self._mail = mail
        self._store = store
        self._channel = channel
        self._meter = meter
        self._gauges = Gauges(mail, owners.alerts, meter)
        self._must_catch_up = True
        self._must_read = False
        self._unread, self._unread_cards = Pause(), Pause()
        self.is_store_up = False

    def schedule(self, scheduler: Scheduler, tasks: Tasks, tempo: Tempo) -> None:
        """Enters the timetable. Each run is a task that is supervised and drained like any other."""

        def every(
            interval: timedelta,
            work: Callable[[], Coroutine[Any, Any, None]],
            name: str,
            first: timedelta | None = None,
        ) -> None:
            async def run() -> None:
                # Shielded, since the alarm clock cancels what it waits for when it ends; tasks are drained instead.
                await asyncio.shield(tasks.start(self._traced(work, name), f"job {name}"))

            scheduler.every(interval, run, name, first)

        every(tempo.tick, self._tick, "tick")
        every(tempo.sweep, self._sweep, "sweep")
        every(tempo.tidy, self._tidy, "tidy")
        every(tempo.sweep, self._read, "read")
        every(tempo.sweep, self._attend, "attend")
        every(tempo.tidy, self._care, "care")
        every(tempo.sweep, self._while_store_is_up(self._owners.window_incidents.tick), "window incidents")
        every(tempo.watch, self._owners.watch.tick, "watch", tempo.first_watch)
        every(tempo.tidy, self._owners.homes.tick, "homes")
        every(tempo.gauges, self._while_store_is_up(self._gauges.tick), "gauges")
        # Each waits for something outside, which must not hold up the others.
        every(tempo.tick, self._while_store_is_up(self._owners.escalations.tick), "escalations")
        every(tempo.tick, self._while_store_is_up(self._owners.alerts.tick), "alerts")
        every(tempo.tidy, self._while_store_is_up(self._owners.alert_look.tick), "alerts that are gone")
        every(tempo.tidy, self._while_store_is_up(self._owners.silences.tick), "silences")

    def _while_store_is_up(
        self, work: Callable[[], Coroutine[Any, Any, None]]
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        async def run() -> None:
            if self.is_store_up:
                await work()

        return run

    async def _traced(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        with trace(job=name, via="clock"):
            try:
                await work()
            except StoreAwayError:
                self._note_store(is_up=False)

    def missed_events(self) -> None:
        """Slack could not reach the bot for a while: what was written meanwhile is read back."""
        self._must_catch_up = True

    def late_card(self, incident: Incident) -> None:
        """People may have written below a card before the bot knew where it is: its thread is read."""
        self._owners.threads.want(incident)
        self._unread.note(is_done=False)

    async def check_store(self) -> None:
        """Finds out whether MongoDB answers; never raises for it."""
        try:
            await self._store.reach()
        except StoreAwayError:
            self._note_store(is_up=False)
        else:
            self._note_store(is_up=True)

    def _note_store(self, *, is_up: bool) -> None:
        if is_up != self.is_store_up:
            log.info("MongoDB is back" if is_up else "MongoDB is away")
            self._must_catch_up = True
        self.is_store_up = is_up
        self._meter.mongo(is_up)

    async def _tick(self) -> None:
        self._meter.scheduler_ticked()
        if self._channel.ops_channel and self.is_store_up:
            freezes = await self._owners.freezes.current()
            await self._owners.announcements.tick(freezes)
            await self._owners.freezes.tick(freezes)

    async def _attend(self) -> None:
        """A job of its own: what attends windows may take its time, and must not hold up announcements."""
        if self._channel.ops_channel and self.is_store_up:
            await self._owners.attendance.tick()

    async def _sweep(self) -> None:
        if self._store.is_away or not self.is_store_up:  # else what follows finds out
            await self.check_store()
        if not self._channel.ops_channel:
            await self._channel.find_ops_channel()
        if not self.is_store_up:
            return
        await self._owners.incidents.save_unsaved()
        await self._owners.audit.tick()
        await self._mail.take_over()
        if self._channel.ops_channel and (self._must_catch_up or self._unread_cards.is_over()):
            await self._catch_up()

    async def _catch_up(self) -> None:
        # Cleared before the work: what is missed while it lasts is caught up with next time.
        self._must_catch_up, is_done = False, False
        try:
            await self._owners.incidents.catch_up()
            is_done = self._must_read = True
        except UnreadableError as error:
            log.warning("the channel cannot be read back", cause=str(error))
        finally:
            self._unread_cards.note(is_done=is_done)

    async def _read(self) -> None:
        """A job of its own: a long thread, or Slack's wish to wait, must not hold up the rest."""
        if not self.is_store_up or not (self._must_read or self._unread.is_over()):
            return
        anew, self._must_read = self._must_read, False
        try:
            self._unread.note(is_done=await self._owners.threads.run(anew=anew))
            for incident in self._owners.threads.cardless():
                if not await self._owners.incidents.has_mended(incident):
                    self.late_card(incident)
        except StoreAwayError:
            self._must_read = True
            raise

    async def _care(self) -> None:
        """A job of its own: it asks the services, and waits for Slack to show checklists."""
        if self.is_store_up and self._channel.ops_channel:
            await self._owners.roles.tick()
            await self._owners.checklists.tick()  # first: what is proven at the end is in the summary
            await self._owners.window_summaries.tick()

    async def _tidy(self) -> None:
        await self._channel.check_ops_channel()
        if self.is_store_up and not self._must_catch_up:
            await self._owners.incidents.tell_left_behind()
            await self._owners.timelines.tell_left_behind()
            await self._owners.incidents.mend_cards()
            await self._owners.alerts.mend()
            await self._owners.reminders.tick()
            await self._owners.search.fill_in()
            await self._owners.summaries.tell_left_behind()
            await self._owners.outages.link_late()
