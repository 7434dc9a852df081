"""A command's text and its words: each with its place, so that an error can point at it.

The door calls `typed` once; everything after it works on what the person typed.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.errors import WordError

TITLE_LIMIT = 150  # Slack's limit for a header block, where a title is shown

# Phones and keyboards pair them freely, so each opening quote takes every closing one of its kind.
_QUOTES = {'"': '"”“', "“": '”"“', "„": '“”"', "'": "'’", "‘": "’'", "«": "»"}
_DASHES = str.maketrans("‐‑‒–—−", "------")
# Joiners shape letters and emoji (👩‍🚒); beside ASCII, white space or nothing they join nothing, and are dropped.
_LONE_JOINER = re.compile("(?<![^\x00-\x7f\\s\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\\s])")
_BLANKS = str.maketrans(dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", " "))  # letters and symbols that show nothing
_TOKEN = re.compile(r"<([@#!]|[A-Za-z][A-Za-z0-9+.-]*:)([^<>|]*)(?:\|([^<>]*))?>")
_HANDLE = re.compile(r"@[^\s<>|@`]{1,80}")
_HALF = re.compile("[\ud800-\udfff]")  # half a character, as JSON can have it: no database takes it
_LOOKS_LIKE_A_TOKEN = re.compile(r"<(?=(?:@|#|!subteam\^)[^<>]*>)")


@dataclass(frozen=True)
class Word:
    """A word, or a run of them, and its place: `line[start:end]` is what was typed, quotes included."""

    text: str
    start: int
    end: int
    line: str
    quoted: bool = False

    @property
    def key(self) -> str:
        """The word for comparing: see `key`. A quoted word is text, never one of our words."""
        return "" if self.quoted else key(self.text)

    def wrong(self, problem: str, remedy: str = "") -> WordError:
        """The error that points at this word."""
        return WordError(problem, remedy, text=self.line, start=self.start, end=self.end)


Source = str | Word | Sequence[Word]
"""What a reader of values takes: words of a command, or a bare text (a field of a form)."""


@dataclass(frozen=True)
class Line:
    """The text of a command and its words in order."""

    text: str
    words: tuple[Word, ...]

    def rest(self, index: int) -> Word:
        """Free text from the word at `index` to the end, as it was typed.

        Only the space around it and one pair of quotes round all of it are gone. Empty, at the end, if there is none.
        """
        if index >= len(self.words):
            return Word("", len(self.text), len(self.text), self.text)
        first = self.words[index]
        if first.quoted and index == len(self.words) - 1:
            return first
        end = self.words[-1].end
        return Word(self.text[first.start : end], first.start, end, self.text)

    def no_more_than(self, count: int) -> None:
        """WordError if there are more words than `count`."""
        if len(self.words) > count:
            extra = span(self.words[count:])
            raise extra.wrong(f"{shown(extra.text)} is more than this takes.", "Leave it out.")


def words(text: str) -> Line:
    """`text` cut at white space; "…", '…', “…”, ‘…’ and «…» hold words together.

    A quote counts only at the edges of a word, and only if it is closed; any other is an ordinary character. Takes any
    text; every character is in a word or is white space.
    """
    found: list[Word] = []
    never_closed: set[str] = (
        set()
    )  # openings that nothing after here closes; without it lone quotes take quadratic time
    at = 0
    while at < len(text):
        opening = text[at]
        if opening.isspace():
            at += 1
            continue
        end = 0 if opening in never_closed else _closed(text, at)
        if end:
            found.append(Word(text[at + 1 : end - 1], at, end, text, quoted=True))
        else:
            never_closed.add(opening)
            end = at + 1
            while end < len(text) and not text[end].isspace():
                end += 1
            found.append(Word(text[at:end], at, end, text))
        at = end
    return Line(text, tuple(found))


def _closed(text: str, at: int) -> int:
    """Where the quoted word that opens at `at` ends, its closing quote included; 0 if none opens or it stays open."""
    closing = _QUOTES.get(text[at])
    if closing is None:
        return 0
    for place in range(at + 1, len(text)):
        if text[place] in closing and (place + 1 == len(text) or text[place + 1].isspace()):
            return place + 1
    return 0


def words_of(source: Source) -> tuple[Word, ...]:
    """The words of a text, or the words themselves."""
    if isinstance(source, str):
        return words(source).words
    return (source,) if isinstance(source, Word) else tuple(source)


def span(some: Sequence[Word]) -> Word:
    """One or more neighbouring words as a single one."""
    first, last = some[0], some[-1]
    if len(some) == 1:
        return first
    return Word(first.line[first.start : last.end], first.start, last.end, first.line)


def typed(delivered: str) -> str:
    """Text of a command or message as Slack delivers it, back to what was typed: call it once, at the door.

    Slack escapes `&`, `<` and `>` and turns mentions and links into tokens. Afterwards `<@U…>`, `<!subteam^S…>` and
    `<#C…>` are mentions that Slack made, without their labels; only a group keeps its handle. `<#C…|name>` reads
    `#name`, `<!here>` `@here`, a link what was typed for it. A mention that a person typed letter by letter gets a
    space, `< @U1>`, so that nobody after us takes it for one.
    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    pieces: list[str] = []
    plain: list[str] = []
    at = 0
    for token in _TOKEN.finditer(delivered):
        plain.append(_unescaped(delivered[at : token.start()]))
        at = token.end()
        mention = _mention(token[1], token[2], token[3] or "")
        if mention:
            pieces += [_disarmed(plain), mention]
            plain = []
        else:
            plain.append(_unescaped(_said_for(token[1], token[2], token[3] or "")))
    plain.append(_unescaped(delivered[at:]))
    return "".join([*pieces, _disarmed(plain)])


