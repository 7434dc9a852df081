"""Moments that people type: a closed list of shapes, so that nothing is guessed.

    now · in 2h · 14:00 · today 14:00 · tonight 22:00 · tomorrow 14:00 · sat 14:00
    2026-11-28 02:00 · 2026-11-28T02:00Z

A zone may follow the time: `UTC`, `Z`, `+02:00`, `Europe/Paris`; without one it is UTC. Days are those of that zone; a
weekday or a bare time is the next such one.
"""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.commands import zones
from bot.commands.durations import duration_first
from bot.commands.words import Source, Word, shown, span, words_of
from bot.errors import WordError

EXAMPLES = "Write it like `sat 14:00`, `tomorrow 14:00`, `2026-11-28 02:00` or `in 2h`; a zone may follow."

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {name: number for number, day in enumerate(_DAYS) for name in (day, day[:3])} | {
    "tues": 1, "thur": 3, "thurs": 3, "weds": 2,
}  # fmt: skip
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(z|utc|[+-][0-9]{2}:[0-9]{2})?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_BOTH = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})t([0-9]{2}:[0-9]{2})(?::00)?(z|[+-][0-9]{2}:[0-9]{2})?")
_DIGITS = re.compile(r"([0-9]{1,2})([0-9]{2})")
_TWELVE = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?([ap])\.?m")
_DOTTED = re.compile(r"([0-9]{1,2})[.h]([0-9]{2})")
_DATE_LIKE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}(?:[./-][0-9]{2,4})?")
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}")
EVENING = 17  # `tonight 02:00` might be of either day, `tonight 22:00` is of one
_NAMED = {"noon": "12:00", "midnight": "00:00"}


@dataclass(frozen=True)
class _Said:
    """The parts of a moment before it is one: `day` is what was typed for it, None if only a time was."""

    day: Word | None
    clock: time
    zone: tzinfo
    word: Word


def moment(source: Source, now: datetime, *, ahead: bool = False) -> datetime:
    """The whole of `source` as an aware moment in UTC, else WordError; with `ahead` also for one that is past."""
    some = words_of(source)
    when, used = moment_first(some, now, ahead=ahead)
    if used < len(some):
        extra = span(some[used:])
        raise extra.wrong(f"{shown(extra.text)} does not belong to a time.", EXAMPLES)
    return when


def moment_first(some: Sequence[Word], now: datetime, *, ahead: bool = False) -> tuple[datetime, int]:
    """The moment that `some` words begin with, in UTC, and how many of them it took. `now` must be aware."""
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    if not some:
        raise WordError("The time is missing.", EXAMPLES)
    if some[0].key == "now":
        return now.astimezone(UTC), 1
    if some[0].key == "in":
        if len(some) == 1:
            raise some[0].wrong("How long from now?", "Write it like `in 2h`.")
        distance, used = duration_first(some[1:])
        return now.astimezone(UTC) + distance, used + 1
    said, used = _said(some)
    when = _when(said, now)
    # A minute's grace: the minute that is on the clock while one types is not past.
    if ahead and when + timedelta(minutes=1) <= now:
        raise said.word.wrong(f"{when:%Y-%m-%d %H:%M} UTC is past.", "Name a time that is still to come.")
    return when, used


def day(word: Word, now: datetime) -> date:
    """The day that a word names: a date, today, tomorrow, or a weekday (today or the next such one), by UTC's days."""
    here, text = now.astimezone(UTC).date(), word.key
    if _DATE.fullmatch(text):
        return _date(word)
    if text in ("today", "tomorrow"):
        return here + timedelta(days=1 if text == "tomorrow" else 0)
    if text in _WEEKDAYS:
        return here + timedelta(days=(_WEEKDAYS[text] - here.weekday()) % 7)
    raise word.wrong(
        f"{shown(word.text)} is not a day that I can read.", "Write it like `2026-11-28`, `tomorrow` or `sat`."
    )


def is_clock(text: str) -> bool:
    """Whether it is a time of day, as behind a day."""
    return bool(_TIME.fullmatch(text)) or text == "at"


