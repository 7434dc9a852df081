"""Finds incidents, and keeps the index of their words up with what is said in them.

Whatever is said is entered first and indexed then, and the bot forgets that it has to be told only after both: an act
stays untold, Slack sends an event again, a thread is read back. So a kill between the two repeats the indexing, which
may be done twice. Additions only ever add, so that several bots may do them at once; what was edited or deleted is
done over from the incident and its timeline, unless somebody added in between: then once more.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.domain.incident import Incident
from bot.domain.search import COMMON, PAGE, Filters, Found, Term, Wanted, texts_of, words_in
from bot.domain.timeline import Entry
from bot.errors import StoreAwayError, UserError

_ENOUGH = PAGE + 1  # the one more tells whether there is another page
TRIES = 10  # to do an index over while others add to it


class Words(Protocol):
    """The index of words. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, incident_id: str, words: Sequence[str]) -> None:
        """Adds words by which the incident is found."""

    async def know(self, incident: Incident, words: Sequence[str]) -> None:
        """Adds words, and keeps what the filters look at unless it is newer there."""

    async def revision(self, incident_id: str) -> int:
        """Grows with each addition; 0 if there is nothing yet."""

    async def put(self, incident: Incident, words: Sequence[str], was: int) -> bool:
        """Replaces the words; False if the revision is not `was` any more."""

    async def term(self, word: str, most: int) -> Term:
        """What a word stands for: itself, or words that begin so; nothing if there is neither. Counts to `most`."""

    async def having(self, terms: Sequence[Term], filters: Filters, skip: int, limit: int) -> list[str] | None:
        """IDs of incidents with all terms, newest first; None if looking for them takes too long."""


class Incidents(Protocol):
    """Where incidents are looked up. Each method raises StoreAwayError when MongoDB is away."""

    async def get(self, incident_id: str) -> Incident | None:
        """The one with this ID."""

    async def some(self, incident_ids: Sequence[str]) -> list[Incident]:
        """Those of them that are there, in this order."""

    async def listed(self, filters: Filters, skip: int, limit: int) -> list[Incident]:
        """Open ones worst first, then newest; all others newest first."""

    async def counted(self, filters: Filters) -> int:
        """How many there are, `COUNTED` + 1 for more."""

    async def unfindable(self) -> list[Incident]:
        """Some of those that are not in the index, or were entered by a bot of an earlier `EDITION`."""

    async def findable(self, incident_id: str) -> None:
        """This one is in the index now."""


class Timelines(Protocol):
    """Where timelines are kept."""

    async def of(self, incident_id: str, limit: int = 0) -> list[Entry]:
        """An incident's entries in order."""


class SearchDesk:
    """Lists and searches incidents."""

    def __init__(self, words: Words, incidents: Incidents, timelines: Timelines) -> None:
        self._words = words
        self._incidents = incidents
        self._timelines = timelines

    # Finding

    async def list(self, wanted: Wanted) -> Found:
        """A page of the incidents that pass the filters."""
        incidents, total = await asyncio.gather(
            self._incidents.listed(wanted.filters, wanted.skipped, _ENOUGH), self._incidents.counted(wanted.filters)
        )
        return Found(wanted, tuple(incidents[:PAGE]), has_more=len(incidents) > PAGE, total=total)

    async def search(self, wanted: Wanted) -> Found:
        """A page of the incidents that have all the words, newest first. Raises UserError if all are too common."""
        most = COMMON if len(wanted.words) > 1 else 1  # one word needs no comparing
        terms = await asyncio.gather(*(self._words.term(word, most) for word in wanted.words))
        unknown = tuple(term.word for term in terms if not term.alternatives)
        if unknown:
            return Found(wanted, (), has_more=False, unknown=unknown)
        found = await self._words.having(terms, wanted.filters, wanted.skipped, _ENOUGH)
        if found is None:
            raise UserError("Too many incidents have these words.", "Add a rarer word, or a month like `in:2026-11`.")
        incidents = await self._incidents.some(found[:PAGE])
        guessed = tuple(term for term in terms if not term.is_exact)
        return Found(wanted, tuple(incidents), has_more=len(found) > PAGE, guessed=guessed)

    # Keeping up

    async def heard_of(self, incident_id: str, text: str) -> None:
        """An entry with this text was added to the timeline."""
        await self._words.add(incident_id, words_in(text))

    async def told_of(self, incident: Incident) -> None:
        """The incident was opened or changed: its untold acts say what was said."""
        await self._words.know(incident, words_in(*texts_of(incident)))

    async def changed(self, incident_id: str) -> None:
        """An entry was edited or deleted: what it said is not found any more. Raises StoreAwayError."""
        for _ in range(TRIES):
            revision = await self._words.revision(incident_id)
            incident = await self._incidents.get(incident_id)
            if incident is None:
                return
            said = [entry.all_words for entry in await self._timelines.of(incident_id)]
            if await self._words.put(incident, words_in(*texts_of(incident), *said), revision):
                return
        raise StoreAwayError  # so that whoever told of the change does it again

    async def fill_in(self) -> None:
        """Indexes some of the incidents that an older bot kept, or indexed otherwise. Raises StoreAwayError."""
        for incident in await self._incidents.unfindable():
            await self.changed(incident.id)
            await self._incidents.findable(incident.id)
