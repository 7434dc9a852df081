"""Finding what a person means by the words on their screen: buttons, options, inputs; exactly one or none at all."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sandbox.records import CannotError, Json
from sandbox.text import lines, seen
from sandbox.values import KEYS, SEVERAL, interactive, options_of
from sandbox.workspace import Workspace

_T = TypeVar("_T")
Found = tuple[Json, Json]
"""A block and an element in it."""


def button(workspace: Workspace, blocks: list[Json], wanted: str) -> tuple[Found, str | None]:
    """The button with that label or action_id, or the overflow menu with such an option (whose value comes second)."""
    fitting: list[tuple[Found, str | None]] = []
    offered: list[str] = []
    for block, element in interactive(blocks):
        if element["type"] == "button":
            label = str(element["text"]["text"])
            offered.append(label)
            if wanted in {label, element["action_id"]}:
                fitting.append(((block, element), None))
        elif element["type"] == "overflow":
            for option in element["options"]:
                offered.append(f"⋯ {option['text']['text']}")
                if wanted in {_text(workspace, option), option["value"]}:
                    fitting.append(((block, element), str(option["value"])))
    return _single(fitting, f"button {wanted!r}", offered)


def option(
    workspace: Workspace, blocks: list[Json], wanted: str, *, kinds: Sequence[str], of: str = ""
) -> tuple[Found, Json]:
    """The element of one of these kinds that offers an option with that text or value, and the option.

    `of` narrows it down to one element, by its action_id, block_id, or words beside it.
    """
    fitting: list[tuple[Found, Json]] = []
    offered: list[str] = []
    for block, element in interactive(blocks):
        if element["type"] not in kinds or (of and not _named(workspace, block, element, of)):
            continue
        for one in options_of(element):
            offered.append(_text(workspace, one))
            if wanted in {_text(workspace, one), one.get("value")}:
                fitting.append(((block, element), one))
    return _single(fitting, f"option {wanted!r}", offered)


def field(workspace: Workspace, blocks: list[Json], wanted: str) -> Found:
    """The input with that label, block_id, action_id or placeholder."""
    holding = [(block, element) for block, element in interactive(blocks) if element["type"] in KEYS]
    fitting = [pair for pair in holding if _named(workspace, *pair, wanted)]
    return _single(fitting, f"input {wanted!r}", [next(_names(workspace, *pair), "") for pair in holding])


def raw_value(workspace: Workspace, element: Json, meant: Any) -> Any:
    """What a person means by the words on the screen, as `value_of` takes it."""
    key, _ = KEYS[element["type"]]
    if meant is None:
        return None
    if key in SEVERAL:
        several = [meant] if isinstance(meant, str) else list(meant)
        return [_single_value(workspace, element, key, one) for one in several]
    return _single_value(workspace, element, key, meant)


def _single_value(workspace: Workspace, element: Json, key: str, meant: Any) -> Any:
    if key.startswith("selected_option") and isinstance(meant, str) and "external" not in element["type"]:
        fitting = [one for one in options_of(element) if meant in {_text(workspace, one), one.get("value")}]
        offered = [_text(workspace, one) for one in options_of(element)]
        return _single(fitting, f"option {meant!r}", offered)["value"]
    if key.startswith("selected_user"):
        return workspace.person(str(meant)).id
    if key.startswith(("selected_conversation", "selected_channel")):
        return workspace.channel(str(meant)).id
    if key == "selected_date_time" and isinstance(meant, datetime):
        return int(meant.timestamp())
    return meant


def _text(workspace: Workspace, found: Json) -> str:
    words = found["text"]
    return seen(workspace, words["text"]) if words["type"] == "mrkdwn" else str(words["text"])


def _names(workspace: Workspace, block: Json, element: Json) -> Iterator[str]:
    """What one may call an input by, the most visible first."""
    for part in (block.get("label"), element.get("placeholder")):
        if isinstance(part, dict):
            yield str(part["text"])
    if block["type"] == "section" and isinstance(block.get("text"), dict):
        yield from lines(workspace, [block["text"]])
    yield from (str(block["block_id"]), str(element["action_id"]))


def _named(workspace: Workspace, block: Json, element: Json, wanted: str) -> bool:
    return wanted in set(_names(workspace, block, element))


def _single(fitting: Sequence[_T], what: str, offered: Sequence[str]) -> _T:
    if len(fitting) == 1:
        return fitting[0]
    count = "no" if not fitting else f"{len(fitting)} times"
    raise CannotError(f"there is {count} {what}; on the screen: {', '.join(offered) or 'nothing of that kind'}")
