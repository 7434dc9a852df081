"""`/incident`: incidents, from a shell-like line in the channel or a mention in their thread.

    /incident [list] [FILTERS]                  see bot.commands.search
    /incident search WORDS [FILTERS]
    /incident stats [30d]                       see bot.commands.stats
    /incident open                              a form
    /incident [open] [sev1|sev2|sev3|sev4] TITLE   sev3 if none is said; `open` may be left out before a severity
    /incident show [ID]
    /incident note [ID] TEXT
    /incident update [ID] TEXT                  see `incident_steps` for this and the next
    /incident take [ID]
    /incident snooze [ID] [30m]
    /incident status [ID] WORD
    /incident sev [ID] N
    /incident assign [ID] @who
    /incident resolve [ID] TEXT
    /incident reopen [ID] [TEXT]
    /incident close [ID]
    /incident duplicate [ID] of ID
    /incident summary [ID]                      see `summary`
    /incident export [ID] [markdown|json]

Where text follows, the first word is an ID only if it has the whole shape (`INC-20261123-7KQ4`) or is the unique
ending of an incident: four characters or more, with a digit or in capitals. All else is text: `note disk is full`.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bot.commands import export, ids, incident_steps, search, stats, summary
from bot.commands.grammar import Command, Help, Usage, asks_help, free_text, unknown
from bot.commands.search import List, Search
from bot.commands.stats import Stats
from bot.commands.words import Line, shown, title, words
from bot.errors import NotFoundError, WordError

DEFAULT_SEVERITY = 3

_SEVERITY = re.compile(r"sev-?([0-9]+)")

COMMAND = Command(
    "incident",
    "Incidents: list and find them, open one, tell how it goes, resolve it.",
    "[list] | search | stats | open TITLE | show | note | update | take | status | sev | assign | resolve | reopen"
    " | close | summary | export",
    (
        Usage("[list]", "the open incidents, worst first", "list", "list"),
        Usage(
            "[list] [sev1…sev4] [STATUS|open|all] [MONTH] [page N]",
            "others, newest first; a month is `2026-11`, `november` or `last month`",
            "list sev1 resolved last month",
            "list",
        ),
        Usage(
            "search WORDS [sev:1] [is:STATUS] [in:MONTH]",
            "those with all the words in title, notes or thread; a filter is a word with its colon",
            "search disk full is:resolved in:2026-11",
            "search",
        ),
        Usage("stats [30d]", "how many, how bad, for how long, and when, with a picture", "stats 7d", "stats"),
        Usage("open", "a form to open one", "open", "open"),
        Usage(
            "open [sev1|sev2|sev3|sev4] TITLE",
            f"open one at once (sev{DEFAULT_SEVERITY} if you say none)",
            "open sev2 checkout is down",
            "open",
        ),
        Usage("show [ID]", "one incident; its ID may be cut to its end", "show 7KQ4", "show"),
        Usage("note [ID] TEXT", "add to its timeline", "note 7KQ4 the disk is full", "note"),
        *incident_steps.USAGES,
        summary.USAGE,
        export.USAGE,
    ),
    incident_steps.OTHERS,
)


@dataclass(frozen=True)
class OpenForm:
    """Show the form that opens an incident, with this severity chosen if one was said."""

    severity: int | None = None


@dataclass(frozen=True)
class Open:
    """Open an incident: a clean title of 1 to 150 characters, severity 1 (worst) to 4."""

    title: str
    severity: int = DEFAULT_SEVERITY


@dataclass(frozen=True)
class Show:
    """Show an incident by its ID or the end of it; None: the thread's, or the only one."""

    id: str | None = None


@dataclass(frozen=True)
class Note:
    """Add a text, as it was typed, to the timeline of an incident (None: the thread's)."""

    text: str
    id: str | None = None


Said = (
    List | Search | Stats | OpenForm | Open | Show | Note | incident_steps.Step | summary.Summary | export.Export | Help
)


def parse(text: str, known: Collection[str] = ()) -> Said:
    """What the text after `/incident` asks for. `known` are the IDs of incidents that the text may name.

    An ID in the answer is whole or an ending: `ids.match` finds the incident. WordError; NotFoundError if a first word
    of `note` or `resolve` is the ending of several of them.
    """
    line = words(text)
    if asks_help(line):
        return Help(COMMAND.name)
    if not line.words:
        return List()
    first = line.words[0]
    read = VERBS.get(first.key)
    if read is not None:
        return read(line, known)
    if search.is_filter(first):
        return _filtered_or_open(line, known)
    raise _bare_id(line) or unknown(first, COMMAND)


