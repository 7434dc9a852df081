"""What a model may say: its answer checked against the schema, and rid of all that could be more than words.

Thread texts are data for the model, and its answer is data for us: whatever somebody talked it into, it cannot mention,
link to what nobody named, or state numbers that the records do not have.
"""

import html
import json
import re
import unicodedata
from collections.abc import Callable

from bot.domain.summary import QUESTION_LIMIT, QUESTIONS, TEXT_LIMITS, Prose

MUST_SAY = ("what_happened", "impact")
REMOVED = "[link removed]"
PASSES = 10  # taking one thing out may bring the next together; what is not clean then is not honest

# What Slack makes of its own sequences: https://docs.slack.dev/messaging/formatting-message-text
_SEQUENCE = re.compile(r"<(?:[@#!]|(?=[A-Za-z][\w+.-]*:))([^<>|]*)(?:\|([^<>]*))?>")
_TAG = re.compile(r"<!--.*?(?:-->|$)|</?[A-Za-z][^<>]*>|<[?!/@#][^<>]*>", re.DOTALL)
_OPENS_A_TAG = re.compile(r"<(?=[A-Za-z/!?@#])")
_PAGES = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|mailto:|www\.)[^\s<>|\"'`]*"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:[a-z]{2,}/[^\s<>|\"'`]*|(?:com|net|org|io|dev|app|info|biz|xyz|link)\b)",
    re.IGNORECASE,
)
_URL_END = ".,;:!?)]}*_~"
# Variation selectors that no emoji has, the joiner of graphemes, and letters that are drawn as nothing.
_BLANK = re.compile("[\U000e0100-\U000e01ef\ufe00-\ufe0d\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0]")
_IDLE_JOINER = re.compile("(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f\u200c\u200d])")
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_LIST_MARK = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+", re.MULTILINE)
_SEVERITY = re.compile(r"\bsev(?:erity)?[ -]?([0-9])\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
_INCIDENT = re.compile(r"\bINC-[\w-]+", re.IGNORECASE)


class NoProseError(Exception):
    """There is no prose of a model's. `cause` says why in our words: a clause that follows "since"."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


def prose_from(answer: str, source: str) -> Prose:
    """The prose in a model's answer. `source` is what it was told. Raises NoProseError."""
    told = _object(answer)
    if set(told) != {*TEXT_LIMITS, "open_questions"}:
        raise _useless("it does not have the fields that were asked for")
    texts = {name: _text(told[name], source, limit) for name, limit in TEXT_LIMITS.items()}
    if not all(texts[name] for name in MUST_SAY):
        raise _useless("a part of it is empty")
    questions = told["open_questions"]
    if not isinstance(questions, list) or len(questions) > QUESTIONS:
        raise _useless("its open questions are not a short list")
    asked = [_text(_unmarked(question), source, QUESTION_LIMIT) for question in questions]
    prose = Prose(**texts, open_questions=tuple(" ".join(one.split()) for one in asked if one))
    _check_facts("\n".join([*texts.values(), *prose.open_questions]), source)
    return prose


def _useless(why: str) -> NoProseError:
    return NoProseError(f"the LLM's answer is of no use: {why}")


def _object(answer: str) -> dict[str, object]:
    body = _THOUGHTS.sub("", answer).strip()  # models that think aloud do it before they answer
    if body.startswith("```") and body.endswith("```") and "\n" in body:
        body = body[body.index("\n") : -3]
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise _useless("it is not JSON") from None
    if not isinstance(told, dict):
        raise _useless("it is not a JSON object")
    return told


def _unmarked(value: object) -> object:
    return _LIST_MARK.sub("", value) if isinstance(value, str) else value


def _text(value: object, source: str, limit: int) -> str:
    if not isinstance(value, str):
        raise _useless("a part of it is not a text")
    if len(value) > limit:
        raise _useless("a part of it is too long")
    text = clean(value, source)
    if len(text) > limit:
        raise _useless("a part of it is too long")
    return text


def clean(text: str, source: str) -> str:
    """A model's text without mentions, tags, control characters, and links that `source` does not have.

    Raises NoProseError for a text that turns into the next trick whenever one is taken out.
    """
    known = links(source)
    for _ in range(PASSES):
        before = text
        text = _TAG.sub("", _without_sequences(html.unescape(visible(text))))
        text = _OPENS_A_TAG.sub("", text)
        text = _PAGES.sub("", text)
        text = _URL.sub(_only(known), text)
        if text == before:
            return text.strip()
    raise _useless("it is full of tricks")


def quiet(text: str) -> str:
    """A person's text as it is told to everybody: it stays as it is, but calls nobody."""
    return _PAGES.sub("", _without_sequences(visible(text))).strip()


def links(text: str) -> frozenset[str]:
    """The addresses that occur in a text."""
    return frozenset(found.rstrip(_URL_END) for found in _URL.findall(text))


def _only(known: frozenset[str]) -> Callable[[re.Match[str]], str]:
    def kept(match: re.Match[str]) -> str:
        address = match[0].rstrip(_URL_END)
        return match[0] if address in known else REMOVED + match[0][len(address) :]

    return kept


def visible(text: str) -> str:
    """Without what is not seen: controls, zero-width, bidirectional and tag characters, blank letters.

    The joiners of emoji and letters stay where they join some; between letters of ASCII they hide a message.
    """
    kept = (
        character
        for character in text.replace("\r\n", "\n").replace("\t", " ")
        if character in "\n\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    )
    return _IDLE_JOINER.sub("", _BLANK.sub("", "".join(kept)))


def _without_sequences(text: str) -> str:
    return _SEQUENCE.sub(_said_for, text)


def _said_for(match: re.Match[str]) -> str:
    """What a reader sees of one of Slack's sequences, as words."""
    label = (match[2] or "").lstrip("@#")
    kind = match[0][1]
    if kind == "!":
        return label or match[1].split("^")[0]
    if kind == "@":
        return label or "somebody"
    if kind == "#":
        return f"#{label}" if label else "a channel"
    return f"{label} ({match[1]})" if label and label != match[1] else match[1]


def _check_facts(text: str, source: str) -> None:
    """Times, severities, numbers and incidents are the records'; a model that has others made them up."""
    text = _LIST_MARK.sub("", text)
    for pattern, what in ((_CLOCK, "a time"), (_INCIDENT, "an incident"), (re.compile(r"\d+"), "a number")):
        if {one.upper() for one in pattern.findall(text)} - {one.upper() for one in pattern.findall(source)}:
            raise _useless(f"it states {what} that the records do not have")
    if set(_SEVERITY.findall(text)) - set(_SEVERITY.findall(source)):
        raise _useless("it states a severity that the records do not have")
