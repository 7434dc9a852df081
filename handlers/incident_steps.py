"""What changes an incident: words, the card's buttons and menus, and the forms behind them."""

from collections.abc import Mapping
from typing import Any

from bot.commands import incident as words
from bot.commands import incident_steps as steps
from bot.commands.words import is_blank
from bot.domain.incident import Severity, Status
from bot.slack.views import incident as view
from bot.slack.views import incident_forms as forms
from handlers.call import Call
from handlers.desks import Desks

Body = Mapping[str, Any]


async def take(desks: Desks, call: Call, said: words.Note | steps.Step, incident_id: str) -> None:
    """Does what was said to this incident."""
    changes, who = desks.changes, call.who
    match said:
        case words.Note():
            text = await desks.places.with_names(said.text)
            await call.answer(view.noted(await changes.note(incident_id, who, text)))
        case steps.SetStatus():
            done = await changes.move(incident_id, who, Status(said.status))
            await call.answer(view.moved(done.incident, done.instead_of))
        case steps.Rate():
            done = await changes.rate(incident_id, who, Severity(f"sev{said.severity}"))
            await call.answer(view.rated(done.incident, done.instead_of))
        case steps.Assign():
            await desks.places.must_be_a_person(said.who)
            done = await changes.assign(incident_id, who, said.who)
            await call.answer(view.assigned(done.incident, done.instead_of))
        case steps.Resolve():
            text = await desks.places.with_names(said.text)
            await call.answer(view.resolved(await changes.resolve(incident_id, who, text)))
        case steps.Reopen():
            text = await desks.places.with_names(said.text)
            await call.answer(view.reopened(await changes.reopen(incident_id, who, text)))
        case steps.Close():
            await call.answer(view.closed(await changes.close(incident_id, who)))


# Buttons and menus


def _pressed(call: Call, body: Body) -> str:
    call.must_be_inside()
    action = body["actions"][0]
    return str(action.get("value") or (action.get("selected_option") or {}).get("value") or "")


async def take_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Take it*: from the owner whom the card showed."""
    incident_id, _, seen = _pressed(call, body).partition(" ")
    done = await desks.changes.assign(incident_id, call.who, call.who, seen)
    await call.answer(view.assigned(done.incident, done.instead_of))


async def status_picked(desks: Desks, call: Call, body: Body) -> None:
    """Another status in the card's menu."""
    incident_id, _, status = _pressed(call, body).partition(" ")
    done = await desks.changes.move(incident_id, call.who, Status(status))
    await call.answer(view.moved(done.incident, done.instead_of))


async def severity_picked(desks: Desks, call: Call, body: Body) -> None:
    """Another severity in the card's menu."""
    incident_id, _, severity = _pressed(call, body).partition(" ")
    done = await desks.changes.rate(incident_id, call.who, Severity(severity))
    await call.answer(view.rated(done.incident, done.instead_of))


async def reopen_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Reopen* on the card of one that is over."""
    await call.answer(view.reopened(await desks.changes.reopen(_pressed(call, body), call.who, "")))


async def close_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Close* on the card of a resolved one."""
    await call.answer(view.closed(await desks.changes.close(_pressed(call, body), call.who)))


async def duplicate_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Duplicate of …* after opening one that another may be the same as."""
    incident_id, _, other = _pressed(call, body).partition(" ")
    done = await desks.changes.dismiss(incident_id, call.who, f"a duplicate of {other}", other)
    await call.answer(view.closed(done))


async def dismiss_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Close it* below the question after a silent day."""
    incident_id = _pressed(call, body)
    await call.answer(view.closed(await desks.changes.dismiss(incident_id, call.who, "nothing happened for a day")))


async def keep_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Keep it open* below the same question."""
    incident_id = _pressed(call, body)
    await call.answer(view.kept_open(await desks.changes.note(incident_id, call.who, "It stays open.")))


async def snooze_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Snooze 30m* below a reminder."""
    await call.answer(view.snoozed(await desks.changes.snooze(_pressed(call, body), call.who)))


# Forms


async def update_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Update*: asks how it goes."""
    incident = await desks.incidents.get(_pressed(call, body))
    await call.voice.open_form(call.trigger_id, forms.update_form(incident))


async def resolve_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Resolve* on the card: asks what resolved it."""
    incident = await desks.changes.check(_pressed(call, body), call.who, "resolve")
    await call.voice.open_form(call.trigger_id, forms.resolve_form(incident))


async def explain_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Add cause and lesson*: asks for them."""
    incident = await desks.incidents.get(_pressed(call, body))
    await call.voice.open_form(call.trigger_id, forms.explain_form(incident))


def check_update(body: Body) -> dict[str, str]:
    """What is wrong in the form of *Update*."""
    return {} if _text(body, forms.UPDATE_BLOCK) else {forms.UPDATE_BLOCK: "Say in a few words how it goes."}


def check_resolution(body: Body) -> dict[str, str]:
    """What is wrong in the form of *Resolve*."""
    return {} if _text(body, forms.RESOLUTION_BLOCK) else {forms.RESOLUTION_BLOCK: "Say in a few words what fixed it."}


def check_reasons(body: Body) -> dict[str, str]:
    """What is wrong in the form of cause and lesson."""
    if _text(body, forms.CAUSE_BLOCK) or _text(body, forms.LESSON_BLOCK):
        return {}
    return {forms.CAUSE_BLOCK: "Write at least one of the two."}


async def update_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of *Update* was sent."""
    status = Status(body["view"]["state"]["values"][forms.STATUS_BLOCK][forms.INPUT]["selected_option"]["value"])
    text = _text(body, forms.UPDATE_BLOCK)
    incident_id, _, seen = _incident(call, body).partition(" ")
    wanted = status if status.value != seen else None  # a menu that nobody touched changes nothing
    await call.answer(view.updated(await desks.changes.update(incident_id, call.who, text, wanted)))


async def resolution_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of *Resolve* was sent."""
    said = [_text(body, block) for block in (forms.RESOLUTION_BLOCK, forms.CAUSE_BLOCK, forms.LESSON_BLOCK)]
    await call.answer(view.resolved(await desks.changes.resolve(_incident(call, body), call.who, *said)))


async def reasons_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of cause and lesson was sent."""
    said = _text(body, forms.CAUSE_BLOCK), _text(body, forms.LESSON_BLOCK)
    await call.answer(view.explained(await desks.changes.explain(_incident(call, body), call.who, *said)))


def _incident(call: Call, body: Body) -> str:
    call.must_be_inside()
    return str(body["view"]["private_metadata"]).partition(" ")[2]


def _text(body: Body, block: str) -> str:
    """What was written into an input of a form; empty for what shows nothing."""
    values = body["view"]["state"]["values"]
    text = str(values.get(block, {}).get(forms.INPUT, {}).get("value") or "").strip()
    return "" if is_blank(text) else text
