"""Compares threads with their timelines after an outage, and puts in what was missed: whole threads, page by page."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock
from bot.domain.incident import Act, Incident
from bot.domain.timeline import Attached, Heard, Mark, moment_of
from bot.domain.timeline_desk import Recount, TimelineDesk, Timelines
from bot.errors import StoreAwayError, UserError

READ_AFTER_END = timedelta(days=1)  # people go on writing for a while after an incident is over


class UnreadableError(Exception):
    """A thread could not be read to its end; `is_gone`: there is none any more."""

    def __init__(self, reason: str, *, is_gone: bool = False) -> None:
        super().__init__(reason)
        self.is_gone = is_gone


@dataclass(frozen=True)
class Page:
    """A part of a thread, oldest first: the timestamps of all that is there, what people said in it, and what the bot
    told there of what they did, and of what came from outside Slack. `emptied` are those whose place Slack keeps though
    they were deleted: a root, as long as something is below it.
    """

    shown: frozenset[str]
    heard: Sequence[Heard]
    acts: Sequence[Act] = ()
    attached: Sequence[Attached] = ()
    emptied: frozenset[str] = frozenset()


class Readable(Protocol):
    """Finds the incidents whose threads may have gone on."""

    async def to_read(self, ended_after: datetime) -> list[Incident]:
        """Those that are open, worst first, and those that ended since then."""

    async def cards_of(self, incident_id: str) -> list[str]:
        """The timestamps of all cards that it has, and had before they were deleted."""


class Thread(Protocol):
    """Reads threads."""

    def thread(self, incident: Incident) -> AsyncIterator[Page]:
        """The whole thread as Slack has it. Raises UnreadableError."""


class Joining(Protocol):
    """Keeps who takes part."""

    async def heard_from(self, incident_id: str, who: str, at: datetime) -> None:
        """Somebody wrote in the thread at that moment. May be told again."""


class ReadBack:
    """Reads threads back. What could not be read is left for the next run."""

    def __init__(
        self,
        incidents: Readable,
        board: Thread,
        timelines: Timelines,
        desk: TimelineDesk,
        joining: Joining,
        clock: Clock,
    ) -> None:
        self._incidents = incidents
        self._board = board
        self._timelines = timelines
        self._desk = desk
        self._joining = joining
        self._clock = clock
        self._left: dict[str, Incident] = {}
        self._cardless: list[Incident] = []

    async def run(self, *, anew: bool) -> bool:
        """Reads all threads `anew`, or those that are left; whether none is left. Raises StoreAwayError."""
        if anew:
            found = await self._incidents.to_read(self._clock() - READ_AFTER_END)
            self._left = {incident.id: incident for incident in found}
        for incident in list(self._left.values()):
            try:
                await self._read(incident)
            except UnreadableError as error:
                if not error.is_gone:
                    continue
                self._cardless.append(incident)
            self._left.pop(incident.id, None)
        return not self._left

    def want(self, incident: Incident) -> None:
        """Has this thread read in the next run."""
        self._left[incident.id] = incident

    def cardless(self) -> list[Incident]:
        """The incidents whose cards turned out to be deleted, each told once."""
        found, self._cardless = self._cardless, []
        return found

    async def _read(self, incident: Incident) -> None:
        root = incident.card_ts
        if root is None:
            return
        # Taken before the reading begins: what is written, marked or deleted while it lasts, events tell of.
        known = await self._timelines.marks(incident.id, root)
        found = await self._compare(incident, known)
        if root not in found.shown:
            self._cardless.append(incident)
        gone = [*await self._gone(incident, known, found), *await self._read_earlier(incident)]
        try:
            await self._desk.missed(incident, gone, self._clock())
        except StoreAwayError:
            raise
        except UserError as error:
            raise UnreadableError(str(error)) from error

    async def _gone(self, incident: Incident, known: Collection[str], found: Page) -> list[str]:
        """What is known of a thread and not there any more.

        A deletion takes texts for good, so it has to be seen twice, below a root that is there, or its empty place.
        """
        root = incident.card_ts
        if root not in found.shown | found.emptied or found.shown.issuperset(known):
            return []
        again: set[str] = set()
        roots: set[str] = set()
        async for page in self._board.thread(incident):
            again |= page.shown
            roots |= page.shown | page.emptied
        return sorted(set(known) - found.shown - again) if root in roots else []

    async def _read_earlier(self, incident: Incident) -> list[str]:
        """Below a card that was deleted people go on writing, in the thread that they have open; what is gone there."""
        gone: list[str] = []
        for ts in await self._incidents.cards_of(incident.id):
            known = {} if ts == incident.card_ts else await self._timelines.marks(incident.id, ts)
            if not known:
                continue  # a card below which nobody wrote leaves no thread behind
            try:
                earlier = replace(incident, card_ts=ts)
                gone += await self._gone(earlier, known, await self._compare(earlier, known))
            except UnreadableError as error:
                if not error.is_gone:
                    raise
        return gone

    async def _join(self, incident: Incident, heard: Sequence[Heard]) -> None:
        """Whoever wrote what nobody knew of has joined, and the incident is as fresh as what they wrote."""
        latest = {one.author: moment_of(one.ts) for one in heard}
        for who, at in latest.items():
            if who not in incident.joined or at > incident.last_sign:
                await self._joining.heard_from(incident.id, who, at)

    async def _compare(self, incident: Incident, known: Mapping[str, Mapping[str, Mark]]) -> Page:
        """Enters what is new in the thread; all that was there."""
        found = Page(frozenset(), ())
        async for page in self._board.thread(incident):
            await self._desk.enter(incident.id, *page.heard)
            await self._join(incident, page.heard)
            if page.acts:
                await self._desk.told_before(incident, page.acts)
            if page.attached:
                await self._desk.attached_before(incident.id, page.attached)
            wrong = [one for heard in page.heard for one in recounts(incident.id, heard, known.get(heard.ts, {}))]
            if wrong:
                await self._timelines.recount(wrong)
            found = Page(found.shown | page.shown, (), emptied=found.emptied | page.emptied)
        return found


def recounts(incident_id: str, heard: Heard, known: Mapping[str, Mark]) -> list[Recount]:
    """The marks on a message that are not as Slack shows them now."""
    if heard.pins is None:
        return []
    entry_id = f"{incident_id}/{heard.ts}"
    marked = {who for who, mark in known.items() if mark.is_on}
    added = [Recount(entry_id, who, _was(known, who), is_on=True) for who in sorted(heard.pins - marked)]
    by_reaction = {who for who in marked if not known[who].by_hand}
    return added + [Recount(entry_id, who, _was(known, who), is_on=False) for who in sorted(by_reaction - heard.pins)]


def _was(known: Mapping[str, Mark], who: str) -> str:
    return known[who].at if who in known else ""
