"""`/maintenance summary`: all that was done in a window, as a file.

/maintenance summary [WINDOW]
"""

from dataclasses import dataclass

from bot.commands import ids
from bot.commands.grammar import Usage
from bot.commands.words import Line, shown

USAGE = Usage(
    "summary [WINDOW]", "what was done in a window, as Markdown in its thread", "summary MW-20261128-0200", "summary"
)


@dataclass(frozen=True)
class Summary:
    """Sum up a window: its ID, the end of it or its date (see `ids.window`); None: the one that began last."""

    window: str | None = None


def read(line: Line) -> Summary:
    """What the words after `summary` ask for."""
    line.no_more_than(2)
    if len(line.words) == 1:
        return Summary()
    window = ids.window(line.words[1].text)
    if window is None:
        problem = f"{shown(line.words[1].text)} is neither a window's ID nor a date."
        raise line.words[1].wrong(problem, "Write it like `MW-20261128-0200` or `2026-11-28`.")
    return Summary(window)
