"""What people do to incidents: each act is one write, then told in the timeline, the thread and the card.

A write that MongoDB could not take changes nothing, except opening: its card goes out all the same and is the record
until MongoDB is back.
"""

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain import timeline
from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock
from bot.domain.incident import SAME, Act, Deed, Incident, Opening
from bot.domain.incident_steps import noted, opened, resolved
from bot.domain.role import RoleDesk
from bot.domain.timeline import Entry, TimelineDesk
from bot.errors import ConflictError, NotFoundError, StoreAwayError

TRIES = 20  # of a change that others keep overtaking
LEFT_BEHIND = timedelta(seconds=15)  # an act untold for so long was left by a bot that died


class Incidents(Protocol):
    """Where incidents are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, incident: Incident) -> bool:
        """Keeps a new one; False if there is one with this ID or of the same words."""

    async def get(self, incident_id: str) -> Incident | None:
        """The one with this ID."""

    async def with_words(self, words: str, since: datetime) -> Incident | None:
        """The newest one opened by these words since then."""

    async def at_card(self, channel: str, card_ts: str) -> Incident | None:
        """The one whose card is this message."""

    async def open_ones(self) -> list[Incident]:
        """All that are open, worst first, then newest."""

    async def ending_with(self, ending: str) -> list[Incident]:
        """Up to six whose ID ends so, newest first."""

    async def save(self, incident: Incident, was: int) -> bool:
        """Keeps a change; False if the stored version is not `was` any more."""

    async def carded(self, incident_id: str, card_ts: str) -> None:
        """Keeps where the card is."""

    async def told(self, incident_id: str, version: int) -> None:
        """Forgets the untold acts up to this version."""

    async def untold(self, before: datetime) -> list[Incident]:
        """Those with acts from before that moment which may not have been told."""

    async def read_to(self, incident_id: str, ts: str) -> None:
        """Keeps how far the thread was read back."""

    async def read_since(self, incident_id: str) -> str:
        """How far the thread was read back; "0" if never."""


class IncidentBoard(Protocol):
    """Where incidents are shown."""

    async def card(self, incident: Incident, *, is_saved: bool, in_doubt: bool = False) -> str:
        """Posts the card, or finds it posted; its timestamp. `in_doubt` looks in the channel before it posts."""

    async def refresh(self, incident: Incident) -> None:
        """Has the card show the incident as it is now."""

    async def adopt(self, incident: Incident) -> None:
        """Takes a card that was found in the channel as the incident's."""

    async def reply(self, incident: Incident, act: Act) -> None:
        """Tells an act in the thread, once."""

    def cards(self, since: datetime) -> AsyncIterator[Incident]:
        """The incidents whose cards are in the channel, as the cards tell them."""

    def thread(self, incident: Incident, since: str) -> AsyncIterator[timeline.Heard]:
        """What people wrote in the thread since then, oldest first."""


@dataclass(frozen=True)
class Opened:
    """The result of opening: the incident, and whether MongoDB has it yet."""

    incident: Incident
    is_saved: bool


