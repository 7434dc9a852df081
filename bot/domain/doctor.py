"""Is the bot set up well: all checks side by side, each line OK, WARN or FAIL with the one sentence that mends it.

OK    as it should be.
WARN  the bot does its work, but something around it does not, or not for long.
FAIL  something that the bot is there for does not work until it is mended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.together import Together

DEADLINE = 8.0  # seconds for each check


class Verdict(StrEnum):
    """What a line says in a word."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: `found` is a phrase of ours, `remedy` a sentence (empty for what is OK)."""

    topic: str
    verdict: Verdict
    found: str
    remedy: str = ""


def fine(topic: str, found: str) -> Line:
    """As it should be."""
    return Line(topic, Verdict.OK, found)


def warn(topic: str, found: str, remedy: str) -> Line:
    """To be mended, while the bot works."""
    return Line(topic, Verdict.WARN, found, remedy)


def fail(topic: str, found: str, remedy: str) -> Line:
    """To be mended before the bot works."""
    return Line(topic, Verdict.FAIL, found, remedy)


@dataclass(frozen=True)
class Diagnosis:
    """All lines, in the order of the checks."""

    at: datetime
    lines: tuple[Line, ...]

    def of(self, verdict: Verdict) -> tuple[Line, ...]:
        """The lines with this verdict."""
        return tuple(line for line in self.lines if line.verdict is verdict)

    @property
    def worst(self) -> Verdict:
        """FAIL if there is one, else WARN if there is one, else OK."""
        return next((verdict for verdict in (Verdict.FAIL, Verdict.WARN) if self.of(verdict)), Verdict.OK)


@dataclass(frozen=True)
class Check:
    """Looks at one thing; `topic` is what it is called when it gives no answer."""

    topic: str
    look: Callable[[], Awaitable[Sequence[Line]]]


class AuditChain(Protocol):
    """Whether the audit trail is whole: the place for whatever proves that nobody changed or removed an entry."""

    async def line(self) -> Line:
        """What it finds, as a line of the doctor's."""


class DoctorDesk:
    """Makes the checks. `masked` takes secrets out of a text: the last door before anything is shown."""

    def __init__(
        self, checks: Sequence[Check], masked: Callable[[str], str], clock: Clock, deadline: float = DEADLINE
    ) -> None:
        self._checks = tuple(checks)
        self._masked = masked
        self._clock = clock
        self._deadline = deadline
        self._together = Together(deadline)

    async def examine(self) -> Diagnosis:
        """Makes all checks at once: as long as the slowest, and never much longer than the deadline. Never raises."""
        tasks = await self._together.ask(map(self._look, self._checks))
        lines = [line for check, task in zip(self._checks, tasks, strict=True) for line in self._outcome(check, task)]
        return Diagnosis(self._clock(), tuple(replace(line, found=self._masked(line.found)) for line in lines))

    async def _look(self, check: Check) -> Sequence[Line]:
        try:
            async with asyncio.timeout(self._deadline):
                return await check.look()
        except TimeoutError:
            return [self._no_answer(check)]

    def _outcome(self, check: Check, task: asyncio.Task[Sequence[Line]]) -> Sequence[Line]:
        """What became of one check; one that raised is our own mistake, and its message may hold anything."""
        if not task.done():
            return [self._no_answer(check)]
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return task.result()
        what = f"the check itself failed ({type(error).__name__})"
        return [fail(check.topic, what, "Tell whoever develops the bot; the other lines stand.")]

    def _no_answer(self, check: Check) -> Line:
        return fail(check.topic, f"no answer within {self._deadline:g} s", "Mend the way there, and ask again.")
