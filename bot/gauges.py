"""What only MongoDB knows of the bot itself, counted now and then for /metrics and /readyz."""

from collections.abc import Mapping
from typing import Protocol

from bot.domain.incident import Severity
from bot.domain.outbox import Depth


class Waiting(Protocol):
    """The outbox, as far as it is measured."""

    async def depth(self) -> Depth:
        """How much waits. Raises StoreAwayError."""


class Groups(Protocol):
    """The groups of alerts, as far as they are measured."""

    async def counts(self) -> Mapping[Severity, int]:
        """How many fire. Raises StoreAwayError."""


class Dials(Protocol):
    """Where the numbers are shown."""

    def outbox(self, depth: int, oldest_seconds: float, parked: int) -> None:
        """How much waits to be delivered, and since when; how much Slack refused."""

    def groups_firing(self, counts: Mapping[Severity, int]) -> None:
        """How many groups of alerts fire."""


class Gauges:
    """Counts, and shows the numbers."""

    def __init__(self, waiting: Waiting, groups: Groups, dials: Dials) -> None:
        self._waiting = waiting
        self._groups = groups
        self._dials = dials

    async def tick(self) -> None:
        """Counts once. Raises StoreAwayError."""
        depth = await self._waiting.depth()
        self._dials.outbox(depth.waiting, depth.oldest_seconds, depth.parked)
        self._dials.groups_firing(await self._groups.counts())
