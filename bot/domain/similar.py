"""Whether two titles may be about the same trouble: they are if they name the same thing.

What is left of a title without its small words is its *subject* (`checkout`, `prometheus disk`, `db2`) and its
*symptoms* (`down`, `slow`, `500s`). Two people name the same thing and describe it each in their way, while half of
all incidents are "down". So subjects are compared, and symptoms only where no title has a subject:

    checkout is down       checkout gives 500s again        yes: the same thing
    checkout is down       search is down                   no: another one
    prometheus             prometheus disk is full          yes: one is most of the other
    disk full on db1       disk full on db2                 no: numbers tell things apart
    payments are failing   payment failed; paymets fail     yes: endings and slips do not count
    check-out is down      checkout is down                 yes: written as one word or two

It is only asked about, so a doubt is worth a question; but not a question at each opening.
"""

import re
import unicodedata
from collections.abc import Iterator

ALIKE = 0.75  # the share that is common, where each title has something of its own
MOST = 0.5  # the share of the longer one that the shorter one has to make, where it has nothing of its own
_LETTERS_OF_A_SLIP = 5  # in shorter words one letter makes another word

_WORD = re.compile(r"[0-9]{1,2}:[0-9]{2}|[0-9]+(?:[.,][0-9]+)*\s?%|[^\W_]+")
_PASSING = re.compile(r"[0-9]{1,2}:[0-9]{2}|.*%|[0-9]+(?:ms|s|sec|m|min|mins|h|d|k|kb|mb|gb|tb|am|pm|x)")
_LOGIN = re.compile(r"\b(?:log(?:ging|s|ged)?|sign(?:ing|s|ed)?)[ -]?in(?:to)?\b")
_ERROR = re.compile(r"[45](?:[0-9]{2}|xx)s?")
_WIDE = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")  # written without spaces, or nearly

_SMALL = frozenset({
    "a", "after", "again", "all", "almost", "also", "an", "and", "answer", "answering", "answers", "any", "anybody",
    "anyone", "are", "aren", "as", "at", "be", "been", "before", "being", "but", "by", "can", "completely",
    "currently", "customer", "customers", "d", "did", "do", "does", "doesn", "don", "everybody", "everyone", "for",
    "from", "get", "gets", "getting", "give", "gives", "giving", "had", "has", "hasn", "have", "having", "help",
    "hi", "i", "if", "in", "into", "is", "isn", "it", "its", "just", "last", "like", "ll", "m", "many", "me",
    "morning", "my", "nearly", "new", "night", "no", "nobody", "not", "now", "of", "off", "on", "once", "ongoing",
    "or", "our", "please", "quite", "re", "really", "replies", "reply", "request", "requests", "return",
    "returning", "returns", "s", "see", "seeing", "seem", "seems", "show", "showing", "shows", "since", "so",
    "some", "still", "t", "than", "that", "the", "their", "them", "there", "they", "this", "time", "times", "to",
    "today", "tomorrow", "tonight", "too", "totally", "up", "urgent", "us", "user", "users", "ve", "very", "via",
    "was", "we", "were", "when", "where", "while", "will", "with", "without", "won", "yesterday", "you", "your",
})  # fmt: skip
_SYMPTOMS = frozenset({
    "alarm", "alert", "bad", "broke", "broken", "bug", "cannot", "cant", "corrupt", "crash", "crashed", "crashes",
    "crashing", "dead", "degraded", "delay", "delayed", "die", "died", "dies", "down", "dropped", "dropping",
    "drops", "dying", "empty", "error", "errored", "erroring", "errors", "exhausted", "expired", "fail", "failed",
    "failing", "failover", "fails", "failure", "failures", "fault", "faulty", "flaky", "flapping", "full", "gone",
    "hang", "hanging", "hangs", "hiccup", "hiccups", "high", "hung", "inaccessible", "incident", "issue", "issues",
    "lag", "lagging", "late", "latency", "leak", "leaking", "lost", "low", "missing", "offline", "oom", "out",
    "outage", "overloaded", "panic", "problem", "problems", "reachable", "refused", "refusing", "respond",
    "responding", "responds", "responsive", "restart", "restarting", "slow", "slowly", "slowness", "stopped",
    "stops", "stuck", "timeout", "timeouts", "timing", "trouble", "unavailable", "unhealthy", "unreachable",
    "unreached", "unresponsive", "unstable", "unusable", "work", "working", "works", "wrong",
})  # fmt: skip


def is_similar(one: str, other: str) -> bool:
    """Whether two titles may be about the same thing."""
    told, heard = _raw(one), _raw(other)
    first, second = _words(told, heard), _words(heard, told)
    if not first or not second:  # emoji, or small words alone
        return _plainly(one) == _plainly(other)
    subjects = [word for word in first if not _is_symptom(word)], [word for word in second if not _is_symptom(word)]
    if all(subjects):
        return _are_alike(*subjects)
    return not any(subjects) and set(first) == set(second)


def _are_alike(first: list[str], second: list[str]) -> bool:
    one, other = set(first), set(second)
    mine, yours = _alone(one, other), _alone(other, one)
    if mine and yours:
        if any(map(_has_digit, mine)) and any(map(_has_digit, yours)):
            return False
        return len(mine) + len(yours) <= (1 - ALIKE) * (len(one) + len(other))
    longer = one if mine else other
    return len(mine) + len(yours) <= (1 - MOST) * len(longer)


def _alone(words: set[str], others: set[str]) -> set[str]:
    """The words that the other title has not, in no spelling."""
    return {word for word in words - others if not any(_is_slip(word, other) for other in others)}


def _raw(title: str) -> list[str]:
    return _WORD.findall(_LOGIN.sub("login", _plainly(title).replace("'", "").replace("’", "")))


def _words(told: list[str], others: list[str]) -> list[str]:
    """What a title says, without the words that say nothing about the trouble."""
    said = (word for word in _joined(told, others) if word not in _SMALL and not _PASSING.fullmatch(word))
    return [part for word in said for part in _parts(word)]


def _parts(word: str) -> Iterator[str]:
    """A word in the singular; of what is written without spaces, each two neighbours."""
    if _WIDE.fullmatch(word) and len(word) > 1:
        yield from (word[at : at + 2] for at in range(len(word) - 1))
    elif word in _SYMPTOMS or _ERROR.fullmatch(word):
        yield word
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
    else:
        yield word


def _is_symptom(word: str) -> bool:
    return word in _SYMPTOMS or bool(_ERROR.fullmatch(word))


def _joined(words: list[str], others: list[str]) -> list[str]:
    """The words, two neighbours as one where the other title has them so."""
    known, found, at = set(others), list[str](), 0
    while at < len(words):
        both = "".join(words[at : at + 2])
        is_one = at + 1 < len(words) and both in known
        found.append(both if is_one else words[at])
        at += 2 if is_one else 1
    return found


def _is_slip(one: str, other: str) -> bool:
    """Whether two long words differ by one letter, or by two that changed places."""
    short, long = sorted((one, other), key=len)
    if len(short) < _LETTERS_OF_A_SLIP or len(long) - len(short) > 1 or _has_digit(one + other):
        return False
    at = next((place for place, letter in enumerate(short) if letter != long[place]), len(short))
    if len(short) != len(long):
        return short[at:] == long[at + 1 :]
    swapped = long[:at] + long[at : at + 2][::-1] + long[at + 2 :]
    return short == swapped or short[at + 1 :] == long[at + 1 :]


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


def _plainly(title: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())
