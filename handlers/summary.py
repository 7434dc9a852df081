"""/incident summary: a private draft, its buttons and its form."""

from collections.abc import Mapping
from typing import Any

from bot.domain.progress import Progress
from bot.domain.summary import QUESTION_LIMIT, QUESTIONS
from bot.errors import UserError
from bot.slack.views import ops as ops_view
from bot.slack.views import summary as view
from handlers.call import Call
from handlers.desks import Desks

Body = Mapping[str, Any]


async def ask(desks: Desks, call: Call, incident_id: str) -> None:
    """Drafts a summary for whoever asks; nobody else sees it."""
    progress = Progress()
    work = desks.summaries.draft(incident_id, call.who, progress)
    shown = await call.slowly(work, lambda: view.drafting(incident_id, progress.step))
    await call.answer(view.draft(shown))


async def post_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Post*: the summary goes into the thread, unless the incident has moved on and the person was not told."""
    call.must_be_inside()
    meant = view.draft_of(str(body["actions"][0].get("value") or ""))
    if meant is None:
        await call.answer(ops_view.stale())
        return
    shown = await desks.summaries.post(*meant, call.who)
    if not shown.draft.posted_by:
        await call.replace(view.draft(shown))
        return
    incident = shown.incident
    await call.replace(view.told(shown, desks.places.link_to_thread(incident.channel, incident.card_ts or "")))


async def edit_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Edit*: shows the prose in a form."""
    call.must_be_inside()
    draft = await desks.summaries.get(str(body["actions"][0].get("value") or ""))
    if not call.trigger_id:
        raise UserError("A form cannot be opened from here.", "Press *Edit* once more.")
    await call.voice.open_form(call.trigger_id, view.form(draft, call.channel, call.response_url))


def check_form(body: Body) -> dict[str, str]:
    """What is wrong in the form, by block."""
    texts = _texts(body)
    wrong = {}
    if not texts.get("what_happened", "").strip():
        wrong["what_happened"] = "Say in a few words what happened."
    asked = view.questions(texts.get(view.QUESTIONS_BLOCK, ""))
    if len(asked) > QUESTIONS:
        wrong[view.QUESTIONS_BLOCK] = f"These are {len(asked)} questions; {QUESTIONS} is the most."
    elif any(len(question) > QUESTION_LIMIT for question in asked):
        wrong[view.QUESTIONS_BLOCK] = f"A question has {QUESTION_LIMIT} characters at most."
    return wrong


async def edited(desks: Desks, call: Call, body: Body) -> None:
    """The form was sent: the private draft is replaced by the edited one."""
    call.must_be_inside()
    _, _, where = str(body["view"]["private_metadata"]).partition(" ")
    draft_id, _, response_url = where.partition(" ")
    shown = await desks.summaries.edit(draft_id, call.who, view.from_form(_texts(body)))
    call.response_url = response_url  # of the button that opened the form
    await call.replace(view.draft(shown))


def _texts(body: Body) -> dict[str, str]:
    values = body["view"]["state"]["values"]
    return {block: str(inputs.get(view.INPUT, {}).get("value") or "") for block, inputs in values.items()}
