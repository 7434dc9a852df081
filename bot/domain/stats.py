"""What the incidents of a period have in common: how many, how bad, for how long, when, and what comes again."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.incident import Severity
from bot.domain.search import words_in

COUNTED = 10_000  # incidents; a group that has more in a period has no use for their details
TITLES = 5
HOURS = 3


@dataclass(frozen=True)
class Brief:
    """What statistics need of an incident; the times are None if nobody acted on it, or it is not resolved."""

    title: str
    severity: Severity
    opened_at: datetime
    began: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    is_duplicate: bool = False


@dataclass(frozen=True)
class Spread:
    """How long something takes. `median` is that of the one in the middle, or the mean of the two there; within
    `most` (the 90th percentile) at least nine of ten are done: the shortest such time that was measured, so that of
    fewer than ten it is the longest. None if nothing was measured."""

    count: int
    median: timedelta | None = None
    most: timedelta | None = None


@dataclass(frozen=True)
class Repeat:
    """A title, as it was last written, and how many incidents had it."""

    title: str
    count: int


@dataclass(frozen=True)
class Stats:
    """A period's incidents. `by_hour` has the openings of the 24 hours of the UTC day.

    `is_capped`: there were more, and only the newest were looked at, back to `since`. `duplicates` were closed as such:
    what two people opened happened once, so they are not counted among the others.
    """

    since: datetime
    until: datetime
    period: timedelta
    count: int
    by_severity: tuple[tuple[Severity, int], ...]
    to_acknowledge: Spread
    to_resolve: Spread
    by_hour: tuple[int, ...]
    repeats: tuple[Repeat, ...]
    is_capped: bool = False
    duplicates: int = 0

    @property
    def busiest(self) -> tuple[tuple[int, int], ...]:
        """Up to three hours (0 to 23) with how many were opened in them, most first; none that had none."""
        ranked = sorted(enumerate(self.by_hour), key=lambda pair: (-pair[1], pair[0]))
        return tuple(pair for pair in ranked[:HOURS] if pair[1])


def spread(times: Iterable[timedelta]) -> Spread:
    """See `Spread`; a time below zero, where clocks differ, counts as none."""
    ordered = sorted(max(time, timedelta(0)) for time in times)
    count = len(ordered)
    if not count:
        return Spread(0)
    median = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Spread(count, median, ordered[-(-count * 9 // 10) - 1])


def stats(incidents: Sequence[Brief], until: datetime, period: timedelta) -> Stats:
    """The statistics of incidents, newest first; of more than `COUNTED` the newest so many."""
    seen = incidents[:COUNTED]
    some = [one for one in seen if not one.is_duplicate]
    is_capped = len(incidents) > COUNTED
    severities = Counter(one.severity for one in some)
    hours = Counter(one.opened_at.astimezone(UTC).hour for one in some)
    return Stats(
        since=seen[-1].opened_at if is_capped else until - period,
        until=until,
        period=period,
        count=len(some),
        by_severity=tuple((severity, severities[severity]) for severity in Severity),
        to_acknowledge=spread(one.acknowledged_at - one.opened_at for one in some if one.acknowledged_at),
        to_resolve=spread(one.resolved_at - one.began for one in some if one.resolved_at),
        by_hour=tuple(hours[hour] for hour in range(24)),
        repeats=_repeats(some),
        is_capped=is_capped,
        duplicates=len(seen) - len(some),
    )


def _repeats(incidents: Sequence[Brief]) -> tuple[Repeat, ...]:
    names: dict[tuple[str, ...], str] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for one in incidents:
        same = words_in(one.title) or (one.title.strip(),)
        names.setdefault(same, one.title)
        counts[same] += 1
    return tuple(Repeat(names[same], count) for same, count in counts.most_common(TITLES) if count > 1)


class Incidents(Protocol):
    """Where incidents are kept."""

    async def briefs(self, since: datetime, most: int) -> list[Brief]:
        """The newest that were opened since then, newest first. Raises StoreAwayError when MongoDB is away."""


class Pictures(Protocol):
    """Draws and sends pictures."""

    @property
    def can_draw(self) -> bool:
        """Whether what is needed for drawing is installed."""

    async def send_stats(self, stats: Stats, who: str) -> None:
        """Sends a picture to one person. Raises UserError when Slack does not take it."""


class StatsDesk:
    """Tells of the incidents of a period."""

    def __init__(self, incidents: Incidents, pictures: Pictures, clock: Clock) -> None:
        self._incidents = incidents
        self._pictures = pictures
        self._clock = clock

    async def of(self, period: timedelta) -> Stats:
        """The statistics of what was opened within this time before now."""
        now = self._clock()
        incidents = await self._incidents.briefs(now - period, COUNTED + 1)
        # Thousands take long enough for other commands to notice.
        return await asyncio.to_thread(stats, incidents, now, period)

    async def picture(self, told: Stats, who: str) -> bool:
        """Sends them to one person as a picture; False if there is nothing to draw, or nothing to draw with."""
        if not told.count or not self._pictures.can_draw:
            return False
        await self._pictures.send_stats(told, who)
        return True
