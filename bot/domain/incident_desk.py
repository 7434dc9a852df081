"""Opens incidents, finds them, tells what was done to them, and puts back what was lost in between.

A write that MongoDB could not take changes nothing, except opening: its card goes out all the same and is the record
until MongoDB is back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock
from bot.domain.incident import SAME, Deed, Incident, Opening
from bot.domain.incident_lost import LOOK_BACK, LostIncidents, opening, put_back, put_forward
from bot.domain.incident_ports import IncidentBoard, Incidents
from bot.domain.incident_steps import opened, reposted
from bot.domain.similar_desk import SimilarDesk
from bot.domain.timeline import Entry
from bot.domain.timeline_desk import TimelineDesk
from bot.errors import NotFoundError, StoreAwayError, UserError

AROUND = timedelta(hours=6)  # a card may be posted some time after its incident was opened
LATE = timedelta(seconds=2)
TURNS = frozenset({Deed.RESOLVED, Deed.REOPENED, Deed.CLOSED})
LEFT_BEHIND = timedelta(seconds=15)  # an act untold for so long was left by a bot that died


@dataclass(frozen=True)
class Opened:
    """The result of opening: the incident, and whether MongoDB has it yet."""

    incident: Incident
    is_saved: bool


class IncidentDesk:
    """The incidents and their cards.

    `late_card` is called when a card's place became known so late that people may have written below it already.
    `turned` is what else shows whether an incident is open, or what its end means for others; raises StoreAwayError.
    """

    def __init__(
        self, incidents: Incidents, board: IncidentBoard, timelines: TimelineDesk, audit: AuditDesk, clock: Clock
    ) -> None:
        self._incidents = incidents
        self._board = board
        self._timelines = timelines
        self._audit = audit
        self._clock = clock
        self._recent: dict[str, tuple[datetime, asyncio.Future[Opened]]] = {}
        self._unsaved: dict[str, Incident] = {}
        self._uncarded: set[str] = set()
        self._similar = SimilarDesk(incidents, board)
        self._lost = LostIncidents(board, self._put_back, self.catch_up, clock)
        self.late_card: Callable[[Incident], None] = lambda _: None
        self.turned: tuple[Callable[[Incident], Awaitable[None]], ...] = ()

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
        except StoreAwayError:
            incident = await self._open_unsaved(incident)
            await self._audit.wrote(opening.who, "open", incident.id, detail="MongoDB is away; the card is the record")
            return Opened(incident, is_saved=False)
        if known is not None:  # Slack may have refused its card, or the bot died before it: then it has no thread yet
            card_ts = known.card_ts or await self._board.card(known, is_saved=True, in_doubt=True)
            return Opened(replace(known, card_ts=card_ts), is_saved=True)
        incident = replace(incident, card_ts=await self._board.card(incident, is_saved=True))
        await self.tell_soon(incident)
        await self._audit.wrote(opening.who, "open", incident.id, detail=incident.title)
        return Opened(incident, is_saved=True)

    async def _open_unsaved(self, incident: Incident) -> Incident:
        """The card alone. If Slack refuses that too, this bot's memory is all there is, until MongoDB is back."""
        self._unsaved[incident.id] = incident
        try:
            card_ts = await self._board.card(incident, is_saved=False)
        except UserError:
            self._uncarded.add(incident.id)
            raise
        carded = self._unsaved[incident.id] = replace(incident, card_ts=card_ts)
        return carded

    async def open_ones(self) -> list[Incident]:
        """The open incidents, worst first."""
        return await self._incidents.open_ones()

    async def similar(self, incident: Incident) -> list[Incident]:
        """Up to three other open incidents that may be about the same; none while MongoDB is away."""
        return await self._similar.to(incident)

    async def show(self, incident_id: str) -> tuple[Incident, list[Entry]]:
        """One incident with its timeline. Raises NotFoundError."""
        incident = await self.get(incident_id)
        return incident, await self._timelines.of(incident.id)

    async def get(self, incident_id: str) -> Incident:
        """The incident with this whole ID. Raises NotFoundError."""
        incident = await self._incidents.get(incident_id)
        if incident is None and incident_id not in self._unsaved:
            incident = await self._lost.found(incident_id, lambda: self._incidents.get(incident_id))
        if incident is None:
            if incident_id in self._unsaved:
                raise StoreAwayError
            raise NotFoundError(f"There is no incident {incident_id}.", "`/incident` lists the open ones.")
        return incident

    async def ending_with(self, ending: str) -> list[Incident]:
        """Up to six incidents whose ID ends so."""
        return await self._incidents.ending_with(ending)

    async def named(self, ending: str) -> list[Incident]:
        """The same for what somebody named: where MongoDB has none, the channel is read. Raises UnsearchedError."""
        found = await self._incidents.ending_with(ending)
        return found or await self._lost.found(ending, lambda: self._incidents.ending_with(ending)) or []

    async def in_thread(self, channel: str, thread_ts: str) -> Incident | None:
        """The incident whose thread this is, also if only its card is left."""
        incident = await self.with_card(channel, thread_ts)
        if incident is None and await self._lost.look_at(channel, thread_ts):
            incident = await self.with_card(channel, thread_ts)
        return incident

    async def with_card(self, channel: str, card_ts: str) -> Incident | None:
        """The incident whose card this message is, or was."""
        return await self._incidents.at_card(channel, card_ts)

    async def tell(self, incident: Incident) -> None:
        """Tells the untold acts in timeline, thread and card; telling twice changes nothing."""
        is_shown = incident.card_ts is not None and any(act.deed is Deed.OPENED for act in incident.untold)
        for act in incident.untold:
            if act.deed is Deed.OPENED:
                incident = await self._carded(incident)
                await self._timelines.quoted(incident)
            else:
                await self._board.reply(incident, act)
            await self._timelines.acted(incident, act)
        if not is_shown:  # a card that was taken in shows already where the incident stands
            await self._board.refresh(incident)
        if any(act.deed in TURNS for act in incident.untold):
            for has_turned in self.turned:
                await has_turned(incident)
        await self._timelines.indexed(incident)
        await self._incidents.told(incident.id, incident.version)

    async def tell_soon(self, incident: Incident) -> None:
        """The same after the write that decided: should MongoDB go away now, the act is done, and is told later."""
        try:
            await self.tell(incident)
        except StoreAwayError:
            return

    async def _carded(self, incident: Incident) -> Incident:
        if incident.card_ts is not None:  # just posted, or found in the channel
            await self._board.adopt(incident)
            card_ts = incident.card_ts
        else:
            card_ts = await self._board.card(incident, is_saved=True, in_doubt=True)
        await self._incidents.carded(incident.id, card_ts)
        carded = replace(incident, card_ts=card_ts)
        if self._clock() - incident.opened_at > LATE:
            self.late_card(carded)
        return carded

    async def tell_left_behind(self) -> None:
        """Tells what a bot that died has recorded and not told."""
        for incident in await self._incidents.untold(self._clock() - LEFT_BEHIND):
            try:
                await self.tell(incident)
            except StoreAwayError:
                raise
            except UserError:
                continue  # Slack refuses its card, which the outbox has logged; the others have nothing to do with it

    async def save_unsaved(self) -> None:
        """Keeps what was opened while MongoDB was away. Raises StoreAwayError while it still is."""
        for incident in list(self._unsaved.values()):
            if incident.id in self._uncarded:
                await self._keep(incident)  # it is told like any that was left behind
                self._uncarded.discard(incident.id)
            elif incident.card_ts is not None:
                await self._put_back(incident)
            else:
                continue  # the card is still on its way
            self._unsaved.pop(incident.id, None)

    async def mend_cards(self) -> None:
        """Posts anew the cards that were deleted."""
        for incident_id in await self._board.lost_cards():
            incident = await self._incidents.get(incident_id)
            if incident is not None:
                await self.has_mended(incident)  # one that is not is listed again next time

    async def has_mended(self, incident: Incident) -> bool:
        """As `mend_card`; False if Slack does not take it now. Raises StoreAwayError."""
        try:
            await self.mend_card(incident)
        except StoreAwayError:
            raise
        except UserError:
            return False  # Slack has said no, which is kept with the letter
        return True

    async def mend_card(self, incident: Incident) -> None:
        """Posts a card anew that was deleted, and keeps in one write that it did, for the timeline to tell.

        Raises StoreAwayError and UndeliveredError.
        """
        card_ts, gone_ts, known = await self._board.repost(incident), incident.card_ts, incident
        while known.card_ts == gone_ts and card_ts != gone_ts:
            after = reposted(replace(known, card_ts=card_ts), SYSTEM, self._clock())
            if await self._incidents.moved(after, gone_ts, known.version):
                await self.tell_soon(after)
                return
            known = await self.get(incident.id)

    async def catch_up(self, opened_on: datetime | None = None) -> int:
        """Takes in the incidents that MongoDB missed or lost, the latest or those `opened_on` an earlier day; how many.

        Raises StoreAwayError and UnreadableError.
        """
        since = opened_on - AROUND if opened_on else self._clock() - LOOK_BACK
        until = opened_on + timedelta(days=1) + AROUND if opened_on else None
        if count := await self.put_back(since, until):
            await self._audit.wrote(SYSTEM, "catch up", "incidents", detail=f"{count} put back")
        return count

    async def put_back(self, since: datetime, until: datetime | None = None) -> int:
        """Keeps the incidents whose cards are in the channel but not in MongoDB; how many there were."""
        count = 0
        async for incident in self._board.cards(since, until):
            count += await self._put_back(incident)
        return count

    async def _put_back(self, incident: Incident) -> bool:
        known, is_new = await self._keep(incident)
        if not is_new and known.card_ts is not None:
            return await self._put_forward(known, incident)
        # Lost whole, or written by a bot that did not live to note its card, or that is about to: now record and card
        # have each other, which is audited where something was lost. Telling twice changes nothing.
        if is_new:
            await self._audit.wrote(SYSTEM, "put back", incident.id, detail="found in the channel, missing in MongoDB")
        known = replace(known, card_ts=incident.card_ts, untold=known.untold or (opening(incident),))
        await self.tell(known)
        if is_new and known.version == 1:  # nobody could be asked at its opening
            await self._similar.ask_late(known, self._clock())
        return is_new

    async def _put_forward(self, known: Incident, shown: Incident) -> bool:
        """A card is drawn after the write: where it tells more than MongoDB has, that is an older backup."""
        if known.version >= shown.version:
            return False
        after = put_forward(known, shown, self._clock())
        if not await self._incidents.save(after, known.version):
            return False  # somebody changes it just now, so it is looked at again with the next card
        await self._incidents.carded(after.id, shown.card_ts or "")
        await self._incidents.reminded(after.id, self._clock())
        await self._incidents.asked(after.id, self._clock())
        await self._audit.wrote(SYSTEM, "put back", after.id, detail="MongoDB had an older state than the card")
        self.late_card(after)
        await self.tell(after)
        return True

    async def _keep(self, incident: Incident) -> tuple[Incident, bool]:
        """The incident as it is kept, and whether it was not."""
        known = await self._incidents.get(incident.id)
        if known is not None:
            return known, False
        new = put_back(await self._board.quoting(incident), self._clock())
        if await self._incidents.add(new):
            return new, True
        known = await self._incidents.get(incident.id)
        if known is not None:
            return known, False
        # Its words are those of another one, which was opened where nobody knew of it: people saw both IDs.
        return new, await self._incidents.add(replace(new, words=""))
