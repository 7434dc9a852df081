"""`/checklist`: the checklist of a maintenance window, item by item.

/checklist [show]
/checklist start [window]
/checklist done N[,N…]
/checklist undo N[,N…]
/checklist note TEXT
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.commands import ids
from bot.commands.grammar import Command, Help, Usage, asks_help, free_text, split_at_commas, unknown, whole_number
from bot.commands.words import Line, Word, shown, words

MOST_ITEMS = 99  # far above any checklist; keeps a mistyped number from looking like an item

COMMAND = Command(
    "checklist",
    "The maintenance checklist: show it, start it in the channel, tick items, add notes.",
    "[show] | start [window] | done N | undo N | note TEXT",
    (
        Usage("[show]", "the checklist of the current or next window", "show", "show"),
        Usage("start [window]", "post it to the channel, with boxes to tick", "start MW-20261128-0200", "start"),
        Usage("done N[,N…]", "tick items by their numbers", "done 1,2", "done"),
        Usage("undo N[,N…]", "take ticks back", "undo 2", "undo"),
        Usage("note TEXT", "log a deviation or a remark", "note Loki restarted twice", "note"),
    ),
)


@dataclass(frozen=True)
class Show:
    """Show the checklist."""


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


Said = Show | Start | Done | Undo | Note | Help


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
    line.no_more_than(1)
    return Show()


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


def _items(line: Line, most: int) -> tuple[int, ...]:
    named = split_at_commas(line.words[1:])
    if not named:
        verb = line.words[0].key
        raise line.rest(1).wrong("Which item?", f"Write its number, like `{verb} 3` or `{verb} 1,2`.")
    return tuple(dict.fromkeys(whole_number(word, most, "an item's number") for word in named))


def _note(line: Line, _: int) -> Note:
    return Note(free_text(line, 1, "The note is empty.", "Write it after `note`."))


VERBS: dict[str, Callable[[Line, int], Said]] = {
    "show": _show,
    "start": _start,
    "done": _done,
    "undo": _undo,
    "note": _note,
}
