"""What silences match: `NAME=VALUE`, also `!=`, `=~` (a pattern) and `!~`, separated by spaces or commas.

    alertname=HighLatency service="check out" instance=~"db-.*"

A value with spaces, commas or quotes in it stands in quotes; `\\"` is a quote inside them. `{` and `}` round all of
them, as Alertmanager writes them, are taken.

Never everything: one of them at least has to say a value. That is `NAME=VALUE` with a value, or a pattern each of whose
alternatives spells two letters or digits in a row that it cannot do without (`db-.*`, `prod|staging`). `alertname=~.*`,
`job!=loki`, `job=` alone are refused.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.words import Word, shown

MOST = 10
VALUE_LIMIT = 300
EXAMPLES = 'Write it like `job=loki` or `alertname=HighLatency instance=~"db-.*"`.'

_BEGIN = re.compile(r"[\s,{]*([^\s=!~\"'“”{},]+?)(=~|!~|!=|=)")
_CLOSING = {'"': '"”“', "“": '”"“', "„": '“”"', "'": "'’", "‘": "’'", "«": "»"}
_GROUP = re.compile(r"^\?(?:[A-Za-z-]*:|P?<\w+>)")  # how a group begins that has flags or a name
_SKIPPED = re.compile(r"[\s,}]*")


@dataclass(frozen=True)
class Matcher:
    """One comparison: a label's name, one of `=`, `!=`, `=~`, `!~`, and a value."""

    name: str
    op: str
    value: str


def matchers(text: str, start: int = 0) -> tuple[tuple[Matcher, ...], int]:
    """The matchers from `start` on, one at least, and where what follows them begins.

    Raises WordError, also where they say too little.
    """
    found: list[Matcher] = []
    at = start
    while begun := _BEGIN.match(text, at):
        if len(found) == MOST:
            raise _at(text, begun.start(1), begun.end()).wrong(f"{MOST} matchers are the most.", "Leave some out.")
        value, at = _value(text, begun.end())
        word = _at(text, begun.start(1), at)
        if len(value) > VALUE_LIMIT:
            raise word.wrong(f"That value has {len(value):,} characters; {VALUE_LIMIT} is the most.")
        if "~" in begun[2]:
            _check_pattern(word, value)
        found.append(Matcher(begun[1], begun[2], value))
    skipped = _SKIPPED.match(text, at)
    at = skipped.end() if skipped else at
    if not found:
        rest = _at(text, at, len(text))
        raise rest.wrong("What is to be silenced?", EXAMPLES)
    if not any(map(narrows, found)):
        problem = f"{shown(text[start:at].strip())} could silence everything."
        remedy = "Say at least one value, like `job=loki`; a pattern counts if it spells something out."
        raise _at(text, start, at).wrong(problem, remedy)
    return tuple(found), at


def narrows(one: Matcher) -> bool:
    """Whether it leaves out most alerts: see the rule above."""
    if one.op == "=":
        return bool(one.value.strip())
    return one.op == "=~" and all(map(_spells, _alternatives(one.value)))


def _value(text: str, at: int) -> tuple[str, int]:
    closing = _CLOSING.get(text[at : at + 1])
    if closing is None:
        end = at
        while end < len(text) and not text[end].isspace() and text[end] not in ",}":
            end += 1
        return text[at:end], end
    value: list[str] = []
    place = at + 1
    while place < len(text):
        if text[place] == "\\" and place + 1 < len(text) and text[place + 1] in closing + "\\":
            value.append(text[place + 1])
            place += 2
        elif text[place] in closing:
            return "".join(value), place + 1
        else:
            value.append(text[place])
            place += 1
    raise _at(text, at, len(text)).wrong("That quote is never closed.", EXAMPLES)


def _check_pattern(word: Word, pattern: str) -> None:
    """Only that it is one at all, by Python's rules, which are close; Alertmanager has the last word."""
    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of `[[:alpha:]]`, which Go has
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        raise word.wrong(f"{shown(pattern)} is not a pattern.", "For plain text write `=` instead of `=~`.") from None


def _alternatives(pattern: str) -> Sequence[str]:
    """The parts between the `|` outside of all brackets; one pair of brackets round the whole is taken off."""
    parts: list[str] = []
    depth = begin = at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] == "[":
            at = _after_class(pattern, at) - 1
        elif pattern[at] in "()":
            depth += 1 if pattern[at] == "(" else -1
            if not depth and begin == 0 and at == len(pattern) - 1 and not parts and pattern[0] == "(":
                return _alternatives(_GROUP.sub("", pattern[1:-1])) if _is_one_group(pattern) else [pattern]
        elif pattern[at] == "|" and not depth:
            parts.append(pattern[begin:at])
            begin = at + 1
        at += 1
    return [*parts, pattern[begin:]]


def _is_one_group(pattern: str) -> bool:
    """Whether the bracket that opens first closes last: `(a|b)`, not `(a)|(b)`."""
    depth, at = 0, 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] == "[":
            at = _after_class(pattern, at) - 1
        elif pattern[at] in "()":
            depth += 1 if pattern[at] == "(" else -1
            if not depth:
                return at == len(pattern) - 1
        at += 1
    return False


def _spells(alternative: str) -> bool:
    """Whether it has two letters or digits in a row, outside of all brackets, that no quantifier makes optional."""
    run, depth, at = 0, 0, 0
    while at < len(alternative):
        character = alternative[at]
        is_plain = not depth and character.isalnum()
        if character == "[":
            at = _after_class(alternative, at) - 1
        elif character == "\\":
            at += 1
        elif character == "{" and (end := alternative.find("}", at)) > 0:
            at = end  # how often something is repeated spells nothing
        elif character in "()":
            depth += 1 if character == "(" else -1
        following = alternative[at + 1 : at + 2]
        run = run + 1 if is_plain and following not in ("*", "?", "{") else 0
        if run == 2:
            return True
        at += 1
    return False


def _after_class(pattern: str, at: int) -> int:
    """The place after the `]` that closes the `[` at this place."""
    place = at + 1
    place += pattern[place : place + 1] == "^"
    place += pattern[place : place + 1] == "]"  # which comes first, and so is one of the characters
    while place < len(pattern) and pattern[place] != "]":
        if pattern[place : place + 2] == "[:" and (end := pattern.find(":]", place)) > 0:
            place = end + 1  # a class of its own, as in `[[:alpha:]_]`
        place += 2 if pattern[place] == "\\" else 1
    return place + 1


def _at(text: str, start: int, end: int) -> Word:
    return Word(text[start:end].strip(), start, end, text)
