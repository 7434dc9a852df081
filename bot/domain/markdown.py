r"""People's text in Markdown: it reads as it was typed and cannot become a heading, a list, a link that hides, or HTML.

CommonMark (https://spec.commonmark.org/0.31.2/) with GitHub's tables. `<`, `>`, `&` and `|` become entities, since not
every renderer takes a backslash before them; the other special characters get one.
"""

import re
from collections.abc import Sequence

# Controls show nothing; overrides of the writing direction can make a text read as something else.
_GONE = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff]")
_BREAK = re.compile("\r\n|[\n\r\u000b\u000c\u0085\u2028\u2029]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # no UTF-8 has them
_SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "\\`*_[]{}#~"}
    | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}
)
# What begins a list, an underline that makes a heading, or a rule; `#`, `*`, `_`, `~` and `>` are dealt with anywhere.
_OPENING = re.compile(r"^(?:([-+=])|([0-9]{1,9})([.)]))", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_SPACE_AT_END = re.compile(r"[ \t]+$", re.MULTILINE)
_BREAK_IN_PARAGRAPH = re.compile(r"(?<=[^\n])\n(?=[^\n])")
_ADDRESS = re.compile(r"""(https?://[^\s<>|\\`{}"]*[^\s<>|\\`{}"'.,;:!?()\[\]*_~])""", re.IGNORECASE)


def clean(text: str) -> str:
    """`text` without controls and overrides, its line breaks all `\\n`, and fit for UTF-8."""
    return _BREAK.sub("\n", _GONE.sub("", sound(text)))


def sound(text: str) -> str:
    """`text` fit for UTF-8: halves of a character become U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def inline(text: str) -> str:
    """`text` in one line, for anywhere in a paragraph, a heading, a list's item or a table's cell."""
    return _held(_escaped(" ".join(clean(text).split())))


def is_blank(text: str) -> bool:
    """Whether there is nothing to read."""
    return not clean(text).strip()


def is_one_line(text: str) -> bool:
    """Whether nothing is lost when `text` is written in one line."""
    return "\n" not in clean(text).strip()


def quoted(text: str, indent: str = "") -> list[str]:
    """`text` as the lines of a block quotation with its own line breaks; none if there is nothing to read."""
    whole = _SPACE_AT_END.sub("", clean(text)).strip("\n")
    if not whole:
        return []
    # Four spaces would open a code block; no-break spaces look the same and open nothing.
    whole = _INDENT.sub(lambda found: "\u00a0" * len(found[0].expandtabs(4)), _escaped(whole))
    # Two spaces at the end keep a line break; an empty line is a new paragraph by itself.
    broken = _BREAK_IN_PARAGRAPH.sub("  \n", _held(whole))
    return [f"{indent}> {line}" if line else f"{indent}>" for line in broken.split("\n")]


def link(url: str, label: str) -> str:
    """A link to an http(s) address of our own making, else the label alone."""
    if not re.fullmatch(r"https?://[^\s<>()|\\`]+", url):
        return inline(label)
    return f"[{inline(label)}]({url})"


def row(cells: Sequence[str]) -> str:
    """A table's row of cells that are Markdown already."""
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Bare addresses stay clickable and show where they lead; all else loses its meaning."""
    if "://" not in text:
        return text.translate(_SPECIAL)
    parts = _ADDRESS.split(text)
    parts[::2] = [part.translate(_SPECIAL) for part in parts[::2]]
    parts[1::2] = [f"<{address}>" for address in parts[1::2]]
    return "".join(parts)


def _held(text: str) -> str:
    """Lines that begin no list, heading or rule."""
    return _OPENING.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", text)
