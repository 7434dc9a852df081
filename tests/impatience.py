"""Bots whose jobs run only while a test waits for something: a hundred idle bots would keep the machine busy."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from slack_bolt.lazy_listener.async_internals import to_runnable_function

from bot.scheduler import Job, Scheduler
from bot.tasks import Tasks
from sandbox.delivery import Delivery

A_LOOK = 0.005  # seconds between two looks for whether anything is at work
LOOKS = 30  # then a round begins all the same: what is at work may wait for just that
STEP_LOOKS = 12  # the same between the frequent jobs, the less frequent and the rare ones of a round
ASK_LOOKS = 8  # between two looks into MongoDB
A_TURN = 0.06  # seconds of the first pause between two rounds, and of the first wait for what a round began; both grow
LONGEST = 0.4  # seconds between two rounds, for whoever waits for what only time brings
NEVER = timedelta(days=1)  # how often a job runs that a test does not want

# Tasks that are there as long as a bot is.
STANDING = ("socket 0", "socket 1", "socket read", "socket ping")
# Listeners of ours as Bolt runs them, the background work of the bot, and what the workspace carries to a bot. Not by
# name: were one called otherwise one day, all would seem at rest, and what must not be would be looked for too early.
WORK = [one.__qualname__ for one in (to_runnable_function, Tasks._supervise, Delivery._carry)]


def at_work() -> bool:
    """Whether something is under way in this process: a command, a job, a message to or from Slack."""
    return any(
        getattr(task.get_coro(), "__qualname__", "") in WORK and task.get_name() not in STANDING
        for task in asyncio.all_tasks()
    )


async def stirred() -> None:
    """Returns when something was at work and is done, or after a while: what is looked for may be there now."""
    has_begun = False
    for _ in range(ASK_LOOKS):
        await asyncio.sleep(A_LOOK)
        is_busy = at_work()
        if has_begun and not is_busy:
            return
        has_begun = has_begun or is_busy


class Alarm(Scheduler):
    """A bot's alarm clock that rings when somebody waits; how often jobs want it only says which go first."""

    def __init__(self, impatience: "Impatience") -> None:
        super().__init__()
        self._impatience = impatience
        self._jobs: dict[timedelta, dict[str, Job]] = {}
        self._running: dict[str, asyncio.Future[None]] = {}

    def every(self, interval: timedelta, job: Job, name: str, first: timedelta | None = None) -> None:
        """Has `job` called in every round, unless it is never to run."""
        if interval < NEVER:
            self._jobs.setdefault(interval, {})[name] = job

    def start(self) -> None:
        """Rings, if somebody waits."""
        self._impatience.alarms.append(self)

    def close(self) -> None:
        """Never rings again."""
        if self in self._impatience.alarms:
            self._impatience.alarms.remove(self)

    @property
    def intervals(self) -> set[timedelta]:
        """How often its jobs want to be called."""
        return set(self._jobs)

    def ring(self, interval: timedelta) -> None:
        """Begins every job of this interval that does not run yet."""
        for name, job in self._jobs.get(interval, {}).items():
            if name not in self._running or self._running[name].done():
                self._running[name] = asyncio.ensure_future(job())

    def running(self) -> list[asyncio.Future[None]]:
        """What was begun and is not done."""
        return [one for one in self._running.values() if not one.done()]


class Impatience:
    """Rings for whoever waits while nothing is at work for them, and then less and less often."""

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self._waiting = 0
        self._pause = 0.0
        self._next: asyncio.TimerHandle | None = None

    def alarm(self) -> Alarm:
        """The alarm clock of another bot."""
        return Alarm(self)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Somebody waits."""
        self._waiting += 1
        if self._next is None:
            self._pause = A_TURN
            self._when_at_rest(LOOKS, lambda: self._ring(self._intervals()))
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting and self._next is not None:
                self._next.cancel()
                self._next = None

    def _when_at_rest(self, looks: int, then: Callable[[], None], was_idle: bool = False) -> None:
        """Calls `then` once nothing is at work at two looks, or after so many: what is waited for may come of that."""

        def look() -> None:
            idle = not at_work()
            if looks > 1 and not (idle and was_idle):
                self._when_at_rest(looks - 1, then, idle)
            else:
                then()

        self._next = asyncio.get_running_loop().call_later(A_LOOK, look)

    def _ring(self, intervals: list[timedelta]) -> None:
        for one in self.alarms:
            one.ring(intervals[0])
        if rest := intervals[1:]:
            self._when_at_rest(STEP_LOOKS, lambda: self._ring(rest))
        else:
            self._next = asyncio.get_running_loop().call_later(self._pause, self._ring, self._intervals())
            self._pause = min(LONGEST, 2 * self._pause)

    def _intervals(self) -> list[timedelta]:
        return sorted(set().union(*(one.intervals for one in self.alarms))) or [NEVER]

    async def round(self, within: float = 2.0) -> None:
        """Every job of every bot runs once more; what hangs is waited for no longer than `within` seconds."""
        await self._done(within)  # what runs already may have looked before
        self._ring_all()
        await self._done(within)

    def _ring_all(self) -> None:
        for interval in self._intervals():
            for one in self.alarms:
                one.ring(interval)

    async def _done(self, within: float) -> None:
        """What runs now ends; the other jobs go on meanwhile, since it may wait for what one of them finds."""
        running = {task for one in self.alarms for task in one.running()}
        end, pause = time.monotonic() + within, A_TURN
        while running and time.monotonic() < end:
            _, running = await asyncio.wait(running, timeout=pause)
            pause *= 2
            if running:
                self._ring_all()
