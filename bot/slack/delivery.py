"""Delivers one letter: posts it once, or finds it, or edits its message; says why when it cannot.

record ──▶ chat.postMessage ──ok──▶ confirm
                │
                ├─ 429 ─▶ wait as asked ─▶ again           nothing was posted
                ├─ refused connection ─▶ again             nothing was posted
                └─ timeout, reset, 5xx, our own death ─▶ look for the key in the channel
                                                            found ─▶ confirm     not found ─▶ again
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

import structlog

from bot.domain.clock import Clock
from bot.domain.outbox import Letter, Letters, State
from bot.errors import StoreAwayError
from bot.slack.api import Api, DeclinedError, NotSentError, RateLimitedError, SlackError, UnknownError

log = structlog.get_logger("outbox")

CLOCKS_APART = timedelta(hours=2)  # how far our clock and Slack's may differ for a message still to be found
LONGEST_REST = 30.0  # seconds between tries, however often they failed


class LostError(Exception):
    """Somebody else has the letter, or it is shown already."""


class StaleError(Exception):
    """What the letter says stopped being right before Slack took it, so it is not posted."""


class StuckError(Exception):
    """Slack gave no answer to this letter, again and again; others may get one."""


class Records(Letters, Protocol):
    """The letters' store, which also takes in what was posted without a record."""

    async def record(self, letter: Letter, ts: str) -> None:
        """Keeps a posted letter, of which Slack shows the revision `shown`.

        One that is known only learns where it was posted, if nobody knew yet, and what is newer in this one.
        """


@dataclass(frozen=True)
class Pace:
    """How long things take. The lease outlasts a request and what Slack may still do with it afterwards."""

    lease: timedelta = timedelta(seconds=30)
    settle: float = 2.0  # seconds between an ambiguous answer and the look in the channel
    backoff: float = 1.0  # seconds before the second try; doubles from there
    patience: int = 4  # tries without an answer before other letters of the channel have their turn
    rest: timedelta = timedelta(minutes=1)  # how long a letter that Slack refused rests before it is tried again


@dataclass
class Job:
    """One turn of a lane. `letter` is there while this bot holds its claim, last renewed at `since` (monotonic)."""

    letter_id: str
    letter: Letter | None = None
    since: float = field(default_factory=time.monotonic)  # a new letter is claimed by the write that records it
    recorded: bool = True
    in_doubt: bool = False
    even_unrecorded: bool = False
    is_anybodys: bool = False  # any bot may post it without a record, so two may at one moment
    is_kept: bool = True  # in MongoDB, whatever became of it since
    tries: int = 0  # that ended without an answer of Slack's
    limit: int = 0  # so many tries, and others have their turn
    unsent: int = 0  # tries without a connection

    def let_go_of_edit(self) -> None:
        """Has the next turn of an edit claim its letter anew: somebody may want, or show, something newer by then."""
        if self.letter is not None and self.letter.ts:
            self.letter = None


