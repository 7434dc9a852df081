"""Where a maintenance window is talked about while it is under way: the thread below its first announcement."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from bot.domain.announcement_desk import Head
from bot.domain.clock import Clock
from bot.domain.rule import WindowRule
from bot.domain.window import Phase, Window, current_or_next


class Heads(Protocol):
    """The windows' first messages. Each method raises StoreAwayError."""

    async def head(self, window_id: str) -> Head | None:
        """The window's head, once there is one."""

    async def emergencies(self, after: datetime) -> list[Window]:
        """The emergencies that end after that moment, in order."""


class WindowThread:
    """Finds the thread of the window that is under way. `channel` is the ops channel's id, or empty."""

    def __init__(self, rule: WindowRule, heads: Heads, channel: Callable[[], str], clock: Clock) -> None:
        self._rule = rule
        self._heads = heads
        self._channel = channel
        self._clock = clock

    async def thread_now(self) -> tuple[str, str] | None:
        """Channel and timestamp; None outside windows, and while the window has no message. Raises StoreAwayError."""
        now = self._clock()
        windows = [current_or_next(self._rule, now), *await self._heads.emergencies(now)]
        for window in windows:
            head = await self._heads.head(window.id) if window.phase(now) is Phase.UNDER_WAY else None
            if head is not None and self._channel():
                return self._channel(), head.ts
        return None
