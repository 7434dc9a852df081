"""What happens in an incident's thread without a command, and *Add to the timeline* in the menu of any message."""

from collections.abc import Mapping
from typing import Any

from bot.domain.timeline import Changed, Gone, Heard, Mark, moment_of
from bot.errors import NotFoundError
from bot.slack.views import timeline as view
from handlers.call import Call
from handlers.desks import Desks

Event = Mapping[str, Any]


def is_told(event: Event, bot_user: str) -> bool:
    """Whether it may concern a timeline; whose thread it is, MongoDB knows. The bot's own messages do when they go."""
    if event.get("subtype") in ("message_changed", "message_deleted"):
        if event["subtype"] == "message_deleted" or (event.get("message") or {}).get("subtype") == "tombstone":
            return True
        message = event.get("message") or event.get("previous_message") or {}
        return message.get("user") != bot_user
    return bool(event.get("thread_ts") and event.get("user") and not event.get("bot_id"))


async def said(desks: Desks, body: Event) -> None:
    """A message was written, changed or deleted; if it is an incident's it goes into the timeline."""
    match await desks.places.told(body["event"]):
        case Heard() as heard:
            incident_id = await desks.timelines.heard(heard)
            if incident_id:
                await desks.changes.heard_from(incident_id, heard.author, moment_of(heard.ts))
        case Changed() as changed:
            await desks.timelines.changed(changed)
        case Gone() as gone:
            await desks.timelines.gone(gone)
            incident = await desks.incidents.with_card(gone.channel, gone.ts)
            if incident is not None and incident.card_ts == gone.ts:
                await desks.incidents.mend_card(incident)


def is_pin(event: Event) -> bool:
    """Whether it is a pin put on a message, or taken off."""
    return event.get("reaction") == view.PIN and (event.get("item") or {}).get("type") == "message"


async def pinned(desks: Desks, body: Event) -> None:
    """A pin was put on a message, or taken off."""
    event = body["event"]
    channel, ts = str(event["item"]["channel"]), str(event["item"]["ts"])
    is_on = event["type"] == "reaction_added"
    await desks.timelines.pinned(Mark(channel, ts, str(event["user"]), str(event["event_ts"]), is_on))


# Add to the timeline


async def add_pressed(desks: Desks, call: Call, body: Event) -> None:
    """The shortcut: a message of an incident's thread is marked; of any other it is asked where it belongs."""
    call.must_be_inside()
    heard = await desks.places.heard(call.channel, body["message"])
    if heard is None:
        raise NotFoundError("Nobody wrote that message.", "Messages of people and apps can be added.")
    incident = await desks.incidents.in_thread(call.channel, heard.thread or heard.ts)
    if incident is not None:
        if heard.thread in ("", heard.ts):
            await call.answer(view.own_card(incident))
        elif heard.author == desks.places.bot_user:
            await call.answer(view.own_words(incident))
        else:
            await desks.timelines.mark(incident, heard, call.who, str(body["action_ts"]))
            await call.answer(view.marked(incident))
        return
    incidents = await desks.incidents.open_ones()
    if not incidents:
        await call.answer(view.none_open())
        return
    await call.voice.open_form(call.trigger_id, view.form(heard, incidents, f"{call.channel} {heard.ts}"))


def check_form(_: Event) -> dict[str, str]:
    """Nothing can be wrong: Slack does not send the form without a choice."""
    return {}


async def add_submitted(desks: Desks, call: Call, body: Event) -> None:
    """The form was sent. The message is read again: its text may be longer than a form can carry."""
    call.must_be_inside()
    _, _, ts = str(body["view"]["private_metadata"]).partition(" ")
    chosen = body["view"]["state"]["values"][view.INCIDENT_BLOCK][view.INPUT]["selected_option"]
    incident = await desks.incidents.get(str(chosen["value"]))
    heard = await desks.places.look_at(call.channel, ts)
    if heard is None:
        raise NotFoundError("The message is gone, so it was not added.")
    is_new = await desks.timelines.add(incident, heard, call.who, desks.clock())
    await call.answer(view.was_added(incident, is_new=is_new))
