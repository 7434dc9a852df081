"""Whether what Slack signed has what Slack always sends, so that nothing behind the door trips over its absence."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

# What each kind has of what the bot reads, all of it text: https://docs.slack.dev/reference/events
_OF_EVENTS = {
    "app_mention": ("channel", "ts"),
    "message": ("channel", "ts"),
    "reaction_added": ("user", "event_ts"),
    "reaction_removed": ("user", "event_ts"),
    "app_home_opened": ("user",),
}
_MAY_BE_ABSENT = ("user", "text", "thread_ts", "bot_id")


def is_payload(body: str, content_type: str, charset: str | None) -> bool:
    """Whether Bolt can read the body, by the rules by which it chooses between JSON, a form and a form with JSON."""
    if (charset or "utf-8").lower().replace("-", "") not in ("utf8", "usascii"):
        return False
    if content_type == "application/json" or body.startswith("{"):
        return (found := _object(body)) is not None and event_fits(found)
    try:
        fields = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        return False
    if "payload" in fields:
        return (found := _object(fields["payload"])) is not None and interaction_fits(found)
    return all(map(str.isidentifier, fields)) and form_fits(fields)


def _object(text: str) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def form_fits(fields: Mapping[str, str]) -> bool:
    """A form: a slash command, or Slack's question whether the certificate is good."""
    if "ssl_check" in fields and "command" not in fields:
        return True
    return all(fields.get(name) for name in ("command", "user_id", "channel_id"))


def event_fits(body: Mapping[str, object]) -> bool:
    """A JSON body of the Events API."""
    if body.get("type") == "url_verification":
        return _texts(body, "challenge")
    if body.get("type") != "event_callback":
        return bool(_texts(body, "type"))
    event = body.get("event")
    if not isinstance(event, Mapping) or not _texts(body, "event_id") or not _texts(event, "type"):
        return False
    needed = _OF_EVENTS.get(str(event["type"]))
    if needed is None:
        return True
    item = event.get("item")
    if item is not None and not (isinstance(item, Mapping) and (item.get("type") != "message" or _is_place(item))):
        return False
    return _texts(event, *needed) and all(isinstance(event.get(name), str | None) for name in _MAY_BE_ABSENT)


def interaction_fits(payload: Mapping[str, object]) -> bool:
    """The `payload` of a button, a form or a shortcut: https://docs.slack.dev/reference/interaction-payloads"""
    if not isinstance(user := payload.get("user"), Mapping) or not _texts(user, "id"):
        return False
    match payload.get("type"):
        case "block_actions":
            actions = payload.get("actions")
            return bool(actions) and _are_objects(actions) and all(_texts(one, "action_id") for one in _list(actions))
        case "view_submission" | "view_closed":
            return _is_view(payload.get("view"))
        case "message_action":
            message = payload.get("message")
            return _texts(payload, "callback_id") and isinstance(message, Mapping) and _texts(message, "ts")
        case "shortcut":
            return _texts(payload, "callback_id")
    return _texts(payload, "type")


def _is_view(view: object) -> bool:
    if not isinstance(view, Mapping) or not _texts(view, "callback_id") or not _are_objects(view.get("blocks")):
        return False
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    return isinstance(values, Mapping) and all(
        isinstance(block, Mapping) and all(isinstance(one, Mapping) for one in block.values())
        for block in values.values()
    )


def _is_place(item: Mapping[str, object]) -> bool:
    return _texts(item, "channel", "ts")


def _texts(where: Mapping[str, object], *names: str) -> bool:
    return all(isinstance(where.get(name), str) and where[name] for name in names)


def _are_objects(some: object) -> bool:
    return isinstance(some, list) and all(isinstance(one, Mapping) for one in some)


def _list(some: object) -> Sequence[Mapping[str, object]]:
    return some if isinstance(some, list) else ()