def _mention(kind: str, target: str, label: str) -> str:
    """The token, if it is one that we keep: without its label, unless that is a group's handle."""
    if kind == "!" and target.startswith("subteam^"):
        return f"<!{target}|{label}>" if _HANDLE.fullmatch(label) else f"<!{target}>"
    if kind == "@" or (kind == "#" and not label):
        return f"<{kind}{target}>"
    return ""


def _said_for(kind: str, target: str, label: str) -> str:
    """What a person reads (still escaped) in a token that we do not keep."""
    if kind == "#":
        return f"#{label}"
    if kind == "!":
        return label or f"@{target}"
    address = kind + target
    if not label or label == address:
        return address
    if address.removeprefix(kind).strip("/") == label.strip("/"):
        return label
    return f"{label} ({address})"  # both: a label must not hide where it leads


def _unescaped(text: str) -> str:
    return _HALF.sub("\ufffd", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _disarmed(pieces: list[str]) -> str:
    return _LOOKS_LIKE_A_TOKEN.sub("< ", "".join(pieces))


def key(text: str) -> str:
    """`text` for comparing with our words: case, width, dashes, invisible characters and a comma or colon after it
    make no difference."""
    plain = unicodedata.normalize("NFKC", _visible(text)).translate(_DASHES).casefold()
    return plain.rstrip("?!.,:;") or plain


def _visible(text: str) -> str:
    """Without controls, zero-width and bidirectional characters; joiners stay between characters that they can join."""
    kept = (
        " " if character.isspace() else character
        for character in text
        if character.isspace()
        or character in "\u200c\u200d"
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    return _LONE_JOINER.sub("", "".join(kept))


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: only space, joiners, invisible or combining characters."""
    # Cn: emoji that are newer than this Python's tables.
    categories = (unicodedata.category(character) for character in _visible(text.translate(_BLANKS)))
    return not any(category[0] in "LNPS" or category in ("Cn", "Co") for category in categories)


def title(source: str | Word) -> str:
    """A title in one line: white space collapsed, invisible characters gone, 1 to 150 characters, else WordError."""
    word = source if isinstance(source, Word) else Word(source, 0, len(source), source)
    if is_blank(word.text):
        raise word.wrong("The title is empty.", "Say in a few words what is wrong.")
    clean = " ".join(_visible(word.text.translate(_BLANKS)).split())
    if len(clean) > TITLE_LIMIT:
        problem = f"The title has {len(clean):,} characters; {TITLE_LIMIT} is the most."
        raise word.wrong(problem, "Put the rest in the thread.")
    return clean


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant, or None: one that it begins, one with letters swapped, the most similar."""
    wanted, by_key = key(word), {key(choice): choice for choice in choices}
    if not wanted or len(wanted) > 64:  # difflib is quadratic, and nobody mistypes a word into a paragraph
        return None
    begun = [choice for known, choice in by_key.items() if len(wanted) > 1 and known.startswith(wanted)]
    swapped = [choice for known, choice in by_key.items() if sorted(known) == sorted(wanted)]
    if len(begun) == 1 or swapped:
        return (swapped or begun)[0]
    near = difflib.get_close_matches(wanted, by_key, n=1, cutoff=0.68)  # "thank" is no "take"
    return by_key[near[0]] if near else None


def shown(text: str, limit: int = 40) -> str:
    """A person's word inside a sentence of ours: “like this”, cut if it is long."""
    clean = " ".join(_visible(text).split())
    return f"“{clean}”" if len(clean) <= limit else f"“{clean[: limit - 1].rstrip()}…”"
