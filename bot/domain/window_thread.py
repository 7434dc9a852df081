"""Where a maintenance window is talked about while it is under way: the thread below its first announcement."""

from collections.abc import Callable
from typing import Protocol

from bot.domain.window import State, Window


class UnderWay(Protocol):
    """The windows that are under way. Raises StoreAwayError."""

    async def under_way(self) -> list[Window]:
        """Those that are under way, also after their planned end."""


class WindowThread:
    """Finds the thread of the window that is under way. `channel` is the ops channel's id, or empty."""

    def __init__(self, windows: UnderWay, channel: Callable[[], str]) -> None:
        self._windows = windows
        self._channel = channel

    async def thread_now(self) -> tuple[str, str] | None:
        """Channel and timestamp; None outside windows, and while the window has no message. Raises StoreAwayError."""
        for window in await self._windows.under_way():
            if window.state is State.UNDER_WAY and window.head and self._channel():
                return self._channel(), window.head
        return None
