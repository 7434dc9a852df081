"""Builds the ways to the outside, as the settings have it: Slack in its parts, the services, what maintenance needs."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot import windows
from bot.alarms import Means
from bot.calendar_file import CalendarFile
from bot.domain.announcement import Ladder
from bot.domain.audit import AuditDesk
from bot.domain.clock import Clock
from bot.domain.deep_health import DeepProbe
from bot.domain.role import RoleDesk
from bot.domain.window_ports import Attendant
from bot.endpoint import Endpoint
from bot.metrics import Metrics
from bot.probes import llm_writer, probes
from bot.services.http import Http
from bot.services.llm import LlmWriter
from bot.settings import Settings
from bot.slack import role as slack_role
from bot.slack.api import Api
from bot.slack.board import Board, Guide
from bot.slack.checklist import ChecklistBoard
from bot.slack.direct import Direct, Whisper
from bot.slack.directory import Directory
from bot.slack.export import Exports, ExportVoice
from bot.slack.files import Files
from bot.slack.groups import Groups
from bot.slack.health_board import HealthBoard
from bot.slack.outbox import Outbox
from bot.slack.pictures import Pictures
from bot.slack.views.incident_card import Links
from bot.slack.window import Thread, WindowBoard
from bot.slack.window_summary import SummaryBoard
from bot.store.database import Store
from bot.store.mongo import Database


@dataclass(frozen=True)
class Wires:
    """The connections that everything goes through, and background work."""

    session: aiohttp.ClientSession
    http: Http
    database: Database
    store: Store
    api: Api
    directory: Directory
    outbox: Outbox
    metrics: Metrics
    spawn: Callable[[Coroutine[Any, Any, None], str], Any]


@dataclass(frozen=True)
class Outside:
    """What the desks work with: the store, Slack in its parts, the services."""

    store: Store
    board: Board
    checklist_board: ChecklistBoard
    summary_board: SummaryBoard
    directory: Directory
    metrics: Metrics
    probes: list[DeepProbe]
    outages: HealthBoard
    pictures: Pictures
    exports: Exports
    writer: LlmWriter
    window_board: WindowBoard
    means: Means
    groups: Groups
    role_voice: slack_role.RoleVoice
    export_voice: ExportVoice


def reach(settings: Settings, wires: Wires, settle: float, llm_limit: float, clock: Clock) -> Outside:
    """All of it; nothing is asked yet. `settle` and `llm_limit` are seconds."""
    api, outbox, directory = wires.api, wires.outbox, wires.directory
    files = Files(api, wires.session, settle)
    exports = Exports(api, files)
    link = settings.coordination_thread
    coordination = Thread(link.channel, link.ts) if link else None
    whisper = Whisper(outbox, Direct(api), directory, clock)
    return Outside(
        store=wires.store,
        board=Board(outbox, api, directory, _guide(settings), clock),
        checklist_board=ChecklistBoard(outbox, clock),
        summary_board=SummaryBoard(outbox, exports, coordination, clock),
        directory=directory,
        metrics=wires.metrics,
        probes=probes(settings, wires.http, wires.database),
        outages=HealthBoard(outbox, api, directory, wires.store.incidents),
        pictures=Pictures(api, files),
        exports=exports,
        writer=llm_writer(settings, wires.http, llm_limit),
        window_board=WindowBoard(outbox, directory, coordination, clock),
        means=Means(outbox, api, directory, wires.http, wires.spawn, wires.metrics),
        groups=Groups(api),
        role_voice=slack_role.RoleVoice(whisper, outbox, directory, clock),
        export_voice=ExportVoice(whisper),
    )


def maintenance_desks(
    settings: Settings,
    outside: Outside,
    attendants: tuple[Attendant, ...],
    roles: RoleDesk,
    audit: AuditDesk,
    clock: Clock,
) -> windows.Maintenance:
    """The desks of maintenance with their ways to the outside."""
    store = outside.store
    ladder = Ladder(settings.announce_before, settings.ending_soon)
    return windows.maintenance(
        windows.Timetable(settings.maintenance_window, ladder),
        windows.Outside(
            windows=store.windows,
            calendar=store.calendar,
            freezes=store.freezes,
            announcements=store.announcements,
            board=outside.window_board,
            meter=outside.metrics,
            writer=CalendarFile(),
            sharing=outside.exports,
            attendants=attendants,
        ),
        roles,
        audit,
        clock,
    )


def _guide(settings: Settings) -> Guide:
    def shown(endpoint: Endpoint | None) -> str:
        return endpoint.url if endpoint else ""

    grafana, loki = shown(settings.grafana_url), shown(settings.loki_url)
    links = Links(settings.runbook_url or "", grafana, loki, settings.update_every)
    return Guide(links, settings.phone_bridge or "")
