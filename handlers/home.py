"""The app's Home tab, drawn when a person opens it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bot.commands import table
from bot.domain.incident import Incident
from bot.domain.role import Holder
from bot.errors import StoreAwayError
from bot.slack.views import home as view
from handlers.call import Voice
from handlers.desks import Desks


def is_home(event: Mapping[str, Any]) -> bool:
    """Whether the Home tab was opened, not the messages beside it."""
    return event.get("tab") == "home"


async def opened(desks: Desks, voice: Voice, body: Mapping[str, Any]) -> None:
    """Draws the Home of whoever opened it."""
    incidents: list[Incident] | None = None
    holders: list[Holder] | None = None
    window = desks.windows.by_rule(1)[0]
    with suppress(StoreAwayError):
        incidents = await desks.incidents.open_ones()
        holders = await desks.roles.holders()
        window = await desks.windows.current_or_next()
    commands = [(f"/{command.name.lstrip('/')}", command.summary) for command in table.COMMANDS]
    shown = view.home(incidents, window, holders, commands, desks.clock())
    await voice.show_home(str(body["event"]["user"]), shown)
