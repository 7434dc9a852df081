"""The words of `/maintenance` that make and change windows and freezes.

A window may be named before the text: by its ID or the end of it (`cancel 1400 vendor is late`), or by its date.
Without a name it is the thread's, or the only one that the word fits.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.commands import ids
from bot.commands.durations import duration, duration_first
from bot.commands.grammar import Usage, free_text
from bot.commands.moments import day, is_clock, moment, moment_first
from bot.commands.words import Line, Word, is_blank, shown, title, words_of

LENGTH = timedelta(hours=2)  # of a window, if nobody says how long
MOST = timedelta(days=7)
SCOPE_LIMIT, REASON_LIMIT = 1_500, 500

_WHOLE = re.compile(r"(?:mw-)?[0-9]{8}-[0-9]{4}")
_PART = re.compile(r"[0-9]{1,7}-[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}")
_INFRA = ("infra", "infrastructure")
_MATCHER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:=~|!~|!=|=).+")
_SPAN = re.compile(r"\.\.+|…")
_FREEZE = re.compile(r"(?:frz-)?(?:[0-9]{8}-|[0-9]{1,7}-)?[0-9]{4}")

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
    Usage("skip DATE REASON", "no weekly window on that day", "skip 2099-12-26 holidays", "skip"),
    Usage("move DATE|WINDOW to WHEN", "hold it at another time", "move sat to sun 03:00", "move"),
    Usage(
        "freeze FROM..TO REASON",
        "a period without maintenance: the tech lead",
        "freeze 2099-12-20..2099-12-31 holidays",
        "freeze",
    ),
    Usage("unfreeze ID", "lift a freeze", "unfreeze FRZ-20261220-0000", "unfreeze"),
    Usage(
        "except WINDOW REASON",
        "hold a window in spite of a freeze: the tech lead",
        "except MW-20261226-0200 security fix",
        "except",
    ),
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
    """Say what is done; `silencing` has matchers as they were typed."""

    text: str
    is_infra: bool = False
    silencing: tuple[str, ...] = ()
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
    """Call the weekly window of a day off."""

    day: date
    reason: str


@dataclass(frozen=True)
class Move:
    """Hold a window at another time: the weekly one of a day, or one by its ID."""

    what: date | str
    to: datetime


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


Step = (
    ScheduleForm | Schedule | Scope | Approve | Reject | Start | Extend | End | Rollback | Cancel | Skip | Move | Freeze
    | Unfreeze | Except
)  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What reading needs beside the words: the IDs of the windows there are, and the time."""

    known: Collection[str]
    now: datetime


def length_of(text: str) -> timedelta:
    """The length of a window, as a form has it."""
    return duration(text, MOST) if text.strip() else LENGTH


def _schedule(line: Line, given: Given) -> Schedule | ScheduleForm:
    """The length stands behind the time, or at the end behind the last `for`."""
    if len(line.words) == 1:
        return ScheduleForm()
    start, used = moment_first(line.words[1:], given.now, ahead=True)
    some, at = line.words, 1 + used
    if at < len(some) and some[at].key == "for":
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


def between(line: Line, first: int, end: int) -> Word:
    """The words from `first` up to `end` as one; empty where there are none."""
    some = line.words[first:end]
    if not some:
        place = line.words[first].start if first < len(line.words) else len(line.text)
        return Word("", place, place, line.text)
    if len(some) == 1:
        return some[0]
    return Word(line.text[some[0].start : some[-1].end], some[0].start, some[-1].end, line.text)


def _scope(line: Line, given: Given) -> Scope:
    found, at = _addressed(line, given)
    some = line.words
    end = next((n for n in range(at, len(some)) if some[n].key == "silencing" and n + 1 < len(some)), len(some))
    matchers = some[end + 1 :]
    if not all(_MATCHER.fullmatch(word.text) for word in matchers):
        end, matchers = len(some), ()  # "silencing" is a word of the text
    text = between(line, at, end)
    if is_blank(text.text):
        raise text.wrong("What is to be done?", "Say it after `scope`, like `scope upgrade Loki to 3.2`.")
    if len(text.text) > SCOPE_LIMIT:
        raise text.wrong(f"That has {len(text.text):,} characters; {SCOPE_LIMIT:,} is the most.", "Say it shorter.")
    return Scope(text.text, is_infra(text.text), tuple(word.text for word in matchers), found)


def is_infra(text: str) -> bool:
    """Whether a scope has the word infra or infrastructure, as `infra`, `#infra` or `[infra]`."""
    return any(word.key.strip("#[]():") in _INFRA for word in words_of(text))


