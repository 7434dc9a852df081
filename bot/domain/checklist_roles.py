"""Items that are for a role: they are for whoever has it when the window is held, and pass on with it while open."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.checklist import Checklist, Item
from bot.domain.checklist_ports import Checklists, Present
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError
from bot.domain.role import Holder, Role


def who_has(holders: Sequence[Holder], moment: datetime) -> dict[str, str]:
    """Who has each role at a moment, by the role's name; empty where nobody has."""
    turns = {holder.role.value: holder.turn(moment) for holder in holders}
    return {holder.role.value: turn.who if (turn := turns[holder.role]) else holder.owner for holder in holders}


def followed(checklist: Checklist, people: Mapping[str, str]) -> Checklist | None:
    """The checklist whose open items are for those who have their roles; None if they are already."""
    items = tuple(_followed(item, people) for item in checklist.items)
    return None if items == checklist.items else replace(checklist, items=items, version=checklist.version + 1)


def _followed(item: Item, people: Mapping[str, str]) -> Item:
    # What an earlier release gave to a role that nobody had has the role's name alone.
    role = item.role or (item.assignee if item.assignee in list(Role) else "")
    return replace(item, role=role, assignee=people.get(role) or role) if role and item.is_open else item


class Shown(Protocol):
    """Has checklists shown as they are."""

    async def show(self, checklist: Checklist) -> None:
        """Has the message show it. Raises UndeliveredError, StoreAwayError."""


class ChecklistRoles:
    """Has items pass on with the roles that they are for."""

    def __init__(
        self, checklists: Checklists, shown: Shown, roles: Present, audit: AuditDesk, clock: Clock
    ) -> None:  # fmt: skip
        self._checklists = checklists
        self._shown = shown
        self._roles = roles
        self._audit = audit
        self._clock = clock

    async def tick(self, checklists: Sequence[Checklist]) -> list[Checklist]:
        """Has their items follow the roles, each change once among all bots; the checklists as they are then.

        Raises StoreAwayError.
        """
        holders = await self._roles.holders() if checklists else []
        return [await self._passed_on(checklist, holders) for checklist in checklists]

    async def _passed_on(self, checklist: Checklist, holders: Sequence[Holder]) -> Checklist:
        now = self._clock()
        after = followed(checklist, who_has(holders, max(now, checklist.window_start or now)))
        # Somebody may have changed it just now: then it is looked at again next time.
        if after is None or not await self._checklists.save(after, checklist.version, now):
            return checklist
        await self._note(checklist, after)
        with suppress(UndeliveredError):
            await self._shown.show(after)
        return after

    async def _note(self, before: Checklist, after: Checklist) -> None:
        for was, item in zip(before.items, after.items, strict=True):
            if was.assignee != item.assignee:
                passed = f"{item.assignee}, with the role {item.role}"
                await self._audit.wrote(SYSTEM, "assign item", f"{after.window_id}/{item.number}", detail=passed)
