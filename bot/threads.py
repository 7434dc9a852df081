"""Threads for what blocks: looking up names above all, which takes half a minute where no name server answers."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Errands(ThreadPoolExecutor):
    """Each errand has a thread of its own that nobody waits for: what hangs holds up neither the others nor the end."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See Executor.submit."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, name="errand", daemon=True).start()
        return future


def run(work: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, with errands in threads of their own."""
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(Errands())
        return runner.run(work)
