"""Words that several commands have: which one is meant, as far as what follows tells, else how to say each."""

import re
from collections.abc import Callable, Sequence

from bot.commands import checklist, incident, maintenance
from bot.commands.grammar import Command
from bot.commands.words import Line, shown
from bot.errors import NotFoundError, WordError

ENDING = 4  # characters of an incident's ID that a word without digits has at least
LONGEST = 40  # characters of what follows that are repeated

_READERS: dict[str, Callable[[str], object]] = {
    "checklist": checklist.parse,
    "maintenance": maintenance.parse,
    "incident": incident.parse,
}
_INCIDENT = re.compile(r"inc-[0-9]{8}-[0-9a-z]{4}")
_ITEM = re.compile(r"#?[0-9]{1,2}")


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
    verb, rest = line.words[0], line.text[line.words[0].end :].strip()
    rest = rest if len(rest) <= LONGEST and "`" not in rest else "…"
    each = []
    for row in rows:
        said = " ".join(part for part in (row.name, verb.key, rest) if part)
        says = next(usage.says for usage in row.usages if usage.verb == verb.key)
        each.append(f"`{said}` ({says})")
    return verb.wrong(f"More than one command has {shown(verb.text)}.", f"Mention me with {' or '.join(each)}.")
