"""The composition root: builds everything once, starts it in order, stops it in the opposite order."""

import asyncio
import json
import logging
import os
import secrets
import socket as host
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import aiohttp
import aiohttp.web
import structlog
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot import logs
from bot.domain.announcement import Ladder
from bot.domain.announcement_desk import AnnouncementDesk, Timetable
from bot.domain.audit import AuditDesk, AuditEntry
from bot.domain.checklist import ChecklistDesk
from bot.domain.clock import Clock
from bot.domain.export_desk import ExportDesk
from bot.domain.health import HealthDesk, Probe
from bot.domain.incident_desk import IncidentDesk
from bot.domain.role import RoleDesk
from bot.domain.timeline import TimelineDesk
from bot.errors import UserError
from bot.jobs import Jobs, Owners, Tempo
from bot.metrics import Metrics
from bot.scheduler import Scheduler
from bot.services.alertmanager import AlertmanagerProbe
from bot.services.extra import ExtraProbe
from bot.services.grafana import GrafanaProbe
from bot.services.http import Http
from bot.services.llm import LlmProbe
from bot.services.loki import LokiProbe
from bot.services.mongodb import MongoProbe
from bot.services.prometheus import PrometheusProbe
from bot.settings import Settings
from bot.slack.api import Api, DeclinedError, SlackError
from bot.slack.board import Board
from bot.slack.directory import Directory
from bot.slack.export import Exports
from bot.slack.files import Files
from bot.slack.outbox import Outbox, Pace
from bot.slack.socket import Sockets
from bot.slack.voice import Voice
from bot.store.database import Store
from bot.store.mongo import Client, Database, connect, database_of
from bot.tasks import Tasks
from bot.web import Readiness, SlackEvents, Web
from handlers.desks import Desks
from handlers.middleware import Door

log = structlog.get_logger("app")

REQUEST_LIMIT = 10.0  # seconds for one call to Slack; well below the outbox's lease


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Tuning:
    """What no setting changes, but tests do: clock and tempo."""

    clock: Clock = utc_now
    pace: Pace = field(default_factory=Pace)
    tempo: Tempo = field(default_factory=Tempo)
    # Seconds for what runs when the bot stops: what people wait for, then the rest. The process has ten in all.
    work_limit: float = 4.0
    rest_limit: float = 2.5


def probes(settings: Settings, http: Http, database: Database) -> list[Probe]:
    """One probe for each service, in the order of the report."""

    def url(endpoint: object) -> str:
        return getattr(endpoint, "with_credentials", "")

    api_key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""
    return [
        MongoProbe(database),
        PrometheusProbe(url(settings.prometheus_url), http),
        GrafanaProbe(url(settings.grafana_url), http),
        LokiProbe(url(settings.loki_url), http),
        LlmProbe(url(settings.llm_url), http, api_key),
        AlertmanagerProbe(url(settings.alertmanager_url), http),
        *(ExtraProbe(name, url(endpoint), http) for name, endpoint in settings.extra_checks),
    ]


@asynccontextmanager
async def health_desk(settings: Settings) -> AsyncIterator[HealthDesk]:
    """The probes alone, for the shell."""
    mongo = connect(settings.mongodb_url.get_secret_value())
    http = Http()
    try:
        database = database_of(mongo, settings.mongodb_url.get_secret_value())
        yield HealthDesk(probes(settings, http, database), utc_now)
    finally:
        await http.close()
        await _close(mongo)


