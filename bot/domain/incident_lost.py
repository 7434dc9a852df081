"""Looks in the channel for incidents that people name and MongoDB does not have: what it lost is put back.

So seldom that nobody wears Slack out by asking: a name in vain once in `IN_VAIN`, the channel once in `READ_EVERY`, and
the root of a thread that is no card once for good.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.domain.clock import Clock
from bot.domain.incident import Incident
from bot.domain.incident_ports import IncidentBoard
from bot.domain.read_back import UnreadableError
from bot.errors import StoreAwayError, UserError

READ_EVERY = timedelta(seconds=10)
IN_VAIN = timedelta(minutes=5)
PATIENCE = 8.0  # seconds that a person waits for the channel to be read
KEPT = 5_000


class LostIncidents:
    """`keep` puts one back as its card tells it; `catch_up` all whose cards are in the channel."""

    def __init__(
        self,
        board: IncidentBoard,
        keep: Callable[[Incident], Awaitable[object]],
        catch_up: Callable[[], Awaitable[object]],
        clock: Clock,
    ) -> None:
        self._board = board
        self._keep = keep
        self._catch_up = catch_up
        self._clock = clock
        self._reading, self._asking = asyncio.Lock(), asyncio.Lock()
        self._read_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._in_vain: dict[str, datetime] = {}
        self._no_cards: set[tuple[str, str]] = set()

    async def look_for(self, wanted: str) -> bool:
        """Reads the channel for an ID or the end of one; whether it is worth asking MongoDB again.

        Raises StoreAwayError.
        """
        async with self._reading:
            now = self._clock()
            self._in_vain = {name: at for name, at in self._in_vain.items() if now - at < IN_VAIN}
            if wanted in self._in_vain:
                return False
            if self._read_at is None or now - self._read_at >= READ_EVERY:
                self._read_at = now
                if await self._done(self._catch_up()):
                    self._in_vain[wanted] = now
            return True

    async def look_at(self, channel: str, ts: str) -> bool:
        """Looks whether this message is the card of one; whether it is. Raises StoreAwayError."""
        async with self._asking:
            now = self._clock()
            is_pausing = self._failed_at is not None and now - self._failed_at < READ_EVERY
            if is_pausing or (channel, ts) in self._no_cards:
                return False
            try:
                async with asyncio.timeout(PATIENCE):
                    incident = await self._board.card_at(channel, ts)
            except (UnreadableError, TimeoutError):
                self._failed_at = self._clock()  # those who wait behind this one must not wait as long, one by one
                return False
            if incident is None:
                if len(self._no_cards) >= KEPT:
                    self._no_cards.clear()
                self._no_cards.add((channel, ts))
                return False
            await self._done(self._keep(incident))
            return True

    async def _done(self, work: Awaitable[object]) -> bool:
        """Whether it went well; what was kept and not told is told later."""
        try:
            async with asyncio.timeout(PATIENCE):
                await work
        except StoreAwayError:
            raise
        except (UserError, UnreadableError, TimeoutError):
            return False
        return True
