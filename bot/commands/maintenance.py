"""`/maintenance`: the windows that lie ahead, what is done to them (see `window`), emergencies, the calendar.

/maintenance [list]
/maintenance schedule WHEN [for 2h] TITLE
/maintenance emergency TITLE [for 1h]
/maintenance scope TEXT | approve | reject REASON | start | extend 30m | end | rollback REASON
/maintenance cancel [WINDOW] REASON | skip DATE REASON | move DATE to WHEN | restore [DATE]
/maintenance freeze FROM..TO REASON | unfreeze ID | except WINDOW REASON
/maintenance calendar
/maintenance summary [WINDOW]                see bot/commands/window_summary.py
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.commands import freeze, restore, window, window_summary
from bot.commands.durations import duration
from bot.commands.grammar import Command, Help, Usage, asks_help, unknown
from bot.commands.naming import Given, between
from bot.commands.words import Line, title, words

COMMAND = Command(
    "maintenance",
    "Maintenance windows: plan, approve, begin, extend and end them; freezes, emergencies, the calendar.",
    "[list] | schedule WHEN TITLE | emergency TITLE | scope TEXT | approve | start | extend | end | summary | calendar",
    (
        Usage("[list]", "the windows and freezes ahead, and what is announced when", "list", "list"),
        *window.USAGES,
        restore.USAGE,
        *freeze.USAGES,
        Usage(
            "emergency TITLE [for 1h]",
            "a window that starts now, with an incident",
            "emergency replace the broken disk for 2h",
            "emergency",
        ),
        Usage("calendar", "windows and freezes as a file for your calendar", "calendar", "calendar"),
        window_summary.USAGE,
    ),
)
EMERGENCY_MOST = timedelta(hours=24)


@dataclass(frozen=True)
class List:
    """List the windows."""


@dataclass(frozen=True)
class Emergency:
    """Start an emergency: a clean title of 1 to 150 characters, and its length if one was said."""

    title: str
    length: timedelta | None = None


@dataclass(frozen=True)
class Calendar:
    """Give the calendar as a file."""


Said = List | Emergency | Calendar | window_summary.Summary | window.Step | restore.Restore | freeze.Step | Help


def parse(text: str, known: Collection[str] = (), now: datetime | None = None) -> Said:
    """What the text after `/maintenance` asks for. `known` are the IDs of the windows that there are."""
    line = words(text)
    if asks_help(line):
        return Help(COMMAND.name)
    if not line.words:
        return List()
    first = line.words[0]
    given = Given(known, now or datetime.now(UTC))
    if step := window.VERBS.get(first.key):
        return step(line, given)
    if first.key in restore.ALIASES or first.key in restore.VERBS:
        return restore.read(line, given)
    if step_of_freeze := freeze.VERBS.get(first.key):
        return step_of_freeze(line, given)
    read = _OWN.get(first.key)
    if read is None:
        raise unknown(first, COMMAND)
    return read(line)


def _list(line: Line) -> List:
    line.no_more_than(1)
    return List()


def _calendar(line: Line) -> Calendar:
    line.no_more_than(1)
    return Calendar()


def _emergency(line: Line) -> Emergency:
    """The length is what follows the last `for`, if it is one: "for customers" belongs to the title."""
    some = line.words
    for index in range(len(some) - 1, 1, -1):
        if some[index - 1].key == "for" and some[index].key[:1].isdigit():
            said = between(line, 1, index - 1)
            return Emergency(title(said), duration(some[index:], EMERGENCY_MOST))
    return Emergency(title(line.rest(1)))


_OWN: dict[str, Callable[[Line], Said]] = {
    "list": _list,
    "emergency": _emergency,
    "calendar": _calendar,
    "summary": window_summary.read,
}
VERBS = (*_OWN, *window.VERBS, *restore.VERBS, *freeze.VERBS)
