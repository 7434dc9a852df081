"""Keeps timelines: what is heard, edited, deleted, marked and added becomes entries, each once however it arrives."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.domain.audit import SYSTEM
from bot.domain.batch import Batches
from bot.domain.incident import Act, Deed, Incident
from bot.domain.source import Entries, Outside, Quotations, Quoting, Sources
from bot.domain.timeline import (
    Attached,
    Changed,
    Entry,
    Gone,
    Heard,
    Kind,
    Mark,
    act,
    changed,
    message,
    moment_of,
    ts_of,
)


@dataclass(frozen=True)
class Recount:
    """One person's mark on an entry as Slack shows it; only right if the mark is still as it `was` ("" for none)."""

    entry_id: str
    who: str
    was: str
    is_on: bool


class Timelines(Entries, Protocol):
    """Where timelines are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, entry: Entry) -> bool:
        """Keeps an entry, or puts it together with the one of its ID; whether it is new."""

    async def add_all(self, entries: Sequence[Entry]) -> None:
        """The same for many entries at once."""

    async def of(self, incident_id: str, limit: int = 0) -> list[Entry]:
        """An incident's entries in order."""

    async def said(self, entry_ids: Sequence[str]) -> list[str]:
        """What these entries say now, those that are there."""

    async def pin(self, mark: Mark) -> bool:
        """Marks a thread message's entry or takes the mark off; False if there is none yet: it gets it when it comes.

        Of one person's marks the latest counts.
        """

    async def mark(self, entry_id: str, mark: Mark) -> None:
        """The same for one entry of any kind."""

    async def marks(self, incident_id: str, thread: str) -> dict[str, Mapping[str, Mark]]:
        """The undeleted messages of a thread by their timestamps, with the last mark of each person on them."""

    async def recount(self, recounts: Sequence[Recount]) -> None:
        """Puts marks right that no event told of."""


class Threads(Outside, Protocol):
    """What Slack knows of people and messages."""

    async def name_of(self, user_id: str) -> str:
        """How the person is called; empty if Slack does not say."""

    async def message_at(self, channel: str, ts: str) -> Heard | None:
        """The thread message with this timestamp."""

    def link_to(self, channel: str, ts: str) -> str:
        """A message's permanent link, or nothing."""


class Cards(Quoting, Protocol):
    """Finds the incident of a thread."""

    async def at_card(self, channel: str, card_ts: str) -> Incident | None:
        """The incident whose card is the thread's root."""


class Index(Protocol):
    """Finds incidents by what is said in them. Each method may be called again for the same thing."""

    async def heard_of(self, incident_id: str, text: str) -> None:
        """Entries with this text were added."""

    async def told_of(self, incident: Incident) -> None:
        """The incident was opened or changed; its untold acts say how."""

    async def changed(self, incident_id: str) -> None:
        """An entry was edited or deleted: what it said is not to be found any more."""


async def _none(_channel: str, _ts: str) -> None:
    """Nothing is lost."""


