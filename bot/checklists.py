"""Builds what checklists need: their desk, the template's, and what the bot does about them by itself."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.audit import AuditDesk
from bot.domain.checklist_desk import ChecklistDesk
from bot.domain.checklist_evidence import Checkup, Depths, EvidenceBoard, EvidenceDesk, EvidencePorts, Summaries
from bot.domain.checklist_ports import Announced, ChecklistBoard, ChecklistPorts, Checklists
from bot.domain.checklist_reminder import ChecklistReminder, HeldWindows, ReminderBoard
from bot.domain.checklist_roles import ChecklistRoles
from bot.domain.checklist_template import TemplateDesk, Templates
from bot.domain.clock import Clock
from bot.domain.role import RoleDesk


class Board(ChecklistBoard, EvidenceBoard, ReminderBoard, Protocol):
    """Where checklists are shown, with all that is said about them."""


class Records(Announced, Summaries, HeldWindows, Protocol):
    """The windows' records, as far as checklists need them."""


class Services(Protocol):
    """The shared services, asked whether they are up, and for more."""

    @property
    def health(self) -> Checkup:
        """Asks all of them whether they are up."""

    @property
    def deep(self) -> Depths:
        """Asks some of them for more."""


@dataclass(frozen=True)
class Kept:
    """Where things are kept."""

    checklists: Checklists
    templates: Templates
    windows: Records


class ChecklistCare:
    """What the bot does about checklists by itself."""

    def __init__(
        self, desk: ChecklistDesk, roles: ChecklistRoles, evidence: EvidenceDesk, reminder: ChecklistReminder
    ) -> None:
        self._desk = desk
        self._roles = roles
        self._evidence = evidence
        self._reminder = reminder

    async def tick(self) -> None:
        """Posts those of announced windows, shows what is unshown, has items follow roles, proves items, reminds.

        Raises StoreAwayError.
        """
        await self._desk.post_announced()
        await self._desk.close_called_off()
        await self._desk.reopen_restored()
        await self._desk.tell_left_behind()
        await self._roles.tick()
        await self._evidence.tick()
        await self._reminder.tick()


@dataclass(frozen=True)
class ChecklistDesks:
    """All of them."""

    desk: ChecklistDesk
    templates: TemplateDesk
    care: ChecklistCare


def checklist_desks(
    kept: Kept, board: Board, services: Services, roles: RoleDesk, audit: AuditDesk, clock: Clock
) -> ChecklistDesks:
    """Builds them."""
    templates = TemplateDesk(kept.templates, roles, audit, clock)
    desk = ChecklistDesk(ChecklistPorts(kept.checklists, templates, board, kept.windows, roles), audit, clock)
    evidence = EvidenceDesk(
        EvidencePorts(kept.checklists, kept.windows, kept.windows, services.health, services.deep, board, shown=desk),
        clock,
    )
    reminder = ChecklistReminder(kept.checklists, kept.windows, board, roles, clock)
    following = ChecklistRoles(kept.checklists, desk, roles, audit, clock)
    return ChecklistDesks(desk, templates, ChecklistCare(desk, following, evidence, reminder))
