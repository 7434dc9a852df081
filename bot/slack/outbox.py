"""Posts once: whatever must reach Slack is recorded, posted with its key as metadata, and confirmed with its timestamp.

One lane per channel keeps the order. A lease lets another bot take over. A single letter: bot/slack/delivery.py.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

import structlog

from bot.domain.outbox import STALE, Content, Depth, Letter, State, UndeliveredError
from bot.errors import StoreAwayError, UserError
from bot.slack.api import DeclinedError
from bot.slack.delivery import Delivery, Job, LostError, StaleError, StuckError
from bot.slack.refusals import HEALABLE, failed, undelivered

log = structlog.get_logger("outbox")

AT_ONCE = 100  # letters taken over in one go

Spawn = Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]]


class _Turn(Enum):
    """How a job's turn ended."""

    FAILED = auto()
    DONE = auto()
    STUCK = auto()
    HELD = auto()


@dataclass
class _Lane:
    """The letters of one channel, in order; those that Slack did not answer to are `stuck` until others had a turn."""

    jobs: list[Job] = field(default_factory=list)
    stuck: list[Job] = field(default_factory=list)
    current: Job | None = None
    runs: bool = False

    def following(self, held: list[Job]) -> Job | None:
        """Whose turn it is. While jobs are held, MongoDB is away: only what goes out without it has its turn."""
        able = [job for job in self.jobs if job not in held and (not held or job.even_unrecorded)]
        return next((job for job in able if job not in self.stuck), able[0] if able else None)

    def has(self, letter_id: str) -> bool:
        """Whether this letter is in the lane."""
        return any(job.letter_id == letter_id for job in self.jobs)


