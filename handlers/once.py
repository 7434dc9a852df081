"""One effect per event of Slack: MongoDB knows it for all bots, this process also while MongoDB is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from bot.errors import StoreAwayError

log = structlog.get_logger("handlers")

REMEMBERED = 3_600.0  # seconds; Slack's last retry comes after five minutes
MARK_EVERY = 1.0  # seconds between tries to tell MongoDB what was done without it


class Events(Protocol):
    """Which events were handled; survives a restart. Each method raises StoreAwayError when MongoDB is away."""

    async def begin(self, event_id: str) -> bool | None:
        """True: ours to handle. False: handled before. None: somebody is at it."""

    async def hold(self, event_id: str) -> None:
        """Keeps it ours for as long as this runs; it does not end by itself."""

    async def done(self, event_id: str) -> None:
        """It was handled."""

    async def undone(self, event_id: str) -> None:
        """It could not be handled; its retry counts as new."""


class Once:
    """Which events are under way and done. What this process did, it knows by itself, before it asks MongoDB."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._under_way: set[str] = set()
        self._done: dict[str, float] = {}  # when, by time.monotonic; the oldest first
        self._unmarked: dict[str, None] = {}
        self._marking: asyncio.Task[None] | None = None

    async def begin(self, event_id: str) -> bool | None:
        """True: ours to handle. False: handled before. None: somebody is at it, perhaps we ourselves."""
        self._forget_old_ones()
        if event_id in self._done:
            return False
        if event_id in self._under_way:
            return None
        self._under_way.add(event_id)
        turn: bool | None = None
        try:
            turn = await self._events.begin(event_id)
        except StoreAwayError:
            turn = True  # without MongoDB the memory of this process must do: a mention can still open an incident
        finally:
            if not turn:
                self._under_way.discard(event_id)
        return turn

    @asynccontextmanager
    async def working(self, event_id: str) -> AsyncIterator[None]:
        """While inside, no other bot takes the event up, however long it takes."""
        holding = asyncio.create_task(self._events.hold(event_id), name="event")
        try:
            yield
        finally:
            holding.cancel()
            await asyncio.wait({holding})
            if not holding.cancelled() and (error := holding.exception()):
                log.warning("event not held", event_id=event_id, exc_info=error)

    async def done(self, event_id: str) -> None:
        """It was handled: remembered here at once, and in MongoDB as soon as it is there."""
        self._done[event_id] = time.monotonic()
        self._under_way.discard(event_id)
        try:
            await self._events.done(event_id)
        except StoreAwayError:
            log.warning("event not marked", event_id=event_id)
            self._unmarked[event_id] = None
            if self._marking is None or self._marking.done():
                self._marking = asyncio.create_task(self._mark(), name="events to mark")

    async def undone(self, event_id: str) -> None:
        """It could not be handled: its retry is new."""
        self._under_way.discard(event_id)
        try:
            await self._events.undone(event_id)
        except StoreAwayError:
            log.warning("event not given back", event_id=event_id)

    async def close(self) -> None:
        """Ends what runs in the background."""
        if self._marking is not None:
            self._marking.cancel()
            await asyncio.wait({self._marking})

    async def _mark(self) -> None:
        while self._unmarked:
            event_id = next(iter(self._unmarked))
            try:
                await self._events.done(event_id)
            except StoreAwayError:
                await asyncio.sleep(MARK_EVERY)
                self._forget_old_ones()
            else:
                self._unmarked.pop(event_id, None)

    def _forget_old_ones(self) -> None:
        since = time.monotonic() - REMEMBERED
        while self._done and next(iter(self._done.values())) < since:
            oldest = next(iter(self._done))
            del self._done[oldest]
            self._unmarked.pop(oldest, None)
