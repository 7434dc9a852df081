"""What an incident is: its severities, its statuses and the steps between them, who did what.

    investigating ◀──▶ identified ◀──▶ monitoring      `status`: any of the three to any other
          │                │               │
          ├────────────────┴───────────────┤
          │ resolve                        │ dismiss: a duplicate, or nobody worked on it for a day
          ▼                                ▼
       resolved ─────────close─────────▶ closed
          │                                │
          └────────────reopen──────────────┴─────▶ investigating

Opening needs no database: its ID is minted by the bot alone and the card in Slack carries the whole incident, so that
whatever MongoDB missed is put back from the channel. The steps are in `incident_steps`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.quote import Quote

TITLE_LIMIT = 150
AFFECTED_LIMIT = 300
RESOLUTION_LIMIT = 1_000
SAME = timedelta(minutes=1)  # the same words of the same person within this are one incident: a double Enter
LONGEST_AGO = timedelta(days=31)  # what began earlier was picked by mistake, and would spoil every mean of a length
_BUCKET = 20  # seconds; three of them make that minute


class Severity(StrEnum):
    """How bad it is; the lower the number, the worse."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"

    @property
    def meaning(self) -> str:
        """What the severity says about the users."""
        return _MEANINGS[self]

    def is_worse_than(self, other: "Severity") -> bool:
        """Whether this one takes more than the other."""
        return self.value < other.value


_MEANINGS = {
    Severity.SEV1: "everything is down",
    Severity.SEV2: "something important is down",
    Severity.SEV3: "something is impaired",
    Severity.SEV4: "a flaw without effect on users",
}


class Status(StrEnum):
    """Where the work on it stands."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def meaning(self) -> str:
        """What the status says about the work."""
        return _STANDS[self]


_STANDS = {
    Status.INVESTIGATING: "the cause is being looked for",
    Status.IDENTIFIED: "the cause is known, the fix is on its way",
    Status.MONITORING: "a fix is in, we watch whether it holds",
    Status.RESOLVED: "it is over",
    Status.CLOSED: "nothing is left to do",
}

WORKING = (Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING)


class Deed(StrEnum):
    """What somebody did to an incident."""

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
    RESTORED = "restored"  # MongoDB had lost it, or what was done to it lately


@dataclass(frozen=True)
class Act:
    """One deed, kept with the incident in the same write until timeline, thread and card tell of it.

    `text` is what the person said. `was` and `now` are the old and the new value where one was changed: a severity,
    a status, an owner's user id; of an escalation `was` is the role and `now` the person; of a
    closing `now` is the incident that it is a duplicate of, if it is one, and of its reopening `was`; of a note that
    tells the original of a duplicate `now` is the duplicate and `was` where its card is.
    """

    version: int
    deed: Deed
    who: str
    at: datetime
    text: str = ""
    was: str = ""
    now: str = ""


@dataclass(frozen=True)
class Touched:
    """Who set a value last, and when."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Said:
    """A note of the last minute: whose, a digest of its words, when. Said again within `SAME` it is the same one."""

    by: str
    words: str
    at: datetime


@dataclass(frozen=True)
class Reasons:
    """What caused an incident and what is learned from it; what is empty is not known, or not said."""

    cause: str = ""
    lesson: str = ""

    @property
    def said(self) -> str:
        """Both in words, as far as they are there."""
        return "\n".join(f"{label}: {text}" for label, text in (("Cause", self.cause), ("Lesson", self.lesson)) if text)