class IncidentDesk:
    """Opens, shows, notes and resolves incidents, and puts back what was lost in between."""

    def __init__(
        self, incidents: Incidents, board: IncidentBoard, timelines: TimelineDesk, roles: RoleDesk, audit: AuditDesk,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._incidents = incidents
        self._board = board
        self._timelines = timelines
        self._roles = roles
        self._audit = audit
        self._clock = clock
        self._recent: dict[str, tuple[datetime, asyncio.Future[Opened]]] = {}
        self._unsaved: dict[str, Incident] = {}
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def open(self, opening: Opening) -> Opened:
        """Opens an incident and shows its card. The same words of one person within a minute are one incident."""
        now = self._clock()
        self._recent = {words: known for words, known in self._recent.items() if now - known[0] < SAME}
        words = opening.words
        if words in self._recent:
            return await asyncio.shield(self._recent[words][1])
        result: asyncio.Future[Opened] = asyncio.get_running_loop().create_future()
        result.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._recent[words] = (now, result)
        try:
            result.set_result(await self._open(opening, now))
        except BaseException as error:
            del self._recent[words]
            result.set_exception(error) if isinstance(error, Exception) else result.cancel()
            raise
        return result.result()

    async def _open(self, opening: Opening, now: datetime) -> Opened:
        incident = opened(opening, now)
        try:
            known = await self._incidents.with_words(incident.words, now - SAME)
            while known is None and not await self._incidents.add(incident):
                known = await self._incidents.with_words(incident.words, now - 2 * SAME)
                incident = opened(opening, now)  # the ID is taken
            if known is not None:
                return Opened(known, is_saved=True)
        except StoreAwayError:
            self._unsaved[incident.id] = incident
            card_ts = await self._board.card(incident, is_saved=False)
            incident = self._unsaved[incident.id] = replace(incident, card_ts=card_ts)
            await self._audit.wrote(opening.who, "open", incident.id, detail="MongoDB is away; the card is the record")
            return Opened(incident, is_saved=False)
        incident = replace(incident, card_ts=await self._board.card(incident, is_saved=True))
        await self._tell(incident)
        await self._audit.wrote(opening.who, "open", incident.id, detail=incident.title)
        return Opened(incident, is_saved=True)

    async def open_ones(self) -> list[Incident]:
        """The open incidents, worst first."""
        return await self._incidents.open_ones()

    async def show(self, incident_id: str) -> tuple[Incident, list[Entry]]:
        """One incident with its timeline. Raises NotFoundError."""
        incident = await self.get(incident_id)
        return incident, await self._timelines.of(incident.id)

    async def get(self, incident_id: str) -> Incident:
        """The incident with this whole ID. Raises NotFoundError."""
        incident = await self._incidents.get(incident_id)
        if incident is None:
            unsaved = self._unsaved.get(incident_id)
            if unsaved is not None:
                raise StoreAwayError
            raise NotFoundError(f"There is no incident {incident_id}.", "`/incident` lists the open ones.")
        return incident

    async def ending_with(self, ending: str) -> list[Incident]:
        """Up to six incidents whose ID ends so."""
        return await self._incidents.ending_with(ending)

    async def in_thread(self, channel: str, thread_ts: str) -> Incident | None:
        """The incident whose thread this is."""
        return await self._incidents.at_card(channel, thread_ts)

    async def note(self, incident_id: str, who: str, text: str) -> Incident:
        """Adds a note. Notes do not contradict each other, so each is kept whoever was first."""
        return await self._change(incident_id, lambda known: noted(known, who, text, self._clock()))

    async def check_resolve(self, incident: Incident, who: str) -> None:
        """Whether this person may resolve it, and it is still open. Raises RefusedError, ConflictError."""
        await self._roles.may_steer(who, incident, "resolve")
        resolved(incident, who, "", self._clock())

    async def resolve(self, incident_id: str, who: str, text: str) -> Incident:
        """Ends an incident. Raises RefusedError, and ConflictError if somebody else did."""
        await self._roles.may_steer(who, await self.get(incident_id), "resolve")
        incident = await self._change(incident_id, lambda known: resolved(known, who, text, self._clock()))
        await self._audit.wrote(who, "resolve", incident.id, detail=text)
        return incident

    async def _change(self, incident_id: str, step: Callable[[Incident], Incident]) -> Incident:
        # One after the other within this process, so that the thread has the order in which people spoke.
        async with self._turns.setdefault(incident_id, asyncio.Lock()):
            for _ in range(TRIES):
                before = await self.get(incident_id)
                after = step(before)
                if await self._incidents.save(after, before.version):
                    await self._tell(after)
                    return after
        raise ConflictError(f"{incident_id} is being changed by many people at once.", "Try again.")

    async def _tell(self, incident: Incident) -> None:
        for act in incident.untold:
            if act.deed is Deed.OPENED:
                incident = await self._carded(incident)
            else:
                await self._board.reply(incident, act)
            await self._timelines.acted(incident.id, act)
        if incident.version > 1:
            await self._board.refresh(incident)
        await self._timelines.indexed(incident)
        await self._incidents.told(incident.id, incident.version)

    async def _carded(self, incident: Incident) -> Incident:
        if incident.card_ts is not None:  # just posted, or found in the channel
            await self._board.adopt(incident)
            card_ts = incident.card_ts
        else:
            card_ts = await self._board.card(incident, is_saved=True, in_doubt=True)
        await self._incidents.carded(incident.id, card_ts)
        return replace(incident, card_ts=card_ts)

    async def tell_left_behind(self) -> None:
        """Tells what a bot that died has recorded and not told."""
        for incident in await self._incidents.untold(self._clock() - LEFT_BEHIND):
            await self._tell(incident)

    async def save_unsaved(self) -> None:
        """Keeps what was opened while MongoDB was away. Raises StoreAwayError while it still is."""
        for incident in list(self._unsaved.values()):
            if incident.card_ts is not None:  # else the card is still on its way
                await self._put_back(incident)
                self._unsaved.pop(incident.id, None)

    async def catch_up(self, look_back: timedelta) -> None:
        """Takes in what happened in Slack while the bot or MongoDB was away. Raises StoreAwayError."""
        count = await self.put_back(self._clock() - look_back)
        for incident in await self._incidents.open_ones():
            await self.read_back(incident)
        if count:
            await self._audit.wrote(SYSTEM, "catch up", "incidents", detail=f"{count} put back")

    async def put_back(self, since: datetime) -> int:
        """Keeps the incidents whose cards are in the channel but not in MongoDB; how many there were."""
        count = 0
        async for incident in self._board.cards(since):
            count += await self._put_back(incident)
        return count

    async def _put_back(self, incident: Incident) -> bool:
        opening = Act(1, Deed.OPENED, incident.opened_by, incident.opened_at, incident.title)
        is_new = await self._incidents.add(replace(incident, untold=(opening,)))
        known = incident if is_new else await self._incidents.get(incident.id)
        if known is None or (not is_new and known.card_ts is not None):
            return False
        # Lost whole, or written by a bot that did not live to note its card: now record and card have each other.
        await self._audit.wrote(SYSTEM, "put back", incident.id, detail="found in the channel, missing in MongoDB")
        await self._tell(replace(known, card_ts=incident.card_ts, untold=known.untold or (opening,)))
        return True

    async def read_back(self, incident: Incident) -> None:
        """Reads an incident's thread as Slack has it and enters what was not heard."""
        since = await self._incidents.read_since(incident.id)
        newest = since
        async for heard in self._board.thread(incident, since):
            await self._timelines.enter(incident.id, heard)
            newest = max(newest, heard.ts)
        if newest != since:
            await self._incidents.read_to(incident.id, newest)
