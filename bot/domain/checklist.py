"""The checklist of a window: the template's items in four phases, each done once by somebody, or waived."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.audit import SYSTEM

SAME = timedelta(minutes=1)  # the same note of the same person within this is one: a double Enter
BOXES = 10  # as many as Slack shows in one group


class Phase(StrEnum):
    """The phases of the operations guide's template."""

    BEFORE = "Pre-maintenance"
    DURING = "During"
    AFTER = "Post-maintenance"
    TELLING = "Communication"


@dataclass(frozen=True)
class Item:
    """One thing to do, numbered from 1 through all phases; done when `done_by` (a Slack user id, or the bot) is there.

    `tag` names what proves it to the bot (see checklist_template); what proved it is in `evidence`. `assignee` is a
    user id, or a role's name while nobody has the role; `role` is there where the item is for whoever has that role
    (see checklist_roles). `due` follows from `due_rule`, if that is there. Where
    somebody took a tick back, the bot keeps its `hands_off`. `doubted_at`: when it was last seen not to hold.
    """

    number: int
    phase: Phase
    text: str
    done_by: str = ""
    done_at: datetime | None = None
    tag: str = ""
    evidence: str = ""
    assignee: str = ""
    due_rule: str = ""
    due: datetime | None = None
    waived_by: str = ""
    waived: str = ""
    waived_at: datetime | None = None
    hands_off: bool = False
    doubted_at: datetime | None = None
    role: str = ""

    @property
    def is_done(self) -> bool:
        """Whether somebody ticked it."""
        return bool(self.done_by)

    @property
    def is_open(self) -> bool:
        """Whether it is neither done nor waived."""
        return not self.done_by and not self.waived_by

    @property
    def is_proven(self) -> bool:
        """Whether the bot ticked it."""
        return self.done_by == SYSTEM


class Kind(StrEnum):
    """What a remark is."""

    NOTE = "note"
    LESSON = "lesson"


@dataclass(frozen=True)
class Remark:
    """A deviation, or a lesson, that somebody left with the checklist."""

    who: str
    at: datetime
    text: str
    kind: Kind = Kind.NOTE


@dataclass(frozen=True)
class Checklist:
    """The checklist of one window; `version` grows with each change.

    `window_start` and `window_end` are there for all but those of earlier bots; `thread_ts` is the window's head.
    """

    window_id: str
    channel: str
    started_by: str
    started_at: datetime
    items: tuple[Item, ...]
    notes: tuple[Remark, ...] = ()
    ts: str | None = None
    version: int = 1
    thread_ts: str | None = None
    window_start: datetime | None = None
    window_end: datetime | None = None
    template: int = 0
    closed_by: str = ""
    closed_at: datetime | None = None
    closed_reason: str = ""

    def of(self, phase: Phase) -> tuple[Item, ...]:
        """The items of one phase, in order."""
        return tuple(item for item in self.items if item.phase is phase)

    def boxes(self, phase: Phase) -> list[tuple[Item, ...]]:
        """The items of one phase in groups of ten."""
        items = self.of(phase)
        return [items[first : first + BOXES] for first in range(0, len(items), BOXES)]

    def remarks(self, kind: Kind) -> tuple[Remark, ...]:
        """The notes, or the lessons."""
        return tuple(note for note in self.notes if note.kind is kind)

    @property
    def done(self) -> int:
        """How many items are ticked."""
        return sum(item.is_done for item in self.items)

    @property
    def open_items(self) -> tuple[Item, ...]:
        """What is neither done nor waived."""
        return tuple(item for item in self.items if item.is_open)


@dataclass(frozen=True)
class Press:
    """A press on the boxes of one phase: the numbers that `who` was shown as ticked, and those selected since.

    Boxes come in groups of ten; `part` counts them.
    """

    who: str
    phase: Phase
    shown: frozenset[int]
    selected: frozenset[int]
    part: int = 0


def meant(checklist: Checklist, press: Press) -> tuple[list[int], list[int]]:
    """The items that a press ticks, and those that it unticks.

    It tells the whole phase as that screen has it, which may be older than what others did: only the difference to
    what the screen was given is meant. If all of that is so already, an earlier press was taken back.
    """
    items = next(iter(checklist.boxes(press.phase)[press.part : press.part + 1]), ())
    changed = press.selected ^ press.shown
    differing = [item for item in items if item.is_done != (item.number in press.selected)]
    news = [item for item in differing if item.number in changed]
    if not news:
        others = [item for item in items if item.number in changed and item.is_done and item.done_by != press.who]
        own = [item for item in differing if item.done_by in ("", press.who)]
        news = others or sorted(own, key=lambda item: item.done_at or checklist.started_at)[-1:]
    ticks = [item.number for item in news if item.number in press.selected]
    return ticks, [item.number for item in news if item.number not in press.selected]


@dataclass(frozen=True)
class Ticked:
    """What came of ticking or unticking items: the checklist, those that changed, and those that were so before."""

    checklist: Checklist
    changed: tuple[Item, ...]
    before: tuple[Item, ...]


def closed(checklist: Checklist, who: str, reason: str, numbers: Iterable[int], now: datetime) -> Checklist:
    """The checklist closed: of these items, those that are still open are waived for the reason."""
    listed = set(numbers)
    items = tuple(
        replace(item, waived_by=who, waived=reason, waived_at=now) if item.is_open and item.number in listed else item
        for item in checklist.items
    )
    return replace(
        checklist, items=items, closed_by=who, closed_at=now, closed_reason=reason, version=checklist.version + 1
    )


def reopened(checklist: Checklist) -> Checklist:
    """The checklist that the bot closed, open again; what was waived by that is open again too."""
    items = tuple(
        replace(item, waived_by="", waived="", waived_at=None)
        if item.waived_by == SYSTEM and item.waived == checklist.closed_reason
        else item
        for item in checklist.items
    )
    return replace(
        checklist, items=items, closed_by="", closed_at=None, closed_reason="", version=checklist.version + 1
    )


def named(items: Sequence[Item]) -> str:
    """`3. Verify the rollback plan, 5. Log deviations`."""
    return ", ".join(f"{item.number}. {item.text}" for item in items)
