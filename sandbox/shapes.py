"""Small rules that a JSON value must meet, and their composition; complaints are worded and placed as Slack's."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.records import Json


@dataclass(frozen=True)
class Spot:
    """A place in the JSON under inspection; `complaints` is shared by all spots of one inspection."""

    pointer: str
    complaints: list[str] = field(default_factory=list)

    def at(self, key: str | int) -> "Spot":
        """A place inside this one."""
        return Spot(f"{self.pointer}/{key}", self.complaints)

    def complain(self, words: str) -> None:
        """Note what is wrong here."""
        self.complaints.append(f"{words} [json-pointer:{self.pointer}]")


Rule = Callable[[Spot, Any], None]


def boolean(spot: Spot, value: Any) -> None:
    """true or false."""
    if not isinstance(value, bool):
        spot.complain("must be a boolean")


def integer(low: int, high: int) -> Rule:
    """A whole number within bounds, both included."""

    def rule(spot: Spot, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            spot.complain("must be an integer")
        elif not low <= value <= high:
            spot.complain(f"must be between {low} and {high}")

    return rule


def string(limit: int, least: int = 1) -> Rule:
    """Text of at most `limit` characters."""

    def rule(spot: Spot, value: Any) -> None:
        if not isinstance(value, str):
            spot.complain("must be a string")
        elif len(value) > limit:
            spot.complain(f"must be less than {limit + 1} characters")
        elif len(value) < least:
            spot.complain(f"must be more than {least - 1} characters")

    return rule


def matching(pattern: str, words: str) -> Rule:
    """Text of a form; `words` name it in the complaint."""

    def rule(spot: Spot, value: Any) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            spot.complain(f"must be {words}")

    return rule


def one_of(*choices: str) -> Rule:
    """One of a few words."""

    def rule(spot: Spot, value: Any) -> None:
        if value not in choices:
            spot.complain(f"must be one of: {', '.join(choices)}")

    return rule


def many(rule: Rule, least: int, most: int) -> Rule:
    """A list whose items all meet a rule."""

    def whole(spot: Spot, value: Any) -> None:
        if not isinstance(value, list):
            spot.complain("must provide an array")
            return
        if len(value) > most:
            spot.complain(f"no more than {most} items allowed")
        if len(value) < least:
            spot.complain(f"no fewer than {least} items allowed")
        for index, item in enumerate(value):
            rule(spot.at(index), item)

    return whole


def shape(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, extra: Rule | None = None) -> Rule:
    """An object with these properties and no others; `extra` looks at it as a whole when the rest is in order."""
    known = {**required, **(optional or {})}

    def rule(spot: Spot, value: Any) -> None:
        if not isinstance(value, dict):
            spot.complain("must provide an object")
            return
        before = len(spot.complaints)
        for name in required:
            if value.get(name) is None:
                spot.complain(f"missing required field: {name}")
        for name, found in value.items():
            if name not in known:
                spot.complain(f"invalid additional property: {name}")
            elif found is not None:
                known[name](spot.at(name), found)
        if extra and len(spot.complaints) == before:
            extra(spot, value)

    return rule


def typed(rules: Mapping[str, Rule]) -> Rule:
    """An object whose `type` picks the rule; any type that is not listed has no place here."""

    def rule(spot: Spot, value: Any) -> None:
        if not isinstance(value, dict):
            spot.complain("must provide an object")
        elif value.get("type") not in rules:
            spot.at("type").complain(f"unsupported type: {value.get('type')}")
        else:
            rules[value["type"]](spot, value)

    return rule


def exactly_one(*names: str) -> Rule:
    """Exactly one of these properties is there."""

    def rule(spot: Spot, value: Json) -> None:
        if sum(value.get(name) is not None for name in names) != 1:
            spot.complain(f"must define exactly one of: {', '.join(names)}")

    return rule


def all_of(*rules: Rule) -> Rule:
    """Several rules at once."""

    def rule(spot: Spot, value: Any) -> None:
        for one in rules:
            one(spot, value)

    return rule


def any_value(_spot: Spot, _value: Any) -> None:
    """Anything will do."""


def text(limit: int, *kinds: str) -> Rule:
    """A text object of one of these kinds ("plain_text", "mrkdwn"; both if none is named).

    https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    """
    shapes = {
        "plain_text": shape({"type": any_value, "text": string(limit)}, {"emoji": boolean}),
        "mrkdwn": shape({"type": any_value, "text": string(limit)}, {"verbatim": boolean}),
    }
    return typed({kind: shapes[kind] for kind in kinds or shapes})


def plain(limit: int) -> Rule:
    """A plain_text object."""
    return text(limit, "plain_text")


def unique(values: Sequence[tuple[Spot, str]], name: str) -> None:
    """No value twice; each comes with its place."""
    seen: set[str] = set()
    for place, value in values:
        if value in seen:
            place.complain(f"`{name}` {value!r} already exists")
        seen.add(value)
