"""What a summary looks like: the private draft with its buttons, the form that edits it, the posted message.

Prose goes into plain_text, where Slack interprets nothing; people are names, since a summary calls nobody, and
addresses are words, since a model may have been talked into showing one.
"""

from collections.abc import Sequence
from datetime import timedelta

from slack_sdk.models.blocks import Block, ButtonElement, InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from bot.domain.clock import spelled, utc
from bot.domain.summary import QUESTION_LIMIT, QUESTIONS, TEXT_LIMITS, Draft, Event, Prose, Source
from bot.domain.summary_desk import Seen, Shown, Signature
from bot.slack.mrkdwn import Mrkdwn, both, joined, link, local, mrkdwn, person
from bot.slack.views.parts import (
    Message,
    actions,
    brief,
    context,
    header,
    paragraphs,
    quoted,
    said,
    section,
    short,
    still,
    titled,
)

POST = "summary_post"
EDIT = "summary_edit"
EDIT_FORM = "summary_edit_form"
INPUT = "value"
QUESTIONS_BLOCK = "open_questions"
LABELS = {"what_happened": "What happened", "impact": "Impact", "what_helped": "What helped"}

_AFFECTED, _NAME, _EVENT = 300, 60, 140  # characters, escapes counted
_QUESTIONS_LIMIT = QUESTIONS * (QUESTION_LIMIT + 1)


def drafting(incident_id: str, step: str) -> Message:
    """While a draft is being written."""
    return said(mrkdwn("Drafting the summary of {}{}…", incident_id, f": {step}" if step else ""))


def draft(shown: Shown) -> Message:
    """The draft, for one person, with *Post* and *Edit*. The button knows what the reader was told of."""
    found = shown.draft
    notes = [_prose_by(found)]
    if shown.has_moved_on:
        notes.append(
            mrkdwn(
                ":warning: {} has moved on since this was drafted ({}): it is {} now. Ask again for a fresh draft,"
                " or post this one all the same.",
                found.incident_id,
                utc(found.drafted_at),
                shown.incident.status,
            )
        )
    if shown.earlier is not None and shown.earlier.posted_at is not None:
        notes.append(
            mrkdwn(
                "{} posted a summary of it {}; this one would stand below that.",
                person(shown.earlier.posted_by),
                local(shown.earlier.posted_at),
            )
        )
    blocks: list[Block] = [header("Draft, not posted yet"), context(*notes), *_body(found)]
    blocks.append(
        actions([_post(shown), _edit(found)], block_id=f"summary-{found.id}-{shown.seen.version}-{shown.seen.posted}")
    )
    return Message(
        mrkdwn("The draft of a summary of {} is ready; it is not posted yet.", found.incident_id), (*blocks,)
    )


def _prose_by(found: Draft) -> Mrkdwn:
    if found.source is Source.LLM:
        words = mrkdwn(
            "The prose is from the LLM ({}), so check it; facts and key events are from the records.", found.model
        )
    else:
        words = mrkdwn(
            "The prose is from a template, since {}; facts and key events are from the records.", found.cause
        )
    return mrkdwn("{} Edited by {}.", words, person(found.edited_by)) if found.edited_by else words


def _post(shown: Shown) -> ButtonElement:
    return ButtonElement(
        text=PlainTextObject(text="Post"),
        action_id=POST,
        value=f"{shown.draft.id} {shown.seen.version} {shown.seen.posted}",
        style="primary",
        accessibility_label=f"Post this summary in the thread of {shown.draft.incident_id}",
    )


def _edit(found: Draft) -> ButtonElement:
    return ButtonElement(
        text=PlainTextObject(text="Edit"),
        action_id=EDIT,
        value=found.id,
        accessibility_label=f"Edit this summary of {found.incident_id} before it is posted",
    )


def draft_of(value: str) -> tuple[str, Seen] | None:
    """The draft that the value of *Post* names, and what its reader knew; None for any other value."""
    draft_id, *numbers = value.split(" ")
    are_numbers = all(number.isascii() and number.isdigit() for number in numbers)
    return (draft_id, Seen(*map(int, numbers))) if "/" in draft_id and are_numbers and len(numbers) in (1, 2) else None


def _body(found: Draft) -> list[Block]:
    blocks: list[Block] = _facts(found)
    for name, label in LABELS.items():
        text = getattr(found.prose, name)
        blocks += [section(mrkdwn("*{}*", label)), quoted(text)] if text else []
    if found.key_events:
        blocks += paragraphs(
            [Mrkdwn("*Key events*"), *(_event(one, found.record.title) for one in found.key_events)], stills=True
        )
    if found.more_events:
        blocks.append(context(mrkdwn("{} more are in the timeline.", found.more_events)))
    if found.prose.open_questions:
        questions = "\n".join(f"• {question}" for question in found.prose.open_questions)
        blocks += [section(Mrkdwn("*Open questions*")), quoted(questions)]
    return blocks


