"""IDs of incidents and windows, which may be shortened to any unique ending: `7KQ4` for `INC-20261123-7KQ4`.

The last four characters are Crockford base 32: case does not matter, `o` reads as 0, `i` and `l` as 1, there is no `u`.
https://www.crockford.com/base32.html
"""

import re
from collections.abc import Collection, Iterable

from bot.commands.words import Line, Word, key, shown
from bot.errors import NotFoundError

REPEATED = 60  # characters of a text that a remedy repeats
LISTED = 5  # as many candidates as a person takes in at a glance

_READ_AS = str.maketrans("OIL", "011")
_CROCKFORD = "[0-9A-HJKMNP-TV-Z]"
_ENDING = re.compile(rf"(?:[0-9]{{1,8}}-)?{_CROCKFORD}{{4}}|{_CROCKFORD}{{1,3}}")
_WINDOW = re.compile(r"(?:(?:MW-)?[0-9]{8}-|[0-9]{1,7}-)?[0-9]{4}")
# Numbers with a unit have the shape of an ending, and texts begin with them: "500s are gone", "10GB freed".
_MEASURE = re.compile(r"[0-9]+(?:S|MS|SEC|MIN|H|HRS|D|X|XX|XXS|K|M|G|B|KB|MB|GB|TB|AM|PM|ST|ND|RD|TH)")
# Names of things are letters and then a number, and texts begin with them: "A100 is hot", "db01 is slow".
_THING = re.compile(r"[A-Z]+[0-9]+")
# Nobody says this of anything else, so one with a character too few or too many is no word of a text.
_BROKEN = re.compile(r"INC-?[0-9]{8}")
# An ID as it is shown has none of I, L, O, U; a word in capitals that has them (DISK, DOWN, FULL) is no mistyped one.
_SHOWN = re.compile(rf"{_CROCKFORD}{{4}}")
# What can be said: a vowel among the first three letters, as in CERT, APPS, ETCD, SYNC; WCZA and ZZZZ cannot be.
_SAYABLE = re.compile(r"(?=.{0,2}[AEY])[A-Z]{4}")
_ABBREVIATIONS = frozenset({"CRDS", "DDNS", "DHCP", "GRPC", "HTTP", "MTBF", "MTTR", "NTFS", "PVCS", "RTSP", "SCTP",
                            "SMTP", "SNMP", "SRTP", "SSDS", "VPCS", "VPNS", "XMPP"})  # fmt: skip
_LISTS = {"incident": "`/incident` lists the open ones.", "window": "`/maintenance` lists them."}
_DAY = re.compile(r"(?:MW-)?(20[0-9]{2})-?([0-9]{2})-?([0-9]{2})")  # else `1205-0200` would be one


def ending(text: str) -> str | None:
    """An incident's ID or the end of one as it is written in the ID (`7kq4` → `7KQ4`); None if it cannot be one."""
    upper = _bare(text)
    head, dash, tail = upper.rpartition("-")
    normal = head.removeprefix("INC").removeprefix("-") + dash + tail.translate(_READ_AS)
    normal = normal.removeprefix("-")
    is_word = len(normal) < 4 and normal != upper and not any(map(str.isdigit, upper))  # "all", "it"
    if is_word or not _ENDING.fullmatch(normal):
        return None
    return f"INC-{normal}" if upper.startswith("INC-") and len(normal) == len("20261123-7KQ4") else normal


def window(text: str) -> str | None:
    """A window's ID, the end of one, or for a date the beginning of one (`MW-20261128-`); None if it is neither."""
    upper = _bare(text)
    day = _DAY.fullmatch(upper)
    if day:
        return f"MW-{day[1]}{day[2]}{day[3]}-"
    return upper if _WINDOW.fullmatch(upper) else None


def _bare(text: str) -> str:
    return key(text).strip("`*_#()[]").upper()


def match(wanted: str, ids: Iterable[str], what: str = "incident") -> str:
    """The one of `ids` that ends in `wanted` (see `ending`); NotFoundError if there is none or more than one."""
    return _only([one for one in ids if one.endswith(wanted)], wanted, what)


def match_window(wanted: str, ids: Iterable[str]) -> str:
    """The one of `ids` that `wanted` (see `window`) names; NotFoundError if there is none or more than one."""
    by_day = wanted.endswith("-")
    found = [one for one in ids if (one.startswith(wanted) if by_day else one.endswith(wanted))]
    return _only(found, wanted.rstrip("-"), "window")


def _only(found: list[str], wanted: str, what: str) -> str:
    exact = [wanted] if wanted in found else sorted(set(found))
    if len(exact) == 1:
        return exact[0]
    if not exact:
        raise NotFoundError(f"I know no {what} {wanted}.", _LISTS.get(what, ""))
    more = f" and {len(exact) - LISTED} more" if len(exact) > LISTED else ""
    raise NotFoundError(
        f"{wanted} fits {len(exact)} {what}s: {', '.join(exact[:LISTED])}{more}.", "Write more of the ID, from its end."
    )


