"""What happened in an incident, in order: the thread's messages, notes and acts, each once.

What is known of a message only grows: what was first written, each edit, its files, who marked it, that it was
deleted. Two reports of it can be put together in any order, and the result is the same. A deletion takes the texts.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.incident import Act, Deed
from bot.domain.quote import File

TEXT_LIMIT = 12_000  # Slack lets a person write this much; more is cut and says so


class Kind(StrEnum):
    """What sort of entry it is: a message, something from outside, or an act by the name of its deed."""

    MESSAGE = "message"
    QUOTED = "quoted"
    ADDED = "added"  # a message from outside the thread, added by somebody
    ALERT = "alert"
    HEALTH = "health"
    OPENED = "opened"
    NOTED = "noted"
    STATUS = "status"
    SEVERITY = "severity"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"
    EXPLAINED = "explained"
    REOPENED = "reopened"
    CLOSED = "closed"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    REPOSTED = "reposted"
    RESTORED = "restored"


@dataclass(frozen=True)
class Edit:
    """What a message said from `at` on. `order` sorts the edits of a message; the same edit has one beginning of it."""

    text: str
    at: datetime
    order: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry. `order` is a Slack timestamp ("1764000000.000100") and sorts entries of one incident.

    `id` is made of the incident and what is said where, so that the same thing heard twice is one entry.
    `channel` and `ts` say where the message is, for entries that are one, `thread` the root of its thread.
    `text` is what it says now, `first_text` what was written first: None where only later words are known.
    A deleted message has no text any more, in none of them, and no files. `url` is where more is to be seen.
    `added_by` is who added it first, for a message from outside the thread.
    """

    id: str
    incident_id: str
    kind: Kind
    order: str
    author: str
    author_name: str
    text: str
    channel: str = ""
    ts: str = ""
    pinned_by: tuple[str, ...] = ()
    thread: str = ""
    first_text: str | None = None
    edits: tuple[Edit, ...] = ()
    files: tuple[File, ...] = ()
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    url: str = ""
    added_by: str = ""

    @property
    def at(self) -> datetime:
        """When it was said, to the microsecond."""
        return moment_of(self.order)

    @property
    def words(self) -> str:
        """What it says; of a message that is only files, their names."""
        return self.text or ", ".join(file.name for file in self.files)

    @property
    def all_words(self) -> str:
        """All that it is found by: what it says, and the names of its files."""
        return "\n".join((self.text, *(file.name for file in self.files)))

    @property
    def is_key_event(self) -> bool:
        """Whether somebody marked it, or added it from outside, which nobody does without a reason."""
        return bool(self.pinned_by) or self.kind is Kind.ADDED


@dataclass(frozen=True)
class Heard:
    """A message as Slack tells of it: `ts` its own timestamp, `thread` that of the thread's root ("" outside threads).

    `author` is a user id; empty for some apps, whose `name` is given. `edited` is Slack's time of the last edit, in
    whole seconds, or empty; `known_at` the timestamp of the event that told of it. `pins` are the people whose pin is
    on it, where that was told completely.
    """

    channel: str
    thread: str
    ts: str
    author: str
    text: str
    name: str = ""
    files: tuple[File, ...] = ()
    edited: str = ""
    known_at: str = ""
    pins: frozenset[str] | None = None
    is_by_app: bool = False

    @property
    def words(self) -> str:
        """What it says; of a message that is only files, their names."""
        return self.text or ", ".join(file.name for file in self.files)

    @property
    def is_talk(self) -> bool:
        """Whether it is what people say in a thread."""
        return bool(self.thread) and self.thread != self.ts and not self.is_by_app


@dataclass(frozen=True)
class Changed:
    """A message says something else now; `before` is what it was, if Slack tells."""

    now: Heard
    before: Heard | None = None


@dataclass(frozen=True)
class Gone:
    """A message was deleted at Slack's timestamp `at`; `last` is what it was, if Slack tells."""

    channel: str
    ts: str
    at: str
    last: Heard | None = None


@dataclass(frozen=True)
class Attached:
    """An alert or a change of health as it is entered; `key` names it within its kind."""

    kind: Kind
    key: str
    at: datetime
    text: str
    url: str = ""


@dataclass(frozen=True)
class Mark:
    """A pin that somebody put on a message, or took off, `at` Slack's timestamp of that.

    `by_hand`: by the shortcut, so that Slack shows no reaction for it.
    """

    channel: str
    ts: str
    who: str
    at: str
    is_on: bool
    by_hand: bool = False


def moment_of(ts: str) -> datetime:
    """The moment of a Slack timestamp."""
    seconds, _, micros = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(micros.ljust(6, "0")[:6] or 0))


def ts_of(moment: datetime) -> str:
    """A moment in the form of a Slack timestamp."""
    return f"{moment.timestamp():.6f}"


def message(incident_id: str, heard: Heard, author_name: str, kind: Kind = Kind.MESSAGE) -> Entry:
    """The entry of a message; its ID follows from the message, so that a redelivery is the same entry."""
    where, text = f"{incident_id}/{heard.ts}", _whole(heard.text)
    entry = Entry(where, incident_id, kind, heard.ts, heard.author, author_name, text, heard.channel, heard.ts)
    entry = replace(entry, thread=heard.thread, files=heard.files)
    if not heard.edited:
        return replace(entry, first_text=text)
    edit = Edit(text, moment_of(heard.edited), _order(heard, text))
    return replace(entry, edits=(edit,), edited_at=edit.at)


def changed(incident_id: str, change: Changed, author_name: str, kind: Kind = Kind.MESSAGE) -> Entry:
    """All that the report of an edit tells of a message."""
    now = message(incident_id, change.now, author_name, kind)
    if change.before is None:
        return now
    before = message(incident_id, change.before, author_name, kind)
    first = before.first_text if before.first_text is not None else now.first_text
    return replace(now, first_text=first, edits=(*before.edits, *now.edits), files=(*before.files, *now.files))


def act(incident_id: str, done: Act, after: str = "") -> Entry:
    """The entry of an act; the version it made names it, so that it is entered once.

    `after`: the timestamp of a message that it follows, whatever the clocks say: the one an incident was opened from.
    """
    text = done.text
    if done.deed in (Deed.STATUS, Deed.SEVERITY):
        text = f"{done.was} → {done.now}{'. ' if text else ''}{text}"
    if done.deed is Deed.ASSIGNED:
        text = f"<@{done.was}> → <@{done.now}>"
    if done.deed is Deed.ESCALATED:
        text = f"<@{done.now}> ({done.was}){': ' if text else ''}{text}"
    at = ts_of(done.at)
    if after and at <= after:
        at = ts_of(moment_of(after) + timedelta(microseconds=1))
    return Entry(f"{incident_id}/v{done.version}", incident_id, Kind(done.deed), at, done.who, "", text)


def _whole(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT] + " … (cut)"


def _order(heard: Heard, text: str) -> str:
    """Slack gives edits whole seconds; of two in the same second the one that was seen later is the later one.

    The digest settles what nobody saw in order, the same way each time.
    """
    return f"{heard.edited}/{heard.known_at or heard.edited}/{hashlib.sha256(text.encode()).hexdigest()[:8]}"
