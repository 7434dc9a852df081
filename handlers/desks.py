"""What the handlers work with: the domain's desks, and where things are in Slack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.announcement_desk import AnnouncementDesk
from bot.domain.audit import AuditDesk
from bot.domain.checklist import ChecklistDesk
from bot.domain.clock import Clock
from bot.domain.export_desk import ExportDesk
from bot.domain.health import HealthDesk
from bot.domain.incident_desk import IncidentDesk
from bot.domain.role import RoleDesk
from bot.domain.timeline import Heard, TimelineDesk


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

    def heard(self, channel: str, message: Mapping[str, Any]) -> Heard | None:
        """A person's message in a thread as the timeline takes it; None for anything else."""

    async def with_names(self, text: str) -> str:
        """The text with mentions written out as names."""

    def link_to(self, channel: str, ts: str) -> str:
        """A message's permanent link, or nothing."""


@dataclass(frozen=True)
class Desks:
    """All that a handler may ask for."""

    health: HealthDesk
    checklists: ChecklistDesk
    announcements: AnnouncementDesk
    incidents: IncidentDesk
    timelines: TimelineDesk
    exports: ExportDesk
    roles: RoleDesk
    audit: AuditDesk
    places: Places
    clock: Clock
    runbook_url: str
