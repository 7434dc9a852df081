"""`/incident list` and `/incident search`: which incidents.

    /incident [list] [sev1|sev2|sev3|sev4] [STATUS|open|all] [MONTH] [page N]     in any order
    /incident search WORDS [sev:1] [is:STATUS|is:open] [in:MONTH] [page:N]

MONTH is `2026-11`, `november`, `november 2025`, `this month` or `last month`; after `in:` it is one word. In a search
every word is looked for unless it begins with one of the four names and a colon; in quotes those are words too.
Filters without a word list the incidents that pass.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from bot.commands.words import Line, Word, closest, shown
from bot.errors import WordError

STATUSES = ("investigating", "identified", "monitoring", "resolved", "closed")
MOST_PAGES = 100
MOST_WORDS = 10
REPEATED = 80  # characters of a search that an answer repeats
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip

_SEVERITY = re.compile(r"sev-?([0-9]+)")
_FILTER = re.compile(r"(sev|is|in|page):(.*)", re.DOTALL)
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})")
_YEAR = re.compile(r"20[0-9]{2}")
_SHAPES = "Filter by `sev1`, `resolved`, `all`, `2026-11`, `last month`; `page 2` turns the page."


@dataclass(frozen=True)
class SaidMonth:
    """A month as it was said: by its number (1 to 12) and perhaps its year, or so many months ago."""

    number: int | None = None
    year: int | None = None
    ago: int = 0


@dataclass(frozen=True)
class Which:
    """Filters: `severity` 1 to 4; `status` one of `STATUSES`, "open" or "all", empty for not said; the page from 1."""

    severity: int | None = None
    status: str = ""
    month: SaidMonth | None = None
    page: int = 1


@dataclass(frozen=True)
class List:
    """List incidents."""

    which: Which = Which(status="open")


@dataclass(frozen=True)
class Search:
    """Look for incidents that have all these texts, each of which has letters or digits."""

    texts: tuple[str, ...]
    which: Which = Which()
    meant: str = ""  # the line with a colon in each word that looks like a filter, if there is one


def read_list(line: Line, _: Collection[str] = ()) -> List:
    """`list …`, or the filters alone. WordError points at the first word that is no filter."""
    at = 1 if line.words and line.words[0].key == "list" else 0
    which = Which()
    while at < len(line.words):
        which, at = _filter(line, at, which)
    is_bare = which == Which(page=which.page)
    return List(replace(which, status="open") if is_bare else which)


def is_filter(word: Word) -> bool:
    """Whether a line may begin with this filter and leave `list` out. (`open` is another word's: it opens one.)"""
    first = word.key
    return bool(_SEVERITY.fullmatch(first) or _DATE.fullmatch(first)) or first in (*STATUSES, "all", *MONTHS)


def read_search(line: Line, _: Collection[str] = ()) -> Search | List:
    """`search …`; filters alone list. WordError if there is nothing to look for, or more than ten words."""
    texts: list[Word] = []
    which = Which()
    for word in line.words[1:]:
        found = _FILTER.fullmatch(word.key)
        if found:
            which = _NAMED[found[1]](word, found[2], which)
        elif _has_letters(word.text):
            texts.append(word)
    if not texts and which != Which():
        return List(which)
    if not texts:
        remedy = "Write words of the title, the notes or the thread, like `search disk full`."
        raise line.rest(1).wrong("There is nothing to search for: words have letters or digits.", remedy)
    if len(texts) > MOST_WORDS:
        raise texts[MOST_WORDS].wrong(
            f"Those are {len(texts)} words; {MOST_WORDS} are the most.", "Leave the common ones out."
        )
    return Search(tuple(word.text for word in texts), which, _meant(line))


def _meant(line: Line) -> str:
    """`search checkout sev:2` for `search checkout sev2`; nothing where no word is one, or for a line of many words."""
    text, some = line.text, line.words[1:]
    for word, after in reversed(list(zip(some, (*some[1:], None), strict=True))):
        named, end = _as_filter(word, after)
        text = f"{text[: word.start]}{named}{text[end:]}" if named else text
    is_short = len(text) <= REPEATED and text.isprintable() and "`" not in text
    return text.strip() if is_short and text != line.text else ""


def _as_filter(word: Word, after: Word | None) -> tuple[str, int]:
    """The filter that a word looks like, as a search takes it, and where it ends."""
    if word.quoted:
        return "", word.end
    if word.key == "page" and after is not None and after.key.isdigit():
        return f"page:{after.key}", after.end
    if severity := _SEVERITY.fullmatch(word.key):
        return f"sev:{severity[1]}", word.end
    name = "is" if word.key in STATUSES else "in" if word.key in MONTHS or _DATE.fullmatch(word.key) else ""
    return f"{name}:{word.key}" if name else "", word.end


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LN" for character in text)


# The filters of a list, which may be two words


def _filter(line: Line, at: int, which: Which) -> tuple[Which, int]:
    word, after = line.words[at], line.words[at + 1] if at + 1 < len(line.words) else None
    first, second = word.key, after.key if after else ""
    named = _FILTER.fullmatch(first)
    if named:
        return _NAMED[named[1]](word, named[2], which), at + 1
    if first == "page":
        return _page(after or line.rest(at + 1), second, which), at + 2
    if _SEVERITY.fullmatch(first):
        return _severity(word, first, which), at + 1
    if first in (*STATUSES, "open", "all"):
        return _status(word, first, which), at + 1
    said, taken = _said_month(first, second)
    if said is not None:
        return _month(word, said, which), at + taken
    if _DATE.fullmatch(first):
        raise _no_month(word)
    near = closest(word.text, (*STATUSES, *MONTHS, "open", "all", "page"))
    remedy = f"Did you mean `{near}`?" if near else _SHAPES
    raise word.wrong(f"{shown(word.text)} is not a filter.", remedy)


def _said_month(first: str, second: str) -> tuple[SaidMonth | None, int]:
    """The month that these words begin with, and how many of them it takes."""
    date = _DATE.fullmatch(first)
    if date and 1 <= int(date[2]) <= 12 and int(date[1]) > 1970:
        return SaidMonth(int(date[2]), int(date[1])), 1
    if first in ("this", "last") and second == "month":
        return SaidMonth(ago=int(first == "last")), 2
    number = next((at for at, name in enumerate(MONTHS, 1) if first in (name, name[:3])), None)
    if number is None:
        return None, 0
    if _YEAR.fullmatch(second):
        return SaidMonth(number, int(second)), 2
    return SaidMonth(number), 1


# Each filter once


def _severity(word: Word, said: str, which: Which) -> Which:
    found = re.fullmatch(r"(?:sev)?-?([0-9]+)", said)
    if not found or found[1] not in ("1", "2", "3", "4"):
        raise word.wrong(f"There is no severity {shown(word.text)}.", "It is `sev1` (worst), `sev2`, `sev3` or `sev4`.")
    _once(word, is_first=which.severity is None)
    return replace(which, severity=int(found[1]))


def _status(word: Word, said: str, which: Which) -> Which:
    if _SEVERITY.fullmatch(said):
        return _severity(word, said, which)
    if said not in (*STATUSES, "open", "all"):
        near = closest(said, (*STATUSES, "open", "all"))
        remedy = f"Did you mean `{near}`?" if near else f"They are `open`, `all`, `{'`, `'.join(STATUSES)}`."
        raise word.wrong(f"There is no status {shown(said)}.", f"{remedy} To look for the word, put it in quotes.")
    _once(word, is_first=not which.status)
    return replace(which, status=said)


def _in(word: Word, said: str, which: Which) -> Which:
    months = {"this-month": SaidMonth(), "last-month": SaidMonth(ago=1)}
    found = months.get(said) or _said_month(said, "")[0]
    if found is None:
        raise _no_month(word)
    return _month(word, found, which)


def _month(word: Word, said: SaidMonth, which: Which) -> Which:
    _once(word, is_first=which.month is None)
    return replace(which, month=said)


def _no_month(word: Word) -> WordError:
    return word.wrong(f"{shown(word.text)} is not a month.", "Write it like `2026-11`, `november` or `last month`.")


def _page(word: Word, said: str, which: Which) -> Which:
    if not said:
        raise word.wrong("Which page?", f"Write a number from 1 to {MOST_PAGES}, like `page 2`.")
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:9]) <= MOST_PAGES):
        remedy = f"Write a number from 1 to {MOST_PAGES}; a filter, like a month, gets you further."
        raise word.wrong(f"There is no page {shown(said)}.", remedy)
    return replace(which, page=int(said[:9]))


def _once(word: Word, *, is_first: bool) -> None:
    if not is_first:
        raise word.wrong(f"{shown(word.text)} is the second filter of its kind.", "Leave one of them out.")


_NAMED: dict[str, Callable[[Word, str, Which], Which]] = {"sev": _severity, "is": _status, "in": _in, "page": _page}