class TimelineDesk:
    """Enters what is said and done, each once however often it is heard.

    `lost` is asked for the incident of a thread that MongoDB does not know.
    """

    def __init__(self, timelines: Timelines, threads: Threads, cards: Cards, board: Quotations, index: Index) -> None:
        self._timelines = timelines
        self._threads = threads
        self._cards = cards
        self._index = index
        self._hearing: Batches[tuple[str, str], Heard, str] = Batches(self._hear)
        self.lost: Callable[[str, str], Awaitable[Incident | None]] = _none
        self._sources = Sources(timelines, cards, threads, board, index)

    # What Slack tells

    async def heard(self, heard: Heard) -> str:
        """Enters a message if its thread is an incident's; that incident's ID, or nothing. Raises StoreAwayError."""
        return await self._hearing.do((heard.channel, heard.thread), heard) if heard.is_talk else ""

    async def _hear(self, where: tuple[str, str], heard: Sequence[Heard]) -> str:
        """Messages of one thread, all at once: thousands may be written in a minute."""
        incident = await self._cards.at_card(*where) or await self.lost(*where)
        if incident is None:
            return ""
        await self.enter(incident.id, *heard)
        return incident.id

    async def enter(self, incident_id: str, *heard: Heard) -> None:
        """Enters messages of this incident's thread."""
        names = {one.author: await self._name(one) for one in {one.author: one for one in heard}.values()}
        if heard:
            await self._add(*(message(incident_id, one, one.name or names[one.author]) for one in heard))

    async def _add(self, *entries: Entry) -> None:
        await self._timelines.add_all(entries)
        await self._indexed(*entries)

    async def _indexed(self, *entries: Entry) -> None:
        """Has entries of one incident, which were added, found by what they say."""
        incident_id = entries[0].incident_id
        await self._index.heard_of(incident_id, "\n".join(entry.all_words for entry in entries))
        # One that was edited or deleted before, or meanwhile, is not found by what it does not say any more.
        if set(await self._timelines.said([entry.id for entry in entries])) != {entry.text for entry in entries}:
            await self._index.changed(incident_id)

    async def changed(self, change: Changed) -> None:
        """Enters an edit, and with it the message if its own event is not here yet."""
        incident = await self._incident_of(change.now)
        known = changed("", change, "")
        if incident is None:
            await self._timelines.revise(known)
        else:
            entry = changed(incident.id, change, await self._name(change.now))
            await asyncio.gather(self._timelines.add(entry), self._timelines.revise(known))
        has_other_words = change.before is None or change.before.text != change.now.text
        if incident is not None and change.now.files and not has_other_words:  # a link unfolded: it has a name now
            await self._index.heard_of(incident.id, "\n".join(file.name for file in change.now.files))
        await self._sources.follow(change.now.channel, change.now.ts, has_other_words=has_other_words)

    async def gone(self, gone: Gone) -> None:
        """Enters a deletion: that there was a message, whose and when, stays; what it said goes."""
        incident = await self._incident_of(gone.last) if gone.last else None
        if gone.last is not None and incident is not None:
            entry = message(incident.id, gone.last, await self._name(gone.last))
            await self._timelines.add(replace(entry, deleted_at=moment_of(gone.at)))
        await self._timelines.delete(gone.channel, gone.ts, moment_of(gone.at))
        await self._sources.follow(gone.channel, gone.ts)

    async def missed(self, incident: Incident, gone: Sequence[str], now: datetime) -> None:
        """Enters what no event told of: the thread's messages that are `gone`, by their timestamps, and what became of
        messages outside it. Raises UserError when Slack does not say that, and StoreAwayError."""
        for ts in gone:
            await self._timelines.delete(incident.channel, ts, now)
        await self._index.changed(incident.id)
        await self._sources.look(incident.id, now)
        await self._index.changed(incident.id)

    async def tell_left_behind(self) -> None:
        """Tells in the threads what a bot that died has added and not told."""
        await self._sources.tell_left_behind()

    async def pinned(self, mark: Mark) -> None:
        """Marks a thread message as a key event, or no longer. One that was not heard yet is entered first."""
        if await self._timelines.pin(mark) or not mark.is_on:
            return
        missed = await self._threads.message_at(mark.channel, mark.ts)
        if missed is not None:
            await self.heard(missed)

    # What people and other parts of the bot add

    async def acted(self, incident: Incident, done: Act) -> None:
        """Enters an act: the opening after the message that it was opened from."""
        quote = incident.quote if done.deed is Deed.OPENED else None
        entry = act(incident.id, done, after=quote.ts if quote else "")
        name = "" if done.who == SYSTEM else await self._threads.name_of(done.who)
        await self._timelines.add(replace(entry, author_name=name))

    async def told_before(self, incident: Incident, done: Sequence[Act]) -> None:
        """Enters acts that the thread tells and MongoDB lost."""
        untold = {one.version for one in incident.untold}
        known = {one.version: act(incident.id, one) for one in done if one.version not in untold}
        if len(await self._timelines.said([entry.id for entry in known.values()])) < len(known):
            names = {who: await self._threads.name_of(who) for who in {e.author for e in known.values()} - {SYSTEM}}
            await self._add(*(replace(entry, author_name=names.get(entry.author, "")) for entry in known.values()))

    async def quoted(self, incident: Incident) -> None:
        """Enters the message that an incident was opened from, at its original time."""
        if incident.quote is None:
            return
        quote = incident.quote
        heard = Heard(quote.channel, "", quote.ts, quote.author, quote.text, files=quote.files)
        entry = message(incident.id, heard, await self._name(heard), Kind.QUOTED)
        await self._add(replace(entry, url=self._threads.link_to(quote.channel, quote.ts)))
        await self._sources.settle(entry)  # it may have been deleted or edited since it was quoted

    async def mark(self, incident: Incident, heard: Heard, who: str, at: str) -> None:
        """Marks a message of the incident's thread as a key event, by hand, at Slack's timestamp `at`."""
        await self.enter(incident.id, heard)
        mark = Mark(heard.channel, heard.ts, who, at, is_on=True, by_hand=True)
        await self._timelines.mark(f"{incident.id}/{heard.ts}", mark)

    async def add(self, incident: Incident, heard: Heard, who: str, now: datetime) -> bool:
        """Adds a message from outside the thread as a key event and says so in the thread; False if it was added."""
        entry = message(incident.id, heard, await self._name(heard), Kind.ADDED)
        entry = replace(entry, url=self._threads.link_to(heard.channel, heard.ts), added_by=who)
        is_new = await self._timelines.add(entry)
        await self._indexed(entry)
        mark = Mark(heard.channel, heard.ts, who, ts_of(now), is_on=True, by_hand=True)
        await self._timelines.mark(entry.id, mark)
        for known in await self._timelines.sources(incident.id):  # as it is by now
            if known.id == entry.id:
                await self._sources.settle(known)
        return is_new

    async def attach(self, incident_id: str, kind: Kind, key: str, at: datetime, text: str, url: str = "") -> bool:
        """Enters something from outside Slack, an alert or a change of health; False if the key was entered before."""
        where = f"{incident_id}/{kind}/{key}"
        is_new = await self._timelines.add(Entry(where, incident_id, kind, ts_of(at), "", "", text, url=url))
        await self._index.heard_of(incident_id, text)
        return is_new

    async def attached_before(self, incident_id: str, told: Sequence[Attached]) -> None:
        """Enters what the thread tells of such things and MongoDB lost; what is there stays as it is."""
        known = {f"{incident_id}/{one.kind}/{one.key}": one for one in told}
        if len(await self._timelines.said(list(known))) == len(known):
            return
        for entry_id, one in known.items():
            if not await self._timelines.said([entry_id]):
                await self.attach(incident_id, one.kind, one.key, one.at, one.text, one.url)

    async def called(self, incident_id: str, key: str, at: datetime, text: str, author: str) -> None:
        """Enters a step of an escalation, once for each key; `author` is a user id, or the bot itself."""
        name = await self._threads.name_of(author) if author != SYSTEM else ""
        where = f"{incident_id}/{Kind.ESCALATED}/{key}"
        await self._timelines.add(Entry(where, incident_id, Kind.ESCALATED, ts_of(at), author, name, text))
        await self._index.heard_of(incident_id, text)

    async def indexed(self, incident: Incident) -> None:
        """Has the search find the incident as it is now, by what its untold acts say too."""
        await self._index.told_of(incident)

    async def of(self, incident_id: str) -> list[Entry]:
        """An incident's entries in order."""
        return await self._timelines.of(incident_id)

    async def _incident_of(self, heard: Heard) -> Incident | None:
        return await self._cards.at_card(heard.channel, heard.thread) if heard.is_talk else None

    async def _name(self, heard: Heard) -> str:
        return heard.name or (await self._threads.name_of(heard.author) if heard.author else "")