class Outbox:
    """Delivers letters. `spawn` starts supervised background work."""

    def __init__(self, delivery: Delivery, spawn: Spawn) -> None:
        self._delivery = delivery
        self._records = delivery.records
        self._owner = delivery.owner
        self._pace = delivery.pace
        self._spawn = spawn
        self._lanes: dict[str, _Lane] = {}
        self._waiters: dict[str, asyncio.Future[str]] = {}
        delivery.told = self._tell

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
            failure: UserError = failed()
            try:
                await self._enter(letter, even_unrecorded=even_unrecorded, in_doubt=in_doubt)
                failure = UndeliveredError("", "")
            except StoreAwayError as error:
                failure = error
                raise
            finally:
                # Whatever went wrong, nobody else may wait for it.
                if str(failure):
                    self._fail(letter.id, failure)
        return waiter

    async def _enter(self, letter: Letter, *, even_unrecorded: bool, in_doubt: bool) -> None:
        job = Job(letter.id, letter, in_doubt=in_doubt, even_unrecorded=even_unrecorded)
        job.is_anybodys = in_doubt and even_unrecorded
        try:
            added = await self._records.add(letter, self._owner)
        except StoreAwayError:
            if not even_unrecorded:
                raise
            job.recorded = job.is_kept = False
            self._queue(letter.channel, job)
            return
        if added is not None:
            job.letter = added
            self._queue(letter.channel, job, self._front(letter.channel) if even_unrecorded else None)
            return
        known = await self._records.find(letter.id)
        if known is not None and known.ts:
            self._tell(letter.id, known.ts)
        elif known is not None and known.state in (State.PARKED, State.DROPPED):
            await self._again(job, letter, known)
        else:
            job.letter = None
            self._queue(letter.channel, job)

    async def _again(self, job: Job, letter: Letter, known: Letter) -> None:
        """Tries a letter once more that was given up, unless that cannot help or was tried a moment ago."""
        renewed = None
        if known.state is State.DROPPED:
            renewed = await self._records.renew(letter, known, self._owner, timedelta(0))
        elif known.reason in HEALABLE:
            renewed = await self._records.renew(letter, known, self._owner, self._pace.rest)
        if renewed is None:
            self._fail(letter.id, undelivered(known.reason, is_kept=True))
        else:
            job.letter, job.in_doubt = renewed, True
            self._queue(letter.channel, job)

    async def adopt(self, letter: Letter, ts: str) -> None:
        """Takes in a message found in the channel without a record. Raises StoreAwayError."""
        await self._records.record(letter, ts)

    async def edit(self, letter_id: str, content: Content, channel: str, at: str = "") -> bool:
        """Has the message (the one `at` this timestamp alone) show a newer content, soon; whether it was to.

        An older one than it wants already changes nothing. Raises StoreAwayError.
        """
        if is_newer := await self._records.want(letter_id, content, at):
            self._queue(channel, Job(letter_id))
        return is_newer

    async def repost(self, letter: Letter, gone_ts: str) -> str:
        """Posts anew a letter whose message at `gone_ts` was deleted; its new timestamp, whoever posted it."""
        await self._records.unpost(letter.id, gone_ts)
        ts = await self.post(letter)
        await self._records.rethread(letter.channel, gone_ts, ts)
        return ts

    async def find(self, letter_id: str) -> Letter | None:
        """The letter with this ID, as it is recorded. Raises StoreAwayError."""
        return await self._records.find(letter_id)

    async def gone(self, event_type: str) -> list[str]:
        """The keys of letters that could not be edited since their messages are gone. Raises StoreAwayError."""
        return await self._records.gone(event_type)

    async def take_over(self) -> None:
        """Queues what nobody works on: left by a killed bot, an outage or a lost claim. Raises StoreAwayError."""
        await self._delivery.confirm_late()
        for channel, lane in list(self._lanes.items()):
            self._start(channel, lane)
        await self._records.reopen(HEALABLE, self._pace.rest)
        seen: set[str] = set()
        while letters := await self._records.unclaimed(AT_ONCE, seen):
            for letter in letters:
                self._queue_by_age(letter)
            # One channel with a long queue must not keep the letters of others from being seen.
            seen.update(letter.channel for letter in letters)
        for letter_id in list(self._waiters):
            known = await self._records.find(letter_id)
            if known is not None and known.ts:
                self._tell(letter_id, known.ts)
            elif known is not None and known.state in (State.PARKED, State.DROPPED) and not self._has(known):
                self._fail(letter_id, undelivered(known.reason, is_kept=True))

    async def depth(self) -> Depth:
        """How much waits to be delivered. Raises StoreAwayError."""
        return await self._records.depth(datetime.now(UTC))

    # Lanes

    def _has(self, letter: Letter) -> bool:
        lane = self._lanes.get(letter.channel)
        return lane is not None and lane.has(letter.id)

    def _queue(self, channel: str, job: Job, place: int | None = None) -> None:
        lane = self._lanes.setdefault(channel, _Lane())
        lane.jobs.insert(len(lane.jobs) if place is None else place, job)
        self._start(channel, lane)

    def _front(self, channel: str) -> int | None:
        """The place before all that can wait: an incident's card must not stand in line behind a hundred alerts."""
        lane = self._lanes.get(channel, _Lane())
        can_wait = (place for place, job in enumerate(lane.jobs) if job is not lane.current and not job.even_unrecorded)
        return next(can_wait, None)

    def _queue_by_age(self, letter: Letter) -> None:
        """Puts a letter that nobody works on before the younger ones that wait."""
        if self._has(letter):
            return
        waiting = self._lanes.get(letter.channel, _Lane())
        younger = (
            place
            for place, job in enumerate(waiting.jobs)
            if job is not waiting.current and job.letter is not None and job.letter.created_at > letter.created_at
        )
        self._queue(letter.channel, Job(letter.id), next(younger, None))

    def _start(self, channel: str, lane: _Lane) -> None:
        if not lane.runs:
            lane.runs = True
            self._spawn(self._run(channel, lane), f"outbox {channel}")

    async def _run(self, channel: str, lane: _Lane) -> None:
        held: list[Job] = []
        turns: dict[int, _Turn] = {}
        try:
            while (job := lane.following(held)) is not None:
                # The job stays in the lane while it is worked on, so that nobody queues it again.
                lane.current = job
                patience = 1 if lane.stuck else self._pace.patience
                turns[id(job)] = _Turn.FAILED
                # A step of its own under the supervisor: what fails in an unforeseen way fails alone, and is logged.
                await self._spawn(self._turn(job, patience, turns), f"outbox {job.letter_id}")
                match turns.pop(id(job)):
                    case _Turn.HELD:
                        held.append(job)
                    case _Turn.STUCK if lane.stuck and job not in lane.stuck:
                        lane.stuck.clear()  # Slack answers to no letter at all: the order stands
                    case _Turn.STUCK:
                        lane.stuck = [*(one for one in lane.stuck if one is not job), job]
                    case _:
                        lane.jobs.remove(job)
                        lane.stuck = [one for one in lane.stuck if one is not job]
        finally:
            lane.current, lane.runs = None, False
            if not lane.jobs:
                del self._lanes[channel]

    async def _turn(self, job: Job, patience: int, turns: dict[int, _Turn]) -> None:
        try:
            await self._delivery.deliver(job, patience)
            turns[id(job)] = _Turn.DONE
        except LostError:  # shown by now, or another bot's: take_over sees to it
            turns[id(job)] = _Turn.DONE
        except StuckError:
            log.warning("letter stuck", letter=job.letter_id, tries=job.tries)
            job.let_go_of_edit()
            turns[id(job)] = _Turn.STUCK
        except StoreAwayError:
            log.warning("letter waits for MongoDB", letter=job.letter_id)
            job.in_doubt = True
            job.let_go_of_edit()
            turns[id(job)] = _Turn.HELD
        except StaleError:
            await self._give_up(job, STALE)
            turns[id(job)] = _Turn.DONE
        except DeclinedError as error:
            await self._give_up(job, error.code)
            turns[id(job)] = _Turn.DONE
        except asyncio.CancelledError:
            turns[id(job)] = _Turn.HELD
            raise
        finally:
            if turns[id(job)] is _Turn.FAILED:
                self._fail(job.letter_id, failed())

    async def _give_up(self, job: Job, reason: str) -> None:
        # Nobody waits for an edit; who waits meanwhile has the message posted anew, since it is gone.
        if job.letter is None or not job.letter.ts:
            self._fail(job.letter_id, undelivered(reason, is_kept=job.is_kept))
        if job.letter is None or not job.is_kept:
            return
        try:
            if reason == STALE:
                log.warning("letter dropped", letter=job.letter_id)
                await self._records.drop(job.letter)
            else:
                log.error("letter parked", letter=job.letter_id, cause=reason)
                await self._records.park(job.letter, reason, in_doubt=job.in_doubt)
        except StoreAwayError:
            log.warning("refusal not recorded", letter=job.letter_id, cause=reason)

    def _tell(self, letter_id: str, ts: str) -> None:
        waiter = self._waiters.pop(letter_id, None)
        if waiter is not None and not waiter.done():
            waiter.set_result(ts)

    def _fail(self, letter_id: str, error: UserError) -> None:
        waiter = self._waiters.pop(letter_id, None)
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)