def _reason(line: Line, at: int) -> str:
    verb = line.words[0].key
    text = free_text(line, at, "Why?", f"Say it after `{verb}`, so that the others know.")
    if len(text) > REASON_LIMIT:
        raise line.rest(at).wrong(f"That has {len(text):,} characters; {REASON_LIMIT} is the most.", "Say it shorter.")
    return text


def _addressed(line: Line, given: Given) -> tuple[str | None, int]:
    """The window that the word after the verb names, if it is no word of the text, and where the text begins."""
    if len(line.words) < 2 or line.words[1].quoted:
        return None, 1
    word = line.words[1]
    text = word.key.strip("`*_")
    if _WHOLE.fullmatch(text):
        return ids.window(text), 2
    wanted = ids.window(text) if _PART.fullmatch(text) else None
    fits = wanted is not None and any(
        one.startswith(wanted) if wanted.endswith("-") else one.endswith(wanted) for one in given.known
    )
    return (wanted, 2) if fits else (None, 1)


def _only_window(line: Line, at: int) -> str | None:
    line.no_more_than(at + 1)
    return _window(line.words[at]) if len(line.words) > at else None


def _window(word: Word) -> str:
    found = ids.window(word.text)
    if found is None:
        raise word.wrong(f"{shown(word.text)} is not a window's ID.", "Write it like `MW-20261128-0200`, or its date.")
    return found


def _extend(line: Line, _: Given) -> Extend:
    by, used = duration_first(line.words[1:], MOST)
    return Extend(by, _only_window(line, 1 + used))


def _skip(line: Line, given: Given) -> Skip:
    if len(line.words) < 2:
        raise line.rest(1).wrong("Which day?", "Write it like `skip 2026-12-26 holidays`.")
    return Skip(day(line.words[1], given.now), _reason(line, 2))


def _move(line: Line, given: Given) -> Move:
    if len(line.words) < 3 or line.words[2].key != "to":
        raise line.rest(1).wrong("Which window, and to when?", "Write it like `move 2026-11-28 to sun 03:00`.")
    word = line.words[1]
    named = ids.window(word.text)
    what = named if named and not named.endswith("-") else day(word, given.now)
    return Move(what, moment(line.words[3:], given.now, ahead=True))


def _freeze(line: Line, given: Given) -> Freeze:
    """`FROM..TO`: each a day, or a day and a time; a day at the end counts whole."""
    remedy = "Write it like `freeze 2026-12-20..2027-01-03 holidays` or `freeze fri 18:00..mon 06:00 move`."
    at = next((n for n, word in enumerate(line.words) if n and not word.quoted and _SPAN.search(word.text)), 0)
    if not at:
        raise line.rest(1).wrong("From when to when?", remedy)
    first, last = _cut(line.words[at])
    before = [*line.words[1:at], *first]
    after = [*last, *line.words[at + 1 :]]
    if not before or not after:
        raise line.words[at].wrong("From when to when?", remedy)
    start = _begins(before, given.now)
    if len(after) < 2 or not is_clock(after[1].key):
        end, used = _midnight(after[0], start) + timedelta(days=1), 1
    else:
        end, used = moment_first(after, start)
    if end <= start:
        raise after[0].wrong("The freeze would end before it starts.", "Write the earlier time first.")
    begins = len(line.words) - len(after) + used
    return Freeze(start, end, _reason(line, begins))


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
    if found is None:
        return [word], []
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
    return Except(_window(line.words[1]), _reason(line, 2))


def _reject(line: Line, given: Given) -> Reject:
    found, at = _addressed(line, given)
    return Reject(_reason(line, at), found)


def _rollback(line: Line, given: Given) -> Rollback:
    found, at = _addressed(line, given)
    return Rollback(_reason(line, at), found)


def _cancel(line: Line, given: Given) -> Cancel:
    found, at = _addressed(line, given)
    return Cancel(_reason(line, at), found)


VERBS: dict[str, Callable[[Line, Given], Step]] = {
    "schedule": _schedule,
    "scope": _scope,
    "approve": lambda line, _: Approve(_only_window(line, 1)),
    "reject": _reject,
    "start": lambda line, _: Start(_only_window(line, 1)),
    "extend": _extend,
    "end": lambda line, _: End(_only_window(line, 1)),
    "rollback": _rollback,
    "cancel": _cancel,
    "skip": _skip,
    "move": _move,
    "freeze": _freeze,
    "unfreeze": _unfreeze,
    "except": _except,
}
