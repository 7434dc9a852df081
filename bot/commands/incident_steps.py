"""The words of `/incident` that change one: its status, severity and owner, its end and what comes after.

An ID may stand before or after the value: `status 7KQ4 identified`, `sev 2 7KQ4`. Without one the incident is the
thread's, or the only one that is open.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.commands import durations, ids
from bot.commands.grammar import Usage, free_text
from bot.commands.people import mentioned, who
from bot.commands.words import Line, Word, closest, shown

RESOLUTION_LIMIT = 1_000  # as in the form of the card's button
STATUSES = ("investigating", "identified", "monitoring", "resolved", "closed")

MOST_SNOOZED = timedelta(hours=24)

_DURATION = re.compile(r"(?:[0-9]+(?:s|m|h|d|secs?|mins?|hrs?|hours?|days?))+")
_SEVERITY = re.compile(r"(?:sev-?)?([1-4])")

USAGES = (
    Usage("update [ID] TEXT", "say how it goes; the next reminder comes later", "update the fix is in", "update"),
    Usage("take [ID]", "own it yourself", "take", "take"),
    Usage("snooze [ID] [30m]", "no reminder for a while", "snooze 1h", "snooze"),
    Usage("status [ID] WORD", "it is investigating, identified or monitoring", "status identified", "status"),
    Usage("sev [ID] N", "change the severity: 1 (worst) to 4", "sev 1", "sev"),
    Usage("assign [ID] @who", "give it another owner", "assign @bob", "assign"),
    Usage("resolve [ID] TEXT", "say what fixed it", "resolve 7KQ4 fixed by a restart", "resolve"),
    Usage("reopen [ID] [WHY]", "it is not over after all", "reopen it is back", "reopen"),
    Usage("close [ID]", "a resolved one is done with", "close 7KQ4", "close"),
    Usage("duplicate [ID] of ID", "the first is about the same, and is closed", "duplicate 7KQ4 of 2M9X", "duplicate"),
)

# Words that people use for these and others of `/incident`, and what is meant.
OTHERS = {
    **{status: f"status {status}" for status in STATUSES[:3]},
    "resolved": "resolve TEXT", "fixed": "resolve TEXT", "fix": "resolve TEXT", "solved": "resolve TEXT",
    "done": "resolve TEXT", "end": "resolve TEXT", "closed": "close", "merge": "duplicate of 7KQ4",
    "ack": "take", "acknowledge": "take", "claim": "take", "own": "take", "mine": "take", "owner": "assign @bob",
    "severity": "sev", **{f"sev{number}": f"sev {number}" for number in range(1, 5)},
    "comment": "note TEXT", "log": "note TEXT", "find": "search WORDS", "timeline": "show",
    "postmortem": "summary", "post-mortem": "summary", "new": "open", "create": "open",
    "declare": "open",
}  # fmt: skip
_MYSELF, _THIS = ("me", "myself"), ("it", "this", "that")


@dataclass(frozen=True)
class SetStatus:
    """Set the status: one of `STATUSES`."""

    status: str
    id: str | None = None


@dataclass(frozen=True)
class Rate:
    """Set the severity, 1 (worst) to 4."""

    severity: int
    id: str | None = None


@dataclass(frozen=True)
class Assign:
    """Make this person (a user id) the owner."""

    who: str
    id: str | None = None


@dataclass(frozen=True)
class Resolve:
    """Resolve an incident (None: the thread's); the text, as it was typed, says what fixed it."""

    text: str
    id: str | None = None


@dataclass(frozen=True)
class Reopen:
    """Open a resolved or closed incident again; the text, as it was typed, may say why."""

    text: str = ""
    id: str | None = None


@dataclass(frozen=True)
class Close:
    """Close a resolved incident."""

    id: str | None = None


@dataclass(frozen=True)
class Update:
    """Say how it goes; the text is as it was typed."""

    text: str
    id: str | None = None


@dataclass(frozen=True)
class Take:
    """Make the person who says it the owner."""

    id: str | None = None


@dataclass(frozen=True)
class Snooze:
    """No reminder for this long."""

    length: timedelta = timedelta(minutes=30)
    id: str | None = None


@dataclass(frozen=True)
class Duplicate:
    """Close an incident (None: the thread's) as a duplicate of another one."""

    of: str
    id: str | None = None


OneStep = SetStatus | Rate | Assign | Resolve | Reopen | Close | Update | Take | Snooze  # of one incident alone
Step = OneStep | Duplicate


def _status(line: Line, known: Collection[str]) -> SetStatus:
    choices = f"It is {', '.join(f'`{one}`' for one in STATUSES[:3])}; `resolve TEXT` ends it."
    value, found = _value_and_id(line, known, "Which status?", choices)
    if value.key in STATUSES:
        return SetStatus(value.key, found)
    near = closest(value.text, STATUSES)
    raise value.wrong(f"There is no status {shown(value.text)}.", f"Did you mean `{near}`?" if near else choices)


def _sev(line: Line, known: Collection[str]) -> Rate:
    choices = "It is `1` (worst), `2`, `3` or `4`."
    value, found = _value_and_id(line, known, "Which severity?", choices)
    match = _SEVERITY.fullmatch(value.key)
    if match is None:
        raise value.wrong(f"There is no severity {shown(value.text)}.", choices)
    return Rate(int(match[1]), found)


def _assign(line: Line, known: Collection[str]) -> Assign | Take:
    value, found = _value_and_id(line, known, "Who is to own it?", "Write it like `assign @bob`.")
    if value.key in _MYSELF:
        return Take(found)
    person = who(value)
    if person.is_group:
        raise value.wrong("An incident is owned by one person.", "Name one with @, not a user group.")
    return Assign(person.id, found)


def _value_and_id(line: Line, known: Collection[str], missing: str, remedy: str) -> tuple[Word, str | None]:
    """The value and the incident's ID, in whichever order they stand."""
    line.no_more_than(3)
    if len(line.words) < 2:
        raise line.rest(1).wrong(missing, remedy)
    first = line.words[1]
    if len(line.words) == 2:
        return first, None
    second = line.words[2]
    if _is_value(first):
        return first, _id(second)
    if _is_value(second):
        return second, _id(first)
    # Neither is a value: what is complained of is the one that is not an ID.
    return (second if _is_id(first) or _ends_one(first, known) else first), None


def _ends_one(word: Word, known: Collection[str]) -> bool:
    found = ids.ending(word.text)
    return found is not None and any(one.endswith(found) for one in known)


def _is_value(word: Word) -> bool:
    return word.key in (*STATUSES, *_MYSELF) or bool(_SEVERITY.fullmatch(word.key)) or mentioned(word) is not None


def _id(word: Word) -> str:
    found = ids.ending(word.text)
    if found is None:
        problem = f"{shown(word.text)} is not an incident's ID."
        raise word.wrong(problem, "Write it like `INC-20261123-7KQ4`, or only its end, `7KQ4`.")
    return found


def _resolve(line: Line, known: Collection[str]) -> Resolve:
    found, at = ids.addressed(line, known, is_grave=True)
    text = free_text(line, at, "What fixed it?", "Say it after `resolve`, like `resolve fixed by a restart`.")
    if len(text) > RESOLUTION_LIMIT:
        problem = f"That has {len(text):,} characters; {RESOLUTION_LIMIT:,} is the most."
        raise line.rest(at).wrong(problem, "Say in short what fixed it, and put the rest in the thread.")
    return Resolve(text, found)


def _reopen(line: Line, known: Collection[str]) -> Reopen:
    found, at = ids.addressed(line, known, is_grave=True)
    return Reopen(line.rest(at).text, found)


def _close(line: Line, _: Collection[str]) -> Close:
    double = next((word for word in line.words[1:] if word.key == "duplicate"), None)
    if double is not None:
        raise double.wrong("That has a word of its own.", "Write `duplicate of 7KQ4` or `duplicate 2M9X of 7KQ4`.")
    return Close(_only_id(line))


def _duplicate(line: Line, _: Collection[str]) -> Duplicate:
    """`duplicate of B` in the thread of A, or `duplicate A of B`; which one stays is not guessed."""
    line.no_more_than(4)
    some = line.words[1:]
    if not some or some[-1].key == "of":
        raise line.rest(len(line.words)).wrong(
            "A duplicate of which one?", "Name it by the end of its ID: `duplicate of 7KQ4`."
        )
    if len(some) == 1 or some[-2].key != "of":
        said = " ".join(word.text for word in some[:-1] if word.key != "of")
        way = f"duplicate {said} of {some[-1].text}" if said else f"duplicate of {some[-1].text}"
        known = all(ids.ending(word.text) for word in some if word.key != "of")
        remedy = f"Did you mean `{way}`?" if known else "Write `duplicate of 7KQ4` or `duplicate 2M9X of 7KQ4`."
        raise some[-1].wrong("Which of them is to be closed?", remedy)
    return Duplicate(_id(some[-1]), _id(some[0]) if len(some) == 3 else None)


def _update(line: Line, known: Collection[str]) -> Update:
    found, at = ids.addressed(line, known)
    return Update(free_text(line, at, "How does it go?", "Say it after `update`, like `update the fix is in`."), found)


def _take(line: Line, _: Collection[str]) -> Take:
    return Take(_only_id(line))


def _only_id(line: Line) -> str | None:
    """The ID behind the word; "it" is the thread's incident, as without one."""
    line.no_more_than(2)
    return _id(line.words[1]) if len(line.words) > 1 and line.words[1].key not in _THIS else None


def _snooze(line: Line, _: Collection[str]) -> Snooze:
    """A duration and an ID, in any order; what reads as a duration is one."""
    some, found = list(line.words[1:]), None
    for at in (0, -1):
        if found is None and some and _is_id(some[at]):
            found = _id(some.pop(at))
    return Snooze(durations.duration(some, MOST_SNOOZED), found) if some else Snooze(id=found)


def _is_id(word: Word) -> bool:
    has_digit = any(character.isdigit() for character in word.text)
    return has_digit and not _DURATION.fullmatch(word.key) and len(ids.ending(word.text) or "") >= 4


VERBS: dict[str, Callable[[Line, Collection[str]], Step]] = {
    "update": _update,
    "take": _take,
    "snooze": _snooze,
    "status": _status,
    "sev": _sev,
    "assign": _assign,
    "resolve": _resolve,
    "reopen": _reopen,
    "close": _close,
    "duplicate": _duplicate,
}