def _facts(found: Draft) -> list[Block]:
    record = found.record
    severity = f"{record.severity.upper()}, {record.severity.meaning}"
    is_later = record.opened_at - record.began >= timedelta(minutes=1)
    opened = mrkdwn(" {}", both(record.opened_at)) if is_later else Mrkdwn("")
    head = mrkdwn("*{}* · {} · *{}*", found.incident_id, severity, record.status)
    lines = [mrkdwn("Began {}, opened{} by {}", both(record.began), opened, brief(record.opened_by, _NAME))]
    if record.over_at:
        lines.append(mrkdwn("Over {}, after {}", both(record.over_at), spelled(record.lasted)))
    else:
        lines.append(mrkdwn("Not over after {}", spelled(record.lasted)))
    people = "one person" if record.people == 1 else f"{record.people} people"
    lines.append(mrkdwn("Owner: {}; {} took part", brief(record.owner, _NAME), people))
    affected = short(f"\nAffected: {record.affected}", _AFFECTED) if record.affected else ""
    return [still(head), quoted(f"{record.title}{affected}"), still(joined("\n", lines))]


def _event(event: Event, title: str) -> Mrkdwn:
    mark = Mrkdwn(":pushpin: ") if event.is_pinned else Mrkdwn("")
    told = mrkdwn("• {} {}{} {}", local(event.at), mark, brief(event.who, _NAME), event.what)
    text = titled(event.text, _EVENT) if event.text == title else brief(event.text, _EVENT)
    return mrkdwn("{}: {}", told, text) if text else told


def posted(found: Draft, signature: Signature) -> Message:
    """The summary in the incident's thread, for everybody."""
    record = found.record
    by = f"Drafted by the LLM {found.model}" if found.source is Source.LLM else "Drafted by the bot from the records"
    edited = f", edited by {signature.edited_by}" if signature.edited_by else ", not edited"
    foot = mrkdwn("{}{}, posted by {}. As of {}.", by, edited, signature.posted_by, utc(found.drafted_at))
    state = f"over after {spelled(record.lasted)}" if record.over_at else f"{record.status}, not over yet"
    text = mrkdwn(
        "Summary of incident {} ({}): {}. It is {}.",
        found.incident_id, record.severity.upper(), titled(record.title), state,
    )  # fmt: skip
    return Message(text, (header(f"Summary of {found.incident_id}"), *_body(found), context(foot)))


def told(shown: Shown, url: str) -> Message:
    """What takes the draft's place when it was posted."""
    thread = link(url, "its thread") if url else Mrkdwn("its thread")
    if shown.draft.ts:
        return said(mrkdwn("The summary of {} is posted in {}.", shown.draft.incident_id, thread))
    return said(mrkdwn("The summary of {} is on its way to {}.", shown.draft.incident_id, thread))


# The form


def form(found: Draft, channel: str, response_url: str) -> View:
    """Edits the prose. `private_metadata` is the channel, the draft, and where the private draft can be replaced."""
    blocks: list[Block] = [
        _input(name, label, getattr(found.prose, name), TEXT_LIMITS[name]) for name, label in LABELS.items()
    ]
    questions = "\n".join(found.prose.open_questions)
    blocks.append(_input(QUESTIONS_BLOCK, "Open questions, one a line", questions, _QUESTIONS_LIMIT))
    return View(
        type="modal",
        callback_id=EDIT_FORM,
        title="Edit the summary",
        submit="Show the draft",
        close="Cancel",
        private_metadata=f"{channel} {found.id} {response_url}",
        blocks=blocks,
    )


def _input(name: str, label: str, text: str, limit: int) -> InputBlock:
    element = PlainTextInputElement(
        action_id=INPUT, multiline=True, initial_value=text[:limit] or None, max_length=limit
    )
    return InputBlock(block_id=name, label=label, element=element, optional=name != "what_happened")


def from_form(texts: dict[str, str]) -> Prose:
    """The prose that a form's inputs say, by block."""
    return Prose(
        **{name: texts.get(name, "").strip() for name in LABELS},
        open_questions=tuple(questions(texts.get(QUESTIONS_BLOCK, ""))),
    )


def questions(text: str) -> Sequence[str]:
    """The open questions that were written one a line."""
    lines = (line.strip().removeprefix("•").strip() for line in text.splitlines())
    return [line for line in lines if line]
