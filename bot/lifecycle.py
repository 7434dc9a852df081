"""From start to stop: the first signal drains and ends with 0, a second one or a time limit ends with 1."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Protocol

import structlog

from bot import threads
from bot.errors import ConfigError, UserError
from bot.logs import trace

log = structlog.get_logger("lifecycle")

STOP_LIMIT = 10.0  # seconds; what supervisors commonly wait between SIGTERM and SIGKILL
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Runnable(Protocol):
    """What runs. `stop` also copes with a start that failed or was cancelled half-way."""

    async def start(self) -> None:
        """Returns when it takes commands."""

    async def stop(self) -> int:
        """Stops accepting, lets running work end, closes; how many works were cut off because they took too long."""


def run(build: Callable[[], Runnable], limit: float = STOP_LIMIT, leave: Callable[[int], None] = os._exit) -> int:
    """Builds and runs until a signal; returns the exit code: 0 stopped as asked, 1 could not start or stop, or
    stopped before all that was under way had come to its end.

    `build` is called inside the event loop. `leave` ends the process when stopping cannot be waited for.
    """
    ending, code = _Ending(limit, leave), 1
    try:
        code = threads.run(_serve(build, ending))
    finally:
        ending.done(code)
    return code


class _Ending:
    """The way out that needs no event loop: by a second signal, or by the clock once stopping has begun."""

    def __init__(self, limit: float, leave: Callable[[int], None]) -> None:
        self._leave = leave
        self._timer = threading.Timer(limit, self._now, ["stopping took too long"])
        self._timer.daemon = True

    def begin(self) -> None:
        """From now on the limit runs, and the next signal ends the process, even if the event loop is stuck."""
        for number in SIGNALS:
            # Else the loop, when it closes, gives the signal back to the system, which ends the process by it.
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, self._on_signal)
        self._timer.start()

    def done(self, code: int) -> None:
        """Everything is closed: the limit is off, and a signal that comes now does not change the exit code."""
        self._timer.cancel()
        for number in SIGNALS:
            signal.signal(number, lambda *_: self._leave(code))

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._now("a second signal came")

    def _now(self, why: str) -> None:
        # Not through the log: its lock may be held by the very code that does not come to an end.
        os.write(2, f"Ops Bot ends at once: {why}.\n".encode())
        self._leave(1)


async def _serve(build: Callable[[], Runnable], ending: _Ending) -> int:
    asked = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    waiting = asyncio.create_task(asked.wait(), name="signal")
    built: list[Runnable] = []
    with trace():
        starting = asyncio.create_task(_start(build, built), name="start")
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        failed = starting.done() and _failed(starting, "start")
    if starting.done() and not failed:
        await waiting
    ending.begin()
    waiting.cancel()
    starting.cancel()
    with trace():
        log.info("stopping")
        await asyncio.wait({starting})
        for app in built:
            stopping = asyncio.create_task(app.stop(), name="stop")
            await asyncio.wait({stopping})
            failed |= _failed(stopping, "stop") or _was_cut(stopping)
        log.info("stopped")
    return int(failed)


async def _start(build: Callable[[], Runnable], built: list[Runnable]) -> None:
    built.append(build())
    await built[0].start()


def _was_cut(stopping: "asyncio.Task[int]") -> bool:
    """Whether work was cut off: somebody who waited for an answer got none, even if the next bot ends the work."""
    count = 0 if stopping.cancelled() else stopping.result()
    if count:
        log.error("work cut off", count=count)
        sys.stderr.write(f"Ops Bot stopped, but what was under way took too long and was cut off ({count}).\n")
    return count > 0


def _failed(task: "asyncio.Task[None] | asyncio.Task[int]", act: str) -> bool:
    """Whether the task ended with an error; stderr gets a sentence, the log the traceback if the error is none."""
    error = None if task.cancelled() else task.exception()
    if error is None:
        return False
    if isinstance(error, ConfigError | UserError | OSError):
        log.error("failed", act=act, reason=str(error))
        sys.stderr.write(f"Ops Bot could not {act}: {error}\n")
    else:
        log.error("failed", act=act, exc_info=error)
        sys.stderr.write(f"Ops Bot could not {act} ({type(error).__name__}); the log says more.\n")
    return True
