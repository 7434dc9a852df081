"""The forms of /checklist: the template by phases, and why a checklist is closed with items open."""

from collections.abc import Mapping
from typing import Any

from bot.commands import checklist as words
from bot.commands import checklist_template as lines
from bot.commands.words import is_blank
from bot.domain.checklist import Phase
from bot.domain.checklist_template import Line
from bot.errors import ConflictError, away_means
from bot.slack.views import checklist as view
from bot.slack.views import checklist_forms as forms
from bot.slack.views import ops as ops_view
from handlers.call import Call, reading
from handlers.desks import Desks

Body = Mapping[str, Any]


async def template(desks: Desks, call: Call, said: words.Template) -> None:
    """Opens the form, or shows a version; a mention opens no forms, so it shows the newest."""
    with away_means("so the template is not known here"):
        newest = await desks.templates.newest()
    if said.show or not call.trigger_id:
        found = newest if said.version is None else await desks.templates.get(said.version)
        await call.answer(forms.template(found, newest.version))
        return
    call.must_be_inside()
    form = forms.template_form(await desks.templates.check(call.who), call.channel)
    await call.voice.open_form(call.trigger_id, form)


def check_template(body: Body) -> dict[str, str]:
    """What is wrong in the form of the template, by phase."""
    return lines.complaints(_typed(body))


async def template_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of the template was sent."""
    call.must_be_inside()
    typed = _typed(body)
    with reading():
        seen = int(str(body["view"]["private_metadata"]).partition(" ")[2])
    wanted = [Line(Phase[phase], *vars(line).values()) for phase, text in typed.items() for line in lines.lines(text)]
    try:
        await call.answer(forms.saved(await desks.templates.save(call.who, wanted, seen), seen))
    except ConflictError as error:
        problem = ops_view.complaint(error).text
        await call.answer(forms.not_saved(problem, [(Phase[phase].value, text) for phase, text in typed.items()]))


async def close(desks: Desks, call: Call, window_id: str) -> None:
    """Closes a checklist of which nothing is open; else lists what is, and asks."""
    checklist = await desks.checklists.get(window_id)
    if checklist.open_items and checklist.closed_at is None:
        await call.answer(view.ask_to_close(checklist))
    else:
        await call.answer(view.closed(await desks.checklists.close(window_id, call.who)))


async def close_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Close anyway*: asks why."""
    call.must_be_inside()
    window_id, _, numbers = str(body["actions"][0].get("value") or "").partition(" ")
    await desks.checklists.get(window_id)
    await call.voice.open_form(call.trigger_id, forms.close_form(call.channel, window_id, _numbers(numbers)))


def check_reason(body: Body) -> dict[str, str]:
    """What is wrong in the form of the reason."""
    return {} if _text(body, forms.REASON_BLOCK) else {forms.REASON_BLOCK: "Say in a few words why."}


async def reason_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of the reason was sent."""
    call.must_be_inside()
    with reading():
        _, window_id, numbers = str(body["view"]["private_metadata"]).split(" ")
        seen = _numbers(numbers)
    reason = _text(body, forms.REASON_BLOCK)
    checklist = await desks.checklists.close(window_id, call.who, reason, seen)
    await call.answer(view.closed(checklist))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def _typed(body: Body) -> dict[str, str]:
    return {phase.name: _text(body, phase.name) for phase in Phase}


def _text(body: Body, block: str) -> str:
    text = str(body["view"]["state"]["values"].get(block, {}).get(forms.INPUT, {}).get("value") or "")
    return "" if is_blank(text) else text