def _filtered_or_open(line: Line, known: Collection[str]) -> Said:
    """`sev1 resolved` lists; `sev1 checkout is down` opens, as if `open` stood before it."""
    try:
        return search.read_list(line)
    except WordError:
        if not _SEVERITY.fullmatch(line.words[0].key) or len(line.words) == 1:
            raise
    return _open(Line(line.text, (line.words[0], *line.words)), known)


def begins_with_id(line: Line) -> str | None:
    """The ID or the end of one that the line begins with, where a command is wanted."""
    word = line.words[0]
    found = ids.ending(word.text) or ""
    is_id = len(found) >= 4 and any(map(str.isdigit, word.text)) and not _SEVERITY.fullmatch(word.key)
    return found if is_id else None


def _bare_id(line: Line) -> WordError | None:
    """The line begins with an ID: what was meant is the same behind a word."""
    word, found = line.words[0], begins_with_id(line)
    if found is None:
        return None
    problem = f"What about {shown(word.text)}?"
    if len(line.words) == 1:
        return word.wrong(problem, f"Did you mean `/incident show {found}`?")
    meant = _with_verb_first(line, found)
    remedy = f"Did you mean `/incident {meant}`?" if meant else f"A word comes first, like `/incident note {found} …`."
    return word.wrong(problem, remedy)


def _with_verb_first(line: Line, found: str) -> str:
    """`status 7KQ4 monitoring` for `7KQ4 status monitoring`, or for `7KQ4 monitoring`; nothing if it is no command."""
    second, rest = line.words[1], line.rest(2).text
    if second.key in (*ADDRESSED, "show", summary.VERB, "export"):
        meant = f"{second.key} {found} {rest}".rstrip()
    elif len(line.words) == 2 and second.key in search.STATUSES:
        ending = {"resolved": f"resolve {found} …", "closed": f"close {found}"}
        meant = ending.get(second.key, f"status {found} {second.key}")
    elif len(line.words) == 2 and _SEVERITY.fullmatch(second.key):
        meant = f"sev {found} {second.key[-1]}"
    else:
        return ""
    if len(meant) > ids.REPEATED or not meant.isprintable() or "`" in meant:
        return f"{second.key} {found} …"
    try:
        parse(meant, [found])
    except (WordError, NotFoundError):
        return ""
    return meant


def ending_in(text: str) -> str | None:
    """The ending that the word after a verb may be, whose incidents `parse` has to know; None if there is none."""
    some = words(text).words[:2]
    return ids.addressing(some[1]) if len(some) == 2 and some[0].key in ADDRESSED else None


def _open(line: Line, _: Collection[str]) -> Open | OpenForm:
    severity = _severity(line)
    at = 1 if severity is None else 2
    if len(line.words) <= at:
        return OpenForm(severity)
    return Open(title(line.rest(at)), DEFAULT_SEVERITY if severity is None else severity)


def _severity(line: Line) -> int | None:
    """The severity after `open`; None if the title begins there."""
    if len(line.words) < 2:
        return None
    word = line.words[1]
    if word.key == "sev" and len(line.words) > 2 and line.words[2].key in ("1", "2", "3", "4"):
        raise word.wrong("A severity is one word.", f"Did you mean `sev{line.words[2].key}`?")
    found = _SEVERITY.fullmatch(word.key)
    if not found:
        return None
    if found[1] not in ("1", "2", "3", "4"):
        raise word.wrong(f"There is no severity {shown(word.text)}.", "It is `sev1` (worst), `sev2`, `sev3` or `sev4`.")
    return int(found[1])


def _show(line: Line, _: Collection[str]) -> Show:
    line.no_more_than(2)
    if len(line.words) < 2:
        return Show()
    word = line.words[1]
    found = ids.ending(word.text)
    if found is None:
        problem = f"{shown(word.text)} is not an incident's ID."
        remedy = "Write it like `INC-20261123-7KQ4`, or only its end, `7KQ4`."
        if word.text.isalpha() and len(word.text) <= ids.REPEATED:
            remedy += f" Words are looked for by `search {word.text}`."
        raise word.wrong(problem, remedy)
    return Show(found)


def _note(line: Line, known: Collection[str]) -> Note:
    found, at = ids.addressed(line, known)
    return Note(free_text(line, at, "The note is empty.", "Write it after `note`."), found)


VERBS: dict[str, Callable[[Line, Collection[str]], Said]] = {
    "list": search.read_list,
    "search": search.read_search,
    "stats": stats.read,
    "open": _open,
    "show": _show,
    "note": _note,
    **incident_steps.VERBS,
    summary.VERB: summary.read,
    "export": export.export,
}
ADDRESSED = ("note", *incident_steps.VERBS)
