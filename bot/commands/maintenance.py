"""`/maintenance`: the windows that lie ahead.

/maintenance [list]
/maintenance emergency TITLE [for 1h]
/maintenance summary [WINDOW]                see bot/commands/window_summary.py
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.commands import window_summary
from bot.commands.durations import duration
from bot.commands.grammar import Command, Help, Usage, asks_help, unknown
from bot.commands.words import Line, Word, title, words

COMMAND = Command(
    "maintenance",
    "Maintenance windows: when they are and what is announced when; emergencies.",
    "[list] | emergency TITLE [for 1h] | summary [WINDOW]",
    (
        Usage("[list]", "the windows ahead and what is announced when", "list", "list"),
        Usage(
            "emergency TITLE [for 1h]",
            "a window that starts now, with an incident",
            "emergency replace the broken disk for 2h",
            "emergency",
        ),
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


Said = List | Emergency | window_summary.Summary | Help


def parse(text: str) -> Said:
    """What the text after `/maintenance` asks for."""
    line = words(text)
    if asks_help(line):
        return Help(COMMAND.name)
    if not line.words:
        return List()
    read = VERBS.get(line.words[0].key)
    if read is None:
        raise unknown(line.words[0], COMMAND)
    return read(line)


def _list(line: Line) -> List:
    line.no_more_than(1)
    return List()


def _emergency(line: Line) -> Emergency:
    """The length is what follows the last `for`, if it is one: "for customers" belongs to the title."""
    some = line.words
    for index in range(len(some) - 1, 1, -1):
        if some[index - 1].key == "for" and some[index].key[:1].isdigit():
            said = _between(line, 1, index - 1)
            return Emergency(title(said), duration(some[index:], EMERGENCY_MOST))
    return Emergency(title(line.rest(1)))


def _between(line: Line, first: int, end: int) -> Word:
    some = line.words[first:end]
    if not some:
        return Word("", line.words[first].start, line.words[first].start, line.text)
    return Word(line.text[some[0].start : some[-1].end], some[0].start, some[-1].end, line.text)


VERBS: dict[str, Callable[[Line], Said]] = {"list": _list, "emergency": _emergency, "summary": window_summary.read}
