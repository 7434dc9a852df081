"""One trace for each thing that Slack sends: in every log line, and in the words for an error."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

Body = Mapping[str, Any]

_WAYS = {
    "block_actions": "button",
    "view_submission": "form",
    "message_action": "shortcut",
    "shortcut": "shortcut",
    "app_mention": "mention",
    "message": "message",
    "reaction_added": "reaction",
    "reaction_removed": "reaction",
}


async def trace(body: Body, next: Callable[[], Awaitable[None]]) -> None:  # noqa: A002 - Bolt's name for it
    """Bolt's first middleware: who, where and what, with a new trace_id."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace_id=secrets.token_hex(8), **_who_and_where(body))
    await next()


def reference_now() -> str:
    """What the person and the log have in common: the trace's beginning."""
    trace_id = structlog.contextvars.get_contextvars().get("trace_id", "")
    return str(trace_id)[:8] or "no-trace"


def _who_and_where(body: Body) -> dict[str, str]:
    event: Body = body.get("event") or {}
    user: Any = body.get("user_id") or (body.get("user") or {}).get("id") or event.get("user")
    channel: Any = body.get("channel_id") or (body.get("channel") or {}).get("id") or event.get("channel")
    what: Any = body.get("command") or body.get("event_id") or body.get("type")
    known = {"who": user, "channel": channel, "what": what, "via": _way(body)}
    return {key: str(value) for key, value in known.items() if isinstance(value, str)}


def _way(body: Body) -> str:
    """Where the act came from, for the audit trail."""
    if "command" in body:
        return "command"
    kind = body.get("type")
    if kind == "event_callback":
        kind = (body.get("event") or {}).get("type")
    return _WAYS.get(str(kind), "event")
