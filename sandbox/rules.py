"""What Slack lets into a message: text, blocks, attachments and metadata."""

import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.blocks import check_blocks
from sandbox.records import Json, SlackError
from sandbox.text import normalised

MAX_TEXT = 40_000  # Slack cuts longer text; here it is refused, for nothing should be cut unseen
MAX_EDIT = 4_000  # bytes of text that chat.update takes; https://docs.slack.dev/reference/methods/chat.update
MAX_ATTACHMENTS = 100
MAX_METADATA = 8_000  # bytes of JSON; https://docs.slack.dev/messaging/message-metadata


@dataclass(frozen=True)
class Content:
    """What a message says, checked. None stands for "not given", which an update leaves as it was."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None


def check_content(args: Json, *, may_be_empty: bool = False) -> Content:
    """The content of a message that the bot sends or updates by any way; SlackError says what is wrong with it."""
    text, blocks, attachments = args.get("text"), args.get("blocks"), args.get("attachments")
    if text is not None and not isinstance(text, str):
        raise SlackError("invalid_arguments", messages=("must be a string [json-pointer:/text]",))
    if blocks is not None and not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format", "blocks is not a JSON array")
    if attachments is not None and not isinstance(attachments, list):
        raise SlackError("invalid_attachments", "attachments is not a JSON array")
    if not text and not blocks and not attachments and not may_be_empty:
        raise SlackError("no_text")
    if len(text or "") > MAX_TEXT:
        raise SlackError("msg_too_long", f"{len(text or '')} characters of text")
    return Content(
        text=None if text is None else normalised(text),
        blocks=None if blocks is None else check_blocks(blocks),
        attachments=None if attachments is None else _attachments(attachments),
        metadata=check_metadata(args["metadata"]) if args.get("metadata") is not None else None,
    )


def check_metadata(metadata: Any) -> Json:
    """Message metadata; `{}` (which removes it in an update) passes. SlackError invalid_metadata_* otherwise."""
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format", "not a JSON object")
    if metadata == {}:
        return {}
    if set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_schema", f"properties {sorted(metadata)}")
    event_type, payload = metadata["event_type"], metadata["event_payload"]
    if not isinstance(event_type, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,254}", event_type):
        raise SlackError("invalid_metadata_format", f"event_type {event_type!r}: letters, digits and underscores")
    if not isinstance(payload, dict):
        raise SlackError("invalid_metadata_format", "event_payload is not a JSON object")
    for name, value in payload.items():
        if not _is_simple(value, depth=1):
            raise SlackError("invalid_metadata_format", f"event_payload.{name} is nested too deep, or null")
    size = len(json.dumps(metadata).encode())
    if size > MAX_METADATA:
        raise SlackError("metadata_too_large", f"{size} bytes")
    return metadata


def _is_simple(value: Any, depth: int) -> bool:
    """A string, number or boolean; down to `depth` also lists and objects of such."""
    if isinstance(value, (str, int, float, bool)):
        return True
    if depth == 0:
        return False
    if isinstance(value, list):
        return all(_is_simple(item, depth - 1) for item in value)
    return isinstance(value, dict) and all(_is_simple(item, depth - 1) for item in value.values())


def _attachments(attachments: list[Any]) -> list[Json]:
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments", f"{len(attachments)}")
    checked: list[Json] = []
    for index, attachment in enumerate(attachments):
        if not isinstance(attachment, dict):
            raise SlackError("invalid_attachments", f"attachment {index} is not an object")
        blocks = attachment.get("blocks")
        checked.append(
            attachment
            if blocks is None
            else {**attachment, "blocks": check_blocks(blocks, f"/attachments/{index}/blocks")}
        )
    return checked
