"""The forms about incidents: open one, tell how it goes, resolve it, explain it."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    DateTimePickerElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot.domain.incident import AFFECTED_LIMIT, RESOLUTION_LIMIT, TITLE_LIMIT, WORKING, Incident, Severity, digest
from bot.domain.quote import Quote
from bot.slack.mrkdwn import mrkdwn, person, plain
from bot.slack.views.parts import brief, section, short, titled

OPEN_FORM = "incident_open_form"
UPDATE_FORM = "incident_update_form"
RESOLVE_FORM = "incident_resolve_form"
EXPLAIN_FORM = "incident_explain_form"
TITLE_BLOCK, SEVERITY_BLOCK, AFFECTED_BLOCK, OWNER_BLOCK, BEGAN_BLOCK = (
    "title",
    "severity",
    "affected",
    "owner",
    "began",
)
UPDATE_BLOCK, STATUS_BLOCK = "update", "status"
RESOLUTION_BLOCK, CAUSE_BLOCK, LESSON_BLOCK = "resolution", "cause", "lesson"
INPUT = "value"

UPDATE_LIMIT = 2_500  # of the 3,000 that one message of the thread shows


def open_form(severity: Severity, channel: str, quote: Quote | None = None) -> View:
    """Of a bare `/incident open`, or from a message. `private_metadata` has the channel, and where the message is."""
    first_line = next((line for line in plain(quote.words).splitlines() if line.strip()), "") if quote else ""
    title = PlainTextInputElement(
        action_id=INPUT,
        max_length=TITLE_LIMIT,
        placeholder="checkout is down",
        focus_on_load=True,
        initial_value=short(" ".join(first_line.split()), TITLE_LIMIT) or None,
    )
    blocks = [
        InputBlock(block_id=TITLE_BLOCK, label="What is wrong?", element=title),
        InputBlock(block_id=SEVERITY_BLOCK, label="How bad is it?", element=_severities(severity)),
        InputBlock(
            block_id=AFFECTED_BLOCK,
            label="What is affected?",
            optional=True,
            element=PlainTextInputElement(action_id=INPUT, max_length=AFFECTED_LIMIT),
        ),
        InputBlock(
            block_id=OWNER_BLOCK,
            label="Who owns it?",
            optional=True,
            hint="You, if you leave it empty.",
            element=UserSelectElement(action_id=INPUT),
        ),
        InputBlock(
            block_id=BEGAN_BLOCK,
            label="When did it begin?",
            optional=True,
            hint="Now, if you leave it empty.",
            element=DateTimePickerElement(action_id=INPUT),
        ),
    ]
    quoted = []
    if quote is not None:
        by = mrkdwn(" by {}", person(quote.author)) if quote.author else mrkdwn("")
        quoted = [section(mrkdwn("From a message{}: “{}”", by, brief(quote.words, 500)))]
    return View(
        type="modal",
        callback_id=OPEN_FORM,
        title="Open an incident",
        submit="Open",
        close="Cancel",
        private_metadata=f"{channel} {quote.ts} {quote.author}" if quote else channel,
        blocks=[*quoted, *blocks],
    )


def _severities(chosen: Severity) -> StaticSelectElement:
    options = [
        Option(text=PlainTextObject(text=short(f"{s.value.upper()}: {s.meaning}", 75)), value=s.value) for s in Severity
    ]
    initial = next(option for option in options if option.value == chosen.value)
    return StaticSelectElement(action_id=INPUT, options=options, initial_option=initial)


def update_form(incident: Incident) -> View:
    """How does it go? With the status, which may have changed."""
    options = [
        Option(text=PlainTextObject(text=short(f"{one.value}: {one.meaning}", 75)), value=one.value) for one in WORKING
    ]
    initial = next((option for option in options if option.value == incident.status.value), options[0])
    blocks = [
        _text(UPDATE_BLOCK, "How does it go?", UPDATE_LIMIT, focused=True),
        InputBlock(
            block_id=STATUS_BLOCK,
            label="Where does it stand?",
            element=StaticSelectElement(action_id=INPUT, options=options, initial_option=initial),
        ),
    ]
    return _about(incident, UPDATE_FORM, "Update the incident", "Tell", blocks, seen=incident.status)


def resolve_form(incident: Incident) -> View:
    """Asks how it was resolved, what caused it and what is learned; the last two may come later."""
    blocks = [_text(RESOLUTION_BLOCK, "What resolved it?", RESOLUTION_LIMIT, focused=True), *_reasons(incident)]
    return _about(incident, RESOLVE_FORM, "Resolve the incident", "Resolve", blocks, seen=incident.standing)


def explain_form(incident: Incident) -> View:
    """Asks for cause and lesson afterwards."""
    seen = f"{digest(incident.cause)} {digest(incident.lesson)}"
    return _about(incident, EXPLAIN_FORM, "Cause and lesson", "Save", _reasons(incident), seen=seen)


def _reasons(incident: Incident) -> list[InputBlock]:
    return [
        _text(CAUSE_BLOCK, "What caused it?", RESOLUTION_LIMIT, incident.cause, optional=True),
        _text(LESSON_BLOCK, "What is the lesson?", RESOLUTION_LIMIT, incident.lesson, optional=True),
    ]


def _text(
    block: str, label: str, limit: int, initial: str = "", *, optional: bool = False, focused: bool = False
) -> InputBlock:
    element = PlainTextInputElement(
        action_id=INPUT, multiline=True, max_length=limit, initial_value=initial or None, focus_on_load=focused
    )
    return InputBlock(block_id=block, label=label, element=element, optional=optional)


def _about(
    incident: Incident, callback_id: str, title: str, submit: str, blocks: Sequence[InputBlock], *, seen: str = ""
) -> View:
    """`private_metadata` is the channel, the incident's ID, and what the form showed: a status, or digests of texts."""
    return View(
        type="modal",
        callback_id=callback_id,
        title=title,
        submit=submit,
        close="Cancel",
        private_metadata=f"{incident.channel} {incident.id} {seen}".rstrip(),
        blocks=[section(mrkdwn("*{}* {}", incident.id, titled(incident.title))), *blocks],
    )
