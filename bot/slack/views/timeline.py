"""What a timeline looks like: its lines, and the form and the answers of *Add to the timeline*."""

import re
from collections.abc import Sequence

from slack_sdk.models.blocks import InputBlock, Option, PlainTextObject, StaticSelectElement
from slack_sdk.models.views import View

from bot.domain.audit import SYSTEM
from bot.domain.incident import Incident
from bot.domain.timeline import Entry, Heard, Kind
from bot.domain.wording import counted
from bot.slack.mrkdwn import Mrkdwn, channel, joined, link, local, mrkdwn, person, plain
from bot.slack.views.parts import Message, brief, one_line, said, section, short, titled

PIN = "pushpin"  # the reaction that marks a key event
ADD = "timeline_add"
ADD_FORM = "timeline_add_form"
INCIDENT_BLOCK, INPUT = "incident", "value"

TOLD = 20  # entries at most
ROOM = 10_000  # characters of them in all: Slack takes about 13,200 a message
TEXT_SHOWN = 350  # of an entry, with escapes
LINK_SHOWN = 400
FILES_SHOWN = 3
QUOTED = 300
OFFERED = 100  # options of a menu: https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element

_VERBS = {
    Kind.MESSAGE: "",
    Kind.ADDED: "",
    Kind.OPENED: "opened it",
    Kind.QUOTED: "wrote what it was opened from",
    Kind.SEVERITY: "changed the severity",
    Kind.STATUS: "changed the status",
    Kind.ASSIGNED: "assigned it",
    Kind.RESOLVED: "resolved it",
    Kind.EXPLAINED: "explained it",
    Kind.REOPENED: "reopened it",
    Kind.CLOSED: "closed it",
    Kind.SNOOZED: "put the reminder off",
    Kind.ESCALATED: "(escalation)",
    Kind.REPOSTED: "found the card deleted, and posted it anew",
    Kind.RESTORED: "put it back from the card, since MongoDB had lost it",
}
_CHANNEL = re.compile(r"&lt;#([CG][A-Z0-9]{1,20})&gt;")
_GROUP = re.compile(r"&lt;!subteam\^(S[A-Z0-9]{1,20})(?:\|@?([\w.-]{1,80}))?&gt;")  # of an earlier bot
_MENTION = re.compile(r"&lt;@([UW][A-Z0-9]{1,20})&gt;")  # as it is once it was escaped


def newest(entries: Sequence[Entry]) -> list[Mrkdwn]:
    """The newest entries, in order, as many as a message takes beside other things."""
    lines: list[Mrkdwn] = []
    room = ROOM
    for entry in reversed(entries[-TOLD:]):
        one = line(entry)
        room -= len(one)
        if room < 0:
            break
        lines.append(one)
    return lines[::-1]


def line(entry: Entry) -> Mrkdwn:
    """One entry as a line: when, who, what, and what hangs on it. For private answers: it may mention people."""
    mark = Mrkdwn(":pushpin: key event, ") if entry.is_key_event else Mrkdwn("")
    subject, words = _subject(entry), _said(entry)
    told = mrkdwn("{}{} {}", mark, local(entry.at), subject)
    return mrkdwn("{}: {}", told, words) if words else told


def _subject(entry: Entry) -> Mrkdwn:
    if entry.kind in (Kind.ALERT, Kind.HEALTH):
        return mrkdwn("{}", entry.kind.value)
    verb = _VERBS.get(entry.kind, entry.kind.value)
    return mrkdwn("{}{}", _author(entry), f" {verb}" if verb else "")


def _author(entry: Entry) -> Mrkdwn:
    if entry.author == SYSTEM:
        return Mrkdwn("the bot")
    return person(entry.author) if entry.author else brief(entry.author_name or "an app", 75)


