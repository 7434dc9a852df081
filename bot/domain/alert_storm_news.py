"""What the incident of a storm hears of it: now and then how many groups are resolved, and at once that all are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.alert import Digest, Group, Report
from bot.domain.alert_incident import AlertIncidents
from bot.domain.alert_ports import AlertBoard, Groups
from bot.domain.clock import Clock
from bot.domain.incident_news import IncidentNews, News
from bot.domain.timeline import Attached, Kind

EVERY = timedelta(minutes=10)  # how far it has come is told no oftener
FLIPS = timedelta(minutes=1)  # nor, since alerts flap, that all are resolved, or that some fire after that
NAMED = 5
NAME_SHOWN = 120


class StormNews:
    """Tells incidents of the storms that they were opened from. What is to be told is kept before it is told."""

    def __init__(
        self, groups: Groups, board: AlertBoard, incidents: AlertIncidents, news: IncidentNews, clock: Clock
    ) -> None:
        self._groups = groups
        self._board = board
        self._incidents = incidents
        self._news = news
        self._clock = clock

    async def tick(self) -> None:
        """Tells what is due. Any bot may: of two that keep a report one is too late, and its key is said once."""
        for digest in await self._groups.unreported():
            report = digest.report
            if report is not None and not report.is_told:
                await self._tell(digest, report)
            else:
                await self._look(digest)

    async def _look(self, digest: Digest) -> None:
        """Keeps the next report, if it is time for one and there is something to tell."""
        now, last = self._clock(), digest.report
        total, firing = counts = await self._groups.count_of(digest.id)
        if not await self._incidents.hears(digest.incident_id):
            await self._groups.report(digest, replace(last or Report(0, now, 0, *counts), version=digest.version))
            return
        if not is_due(last, firing, now):
            return
        back = await self._groups.back_since(digest.id, last.at, NAMED) if last else (0, [])
        if last and counts == (last.total, last.firing) and not back[0]:
            await self._groups.report(digest, replace(last, version=digest.version))
            return
        worst = [group for group in await self._groups.worst_of(digest.id, NAMED) if group.is_firing]
        text = in_words(last, counts, worst, back)
        number = last.number + 1 if last else 1
        is_good = not firing or last is None or firing < last.firing
        report = Report(number, now, digest.version, total, firing, text, is_good, is_told=False)
        if await self._groups.report(digest, report):
            await self._tell(digest, report)

    async def _tell(self, digest: Digest, report: Report) -> None:
        key, url = f"{digest.id}/r{report.number}", self._board.link_to(digest.channel, digest.ts)
        entry = Attached(Kind.ALERT, key, report.at, report.text, url)
        await self._news.attach(digest.incident_id, entry.kind, key, report.at, report.text, url)
        news = News(key, report.at, report.text, report.is_good, url, (entry,))
        if await self._news.say(digest.incident_id, news):
            await self._groups.reported(digest, report.number)


def is_due(last: Report | None, firing: int, now: datetime) -> bool:
    """Whether it is time for another report, if there is something to tell."""
    if last is None:
        return True
    return now - last.at >= (FLIPS if (firing == 0) != (last.firing == 0) else EVERY)


def in_words(
    last: Report | None, counts: tuple[int, int], worst: Sequence[Group], back: tuple[int, Sequence[Group]]
) -> str:
    """A report in a few sentences: how many groups are resolved, which fire, fire again, or joined since the last."""
    total, firing = counts
    if not firing:
        first = f"all {total:,} groups are resolved." if total > 1 else "its group is resolved."
    elif last is not None and not last.firing:
        first = f"{firing:,} of {total:,} groups fire, after all were resolved: {_named(firing, worst)}."
    else:
        first = f"{total - firing:,} of {total:,} groups are resolved, {firing:,} still fire: {_named(firing, worst)}."
    told = [f"Alert storm: {first}"]
    if firing and last is not None and last.firing and back[0]:
        told.append(f"Of these {back[0]:,} fired again: {_named(*back)}.")
    if last is not None and total > last.total:
        told.append(f"New since {last.at:%H:%M} UTC: {total - last.total:,}.")
    return " ".join(told)


def _named(count: int, groups: Sequence[Group]) -> str:
    names = ", ".join(group.name[:NAME_SHOWN] for group in groups)
    return f"{names} and {count - len(groups):,} more" if count > len(groups) else names
