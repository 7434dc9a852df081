"""Work that comes faster than it can be done one by one: what waits is done together, as soon as the last is done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 200  # at once: more would keep the first of them waiting


class Batches(Generic[Key, Item, Result]):
    """Does `work` with all items of a key that wait, in the order in which they came, never twice at a time for a key.

    A lonely item is done at once. All of a batch have its result, or its error.
    """

    def __init__(self, work: Callable[[Key, Sequence[Item]], Awaitable[Result]]) -> None:
        self._work = work
        self._waiting: dict[Key, list[tuple[Item, asyncio.Future[Result]]]] = {}
        self._running: dict[Key, asyncio.Task[None]] = {}

    async def do(self, key: Key, item: Item) -> Result:
        """Has this item done, alone or together with others."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append((item, done))
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._run(key), name="batch")
        return await done

    async def _run(self, key: Key) -> None:
        try:
            while waiting := self._waiting.pop(key, []):
                some, rest = waiting[:MOST], waiting[MOST:]
                if rest:
                    self._waiting[key] = rest
                await self._do(key, some)
        finally:
            del self._running[key]

    async def _do(self, key: Key, some: Sequence[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        (outcome,) = await asyncio.gather(self._work(key, [item for item, _ in some]), return_exceptions=True)
        for _, done in some:
            if done.done():
                continue  # whoever waited for it was cancelled
            if isinstance(outcome, BaseException):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)
