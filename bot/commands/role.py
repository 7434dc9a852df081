"""`/ops role`: gives a role to a person or a user group, has it go round, or takes it away again.

/ops role tech-lead|on-call|duty-officer @who [backup @who|none]
/ops role tech-lead|on-call|duty-officer backup @who|none   the owner stays
/ops role tech-lead|on-call|duty-officer none               owner and backup are to be assigned again
/ops role on-call rotate @a @b … daily|weekly from WHEN [backup @who]

WHEN is a day with or without a time and a zone: `monday`, `monday 08:00`, `2026-11-30 09:00 Europe/Paris`.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.commands.grammar import Usage
from bot.commands.moments import moment, moment_first
from bot.commands.people import Who, mentioned, who
from bot.commands.words import Line, Word, closest, shown, span, words
from bot.errors import WordError

ROLES = ("tech-lead", "on-call", "duty-officer")
ROTATING = "on-call"
MOST = 30  # people of a rotation
EVERY = ("daily", "weekly")
HANDOVER = "09:00"  # UTC, if nobody says when: not in the night
FARTHEST = timedelta(days=60)
NOBODY = ("none", "nobody")
EXAMPLE = "Write it like `role on-call rotate @ann @bob weekly from monday`."

USAGES = (
    Usage(
        "role tech-lead|on-call|duty-officer @who [backup @who]",
        "hand out a role",
        "role on-call @ann backup @bob",
        "role",
    ),
    Usage(
        "role NAME backup @who|none",
        "change the backup alone; with `none` there is nobody",
        "role on-call backup none",
        "role",
    ),
    Usage(
        "role NAME none",
        "take a role from its owner and backup: it is to be assigned again",
        "role on-call none",
        "role",
    ),
    Usage(
        "role on-call rotate @a @b … daily|weekly from WHEN",
        f"have on-call go round; it is handed over at {HANDOVER} UTC, or at the time that you add",
        "role on-call rotate @ann @bob weekly from monday",
        "role",
    ),
)


@dataclass(frozen=True)
class SetRole:
    """Give a role (one of ROLES) to somebody, with a backup or without one."""

    role: str
    owner: Who
    backup: Who | None = None


@dataclass(frozen=True)
class Rotate:
    """Have a role go round among two people or more, `every` being one of EVERY; `begins` is what was typed for it."""

    role: str
    people: tuple[Who, ...]
    every: str
    begins: Word
    backup: Who | None = None


@dataclass(frozen=True)
class SetBackup:
    """Change who stands in, the owner stays; None: nobody."""

    role: str
    backup: Who | None


@dataclass(frozen=True)
class ClearRole:
    """Nobody has the role any more, neither as owner nor as backup."""

    role: str


HandOut = SetRole | SetBackup | ClearRole | Rotate


def read(line: Line) -> HandOut:
    """What the words after `role` ask for."""
    if "rotate" in [word.key for word in line.words[2:4]]:
        return _rotate(line)
    role, at = _role_name(line, len(line.words))
    if at == len(line.words):
        raise line.rest(at).wrong(
            "Who is it?", f"Write `role {role} @ann`, with `backup @bob` if there is one, or `role {role} none`."
        )
    if line.words[at].key in NOBODY:
        _nothing_but_nobody(line, at + 1)
        return ClearRole(role)
    if line.words[at].key == "backup":
        return SetBackup(role, _backup(line, at))
    owner = who(line.words[at])
    backup = _backup(line, at + 1)
    if backup == owner:
        raise line.words[at + 2].wrong("The backup is the owner.", "Name somebody else, or nobody.")
    return SetRole(role, owner, backup)


def _backup(line: Line, at: int) -> Who | None:
    after = line.words[at:]
    if not after:
        return None
    if after[0].key != "backup":
        raise after[0].wrong(f"{shown(after[0].text)} does not belong here.", "Only `backup @who` may follow.")
    if len(after) < 2:
        raise line.rest(len(line.words)).wrong("Who is the backup?", "Write `backup @bob`, or `backup none`.")
    line.no_more_than(at + 2)
    return None if after[1].key in NOBODY else who(after[1])


def _nothing_but_nobody(line: Line, at: int) -> None:
    """After `none` for the owner only `backup none` says the same; a backup of nobody would be nobody's."""
    if _backup(line, at) is not None:
        word = line.words[at + 1]
        raise word.wrong("A role without an owner has no backup.", "Name the owner, or leave the backup out.")


