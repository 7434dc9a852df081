"""Who of those that may do something is still in the workspace: a role outlives the account of whoever has it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock

FRESH = timedelta(minutes=1)  # how long nobody is asked for again
PATIENCE = 1.5  # seconds that Slack is waited for; then what it said last counts
ASKED_MOST = 20  # people of a large group; no more are named anyway


@dataclass(frozen=True)
class Able:
    """Who may do something: `people` (user ids) who are there, and by name those who may and `left` the workspace."""

    people: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def gone(self) -> str:
        """`Bob has left the workspace.`; empty where all are there."""
        if not self.left:
            return ""
        *most, last = self.left
        names = f"{', '.join(most)} and {last}" if most else last
        return f"{names} {'have' if most else 'has'} left the workspace."


NOBODY = Able()


class People(Protocol):
    """Who is in the workspace."""

    async def left(self, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Those of them who have left it, with their names; whom Slack tells nothing of is there."""


class Presence:
    """Asks Slack for the same person once a minute at most."""

    def __init__(self, people: People, clock: Clock) -> None:
        self._people = people
        self._clock = clock
        self._known: dict[str, tuple[datetime, str | None]] = {}  # when it was asked; the name of one who left
        self._turn = asyncio.Lock()  # of many windows that wait for the same people one asks

    async def able(self, user_ids: Iterable[str]) -> Able:
        """These people, as far as they are there."""
        wanted = list(dict.fromkeys(user_ids))
        async with self._turn:
            await self._ask(wanted[:ASKED_MOST])
        gone = {one: name for one in wanted if (name := self._known.get(one, (None, None))[1]) is not None}
        return Able(tuple(one for one in wanted if one not in gone), tuple(gone.values()))

    async def _ask(self, wanted: list[str]) -> None:
        now = self._clock()
        self._known = {one: known for one, known in self._known.items() if timedelta(0) <= now - known[0] < 10 * FRESH}
        old = [one for one in wanted if one not in self._known or now - self._known[one][0] >= FRESH]
        if not old:
            return
        found: Mapping[str, str | None] = {one: self._known[one][1] for one in old if one in self._known}
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._people.left(old)
        except TimeoutError:
            pass
        for one in old:
            name = found.get(one)
            self._known[one] = (now, name or one if name is not None else None)
