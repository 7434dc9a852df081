"""What the words about windows share: the window that a word names, a reason, several words as one."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.commands import ids
from bot.commands.grammar import free_text
from bot.commands.words import Line, Word, shown

REASON_LIMIT = 500

_SHOWN = re.compile(r"mw-[0-9]{8}-[0-9]{4}")
_WHOLE = re.compile(r"(?:mw-)?[0-9]{8}-[0-9]{4}")
_PART = re.compile(r"[0-9]{1,7}-[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}")


@dataclass(frozen=True)
class Given:
    """What reading needs beside the words: the IDs of the windows there are, and the time."""

    known: Collection[str]
    now: datetime


def between(line: Line, first: int, end: int) -> Word:
    """The words from `first` up to `end` as one; empty where there are none."""
    some = line.words[first:end]
    if not some:
        place = line.words[first].start if first < len(line.words) else len(line.text)
        return Word("", place, place, line.text)
    if len(some) == 1:
        return some[0]
    return Word(line.text[some[0].start : some[-1].end], some[0].start, some[-1].end, line.text)


def reason(line: Line, at: int) -> str:
    verb = line.words[0].key
    text = free_text(line, at, "Why?", f"Say it after `{verb}`, so that the others know.")
    if len(text) > REASON_LIMIT:
        raise line.rest(at).wrong(f"That has {len(text):,} characters; {REASON_LIMIT} is the most.", "Say it shorter.")
    return text


def addressed(line: Line, given: Given) -> tuple[str | None, int]:
    """The window that the word after the verb names, if it is no word of the text, and where the text begins.

    WordError if none is named there and the text ends in a whole ID: taken for text, another window would be changed.
    """
    found, at = window_first(line, given)
    last = line.words[-1]
    if found is None and not last.quoted and _SHOWN.fullmatch(last.key.strip("`*_.()")):
        verb = line.words[0].key
        problem = f"Is {shown(last.text)} the window that is meant, or does it belong to your text?"
        raise last.wrong(problem, f"A window is named first, as in `{verb} WINDOW …`; else write the text in quotes.")
    return found, at


def window_first(line: Line, given: Given) -> tuple[str | None, int]:
    """The window that the word after the verb names, and where the other words begin."""
    if len(line.words) < 2 or line.words[1].quoted:
        return None, 1
    word = line.words[1]
    text = word.key.strip("`*_")
    if _WHOLE.fullmatch(text):
        return ids.window(text), 2
    wanted = ids.window(text) if _PART.fullmatch(text) else None
    fits = wanted is not None and any(
        one.startswith(wanted) if wanted.endswith("-") else one.endswith(wanted) for one in given.known
    )
    return (wanted, 2) if fits else (None, 1)


def only_window(line: Line, at: int) -> str | None:
    line.no_more_than(at + 1)
    return window_of(line.words[at]) if len(line.words) > at else None


def window_of(word: Word) -> str:
    found = ids.window(word.text)
    if found is None:
        raise word.wrong(f"{shown(word.text)} is not a window's ID.", "Write it like `MW-20261128-0200`, or its date.")
    return found
