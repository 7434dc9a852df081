"""Validation of blocks and views, as strict as Slack's own. https://docs.slack.dev/reference/block-kit/blocks"""

import copy
import secrets
from collections.abc import Iterator
from typing import Any

from sandbox.elements import ID, IMAGE, IN_ACTIONS, IN_INPUT, IN_SECTION, URL
from sandbox.records import Json, SlackError
from sandbox.richtext import RICH_TEXT
from sandbox.shapes import (
    Rule,
    Spot,
    all_of,
    any_value,
    boolean,
    many,
    one_of,
    plain,
    shape,
    string,
    text,
    typed,
    unique,
)

MAX_TEXT = 13_200  # characters of all blocks of a message together (slackapi/bolt-js#2509)
MAX_VIEW = 250_000  # bytes of JSON

_TEXTS = {"plain_text": text(3000, "plain_text"), "mrkdwn": text(3000, "mrkdwn")}


def _has_words(spot: Spot, section: Json) -> None:
    if not section.get("text") and not section.get("fields"):
        spot.complain("must define either `text` or `fields`")


def _block(required: dict[str, Rule], optional: dict[str, Rule] | None = None, extra: Rule | None = None) -> Rule:
    return shape({"type": any_value, **required}, {"block_id": ID, **(optional or {})}, extra)


BLOCKS: dict[str, Rule] = {
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": many(text(2000), 1, 10),
            "accessory": typed(IN_SECTION),
            "expand": boolean,
        },
        _has_words,
    ),
    "divider": _block({}),
    "header": _block({"text": plain(150)}),
    "context": _block({"elements": many(typed({**_TEXTS, "image": IMAGE}), 1, 10)}),
    "actions": _block({"elements": many(typed(IN_ACTIONS), 1, 25)}),
    "image": all_of(
        _block(
            {"alt_text": string(2000)},
            {"title": plain(2000), "image_url": URL, "slack_file": any_value},
        ),
        lambda spot, block: IMAGE(spot, {k: v for k, v in block.items() if k not in {"title", "block_id"}}),
    ),
    "input": _block(
        {"label": plain(2000), "element": typed(IN_INPUT)},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": RICH_TEXT,
    "markdown": _block({"text": string(12_000)}),
    "video": _block(
        {"alt_text": string(2000), "title": plain(200), "thumbnail_url": URL, "video_url": URL},
        {
            "author_name": string(50),
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": string(50),
            "title_url": URL,
        },
    ),
}
ON_MESSAGE = BLOCKS
ON_VIEW = {kind: rule for kind, rule in BLOCKS.items() if kind != "markdown"}

_VIEW_PARTS: dict[str, Rule] = {
    "type": one_of("modal", "home"),
    "callback_id": string(255, 0),
    "private_metadata": string(3000, 0),
    "external_id": string(255, 0),
}
MODAL = shape(
    {"type": _VIEW_PARTS["type"], "title": plain(24), "blocks": many(typed(ON_VIEW), 0, 100)},
    {
        **_VIEW_PARTS,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
HOME = shape({"type": _VIEW_PARTS["type"], "blocks": many(typed(ON_VIEW), 0, 100)}, _VIEW_PARTS)


def check_blocks(blocks: Any, pointer: str = "/blocks") -> list[Json]:
    """The blocks of a message with ids filled in. SlackError invalid_blocks or msg_blocks_too_long."""
    spot = Spot(pointer)
    many(typed(ON_MESSAGE), 0, 50)(spot, blocks)
    if not spot.complaints:
        _check_ids(spot, blocks)
    if spot.complaints:
        raise SlackError("invalid_blocks", messages=tuple(spot.complaints))
    length = sum(len(words) for words in _words(blocks))
    if length > MAX_TEXT:
        raise SlackError("msg_blocks_too_long", f"{length} characters in all blocks")
    return _with_ids(blocks)


def check_view(view: Any, kind: str) -> Json:
    """A view of that kind ("modal", "home") with ids filled in. SlackError invalid_arguments or view_too_large."""
    spot = Spot("/view")
    if isinstance(view, dict) and view.get("type") != kind:
        spot.at("type").complain(f"must be {kind}")
    (MODAL if kind == "modal" else HOME)(spot, view)
    if not spot.complaints:
        _check_ids(spot.at("blocks"), view["blocks"])
        _check_form(spot, view)
    if spot.complaints:
        raise SlackError("invalid_arguments", messages=tuple(spot.complaints))
    if len(str(view).encode()) > MAX_VIEW:
        raise SlackError("view_too_large")
    return {**copy.deepcopy(view), "blocks": _with_ids(view["blocks"])}


def _check_form(spot: Spot, view: Json) -> None:
    has_inputs = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and has_inputs and not view.get("submit"):
        spot.complain("missing required field: submit (the view has input blocks)")
    focused = [element for block in view["blocks"] for element in _elements(block) if element.get("focus_on_load")]
    if len(focused) > 1:
        spot.complain("only one element may have `focus_on_load`")


def _check_ids(spot: Spot, blocks: list[Json]) -> None:
    named = [(spot.at(index), block["block_id"]) for index, block in enumerate(blocks) if block.get("block_id")]
    unique(named, "block_id")
    for index, block in enumerate(blocks):
        inside = [element["action_id"] for element in _elements(block) if element.get("action_id")]
        unique([(spot.at(index), action_id) for action_id in inside], "action_id")


def _elements(block: Json) -> Iterator[Json]:
    for found in (block.get("accessory"), block.get("element"), *block.get("elements", ())):
        if isinstance(found, dict):
            yield found


def _with_ids(blocks: list[Json]) -> list[Json]:
    """Slack names the blocks that the app left unnamed."""
    return [{**copy.deepcopy(block), "block_id": block.get("block_id") or secrets.token_hex(3)} for block in blocks]


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _words(child)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from _words(value)
