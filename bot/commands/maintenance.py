"""`/maintenance`: the windows that lie ahead.

/maintenance [list]
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.commands.grammar import Command, Help, Usage, asks_help, unknown
from bot.commands.words import Line, words

COMMAND = Command(
    "maintenance",
    "Maintenance windows: when they are and what is announced when.",
    "[list]",
    (Usage("[list]", "the windows ahead and what is announced when", "list", "list"),),
)


@dataclass(frozen=True)
class List:
    """List the windows."""


Said = List | Help


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


VERBS: dict[str, Callable[[Line], Said]] = {"list": _list}
