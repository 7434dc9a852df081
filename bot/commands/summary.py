"""`/incident summary`: drafts what happened in an incident.

/incident summary [ID]
"""

from collections.abc import Collection
from dataclasses import dataclass

from bot.commands import ids
from bot.commands.grammar import Usage
from bot.commands.words import Line, shown

VERB = "summary"
USAGE = Usage(
    "summary [ID]",
    "draft a summary for you to check, edit and post; nobody else sees the draft",
    "summary 7KQ4",
    VERB,
)


@dataclass(frozen=True)
class Summary:
    """Draft a summary of an incident by its ID or the end of it; None: the thread's, or the only one open."""

    id: str | None = None


def read(line: Line, _: Collection[str]) -> Summary:
    """What the words after `/incident` ask for, the first being `summary`. WordError for a word that is no ID."""
    line.no_more_than(2)
    if len(line.words) < 2:
        return Summary()
    word = line.words[1]
    found = ids.ending(word.text)
    if found is None:
        problem = f"{shown(word.text)} is not an incident's ID."
        raise word.wrong(problem, "Write it like `INC-20261123-7KQ4`, or only its end, `7KQ4`.")
    return Summary(found)
