"""The summary of an incident: its facts and key events from the records, its prose from a model or from a template."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.incident import Incident, Severity, Status
from bot.domain.timeline import Entry, Kind

TEXT_LIMITS = {"what_happened": 1_500, "impact": 800, "what_helped": 800}  # with the rest they fit in one message
QUESTIONS = 8
QUESTION_LIMIT = 200
KEY_EVENTS = 16
EVENT_LIMIT = 300  # characters of an event's text
KEPT = timedelta(days=30)  # a draft that nobody posted

# By the kind's value: what a person did. What is not here by nature tells nothing about the incident.
_WORDS = {
    "message": "wrote",
    "added": "wrote",
    "alert": "an alert",
    "health": "a change of health",
    "quoted": "wrote before it was opened",
    "opened": "opened it",
    "noted": "noted",
    "status": "set the status",
    "severity": "set the severity",
    "assigned": "set the owner",
    "escalated": "(escalation)",
    "resolved": "resolved it",
    "explained": "explained it",
    "reopened": "opened it again",
    "closed": "closed it",
}


class Source(StrEnum):
    """Who wrote the prose of a draft at first."""

    LLM = "llm"
    TEMPLATE = "template"


@dataclass(frozen=True)
class Prose:
    """The part of a summary that is written rather than recorded. Open questions: one sentence each."""

    what_happened: str
    impact: str
    what_helped: str
    open_questions: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """A key event as the records have it: `who` is a name, `what` says what they did, `text` what they said.

    `entry_id` is that of its entry in the timeline; empty in drafts of an earlier bot.
    """

    at: datetime
    who: str
    what: str
    text: str
    is_pinned: bool = False
    entry_id: str = ""


@dataclass(frozen=True)
class Record:
    """What the incident's record said when it was summed up, at version `version`. People are names."""

    title: str
    severity: Severity
    status: Status
    began: datetime
    opened_at: datetime
    opened_by: str
    owner: str
    people: int
    lasted: timedelta
    version: int
    affected: str = ""
    resolution: str = ""
    cause: str = ""
    lesson: str = ""
    duplicate_of: str = ""
    acknowledged_at: datetime | None = None
    over_at: datetime | None = None


@dataclass(frozen=True)
class Draft:
    """A summary that may be posted once. `id` is `<incident>/<number>`; it never changes but for being posted.

    `more_events` is how many key events it has no room for. `cause` says why the template wrote it (a clause, empty
    otherwise), `model` which model did. `edited_by` and `posted_by` are Slack user ids, empty for nobody.
    """

    incident_id: str
    number: int
    record: Record
    prose: Prose
    key_events: tuple[Event, ...]
    source: Source
    asked_by: str
    drafted_at: datetime
    more_events: int = 0
    model: str = ""
    cause: str = ""
    edited_by: str = ""
    posted_by: str = ""
    posted_at: datetime | None = None
    ts: str = ""

    @property
    def id(self) -> str:
        """`INC-20261128-7KQ4/2`."""
        return f"{self.incident_id}/{self.number}"

    @property
    def version(self) -> int:
        """The incident's version that it tells of."""
        return self.record.version


def record_of(incident: Incident, opened_by: str, owner: str, now: datetime) -> Record:
    """The incident's record at this moment; `opened_by` and `owner` are names."""
    return Record(
        title=incident.title,
        severity=incident.severity,
        status=incident.status,
        began=incident.began,
        opened_at=incident.opened_at,
        opened_by=opened_by,
        owner=owner,
        people=len(incident.joined),
        lasted=incident.lasted(now),
        version=incident.version,
        affected=incident.affected,
        resolution=incident.resolution,
        cause=incident.cause,
        lesson=incident.lesson,
        duplicate_of=incident.duplicate_of,
        acknowledged_at=incident.acknowledged_at,
        over_at=incident.over_at,
    )


def is_key(entry: Entry) -> bool:
    """Whether it belongs in a timeline of key events: what was done or noted, and messages that somebody pinned."""
    return entry.kind.value in _WORDS and (entry.is_key_event or entry.kind is not Kind.MESSAGE)


def key_entries(entries: Sequence[Entry], most: int = KEY_EVENTS) -> list[Entry]:
    """The entries of key events, in order: if there are too many, the first stays, then pins, acts and notes go by age.

    Notes give way to acts, and acts to what people pinned.
    """
    found = [entry for entry in entries if is_key(entry)]
    if len(found) <= most:
        return found

    def weight(place: int) -> tuple[bool, bool, bool, int]:
        entry = found[place]
        return place == 0, entry.is_key_event, entry.kind is not Kind.NOTED, place

    kept = sorted(range(len(found)), key=weight, reverse=True)[:most]
    return [found[place] for place in sorted(kept)]


def events(entries: Sequence[Entry]) -> tuple[Event, ...]:
    """The entries as key events."""
    return tuple(
        Event(
            entry.at,
            entry.author_name or entry.author,
            _WORDS[entry.kind.value],
            _brief(entry.text, EVENT_LIMIT),
            entry.is_key_event,
            entry.id,
        )
        for entry in entries
    )


def without_deleted(draft: Draft, entries: Sequence[Entry]) -> Draft:
    """The draft without the texts of messages that were deleted since: that there was one stays."""
    gone = {entry.id for entry in entries if entry.deleted_at}
    return replace(
        draft,
        key_events=tuple(replace(one, text="") if one.entry_id in gone else one for one in draft.key_events),
    )


def may_quote_deleted(draft: Draft, entries: Sequence[Entry]) -> bool:
    """Whether a model wrote its prose from a message that was deleted since, and nobody has read it over."""
    is_unread = draft.source is Source.LLM and not draft.edited_by
    return is_unread and any(entry.deleted_at and entry.deleted_at > draft.drafted_at for entry in entries)


def _brief(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"