class Delivery:
    """Takes one letter to Slack; `told` is called with its ID and timestamp as soon as it is there."""

    def __init__(self, records: Records, api: Api, owner: str, pace: Pace, clock: Clock) -> None:
        self.records = records
        self.owner = owner
        self.pace = pace
        self.told: Callable[[str, str], None] = lambda _letter_id, _ts: None
        self.taken_over: Callable[[str], None] = lambda _what: None
        self._api = api
        self._clock = clock
        self._unconfirmed: dict[str, tuple[Letter, str, bool]] = {}

    async def deliver(self, job: Job, patience: int) -> None:
        """Has Slack show the letter. Raises LostError, StaleError, StuckError, DeclinedError, StoreAwayError.

        StuckError comes after so many tries without an answer as `patience` says; the job knows how to go on.
        """
        if job.letter is None:
            job.since = time.monotonic()
            job.letter = await self.records.claim(job.letter_id, self.owner)
            if job.letter is None:
                raise LostError
            job.in_doubt = job.letter.state is State.POSTING
            if job.in_doubt:
                self.taken_over("letter")
        elif job.recorded and self._is_old(job) and not job.letter.ts:
            await self._mark(job, job.letter, posting=True)
        job.limit = job.tries + patience
        if job.letter.ts:
            await self._update(job, job.letter)
        else:
            await self._post(job, job.letter)

    async def confirm_late(self) -> None:
        """Records what was posted while MongoDB was away. Raises StoreAwayError."""
        for letter_id, (letter, ts, recorded) in list(self._unconfirmed.items()):
            if not recorded:
                await self.records.record(letter, ts)
            else:
                await self.records.posted(letter, ts, letter.content.revision)
            del self._unconfirmed[letter_id]

    async def _post(self, job: Job, letter: Letter) -> None:
        is_marked = letter.state is State.POSTING and not job.in_doubt
        by_us = not job.in_doubt  # what is found then shows the letter's content as it is
        while True:
            if job.in_doubt:
                found = await self._look(job, letter)
                job.in_doubt = False
                if found is not None:
                    await (self._confirm(job, letter, found) if by_us else self._found(job, letter, found))
                    return
            if letter.good_until is not None and self._clock() >= letter.good_until:
                raise StaleError
            if not is_marked:
                await self._mark(job, letter, posting=True)
            is_marked = False
            if job.in_doubt:
                continue  # MongoDB went, and somebody else may have the letter by now
            ts = await self._try(job, letter)
            if ts is not None:
                await self._confirm(job, letter, ts)
                return

    async def _try(self, job: Job, letter: Letter) -> str | None:
        """Posts once; the timestamp if Slack says that it took it, else after the wait that is due."""
        try:
            return await self._api.post(letter)
        except RateLimitedError as error:
            await self._rest(job, letter, error.retry_after)
        except NotSentError:
            job.unsent += 1
            await self._rest(job, letter, self._backoff(job.unsent))
        except UnknownError as error:
            log.warning("letter in doubt", letter=letter.id, cause=str(error))
            job.in_doubt = True
            await asyncio.sleep(max(self.pace.settle, self._backoff(job.tries + 1)))
            self._tried(job, error)
        return None

    async def _found(self, job: Job, letter: Letter, ts: str) -> None:
        # It shows what was wanted when it was posted, which may be older than what is wanted now.
        self.told(letter.id, ts)
        if not job.recorded:
            await self._record(letter, ts)
            return
        await self.records.posted(letter, ts, revision=0)
        job.letter = replace(letter, ts=ts)
        await self._update(job, job.letter)

    async def _update(self, job: Job, letter: Letter) -> None:
        while True:
            try:
                await self._api.update(letter)
                break
            except RateLimitedError as error:
                await self._rest(job, letter, error.retry_after)
            except NotSentError:
                job.unsent += 1
                await self._rest(job, letter, self._backoff(job.unsent))
            except UnknownError as error:  # an update may be made twice
                await self._rest(job, letter, self._backoff(job.tries + 1))
                self._tried(job, error)
        await self.records.posted(letter, letter.ts or "", letter.content.revision)

    async def _look(self, job: Job, letter: Letter) -> str | None:
        """The message of ours that carries the letter's key, if there is one; of several the oldest stays."""
        since = (letter.created_at - CLOCKS_APART).timestamp()
        while True:
            try:
                found = await self._api.find(letter, since)
                for surplus in found[1:]:
                    log.warning("double removed", letter=letter.id, ts=surplus)
                    await self._api.delete(letter.channel, surplus)
                return found[0] if found else None
            except DeclinedError:
                raise
            except SlackError as error:
                await asyncio.sleep(self._backoff(job.tries + 1))
                self._tried(job, error)

    def _tried(self, job: Job, error: SlackError) -> None:
        job.tries += 1
        if job.tries >= job.limit:
            raise StuckError from error

    async def _record(self, letter: Letter, ts: str) -> None:
        try:
            await self.records.record(letter, ts)
        except StoreAwayError:
            self._unconfirmed[letter.id] = (letter, ts, False)

    async def _oldest(self, job: Job, letter: Letter, ts: str) -> str:
        """The message that stays of those which several bots may have posted at one moment, without a record."""
        await asyncio.sleep(self.pace.settle)
        try:
            return await self._look(job, letter) or ts
        except (StuckError, DeclinedError):
            return ts  # Slack does not say; the message is there

    async def _confirm(self, job: Job, letter: Letter, ts: str) -> None:
        if not job.recorded:
            first = await self._oldest(job, letter, ts) if job.is_anybodys else ts
            self.told(letter.id, first)
            shown = letter.content.revision if first == ts else 0
            await self._record(replace(letter, shown=shown), first)
            return
        self.told(letter.id, ts)
        try:
            if not await self.records.posted(letter, ts, letter.content.revision):
                # The lease ran out while we posted: whoever took over may have posted as well.
                await asyncio.sleep(self.pace.settle)
                await self._look(job, letter)
        except StoreAwayError:
            self._unconfirmed[letter.id] = (letter, ts, job.recorded)

    async def _mark(self, job: Job, letter: Letter, *, posting: bool) -> None:
        """Records what comes next, and renews the claim. Raises LostError when somebody else has it."""
        if not job.recorded:
            return
        now = time.monotonic()
        try:
            if not posting:
                await self.records.waiting(letter)
            elif not await self.records.posting(letter):
                raise LostError
        except StoreAwayError:
            if not job.even_unrecorded:
                raise
            # It goes out without MongoDB; once the claim may have run out, not without a look.
            job.recorded = False
            job.in_doubt = time.monotonic() - job.since > self.pace.lease.total_seconds() / 2
        else:
            job.since = now

    async def _rest(self, job: Job, letter: Letter, seconds: float) -> None:
        """Waits, with nothing posted, and renews the claim so that nobody takes over meanwhile."""
        end = time.monotonic() + seconds
        while True:
            await self._mark(job, letter, posting=False)
            left = end - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, self.pace.lease.total_seconds() / 3))

    def _is_old(self, job: Job) -> bool:
        return time.monotonic() - job.since > self.pace.lease.total_seconds() / 3

    def _backoff(self, tries: int) -> float:
        return min(LONGEST_REST, self.pace.backoff * 2.0 ** min(tries - 1, 10))
