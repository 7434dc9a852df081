"""Words that several commands have: which one is meant, as far as what follows tells, else how to say each.

In a thread its own commands come first, as long as they can take the words: in a window's, `close` ends the checklist
and `close 7KQ4` the incident. What would change something of the other kind there names it, or its command.
"""

import re
from collections.abc import Callable, Collection, Sequence

from bot.commands import checklist, ids, incident, incident_steps, maintenance, window
from bot.commands.grammar import Command
from bot.commands.words import Line, shown, words
from bot.errors import NotFoundError, UserError, WordError

ENDING = 4  # characters of an incident's ID that a word without digits has at least
LONGEST = 40  # characters of what follows that are repeated

_READERS: dict[str, Callable[[str], object]] = {
    "checklist": checklist.parse,
    "maintenance": maintenance.parse,
    "incident": incident.parse,
}
# What is done to the only one that fits, where nobody names one: in the thread of something else nobody means that.
_WINDOW_STEPS = (
    window.Scope, window.Approve, window.Reject, window.Start,
    window.Extend, window.End, window.Rollback, window.Cancel,
)  # fmt: skip
_INCIDENT = re.compile(r"inc-[0-9]{8}-[0-9a-z]{4}")
_ITEM = re.compile(r"#?[0-9]{1,2}")


def ending_in(text: str) -> str | None:
    """The ending of an incident's ID that the word behind the first may be; None if it cannot be one."""
    some = words(text).words[:2]
    found = ids.ending(some[1].text) if len(some) == 2 else None
    return found if found is not None and len(found) >= ENDING else None


def here_or_elsewhere(line: Line, own: str, owners: Sequence[str], known: Collection[str]) -> str:
    """Which of the commands a word in the thread of `own` is for. `known` are the incidents that it may name."""
    second = line.words[1].key.strip("`*_") if len(line.words) > 1 else ""
    if "incident" in owners and (_INCIDENT.fullmatch(second) or (own == "checklist" and _notes(line, known))):
        return "incident"
    if _can_take(own, line.text) or (second.isalpha() and not known):
        return own
    other = meant(line, owners)
    return own if other is None or nameless(line, other, (own,)) else other


def _notes(line: Line, known: Collection[str]) -> bool:
    """Whether it is a note to an incident; one that nobody knows is a word of the note."""
    if line.words[0].key != "note" or len(line.words) < 3:
        return False
    try:
        return ids.first_id(line.words[1], known) is not None
    except NotFoundError:
        return bool(known)


def nameless(line: Line, name: str, here: Sequence[str]) -> WordError | None:
    """What is wrong with changing a window from an incident's thread, or the other way round, without naming it."""
    if not here or name in here or name not in _READERS:
        return None
    try:
        said = _READERS[name](line.text)
    except (UserError, KeyError):
        return None  # its own command says what is wrong
    if isinstance(said, _WINDOW_STEPS):
        named, thread, what = said.window, "an incident's", "a window"
    elif isinstance(said, incident_steps.Step):
        named, thread, what = said.id, "a window's", "an incident"
    elif isinstance(said, checklist.Lesson):  # an incident has a lesson too, which its card asks for
        named, thread, what = None, "an incident's", "a window's checklist"
    else:
        return None
    if named is not None:
        return None
    verb = line.words[0]
    problem = f"This thread is {thread}, and {shown(verb.text)} is said of {what}."
    return verb.wrong(problem, f"If you mean it, mention me with `{name} {verb.key}{_after(line)}`.")


def meant(line: Line, owners: Sequence[str]) -> str | None:
    """The only one of these commands that can take the line; None if several can, or none.

    `assign @bob` is an incident's, `assign 2 @bob` a checklist's; `close 7KQ4` and whatever names a whole incident's
    ID is an incident's; `close` alone may be either.
    """
    second = line.words[1].key.strip("`*_") if len(line.words) > 1 else ""
    if "incident" in owners and _INCIDENT.fullmatch(second):
        return "incident"
    able = [name for name in owners if _can_take(name, line.text)]
    if "checklist" in able and line.words[0].key == "assign" and _ITEM.fullmatch(second.partition(",")[0]):
        return "checklist"  # an ending of so few characters names no incident here
    if len(able) != 1 or (able == ["incident"] and second.isalpha() and len(second) < ENDING):
        return None  # "close it" names no incident, though "it" could be the end of an ID
    return able[0]


def _can_take(name: str, text: str) -> bool:
    try:
        _READERS[name](text)
    except NotFoundError:
        return True  # it looks like the end of an ID
    except (WordError, KeyError):
        return False
    return True


def ways(line: Line, rows: Sequence[Command]) -> WordError:
    """The error that spells out how to say it to each of these commands, with what each does."""
    verb, each = line.words[0], []
    for row in rows:
        said = f"{row.name} {verb.key}{_after(line)}"
        says = next(usage.says for usage in row.usages if usage.verb == verb.key)
        each.append(f"`{said}` ({says})")
    return verb.wrong(f"More than one command has {shown(verb.text)}.", f"Mention me with {' or '.join(each)}.")


def _after(line: Line) -> str:
    """What follows the verb, with a space before it, as far as it can be repeated."""
    rest = line.text[line.words[0].end :].strip()
    return f" {rest if len(rest) <= LONGEST and '`' not in rest else '…'}" if rest else ""