def first_id(word: Word, known: Collection[str], *, is_grave: bool = False) -> str | None:
    """The incident that the first word of free text names, or None if the word is the text's own.

    It is an ID if it has the whole shape (`INC-20261123-7KQ4`, `20261123-7KQ4`), or is the end of a known one: four
    characters or more, with a digit in them or in capitals, so that "desk" and "disk" stay words. NotFoundError if it
    is the end of several; or of none, but was meant for one: taken for text, a mistyped ID would change another
    incident. `known` should have the open ones as well: what is one slip away from one of them is asked about, and what
    is not may be the name of a thing (`A100 is hot`). `is_grave`: the act is one that nobody wants to see done to
    another incident, so the doubt is greater.
    """
    found = addressing(word)
    if found is None:
        if not word.quoted and _BROKEN.match(_bare(word.text)):
            remedy = f"{_LISTS['incident']} A text that begins so is written in quotes: `{_in_quotes(word)}`."
            raise NotFoundError(f"{shown(word.text)} is not the whole ID of an incident.", remedy)
        return None
    if re.fullmatch(r"(?:INC-)?[0-9]{8}-.{4}", found):
        return found
    bare = _bare(word.text)
    is_called_one = bare.startswith("INC-")
    fitting = [one for one in known if one.endswith(found)]
    if fitting:
        return match(found, fitting)
    is_thing = not is_grave and bool(_THING.fullmatch(bare)) and not any(_is_slip(found, one[-4:]) for one in known)
    if is_thing:
        return None
    if is_called_one or _is_only_an_ending(bare[-4:]):
        remedy = f"{_LISTS['incident']} A text that begins so is written in quotes: `{_in_quotes(word)}`."
        raise NotFoundError(f"I know no incident {found}.", remedy)
    if word.text == word.text.upper() and _may_be_mistyped(bare, is_grave=is_grave):
        remedy = (
            f"{_LISTS['incident']} If it is the beginning of your text, write that in quotes: `{_in_quotes(word)}`."
        )
        raise NotFoundError(f"No incident ends in {found}.", remedy)
    return None


def addressing(word: Word) -> str | None:
    """The ending (see `ending`) that a word of free text may be, whether or not there is one; None if it is no name."""
    found = None if word.quoted else ending(word.text)
    if found is None or len(found) < 4:
        return None
    bare = _bare(word.text)
    is_written_as_one = (
        bare.startswith("INC-") or any(map(str.isdigit, bare)) or (found == bare and word.text.isupper())
    )
    return found if is_written_as_one else None


def may_be_a_thing(wanted: str) -> bool:
    """Whether an ending (see `ending`) may as well be the name of a thing, so that a text may begin with it."""
    return len(wanted) == 4 and _is_only_an_ending(wanted)


def _is_slip(one: str, other: str) -> bool:
    """Whether two endings differ by one character, or by two neighbours that changed places."""
    wrong = [at for at in range(4) if one[at] != other[at]]
    if len(wrong) == 2:
        first, second = wrong
        return second - first == 1 and one[first] == other[second] and one[second] == other[first]
    return len(wrong) == 1


def _is_only_an_ending(tail: str) -> bool:
    has_both = any(map(str.isdigit, tail)) and any(map(str.isalpha, tail))
    return has_both and not _MEASURE.fullmatch(tail)


def _may_be_mistyped(bare: str, *, is_grave: bool) -> bool:
    """Whether to ask back about four capitals or digits, which an ID may be as well as a word.

    Whoever resolves would rather be asked about `HTTP 500 is gone` than have another incident ended. A note is
    written in a hurry, often, and harms little where it is wrong: there, words, abbreviations and numbers
    (`HTTP 500`, `CERT expired`, `5000 users`) pass, and only what nobody says (`ZZZZ`) is asked about.
    """
    if not _SHOWN.fullmatch(bare) or _MEASURE.fullmatch(bare):
        return False
    return is_grave or not (bare.isdigit() or _SAYABLE.fullmatch(bare) or bare in _ABBREVIATIONS)


def _in_quotes(word: Word) -> str:
    """The line as it is to be written, if it is short enough to repeat: `resolve "HTTP 500 is gone"`."""
    text = word.line[word.start :].strip()
    if len(text) > REPEATED or not text.isprintable() or any(mark in text for mark in '"`“”„'):
        text = f"{word.text} …"
    return f'{word.line[: word.start].lstrip()}"{text}"'


def addressed(line: Line, known: Collection[str], *, is_grave: bool = False) -> tuple[str | None, int]:
    """The incident that the word after the verb names, if it names one, and where the text begins."""
    found = first_id(line.words[1], known, is_grave=is_grave) if len(line.words) > 1 else None
    return found, 1 if found is None else 2