def _said(some: Sequence[Word]) -> tuple[_Said, int]:
    """The day, the time and the zone at the beginning of `some`, and how many words they took."""
    first = some[0]
    whole = _BOTH.fullmatch(first.key)
    if whole:
        day: Word | None = Word(whole[1], first.start, first.end, first.line)
        clock, attached, used = _clock(first, whole[2]), whole[3], 1
    else:
        day = first if _is_day(first.key) else None
        at = 1 if day else 0
        if day and at < len(some) and some[at].key == "at":
            at += 1
        if at >= len(some) or (day and not _is_clock_like(some[at].key)):
            usual = "22:00" if first.key == "tonight" else "14:00"
            raise span(some[:at]).wrong(f"{shown(first.text)} needs a time.", f"Did you mean `{first.key} {usual}`?")
        parts = _TIME.fullmatch(some[at].key)
        if not parts:
            raise _refused(some[at:])
        clock, attached, used = _clock(some[at], f"{parts[1]}:{parts[2]}"), parts[3], at + 1
        if day and day.key == "tonight" and clock.hour < EVENING:
            told = f"{clock:%H:%M}"
            remedy = f"Write `today {told}` or `tomorrow {told}`."
            raise span(some[:used]).wrong(f"Tonight begins at {EVENING}:00.", remedy)
        if attached and attached[0] == "-":
            remedy = f"For the offset write `{parts[1]}:{parts[2]} {attached}`; how long it lasts is said as `for 2h`."
            raise some[at].wrong(f"{shown(some[at].text)} may be a span of time, or a time with an offset.", remedy)
    where: tzinfo | None = None
    if attached:
        where = zones.offset(attached)
        if where is None:
            raise some[used - 1].wrong(f"{attached} is not an offset.", zones.EXAMPLES)
    elif used < len(some):
        where = zones.zone(some[used])
        used += where is not None
    return _Said(day, clock, where or UTC, span(some[:used])), used


def _is_day(text: str) -> bool:
    return text in _WEEKDAYS or text in ("today", "tonight", "tomorrow") or bool(_DATE.fullmatch(text))


def _is_clock_like(text: str) -> bool:
    """Whether it was meant as a time, well or badly written."""
    return text[:1].isdigit() or text in _NAMED


def _clock(word: Word, text: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    if hour == 24 and minute == 0:
        raise word.wrong("A day ends at 23:59.", "Write `00:00` of the next day.")
    if hour > 23 or minute > 59:
        raise word.wrong(f"{shown(word.text)} is no time of day.", "Hours go from 00 to 23, minutes from 00 to 59.")
    return time(hour, minute)


def _when(said: _Said, now: datetime) -> datetime:
    """The instant in UTC; of a weekday or a bare time the first that is still to come."""
    here = now.astimezone(said.zone).date()
    day = said.day.key if said.day else ""
    if said.day and _DATE.fullmatch(day):
        return zones.instant(datetime.combine(_date(said.day), said.clock), said.zone, said.word)
    if day in ("today", "tonight", "tomorrow"):
        exact = here + timedelta(days=1 if day == "tomorrow" else 0)
        return zones.instant(datetime.combine(exact, said.clock), said.zone, said.word)
    step = 7 if day else 1
    candidate = here + timedelta(days=(_WEEKDAYS[day] - here.weekday()) % 7 if day else 0)
    if zones.readings(datetime.combine(candidate, said.clock), said.zone)[-1] <= now:
        candidate += timedelta(days=step)
    return zones.instant(datetime.combine(candidate, said.clock), said.zone, said.word)


def _date(word: Word) -> date:
    year, month, day = (int(part) for part in word.key.split("-"))
    if not 2000 <= year <= 2099:
        raise word.wrong(f"The year {year:04} is out of reach.", "Write a date like `2026-11-28`.")
    if not 1 <= month <= 12:
        raise word.wrong(f"There is no month {month:02}.", "Write year, month and day, like `2026-11-28`.")
    length = calendar.monthrange(year, month)[1]
    if not 1 <= day <= length:
        raise word.wrong(f"There is no day {day:02} in {year}-{month:02}.", f"It has {length} days.")
    return date(year, month, day)


def _refused(some: Sequence[Word]) -> WordError:
    """Why these words do not begin with a moment, and what was probably meant."""
    word, text = some[0], some[0].key
    meant = _meant(text)
    if meant:
        return word.wrong(f"{shown(word.text)} is not a time that I can read.", f"Did you mean `{meant}`?")
    if _DATE_LIKE.fullmatch(text) or any(_MONTH.fullmatch(one.key) for one in some[:2]):
        return word.wrong(f"{shown(word.text)} is not a date that I can read.", "Write it like `2026-11-28 14:00`.")
    if text.isdigit() and len(text) <= 2:
        return word.wrong(f"{shown(word.text)} is only a number.", "Write a time like `14:00`, or `in 2h`.")
    return word.wrong(f"{shown(word.text)} is not a time that I can read.", EXAMPLES)


def _meant(text: str) -> str:
    """The time that `0200`, `2pm`, `14.30` or `noon` stand for, as we write it; empty if they stand for none."""
    if text in _NAMED:
        return _NAMED[text]
    twelve = _TWELVE.fullmatch(text)
    if twelve and 1 <= int(twelve[1]) <= 12:
        hour = int(twelve[1]) % 12 + (12 if twelve[3] == "p" else 0)
        return f"{hour:02}:{twelve[2] or '00'}" if (twelve[2] or "00") < "60" else ""
    plain = _DIGITS.fullmatch(text) if len(text) == 4 else None
    digits = plain or _DOTTED.fullmatch(text)
    if digits and int(digits[1]) < 24 and int(digits[2]) < 60:
        return f"{int(digits[1]):02}:{digits[2]}"
    return ""
