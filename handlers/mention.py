"""A mention of the bot takes any command's words; in an incident's thread they are about that incident."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bot.commands import shared_words, table
from bot.commands.words import typed, words
from bot.errors import StoreAwayError, WordError
from handlers import checklist, escalate, health, incident, maintenance, ops
from handlers.call import Call
from handlers.desks import Desks

RUNS = {
    "health": health.run,
    "checklist": checklist.run,
    "maintenance": maintenance.run,
    "incident": incident.run,
    "escalate": escalate.run,
    "ops": ops.run,
}


WINDOW_S = ("maintenance", "checklist")  # `start` in a window's thread is the window's


async def said(desks: Desks, call: Call, event: Mapping[str, Any]) -> None:
    """Does what the mention asks for."""
    text = typed(str(event.get("text", ""))).replace(f"<@{desks.places.bot_user}>", " ").strip()
    here, away = await _here(desks, call)
    try:
        command, rest = table.mention(text, here, await _known(desks, text) if here else ())
    except WordError:
        # A word that several commands have may well be plain in this thread; only MongoDB knows whose thread it is.
        if away is not None and _is_shared(text):
            raise StoreAwayError(instead="so it is not known whose thread this is, and nothing was done") from away
        raise
    await RUNS[command](desks, call, rest)


async def _here(desks: Desks, call: Call) -> tuple[tuple[str, ...], StoreAwayError | None]:
    """The commands whose thread it is, and why that is not known."""
    if not call.thread_ts:
        return (), None
    try:
        if await desks.incidents.in_thread(call.channel, call.thread_ts) is not None:
            return ("incident",), None
        found = await desks.checklists.in_thread(call.channel, call.thread_ts)
        if await desks.windows.in_thread(call.channel, call.thread_ts) is not None:
            return WINDOW_S, None
    except StoreAwayError as error:
        return (), error
    return WINDOW_S if found is not None else (), None


async def _known(desks: Desks, text: str) -> list[str]:
    """The incidents that the text may name; without MongoDB none is known, which the command itself will say."""
    ending = shared_words.ending_in(text)
    with suppress(StoreAwayError):
        return [incident.id for incident in await desks.incidents.ending_with(ending)] if ending else []
    return []


def _is_shared(text: str) -> bool:
    first = next(iter(words(text.lstrip(" ,:;.–—")).words), None)
    return first is not None and sum(first.key in row.verbs for row in table.COMMANDS) > 1
