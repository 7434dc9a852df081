"""What watching needs of the outside: records in MongoDB, the channel, windows, incidents, metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.health import Reading
from bot.domain.health_watch import Outage, Watch
from bot.domain.incident_news import News
from bot.domain.timeline import Kind


@dataclass(frozen=True)
class Round:
    """What all services answered at one moment."""

    at: datetime
    readings: tuple[Reading, ...]


class Records(Protocol):
    """Where it is kept. Each method raises StoreAwayError when MongoDB is away."""

    async def lead(self) -> Watch:
        """Takes or keeps the lead, for a while, and returns what is known; `is_ours` is False if another has it."""

    async def resign(self) -> None:
        """Lets another bot lead at once."""

    async def look(self) -> Watch:
        """What is known."""

    async def save(self, watch: Watch) -> bool:
        """Keeps it; False if another bot leads by now."""

    async def add(self, rounds: Sequence[Round]) -> None:
        """Keeps what was answered, for 30 days."""

    async def incidents(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The incidents that were opened from these outages."""


class OutageBoard(Protocol):
    """Where outages are told."""

    async def show(self, outage: Outage) -> bool:
        """Has the outage's one message say what it should; False as long as nobody knows where the channel is.

        Raises StoreAwayError if it cannot be edited now.
        """

    async def find(self, since: datetime) -> list[Outage] | None:
        """Those in the channel that are not over, as far as their messages tell; None if Slack does not say."""


class Windows(Protocol):
    """What is under way."""

    async def thread_now(self) -> tuple[str, str] | None:
        """Channel and timestamp of the thread of the maintenance window that is under way. Raises StoreAwayError."""


class Affected(Protocol):
    """The incidents that were opened from outages."""

    async def attach(self, incident_id: str, kind: Kind, key: str, at: datetime, text: str, url: str = "") -> bool:
        """Enters something from outside Slack; False if the key was entered before."""

    async def say(self, incident_id: str, news: News) -> bool:
        """Says it in the incident's thread, once; False if it cannot be said yet. Raises StoreAwayError."""


class Meter(Protocol):
    """What is measured."""

    def service_probed(self, service: str, state: str, seconds: float | None) -> None:
        """One service answered so, in so many seconds."""

    def claim_taken_over(self, what: str) -> None:
        """Another bot did not finish something, or is gone, and this one goes on with it."""


@dataclass(frozen=True)
class Ports:
    """What watching works with."""

    records: Records
    board: OutageBoard
    windows: Windows
    affected: Affected
    meter: Meter
