"""Bots whose jobs run only while a test waits for something: a hundred idle bots would keep the machine busy."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.scheduler import Scheduler

A_MOMENT = 0.05  # seconds; most of what people ask for is there sooner, without any job


class Alarm(Scheduler):
    """A bot's alarm clock that can be held."""

    def __init__(self, impatience: "Impatience") -> None:
        super().__init__()
        self._impatience = impatience

    def start(self) -> None:
        """Rings, if somebody waits."""
        super().start()
        self._impatience.alarms.append(self)
        if not self._impatience.is_here:
            self.pause()

    def close(self) -> None:
        """Never rings again."""
        super().close()
        if self in self._impatience.alarms:
            self._impatience.alarms.remove(self)


class Impatience:
    """Whether anybody has waited longer than a moment."""

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.is_here = False
        self._waiting = 0
        self._soon: asyncio.TimerHandle | None = None

    def alarm(self) -> Alarm:
        """The alarm clock of another bot."""
        return Alarm(self)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Somebody waits."""
        self._waiting += 1
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(A_MOMENT, self._comes)
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._goes()

    def _comes(self) -> None:
        self.is_here = True
        for one in self.alarms:
            Scheduler.start(one)

    def _goes(self) -> None:
        self.is_here = False
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        for one in self.alarms:
            one.pause()
