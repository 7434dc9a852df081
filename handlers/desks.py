"""What the handlers work with: the domain's desks, and where things are in Slack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.alert_desk import AlertDesk
from bot.domain.announcement_desk import AnnouncementDesk
from bot.domain.audit import AuditDesk
from bot.domain.calendar import CalendarDesk
from bot.domain.checklist_desk import ChecklistDesk
from bot.domain.checklist_template import TemplateDesk
from bot.domain.clock import Clock
from bot.domain.deep_health import DeepHealthDesk
from bot.domain.doctor import DoctorDesk
from bot.domain.emergency import EmergencyDesk
from bot.domain.escalation_desk import EscalationDesk
from bot.domain.export_desk import ExportDesk
from bot.domain.freeze_desk import FreezeDesk
from bot.domain.health import HealthDesk
from bot.domain.health_history import HistoryDesk
from bot.domain.health_watch_desk import WatchDesk
from bot.domain.home_desk import HomeDesk
from bot.domain.incident_changes import IncidentChanges
from bot.domain.incident_desk import IncidentDesk
from bot.domain.outage import OutageDesk
from bot.domain.quote import Quote
from bot.domain.reminder import ReminderDesk
from bot.domain.restore import RestoreDesk
from bot.domain.role import RoleDesk
from bot.domain.role_changes import Groups, RoleChanges
from bot.domain.search_desk import SearchDesk
from bot.domain.silence_desk import SilenceDesk
from bot.domain.stats import StatsDesk
from bot.domain.summary_desk import SummaryDesk
from bot.domain.timeline import Changed, Gone, Heard
from bot.domain.timeline_desk import TimelineDesk
from bot.domain.window_changes import WindowChanges
from bot.domain.window_desk import WindowDesk
from bot.domain.window_news import Attendance
from bot.domain.window_summary_desk import WindowSummaryDesk


class Places(Protocol):
    """Where things are in Slack."""

    @property
    def ops_channel(self) -> str:
        """The ops channel's id; empty as long as it was not found."""

    @property
    def ops_name(self) -> str:
        """How the ops channel is called in the settings."""

    @property
    def bot_user(self) -> str:
        """The bot's own user id."""

    def heard_of(self, channel_id: str, channel_name: str) -> None:
        """A command told the id of a channel's name."""

    async def told(self, event: Mapping[str, Any]) -> Heard | Changed | Gone | None:
        """What a message event says: that one was written, changed or deleted; None for anything else."""

    async def heard(self, channel: str, message: Mapping[str, Any]) -> Heard | None:
        """A message of a person or an app as the timeline takes it; None for anything else."""

    async def look_at(self, channel: str, ts: str) -> Heard | None:
        """A message as it is now; None if it is gone. Raises UserError when Slack does not say."""

    async def has_member(self, channel: str, user_id: str) -> bool:
        """Whether the person is in the channel; who cannot be looked up counts as in it."""

    async def must_be_a_person(self, user_id: str) -> None:
        """Raises UserError for a bot, and for somebody who left the workspace."""

    async def left(self, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Those of them who have left the workspace, with their names; whom Slack tells nothing of is there."""

    async def with_names(self, text: str) -> str:
        """The text with mentions written out as names."""

    async def quote(self, channel: str, ts: str, author: str) -> Quote:
        """The message there, in full; without its text where Slack does not give it."""

    def link_to(self, channel: str, ts: str) -> str:
        """A message's permanent link, or nothing."""

    def link_to_thread(self, channel: str, ts: str) -> str:
        """The link that opens the message's thread, or nothing."""


class Care(Protocol):
    """What the bot does by itself now and then."""

    async def tick(self) -> None:
        """Does what is due. Raises StoreAwayError."""


@dataclass(frozen=True)
class Desks:
    """All that a handler may ask for."""

    health: HealthDesk
    deep_health: DeepHealthDesk
    history: HistoryDesk
    outages: OutageDesk
    watch: WatchDesk
    homes: HomeDesk
    checklists: ChecklistDesk
    checklist_care: Care
    templates: TemplateDesk
    announcements: AnnouncementDesk
    windows: WindowDesk
    window_changes: WindowChanges
    restoring: RestoreDesk
    freezes: FreezeDesk
    attendance: Attendance
    calendar: CalendarDesk
    emergencies: EmergencyDesk
    incidents: IncidentDesk
    changes: IncidentChanges
    reminders: ReminderDesk
    timelines: TimelineDesk
    search: SearchDesk
    stats: StatsDesk
    summaries: SummaryDesk
    exports: ExportDesk
    exports_left: Care
    alerts: AlertDesk
    alert_look: Care
    silences: SilenceDesk
    escalations: EscalationDesk
    window_summaries: WindowSummaryDesk
    roles: RoleDesk
    role_changes: RoleChanges
    groups: Groups
    audit: AuditDesk
    doctor: DoctorDesk
    places: Places
    clock: Clock
    runbook_url: str
