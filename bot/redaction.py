"""Takes secrets out of what is about to be written: known values in every spelling, and whatever looks like one."""

import base64
import json
import re
import reprlib
import sys
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
_DEPTH = 6
_LONGEST = 20_000  # characters of one field
_HUGE = "a very large number"
_NOT_JSON = ("nan", "inf", "-inf", _HUGE)
_WHOLE_WORD_BELOW = 6  # a short password ("admin") is masked as a whole word only, or the log could not be read

# What is secret by its shape, whether it is ours or somebody else's.
_SHAPES = re.compile(
    r"(?:xoxe\.)?xox[a-z]-[\w-]+"  # https://docs.slack.dev/authentication/tokens
    r"|xapp-[\w-]+"
    r"|(?<=://)[^\s/\"'<>@]+@[^\s/\"'<>@]*@"  # user:pa@ss@host: the last @ ends it
    r"|(?<=://)[^\s/\"'<>@]+@"
    r"|(?<=hooks\.slack\.com/)[^\s\"'<>]+"  # a response_url: whoever has it may post for half an hour
    r"|(?<=[?&]ticket=)[^\s\"'<>&]+"  # the address of a Socket Mode connection
    r"|(?i:(?<=bearer )|(?<=basic )(?!information\b))[\w.~+/=-]{4,}"
)


class Redactor:
    """Masks `secrets` and everything shaped like one. It has no state and never raises."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        secrets = {secret.strip() for secret in secrets if secret.strip()}
        spellings = {spelling: len(secret) for secret in secrets for spelling in _spellings(secret)}
        longest_first = sorted(spellings, key=len, reverse=True)
        patterns = [
            rf"(?<!\w){re.escape(text)}(?!\w)" if spellings[text] < _WHOLE_WORD_BELOW else re.escape(text)
            for text in longest_first
        ]
        self._known = re.compile("|".join(patterns)) if patterns else None
        self._show = reprlib.Repr()  # its own guard keeps a broken __repr__ from raising
        # Nothing is cut before it is masked: half a secret would not be recognised.
        self._show.maxother = self._show.maxstring = sys.maxsize

    def text(self, text: str) -> str:
        """`text` with every secret in it masked, as valid Unicode, shortened if it is very long."""
        text = text.encode("utf-8", "backslashreplace").decode()
        if self._known:
            text = self._known.sub(MASK, text)
        text = _SHAPES.sub(lambda match: f"{MASK}@" if match[0].endswith("@") else MASK, text)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"

    def value(self, value: object, depth: int = _DEPTH) -> object:
        """Any value as something that JSON can hold, with every secret in it masked, keys included."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            shown = _number(value)
            masked = self.text(shown)
            return masked if masked != shown or shown in _NOT_JSON else value
        if depth and type(value) is dict:
            return {self.text(self._plain(key)): self.value(item, depth - 1) for key, item in list(value.items())}
        if depth and isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth - 1) for item in list(value)]
        return self.text(self._plain(value))

    def _plain(self, value: object) -> str:
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, bytes | bytearray):
            return bytes(value).decode("utf-8", "backslashreplace")
        return self._show.repr(value)


def _number(value: float) -> str:
    if isinstance(value, float):
        return float.__repr__(value)
    # Python refuses to write out integers of more than 4300 digits.
    return int.__repr__(value) if value.bit_length() < 10_000 else _HUGE


def _spellings(secret: str) -> Iterator[str]:
    """The ways in which libraries write a value: as it is, percent-encoded, in JSON, in repr, in base64."""
    yield secret
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), encoded)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    if len(secret) >= _WHOLE_WORD_BELOW:
        yield base64.b64encode(secret.encode()).decode().rstrip("=")
