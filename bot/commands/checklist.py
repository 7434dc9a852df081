"""`/checklist`: the checklist of a maintenance window, item by item.

/checklist [show [WINDOW]]
/checklist start [window]
/checklist done N[,N…]                  N may be several, as 1-5
/checklist undo N[,N…]
/checklist note TEXT
/checklist lesson TEXT
/checklist assign N[,N…] @who [by WHEN]
/checklist waive N[,N…] REASON
/checklist close
/checklist template [show [N]]

WHEN is `start-30m` or the like (see checklist_template), or a moment (see moments).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.commands import ids
from bot.commands.checklist_template import due
from bot.commands.grammar import Command, Help, Usage, asks_help, free_text, split_at_commas, unknown, whole_number
from bot.commands.moments import EXAMPLES
from bot.commands.people import mentioned, who
from bot.commands.role import ROLES
from bot.commands.words import Line, Word, shown, span, words

_RANGE = re.compile(r"#?([0-9]{1,9})(?:-|\.{2,3})#?([0-9]{1,9})")
MOST_ITEMS = 99  # far above any checklist; keeps a mistyped number from looking like an item
MOST_VERSION = 9_999

COMMAND = Command(
    "checklist",
    "The maintenance checklist: show it, start it, tick items, add notes and lessons, close it.",
    "[show] | start [window] | done N | undo N | note TEXT | lesson TEXT | assign | waive | close | template",
    (
        Usage("[show [WINDOW]]", "the checklist of the current or next window, or of any", "show", "show"),
        Usage("start [window]", "post it to the channel, with boxes to tick", "start MW-20261128-0200", "start"),
        Usage("done N[,N…]", "tick items by their numbers", "done 1,2,5-7", "done"),
        Usage("undo N[,N…]", "take ticks back", "undo 2", "undo"),
        Usage("note TEXT", "log a deviation or a remark", "note Loki restarted twice", "note"),
        Usage("lesson TEXT", "keep what was learned, for the summary", "lesson snapshot before the restart", "lesson"),
        Usage(
            "assign N[,N] @who [by WHEN]",
            "say who does an item and by when: a time, or `start-30m` before the window's start",
            "assign 2 @ann by start-30m",
            "assign",
        ),
        Usage("waive N[,N] REASON", "leave an item undone, with the reason", "waive 9 Loki is off this month", "waive"),
        Usage("close", "end the checklist; lists what is open and asks", "close", "close"),
        Usage("template", "change what every checklist begins with, in a form", "template", "template"),
        Usage("template show [N]", "the template as it is, or its version N", "template show 2", "template"),
    ),
)


@dataclass(frozen=True)
class Show:
    """Show the checklist of a window, named as for `Start`; None: of the one that is meant without a word."""

    window: str | None = None


@dataclass(frozen=True)
class Start:
    """Post the checklist of a window: its ID, the end of it or its date (see `ids.window`); None: the next one."""

    window: str | None = None


@dataclass(frozen=True)
class Done:
    """Tick items, numbered from 1."""

    items: tuple[int, ...]


@dataclass(frozen=True)
class Undo:
    """Take the ticks of items back."""

    items: tuple[int, ...]


@dataclass(frozen=True)
class Note:
    """Log a remark, as it was typed."""

    text: str


@dataclass(frozen=True)
class Lesson:
    """Keep a lesson, as it was typed."""

    text: str


@dataclass(frozen=True)
class Assign:
    """Items are for somebody: a user id, or one of ROLES if it `is_role`; by `rule` (`start-30m`) or `when`."""

    items: tuple[int, ...]
    assignee: str
    is_role: bool = False
    rule: str = ""
    when: Word | None = None


@dataclass(frozen=True)
class Waive:
    """Items are left undone, for a reason as it was typed."""

    items: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class Close:
    """End the checklist."""


@dataclass(frozen=True)
class Template:
    """Change the template, or `show` it: the newest version, or the one that is named."""

    show: bool = False
    version: int | None = None


Said = Show | Start | Done | Undo | Note | Lesson | Assign | Waive | Close | Template | Help


def parse(text: str, items: int = MOST_ITEMS) -> Said:
    """What the text after `/checklist` asks for, of a list with so many items."""
    line = words(text)
    if asks_help(line):
        return Help(COMMAND.name)
    if not line.words:
        return Show()
    read = VERBS.get(line.words[0].key)
    if read is None:
        raise unknown(line.words[0], COMMAND)
    return read(line, items)


def _show(line: Line, _: int) -> Show:
    line.no_more_than(2)
    return Show(_window(line.words[1]) if len(line.words) > 1 else None)


def _start(line: Line, _: int) -> Start:
    line.no_more_than(2)
    return Start(_window(line.words[1]) if len(line.words) > 1 else None)


def _window(word: Word) -> str:
    window = ids.window(word.text)
    if window is None:
        problem = f"{shown(word.text)} is neither a window's ID nor a date."
        raise word.wrong(problem, "Write it like `MW-20261128-0200` or `2026-11-28`.")
    return window


def _done(line: Line, items: int) -> Done:
    return Done(_items(line, items))


def _undo(line: Line, items: int) -> Undo:
    return Undo(_items(line, items))


def _items(line: Line, most: int, end: int | None = None) -> tuple[int, ...]:
    named = split_at_commas(line.words[1:end])
    if not named:
        verb = line.words[0].key
        raise line.rest(1).wrong("Which item?", f"Write its number, like `{verb} 3` or `{verb} 1,2`.")
    return tuple(dict.fromkeys(number for word in named for number in _numbers(word, most)))


def _numbers(word: Word, most: int) -> Iterable[int]:
    """The number that a word is, or those from the one to the other: `5-7`, `5..7`."""
    ends = _RANGE.fullmatch(word.key)
    if ends is None:
        return (whole_number(word, most, "an item's number"),)
    first, last = (int(end) for end in ends.groups())
    if not 1 <= first <= last <= most:
        raise word.wrong(f"{shown(word.text)} is out of range.", f"Write it like `5-7`, with numbers from 1 to {most}.")
    return range(first, last + 1)


def _note(line: Line, _: int) -> Note:
    return Note(free_text(line, 1, "The note is empty.", "Write it after `note`."))


def _lesson(line: Line, _: int) -> Lesson:
    return Lesson(free_text(line, 1, "The lesson is empty.", "Write it after `lesson`."))


def _assign(line: Line, most: int) -> Assign:
    at = next((place for place, word in enumerate(line.words) if place and not _is_number(word)), len(line.words))
    items = _items(line, most, at)
    if at == len(line.words):
        raise line.rest(at).wrong("Who does it?", "Write it like `assign 2 @ann by start-30m`.")
    assignee, is_role = _assignee(line.words[at])
    after = line.words[at + 1 :]
    if not after:
        return Assign(items, assignee, is_role)
    if after[0].key != "by":
        raise after[0].wrong(f"{shown(after[0].text)} does not belong here.", "Only `by WHEN` may follow.")
    if len(after) == 1:
        raise line.rest(len(line.words)).wrong("By when?", f"Write `by start-30m`, or a time. {EXAMPLES}")
    rule = due(after[1].text) if len(after) == 2 else None
    return Assign(items, assignee, is_role, rule or "", None if rule else span(after[1:]))


def _is_number(word: Word) -> bool:
    return word.text[:1].isdigit() or word.text[:1] in ("#", ",")


def _assignee(word: Word) -> tuple[str, bool]:
    role = word.key.removeprefix("@")
    if mentioned(word) is None and role in ROLES:
        return role, True
    found = who(word)
    if found.is_group:
        raise word.wrong("An item is for a person or a role, not for a group.", "Name somebody with @.")
    return found.id, False


def _waive(line: Line, most: int) -> Waive:
    at = 2
    while at < len(line.words) and line.words[at - 1].text.endswith(","):
        at += 1
    items = _items(line, most, at)
    return Waive(items, free_text(line, at, "Why is it left undone?", "Write the reason after the number."))


def _close(line: Line, _: int) -> Close:
    line.no_more_than(1)
    return Close()


def _template(line: Line, _: int) -> Template:
    if len(line.words) == 1:
        return Template()
    if line.words[1].key != "show":
        word = line.words[1]
        raise word.wrong(
            f"{shown(word.text)} does not belong here.", "`template` opens the form, `template show` shows it."
        )
    line.no_more_than(3)
    return Template(show=True, version=_version(line.words[2]) if len(line.words) > 2 else None)


def _version(word: Word) -> int:
    return 0 if word.key == "0" else whole_number(word, MOST_VERSION, "a version's number")


VERBS: dict[str, Callable[[Line, int], Said]] = {
    "show": _show,
    "start": _start,
    "done": _done,
    "undo": _undo,
    "note": _note,
    "lesson": _lesson,
    "assign": _assign,
    "waive": _waive,
    "close": _close,
    "template": _template,
}
