"""/incident, its form, its card's button, and what is said in its thread."""

from collections.abc import Mapping
from typing import Any

from bot.commands import export as export_words
from bot.commands import ids
from bot.commands import incident as words
from bot.commands.grammar import Help
from bot.commands.words import title as clean_title
from bot.domain.incident import TITLE_LIMIT, Incident, Opening, Severity
from bot.errors import NotFoundError, UserError
from bot.slack.views import incident as view
from handlers import export
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Does what was typed, or said in a mention: there the incident is the thread's unless another is named."""
    said = words.parse(text, await _known(desks, text))
    match said:
        case Help():
            await show_help(call, said.topic)
        case words.List():
            await _list(desks, call)
        case words.OpenForm():
            await _form(call, _severity(said.severity))
        case words.Open():
            title = await desks.places.with_names(said.title)
            await open_incident(desks, call, title[:TITLE_LIMIT], _severity(said.severity))
        case words.Show():
            await _show(desks, call, said.id)
        case words.Note():
            call.must_be_inside()
            text = await desks.places.with_names(said.text)
            incident = await desks.incidents.note(await _which(desks, call, said.id), call.who, text)
            await call.answer(view.noted(incident))
        case words.Resolve():
            call.must_be_inside()
            text = await desks.places.with_names(said.text)
            incident = await desks.incidents.resolve(await _which(desks, call, said.id), call.who, text)
            await call.answer(view.resolved(incident))
        case export_words.Export():
            await export.incident(desks, call, await _which(desks, call, said.id), said.formats)


def _severity(number: int | None) -> Severity:
    return Severity(f"sev{number or 3}")


async def _known(desks: Desks, text: str) -> list[str]:
    """The incidents that the text may name. Resolved ones too: else `resolve 7KQ4 …`, said twice, ends another one."""
    ending = words.ending_in(text)
    return [incident.id for incident in await desks.incidents.ending_with(ending)] if ending else []


async def open_incident(desks: Desks, call: Call, title: str, severity: Severity, affected: str = "") -> None:
    """Opens one and tells where its thread is."""
    call.must_be_inside()
    opening = Opening(title, severity, call.who, call.channel, affected)
    result = await call.slowly(desks.incidents.open(opening), view.opening(title))
    incident = result.incident
    await call.answer(view.opened(incident, _link(desks, incident), is_saved=result.is_saved))


def _link(desks: Desks, incident: Incident) -> str:
    return desks.places.link_to(incident.channel, incident.card_ts or "")


async def _list(desks: Desks, call: Call) -> None:
    incidents = await desks.incidents.open_ones()
    await call.answer(view.listed(incidents, [_link(desks, incident) for incident in incidents]))


async def _show(desks: Desks, call: Call, named: str | None) -> None:
    incident, entries = await desks.incidents.show(await _which(desks, call, named))
    await call.answer(view.shown(incident, entries, _link(desks, incident)))


async def _which(desks: Desks, call: Call, named: str | None) -> str:
    """The incident that is meant: the one named, the thread's, or the only one open. Raises NotFoundError."""
    if named is not None:
        found = await desks.incidents.ending_with(named)
        return ids.match(named, [incident.id for incident in found])
    if call.thread_ts:
        incident = await desks.incidents.in_thread(call.channel, call.thread_ts)
        if incident is not None:
            return incident.id
    open_ones = await desks.incidents.open_ones()
    if len(open_ones) == 1:
        return open_ones[0].id
    if not open_ones:
        raise NotFoundError(
            "No incident is open.", "Name a resolved one by its ID; the end of it, like `7KQ4`, will do."
        )
    listed = ", ".join(incident.id for incident in open_ones[:5])
    raise NotFoundError(f"{len(open_ones)} incidents are open: {listed}.", "Say which one by the end of its ID.")


# The form


async def _form(call: Call, severity: Severity) -> None:
    call.must_be_inside()
    if not call.trigger_id:
        raise UserError("A form cannot be opened from here.", "Say it in one line: `open sev2 checkout is down`.")
    await call.voice.open_form(call.trigger_id, view.form(severity, call.channel))


def check_form(body: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong in the form, by block."""
    try:
        clean_title(_value(body, view.TITLE_BLOCK))
    except UserError as error:
        return {view.TITLE_BLOCK: str(error)}
    return {}


async def submitted(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """The form of a bare `/incident open` was sent."""
    state = body["view"]["state"]["values"]
    severity = Severity(state[view.SEVERITY_BLOCK][view.INPUT]["selected_option"]["value"])
    title = clean_title(_value(body, view.TITLE_BLOCK))
    await open_incident(desks, call, title, severity, " ".join(_value(body, view.AFFECTED_BLOCK).split()))


def _value(body: Mapping[str, Any], block: str) -> str:
    return str(body["view"]["state"]["values"].get(block, {}).get(view.INPUT, {}).get("value") or "")


# The card's button


async def resolve_pressed(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """*Resolve* on the card: asks what resolved it."""
    call.must_be_inside()
    incident = await desks.incidents.get(str(body["actions"][0]["value"]))
    await desks.incidents.check_resolve(incident, call.who)
    await call.voice.open_form(call.trigger_id, view.resolve_form(incident.id, call.channel))


def check_resolution(body: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong in the form of *Resolve*."""
    if not _value(body, view.RESOLUTION_BLOCK).strip():
        return {view.RESOLUTION_BLOCK: "Say in a few words what resolved it."}
    return {}


async def resolution_submitted(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """The form of *Resolve* was sent."""
    call.must_be_inside()
    _, _, incident_id = str(body["view"]["private_metadata"]).partition(" ")
    incident = await desks.incidents.resolve(incident_id, call.who, _value(body, view.RESOLUTION_BLOCK).strip())
    await call.answer(view.resolved(incident))
