"""`/maintenance restore [DATE|WINDOW]`: holds a window after all that was skipped, cancelled or moved."""

from dataclasses import dataclass

from bot.commands import ids
from bot.commands.grammar import Usage
from bot.commands.moments import day
from bot.commands.naming import Given
from bot.commands.words import Line

USAGE = Usage("restore [DATE|WINDOW]", "take a skip, a cancellation or a move back", "restore 2099-12-26", "restore")


@dataclass(frozen=True)
class Restore:
    """Take back that a window is off: the one named (its ID, an end of it, `MW-` with its date), else the only one."""

    window: str | None = None


def read(line: Line, given: Given) -> Restore:
    """The word after the verb names the window."""
    line.no_more_than(2)
    if len(line.words) == 1:
        return Restore()
    word = line.words[1]
    return Restore(ids.window(word.text) or f"MW-{day(word, given.now):%Y%m%d}-")


VERBS = ("restore",)
ALIASES = ("unskip", "uncancel", "undo", "unmove")  # what people try first; the help has one word
