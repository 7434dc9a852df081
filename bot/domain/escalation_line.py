"""Who is in line to be called, as it was known last: while MongoDB is away people have to call each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.domain.clock import Clock
from bot.domain.escalation import Crew, Rung
from bot.domain.role import Holder, RoleDesk
from bot.errors import StoreAwayError

EVERY = timedelta(minutes=1)


class Line:
    """Remembers who has which role."""

    def __init__(self, roles: RoleDesk, phone_bridge: str, clock: Clock) -> None:
        self._roles = roles
        self._phone_bridge = phone_bridge
        self._clock = clock
        self._looked_at: datetime | None = None
        self._crew = Crew(())

    async def holders(self) -> list[Holder]:
        """Who has which role now. Raises StoreAwayError."""
        holders = await self._roles.holders()
        self._crew, self._looked_at = Crew(holders), self._clock()
        return holders

    async def look(self) -> None:
        """Looks now and then, so that it is known. Raises StoreAwayError."""
        if self._looked_at is None or not timedelta(0) <= self._clock() - self._looked_at < EVERY:
            await self.holders()

    @contextmanager
    def by_hand(self, instead: str, *, is_inside: bool) -> Iterator[None]:
        """Where MongoDB's silence ends what is done inside: says so, and whom to call.

        The phone bridge, which may have a code in it, is for those who are inside the ops channel.
        """
        try:
            yield
        except StoreAwayError as error:
            if error.in_doubt:
                raise
            raise StoreAwayError(instead=instead + self._in_words(is_inside=is_inside)) from error

    def _in_words(self, *, is_inside: bool) -> str:
        rungs = (rung for rung in Rung if rung is not Rung.EVERYBODY)
        people = [f"<@{who}> ({rung})" for rung in rungs for who in self._crew.people(rung)]
        told = [f"In line are {', '.join(people)}: write to them or call them yourself"] if people else []
        told += [f"The phone bridge is {self._phone_bridge}"] if self._phone_bridge and is_inside else []
        return "".join(f". {one}" for one in told)
