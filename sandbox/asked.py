"""What the page asks for, as JSON: read field by field, so that what has another shape is said and changes nothing."""

import json
import math
from collections.abc import Collection, Iterator
from typing import Any

from aiohttp import web

from sandbox.records import Json

DEEPEST = 30  # levels; a rich text has fewer than ten
LONGEST = 3600.0  # seconds of any trouble
_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


class AskedError(Exception):
    """The request is not one that the page sends: a sentence that names the field."""


class Asked:
    """An object of the request. Each reader raises AskedError for a field of another kind."""

    def __init__(self, fields: Json) -> None:
        self._fields = fields

    def text(self, name: str, usual: str | None = None) -> str:
        """A text; without a usual one it has to be there."""
        found = self._fields.get(name, usual)
        if not isinstance(found, str):
            raise self._wrong(name, "a text", found)
        return found

    def perhaps(self, name: str) -> str | None:
        """A text, or None where there is none."""
        return None if self._fields.get(name) is None else self.text(name)

    def one_of(self, name: str, known: Collection[str]) -> str:
        """One of these words."""
        found = self.text(name)
        if found not in known:
            raise AskedError(f"“{name}” is {found[:40]!r}, which is none of {', '.join(known)}.")
        return found

    def flag(self, name: str) -> bool:
        """True or false; false where there is none."""
        found = self._fields.get(name, False)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false", found)
        return found

    def seconds(self, name: str, usual: float) -> float:
        """How long; up to an hour."""
        found = self._fields.get(name, usual)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self._wrong(name, "a number of seconds", found)
        if not 0 <= found <= LONGEST or math.isnan(found):
            raise AskedError(f"“{name}” has to be from 0 to {LONGEST:g} seconds.")
        return float(found)

    def whole(self, name: str, usual: int, least: int, most: int) -> int:
        """A whole number between two, both included."""
        found = self._fields.get(name, usual)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self._wrong(name, "a whole number", found)
        if not least <= found <= most:
            raise AskedError(f"“{name}” has to be from {least} to {most}.")
        return found

    def part(self, name: str) -> "Asked":
        """An object inside."""
        return Asked(self._object(name, self._fields.get(name)))

    def values(self) -> Iterator[tuple[str, str, Any]]:
        """What is filled in, `{block_id: {action_id: value}}`: each with its place."""
        values = self._fields.get("values")
        for block_id, elements in self._object("values", {} if values is None else values).items():
            for action_id, value in self._object(f"values.{block_id[:40]}", elements).items():
                yield block_id, action_id, value

    def has(self, name: str) -> bool:
        """Whether it is there at all."""
        return name in self._fields

    def raw(self, name: str) -> Any:
        """Whatever is there; None where there is nothing."""
        return self._fields.get(name)

    def _object(self, name: str, found: Any) -> Json:
        if not isinstance(found, dict):
            raise self._wrong(name, "an object", found)
        return found

    @staticmethod
    def _wrong(name: str, kind: str, found: Any) -> AskedError:
        is_there = "" if found is None else f", not {_NAMES.get(type(found), 'that')}"
        return AskedError(f"“{name}” has to be {kind}{is_there}.")


async def asked(request: web.Request) -> Asked:
    """The body: JSON, and said to be, since another site's form cannot send that type here."""
    if request.content_type != "application/json":
        raise refusal(web.HTTPUnsupportedMediaType, "The body has to be JSON, with Content-Type: application/json.")
    try:
        body = await request.json()
        # Half a character can stand in JSON, but in no message.
        deep = _is_deep(body) or not json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        deep = True
    except (ValueError, LookupError):  # LookupError: a charset that nobody knows
        raise refusal(web.HTTPBadRequest, "The body is not JSON in UTF-8.") from None
    except web.HTTPRequestEntityTooLarge:
        raise refusal(web.HTTPBadRequest, "The body is too long.") from None
    if deep:
        raise refusal(web.HTTPBadRequest, f"The body is nested deeper than {DEEPEST} levels.")
    if not isinstance(body, dict):
        raise refusal(web.HTTPBadRequest, "The body has to be a JSON object.")
    return Asked(body)


def refusal(kind: type[web.HTTPClientError], words: str) -> web.HTTPClientError:
    """A refusal in the page's own form."""
    return kind(text=json.dumps({"ok": False, "error": words}), content_type="application/json")


def _is_deep(body: object) -> bool:
    """Whether it has more levels than anything that the page sends; without recursion, which it could exhaust."""
    level: list[Any] = [body]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True
