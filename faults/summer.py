"""Summer time begins or ends in the middle of a Saturday's window, as it does in Asia/Gaza."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.announcement import Ladder
from bot.domain.window import window_id
from faults.announcing import posted, settings
from faults.checker import Findings
from faults.clocks import own_clock
from faults.rig import Rig, rig

ZONE = ZoneInfo("Asia/Gaza")
LADDER = Ladder((("20s", timedelta(seconds=20)), ("10s", timedelta(seconds=10))), timedelta(seconds=10))
RUNGS = ("20s", "10s", "start", "ending", "end")
BEFORE, AFTER = timedelta(minutes=90), timedelta(hours=2)  # of the change: the window
HOUR, A_YEAR = timedelta(hours=1), 400 * 24
SATURDAY = 5


def changes(now: datetime) -> list[datetime]:
    """The next moments at which the clocks of the zone are changed on a Saturday: to summer time and back, or back
    and to it. What it does is announced from year to year; the time zone data of this machine says it."""
    hours = [now.replace(minute=0, second=0, microsecond=0) + n * HOUR for n in range(1, A_YEAR)]
    local = [(hour, (hour - timedelta(seconds=1)).astimezone(ZONE), hour.astimezone(ZONE)) for hour in hours]
    return [
        hour
        for hour, before, after in local
        if before.utcoffset() != after.utcoffset() and before.weekday() == SATURDAY and hour - now > HOUR * 24
    ][:2]


async def run(rounds: int) -> Findings:
    """A round is a window around one of the changes: each rung once and at its true time, none called late."""
    found, coming = Findings(), changes(datetime.now(UTC))
    for number in range(rounds):
        found.add(await _around(coming[number % len(coming)]))
    return found


async def _around(change: datetime) -> Findings:
    start, end = change - BEFORE, change + AFTER
    rule = f"Sat {start.astimezone(ZONE):%H:%M}-{end.astimezone(ZONE):%H:%M} {ZONE.key}"
    async with rig(0, **{**settings(LADDER), "MAINTENANCE_WINDOW": rule}, **own_clock()) as built:
        _set(built, start - timedelta(seconds=24))
        await built.start()
        await _told(built, window_id(start), 3)
        _set(built, change - timedelta(seconds=2))
        await asyncio.sleep(4.0)  # across the change, at which nothing is due
        _set(built, end - timedelta(seconds=13))
        await _told(built, window_id(start), len(RUNGS))
        return await _compared(built, start, end)


def _set(built: Rig, moment: datetime) -> None:
    """Moves the clocks of the bot and of Slack to a moment."""
    ahead = int((moment - datetime.now(UTC)).total_seconds())
    (built.bots.folder / "clock").write_text(f"+{ahead}\n", "utf-8")
    built.slack.workspace.clock = lambda: time.time() + ahead


async def _told(built: Rig, window: str, count: int) -> None:
    """Waits for so many announcements of the window; what is missing is told at the end."""
    try:
        await built.slack.until(lambda: len(_of(built, window)) >= count, f"{count} rungs of {window}", 60.0)
    except AssertionError:
        return


def _of(built: Rig, window: str) -> list[tuple[str, str]]:
    return [(key, text) for key, text in posted(built.slack) if key.startswith(f"{window}/")]


async def _compared(built: Rig, start: datetime, end: datetime) -> Findings:
    """What was announced with what is right by the zone's own rules."""
    window, found = window_id(start), Findings(expected=len(RUNGS) + 1)
    told = _of(built, window)
    keys = [key for key, _ in told]
    found.lost = [f"{window}/{rung}" for rung in RUNGS if f"{window}/{rung}" not in keys]
    found.doubled = sorted({key for key in keys if keys.count(key) > 1})
    found.wrong = [f"{key} is called late: {text}" for key, text in told if "late" in text]
    kept = [(one["start"], one["end"]) for one in await built.documents("windows", _id=window)]
    if kept != [(start, end)]:
        found.wrong.append(f"{window} is kept as {kept}")
    return found
