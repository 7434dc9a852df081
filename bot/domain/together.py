"""Questions asked side by side, with a deadline that holds even for those that ignore it."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

GRACE = 0.25  # seconds beyond the deadline after which a question is left behind


class Together:
    """Asks many at once. `deadline` is seconds for each, which it is to keep by itself; this is the backstop."""

    def __init__(self, deadline: float) -> None:
        self._limit = deadline + GRACE
        self._left_behind: set[asyncio.Task[Any]] = set()

    async def ask(self, questions: Iterable[Coroutine[Any, Any, T]]) -> list[asyncio.Task[T]]:
        """The questions as tasks, in their order, once all are done or the time is up; what is not done is cancelled.

        Look at them before anything else is awaited: `done`, `exception`, `result`.
        """
        tasks = [asyncio.create_task(question) for question in questions]
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self._limit)
            return tasks
        finally:
            for task in tasks:
                self._leave(task)

    def _leave(self, task: asyncio.Task[T]) -> None:
        """Cancel what still runs, and keep hold of it until it is gone."""
        if not task.done():
            task.cancel()
            self._left_behind.add(task)
            task.add_done_callback(self._gone)

    def _gone(self, task: asyncio.Task[Any]) -> None:
        self._left_behind.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain about it
