"""/incident: opens incidents, by line, form or from a message, and shows them; incident_steps changes them."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.commands import export as export_words
from bot.commands import ids
from bot.commands import incident as words
from bot.commands import incident_steps as steps
from bot.commands import summary as summary_words
from bot.commands.grammar import Help
from bot.commands.search import List, Search
from bot.commands.stats import Stats
from bot.commands.words import is_blank
from bot.commands.words import title as clean_title
from bot.domain.incident import TITLE_LIMIT, Incident, Opening, Severity, wrong_beginning
from bot.domain.quote import Quote
from bot.errors import ConflictError, NotFoundError, StoreAwayError, UserError, away_means
from bot.slack.views import incident as view
from bot.slack.views import incident_forms as forms
from handlers import export, incident_steps, search, stats, summary
from handlers.call import Call, reading
from handlers.desks import Desks
from handlers.help import show_help

T = TypeVar("T")


async def run(desks: Desks, call: Call, text: str) -> None:
    """Does what was typed, or said in a mention: there the incident is the thread's unless another is named."""
    said = await parsed(desks, words.ending_in(text), lambda known: words.parse(text, known))
    match said:
        case Help():
            await show_help(call, said.topic)
        case List():
            await search.show_list(desks, call, said)
        case Search():
            await search.search(desks, call, said)
        case Stats():
            await stats.show(desks, call, said)
        case words.OpenForm():
            await _form(call, _severity(said.severity))
        case words.Open():
            title = await desks.places.with_names(said.title)
            opening = Opening(title[:TITLE_LIMIT], _severity(said.severity), call.who, call.channel)
            await open_incident(desks, call, opening)
        case words.Show():
            await _show(desks, call, said.id)
        case export_words.Export():
            with away_means("so nothing was exported"):
                await export.incident(desks, call, await which(desks, call, said.id), said.formats)
        case summary_words.Summary():
            with away_means("so no summary can be drafted"):
                await summary.ask(desks, call, await which(desks, call, said.id))
        case _:
            await _change(desks, call, said)


async def _change(desks: Desks, call: Call, said: words.Note | steps.Step) -> None:
    call.must_be_inside()
    if isinstance(said, steps.Duplicate):
        original = await which(desks, call, said.of)
        await incident_steps.duplicate(desks, call, await which(desks, call, said.id), original)
    else:
        await incident_steps.take(desks, call, said, await which(desks, call, said.id))


def _severity(number: int | None) -> Severity:
    return Severity(f"sev{number or 3}")


async def parsed(desks: Desks, ending: str | None, parse: Callable[[list[str]], T]) -> T:
    """What was typed, read with the incidents that it may name; one that only the channel has is put back first.

    Resolved ones too: else `resolve 7KQ4 …`, said twice, ends another one.
    """
    known = await desks.incidents.ending_with(ending) if ending else []
    unsearched: NotFoundError | None = None
    if ending and not known and ids.may_be_a_thing(ending):
        # Either a name that a text begins with, or an ID: one that was lost, or a slip away from an open one.
        try:
            known = await desks.incidents.named(ending)
        except NotFoundError as error:
            unsearched = error
        known = known or await desks.incidents.open_ones()
    try:
        return parse([incident.id for incident in known])
    except NotFoundError:
        if unsearched:
            raise unsearched from None
        found = await desks.incidents.named(ending) if ending and not known else []
        if not found:
            raise
        return parse([incident.id for incident in found])


async def open_incident(desks: Desks, call: Call, opening: Opening) -> None:
    """Opens one, tells where its thread is, and asks about others that may be the same."""
    call.must_be_inside()
    result = await call.slowly(desks.incidents.open(opening), view.opening(opening.title))
    incident = result.incident
    if result.is_saved:
        await desks.changes.must_be_open(incident)
    similar = await desks.incidents.similar(incident) if result.is_saved else []
    owner = incident.owner
    is_inside = owner == call.who or await desks.places.has_member(incident.channel, owner)
    thread = desks.places.link_to_thread(incident.channel, incident.card_ts or "")
    told = view.opened(incident, thread, similar, is_saved=result.is_saved, is_owner_inside=is_inside)
    await call.answer(told)


