"""Time zones that people type, and the instant that a local time means in one: none or two around a clock change."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.commands.words import Word, closest, shown
from bot.errors import WordError

EXAMPLES = "Write `UTC`, an offset like `+02:00` or a zone like `Europe/Paris`."

_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_LOOSE_OFFSET = re.compile(r"(?:utc|gmt)?([+-])([0-9]{1,2}):?([0-9]{2})?")
# Each of these means different offsets to different people or at different times of the year.
_ABBREVIATIONS = re.compile(r"CES?T|EES?T|WES?T|MSK|BST|IST|JST|KST|[ECMP][SD]T|AE[SD]T")
_FARTHEST = timedelta(hours=14)


class TwiceError(WordError):
    """A local time that a change of clocks skips or repeats; `readings` are the two that it can mean (UTC)."""

    readings: tuple[datetime, datetime]

    def choose(self, reading: datetime) -> str:
        """The command again, with one of the readings in the place of the time."""
        return f"{self.text[: self.start]}{reading:%Y-%m-%d %H:%M} UTC{self.text[self.end :]}"


def offset(text: str) -> tzinfo | None:
    """The zone of `UTC`, `Z` or `+02:00` (up to 14 hours); None for anything else."""
    if text.casefold() in ("utc", "z", "gmt"):
        return UTC
    parts = _OFFSET.fullmatch(text)
    if not parts or int(parts[3]) > 59:
        return None
    distance = timedelta(hours=int(parts[2]), minutes=int(parts[3]))
    return timezone(-distance if parts[1] == "-" else distance) if distance <= _FARTHEST else None


def zone(word: Word) -> tzinfo | None:
    """The zone that the word names, None if it does not look like one, WordError if it nearly does."""
    text = word.key
    fixed = offset(text)
    if fixed is not None:
        return fixed
    if _ABBREVIATIONS.fullmatch(word.text):
        raise word.wrong(f"{shown(word.text)} stands for more than one time.", EXAMPLES)
    loose = _LOOSE_OFFSET.fullmatch(text)
    if loose:
        meant = f"{loose[1]}{int(loose[2]):02}:{loose[3] or '00'}"
        remedy = f"Did you mean `{meant}`?" if offset(meant) else EXAMPLES
        raise word.wrong(f"{shown(word.text)} is not an offset that I can read.", remedy)
    area, slash, _ = text.partition("/")
    if not slash or area not in _areas():
        return None
    name = _zones().get(text)
    if name is None:
        near = closest(text, _zones().values())
        raise word.wrong(f"I know no zone {shown(word.text)}.", f"Did you mean `{near}`?" if near else EXAMPLES)
    return ZoneInfo(name)


@cache
def _zones() -> dict[str, str]:
    """Names as `Europe/Paris` by their lower case; read once, from the system or the tzdata package."""
    return {name.casefold(): name for name in available_timezones() if "/" in name}


@cache
def _areas() -> frozenset[str]:
    return frozenset(name.partition("/")[0] for name in _zones())


def readings(local: datetime, where: tzinfo) -> tuple[datetime, ...]:
    """What a naive local time can mean, in UTC and in order: one instant, or two where the clock skips or repeats it.

    Of a time that is skipped these are the readings with the offset after and before the change.
    """
    both = {local.replace(tzinfo=where, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(both))


def instant(local: datetime, where: tzinfo, word: Word) -> datetime:
    """The one instant of a naive local time, in UTC; TwiceError with both readings if the clock skips or repeats it."""
    found = readings(local, where)
    if len(found) == 1:
        return found[0]
    first, second = found
    skipped = first.astimezone(where).replace(tzinfo=None) != local
    what = "does not exist" if skipped else "happens twice"
    why = "the clock is put forward over it" if skipped else "the clock is put back over it"
    there = " or ".join(
        f"`{one:%Y-%m-%d %H:%M} UTC` ({one.astimezone(where):%H:%M} there{'' if skipped else f', {name}'})"
        for one, name in ((first, "the first"), (second, "the second"))
    )
    problem = f"{local:%H:%M} {what} on {local:%Y-%m-%d} in {where}: {why}."
    error = TwiceError(problem, f"Write {there}.", text=word.line, start=word.start, end=word.end)
    error.readings = (first, second)
    raise error
