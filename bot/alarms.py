"""Builds what alerts, silences and escalations need, from the settings and the desks that are there."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.alert_desk import AlertDesk
from bot.domain.alert_incident import AlertIncidents
from bot.domain.alert_look import AlertLook
from bot.domain.alert_ports import LookMeter
from bot.domain.audit import AuditDesk
from bot.domain.clock import Clock
from bot.domain.duplicate_desk import DuplicateDesk
from bot.domain.escalation_desk import EscalationDesk, Ports
from bot.domain.escalation_line import Line
from bot.domain.escalation_ports import Meter
from bot.domain.incident_changes import IncidentChanges
from bot.domain.incident_desk import IncidentDesk
from bot.domain.incident_news import IncidentNews
from bot.domain.role import RoleDesk
from bot.domain.silence_desk import SilenceDesk
from bot.domain.silence_keeper import SilenceKeeper
from bot.domain.timeline_desk import TimelineDesk
from bot.services.alert import Monitoring
from bot.services.http import Http
from bot.services.silences import Silences
from bot.settings import Settings
from bot.slack.alert import AlertBoard
from bot.slack.api import Api
from bot.slack.direct import Direct
from bot.slack.directory import Directory
from bot.slack.escalation import EscalationBoard
from bot.slack.outbox import Outbox
from bot.slack.silence import SilenceBoard
from bot.store.database import Store


class Meters(Meter, LookMeter, Protocol):
    """What is measured here."""


@dataclass(frozen=True)
class Means:
    """The ways to the outside: Slack in its parts, HTTP, background work, and what is measured."""

    outbox: Outbox
    api: Api
    directory: Directory
    http: Http
    spawn: Callable[[Coroutine[Any, Any, None], str], Any]
    meter: Meters


@dataclass(frozen=True)
class Neighbours:
    """The desks that these desks ask."""

    incidents: IncidentDesk
    changes: IncidentChanges
    timelines: TimelineDesk
    news: IncidentNews
    roles: RoleDesk
    audit: AuditDesk
    people: Directory


@dataclass(frozen=True)
class Alarms:
    """The desks for alerts, silences and escalations."""

    alerts: AlertDesk
    look: AlertLook
    silences: SilenceDesk
    escalations: EscalationDesk


def alarms(settings: Settings, store: Store, means: Means, near: Neighbours, clock: Clock) -> Alarms:
    """All three desks."""
    url = settings.alertmanager_url
    address = url.with_credentials if url else ""
    silencer = Silences(address, means.http)
    direct = Direct(means.api)
    board = AlertBoard(means.outbox, means.directory, clock, may_silence=silencer.is_there)
    opening = AlertIncidents(store.alerts, near.incidents, board, clock)
    silence_board = SilenceBoard(means.outbox, direct, means.directory, clock)
    keeper = SilenceKeeper(store.silences, store.windows, silencer, silence_board, near.audit, clock)
    asking = EscalationBoard(means.outbox, direct, means.directory, settings.phone_bridge or "", clock)
    line = Line(near.roles, settings.phone_bridge or "", clock)
    ports = Ports(near.incidents, near.timelines, near.changes, near.people, means.meter, line)
    alerts = AlertDesk(store.alerts, board, opening, near.news, means.spawn, clock)
    duplicates = DuplicateDesk(store.incidents, near.incidents, near.audit, clock)
    near.incidents.turned = (duplicates.turned, lambda incident: store.alerts.turned(incident.id))
    return Alarms(
        alerts,
        AlertLook(store.alerts, Monitoring(address, means.http), alerts, means.meter, clock),
        SilenceDesk(store.silences, silencer, keeper, near.roles, near.audit, clock),
        EscalationDesk(store.escalations, asking, ports, near.audit, settings.escalate_after, clock),
    )
