"""Who did or tried what, from where, and what became of it: the record that nobody edits."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.clock import Clock
from bot.errors import StoreAwayError

SYSTEM = "ops-bot"  # the author of what the bot does by itself


class Outcome(StrEnum):
    """What became of the attempt."""

    DONE = "done"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class AuditEntry:
    """One act: `who` a Slack user id or `ops-bot`, `subject` the ID it was done to, `detail` in words.

    `via` is where it came from: command, button, form, shortcut, mention, message, reaction, http or clock.
    """

    at: datetime
    who: str
    act: str
    subject: str
    outcome: Outcome
    detail: str
    trace_id: str = ""
    via: str = ""


@dataclass(frozen=True)
class Verified:
    """What the chain of hashes says: `count` entries were read, the newest of `total`; `broken` names the first break.

    `waiting` entries are not in MongoDB yet. `older` ones are of versions of the bot that did not chain them.
    """

    count: int
    total: int
    broken: str = ""
    waiting: int = 0
    older: int = 0


class Trail(Protocol):
    """Where entries are kept, each with the hash of the one before it."""

    @property
    def waiting(self) -> int:
        """How many entries are not in MongoDB yet."""

    async def add(self, entry: AuditEntry) -> None:
        """Keeps the entry behind all others. Raises StoreAwayError; then it waits, and is kept later."""

    async def newest(self, count: int) -> list[AuditEntry]:
        """The `count` newest entries, newest first. Raises StoreAwayError."""

    async def verified(self) -> Verified:
        """Whether any was changed, removed or put in. Raises StoreAwayError."""

    async def flush(self) -> None:
        """Keeps what waits. Raises StoreAwayError."""


class AuditLog(Protocol):
    """Where entries are also written as they happen, for the log collectors; knows under what they happen."""

    def __call__(self, entry: AuditEntry) -> AuditEntry:
        """Writes the entry as a log line and returns it with its trace id and where it came from."""


class AuditDesk:
    """Writes each act to the log at once and to the trail; the log has it even when MongoDB is away."""

    def __init__(self, trail: Trail, log: AuditLog, clock: Clock) -> None:
        self._trail = trail
        self._log = log
        self._clock = clock

    async def wrote(self, who: str, act: str, subject: str, outcome: Outcome = Outcome.DONE, detail: str = "") -> None:
        """Enters one act. An absent MongoDB does not undo the act: the log line stays, and the entry waits."""
        entry = self._log(AuditEntry(self._clock(), who, act, subject, outcome, detail))
        with suppress(StoreAwayError):
            await self._trail.add(entry)

    async def newest(self, count: int) -> list[AuditEntry]:
        """The newest entries, newest first. Raises StoreAwayError."""
        return await self._trail.newest(count)

    async def verified(self) -> Verified:
        """Whether the trail is whole. Raises StoreAwayError."""
        return await self._trail.verified()

    async def tick(self) -> None:
        """Keeps what waited for MongoDB. Raises StoreAwayError."""
        await self._trail.flush()

    async def close(self) -> None:
        """Keeps what waits, or tells the log that it alone has it."""
        with suppress(StoreAwayError):
            await self._trail.flush()
        if count := self._trail.waiting:
            told = f"MongoDB is away and the bot stops: {count} entries are in the log only"
            self._log(AuditEntry(self._clock(), SYSTEM, "audit", "audit", Outcome.SKIPPED, told))
