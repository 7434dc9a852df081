"""All collections of the bot's database under their names, and their indexes."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from pymongo import IndexModel

from bot.store import (
    alert,
    announcement,
    audit,
    checklist,
    escalation,
    event,
    export,
    freeze,
    health,
    incident,
    outbox,
    search,
    silence,
    summary,
    timeline,
    window,
)
from bot.store.alert import Alerts
from bot.store.announcement import Announcements
from bot.store.audit import AuditTrail
from bot.store.checklist import Checklists
from bot.store.checklist_template import Templates
from bot.store.escalation import Escalations
from bot.store.event import Events
from bot.store.export import Claims, Opened
from bot.store.freeze import Freezes
from bot.store.health import Rounds, WatchRecords
from bot.store.home import Visits
from bot.store.incident import Incidents
from bot.store.mongo import Database, Documents
from bot.store.outage import Outages
from bot.store.outbox import Outbox
from bot.store.reach import Reach
from bot.store.role import Roles
from bot.store.search import Words
from bot.store.silence import Silences
from bot.store.stats import Briefs
from bot.store.summary import Summaries
from bot.store.timeline import Timelines
from bot.store.window import Calendar, Windows
from bot.store.window_summary import WindowRecords

# The indexes that the bot makes, by collection.
INDEXED: Mapping[str, Sequence[IndexModel]] = {
    "incidents": incident.INDEXES,
    "timeline": timeline.INDEXES,
    "held": timeline.HELD_INDEXES,
    "words": search.INDEXES,
    "windows": window.INDEXES,
    "freezes": freeze.INDEXES,
    "announcements": announcement.INDEXES,
    "checklists": checklist.INDEXES,
    "summaries": summary.INDEXES,
    "audit": audit.INDEXES,
    "outbox": outbox.INDEXES,
    "events": event.INDEXES,
    "exports": export.INDEXES,
    "health": health.INDEXES,
    "alerts": alert.INDEXES,
    "silences": silence.INDEXES,
    "escalations": escalation.INDEXES,
}


class Store:
    """The stores of one database. `owner` names this process in claims, which hold for `lease`.

    `has_indexes`: they need not be made any more.
    """

    def __init__(self, database: Database, owner: str, lease: timedelta, *, has_indexes: bool = False) -> None:
        self._reach = reach = Reach()

        def documents(name: str) -> Documents:
            return Documents(database[name], reach)

        self._documents = documents
        self._has_indexes = has_indexes
        self.incidents = Incidents(documents("incidents"))
        self.timelines = Timelines(documents("timeline"), documents("held"))
        self.words = Words(documents("words"))
        self.briefs = Briefs(documents("incidents"))
        self.announcements = Announcements(documents("windows"), documents("announcements"), owner, lease)
        self.windows = Windows(documents("windows"))
        self.calendar = Calendar(documents("bookings"))
        self.freezes = Freezes(documents("freezes"))
        self.checklists = Checklists(documents("checklists"))
        self.templates = Templates(documents("checklist_templates"))
        self.window_records = WindowRecords(documents("windows"), documents("announcements"))
        self.summaries = Summaries(documents("summaries"))
        self.roles = Roles(documents("roles"))
        self.audit = AuditTrail(documents("audit"))
        self.outbox = Outbox(documents("outbox"), lease)
        self.events = Events(documents("events"))
        self.alerts = Alerts(documents("alerts"), documents("incidents"))
        self.silences = Silences(documents("silences"), lease)
        self.escalations = Escalations(documents("escalations"))
        self.exports = Claims(documents("exports"))
        self.watch = WatchRecords(documents("watch"), documents("health"), documents("outages"), owner)
        self.rounds = Rounds(documents("health"))
        self.outages = Outages(documents("outages"))
        self.homes = Visits(documents("homes"))
        self.opened = Opened(documents("incidents"), documents("windows"))

    @property
    def is_away(self) -> bool:
        """Whether MongoDB did not answer a moment ago; until it was reached again, nothing waits for it."""
        return self._reach.is_away

    async def reach(self) -> None:
        """Reads in the bot's own database, since a ping does not prove the password. Raises StoreAwayError."""
        await self._documents("roles").probe()
        if not self._has_indexes:
            await asyncio.gather(*(self._documents(name).index(wanted) for name, wanted in INDEXED.items()))
            self._has_indexes = True
