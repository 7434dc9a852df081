"""Durations that people type: `30s`, `90m`, `1h30m`, `2 hours`."""

import itertools
import re
from collections.abc import Sequence
from datetime import timedelta

from bot.commands.words import Source, Word, shown, span, words_of
from bot.errors import WordError

MOST = timedelta(days=31)
EXAMPLES = "Write it like `30m`, `2h` or `1h30m`."

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
}
_COMPACT = re.compile(r"(?:[0-9]+[a-z]+)+")
_PART = re.compile(r"([0-9]+)([a-z]+)")
_NUMBER = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"([0-9]{1,4})[.,]([0-9]{1,4})([a-z]+)")
_ORDER = "smhd"


def duration(source: Source, most: timedelta = MOST) -> timedelta:
    """The whole of `source` as a duration above 0 and up to `most`, else WordError."""
    some = words_of(source)
    value, used = duration_first(some, most)
    if used < len(some):
        extra = span(some[used:])
        raise extra.wrong(f"{shown(extra.text)} does not belong to a duration.", EXAMPLES)
    return value


def duration_first(some: Sequence[Word], most: timedelta = MOST) -> tuple[timedelta, int]:
    """The duration that `some` words begin with, and how many of them it took: larger units come first (`1h 30m`)."""
    if not some:
        raise WordError("The duration is missing.", EXAMPLES)
    parts, used = _parts_at(some, 0)
    if not parts:
        raise _refused(some[0])
    while True:
        more, now_used = _parts_at(some, used)
        if not more or not _known(more) or not _descending(parts + more):
            break
        parts, used = parts + more, now_used
    word = span(some[:used])
    if not _known(parts):
        unknown = next(unit for _, unit in parts if unit not in _UNITS)
        raise word.wrong(f"{shown(unknown)} is not a unit of time.", "Use `s`, `m`, `h` or `d`, as in `1h30m`.")
    if not _descending(parts):
        raise word.wrong(
            f"{shown(word.text)} is not in order.", "Write each unit once, the larger first, as in `1h30m`."
        )
    if any(len(number) > 9 for number, _ in parts):
        raise _too_long(word, most)
    value = timedelta(seconds=sum(int(number) * _SECONDS[_UNITS[unit]] for number, unit in parts))
    if not value:
        raise word.wrong(f"{shown(word.text)} is no time at all.", EXAMPLES)
    if value > most:
        raise _too_long(word, most)
    return value, used


def _parts_at(some: Sequence[Word], at: int) -> tuple[list[tuple[str, str]], int]:
    """The numbers and units of the word at `at` (or of a number and the unit after it), and where the next one is."""
    if at >= len(some):
        return [], at
    word = some[at].key
    if _COMPACT.fullmatch(word):
        return _PART.findall(word), at + 1
    if _NUMBER.fullmatch(word) and at + 1 < len(some) and some[at + 1].key in _UNITS:
        return [(word, some[at + 1].key)], at + 2
    return [], at


def _known(parts: list[tuple[str, str]]) -> bool:
    return all(unit in _UNITS for _, unit in parts)


def _descending(parts: list[tuple[str, str]]) -> bool:
    order = [_ORDER.find(_UNITS.get(unit, "?")) for _, unit in parts]
    return all(larger > smaller for larger, smaller in itertools.pairwise(order))


def _too_long(word: Word, most: timedelta) -> WordError:
    return word.wrong(f"{shown(word.text)} is too long: {compact(most)} is the most.", EXAMPLES)


def _refused(word: Word) -> WordError:
    """Why this word does not begin a duration, and what was probably meant."""
    text = word.key
    if _NUMBER.fullmatch(text) and text.strip("0"):
        return word.wrong(f"{shown(word.text)} has no unit.", f"Did you mean `{text[:9]}m`?")
    if text.startswith("-") and (_COMPACT.fullmatch(text[1:]) or _NUMBER.fullmatch(text[1:])):
        return word.wrong(f"{shown(word.text)} is negative.", "A duration is more than nothing, like `30m`.")
    decimal = _DECIMAL.fullmatch(text)
    if decimal and decimal[3] in _UNITS:
        value = timedelta(seconds=round(float(f"{decimal[1]}.{decimal[2]}") * _SECONDS[_UNITS[decimal[3]]]))
        meant = f"Did you mean `{compact(value)}`?" if value else EXAMPLES
        return word.wrong("A duration has whole numbers.", meant)
    return word.wrong(f"{shown(word.text)} is not a duration.", EXAMPLES)


def compact(value: timedelta) -> str:
    """A duration of whole seconds as `duration` reads it back: `1d2h`, `1h30m`."""
    left, parts = int(value.total_seconds()), []
    for unit in "dhms":
        count, left = divmod(left, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
