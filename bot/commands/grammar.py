"""What every command's grammar is made of: its row in the table, help, and the look at its first word."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.commands.words import Line, Word, closest, is_blank, shown
from bot.errors import WordError

_HELP = ("help", "?", "-h", "--help", "-help")  # phones turn the two dashes of --help into one long one


@dataclass(frozen=True)
class Usage:
    """One way to use a command: the words after its name, what they do, an example of them; `verb` is their first."""

    words: str
    says: str
    example: str
    verb: str = ""


@dataclass(frozen=True)
class Command:
    """A slash command: its name without the slash, a summary and a hint for Slack's list, and what it takes."""

    name: str
    summary: str
    hint: str
    usages: tuple[Usage, ...]
    others: Mapping[str, str] = field(default_factory=dict)  # what people say for its words, and what they mean by it

    @property
    def verbs(self) -> tuple[str, ...]:
        """The words that it may begin with, in the order of the help."""
        return tuple(dict.fromkeys(usage.verb for usage in self.usages if usage.verb))


@dataclass(frozen=True)
class Help:
    """Somebody asks what there is: a command's name, or empty for the overview."""

    topic: str


def is_help(word: Word) -> bool:
    """Whether the word is one of those that ask for help."""
    return word.key in _HELP


def asks_help(line: Line) -> bool:
    """`help`, `?`, `-h` or `--help` first, or alone after a word: nobody opens an incident called “help”."""
    keys = [word.key for word in line.words[:3]]
    return bool(keys) and (keys[0] in _HELP or (len(keys) == 2 and keys[1] in _HELP))


def unknown(word: Word, command: Command) -> WordError:
    """The error for a first word that the command does not have."""
    near = command.others.get(word.key) or closest(word.text, command.verbs)
    remedy = f"Did you mean `/{command.name} {near}`?" if near else f"`/{command.name} help` lists what there is."
    return word.wrong(f"`/{command.name}` does not know {shown(word.text)}.", remedy)


def free_text(line: Line, index: int, missing: str, remedy: str) -> str:
    """The text from the word at `index` on, exactly as typed; WordError with `missing` if there is nothing to read."""
    text = line.rest(index)
    if is_blank(text.text):
        raise text.wrong(missing, remedy)
    return text.text


def whole_number(word: Word, most: int, what: str) -> int:
    """The number from 1 to `most` that the word is; `what` names it in the error."""
    text = word.key.removeprefix("#")
    if not (text.isascii() and text.isdigit()):
        raise word.wrong(f"{shown(word.text)} is not {what}.", f"Write a number from 1 to {most}.")
    number = int(text[:9])
    if not 1 <= number <= most:
        raise word.wrong(f"{shown(word.text)} is out of range.", f"Write a number from 1 to {most}.")
    return number


def split_at_commas(some: Iterable[Word]) -> list[Word]:
    """Each word cut at its commas, with the pieces' own places; empty pieces are left out."""
    pieces: list[Word] = []
    for word in some:
        if word.quoted or "," not in word.text:
            pieces.append(word)
            continue
        at = word.start
        for piece in word.text.split(","):
            if piece:
                pieces.append(Word(piece, at, at + len(piece), word.line))
            at += len(piece) + 1
    return pieces
