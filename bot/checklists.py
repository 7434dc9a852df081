"""Builds what checklists need: their desk, the template's, and what the bot does about them by itself."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.audit import AuditDesk
from bot.domain.checklist_desk import STILL_MEANT, ChecklistDesk
from bot.domain.checklist_evidence import Checkup, Depths, EvidenceBoard, EvidenceDesk, EvidencePorts
from bot.domain.checklist_ports import Announced, ChecklistBoard, ChecklistPorts, Checklists
from bot.domain.checklist_reminder import AT_MOST, ChecklistReminder, HeldWindows, ReminderBoard
from bot.domain.checklist_roles import ChecklistRoles
from bot.domain.checklist_template import TemplateDesk, Templates
from bot.domain.clock import Clock
from bot.domain.role import RoleDesk


class Board(ChecklistBoard, EvidenceBoard, ReminderBoard, Protocol):
    """Where checklists are shown, with all that is said about them."""


class Records(Announced, HeldWindows, Protocol):
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
    """What the bot does about checklists by itself: it reads what there is once, and each desk sees to its part of it.

    What somebody changes meanwhile is never overwritten, and has its turn next time.
    """

    def __init__(
        self,
        kept: Kept,
        desk: ChecklistDesk,
        roles: ChecklistRoles,
        evidence: EvidenceDesk,
        reminder: ChecklistReminder,
        clock: Clock,
    ) -> None:
        self._kept = kept
        self._desk = desk
        self._roles = roles
        self._evidence = evidence
        self._reminder = reminder
        self._clock = clock

    async def tick(self) -> None:
        """Posts those of announced windows, shows what is unshown, has items follow roles, proves items, reminds.

        Raises StoreAwayError.
        """
        heads = await self._kept.windows.headed(self._clock() - STILL_MEANT)
        await self._desk.post_announced(heads)
        await self._desk.close_called_off(heads)
        await self._desk.tell_left_behind()
        running = await self._kept.checklists.not_closed(self._clock() - AT_MOST)
        open_ones = {checklist.window_id for checklist in running}
        await self._desk.reopen_restored(head for head in heads if head.window.id not in open_ones)
        checklists = await self._roles.tick(running)
        await self._evidence.tick(checklists, heads)
        await self._reminder.tick(checklists)


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
    evidence = EvidenceDesk(EvidencePorts(kept.checklists, services.health, services.deep, board, shown=desk), clock)
    reminder = ChecklistReminder(kept.checklists, kept.windows, board, roles, clock)
    following = ChecklistRoles(kept.checklists, desk, roles, audit, clock)
    return ChecklistDesks(desk, templates, ChecklistCare(kept, desk, following, evidence, reminder, clock))
