"""A JSON list of any length, asked for and read object by object as it comes: no more than one of them is held."""

import codecs
import json
from collections.abc import Callable
from typing import Any

from bot.services.http import Answer, Http, Limits, NoAnswerError

LONGEST = 1024 * 1024  # characters of one object

_SPACE = " \t\r\n"
_MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError)


class NotAListError(Exception):
    """The answer is something else than a whole list of such objects."""


async def each_of(http: Http, url: str, each: Callable[[Any], None], limits: Limits) -> Answer:
    """Asks for a list and calls `each` with each object of it; what was called for counts only if nothing is raised.

    With another status than 200 nothing was called. Raises NoAnswerError, also for a list that is too long, and
    NotAListError.
    """
    listed = Listed(each)
    answer = await http.pour(url, listed.take, limits=limits)
    if answer.is_cut:
        raise NoAnswerError(f"its list is longer than {limits.size // 1024 // 1024:,} MB")
    if answer.status == 200 and not listed.is_whole:
        raise NotAListError
    return answer


class Listed:
    """Calls `each` with each object of a list. What that raises of errors of shape says that it is no such list.

    After the last byte `is_whole` tells whether all of a list of objects came, and nothing else.
    """

    def __init__(self, each: Callable[[Any], None]) -> None:
        self._each = each
        self._decoder = json.JSONDecoder()
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._wants = "["  # then "{" for an object or the end, "," for more or the end, and "" when it has ended
        self._is_broken = self._has_some = False

    @property
    def is_whole(self) -> bool:
        """Whether a whole list of objects came."""
        return not (self._is_broken or self._wants or self._rest.strip(_SPACE))

    def take(self, chunk: bytes) -> bool:
        """The next bytes; False if it is no list of objects, so that no more need to come."""
        self._rest += self._bytes.decode(chunk)
        # An object's end is not worth looking for where there is none, however small the pieces are.
        if self._wants != "{" or b"}" in chunk or b"]" in chunk:
            self._read()
        self._is_broken = self._is_broken or len(self._rest) > LONGEST
        return not self._is_broken

    def _read(self) -> None:
        """Takes as much from the beginning as is complete."""
        at = 0
        while not self._is_broken:
            at = _past_space(self._rest, at)
            if at == len(self._rest):
                break
            if self._wants == "{" and self._rest[at] == "{":
                end = self._object(at)
                if end == at:
                    break
                at, self._wants, self._has_some = end, ",", True
            else:
                self._is_broken = not self._sign(self._rest[at])
                at += 1
        self._rest = self._rest[at:]

    def _sign(self, sign: str) -> bool:
        """A bracket or a comma; False if it may not stand here."""
        if sign == "]" and (self._wants == "," or (self._wants == "{" and not self._has_some)):
            self._wants = ""
        elif sign == self._wants and sign in ("[", ","):
            self._wants = "{"
        else:
            return False
        return True

    def _object(self, at: int) -> int:
        """Passes on the object that begins here; where it ends, or `at` if it is not there as a whole."""
        try:
            found, end = self._decoder.raw_decode(self._rest, at)
        except ValueError:
            return at
        except RecursionError:
            self._is_broken = True
            return at
        try:
            self._each(found)
        except _MISSHAPEN:
            self._is_broken = True
        return end


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
