"""What announcing needs from outside: claims and what became of them, the board, a meter."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.announcement import Announcement, Rung
from bot.domain.freeze import FreezeRung
from bot.domain.window import Window


@dataclass(frozen=True)
class Head:
    """The first message of a window: its timestamp, and the name of the rung it was posted for."""

    ts: str
    rung: str


@dataclass(frozen=True)
class Posted:
    """Where an announcement is, and the version of the window that it tells of."""

    channel: str
    ts: str
    version: int = 0


class Due(Protocol):
    """Something to be announced once: a rung of a window or of a freeze."""

    @property
    def subject(self) -> str:
        """The ID of what it is about."""

    @property
    def name(self) -> str:
        """The rung's name."""

    @property
    def key(self) -> str:
        """Subject and name, joined."""

    @property
    def due(self) -> datetime:
        """When it is to be announced."""


class Announcements(Protocol):
    """Where announcements are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def of(self, subject: str) -> dict[str, Announcement]:
        """What is known of the rungs of a window or freeze, by key."""

    async def claim(self, rung: Due) -> bool:
        """Whether it is ours to announce this rung: unique, for a while."""

    async def release(self, rung: Due, *, was_sought: bool = False) -> bool:
        """Takes our claim back, if nobody can have posted: nobody had claimed it before, or it `was_sought` in vain."""

    async def skip(self, rung: Due, reason: str, now: datetime) -> bool:
        """Settles a rung that is not announced; False if somebody settled it before."""

    async def refused(self, rung: Due, reason: str) -> bool:
        """Notes why a claimed rung cannot be announced now; False if that was noted before."""

    async def announced(self, rung: Due, posted: Posted, now: datetime) -> bool:
        """Settles a rung as announced, False if it was settled; the first of a window becomes its head."""

    async def head(self, window_id: str) -> Head | None:
        """The window's head, once there is one."""


class WindowBoard(Protocol):
    """Where windows are announced."""

    async def announce(self, rung: Rung, late: timedelta, head_ts: str | None, good_until: datetime) -> Posted:
        """Posts a rung, or finds it posted: the head of the thread, or a reply to it.

        Raises UndeliveredError when Slack refuses it, or has not taken it by `good_until`; in the past, that only
        looks for it.
        """

    async def refresh_held_up(self, rung: Rung, late: timedelta) -> None:
        """Has the reply that told of a start which is held up show who may approve now."""

    async def answered(self, window: Window, key: str, asked: datetime) -> None:
        """Has the reply that asked whether it has ended, as was planned for then, say what came of it."""

    async def refresh_head(self, head: Rung, late: timedelta, latest: Rung, step: int) -> None:
        """Has the head, told `late`, show where the window stands after `latest`; `step` grows with what is told."""

    async def announce_freeze(self, rung: FreezeRung, late: timedelta, good_until: datetime) -> Posted:
        """Posts that a freeze begins or ends. Raises UndeliveredError, as `announce`."""


class AnnouncementMeter(Protocol):
    """Counts announcements."""

    def announced(self, rung: str, outcome: str) -> None:
        """One rung was settled as `announced`, `late` or `skipped`, or could not be: `refused`."""