def _role_name(line: Line, end: int) -> tuple[str, int]:
    """The role, however its words are joined (`on-call`, `oncall`, `on call`), and the place of the word after it."""
    choices = f"There are {', '.join(f'`{role}`' for role in ROLES)}."
    named = list(itertools.takewhile(lambda word: mentioned(word) is None, line.words[1:end]))
    if not named:
        raise (line.words[1] if len(line.words) > 1 else line.rest(1)).wrong("Which role?", choices)
    for count in (2, 1):
        joined = "".join(word.key for word in named[:count]).replace("-", "").replace("_", "")
        for role in ROLES:
            if joined == role.replace("-", ""):
                return role, 1 + len(named[:count])
    word = span(named)
    near = closest(word.text, ROLES)
    raise word.wrong(f"There is no role {shown(word.text)}.", f"Did you mean `{near}`?" if near else choices)


def _rotate(line: Line) -> Rotate:
    verb = next(place for place, word in enumerate(line.words) if place >= 2 and word.key == "rotate")
    role, _ = _role_name(line, verb)
    if role != ROTATING:
        raise line.words[verb].wrong(f"{role} does not go round, {ROTATING} does.", f"Name one: `role {role} @ann`.")
    named = list(itertools.takewhile(lambda word: mentioned(word) is not None, line.words[verb + 1 :]))
    people = _people(line, verb, named)
    at = verb + 1 + len(named)
    if at == len(line.words):
        raise line.rest(at).wrong("How often is it handed over?", EXAMPLE)
    if line.words[at].key not in EVERY:
        raise line.words[at].wrong(f"{shown(line.words[at].text)} is neither `daily` nor `weekly`.", EXAMPLE)
    begins, after = _beginning(line, at + 1)
    return Rotate(role, people, line.words[at].key, begins, _backup(line, after))


def _people(line: Line, verb: int, named: list[Word]) -> tuple[Who, ...]:
    if not named:
        if verb + 1 < len(line.words) and line.words[verb + 1].key not in (*EVERY, "from"):
            who(line.words[verb + 1])  # says what is wrong with it
        raise line.rest(verb + 1).wrong("Who takes turns?", EXAMPLE)
    people = []
    for word in named:
        one = who(word)
        if one.is_group:
            raise word.wrong("A rotation is of people, not of groups.", "Name each of them with @.")
        if one in people:
            raise word.wrong("The same person is in it twice.", "Name each of them once; the turns are equally long.")
        people.append(one)
    if len(people) == 1:
        raise named[0].wrong("One person cannot take turns.", f"Name two or more, or write `role {ROTATING} @ann`.")
    if len(people) > MOST:
        raise named[MOST].wrong(f"{len(people)} people are too many for a rotation.", f"{MOST} is the most.")
    return tuple(people)


def _beginning(line: Line, at: int) -> tuple[Word, int]:
    """What was typed after `from`, and the place after it; WordError if it is no time."""
    if at >= len(line.words) or line.words[at].key != "from":
        raise line.rest(at).wrong("From when?", EXAMPLE)
    end = next((place for place in range(at, len(line.words)) if line.words[place].key == "backup"), len(line.words))
    if at + 1 == end:
        raise line.rest(at + 1).wrong("From when?", EXAMPLE)
    return span(line.words[at + 1 : end]), end


def beginning(word: Word, now: datetime) -> datetime:
    """The moment of the first turn, in UTC; a day alone means HANDOVER. WordError if it is none, or far off."""
    some = words(word.text).words
    if len(some) == 1 and some[0].key != "now" and ":" not in some[0].text:
        when, _ = moment_first(words(f"{word.text} {HANDOVER}").words, now)
    else:
        when = moment(word.text, now)
    if when - now > FARTHEST:
        raise WordError(f"{when:%Y-%m-%d} is too far off.", f"{FARTHEST.days} days from now is the most.")
    if now - when > FARTHEST:
        raise WordError(
            f"{when:%Y-%m-%d} is long past.", f"Name a day of the last {FARTHEST.days} days, or a coming one."
        )
    return when