def _link(desks: Desks, incident: Incident) -> str:
    return desks.places.link_to(incident.channel, incident.card_ts or "")


async def _show(desks: Desks, call: Call, named: str | None) -> None:
    with away_means("so the incident cannot be shown; its card and its thread have it"):
        incident, entries = await desks.incidents.show(await which(desks, call, named))
    original = desks.places.link_to(incident.channel, incident.duplicate_card)
    await call.answer(view.shown(incident, entries, _link(desks, incident), original))


async def which(desks: Desks, call: Call, named: str | None) -> str:
    """The incident that is meant: the one named, the thread's, or the only one open. Raises NotFoundError."""
    if named is not None:
        found = await desks.incidents.named(named)
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
    listed += f" and {len(open_ones) - 5} more" if len(open_ones) > 5 else ""
    raise NotFoundError(f"{len(open_ones)} incidents are open: {listed}.", "Say which one by the end of its ID.")


# The form


async def _form(call: Call, severity: Severity) -> None:
    call.must_be_inside()
    if not call.trigger_id:
        raise UserError("A form cannot be opened from here.", "Say it in one line: `open sev2 checkout is down`.")
    await call.voice.open_form(call.trigger_id, forms.open_form(severity, call.channel))


async def from_message(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """*Open an incident from this message*: the form with the message in it."""
    call.must_be_inside()
    heard = await desks.places.heard(call.channel, body["message"])
    if heard is None:
        raise NotFoundError("Nobody wrote that message.", "Messages of people and apps can be quoted.")
    if heard.author == desks.places.bot_user:
        await _must_be_no_card(desks, call.channel, heard.ts)
    text = await desks.places.with_names(heard.text)
    quote = Quote(call.channel, heard.ts, heard.author, text, heard.files)
    await call.voice.open_form(call.trigger_id, forms.open_form(Severity.SEV3, call.channel, quote))


async def _must_be_no_card(desks: Desks, channel: str, ts: str) -> None:
    """Raises ConflictError for the card of an incident; without MongoDB nobody is kept from opening one."""
    with suppress(StoreAwayError):
        known = await desks.incidents.with_card(channel, ts)
        if known is not None:
            remedy = "Write in its thread." if known.is_open else "Write in its thread, or press *Reopen*."
            raise ConflictError(f"That is the card of {known.id}, which is {known.status}.", remedy)


def form_check(desks: Desks) -> Callable[[Mapping[str, Any]], dict[str, str]]:
    """The check of the form: what is wrong in it, by block."""

    def check(body: Mapping[str, Any]) -> dict[str, str]:
        wrong = {}
        try:
            clean_title(_text(body, forms.TITLE_BLOCK))
        except UserError as error:
            wrong[forms.TITLE_BLOCK] = str(error)
        began = _began(body)
        if began is not None and (said := wrong_beginning(began, desks.clock())):
            wrong[forms.BEGAN_BLOCK] = said
        return wrong

    return check


def _began(body: Mapping[str, Any]) -> datetime | None:
    seconds = _input(body, forms.BEGAN_BLOCK).get("selected_date_time")
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)


async def submitted(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """The form was sent."""
    _, _, message = str(body["view"]["private_metadata"]).partition(" ")
    ts, _, author = message.partition(" ")
    owner = str(_input(body, forms.OWNER_BLOCK).get("selected_user") or "")
    if owner:
        await desks.places.must_be_a_person(owner)
    with reading():
        severity = Severity(_input(body, forms.SEVERITY_BLOCK)["selected_option"]["value"])
    opening = Opening(
        clean_title(_text(body, forms.TITLE_BLOCK)),
        severity,
        call.who,
        call.channel,
        " ".join(_text(body, forms.AFFECTED_BLOCK).split()),
        owner,
        _began(body),
        await desks.places.quote(call.channel, ts, author) if ts else None,
    )
    await open_incident(desks, call, opening)


def _input(body: Mapping[str, Any], block: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body["view"]["state"]["values"].get(block, {}).get(forms.INPUT, {})
    return found


def _text(body: Mapping[str, Any], block: str) -> str:
    """What was written into an input; empty for what shows nothing."""
    text = str(_input(body, block).get("value") or "").strip()
    return "" if is_blank(text) else text