@dataclass(frozen=True)
class Incident:
    """One incident. `version` grows by one with each act and is what a change is compared against.

    `opened_at` is when the record began, `began` when the trouble did. `updated_by` and `updated_at` tell of the last
    update that people read: an act or a note, not what is said in the thread. `joined` are all who wrote or acted.
    `active_at` is when something was said in its thread last, `reminded_at` when its owner was asked for an update,
    `asked_at` when it was asked whether it is over. `said` are the notes of the last minute,
    `heard_of` the acts of its duplicates that it was told of.
    `duplicate_card` is where the card was of the one that it is a duplicate of.
    `untold` are the acts that timeline, thread and card may not show yet: after a kill they are told again.
    """

    id: str
    title: str
    severity: Severity
    status: Status
    opened_by: str
    opened_at: datetime
    channel: str
    owner: str
    updated_by: str
    updated_at: datetime
    began: datetime
    affected: str = ""
    resolution: str = ""
    resolved_by: str = ""
    cause: str = ""
    lesson: str = ""
    duplicate_of: str = ""
    duplicate_card: str = ""
    joined: tuple[str, ...] = ()
    acknowledged_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    snoozed_until: datetime | None = None
    reminded_at: datetime | None = None
    asked_at: datetime | None = None
    status_set: Touched | None = None
    severity_set: Touched | None = None
    owner_set: Touched | None = None
    quote: Quote | None = None
    card_ts: str | None = None
    version: int = 1
    words: str = ""
    untold: tuple[Act, ...] = ()
    active_at: datetime | None = None
    reasons_set: Touched | None = None
    said: tuple[Said, ...] = ()
    heard_of: tuple[str, ...] = ()

    @property
    def ended_by(self) -> str:
        """Who resolved it, not who closed it then, or who closed it unresolved; empty if the record does not tell."""
        if self.resolved_by or (self.resolved_at and self.status is Status.CLOSED):
            return self.resolved_by
        return self.status_set.by if self.status_set else ""

    @property
    def reasons(self) -> Reasons:
        """Cause and lesson."""
        return Reasons(self.cause, self.lesson)

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it."""
        return self.status in WORKING

    @property
    def over_at(self) -> datetime | None:
        """When it was resolved, or closed without that; None while it is open."""
        return None if self.is_open else self.resolved_at or self.closed_at

    @property
    def standing(self) -> str:
        """A name for its status since it was set last, short enough to travel with a form."""
        return f"{self.status}@{int(self.status_set.at.timestamp() * 1000) if self.status_set else 0}"

    @property
    def last_sign(self) -> datetime:
        """When somebody last did or said anything."""
        return max(self.updated_at, self.active_at or self.updated_at)

    def lasted(self, now: datetime) -> timedelta:
        """From its beginning to its end, or until now."""
        return max(timedelta(0), (self.over_at or now) - self.began)

    def update_due(self, every: timedelta) -> datetime | None:
        """When the next update should be there: `every` after the last (sev1: half of it), or after a snooze."""
        if not self.is_open:
            return None
        due = self.updated_at + (every / 2 if self.severity is Severity.SEV1 else every)
        return max(due, self.snoozed_until) if self.snoozed_until else due


@dataclass(frozen=True)
class Opening:
    """What a person said when they opened it. `owner` empty: who opens it owns it; `began` None: now."""

    title: str
    severity: Severity
    who: str
    channel: str
    affected: str = ""
    owner: str = ""
    began: datetime | None = None
    quote: Quote | None = None

    @property
    def words(self) -> str:
        """One name for the same words of the same person."""
        said = "\x00".join((self.who, self.channel, self.severity, self.title, self.affected))
        return hashlib.sha256(said.encode()).hexdigest()[:24]


def wrong_beginning(began: datetime, now: datetime) -> str:
    """What is wrong with a time at which somebody says that it began, and what to do; empty if nothing is."""
    if began > now:
        return "That is in the future. When did it begin?"
    if now - began > LONGEST_AGO:
        return (
            f"That is more than {LONGEST_AGO.days} days ago. Pick a later time, or leave it empty and say in the"
            " incident's thread when it began."
        )
    return ""


def digest(text: str) -> str:
    """A name for a text, short enough to travel with a form."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def same_words(incident: Incident) -> tuple[str, ...]:
    """Names of which two incidents share one if they have the same words and were opened at nearly the same time.

    A unique index on them lets one of several replicas win; within the whole minute `SAME` the words are looked up.
    """
    if not incident.words:
        return ()
    bucket = int(incident.opened_at.timestamp()) // _BUCKET
    return tuple(f"{incident.words}-{bucket + later}" for later in range(3))
