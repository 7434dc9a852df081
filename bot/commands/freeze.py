"""The words of `/maintenance` about freezes: `freeze FROM..TO REASON`, `unfreeze ID`, `except WINDOW REASON`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.commands.grammar import Usage
from bot.commands.moments import day, is_clock, moment, moment_first
from bot.commands.naming import Given, reason, window_of
from bot.commands.words import Line, Word, shown

_SPAN = re.compile(r"\.\.+|…")
_TO = ("to", "until", "till", "-", "–", "—")
_FREEZE = re.compile(r"(?:frz-)?(?:[0-9]{8}-|[0-9]{1,7}-)?[0-9]{4}")

USAGES = (
    Usage(
        "freeze FROM..TO REASON",
        "a period without maintenance, `FROM to TO` as well: the tech lead",
        "freeze 2099-12-20..2099-12-31 holidays",
        "freeze",
    ),
    Usage("unfreeze ID", "lift a freeze", "unfreeze FRZ-20261220-0000", "unfreeze"),
    Usage(
        "except WINDOW REASON",
        "hold a window in spite of a freeze, or put it off into one: the tech lead",
        "except MW-20261226-0200 security fix",
        "except",
    ),
)


@dataclass(frozen=True)
class Freeze:
    """A period without maintenance, in UTC."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True)
class Unfreeze:
    """Lift a freeze: its ID or the end of it."""

    freeze: str


@dataclass(frozen=True)
class Except:
    """Hold a window in spite of a freeze."""

    window: str
    reason: str


Step = Freeze | Unfreeze | Except


def _freeze(line: Line, given: Given) -> Freeze:
    """`FROM..TO`, or `FROM to TO`: each a day, or a day and a time; a day at the end counts whole."""
    remedy = "Write it like `freeze 2026-12-20..2027-01-03 holidays` or `freeze fri 18:00..mon 06:00 move`."
    begins = 2 if len(line.words) > 1 and line.words[1].key == "from" else 1
    at = _between(line, begins)
    if not at:
        raise line.rest(1).wrong("From when to when?", remedy)
    first, last = _cut(line.words[at])
    before = [*line.words[begins:at], *first]
    after = [*last, *line.words[at + 1 :]]
    if not before or not after:
        raise line.words[at].wrong("From when to when?", remedy)
    start = _begins(before, given.now)
    # A weekday is the next one after the beginning; `tomorrow` is told from now, wherever it stands.
    since = given.now if after[0].key in ("today", "tonight", "tomorrow") else start
    if len(after) < 2 or not is_clock(after[1].key):
        end, used = _midnight(after[0], since) + timedelta(days=1), 1
    else:
        end, used = moment_first(after, since)
    if end <= start:
        raise after[0].wrong("The freeze would end before it starts.", "Write the earlier time first.")
    return Freeze(start, end, reason(line, len(line.words) - len(after) + used))


def _between(line: Line, begins: int) -> int:
    """Where the end is told from the beginning: the first word with `..` in it, or `to` behind a beginning; 0 if none.

    What comes after it is the reason's: in `freeze now..fri move to the new room`, or in `freeze fri to mon moving...`.
    """
    some = ((n, word) for n, word in enumerate(line.words) if n >= begins and not word.quoted)
    return next((n for n, word in some if _SPAN.search(word.text) or (n > begins and word.key in _TO)), 0)


def _begins(some: list[Word], now: datetime) -> datetime:
    """A day alone begins at midnight, today now."""
    if len(some) > 1 or some[0].key == "now":
        return moment(some, now, ahead=True)
    start = _midnight(some[0], now)
    if start.date() < now.date():
        raise some[0].wrong("That is past.", "Begin with `now`, or with a day that is still to come.")
    return max(start, now.replace(second=0, microsecond=0))


def _cut(word: Word) -> tuple[list[Word], list[Word]]:
    found = _SPAN.search(word.text)
    if found is None:  # a `to`
        return [], []
    left = Word(word.text[: found.start()], word.start, word.start + found.start(), word.line)
    right = Word(word.text[found.end() :], word.start + found.end(), word.end, word.line)
    return [left] if left.text else [], [right] if right.text else []


def _midnight(word: Word, now: datetime) -> datetime:
    return datetime.combine(day(word, now), time(0), UTC)


def _unfreeze(line: Line, _: Given) -> Unfreeze:
    line.no_more_than(2)
    word = line.rest(1)
    if not _FREEZE.fullmatch(word.key):
        raise word.wrong(f"{shown(word.text)} is not a freeze's ID." if word.text else "Which freeze?",
                         "Write it like `unfreeze FRZ-20261220-0000`; `/maintenance` lists them.")  # fmt: skip
    return Unfreeze(word.key.upper())


def _except(line: Line, _: Given) -> Except:
    if len(line.words) < 2:
        raise line.rest(1).wrong("Which window?", "Write it like `except MW-20261226-0200 security fix`.")
    return Except(window_of(line.words[1]), reason(line, 2))


VERBS: dict[str, Callable[[Line, Given], Step]] = {"freeze": _freeze, "unfreeze": _unfreeze, "except": _except}
