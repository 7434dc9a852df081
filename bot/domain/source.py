"""Messages outside an incident's thread that it quotes or that somebody added: what becomes of them, it shows too."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.domain.incident import Incident
from bot.domain.incident_steps import requoted
from bot.domain.timeline import Entry, Heard, Kind, message
from bot.errors import StoreAwayError

TRIES = 20  # to change an incident that others change as well


class Entries(Protocol):
    """Where timelines are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def holding(self, channel: str, ts: str) -> list[Entry]:
        """The entries of this message, in whatever incident."""

    async def sources(self, incident_id: str) -> list[Entry]:
        """An incident's entries of messages outside its thread."""

    async def revise(self, entry: Entry) -> None:
        """Puts it together with every entry of the same message."""

    async def delete(self, channel: str, ts: str, at: datetime) -> None:
        """Takes the texts out of every entry of a message."""

    async def untold(self) -> list[Entry]:
        """Some of the added entries of which the thread may not tell yet."""

    async def told(self, entry_id: str) -> None:
        """The thread tells of this one, or will."""


class Quoting(Protocol):
    """Where incidents are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def get(self, incident_id: str) -> Incident | None:
        """The one with this ID."""

    async def save(self, incident: Incident, was: int) -> bool:
        """Keeps a change; False if the stored version is not `was` any more."""


class Outside(Protocol):
    """What Slack knows of messages."""

    async def look_at(self, channel: str, ts: str) -> Heard | None:
        """The message as it is now; None if it is gone. Raises UserError when Slack does not say."""

    async def with_names(self, text: str) -> str:
        """The text with mentions written out as names."""


class Quotations(Protocol):
    """Where such messages are quoted: on cards and in threads."""

    async def refresh(self, incident: Incident) -> None:
        """Has the card show the incident as it is now."""

    async def added(self, incident: Incident, entry: Entry) -> None:
        """Tells in the thread that somebody added a message, once; what it quotes is as the entry is now."""


class Index(Protocol):
    """Finds incidents by what is said in them."""

    async def changed(self, incident_id: str) -> None:
        """What an entry said is not to be found any more."""


class Sources:
    """Follows edits and deletions of such messages. All of it may be done twice."""

    def __init__(self, entries: Entries, incidents: Quoting, outside: Outside, board: Quotations, index: Index) -> None:
        self._entries = entries
        self._incidents = incidents
        self._outside = outside
        self._board = board
        self._index = index

    async def follow(self, channel: str, ts: str, *, has_other_words: bool = True) -> None:
        """A message was edited or deleted, which its entries know: cards, threads and search follow them."""
        for entry in await self._entries.holding(channel, ts):
            await self.settle(entry)
            if has_other_words:
                await self._index.changed(entry.incident_id)

    async def settle(self, entry: Entry) -> None:
        """Has card and thread quote the message as its entry has it now."""
        if entry.kind is Kind.QUOTED:
            await self._requote(entry.incident_id)
        elif entry.kind is Kind.ADDED:
            incident = await self._incidents.get(entry.incident_id)
            if incident is not None and incident.card_ts is None:
                return  # there is no thread yet
            if incident is not None:
                await self._board.added(incident, entry)
            await self._entries.told(entry.id)

    async def _requote(self, incident_id: str) -> None:
        """The entry is read after the incident: whoever read an older one finds the incident changed, and repeats."""
        for _ in range(TRIES):
            incident = await self._incidents.get(incident_id)
            if incident is None or incident.quote is None:
                return
            quoted = [entry for entry in await self._entries.sources(incident_id) if entry.kind is Kind.QUOTED]
            entry = next((entry for entry in quoted if entry.ts == incident.quote.ts), None)
            if entry is None or not (entry.edited_at or entry.deleted_at):
                return
            text = await self._outside.with_names(entry.text)
            now = replace(
                incident.quote, text=text, files=entry.files, edited_at=entry.edited_at, deleted_at=entry.deleted_at
            )
            after = incident if now == incident.quote else requoted(incident, now)
            if after is incident or await self._incidents.save(after, incident.version):
                await self._board.refresh(after)
                return
        raise StoreAwayError  # so that whoever told of the change does it again

    async def look(self, incident_id: str, now: datetime) -> None:
        """Looks what became of these messages while no event told of it. Raises UserError when Slack does not say."""
        for entry in await self._entries.sources(incident_id):
            if entry.deleted_at is None:
                await self._look_at(entry, now)
        for entry in await self._entries.sources(incident_id):
            if entry.edited_at or entry.deleted_at:
                await self.settle(entry)

    async def _look_at(self, entry: Entry, now: datetime) -> None:
        found = await self._outside.look_at(entry.channel, entry.ts)
        if found is None:  # a deletion takes texts for good, so it has to be seen twice
            found = await self._outside.look_at(entry.channel, entry.ts)
        if found is None:
            await self._entries.delete(entry.channel, entry.ts, now)
        elif found.edited:
            await self._entries.revise(message("", found, ""))

    async def tell_left_behind(self) -> None:
        """Tells in the threads what a bot that died has added and not told."""
        for entry in await self._entries.untold():
            await self.settle(entry)
            await self._index.changed(entry.incident_id)
