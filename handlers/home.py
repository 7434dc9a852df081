"""The app's Home tab, drawn when a person opens it."""

from collections.abc import Mapping
from typing import Any

from bot.commands import table
from bot.errors import StoreAwayError
from bot.slack.views import home as view
from handlers.call import Voice
from handlers.desks import Desks


def is_home(event: Mapping[str, Any]) -> bool:
    """Whether the Home tab was opened, not the messages beside it."""
    return event.get("tab") == "home"


async def opened(desks: Desks, voice: Voice, body: Mapping[str, Any]) -> None:
    """Draws the Home of whoever opened it."""
    try:
        incidents, window = await desks.incidents.open_ones(), await desks.windows.current_or_next()
    except StoreAwayError:
        incidents, window = None, desks.windows.by_rule(1)[0]
    commands = [(f"/{command.name.lstrip('/')}", command.summary) for command in table.COMMANDS]
    shown = view.home(incidents, window, commands, desks.clock())
    await voice.show_home(str(body["event"]["user"]), shown)
