"""The composition root: builds everything once, starts it in order, stops it in the opposite order."""

import asyncio
import os
import secrets
import socket as host
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Literal

import aiohttp
import aiohttp.web
import structlog
from slack_bolt.async_app import AsyncApp

import handlers
from bot import VERSION, logs, webhook
from bot.alarms import alarms
from bot.checklists import Kept, checklist_desks
from bot.commands import table
from bot.core import core_desks
from bot.doctor import Ward, doctor
from bot.domain.clock import Clock, utc_now
from bot.domain.emergency import EmergencyDesk
from bot.domain.export_desk import ExportDesk
from bot.domain.export_left import ExportsLeft
from bot.domain.health import HealthDesk
from bot.domain.health_watch_desk import Rhythm
from bot.domain.home_desk import HomeDesk, Sources
from bot.domain.read_back import ReadBack
from bot.domain.reminder import Answering, ReminderDesk
from bot.domain.role_changes import RoleChanges
from bot.domain.silence_window import WindowSilences
from bot.domain.stats import StatsDesk
from bot.domain.summary_desk import Ports, SummaryDesk
from bot.domain.window_ports import Attendant
from bot.domain.window_summary_desk import WindowSummaryDesk
from bot.domain.window_summary_ports import SummaryPorts
from bot.errors import UserError
from bot.jobs import Jobs, Tempo
from bot.metrics import Metrics
from bot.outside import Outside, Wires, maintenance_desks, reach
from bot.owners import owners
from bot.scheduler import Scheduler
from bot.services.http import Http
from bot.services.llm import LIMIT
from bot.settings import Settings
from bot.signed import slack_events
from bot.slack.api import Api
from bot.slack.bolt import bolt_app, by_http, by_socket, connected, introduced, web_client
from bot.slack.delivery import Delivery, Pace
from bot.slack.directory import Directory
from bot.slack.home import HomeScreen
from bot.slack.outbox import Outbox
from bot.slack.socket import LULL, Sockets
from bot.slack.voice import Voice
from bot.store.database import Store
from bot.store.mongo import PATIENCE, close, connect, database_of
from bot.tasks import Tasks
from bot.watching import Around, watching
from bot.web import Alerts, Entrances, Readiness, SlackEvents, Web
from handlers.callers import Entry
from handlers.desks import Desks
from handlers.gate import Gate
from handlers.middleware import Door

log = structlog.get_logger("app")

REQUEST_LIMIT = 10.0  # seconds for one call to Slack; well below the outbox's lease


@dataclass(frozen=True)
class Tuning:
    """What no setting changes, but tests do: clock and tempo."""

    clock: Clock = utc_now
    pace: Pace = field(default_factory=Pace)
    tempo: Tempo | None = None  # None: as the settings say
    lull: float = LULL  # seconds without a command that end a burst of them
    llm_limit: float = LIMIT
    attendants: tuple[Attendant, ...] = ()
    scheduler: Callable[[], Scheduler] = Scheduler
    rhythm: Rhythm | None = None  # of watching; None: as the settings say
    store_patience: float = PATIENCE  # seconds to look for MongoDB
    has_indexes: bool = False  # of the database: another bot made them before this one starts
    # Seconds for what runs when the bot stops: what people wait for, then the rest. The process has ten in all.
    work_limit: float = 4.0
    rest_limit: float = 2.5


