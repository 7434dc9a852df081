"""The words of `/maintenance` that make and change windows.

A window may be named before the text: by its ID or the end of it (`cancel 1400 vendor is late`), or by its date.
Without a name it is the thread's, or the only one that the word fits.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.commands import ids
from bot.commands.durations import duration, duration_first
from bot.commands.grammar import Usage
from bot.commands.matchers import Matcher, matchers
from bot.commands.moments import day, is_clock, moment, moment_first
from bot.commands.naming import Given, addressed, between, only_window, reason, window_first
from bot.commands.words import Line, Word, is_blank, title, words_of

LENGTH = timedelta(hours=2)  # of a window, if nobody says how long
MOST = timedelta(days=7)
SCOPE_LIMIT = 1_500

_UNTIL = ("until", "till", "to", "-")
_INFRA = ("infra", "infrastructure")
_COMPARES = re.compile(r"[{,]?[A-Za-z_][A-Za-z0-9_]*(?:=~|!~|!=|=)")
_COMPARED = re.compile(r"=~|!~|!=|=")

USAGES = (
    Usage("schedule", "plan a window in a form", "schedule", "schedule"),
    Usage(
        "schedule WHEN [for 2h] TITLE", "the same in one line", 'schedule sat 14:00 for 90m "Upgrade Loki"', "schedule"
    ),
    Usage(
        "scope [WINDOW] TEXT [silencing NAME=VALUE …]",
        "what is done in it, for the tech lead's yes; with the word infra also for the duty officer's",
        "scope upgrade Loki to 3.2 silencing job=loki",
        "scope",
    ),
    Usage("approve [WINDOW]", "yes to the scope; nobody approves their own", "approve", "approve"),
    Usage("reject [WINDOW] REASON", "no to the scope", "reject no rollback plan", "reject"),
    Usage("start [WINDOW]", "begin it now, early or late", "start", "start"),
    Usage("extend 30m [WINDOW]", "put its end off", "extend 30m", "extend"),
    Usage("end [WINDOW]", "end it now", "end", "end"),
    Usage("rollback [WINDOW] REASON", "order a rollback: the tech lead or the backup", "rollback no logs", "rollback"),
    Usage("cancel [WINDOW] REASON", "call one off", "cancel the vendor is late", "cancel"),
    Usage("skip DATE|WINDOW REASON", "no weekly window on that day", "skip 2099-12-26 holidays", "skip"),
    Usage("move DATE|WINDOW to WHEN", "hold it at another time", "move sat to sun 03:00", "move"),
)


@dataclass(frozen=True)
class ScheduleForm:
    """Ask in a form."""


@dataclass(frozen=True)
class Schedule:
    """Plan a window: from `start` (UTC), so long, with a clean title."""

    start: datetime
    length: timedelta
    title: str


@dataclass(frozen=True)
class Scope:
    """Say what is done; `silencing` has what is silenced meanwhile."""

    text: str
    is_infra: bool = False
    silencing: tuple[Matcher, ...] = ()
    window: str | None = None


@dataclass(frozen=True)
class Approve:
    """Approve the scope of a window (None: the only one that waits for it)."""

    window: str | None = None


@dataclass(frozen=True)
class Reject:
    """Reject it."""

    reason: str
    window: str | None = None


@dataclass(frozen=True)
class Start:
    """Begin a window."""

    window: str | None = None


@dataclass(frozen=True)
class Extend:
    """Put the end of a window off."""

    by: timedelta
    window: str | None = None


@dataclass(frozen=True)
class End:
    """End a window."""

    window: str | None = None


@dataclass(frozen=True)
class Rollback:
    """Order a rollback."""

    reason: str
    window: str | None = None


@dataclass(frozen=True)
class Cancel:
    """Call a window off."""

    reason: str
    window: str | None = None


@dataclass(frozen=True)
class Skip:
    """Call the weekly window of a day off, or the one with an ID."""

    what: date | str
    reason: str


@dataclass(frozen=True)
class Move:
    """Hold a window at another time: the weekly one of a day, or one by its ID."""

    what: date | str
    to: datetime


Step = ScheduleForm | Schedule | Scope | Approve | Reject | Start | Extend | End | Rollback | Cancel | Skip | Move


def length_of(text: str) -> timedelta:
    """The length of a window, as a form has it."""
    return duration(text, MOST) if text.strip() else LENGTH


def _schedule(line: Line, given: Given) -> Schedule | ScheduleForm:
    """The length stands behind the time, or at the end behind the last `for`."""
    if len(line.words) == 1:
        return ScheduleForm()
    start, used = moment_first(line.words[1:], given.now, ahead=True)
    some, at = line.words, 1 + used
    if at + 1 < len(some) and some[at].key in _UNTIL and is_clock(some[at + 1].key):
        until = between(line, at, at + 2)
        raise until.wrong("When it ends is said as a length.", "Write `for 2h` behind the start.")
    if at < len(some) and some[at].key == "for":
        if at + 1 == len(some):
            raise some[at].wrong("For how long?", 'Write it like `schedule sat 14:00 for 90m "Upgrade Loki"`.')
        length, taken = duration_first(some[at + 1 :], MOST)
        return Schedule(start, length, _title(line, at + 1 + taken, len(some)))
    for index in range(len(some) - 1, at, -1):
        if some[index - 1].key == "for" and some[index].key[:1].isdigit():
            return Schedule(start, duration(some[index:], MOST), _title(line, at, index - 1))
    return Schedule(start, LENGTH, _title(line, at, len(some)))


def _title(line: Line, first: int, end: int) -> str:
    word = between(line, first, end)
    if is_blank(word.text):
        raise word.wrong("What is the window for?", 'Say it last, like `schedule sat 14:00 for 90m "Upgrade Loki"`.')
    return title(word)


def _scope(line: Line, given: Given) -> Scope:
    found, at = addressed(line, given)
    some = line.words
    # Without anything to compare after it, "silencing" is a word of the text.
    compared = (n for n in range(at, len(some) - 1) if some[n].key == "silencing" and _COMPARES.match(some[n + 1].text))
    end = next(compared, len(some))
    if end == len(some):
        _must_not_mean_to_silence(some[at:])
    silenced = _silenced(line, end) if end < len(some) else ()
    text = between(line, at, end)
    if is_blank(text.text):
        raise text.wrong("What is to be done?", "Say it after `scope`, like `scope upgrade Loki to 3.2`.")
    if len(text.text) > SCOPE_LIMIT:
        raise text.wrong(f"That has {len(text.text):,} characters; {SCOPE_LIMIT:,} is the most.", "Say it shorter.")
    return Scope(text.text, is_infra(text.text), silenced, found)


def _must_not_mean_to_silence(words: Sequence[Word]) -> None:
    """Taken for text, `silencing job = loki` or a last `silencing` would silence nothing, and nobody would know."""
    for n, word in enumerate(words):
        is_apart = n + 2 < len(words) and _COMPARED.match(words[n + 2].text)
        if word.key == "silencing" and not word.quoted and (is_apart or n == len(words) - 1):
            remedy = "Write it without spaces, like `silencing job=loki`, or the whole text in quotes."
            raise word.wrong("What is to be silenced?", remedy)


def _silenced(line: Line, at: int) -> tuple[Matcher, ...]:
    found, end = matchers(line.text, line.words[at].end)
    rest = [n for n, word in enumerate(line.words) if word.start >= end]
    if rest:
        raise line.rest(rest[0]).wrong("That does not belong to what is silenced.", "Nothing may follow the matchers.")
    return found


def is_infra(text: str) -> bool:
    """Whether a scope has the word infra or infrastructure, as `infra`, `#infra` or `[infra]`."""
    return any(word.key.strip("#[]():") in _INFRA for word in words_of(text))


def _extend(line: Line, given: Given) -> Extend:
    """The window stands behind the time, or before it as elsewhere."""
    found, at = window_first(line, given)
    if len(line.words) <= at:
        raise line.rest(at).wrong("By how long?", "Write it like `extend 30m`.")
    if line.words[at].key == "by" and at + 1 < len(line.words):
        at += 1
    by, used = duration_first(line.words[at:], MOST)
    if found is None:
        return Extend(by, only_window(line, at + used))
    line.no_more_than(at + used)
    return Extend(by, found)


def _skip(line: Line, given: Given) -> Skip:
    if len(line.words) < 2:
        raise line.rest(1).wrong("Which day?", "Write it like `skip 2026-12-26 holidays`.")
    return Skip(_day_or_window(line.words[1], given), reason(line, 2))


def _move(line: Line, given: Given) -> Move:
    if len(line.words) < 3 or line.words[2].key != "to":
        raise line.rest(1).wrong("Which window, and to when?", "Write it like `move 2026-11-28 to sun 03:00`.")
    return Move(_day_or_window(line.words[1], given), moment(line.words[3:], given.now, ahead=True))


def _day_or_window(word: Word, given: Given) -> date | str:
    named = ids.window(word.text)
    return named if named and not named.endswith("-") else day(word, given.now)


def _now(line: Line) -> str | None:
    """The window, if one is named. `end now` says what `end` does; a word `now` may stand before it or behind it."""
    some = line.words
    if len(some) > 1 and some[1].key == "now":
        return only_window(line, 2)
    if len(some) == 3 and some[2].key == "now":
        return only_window(replace(line, words=some[:2]), 1)
    return only_window(line, 1)


def _reject(line: Line, given: Given) -> Reject:
    found, at = addressed(line, given)
    return Reject(reason(line, at), found)


def _rollback(line: Line, given: Given) -> Rollback:
    found, at = addressed(line, given)
    return Rollback(reason(line, at), found)


def _cancel(line: Line, given: Given) -> Cancel:
    found, at = addressed(line, given)
    return Cancel(reason(line, at), found)


VERBS: dict[str, Callable[[Line, Given], Step]] = {
    "schedule": _schedule,
    "scope": _scope,
    "approve": lambda line, _: Approve(only_window(line, 1)),
    "reject": _reject,
    "start": lambda line, _: Start(_now(line)),
    "extend": _extend,
    "end": lambda line, _: End(_now(line)),
    "rollback": _rollback,
    "cancel": _cancel,
    "skip": _skip,
    "move": _move,
}
