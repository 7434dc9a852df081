"""What people enter: the value of each kind of element in `state.values`, and what is entered where at present.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.records import CannotError, Json, ShapeError
from sandbox.workspace import Entry, Message, View, Workspace

# Kind of element → the key of its value in the state, and the property of the element that it starts from.
KEYS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}
SEVERAL = {"selected_options", "selected_users", "selected_conversations", "selected_channels", "files"}


@dataclass(frozen=True)
class Surface:
    """Where one person enters things.

    In a modal what was entered outlives an update; in a message or the Home tab a new initial value wins.
    """

    user: str
    container: str
    blocks: list[Json]
    is_modal: bool = False


def on_view(view: View) -> Surface:
    """A modal or Home tab as the place where its person enters things."""
    return Surface(view.user, view.id, view.blocks, is_modal=view.content["type"] == "modal")


def on_message(user: str, message: Message) -> Surface:
    """A message as the place where one of its readers enters things."""
    return Surface(user, f"{message.channel}/{message.ts}", message.blocks or [])


def interactive(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element that people can use, with the block that it is in."""
    for block in blocks:
        for element in (block.get("accessory"), block.get("element"), *block.get("elements", ())):
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def initial(element: Json) -> Json:
    """The value of an element that nobody has touched."""
    key, source = KEYS[element["type"]]
    return {"type": element["type"], key: element.get(source, [] if key in SEVERAL else None)}


def current(workspace: Workspace, surface: Surface, block: Json, element: Json) -> Json:
    """The value that an element shows to this person now."""
    entry = workspace.entries.get(_place(surface, block, element))
    if entry is None or entry.element["type"] != element["type"]:
        return initial(element)
    kept = surface.is_modal or initial(entry.element) == initial(element)
    return entry.value if kept else initial(element)


def enter(workspace: Workspace, surface: Surface, block: Json, element: Json, value: Json) -> None:
    """Note what a person entered."""
    workspace.entries[_place(surface, block, element)] = Entry(element, value)
    workspace.changed()


def state_values(workspace: Workspace, surface: Surface) -> Json:
    """`state.values`: `{block_id: {action_id: value}}` of everything that holds a value."""
    values: Json = {}
    for block, element in interactive(surface.blocks):
        if element["type"] in KEYS:
            value = current(workspace, surface, block, element)
            values.setdefault(block["block_id"], {})[element["action_id"]] = value
    return values


def is_empty(value: Json) -> bool:
    """Whether nothing was entered."""
    return next((found for key, found in value.items() if key != "type"), None) in (None, "", [])


def options_of(element: Json) -> list[Json]:
    """The options of an element, groups flattened."""
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(option for group in groups for option in group["options"])]


def value_of(element: Json, raw: Any) -> Json:
    """The state value for raw input: an option's `value` (or a list of them), an id, text, a date. None empties it."""
    key, _ = KEYS[element["type"]]
    return {"type": element["type"], key: _value(key, element, raw)}


def _value(key: str, element: Json, raw: Any) -> Any:
    if raw is None or raw == "":
        return [] if key in SEVERAL else None
    if key in SEVERAL:
        if not isinstance(raw, list | tuple):
            raise _misshapen(element, "a list")
        return [_option(element, one) if key == "selected_options" else _text(element, one) for one in raw]
    if key == "selected_option":
        return _option(element, raw)
    if key == "selected_date_time":
        if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,10}", str(raw)):
            raise _misshapen(element, "seconds since 1970")
        return int(raw)
    if key == "rich_text_value" and isinstance(raw, dict):
        if raw.get("type") != "rich_text" or not isinstance(raw.get("elements"), list):
            raise _misshapen(element, "a text, or a rich_text")
        return raw
    return _rich(_text(element, raw)) if key == "rich_text_value" else _text(element, raw)


def action_of(block: Json, element: Json, value: Json | None, action_ts: str) -> Json:
    """One entry of `actions` in block_actions."""
    action: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    for name in ("text", "value", "style", "placeholder", "confirm"):
        if name in element and (element["type"] == "button" or name in {"placeholder", "confirm"}):
            action[name] = element[name]
    return action | (value or {}) | {"action_ts": action_ts}


def overflow_value(element: Json, raw: Any) -> Json:
    """What was picked from an overflow menu, which holds no value afterwards."""
    return {"type": "overflow", "selected_option": _option(element, raw)}


def _place(surface: Surface, block: Json, element: Json) -> tuple[str, str, str, str]:
    return (surface.user, surface.container, block["block_id"], element["action_id"])


def _option(element: Json, value: Any) -> Json:
    if element["type"] in {"external_select", "multi_external_select"}:
        return _offered(element, value)
    if not isinstance(value, str):
        raise _misshapen(element, "the value of an option")
    for option in options_of(element):
        if option.get("value") == value:
            return option
    raise CannotError(f"{element['action_id']} offers no option {value!r}")


def _offered(element: Json, value: Any) -> Json:
    """An option that the bot offered: as JSON, or decoded."""
    try:
        found = value if isinstance(value, dict) else json.loads(_text(element, value))
    except ValueError:
        raise _misshapen(element, "an option") from None
    if not (isinstance(found, dict) and isinstance(found.get("value"), str) and isinstance(found.get("text"), dict)):
        raise _misshapen(element, "an option")
    return dict(found)


def _text(element: Json, value: Any) -> str:
    """A text, or a number that somebody typed."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _misshapen(element, "a text")
    return str(value)


def _misshapen(element: Json, kind: str) -> ShapeError:
    return ShapeError(f"“{element['action_id']}” takes {kind}.")


def _rich(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}
