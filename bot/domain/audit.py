"""Who did or tried what, and what became of it: the record that nobody edits."""

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
    """One act: `who` a Slack user id or `ops-bot`, `subject` the ID it was done to, `detail` in words."""

    at: datetime
    who: str
    act: str
    subject: str
    outcome: Outcome
    detail: str
    trace_id: str = ""


class AuditRecords(Protocol):
    """Where entries are kept."""

    async def add(self, entry: AuditEntry) -> None:
        """Keeps the entry; never changes another."""

    async def newest(self, count: int) -> list[AuditEntry]:
        """The `count` newest entries, newest first."""


class AuditLog(Protocol):
    """Where entries are also written as they happen, for the log collectors; gives the current trace id."""

    def __call__(self, entry: AuditEntry) -> str:
        """Writes the entry as a log line and returns the trace id it happened under."""


class AuditDesk:
    """Writes each act to the log at once and to the records; the log has it even when MongoDB is away."""

    def __init__(self, records: AuditRecords, log: AuditLog, clock: Clock) -> None:
        self._records = records
        self._log = log
        self._clock = clock

    async def wrote(self, who: str, act: str, subject: str, outcome: Outcome = Outcome.DONE, detail: str = "") -> None:
        """Enters one act. An absent MongoDB does not undo the act: the log line stays."""
        entry = AuditEntry(self._clock(), who, act, subject, outcome, detail)
        trace_id = self._log(entry)
        try:
            await self._records.add(AuditEntry(entry.at, who, act, subject, outcome, detail, trace_id))
        except StoreAwayError:
            return

    async def newest(self, count: int) -> list[AuditEntry]:
        """The newest entries, newest first. Raises StoreAwayError."""
        return await self._records.newest(count)
