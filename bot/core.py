"""Puts together what nearly every desk needs: the audit trail, the roles, the incidents with their timelines."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot import logs
from bot.alarms import Neighbours
from bot.domain.audit import AuditDesk
from bot.domain.audit_chain import Chain
from bot.domain.clock import Clock
from bot.domain.incident_changes import IncidentChanges
from bot.domain.incident_desk import IncidentDesk
from bot.domain.incident_news import IncidentNews
from bot.domain.presence import Presence
from bot.domain.role import RoleDesk
from bot.domain.role_changes import RolesNow
from bot.domain.search_desk import SearchDesk
from bot.domain.timeline_desk import TimelineDesk
from bot.outside import Outside
from bot.redaction import Redactor
from bot.settings import Settings


@dataclass(frozen=True)
class Core:
    """The desks. `readable` turns a text of people's into one that may leave the bot: names for ids, no secret."""

    chain: Chain
    audit: AuditDesk
    roles: RoleDesk
    search: SearchDesk
    timelines: TimelineDesk
    incidents: IncidentDesk
    changes: IncidentChanges
    news: IncidentNews
    near: Neighbours
    readable: Callable[[str], Awaitable[str]]


def core_desks(settings: Settings, outside: Outside, clock: Clock) -> Core:
    """The desks, with the settings' admins and secrets."""
    store, board, directory = outside.store, outside.board, outside.directory
    redactor = Redactor(settings.secrets())

    async def readable(text: str) -> str:
        return redactor.text(await directory.with_names(text))

    chain = Chain(store.audit, log=logs.chained)
    audit = AuditDesk(chain, logs.audited, clock)
    roles_now = RolesNow(store.roles, outside.groups, clock)
    roles = RoleDesk(roles_now, audit, settings.ops_admins, Presence(directory, clock))
    search = SearchDesk(store.words, store.incidents, store.timelines)
    timelines = TimelineDesk(store.timelines, directory, store.incidents, board, search)
    incidents = IncidentDesk(store.incidents, board, timelines, audit, clock)
    timelines.lost = incidents.in_thread
    changes = IncidentChanges(store.incidents, incidents, roles, audit, clock)
    news = IncidentNews(timelines, store.incidents, board, clock)
    near = Neighbours(incidents, changes, timelines, news, roles, audit, directory)
    return Core(chain, audit, roles, search, timelines, incidents, changes, news, near, readable)
