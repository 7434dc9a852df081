"""What changes an incident: words, the card's buttons and menus, and the forms behind them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bot.commands import incident as words
from bot.commands import incident_steps as steps
from bot.commands.words import is_blank
from bot.domain.incident import Reasons, Severity, Status
from bot.errors import ConflictError, RefusedError
from bot.slack.views import incident as view
from bot.slack.views import incident_forms as forms
from handlers.call import Call, reading
from handlers.desks import Desks

Body = Mapping[str, Any]


async def take(desks: Desks, call: Call, said: words.Note | steps.OneStep, incident_id: str) -> None:
    """Does what was said to this incident."""
    match said:
        case steps.SetStatus() | steps.Rate() | steps.Assign() | steps.Take():
            await _set(desks, call, said, incident_id)
        case steps.Snooze():
            await call.answer(view.snoozed(await desks.changes.snooze(incident_id, call.who, said.length)))
        case steps.Close():
            await call.answer(view.closed(await desks.changes.close(incident_id, call.who)))
        case _:
            await _tell(desks, call, said, incident_id)


async def _set(
    desks: Desks, call: Call, said: steps.SetStatus | steps.Rate | steps.Assign | steps.Take, incident_id: str
) -> None:
    changes, who = desks.changes, call.who
    match said:
        case steps.SetStatus():
            done = await changes.move(incident_id, who, Status(said.status))
            await call.answer(view.moved(done.incident, done.instead_of))
        case steps.Rate():
            done = await changes.rate(incident_id, who, Severity(f"sev{said.severity}"))
            await call.answer(view.rated(done.incident, done.instead_of))
        case steps.Assign() | steps.Take():
            owner = said.who if isinstance(said, steps.Assign) else who
            await desks.places.must_be_a_person(owner)
            done = await changes.assign(incident_id, who, owner)
            is_inside = owner == who or await desks.places.has_member(done.incident.channel, owner)
            await call.answer(view.assigned(done.incident, done.instead_of, is_inside=is_inside))


async def _tell(
    desks: Desks, call: Call, said: words.Note | steps.Update | steps.Resolve | steps.Reopen, incident_id: str
) -> None:
    changes, who, text = desks.changes, call.who, await desks.places.with_names(said.text)
    match said:
        case words.Note():
            await call.answer(view.noted(await changes.note(incident_id, who, text)))
        case steps.Update():
            done = await changes.update(incident_id, who, text, None)
            await call.answer(view.updated(done.incident, done.instead_of))
        case steps.Resolve():
            await call.answer(view.resolved(await changes.resolve(incident_id, who, text)))
        case steps.Reopen():
            await call.answer(view.reopened(await changes.reopen(incident_id, who, text)))


async def duplicate(desks: Desks, call: Call, incident_id: str, other: str) -> None:
    """Closes an incident as a duplicate of another one."""
    done = await desks.changes.dismiss(incident_id, call.who, f"a duplicate of {other}", other)
    await call.answer(view.closed(done, desks.places.link_to(done.channel, done.duplicate_card)))


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


@asynccontextmanager
async def _menu_of(desks: Desks, incident_id: str) -> AsyncIterator[None]:
    """A menu goes on showing what was picked; where that was refused, the card is drawn anew."""
    try:
        yield
    except (RefusedError, ConflictError):
        await desks.changes.redraw(incident_id)
        raise


async def status_picked(desks: Desks, call: Call, body: Body) -> None:
    """Another status in the card's menu."""
    incident_id, _, status = _pressed(call, body).partition(" ")
    with reading():
        wanted = Status(status)
    async with _menu_of(desks, incident_id):
        done = await desks.changes.move(incident_id, call.who, wanted)
    await call.answer(view.moved(done.incident, done.instead_of))


async def severity_picked(desks: Desks, call: Call, body: Body) -> None:
    """Another severity in the card's menu."""
    incident_id, _, severity = _pressed(call, body).partition(" ")
    with reading():
        wanted = Severity(severity)
    async with _menu_of(desks, incident_id):
        done = await desks.changes.rate(incident_id, call.who, wanted)
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
    await duplicate(desks, call, incident_id, other)


async def dismiss_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Close it* below the question after a silent day."""
    incident_id = _pressed(call, body)
    await call.answer(view.closed(await desks.changes.let_go(incident_id, call.who)))


async def keep_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Keep it open* below the same question."""
    incident_id = _pressed(call, body)
    await call.answer(view.kept_open(await desks.changes.keep(incident_id, call.who)))


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
    with reading():
        status = Status(body["view"]["state"]["values"][forms.STATUS_BLOCK][forms.INPUT]["selected_option"]["value"])
    text = _text(body, forms.UPDATE_BLOCK)
    incident_id, _, seen = _incident(call, body).partition(" ")
    wanted = status if status.value != seen else None  # a menu that nobody touched changes nothing
    done = await desks.changes.update(incident_id, call.who, text, wanted)
    await call.answer(view.updated(done.incident, done.instead_of))


async def resolution_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of *Resolve* was sent."""
    text, cause, lesson = (
        _text(body, block) for block in (forms.RESOLUTION_BLOCK, forms.CAUSE_BLOCK, forms.LESSON_BLOCK)
    )
    incident_id, _, seen = _incident(call, body).partition(" ")
    done = await desks.changes.resolve(incident_id, call.who, text, Reasons(cause, lesson), seen)
    await call.answer(view.resolved(done))


async def reasons_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of cause and lesson was sent."""
    said = Reasons(_text(body, forms.CAUSE_BLOCK), _text(body, forms.LESSON_BLOCK))
    with reading():
        incident_id, *seen = _incident(call, body).split()
    saw = (seen[0], seen[1]) if len(seen) == 2 else None
    before, after = await desks.changes.explain(incident_id, call.who, said, saw)
    await call.answer(view.explained(before, after))


def _incident(call: Call, body: Body) -> str:
    call.must_be_inside()
    return str(body["view"]["private_metadata"]).partition(" ")[2]


def _text(body: Body, block: str) -> str:
    """What was written into an input of a form; empty for what shows nothing."""
    values = body["view"]["state"]["values"]
    text = str(values.get(block, {}).get(forms.INPUT, {}).get("value") or "").strip()
    return "" if is_blank(text) else text
