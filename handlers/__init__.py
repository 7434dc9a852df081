"""The table of contents: everything that Slack can send, and who takes it, in the order of `/ops help`."""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bot.commands import table
from bot.slack.views import checklist as checklist_view
from bot.slack.views import incident as incident_view
from bot.slack.views import ops as ops_view
from bot.slack.views import summary as summary_view
from handlers import checklist, home, incident, mention, summary, timeline
from handlers.call import Call
from handlers.desks import Desks
from handlers.middleware import Body, Door, Listen, Run

ANY = re.compile(".*")


def register(door: Door, desks: Desks) -> None:
    """Has every command, button, form and event taken by its handler."""
    for command in table.COMMANDS:
        door.command(f"/{command.name}", _run(desks, mention.RUNS[command.name]))

    door.action(re.compile(f"{checklist_view.TICK}_.*"), _press(desks, checklist.ticked))
    door.action(incident_view.RESOLVE_BUTTON, _press(desks, incident.resolve_pressed))
    door.action(summary_view.POST, _press(desks, summary.post_pressed))
    door.action(summary_view.EDIT, _press(desks, summary.edit_pressed))

    door.form(incident_view.OPEN_FORM, incident.check_form, _press(desks, incident.submitted))
    door.form(incident_view.RESOLVE_FORM, incident.check_resolution, _press(desks, incident.resolution_submitted))
    door.form(summary_view.EDIT_FORM, summary.check_form, _press(desks, summary.edited))

    door.event("app_mention", _mention(door, desks), concerns=lambda event: bool(event.get("user")))
    door.event("message", _listen(desks, timeline.said), concerns=timeline.is_reply)
    door.event("reaction_added", _listen(desks, timeline.pinned), concerns=timeline.is_pin)
    door.event("reaction_removed", _listen(desks, timeline.pinned), concerns=timeline.is_pin)
    door.event("app_home_opened", _home(door, desks), concerns=home.is_home)

    # Whatever else comes: an app in Slack that is newer or older than the bot, a button of last year.
    door.command(ANY, _unknown_command)
    door.action(ANY, _stale)
    door.form(ANY, lambda _: {}, _stale)
    door.shortcut(ANY, _stale)
    door.event(ANY, _nothing, concerns=lambda _: False)


async def _unknown_command(call: Call, _: str) -> None:
    await call.answer(ops_view.unknown_command(call.command))


async def _stale(call: Call, _: Body) -> None:
    await call.answer(ops_view.stale())


async def _nothing(_: Body) -> None:
    return None


def _run(desks: Desks, run: Callable[[Desks, Call, str], Coroutine[Any, Any, None]]) -> Run:
    return lambda call, text: run(desks, call, text)


def _press(
    desks: Desks, press: Callable[[Desks, Call, Mapping[str, Any]], Coroutine[Any, Any, None]]
) -> Callable[[Call, Body], Coroutine[Any, Any, None]]:
    return lambda call, body: press(desks, call, body)


def _listen(desks: Desks, listen: Callable[[Desks, Body], Coroutine[Any, Any, None]]) -> Listen:
    return lambda body: listen(desks, body)


def _mention(door: Door, desks: Desks) -> Listen:
    async def listen(body: Body) -> None:
        call = door.mentioned(body["event"])
        await door.told("mention", call, mention.said(desks, call, body["event"]))

    return listen


def _home(door: Door, desks: Desks) -> Listen:
    async def listen(body: Body) -> None:
        await home.opened(desks, door.voice, body)

    return listen
