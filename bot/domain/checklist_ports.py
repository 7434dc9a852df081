"""What the checklists' desks need: where checklists are kept and shown, which windows were announced, who has roles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.checklist import Checklist, Remark
from bot.domain.checklist_template import TemplateDesk
from bot.domain.role import Holder
from bot.domain.window import State, Window


@dataclass(frozen=True)
class Errand:
    """Who is to do an item, and by when: at `due`, which follows from `rule` if that is there.

    With a `role` it is for whoever has that, and the assignee follows from it.
    """

    assignee: str
    due: datetime | None = None
    rule: str = ""
    role: str = ""


@dataclass(frozen=True)
class Evidence:
    """What was seen, and when: of two bots' looks the later one is right."""

    text: str
    seen_at: datetime


@dataclass(frozen=True)
class Headed:
    """A window that was announced, and the message that its thread hangs below.

    The window's start and end are the actual ones where they are known; `planned_end` is when it was to end.
    """

    window: Window
    channel: str
    ts: str
    planned_end: datetime
    is_summed_up: bool = False

    @property
    def is_off(self) -> bool:
        """Whether it is not held after all."""
        return self.window.state in (State.CANCELLED, State.MOVED, State.NOT_HELD)

    def is_held_after(self, moment: datetime) -> bool:
        """Whether it is held, and goes on after that moment by its planned end, its actual one, or its state."""
        is_late = max(self.window.end, self.planned_end) > moment or self.window.state is State.UNDER_WAY
        return is_late and not self.is_off


class Checklists(Protocol):
    """Where checklists are kept. Each method raises StoreAwayError when MongoDB is away.

    Those that change one item leave all others alone, and give None if there was nothing to change.
    """

    async def add(self, checklist: Checklist) -> bool:
        """Keeps a new one; False if the window has one."""

    async def get(self, window_id: str) -> Checklist | None:
        """The window's checklist."""

    async def in_thread(self, channel: str, ts: str) -> Checklist | None:
        """The checklist that is this message, or in the thread below it."""

    async def not_closed(self, ended_after: datetime) -> list[Checklist]:
        """Those that nobody closed, of windows that end after that moment, by their start."""

    async def tick(self, window_id: str, number: int, who: str, now: datetime) -> Checklist | None:
        """Ticks one item; None if it is ticked already or not there."""

    async def untick(self, window_id: str, number: int, now: datetime) -> Checklist | None:
        """Unticks one item, or takes back that it was waived; the checklist is open again."""

    async def waive(self, window_id: str, number: int, remark: Remark) -> Checklist | None:
        """Waives one item that is open."""

    async def assign(self, window_id: str, number: int, errand: Errand, now: datetime) -> Checklist | None:
        """Keeps who is to do an item, and by when."""

    async def save(self, checklist: Checklist, was: int, now: datetime) -> bool:
        """Keeps all items anew; False if the version is not `was` any more."""

    async def note(self, window_id: str, remark: Remark) -> Checklist | None:
        """Adds a remark; None if there is no such checklist."""

    async def prove(self, window_id: str, number: int, evidence: Evidence, now: datetime) -> Checklist | None:
        """Ticks one item for the bot; None if it is ticked, waived, unticked by somebody, or doubted later."""

    async def disprove(self, window_id: str, number: int, seen_at: datetime, now: datetime) -> Checklist | None:
        """Unticks one item that the bot has ticked, unless that was after this look."""

    async def told(self, window_id: str, version: int, ts: str | None) -> None:
        """Keeps where the message is, and that this version of it is on its way."""

    async def untold(self, before: datetime) -> list[Checklist]:
        """Those changed before that moment whose message may not show it."""


class ChecklistBoard(Protocol):
    """Where checklists are shown."""

    async def checklist(self, checklist: Checklist) -> str:
        """Posts the checklist, or finds it posted; its timestamp."""

    async def refresh_checklist(self, checklist: Checklist) -> None:
        """Has the message show the checklist as it is now."""


class Announced(Protocol):
    """Which windows were announced."""

    async def headed(self, ended_after: datetime) -> list[Headed]:
        """Those that end after that moment and have a thread, also if they are not held. Raises StoreAwayError."""


class Present(Protocol):
    """Who has which role."""

    async def holders(self) -> list[Holder]:
        """All three roles, in order. Raises StoreAwayError."""


@dataclass(frozen=True)
class ChecklistPorts:
    """What the desk works with."""

    checklists: Checklists
    templates: TemplateDesk
    board: ChecklistBoard
    announced: Announced
    roles: Present
