"""A mention of the bot takes any command's words; in an incident's thread they are about that incident."""

from collections.abc import Mapping
from typing import Any

from bot.commands import table
from bot.commands.words import typed
from bot.errors import StoreAwayError
from handlers import checklist, health, incident, maintenance, ops
from handlers.call import Call
from handlers.desks import Desks

RUNS = {
    "health": health.run,
    "checklist": checklist.run,
    "maintenance": maintenance.run,
    "incident": incident.run,
    "ops": ops.run,
}


async def said(desks: Desks, call: Call, event: Mapping[str, Any]) -> None:
    """Does what the mention asks for."""
    text = typed(str(event.get("text", ""))).replace(f"<@{desks.places.bot_user}>", " ").strip()
    command, rest = table.mention(text, await _here(desks, call))
    await RUNS[command](desks, call, rest)


async def _here(desks: Desks, call: Call) -> str | None:
    if not call.thread_ts:
        return None
    try:
        found = await desks.incidents.in_thread(call.channel, call.thread_ts)
    except StoreAwayError:
        return None
    return "incident" if found is not None else None
