"""Makes a value of any type that the views take, with a text of the test's own wherever a person's may stand."""

import dataclasses
import datetime as dt
import enum
import inspect
import random
import types
import typing
from collections import abc
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import Block, ButtonElement, ConfirmObject, InteractiveElement, SectionBlock

from bot.errors import ConflictError, RefusedError, UserError, WordError
from bot.slack.mrkdwn import Mrkdwn, escape

NOON = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
TS = "1764000000.000100"
# How long texts get: what people write at length, by the names of fields; all else is a name, an ID or a word of ours.
LONG = dict.fromkeys(("text", "resolution", "cause", "lesson", "problem", "what_happened", "description"), 3000)
SHORT = 150
OURS = (
    "id", "key", "act", "subject", "via", "label", "channel", "metadata", "now", "was", "name", "problem", "who", "by",
    "author", "owner", "backup",
)  # fmt: skip
NAMES = 24


class CannotError(Exception):
    """There is no way to make a value of this type."""


@dataclasses.dataclass
class Filler:
    """Makes values. `text` is what every string holds; `most` how many members a list has, deeper ones fewer."""

    rng: random.Random
    text: str
    most: int
    least: int = 0

    def arguments(self, function: abc.Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
        """What to call it with."""
        positional, named = [], {}
        hints = _hints(function)
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional += [self.value(hints[name], 1) for _ in range(self._count(1))]
            elif parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = self.value(hints[name], 1, name)
            else:
                positional.append(self.value(hints[name], 1, name))
        return positional, named

    def value(self, kind: Any, depth: int = 0, name: str = "") -> Any:
        """A value of this type; `name` is the field's."""
        origin, args = get_origin(kind), get_args(kind)
        if origin in (typing.Union, types.UnionType, typing.Annotated):
            return self.value(args[0] if origin is typing.Annotated else self.rng.choice(args), depth, name)
        if origin is typing.Literal:
            return self.rng.choice(args)
        if origin is abc.Callable:
            return lambda *_: self.value(args[1], depth + 1)
        return self._several(origin, args, depth) if origin else self._single(kind, depth, name)

    def _several(self, origin: Any, args: tuple[Any, ...], depth: int) -> Any:
        if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
            return tuple(self.value(one, depth + 1) for one in args)
        members = [self.value(args[0], depth + 1) for _ in range(self._count(depth))]
        if origin in (dict, abc.Mapping):
            return {key: self.value(args[1], depth + 1) for key in members}
        if origin in (tuple, frozenset, set, abc.Set):
            return tuple(members) if origin is tuple else frozenset(members)
        return members

    def _single(self, kind: Any, depth: int, name: str) -> Any:
        if kind in PLAIN:
            return PLAIN[kind](self, name)
        if inspect.isclass(kind) and issubclass(kind, enum.Enum):
            return self.rng.choice(list(kind))
        if inspect.isclass(kind) and dataclasses.is_dataclass(kind):
            return kind(**{field: self.value(hint, depth + 1, field) for field, hint in _fields(kind)})
        raise CannotError(str(kind))

    def text_of(self, name: str) -> str:
        if name in ("ts", "order") or name.endswith("_ts"):
            return TS
        return self.text[: NAMES if name.rpartition("_")[2] in OURS else LONG.get(name, SHORT)]

    def _count(self, depth: int) -> int:
        most = self.most if depth < 2 else min(self.most, 3) if depth < 4 else 1
        return self.rng.randint(min(self.least, most), most)

    def error(self) -> UserError:
        end = min(len(self.text), 20)
        error = self.rng.choice(
            (
                UserError(self.text, self.text),
                ConflictError(self.text, by="U0BOB"),
                RefusedError(self.text, may=["U0ANN", self.text]),
                WordError(self.text, self.text, text=self.text, start=end // 2, end=end),
            )
        )
        error.words = self.rng.choice((None, (self.text,)))
        return error


PLAIN: dict[Any, abc.Callable[[Filler, str], Any]] = {
    str: Filler.text_of,
    object: lambda filler, _: filler.text,
    Any: lambda filler, _: filler.text,
    Mrkdwn: lambda filler, _: escape(filler.text),
    bool: lambda filler, _: filler.rng.random() < 0.5,
    int: lambda filler, _: filler.rng.randrange(1, 5),
    float: lambda filler, _: filler.rng.random() * 100,
    type(None): lambda *_: None,
    dt.datetime: lambda filler, _: NOON + dt.timedelta(minutes=filler.rng.randrange(3000)),
    dt.date: lambda *_: NOON.date(),
    dt.timedelta: lambda filler, _: dt.timedelta(minutes=filler.rng.randrange(1, 3000)),
    ZoneInfo: lambda *_: ZoneInfo("Europe/Amsterdam"),
    UserError: lambda filler, _: filler.error(),
    ConfirmObject: lambda *_: None,
    Block: lambda filler, _: SectionBlock(text=escape(filler.text).strip() or "x"),
    InteractiveElement: lambda *_: ButtonElement(text="Press", action_id="press"),
}


@cache
def _hints(of: Any) -> dict[str, Any]:
    return get_type_hints(of)


@cache
def _fields(of: Any) -> list[tuple[str, Any]]:
    return [(field.name, _hints(of)[field.name]) for field in dataclasses.fields(of) if field.init]
