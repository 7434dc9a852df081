"""The app's Home tab: drawn when a person opens it; its buttons answer in a sheet above it."""

from collections.abc import Mapping
from typing import Any

from bot.domain.incident import Severity
from bot.errors import NotFoundError, RefusedError, away_means
from bot.slack.views import checklist as checklist_view
from bot.slack.views import health as health_view
from bot.slack.views import home as view
from bot.slack.views import incident_forms
from bot.slack.views import maintenance as maintenance_view
from bot.slack.views.parts import Message
from handlers.call import Call
from handlers.desks import Desks

Body = Mapping[str, Any]


def is_home(event: Body) -> bool:
    """Whether the Home tab was opened, not the messages beside it."""
    return event.get("tab") == "home"


async def opened(desks: Desks, body: Body) -> None:
    """Draws the Home of whoever opened it."""
    await desks.homes.opened(str(body["event"]["user"]))


async def open_pressed(desks: Desks, call: Call, _: Body) -> None:
    """*Open an incident*: the form, which posts to the ops channel."""
    form = incident_forms.open_form(Severity.SEV3, await _channel(desks, call))
    await call.voice.open_form(call.trigger_id, form)


async def schedule_pressed(desks: Desks, call: Call, _: Body) -> None:
    """*Schedule a window*: the form."""
    await call.voice.open_form(call.trigger_id, maintenance_view.form(await _channel(desks, call)))


async def health_pressed(desks: Desks, call: Call, _: Body) -> None:
    """*Ask all services*: the sheet is there at once, and then has what they answered."""
    sheet = await call.voice.open_form(call.trigger_id, view.sheet("Health", health_view.asking(desks.health.names)))
    report = await desks.health.ask(desks.health.names)
    await call.voice.change_form(sheet, view.sheet("Health", health_view.report(report)))


async def checklist_pressed(desks: Desks, call: Call, _: Body) -> None:
    """*Show the checklist*: of the window that is meant where nobody names one."""
    with away_means("so the checklist cannot be shown"):
        message = await _checklist(desks)
    await call.voice.open_form(call.trigger_id, view.sheet("Checklist", message))


async def _checklist(desks: Desks) -> Message:
    window_id = await desks.checklists.meant(await desks.windows.current_or_next(), await desks.windows.under_way())
    try:
        found = await desks.checklists.get(window_id)
    except NotFoundError:
        return checklist_view.none_yet(window_id)
    return checklist_view.shown(found, desks.places.link_to(found.channel, found.ts or ""))


async def _channel(desks: Desks, call: Call) -> str:
    """The ops channel, for those who are in it: a Home is everybody's in the workspace. Raises RefusedError."""
    channel = desks.places.ops_channel
    if not channel or not await desks.places.has_member(channel, call.who):
        raise RefusedError(
            f"That is done in {desks.places.ops_name}, where everybody sees it, and you are not there.",
            "Join that channel, and press again.",
        )
    return channel
