"""What an incident looks like: its card, the replies in its thread, the list, the form."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.domain.incident import AFFECTED_LIMIT, RESOLUTION_LIMIT, TITLE_LIMIT, Act, Deed, Incident, Severity
from bot.domain.timeline import Entry, Kind
from bot.slack.mrkdwn import Mrkdwn, both, joined, link, local, mrkdwn, person
from bot.slack.views.parts import Message, actions, brief, context, header, paragraphs, said, section, short

OPEN_FORM = "incident_open_form"
RESOLVE_FORM = "incident_resolve_form"
RESOLVE_BUTTON = "incident_resolve"
TITLE_BLOCK, SEVERITY_BLOCK, AFFECTED_BLOCK, RESOLUTION_BLOCK = "title", "severity", "affected", "resolution"
INPUT = "value"

TOLD = 20
RESOLUTION_SHOWN = 1_200  # with escapes; the thread has all of it


def named(severity: Severity) -> str:
    """`SEV2, something important is down`."""
    return f"{severity.value.upper()}, {severity.meaning}"


def card(incident: Incident, *, is_saved: bool) -> Message:
    """The one message of an incident in the channel."""
    text = mrkdwn("Incident {} ({}) is {}: {}", incident.id, incident.severity.upper(), incident.status, incident.title)
    facts = [
        mrkdwn("*{}* · {} · *{}*", incident.id, named(incident.severity), incident.status),
        mrkdwn("Opened by {} on {}", person(incident.opened_by), both(incident.opened_at)),
        mrkdwn("Owner: {}", person(incident.owner)),
    ]
    if incident.affected:
        facts.append(mrkdwn("Affected: {}", incident.affected))
    if not incident.is_open:
        facts.append(
            mrkdwn(
                "Resolved by {} {}: {}",
                person(incident.updated_by),
                local(incident.updated_at),
                brief(incident.resolution, RESOLUTION_SHOWN),
            )
        )
    blocks: list[Block] = [header(incident.title), section(joined("\n", facts))]
    if not is_saved:
        blocks.append(
            context(
                Mrkdwn(":floppy_disk: Not yet saved: MongoDB does not answer. This card is the record until it does.")
            )
        )
    if incident.is_open:
        blocks.append(actions([_resolve_button(incident)], block_id=f"incident-{incident.version}"))
        blocks.append(context(Mrkdwn("Write in this thread: it is the record. :pushpin: marks a key event.")))
    return Message(text, tuple(blocks))


def _resolve_button(incident: Incident) -> ButtonElement:
    return ButtonElement(
        text=PlainTextObject(text="Resolve"),
        action_id=RESOLVE_BUTTON,
        value=incident.id,
        accessibility_label=f"Resolve incident {incident.id}",
    )


def acted(incident: Incident, act: Act) -> Message:
    """What the thread says of an act."""
    if act.deed is Deed.RESOLVED:
        return said(
            mrkdwn(
                ":white_check_mark: {} ({}) was resolved by {}: {}",
                incident.id,
                incident.title,
                person(act.who),
                act.text,
            )
        )
    return said(mrkdwn(":memo: Note by {}: {}", person(act.who), act.text))


def opened(incident: Incident, url: str, *, is_saved: bool) -> Message:
    """The answer to whoever opened it."""
    where = mrkdwn("{} is open. Write in {}: it is the record.", incident.id, _thread(url))
    if not is_saved:
        where += " MongoDB does not answer, so the card is the record; it is saved when MongoDB is back."
    return said(where)


def resolved(incident: Incident) -> Message:
    """The answer to whoever resolved it."""
    return said(mrkdwn("{} is resolved.", incident.id))


def noted(incident: Incident) -> Message:
    """The answer to whoever left a note."""
    return said(mrkdwn("Noted in {} ({}).", incident.id, incident.title))


def opening(title: str) -> Message:
    """While an incident is being opened."""
    return said(mrkdwn("Opening “{}”…", title))


def shown(incident: Incident, entries: Sequence[Entry], url: str) -> Message:
    """One incident with the newest part of its timeline."""
    head = [
        mrkdwn(
            "*{}* · {} · *{}*",
            link(url, incident.id) if url else incident.id,
            named(incident.severity),
            incident.status,
        ),
        mrkdwn("{}", incident.title),
        mrkdwn(
            "Opened by {} on {}, owner {}", person(incident.opened_by), both(incident.opened_at), person(incident.owner)
        ),
    ]
    if incident.affected:
        head.append(mrkdwn("Affected: {}", incident.affected))
    if incident.resolution:
        head.append(mrkdwn("Resolution: {}", brief(incident.resolution, RESOLUTION_SHOWN)))
    blocks: list[Block] = [section(joined("\n", head))]
    newest = entries[-TOLD:]
    if len(entries) > len(newest):
        blocks.append(context(mrkdwn("The newest {} of {} entries:", len(newest), len(entries))))
    blocks += paragraphs([_line(entry) for entry in newest])
    text = mrkdwn("Incident {} ({}) is {}: {}", incident.id, incident.severity.upper(), incident.status, incident.title)
    return Message(text, tuple(blocks))


_VERBS = {Kind.OPENED: "opened it", Kind.NOTED: "noted", Kind.RESOLVED: "resolved it"}


def _line(entry: Entry) -> Mrkdwn:
    mark = Mrkdwn(":pushpin: key event, ") if entry.is_key_event else Mrkdwn("")
    what = "" if entry.kind is Kind.MESSAGE else f" {_VERBS[entry.kind]}"
    return mrkdwn("{}{} {}{}: {}", mark, local(entry.at), person(entry.author), what, brief(entry.text, 350))


def form(severity: Severity, channel: str) -> View:
    """The form of a bare `/incident open`. `private_metadata` is where it was asked for."""
    options = [
        Option(text=PlainTextObject(text=short(f"{s.value.upper()}: {s.meaning}", 75)), value=s.value) for s in Severity
    ]
    return View(
        type="modal",
        callback_id=OPEN_FORM,
        title="Open an incident",
        submit="Open",
        close="Cancel",
        private_metadata=channel,
        blocks=[
            InputBlock(
                block_id=TITLE_BLOCK,
                label="What is wrong?",
                element=PlainTextInputElement(
                    action_id=INPUT, max_length=TITLE_LIMIT, placeholder="checkout is down", focus_on_load=True
                ),
            ),
            InputBlock(
                block_id=SEVERITY_BLOCK,
                label="How bad is it?",
                element=StaticSelectElement(
                    action_id=INPUT,
                    options=options,
                    initial_option=next(option for option in options if option.value == severity.value),
                ),
            ),
            InputBlock(
                block_id=AFFECTED_BLOCK,
                label="What is affected?",
                optional=True,
                element=PlainTextInputElement(action_id=INPUT, max_length=AFFECTED_LIMIT),
            ),
        ],
    )


def resolve_form(incident_id: str, channel: str) -> View:
    """Asks how it was resolved, after the card's button. `private_metadata` is the channel and the incident's ID."""
    return View(
        type="modal",
        callback_id=RESOLVE_FORM,
        title="Resolve the incident",
        submit="Resolve",
        close="Cancel",
        private_metadata=f"{channel} {incident_id}",
        blocks=[
            section(mrkdwn("*{}* is over.", incident_id)),
            InputBlock(
                block_id=RESOLUTION_BLOCK,
                label="What resolved it?",
                element=PlainTextInputElement(
                    action_id=INPUT, multiline=True, max_length=RESOLUTION_LIMIT, focus_on_load=True
                ),
            ),
        ],
    )


def _thread(url: str) -> Mrkdwn:
    return link(url, "its thread") if url else Mrkdwn("its thread")
