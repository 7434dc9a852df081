"""Posts once: whatever must reach Slack is recorded, posted with its key as metadata, and confirmed with its timestamp.

    record ──▶ chat.postMessage ──ok──▶ confirm
                    │
                    ├─ 429 ─▶ wait as asked ─▶ again           nothing was posted
                    ├─ refused connection ─▶ again             nothing was posted
                    └─ timeout, reset, 5xx, our own death ─▶ look for the key in the channel
                                                                found ─▶ confirm     not found ─▶ again

One lane per channel keeps the order. A claim with a lease lets another bot take over what this one left.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.domain.outbox import Content, Depth, Letter, Letters, State
from bot.errors import StoreAwayError, UserError
from bot.slack.api import Api, DeclinedError, NotSentError, RateLimitedError, SlackError, UnknownError

log = structlog.get_logger("outbox")

CLOCKS_APART = timedelta(hours=2)  # how far our clock and Slack's may differ for a message still to be found
LONGEST_REST = 30.0  # seconds between tries, however often they failed

Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]


class UndeliveredError(UserError):
    """Slack refused a message for good."""


class Records(Letters, Protocol):
    """The letters' store, which also takes in what was posted without a record."""

    async def record(self, letter: Letter, ts: str) -> None:
        """Keeps a posted letter; one that is known only learns where it was posted, if nobody knew yet."""


@dataclass(frozen=True)
class Pace:
    """How long things take. The lease outlasts a request and what Slack may still do with it afterwards."""

    lease: timedelta = timedelta(seconds=30)
    settle: float = 2.0  # seconds between an ambiguous answer and the look in the channel
    backoff: float = 1.0  # seconds before the second try; doubles from there


@dataclass
class _Job:
    """One turn of a lane. `letter` is there when this bot just claimed it, at `since` on the monotonic clock."""

    letter_id: str
    letter: Letter | None = None
    since: float = 0.0
    recorded: bool = True
    in_doubt: bool = False