class App:
    """The bot. `start` returns when it takes commands; `stop` copes with a start that failed half-way."""

    def __init__(self, settings: Settings, tuning: Tuning | None = None) -> None:
        self._settings = settings
        self._tuning = tuning or Tuning()
        self._exit = AsyncExitStack()
        self._status: Literal["starting", "ready", "stopping"] = "starting"
        self._sockets: Sockets | None = None
        self._jobs: Jobs | None = None
        self.port = 0

    async def start(self) -> None:
        """Builds and starts everything, from the inside out. Raises UserError when Slack refuses the tokens."""
        settings, tuning = self._settings, self._tuning
        tasks, metrics = Tasks(), Metrics()
        owner = f"{host.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}"
        session = await self._exit.enter_async_context(
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REQUEST_LIMIT, connect=5.0))
        )
        mongo = connect(settings.mongodb_url.get_secret_value())
        self._exit.push_async_callback(_close, mongo)
        http = Http()
        self._exit.push_async_callback(http.close)
        database = database_of(mongo, settings.mongodb_url.get_secret_value())
        store = Store(database, owner, tuning.pace.lease)
        api = Api(self._client(settings.slack_bot_token.get_secret_value(), session), metrics)
        directory = Directory(api, settings.ops_channel)
        outbox = Outbox(store.outbox, api, owner, tasks.start, tuning.pace)
        board = Board(outbox, api, directory, tuning.clock)
        sharing = Exports(api, Files(api, session, tuning.pace.settle))
        health = HealthDesk(probes(settings, http, database), tuning.clock)
        desks = self._desks(store, board, sharing, directory, metrics, health)

        bolt = self._bolt(directory)
        door = Door(bolt, Voice(api, session), directory, store.events, metrics)
        handlers.register(door, desks)

        web = Web(settings.host, settings.port, self._readiness, metrics, self._slack_events(bolt))
        self.port = await web.start()
        self._exit.push_async_callback(web.stop)
        await self._introduced(directory)

        jobs = self._jobs = Jobs(
            Owners(desks.announcements, desks.incidents, desks.checklists), outbox, store, directory, metrics
        )
        await jobs.check_store()
        await directory.find_ops_channel()
        scheduler = Scheduler()
        self._exit.push_async_callback(tasks.drain, tuning.rest_limit)
        self._exit.push_async_callback(door.drain, tuning.work_limit)
        jobs.schedule(scheduler, tasks, tuning.tempo)
        self._exit.callback(scheduler.close)
        if settings.slack_app_token is not None:
            await self._connected(bolt, session, metrics, tasks, jobs)
        scheduler.start()
        self._status = "ready"
        log.info("ready", port=self.port, channel=directory.ops_channel or directory.ops_name, owner=owner)

    async def stop(self) -> None:
        """Takes nothing new, lets what runs end, closes everything in the opposite order of the start."""
        self._status = "stopping"
        await self._exit.aclose()
        # A closed transport reports to the loop once more; without this turn it would be called unclosed.
        await asyncio.sleep(0)

    def _client(self, token: str, session: aiohttp.ClientSession) -> AsyncWebClient:
        url, slack_log = self._settings.slack_api_url, logging.getLogger("slack_sdk")
        return AsyncWebClient(token, base_url=url, session=session, retry_handlers=[], logger=slack_log)

    def _desks(
        self, store: Store, board: Board, sharing: Exports, directory: Directory, metrics: Metrics, health: HealthDesk
    ) -> Desks:
        settings, clock = self._settings, self._tuning.clock
        audit = AuditDesk(store.audit, _audit_line, clock)
        roles = RoleDesk(store.roles, audit, settings.ops_admins)
        timelines = TimelineDesk(store.timelines, directory, store.incidents)
        timetable = Timetable(settings.maintenance_window, Ladder(settings.announce_before, settings.ending_soon))
        incidents = IncidentDesk(store.incidents, board, timelines, roles, audit, clock)
        return Desks(
            health=health,
            checklists=ChecklistDesk(store.checklists, board, audit, clock),
            announcements=AnnouncementDesk(timetable, store.announcements, board, audit, metrics, clock),
            incidents=incidents,
            timelines=timelines,
            exports=ExportDesk(incidents, store.incidents, store.exports, sharing, directory, clock),
            roles=roles,
            audit=audit,
            places=directory,
            clock=clock,
            runbook_url=settings.runbook_url or "",
        )

    def _bolt(self, directory: Directory) -> AsyncApp:
        token = self._settings.slack_bot_token.get_secret_value()

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            # From what auth.test said at the start: Bolt would ask again, before the first acknowledgement.
            return AuthorizeResult(
                enterprise_id=enterprise_id,
                team_id=team_id,
                bot_token=token,
                bot_id=directory.bot_id,
                bot_user_id=directory.bot_user,
            )

        return AsyncApp(
            logger=logging.getLogger("slack_bolt"),
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,  # bot.web did it, sockets need none
        )

    def _slack_events(self, bolt: AsyncApp) -> SlackEvents | None:
        secret = self._settings.slack_signing_secret
        if secret is None:
            return None

        async def answer(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
            if self._status != "ready":
                return aiohttp.web.Response(status=503)  # Slack sends events again
            return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

        return SlackEvents(secret.get_secret_value(), answer)

    async def _introduced(self, directory: Directory) -> None:
        while not directory.bot_user:
            try:
                await directory.introduce()
            except DeclinedError as error:
                raise UserError(
                    f"Slack refuses SLACK_BOT_TOKEN ({error.code}).", "Copy the bot token of the installed app again."
                ) from error
            except SlackError as error:
                log.warning("Slack does not answer", cause=str(error))
                await asyncio.sleep(1.0)

    async def _connected(
        self, bolt: AsyncApp, session: aiohttp.ClientSession, metrics: Metrics, tasks: Tasks, jobs: Jobs
    ) -> None:
        token = self._settings.slack_app_token
        client = self._client(token.get_secret_value() if token else "", session)

        async def answer(envelope: dict[str, Any]) -> dict[str, Any] | None:
            response = await bolt.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=envelope["payload"]))
            if response.status != 200:
                return None
            return {"payload": json.loads(response.body)} if response.body.startswith("{") else {}

        sockets = self._sockets = Sockets(Api(client, metrics), session, answer, tasks.start, metrics)
        sockets.returned = jobs.missed_events
        self._exit.push_async_callback(sockets.stop)
        try:
            await sockets.start()
        except DeclinedError as error:
            raise UserError(
                f"Slack refuses SLACK_APP_TOKEN ({error.code}).",
                "Make an app-level token with the scope connections:write, and switch Socket Mode on.",
            ) from error

    def _readiness(self) -> Readiness:
        if self._status != "ready":
            return Readiness(self._status)
        if self._sockets is not None and not self._sockets.connected:
            return Readiness("starting", ("no connection to Slack",))
        if self._jobs is not None and not self._jobs.is_store_up:
            return Readiness("degraded", ("MongoDB does not answer",))
        return Readiness("ready")


async def _close(mongo: Client) -> None:
    """Closes the client, within two seconds: a call that was cancelled while it waited can keep its lock for ever."""
    try:
        async with asyncio.timeout(2.0):
            await mongo.close()
    except TimeoutError:
        log.warning("MongoDB's client did not close")


def _audit_line(entry: AuditEntry) -> str:
    logs.audit(entry.act, who=entry.who, subject=entry.subject, outcome=entry.outcome.value, detail=entry.detail)
    return str(structlog.contextvars.get_contextvars().get("trace_id", ""))
