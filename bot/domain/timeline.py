"""What happened in an incident, in order: the thread's messages, notes and acts, each once."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.incident import Act, Deed, Incident

TEXT_LIMIT = 12_000  # Slack lets a person write this much; more is cut and says so


class Kind(StrEnum):
    """What sort of entry it is: a message, or an act by the name of its deed."""

    MESSAGE = "message"
    QUOTED = "quoted"
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


@dataclass(frozen=True)
class Entry:
    """One entry. `order` is a Slack timestamp ("1764000000.000100") and sorts entries of one incident.

    `id` is made of the incident and what is said where, so that the same thing heard twice is one entry.
    `channel` and `ts` say where the message is, for entries that are one.
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

    @property
    def at(self) -> datetime:
        """When it was said, to the microsecond."""
        return moment_of(self.order)

    @property
    def is_key_event(self) -> bool:
        """Whether somebody marked it with a pin."""
        return bool(self.pinned_by)


@dataclass(frozen=True)
class Heard:
    """A message of a person in some thread: `ts` its own Slack timestamp, `thread` that of the thread's root."""

    channel: str
    thread: str
    ts: str
    author: str
    text: str


@dataclass(frozen=True)
class Mark:
    """A pin that somebody put on a message, or took off, `at` Slack's timestamp of that."""

    channel: str
    ts: str
    who: str
    at: str
    is_on: bool


def moment_of(ts: str) -> datetime:
    """The moment of a Slack timestamp."""
    seconds, _, micros = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(micros.ljust(6, "0")[:6] or 0))


def message(incident_id: str, heard: Heard, author_name: str) -> Entry:
    """The entry of a message; its ID follows from the message, so that a redelivery is the same entry."""
    text = heard.text if len(heard.text) <= TEXT_LIMIT else heard.text[:TEXT_LIMIT] + " … (cut)"
    where = f"{incident_id}/{heard.ts}"
    return Entry(where, incident_id, Kind.MESSAGE, heard.ts, heard.author, author_name, text, heard.channel, heard.ts)


def act(incident_id: str, done: Act) -> Entry:
    """The entry of an act; the version it made names it, so that it is entered once."""
    order, text = f"{done.at.timestamp():.6f}", done.text
    if not text and done.deed in (Deed.STATUS, Deed.SEVERITY):
        text = f"{done.was} → {done.now}"
    return Entry(f"{incident_id}/v{done.version}", incident_id, Kind(done.deed), order, done.who, "", text)


class Timelines(Protocol):
    """Where timelines are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, entry: Entry) -> bool:
        """Keeps an entry; False if it is there already."""

    async def of(self, incident_id: str, limit: int = 0) -> list[Entry]:
        """An incident's entries in order."""

    async def pin(self, mark: Mark) -> bool:
        """Marks a message's entry or takes the mark off; False if there is none, or that person's pin is newer."""


class Threads(Protocol):
    """What Slack knows of people and messages."""

    async def name_of(self, user_id: str) -> str:
        """How the person is called; empty if Slack does not say."""

    async def message_at(self, channel: str, ts: str) -> Heard | None:
        """The thread message with this timestamp."""


class Cards(Protocol):
    """Finds the incident of a thread."""

    async def at_card(self, channel: str, card_ts: str) -> Incident | None:
        """The incident whose card is the thread's root."""


class TimelineDesk:
    """Enters what is said and done, each once however often it is heard."""

    def __init__(self, timelines: Timelines, threads: Threads, cards: Cards) -> None:
        self._timelines = timelines
        self._threads = threads
        self._cards = cards

    async def heard(self, heard: Heard) -> bool:
        """Enters a message if its thread is an incident's. Raises StoreAwayError."""
        incident = await self._cards.at_card(heard.channel, heard.thread)
        if incident is None:
            return False
        await self.enter(incident.id, heard)
        return True

    async def enter(self, incident_id: str, heard: Heard) -> None:
        """Enters a message of this incident's thread."""
        await self._timelines.add(message(incident_id, heard, await self._threads.name_of(heard.author)))

    async def acted(self, incident_id: str, done: Act) -> None:
        """Enters an act."""
        entry = act(incident_id, done)
        await self._timelines.add(replace(entry, author_name=await self._threads.name_of(done.who)))

    async def of(self, incident_id: str) -> list[Entry]:
        """An incident's entries in order."""
        return await self._timelines.of(incident_id)

    async def pinned(self, mark: Mark) -> None:
        """Marks a thread message as a key event, or no longer. One that was not heard yet is entered first."""
        if await self._timelines.pin(mark) or not mark.is_on:
            return
        missed = await self._threads.message_at(mark.channel, mark.ts)
        if missed is not None and await self.heard(missed):
            await self._timelines.pin(mark)