def _said(entry: Entry) -> Mrkdwn:
    if entry.deleted_at is not None:
        return mrkdwn("_deleted on {}_", local(entry.deleted_at))
    cut = titled(entry.text) if entry.kind is Kind.OPENED else one_line(entry.text, TEXT_SHOWN)
    parts = [_named(cut)] if entry.text else []
    if entry.edited_at is not None:
        parts.append(Mrkdwn("(edited)"))
    parts += [mrkdwn("📎 {}", _linked(file.url, brief(file.name, 75))) for file in entry.files[:FILES_SHOWN]]
    if len(entry.files) > FILES_SHOWN:
        parts.append(mrkdwn("and {}", counted(len(entry.files) - FILES_SHOWN, "more file")))
    if entry.url:
        parts.append(mrkdwn("({})", _linked(entry.url, Mrkdwn("open"))))
    return joined(" ", parts)


def _linked(url: str, label: Mrkdwn) -> Mrkdwn:
    """With its link, unless that is so long that a line would have to be cut within it."""
    linked = link(url, label)
    return linked if len(linked) <= LINK_SHOWN else label


def _named(cut: Mrkdwn) -> Mrkdwn:
    """A person's text, escaped: who is mentioned in it reads as their name, so does a channel, and no token is left."""
    safe = _MENTION.sub(lambda found: person(found[1]), cut)
    return Mrkdwn(
        _GROUP.sub(lambda found: f"@{found[2] or found[1]}", _CHANNEL.sub(lambda found: channel(found[1]), safe))
    )


def added(entry: Entry, text: str) -> Message:
    """What the thread says of a message that somebody added. `text` has names for mentions: it calls nobody."""
    who = entry.added_by or next(iter(entry.pinned_by), "")
    if entry.deleted_at is not None:
        gone = ":pushpin: Added to the timeline by {}: message by {}, which was deleted on {}."
        return said(mrkdwn(gone, person(who), _author(entry), local(entry.deleted_at)))
    where = mrkdwn(" ({})", link(entry.url, "link")) if entry.url else Mrkdwn("")
    quote = brief(text, QUOTED) if text else mrkdwn("{}", ", ".join(file.name for file in entry.files[:FILES_SHOWN]))
    return said(
        mrkdwn(
            ":pushpin: Added to the timeline by {}: message by {}{}: “{}”", person(who), _author(entry), where, quote
        )
    )


def was_added(incident: Incident, *, is_new: bool) -> Message:
    """The answer to whoever added a message."""
    if is_new:
        return said(
            mrkdwn("The message is a key event in the timeline of {} ({}).", incident.id, titled(incident.title))
        )
    return said(mrkdwn("The message was in the timeline of {} already; it is a key event there.", incident.id))


def marked(incident: Incident) -> Message:
    """The answer to whoever marked a message of the thread."""
    return said(mrkdwn("Marked as a key event in the timeline of {} ({}).", incident.id, titled(incident.title)))


def none_open() -> Message:
    """There is no timeline to add to."""
    return said(Mrkdwn("No incident is open, so there is no timeline to add it to. `/incident open sev2 …` opens one."))


def own_card(incident: Incident) -> Message:
    """It is the card itself."""
    return said(mrkdwn("That is the card of {}. Its timeline has what is written in the thread below it.", incident.id))


def own_words(incident: Incident) -> Message:
    """It is what the bot said in the thread of what somebody did."""
    return said(mrkdwn("What the bot says in the thread is in the timeline of {} already.", incident.id))


def form(heard: Heard, incidents: Sequence[Incident], metadata: str) -> View:
    """Asks which incident a message belongs to. `metadata` is the channel and the timestamp of the message."""
    options = [_option(incident) for incident in incidents[:OFFERED]]
    menu = StaticSelectElement(
        action_id=INPUT, options=options, initial_option=options[0] if len(options) == 1 else None, focus_on_load=True
    )
    author = person(heard.author) if heard.author else mrkdwn("{}", heard.name or "an app")
    return View(
        type="modal",
        callback_id=ADD_FORM,
        title="Add to the timeline",
        submit="Add",
        close="Cancel",
        private_metadata=metadata,
        blocks=[
            section(mrkdwn("Message by {}: {}", author, _named(one_line(heard.words, TEXT_SHOWN)))),
            InputBlock(block_id=INCIDENT_BLOCK, label="Which incident?", element=menu),
        ],
    )


def _option(incident: Incident) -> Option:
    text = plain(f"{incident.severity.upper()} {incident.id}: {incident.title}")
    return Option(text=PlainTextObject(text=short(text, 75), emoji=False), value=incident.id)
