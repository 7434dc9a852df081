"""The alarm clock: calls jobs at intervals. What is due is decided by whoever is called, never here."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Job = Callable[[], Awaitable[None]]


class Scheduler:
    """APScheduler in memory. A job that was late runs once; one that still runs is not started again."""

    def __init__(self) -> None:
        # The defaults would silently drop a run that is one second late (misfire_grace_time).
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

        self._is_closing = False

    def every(self, interval: timedelta, job: Job, name: str, first: timedelta | None = None) -> None:
        """Has `job` called every `interval`, first after one interval, or after `first`."""

        async def run() -> None:
            try:
                await job()
            except asyncio.CancelledError:
                if not self._is_closing:  # its end cancels what it waits for; the work goes on, and is drained
                    raise

        begin = {} if first is None else {"next_run_time": datetime.now(UTC) + first}
        self._scheduler.add_job(run, "interval", seconds=interval.total_seconds(), id=name, name=name, **begin)

    def start(self) -> None:
        """From now on jobs are called."""
        self._scheduler.start()

    def close(self) -> None:
        """Ends for good."""
        self._is_closing = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
