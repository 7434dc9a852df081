"""What windows need from outside: where they and their times are kept, where they are told of, who attends them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.presence import Able
from bot.domain.window import Act, Window


@dataclass(frozen=True)
class Booking:
    """A time that is taken: by which window, from when to when, since when. `is_new`: the window is only being made,

    so that its own name must be free as well: of two who make one of the same minute one gets it.
    """

    window_id: str
    start: datetime
    end: datetime
    at: datetime
    is_new: bool = False


class Windows(Protocol):
    """Where windows are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, window: Window) -> bool:
        """Keeps a new window; False if there is one with its ID."""

    async def get(self, window_id: str) -> Window | None:
        """The window with this ID."""

    async def succeed(self, window: Window) -> None:
        """Keeps what another one was moved to, unless it is kept already: a new window, or one that is restored."""

    async def save(self, window: Window, was: int) -> bool:
        """Keeps a step; False if the stored version is not `was` any more."""

    async def current(self, since: datetime) -> list[Window]:
        """Those that ended, or are planned to end, after `since`, are under way, or have something to be told."""

    async def begun_between(self, after: datetime, before: datetime) -> list[Window]:
        """Those that start in that time, in order."""

    async def headed(self, channel: str, ts: str) -> Window | None:
        """The window whose thread this is."""

    async def told(self, window_id: str, version: int) -> bool:
        """Settles that an act was told; False if somebody settled it before."""

    async def claim_owed(self, lease: timedelta) -> Window | None:
        """A window of which its attendants do not know something yet, for a while ours alone."""

    async def attended(self, window_id: str, version: int) -> None:
        """Its attendants know of everything up to this version; the claim ends."""


class Calendar(Protocol):
    """The times that are taken, in one document, so that of two who want the same time one gets it."""

    async def book(self, booking: Booking, besides: str = "") -> bool:
        """Takes a time, if no window but this one, and `besides`, has any of it; its earlier time is free then."""

    async def booked(self, start: datetime, end: datetime) -> list[Booking]:
        """Whose times have a moment in common with this."""

    async def release(self, booking: Booking) -> None:
        """Frees exactly this."""

    async def set_rule(self, rule: str) -> None:
        """Keeps what the weekly rule is: of bots with different settings the one that started last is right."""

    async def rule(self) -> str:
        """The weekly rule as it was last set."""


class NewsBoard(Protocol):
    """Where acts are told."""

    async def say(self, window: Window, act: Act, head_ts: str, people: Able) -> bool:
        """Tells an act in the window's thread, or below the message of its scope; whether Slack has it, or refused it.

        False also where there is neither thread nor scope yet. Said again, it is told once.
        `people` may do what comes next: approve the scope, except the window from a freeze.
        """

    async def refresh_scope(self, window: Window, approvers: Able) -> None:
        """Has the message of the scope show whether it is approved, and who may."""

    async def coordinate(self, window: Window, act: Act) -> str:
        """Tells an exception in the coordination thread, if there is one; why that was not possible, if it was not."""


class Attendant(Protocol):
    """Does something of its own when a window begins and ends: compares health, silences alerts, sums up.

    Each is called at least once for every act, again after a kill or an error, and so must do things once by itself.
    """

    async def began(self, window: Window) -> None:
        """It is under way: after its actual start, again after each extension, and when its scope is approved or
        rejected then."""

    async def ended(self, window: Window) -> None:
        """It is over: after its actual end."""
