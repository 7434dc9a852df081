"""The table of contents: everything that Slack can send, and who takes it, in the order of `/ops help`."""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bot.commands import table
from bot.slack.views import alert as alert_view
from bot.slack.views import approval as approval_view
from bot.slack.views import checklist as checklist_view
from bot.slack.views import checklist_forms as checklist_form_views
from bot.slack.views import emergency as emergency_view
from bot.slack.views import escalation as escalation_view
from bot.slack.views import health_watch as health_watch_view
from bot.slack.views import home as home_view
from bot.slack.views import incident as incident_view
from bot.slack.views import incident_card, incident_forms, incident_thread
from bot.slack.views import maintenance as maintenance_view
from bot.slack.views import ops as ops_view
from bot.slack.views import search as search_view
from bot.slack.views import summary as summary_view
from bot.slack.views import timeline as timeline_view
from bot.slack.views import window as window_view
from handlers import (
    alert,
    checklist,
    checklist_forms,
    emergency,
    escalate,
    health,
    home,
    incident,
    incident_steps,
    maintenance,
    mention,
    restore,
    search,
    summary,
    timeline,
    window,
)
from handlers.call import Call
from handlers.desks import Desks
from handlers.middleware import ANY, Body, Door, Listen, Run

INCIDENT_BUTTONS = {
    incident_card.TAKE_BUTTON: incident_steps.take_pressed,
    incident_card.UPDATE_BUTTON: incident_steps.update_pressed,
    incident_card.ESCALATE_BUTTON: escalate.escalate_pressed,
    incident_card.RESOLVE_BUTTON: incident_steps.resolve_pressed,
    incident_card.STATUS_MENU: incident_steps.status_picked,
    incident_card.SEVERITY_MENU: incident_steps.severity_picked,
    incident_card.EXPLAIN_BUTTON: incident_steps.explain_pressed,
    incident_card.REOPEN_BUTTON: incident_steps.reopen_pressed,
    incident_card.CLOSE_BUTTON: incident_steps.close_pressed,
    escalation_view.TAKE_BUTTON: escalate.take_pressed,
    escalation_view.ON_BUTTON: escalate.pass_pressed,
    alert_view.OPEN_BUTTON: alert.open_pressed,
    alert_view.SILENCE_BUTTON: alert.silence_pressed,
    incident_thread.SNOOZE_BUTTON: incident_steps.snooze_pressed,
    incident_thread.DISMISS_BUTTON: incident_steps.dismiss_pressed,
    incident_thread.KEEP_BUTTON: incident_steps.keep_pressed,
}
INCIDENT_FORMS = {
    incident_forms.UPDATE_FORM: (incident_steps.check_update, incident_steps.update_submitted),
    incident_forms.RESOLVE_FORM: (incident_steps.check_resolution, incident_steps.resolution_submitted),
    incident_forms.EXPLAIN_FORM: (incident_steps.check_reasons, incident_steps.reasons_submitted),
}
WINDOW_BUTTONS = {
    window_view.ENDED: window.ended_pressed,
    window_view.EXTEND: window.extend_pressed,
    approval_view.APPROVE: window.approve_pressed,
    approval_view.REJECT: window.reject_pressed,
    maintenance_view.CANCEL: window.cancel_pressed,
    maintenance_view.UNDO: restore.undo_pressed,
    emergency_view.ANNOUNCE: emergency.announce_pressed,
}
HOME_BUTTONS = {
    home_view.OPEN_INCIDENT: home.open_pressed,
    home_view.HEALTH: home.health_pressed,
    home_view.CHECKLIST: home.checklist_pressed,
    home_view.SCHEDULE: home.schedule_pressed,
}

CHECKLIST_FORMS = {
    checklist_form_views.TEMPLATE_FORM: (checklist_forms.check_template, checklist_forms.template_submitted),
    checklist_form_views.CLOSE_FORM: (checklist_forms.check_reason, checklist_forms.reason_submitted),
}


def register(door: Door, desks: Desks) -> None:
    """Has every command, button, form and event taken by its handler."""
    door.event("app_mention", _mention(door, desks), concerns=lambda event: bool(event.get("user")))
    door.event(
        "message",
        _listen(desks, timeline.said),
        concerns=lambda event: timeline.is_told(event, desks.places.bot_user),
        is_repeatable=True,
    )
    pinned = door.for_members(_listen(desks, timeline.pinned))
    door.event("reaction_added", pinned, concerns=timeline.is_pin, is_repeatable=True)
    door.event("reaction_removed", pinned, concerns=timeline.is_pin, is_repeatable=True)
    door.event("app_home_opened", door.for_members(_listen(desks, home.opened)), concerns=home.is_home)

    for command in table.COMMANDS:
        door.command(f"/{command.name}", _run(desks, mention.RUNS[command.name]))

    door.action(re.compile(f"{checklist_view.TICK}_.*"), _press(desks, checklist.ticked))
    for action_id, press in (INCIDENT_BUTTONS | WINDOW_BUTTONS | HOME_BUTTONS).items():
        door.action(action_id, _press(desks, press))
    door.action(re.compile(f"{incident_view.DUPLICATE_BUTTON}_.*"), _press(desks, incident_steps.duplicate_pressed))
    door.action(health_watch_view.OPEN, _press(desks, health.open_pressed))
    door.action(search_view.MORE, _press(desks, search.more))
    door.action(summary_view.POST, _press(desks, summary.post_pressed))
    door.action(summary_view.EDIT, _press(desks, summary.edit_pressed))

    door.action(checklist_view.CLOSE_BUTTON, _press(desks, checklist_forms.close_pressed))

    door.form(incident_forms.OPEN_FORM, incident.form_check(desks), _press(desks, incident.submitted))
    for form_id, (check, send) in (INCIDENT_FORMS | CHECKLIST_FORMS).items():
        door.form(form_id, check, _press(desks, send))
    door.form(summary_view.EDIT_FORM, summary.check_form, _press(desks, summary.edited))
    door.action(re.compile(f"{maintenance_view.CHOOSE}_.*"), _press(desks, maintenance.chosen))
    door.form(approval_view.REJECT_FORM, window.check_reason, _press(desks, window.reason_submitted))
    door.form(maintenance_view.FORM, window.check_form, _press(desks, window.form_submitted))
    door.shortcut(table.OPEN_FROM_MESSAGE, _press(desks, incident.from_message))
    door.form(timeline_view.ADD_FORM, timeline.check_form, _press(desks, timeline.add_submitted))

    door.shortcut(timeline_view.ADD, _press(desks, timeline.add_pressed))

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
        await door.told("mention", call, lambda call, _: mention.said(desks, call, body["event"]))

    return listen
