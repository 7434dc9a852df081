"""What happens in an incident's thread without a command: messages are recorded, a pin marks a key event."""

from collections.abc import Mapping
from typing import Any

from bot.domain.timeline import Mark
from handlers.desks import Desks

PIN = "pushpin"

Event = Mapping[str, Any]


def is_reply(event: Event) -> bool:
    """Whether it is somebody's message in a thread; whose thread it is, MongoDB knows."""
    return bool(event.get("thread_ts") and event.get("user") and not event.get("bot_id"))


async def said(desks: Desks, body: Event) -> None:
    """A message in a thread; if the thread is an incident's it goes into the timeline."""
    heard = desks.places.heard(str(body["event"]["channel"]), body["event"])
    if heard is not None:
        await desks.timelines.heard(heard)


def is_pin(event: Event) -> bool:
    """Whether it is a pin put on a message, or taken off."""
    return event.get("reaction") == PIN and (event.get("item") or {}).get("type") == "message"


async def pinned(desks: Desks, body: Event) -> None:
    """A pin was put on a message, or taken off."""
    event = body["event"]
    channel, ts = str(event["item"]["channel"]), str(event["item"]["ts"])
    is_on = event["type"] == "reaction_added"
    await desks.timelines.pinned(Mark(channel, ts, str(event["user"]), str(event["event_ts"]), is_on))
