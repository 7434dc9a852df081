"""`/escalate`: gets hold of a person.

/escalate                    who is asked in which order, and who is where on it
/escalate [ID] [REASON]      asks the first in line, or the next where one is asked already

A first word is an ID by the rule of `ids.first_id`; without one the incident is the thread's, or the only one open.
"""

from collections.abc import Collection
from dataclasses import dataclass

from bot.commands import ids
from bot.commands.grammar import Command, Help, Usage, asks_help
from bot.commands.words import Line, words

REASON_LIMIT = 500

COMMAND = Command(
    "escalate",
    "Get hold of a person: on-call, the backup, the duty officer, the tech lead, then all, until somebody has it.",
    "[ID] [REASON]",
    (
        Usage("", "who is asked in which order, and who is where on it", ""),
        Usage("[ID] [REASON]", "call the first in line to an incident, or the next", "7KQ4 the database is gone"),
    ),
)


@dataclass(frozen=True)
class Matrix:
    """Show who is asked in which order, and what runs."""


@dataclass(frozen=True)
class Escalate:
    """Call somebody to an incident (None: the thread's, or the only one open); the reason may be empty."""

    reason: str = ""
    id: str | None = None


Said = Matrix | Escalate | Help


def parse(text: str, known: Collection[str] = ()) -> Said:
    """What the text after `/escalate` asks for. `known` are the IDs of incidents that its first word may name."""
    line = words(text)
    if asks_help(line):
        return Help(COMMAND.name)
    if not line.words or _asks_matrix(line):
        return Matrix()
    found = ids.first_id(line.words[0], known)
    reason = line.rest(0 if found is None else 1)
    if len(reason.text) > REASON_LIMIT:
        problem = f"The reason has {len(reason.text):,} characters; {REASON_LIMIT} is the most."
        raise reason.wrong(problem, "Say in short why they should come; the thread has the rest.")
    return Escalate(reason.text, found)


def asks_matrix(text: str) -> bool:
    """Whether these words ask for the matrix, wherever they are said."""
    return _asks_matrix(words(text))


def _asks_matrix(line: Line) -> bool:
    return len(line.words) == 1 and line.words[0].key in ("show", "list", "matrix")


def ending_in(text: str) -> str | None:
    """The ending that the first word may be, whose incidents `parse` has to know; None if there is none."""
    some = words(text).words[:1]
    found = ids.ending(some[0].text) if some else None
    return found if found is not None and len(found) >= 4 else None
