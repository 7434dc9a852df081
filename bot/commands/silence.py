"""`/ops silence`: keeps alerts quiet for a while.

/ops silence [list]
/ops silence NAME=VALUE … for 2h REASON     see `matchers` for what may be matched
/ops silence expire ID
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from bot.commands.durations import duration_first
from bot.commands.grammar import Usage, free_text
from bot.commands.matchers import EXAMPLES, Matcher, matchers
from bot.commands.words import Line, Word, closest, key, shown

VERB = "silence"
LONGEST = timedelta(hours=24)
REASON_LIMIT = 300

USAGES = (
    Usage("silence [list]", "what is silenced, until when, by whom", "silence list", VERB),
    Usage(
        "silence NAME=VALUE … for 2h REASON",
        "keep alerts quiet for 24 hours at most; said again it lasts longer",
        "silence job=loki for 2h the disk is replaced",
        VERB,
    ),
    Usage("silence expire ID", "let them be heard again", "silence expire SIL-7KQ4", VERB),
)

_ID = re.compile(r"(?:SIL-)?([0-9A-HJKMNP-TV-Z]{4}|MW-[0-9]{8}-[0-9]{4}(?:-[0-9]{1,4})?)")
_ABOUT = re.compile(r"(?<![\w-])(INC-[0-9]{8}-[0-9A-Z]{4}|MW-[0-9]{8}-[0-9]{4})(?![\w-])")


@dataclass(frozen=True)
class ListSilences:
    """List what is silenced."""


@dataclass(frozen=True)
class MakeSilence:
    """Silence what all matchers fit; `subject` is the incident or window that the reason names first, if any."""

    matchers: tuple[Matcher, ...]
    length: timedelta
    reason: str
    subject: str = ""


@dataclass(frozen=True)
class ExpireSilence:
    """End this one (`SIL-7KQ4`) now."""

    id: str


Silencing = ListSilences | MakeSilence | ExpireSilence


def read(line: Line) -> Silencing:
    """What the words after `/ops` ask for, the first being `silence`."""
    if len(line.words) < 2:
        return ListSilences()
    second = line.words[1]
    if second.key == "list":
        line.no_more_than(2)
        return ListSilences()
    if second.key == "expire":
        return _expire(line)
    if "=" not in line.text and "~" not in line.text and (near := closest(second.text, ("list", "expire"))):
        raise second.wrong(f"`/ops silence` does not know {shown(second.text)}.", f"Did you mean `{near}`?")
    found, at = matchers(line.text, line.words[0].end)
    index = next((i for i, word in enumerate(line.words) if word.start >= at), len(line.words))
    return _for(line, index, found)


def _for(line: Line, index: int, found: tuple[Matcher, ...]) -> MakeSilence:
    if index >= len(line.words) or line.words[index].key != "for":
        word = line.words[index] if index < len(line.words) else line.rest(index)
        if word.text and index < len(line.words):
            raise word.wrong(f"{shown(word.text)} is no matcher.", f"`for 2h REASON` follows them. {EXAMPLES}")
        raise word.wrong("For how long?", "Write it like `for 2h the disk is replaced`, after the matchers.")
    if index + 1 >= len(line.words):
        raise line.rest(index + 1).wrong("For how long?", "Write it like `for 2h the disk is replaced`.")
    length, used = duration_first(line.words[index + 1 :], LONGEST)
    after = index + 1 + used
    reason = free_text(line, after, "Why?", "Say it after the time, like `for 2h the disk is replaced`.")
    if len(reason) > REASON_LIMIT:
        problem = f"The reason has {len(reason)} characters; {REASON_LIMIT} is the most."
        raise line.rest(after).wrong(problem, "Say it in short.")
    about = _ABOUT.search(reason.upper())
    return MakeSilence(found, length, " ".join(reason.split()), about[1] if about else "")


def _expire(line: Line) -> ExpireSilence:
    line.no_more_than(3)
    if len(line.words) < 3:
        raise line.rest(2).wrong("Which one?", "`/ops silence list` has their IDs.")
    word = line.words[2]
    return ExpireSilence(f"SIL-{_ending(word)}")


def _ending(word: Word) -> str:
    found = _ID.fullmatch(key(word.text).strip("`*_").upper())
    if found is None:
        raise word.wrong(f"{shown(word.text)} is not a silence's ID.", "Write it like `SIL-7KQ4`, or its end, `7KQ4`.")
    return found[1]
