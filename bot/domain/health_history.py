"""How the services were over a period: uptime and latency of each, in as many pieces as a picture shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.health import Gap

PIECES = 96  # of a strip: a quarter of an hour each for a day, less than two hours for a week
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True)
class Piece:
    """What was measured in one piece of the period: how often, how often of these it was up, and its latency in ms."""

    asked: int
    up: int
    latency: float | None = None

    @property
    def share(self) -> float:
        """How much of it the service was up, from 0 to 1."""
        return self.up / self.asked


@dataclass(frozen=True)
class Strip:
    """One service: a piece for each part of the period, None where nobody asked."""

    service: str
    pieces: tuple[Piece | None, ...]

    @property
    def uptime(self) -> float | None:
        """How much of the measured time it was up, from 0 to 1; None if nothing was measured."""
        asked = sum(piece.asked for piece in self.pieces if piece)
        return sum(piece.up for piece in self.pieces if piece) / asked if asked else None

    @property
    def latency(self) -> float | None:
        """The mean latency in ms."""
        known = [piece for piece in self.pieces if piece and piece.latency is not None]
        weight = sum(piece.up for piece in known)
        if not weight:
            return None
        return sum((piece.latency or 0.0) * piece.up for piece in known) / weight


@dataclass(frozen=True)
class History:
    """All services over a period; `step` is the length of a piece. Without strips nothing was measured.

    `gaps` are the times when nobody asked.
    """

    since: datetime
    until: datetime
    step: timedelta
    strips: tuple[Strip, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def period(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


@dataclass(frozen=True)
class Counted:
    """The measurements of one service in the piece with this number."""

    service: str
    number: int
    piece: Piece


class Rounds(Protocol):
    """Where measurements are kept."""

    async def counted(self, since: datetime, step: timedelta) -> list[Counted]:
        """What was measured since then, in pieces of that length. Raises StoreAwayError when MongoDB is away."""

    async def asked(self, since: datetime, step: timedelta) -> list[tuple[datetime, datetime]]:
        """The first and the last measurement in each piece of that length that has any, in order. Raises as above."""


class Pictures(Protocol):
    """Draws and sends pictures."""

    @property
    def can_draw(self) -> bool:
        """Whether what is needed for drawing is installed."""

    async def send_history(self, history: History, who: str) -> None:
        """Sends a picture to one person. Raises UserError when Slack does not take it."""


class HistoryDesk:
    """Tells how the services were. `names` is their order; without a measurement for `patience` nobody watched."""

    def __init__(
        self, rounds: Rounds, pictures: Pictures, names: Sequence[str], patience: timedelta, clock: Clock
    ) -> None:
        self._rounds = rounds
        self._pictures = pictures
        self._names = names
        self._patience = patience
        self._clock = clock

    async def of(self, period: timedelta) -> History:
        """The history of this time before now. Raises StoreAwayError."""
        now = self._clock()
        step = max(SHORTEST, period / PIECES)
        told = history(await self._rounds.counted(now - period, step), now - period, now, step, self._names)
        return replace(told, gaps=gaps(await self._rounds.asked(now - period, self._patience), told, self._patience))

    async def picture(self, told: History, who: str) -> bool:
        """Sends it to one person as a picture; False if there is nothing to draw, or nothing to draw with."""
        if not told.strips or not self._pictures.can_draw:
            return False
        await self._pictures.send_history(told, who)
        return True


def history(
    counted: Sequence[Counted], since: datetime, until: datetime, step: timedelta, names: Sequence[str]
) -> History:
    """Puts measurements together: services in the order of `names`, then those that are not watched any more."""
    count = max(1, -(-(until - since) // step))
    pieces: dict[str, list[Piece | None]] = {}
    for one in counted:
        if 0 <= one.number < count:
            pieces.setdefault(one.service, [None] * count)[one.number] = one.piece
    order = [*(name for name in names if name in pieces), *sorted(set(pieces) - set(names))]
    return History(since, until, step, tuple(Strip(name, tuple(pieces[name])) for name in order))


def gaps(asked: Sequence[tuple[datetime, datetime]], told: History, patience: timedelta) -> tuple[Gap, ...]:
    """The times in a history without a measurement: before the first, after the last, and between them."""
    ends = [told.since, *(last for _, last in asked)]
    begins = [*(first for first, _ in asked), told.until]
    return tuple(
        Gap(end, begin) for end, begin in zip(ends, begins, strict=True) if begin - end > patience and told.strips
    )