class App:
    """The bot. `start` returns when it takes commands; `stop` copes with a start that failed half-way."""

    def __init__(self, settings: Settings, tuning: Tuning | None = None) -> None:
        self._settings = settings
        self._tuning = tuning or Tuning()
        self._exit = AsyncExitStack()
        self._status: Literal["starting", "ready", "stopping"] = "starting"
        self._sockets: Sockets | None = None
        self._jobs: Jobs | None = None
        self._directory: Directory | None = None
        self._cut = 0  # works that did not end within the limits
        self.port = 0

    async def start(self) -> None:
        """Builds and starts everything, from the inside out. Raises UserError when Slack refuses the tokens."""
        settings, tuning = self._settings, self._tuning
        tasks, metrics = Tasks(), Metrics()
        owner = f"{host.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}"
        session = await self._exit.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REQUEST_LIMIT, connect=5.0))
        )
        mongo = connect(settings.mongodb_url.get_secret_value(), tuning.store_patience)
        self._exit.push_async_callback(close, mongo)
        http = Http()
        self._exit.push_async_callback(http.close)
        database = database_of(mongo)
        store = Store(database, owner, tuning.pace.lease, has_indexes=tuning.has_indexes)
        client = web_client(settings.slack_bot_token, settings.slack_api_url, session)
        api = Api(client, metrics, lambda: directory.bot_user)
        directory = self._directory = Directory(api, settings.ops_channel)
        delivery = Delivery(store.outbox, api, owner, tuning.pace, tuning.clock)
        delivery.taken_over = store.announcements.taken_over = metrics.claim_taken_over
        outbox = Outbox(delivery, tasks.start)
        wires = Wires(session, http, database, store, api, directory, outbox, metrics, tasks.start)
        outside = reach(settings, wires, tuning.pace.settle, tuning.llm_limit, tuning.clock)
        desks = self._desks(outside, wires)

        bolt = bolt_app(directory, settings.slack_bot_token)
        door = Door(bolt, Voice(api, session), Entry(directory, Gate(directory, desks.audit)), store.events, metrics)
        handlers.register(door, desks)

        entrances = Entrances(self._slack_events(bolt, store), self._alerts(desks, metrics), desks.calendar.file)
        web = Web(settings.host, settings.port, self._readiness, metrics, entrances)
        self.port = await web.start()
        self._exit.push_async_callback(web.stop)
        await introduced(directory)

        reading = ReadBack(
            store.incidents, outside.board, store.timelines, desks.timelines, desks.changes, tuning.clock
        )
        jobs = self._jobs = Jobs(owners(desks, reading), outbox, store, directory, metrics)
        desks.incidents.late_card = jobs.late_card
        await jobs.check_store()
        await directory.check_ops_channel()
        scheduler = tuning.scheduler()
        self._exit.push_async_callback(desks.audit.close)
        self._exit.push_async_callback(tasks.drain, tuning.rest_limit)  # what is left is recorded: taken over
        self._exit.push_async_callback(self._drain, door, tuning.work_limit)
        jobs.schedule(scheduler, tasks, tuning.tempo or Tempo(watch=settings.health_interval))
        self._exit.push_async_callback(desks.watch.resign)
        self._exit.callback(scheduler.close)
        if settings.slack_app_token is not None:
            client = web_client(settings.slack_app_token, settings.slack_api_url, session)
            sockets = self._sockets = Sockets(Api(client, metrics), session, by_socket(bolt), tasks.start, metrics)
            sockets.returned, sockets.room = jobs.missed_events, door.room
            sockets.lull.seconds = tuning.lull
            self._exit.push_async_callback(sockets.stop)
            await connected(sockets)
        scheduler.start()
        self._status = "ready"
        log.info("ready", port=self.port, channel=directory.ops_channel or directory.ops_name, owner=owner)

    async def stop(self) -> int:
        """Takes nothing new, lets what runs end, closes all in the opposite order of the start; how much was cut."""
        self._status = "stopping"
        await self._exit.aclose()
        # A closed transport reports to the loop once more; without this turn it would be called unclosed.
        await asyncio.sleep(0)
        return self._cut

    async def _drain(self, door: Door, limit: float) -> None:
        self._cut = await door.drain(limit)

    def _desks(self, outside: Outside, wires: Wires) -> Desks:
        settings, clock = self._settings, self._tuning.clock
        store, board, directory = outside.store, outside.board, outside.directory
        core = core_desks(settings, outside, clock)
        audit, roles, incidents = core.audit, core.roles, core.incidents
        found = alarms(settings, store, outside.means, core.near, clock)
        health = HealthDesk(outside.probes, clock)
        ward = Ward(
            wires.api,
            wires.database,
            store.outbox,
            health,
            wires.http,
            connections=lambda: self._sockets,
            chain=core.chain,
        )
        summaries = WindowSummaryDesk(
            SummaryPorts(
                store.window_records, store.checklists, store.opened, health, store.rounds, directory,
                outside.summary_board, store.exports, found.alerts,
            ),
            audit,
            clock,
        )  # fmt: skip
        attendants: tuple[Attendant, ...] = (WindowSilences(found.silences, audit), *self._tuning.attendants)
        maintenance = maintenance_desks(settings, outside, attendants, roles, audit, clock)
        around = Around(
            health, store, maintenance.windows, outside.outages, directory, outside.pictures, outside.metrics, clock,
            self._tuning.rhythm,
        )  # fmt: skip
        services = watching(settings, outside.probes, around, incidents, core.news)
        kept = Kept(store.checklists, store.templates, store.window_records)
        checklists = checklist_desks(kept, outside.checklist_board, services, roles, audit, clock)
        told = Sources(incidents, maintenance.windows, checklists.desk, roles, services.watch)
        screen = HomeScreen(wires.api, directory, table.SUMMARIES, VERSION)
        return Desks(
            health=services.health,
            deep_health=services.deep,
            history=services.history,
            outages=services.outages,
            watch=services.watch,
            homes=HomeDesk(told, store.homes, screen, clock),
            alerts=found.alerts,
            alert_look=found.look,
            silences=found.silences,
            escalations=found.escalations,
            checklists=checklists.desk,
            checklist_care=checklists.care,
            templates=checklists.templates,
            announcements=maintenance.announcements,
            windows=maintenance.windows,
            window_changes=maintenance.changes,
            restoring=maintenance.restoring,
            freezes=maintenance.freezes,
            attendance=maintenance.attendance,
            calendar=maintenance.calendar,
            emergencies=EmergencyDesk(store.windows, store.freezes, incidents, roles, audit, clock),
            incidents=incidents,
            changes=core.changes,
            reminders=ReminderDesk(store.incidents, board, Answering(roles, directory), settings.update_every, clock),
            timelines=core.timelines,
            search=core.search,
            stats=StatsDesk(store.briefs, outside.pictures, clock),
            summaries=SummaryDesk(
                Ports(store.summaries, incidents, board, outside.writer, core.readable), audit, clock
            ),
            exports_left=ExportsLeft(store.exports, outside.export_voice, clock),
            exports=ExportDesk(incidents, store.opened, store.exports, outside.exports, directory, clock),
            window_summaries=summaries,
            roles=roles,
            role_changes=RoleChanges(store.roles, outside.groups, roles, outside.role_voice, audit, clock),
            groups=outside.groups,
            audit=audit,
            doctor=doctor(settings, ward, clock),
            places=directory,
            clock=clock,
            runbook_url=settings.runbook_url or "",
        )

    def _slack_events(self, bolt: AsyncApp, store: Store) -> SlackEvents | None:
        secret = self._settings.slack_signing_secret
        if secret is None:
            return None
        return slack_events(by_http(bolt), secret.get_secret_value(), lambda: self._status == "ready", store.events)

    def _alerts(self, desks: Desks, metrics: Metrics) -> Alerts:
        token = self._settings.alert_webhook_token

        async def take(body: bytes) -> None:
            outcome = "not kept"
            try:
                if self._status != "ready":
                    raise UserError("The bot is not ready.", "Send it again.")
                with logs.trace(via="http"):
                    await desks.alerts.heard(webhook.read(body))
                outcome = "kept"
            except webhook.WrongPayloadError:
                outcome = "wrong"
                raise
            finally:
                metrics.alerts_received(outcome)

        return Alerts(token.get_secret_value() if token else "", take, metrics.alerts_received)

    def _readiness(self) -> Readiness:
        if self._status != "ready":
            is_unknown = self._directory is None or not self._directory.bot_user
            return Readiness(self._status, ("Slack has not answered yet" if is_unknown else f"still {self._status}",))
        if self._sockets is not None and not self._sockets.connected:
            return Readiness("starting", ("no connection to Slack",))
        reasons = [self._directory.trouble] if self._directory is not None and self._directory.trouble else []
        if self._jobs is not None and not self._jobs.is_store_up:
            reasons.append("MongoDB does not answer")
        return Readiness("degraded" if reasons else "ready", tuple(reasons))
