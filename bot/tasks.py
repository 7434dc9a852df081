"""Background work that is counted, never lost silently, and drained when the bot stops."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger("tasks")


class Tasks:
    """The supervisor of background work: a task that fails is logged, the others go on."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Runs `work` in the background."""
        task = asyncio.create_task(self._supervise(work, name), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # A task that is cancelled before its first step would leave its work behind, never awaited.
        task.add_done_callback(lambda _: work.close())
        return task

    async def _supervise(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception:  # the supervisor: one failure must not end the others
            log.exception("task failed", task=name)

    async def drain(self, limit: float) -> int:
        """Waits until everything is done, `limit` seconds at most, then cancels; how many were cancelled."""
        loop = asyncio.get_running_loop()
        end = loop.time() + limit
        while self._running and loop.time() < end:
            await asyncio.wait(set(self._running), timeout=max(0.0, end - loop.time()))
        late = set(self._running)
        for task in late:
            task.cancel()
        if late:
            log.warning("tasks cancelled", tasks=sorted(task.get_name() for task in late))
            await asyncio.wait(late, timeout=1.0)
        return len(late)
