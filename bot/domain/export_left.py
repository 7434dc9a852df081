"""Tells people whose files a bot was making when it died. Whether they are there is not known: none is shared again.

underway ──done──▶ shared        underway ──nobody finishes it──▶ told, forgotten
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError

EVERY = timedelta(minutes=1)  # so seldom it is looked for such files
RUNBOOK = "runbook"  # what keys of the runbook's log begin with


@dataclass(frozen=True)
class Left:
    """Files that were asked for by `who` and that nobody makes any more; `key` and `token` are their claim's."""

    key: str
    token: str
    who: str

    @property
    def subject(self) -> str:
        """The ID of the incident or window that they are of, or `RUNBOOK`."""
        return self.key.partition("/")[0]


class Claims(Protocol):
    """Where claims are kept. Both methods raise StoreAwayError."""

    async def left_behind(self) -> list[Left]:
        """Those that no living bot works on, as it has been so long."""

    async def forget(self, left: Left) -> None:
        """The person knows."""


class Voice(Protocol):
    """Speaks to people directly."""

    async def cut_off(self, left: Left) -> None:
        """Says that the files may be missing, once. Raises UndeliveredError, StoreAwayError."""


class ExportsLeft:
    """Looks for them now and then."""

    def __init__(self, claims: Claims, voice: Voice, clock: Clock) -> None:
        self._claims = claims
        self._voice = voice
        self._clock = clock
        self._looked_at: datetime | None = None

    async def tick(self) -> None:
        """Tells of all that were left behind. Raises StoreAwayError."""
        now = self._clock()
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < EVERY:
            return
        for left in await self._claims.left_behind():
            with suppress(UndeliveredError):  # it is tried again
                await self._voice.cut_off(left)
                await self._claims.forget(left)
        self._looked_at = now