class Outbox:
    """Delivers letters. `owner` names this process in claims; `spawn` starts supervised background work."""

    def __init__(self, records: Records, api: Api, owner: str, spawn: Spawn, pace: Pace | None = None) -> None:
        self._records = records
        self._api = api
        self._owner = owner
        self._spawn = spawn
        self._pace = pace or Pace()
        self._lanes: dict[str, deque[_Job]] = {}
        self._waiters: dict[str, asyncio.Future[str]] = {}
        self._unconfirmed: dict[str, tuple[Letter, str, bool]] = {}

    async def post(self, letter: Letter, *, even_unrecorded: bool = False, in_doubt: bool = False) -> str:
        """Sends a letter and waits until Slack shows it; its timestamp. Raises as `send`, and UndeliveredError."""
        return await asyncio.shield(await self.send(letter, even_unrecorded=even_unrecorded, in_doubt=in_doubt))

    async def send(
        self, letter: Letter, *, even_unrecorded: bool = False, in_doubt: bool = False
    ) -> asyncio.Future[str]:
        """Records a letter and queues it, or finds that it was sent before; its timestamp, to come.

        Raises StoreAwayError when it cannot be recorded, unless it must go out `even_unrecorded`: then it is posted
        at once and recorded later. `in_doubt`: it may be in the channel without a record, so look first.
        """
        waiter = self._waiters.get(letter.id)
        if waiter is None:
            waiter = asyncio.get_running_loop().create_future()
            # An outcome that nobody awaits is no error of the loop's: it is logged where it happens.
            waiter.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._waiters[letter.id] = waiter
            try:
                await self._enter(letter, even_unrecorded=even_unrecorded, in_doubt=in_doubt)
            except StoreAwayError:
                self._waiters.pop(letter.id, None)
                waiter.cancel()
                raise
        return waiter

    async def _enter(self, letter: Letter, *, even_unrecorded: bool, in_doubt: bool) -> None:
        since = time.monotonic()
        try:
            added = await self._records.add(letter, self._owner)
        except StoreAwayError:
            if not even_unrecorded:
                raise
            self._queue(letter.channel, _Job(letter.id, letter, since, recorded=False))
            return
        if added is not None:
            self._queue(letter.channel, _Job(letter.id, added, since, in_doubt=in_doubt))
            return
        known = await self._records.find(letter.id)
        if known is not None and known.ts:
            self._tell(letter.id, known.ts)
        else:
            self._queue(letter.channel, _Job(letter.id))

    async def adopt(self, letter: Letter, ts: str) -> None:
        """Takes in a message found in the channel without a record. Raises StoreAwayError."""
        await self._records.record(letter, ts)

    async def edit(self, letter_id: str, content: Content, channel: str) -> None:
        """Has the message show a newer content, soon; an older one than it wants already changes nothing.

        Raises StoreAwayError.
        """
        if await self._records.want(letter_id, content):
            self._queue(channel, _Job(letter_id))

    async def repost(self, letter: Letter, gone_ts: str) -> str:
        """Posts anew a letter whose message at `gone_ts` was deleted; its new timestamp, whoever posted it."""
        await self._records.unpost(letter.id, gone_ts)
        return await self.post(letter)

    async def gone(self, event_type: str) -> list[str]:
        """The keys of letters that could not be edited since their messages are gone. Raises StoreAwayError."""
        return await self._records.gone(event_type)

    async def take_over(self) -> None:
        """Queues what nobody works on: left by a killed bot, an outage or a lost claim. Raises StoreAwayError."""
        await self._confirm_late()
        for letter in await self._records.unclaimed(100):
            if not any(job.letter_id == letter.id for job in self._lanes.get(letter.channel, ())):
                self._queue(letter.channel, _Job(letter.id))
        for letter_id in list(self._waiters):
            known = await self._records.find(letter_id)
            if known is not None and known.ts:
                self._tell(letter_id, known.ts)

    async def depth(self) -> Depth:
        """How much waits to be delivered. Raises StoreAwayError."""
        return await self._records.depth(datetime.now(UTC))

    def _queue(self, channel: str, job: _Job) -> None:
        lane = self._lanes.get(channel)
        if lane is None:
            lane = self._lanes[channel] = deque()
            lane.append(job)
            self._spawn(self._run(channel, lane), f"outbox {channel}")
        else:
            lane.append(job)

    async def _run(self, channel: str, lane: deque[_Job]) -> None:
        try:
            while lane:
                # The job stays at the head while it is worked on, so that nobody queues it again.
                try:
                    await self._deliver(lane[0])
                except StoreAwayError:
                    log.warning("letter waits for MongoDB", letter=lane[0].letter_id)
                lane.popleft()
        finally:
            del self._lanes[channel]

    async def _deliver(self, job: _Job) -> None:
        letter = job.letter
        in_doubt = job.in_doubt or letter is None
        if letter is None:
            letter = await self._records.claim(job.letter_id, self._owner)
            if letter is None:
                return  # shown by now, or another bot's: take_over sees to it
        elif job.recorded and self._is_old(job) and not await self._records.posting(letter):
            return  # it waited long in the lane, and somebody took it over
        try:
            if letter.ts:
                await self._update(letter)
            else:
                in_doubt = in_doubt and letter.state is State.POSTING
                await self._post(letter, recorded=job.recorded, in_doubt=in_doubt)
        except DeclinedError as error:
            await self._give_up(letter, error.code, recorded=job.recorded)

    def _is_old(self, job: _Job) -> bool:
        return time.monotonic() - job.since > self._pace.lease.total_seconds() / 3

    async def _post(self, letter: Letter, *, recorded: bool, in_doubt: bool) -> None:
        if in_doubt and (found := await self._look(letter)):
            # It shows what was wanted when it was posted, which may be older than what is wanted now.
            self._tell(letter.id, found)
            await self._records.posted(letter, found, revision=0)
            await self._update(replace(letter, ts=found))
            return
        ts: str | None = None
        marked = letter.state is State.POSTING and not in_doubt
        tries = 0
        while ts is None:
            if recorded and not marked and not await self._records.posting(letter):
                return  # the claim is lost: whoever has it posts
            tries += 1
            marked = False
            try:
                ts = await self._api.post(letter)
            except RateLimitedError as error:
                await self._rest(letter, error.retry_after, recorded=recorded)
            except NotSentError:
                await self._rest(letter, self._backoff(tries), recorded=recorded)
            except UnknownError as error:
                log.warning("letter in doubt", letter=letter.id, cause=str(error))
                await asyncio.sleep(max(self._pace.settle, self._backoff(tries)))
                ts = await self._look(letter)
        await self._confirm(letter, ts, recorded=recorded)

    async def _update(self, letter: Letter) -> None:
        for tries in itertools.count(1):
            try:
                await self._api.update(letter)
                break
            except RateLimitedError as error:
                await self._rest(letter, error.retry_after, recorded=True)
            except (NotSentError, UnknownError):  # an update may be made twice
                await self._rest(letter, self._backoff(tries), recorded=True)
        await self._records.posted(letter, letter.ts or "", letter.content.revision)

    async def _look(self, letter: Letter) -> str | None:
        """The message that carries the letter's key, if there is one; of several the oldest stays."""
        since = (letter.created_at - CLOCKS_APART).timestamp()
        for tries in itertools.count(1):
            try:
                found = await self._api.find(letter, since)
                for surplus in found[1:]:
                    log.warning("double removed", letter=letter.id, ts=surplus)
                    await self._api.delete(letter.channel, surplus)
                return found[0] if found else None
            except DeclinedError:
                raise
            except SlackError:
                await asyncio.sleep(self._backoff(tries))
        raise AssertionError  # itertools.count does not end

    async def _confirm(self, letter: Letter, ts: str, *, recorded: bool) -> None:
        self._tell(letter.id, ts)
        try:
            if not recorded:
                await self._records.record(letter, ts)
            elif not await self._records.posted(letter, ts, letter.content.revision):
                # The lease ran out while we posted: whoever took over may have posted as well.
                await asyncio.sleep(self._pace.settle)
                await self._look(letter)
        except StoreAwayError:
            self._unconfirmed[letter.id] = (letter, ts, recorded)

    async def _confirm_late(self) -> None:
        for letter_id, (letter, ts, recorded) in list(self._unconfirmed.items()):
            if not recorded:
                await self._records.record(letter, ts)
            else:
                await self._records.posted(letter, ts, letter.content.revision)
            del self._unconfirmed[letter_id]

    async def _give_up(self, letter: Letter, code: str, *, recorded: bool) -> None:
        log.error("letter parked", letter=letter.id, cause=code)
        waiter = self._waiters.pop(letter.id, None)
        if waiter is not None and not waiter.done():
            waiter.set_exception(
                UndeliveredError(
                    f"Slack does not take the message: {code}.", "The record is kept; tell whoever runs the bot."
                )
            )
        if recorded:
            await self._records.park(letter, code)

    def _tell(self, letter_id: str, ts: str) -> None:
        waiter = self._waiters.pop(letter_id, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(ts)

    def _backoff(self, tries: int) -> float:
        return min(LONGEST_REST, self._pace.backoff * 2.0 ** min(tries - 1, 10))

    async def _rest(self, letter: Letter, seconds: float, *, recorded: bool) -> None:
        """Waits, with nothing posted, and renews the claim so that nobody takes over meanwhile."""
        end = time.monotonic() + seconds
        while True:
            if recorded:
                await self._records.waiting(letter)
            left = end - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, self._pace.lease.total_seconds() / 3))
