"""Drafts summaries of incidents, keeps them until somebody posts them, and posts each once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.audit import AuditDesk
from bot.domain.clock import Clock, utc
from bot.domain.incident import Incident
from bot.domain.progress import Progress
from bot.domain.summary import (
    Draft,
    Prose,
    Record,
    Source,
    events,
    is_key,
    key_entries,
    may_quote_deleted,
    record_of,
    without_deleted,
)
from bot.domain.summary_material import KEY_EVENTS, Material, Writer, chosen, facts, material
from bot.domain.summary_template import template
from bot.domain.summary_text import NoProseError, prose_from, quiet
from bot.domain.timeline import Entry
from bot.errors import ConflictError, NotFoundError, StoreAwayError, UserError

LEFT_BEHIND = timedelta(seconds=15)  # a summary not confirmed for so long was left by a bot that died
GIVEN_UP = timedelta(days=1)  # and is not tried any more after this
READ_LIMIT = 1_200  # characters of an entry that are looked at

Readable = Callable[[str], Awaitable[str]]
"""A text as it may be shown: mentions written out as names, secrets masked."""


class Summaries(Protocol):
    """Where drafts are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def number(self, incident_id: str) -> int:
        """The next number of a draft of this incident: from 1 on, none twice."""

    async def add(self, draft: Draft) -> None:
        """Keeps a new draft, which expires unless it is posted."""

    async def get(self, draft_id: str) -> Draft | None:
        """The draft with this ID."""

    async def claim(self, draft_id: str, who: str, at: datetime) -> bool:
        """Makes this person the one who posts it, for good; False if somebody was before, or it is gone."""

    async def posted(self, draft_id: str, ts: str) -> None:
        """Keeps where it was posted; empty if Slack does not take it."""

    async def newest_posted(self, incident_id: str) -> Draft | None:
        """The summary of this incident that was posted last."""

    async def unconfirmed(self, since: datetime, before: datetime) -> list[Draft]:
        """Those claimed between these moments of which it is not known where they are."""


class IncidentRecords(Protocol):
    """The incidents. Both methods raise NotFoundError and StoreAwayError."""

    async def get(self, incident_id: str) -> Incident:
        """The incident."""

    async def show(self, incident_id: str) -> tuple[Incident, list[Entry]]:
        """The incident and its timeline, in order."""


@dataclass(frozen=True)
class Signature:
    """The names of those who stand for a posted summary; `edited_by` is empty for nobody."""

    posted_by: str
    edited_by: str = ""


class SummaryBoard(Protocol):
    """Where summaries are shown."""

    async def summary(self, incident: Incident, draft: Draft, signature: Signature) -> str:
        """Posts it in the incident's thread, once; its timestamp, empty while it is still on its way."""


@dataclass(frozen=True)
class Seen:
    """What the reader of a draft was told: the incident's version, and which summary was posted last (0: none)."""

    version: int
    posted: int = 0


@dataclass(frozen=True)
class Shown:
    """A draft for one person's eyes: the incident as it is now, and the summary that was posted before, if any."""

    draft: Draft
    incident: Incident
    earlier: Draft | None = None

    @property
    def has_moved_on(self) -> bool:
        """Whether things happened since that the draft does not tell."""
        return self.incident.version != self.draft.version

    @property
    def seen(self) -> Seen:
        """What whoever reads this knows."""
        return Seen(self.incident.version, self.earlier.number if self.earlier else 0)


@dataclass(frozen=True)
class Ports:
    """What the desk works with."""

    summaries: Summaries
    incidents: IncidentRecords
    board: SummaryBoard
    writer: Writer
    readable: Readable


class SummaryDesk:
    """Drafts, edits and posts. Drafts do not change: an edited one is a new one."""

    def __init__(self, ports: Ports, audit: AuditDesk, clock: Clock) -> None:
        self._summaries = ports.summaries
        self._incidents = ports.incidents
        self._board = ports.board
        self._writer = ports.writer
        self._readable = ports.readable
        self._audit = audit
        self._clock = clock

    async def draft(self, incident_id: str, who: str, progress: Progress) -> Shown:
        """A new draft. Raises NotFoundError, StoreAwayError."""
        progress.at("reading its timeline")
        incident, entries = await self._incidents.show(incident_id)
        now = self._clock()
        number = await self._summaries.number(incident_id)  # before the model works: without MongoDB it is in vain
        record = await self._record(incident, now)
        keys = [await self._read(entry) for entry in key_entries(entries, KEY_EVENTS)]
        newest = [await self._read(entry) for entry in chosen(entries, keys)]
        given = material(facts(incident_id, record), keys, newest, len(entries))
        progress.at(f"waiting for the LLM, {self._writer.name}, to write")
        prose, cause = await self._prose(given, record, sum(entry.is_key_event for entry in entries))
        shown = key_entries(keys)
        draft = Draft(
            incident_id=incident_id,
            number=number,
            record=record,
            prose=prose,
            key_events=events(shown),
            more_events=sum(map(is_key, entries)) - len(shown),
            source=Source.TEMPLATE if cause else Source.LLM,
            model="" if cause else self._writer.name,
            cause=cause,
            asked_by=who,
            drafted_at=now,
        )
        await self._summaries.add(draft)
        return await self._shown(draft)

    async def _prose(self, given: Material, record: Record, pinned: int) -> tuple[Prose, str]:
        """The prose, and why it is not the model's."""
        try:
            return prose_from(await self._writer.write(given), given.source), ""
        except NoProseError as error:
            return template(record, pinned), error.cause

    async def _record(self, incident: Incident, now: datetime) -> Record:
        record = record_of(incident, await self._name(incident.opened_by), await self._name(incident.owner), now)
        return replace(
            record,
            title=await self._quiet(record.title),
            affected=await self._quiet(record.affected),
            resolution=await self._quiet(record.resolution),
            cause=await self._quiet(record.cause),
            lesson=await self._quiet(record.lesson),
        )

    async def _quiet(self, text: str) -> str:
        return quiet(await self._readable(text))

    async def _read(self, entry: Entry) -> Entry:
        text = entry.words if len(entry.words) <= READ_LIMIT else entry.words[:READ_LIMIT] + "…"
        name = entry.author_name or await self._name(entry.author)
        return replace(entry, text=await self._quiet(text), author_name=quiet(name))

    async def _name(self, who: str) -> str:
        return (await self._quiet(f"<@{who}>")).removeprefix("@") if who else "nobody"

    async def _shown(self, draft: Draft) -> Shown:
        earlier = await self._summaries.newest_posted(draft.incident_id)
        incident, entries = await self._incidents.show(draft.incident_id)
        return Shown(without_deleted(draft, entries), incident, earlier)

    async def get(self, draft_id: str) -> Draft:
        """The draft with this ID. Raises NotFoundError."""
        draft = await self._summaries.get(draft_id)
        if draft is None:
            raise NotFoundError("This draft is not kept any more.", "Ask for another one with `summary`.")
        return draft

    async def edit(self, draft_id: str, who: str, prose: Prose) -> Shown:
        """A new draft with this prose of a person's. Raises NotFoundError."""
        before = await self.get(draft_id)
        written = Prose(
            quiet(prose.what_happened),
            quiet(prose.impact),
            quiet(prose.what_helped),
            tuple(quiet(question) for question in prose.open_questions),
        )
        draft = replace(
            before,
            number=await self._summaries.number(before.incident_id),
            prose=written,
            asked_by=who,
            edited_by=who,
            posted_by="",
            posted_at=None,
            ts="",
        )
        await self._summaries.add(draft)
        return await self._shown(draft)

    async def post(self, draft_id: str, seen: Seen, who: str) -> Shown:
        """Posts a draft: then `posted_by` is there. It is not if the incident, or a summary of it, is not as `seen`.

        Raises NotFoundError, and ConflictError if it was posted before, or may quote what was deleted.
        """
        draft = await self.get(draft_id)
        if draft.posted_by:
            raise _already(draft)
        incident, entries = await self._incidents.show(draft.incident_id)
        if may_quote_deleted(draft, entries):
            raise ConflictError(
                f"A message of {incident.id} was deleted since this was drafted, and the LLM may have quoted it.",
                "Nothing was posted. Ask for a fresh draft with `summary`, or press *Edit* and read the prose over.",
            )
        earlier = await self._summaries.newest_posted(draft.incident_id)
        if earlier is not None and earlier.id == draft.id:
            raise _already(earlier)
        shown = Shown(without_deleted(draft, entries), incident, earlier)
        if shown.seen != seen:
            return shown
        if incident.card_ts is None:
            raise UserError(f"{incident.id} has no thread yet.", "Press again in a moment.")
        now = self._clock()
        if not await self._summaries.claim(draft.id, who, now):
            raise _already(await self.get(draft.id))
        draft = replace(shown.draft, posted_by=who, posted_at=now)
        try:
            ts = await self._send(incident, draft)
        except StoreAwayError as error:
            raise StoreAwayError(in_doubt=True) from error  # it is claimed, and goes out when MongoDB is back
        await self._audit.wrote(who, "post summary", draft.id)
        return Shown(replace(draft, ts=ts), incident)

    async def _send(self, incident: Incident, draft: Draft) -> str:
        edited_by = await self._name(draft.edited_by) if draft.edited_by else ""
        signature = Signature(await self._name(draft.posted_by), edited_by)
        try:
            ts = await self._board.summary(incident, draft, signature)
        except StoreAwayError:
            raise
        except UserError:
            await self._summaries.posted(draft.id, "")  # Slack does not take it, and is not asked again
            raise
        if ts:
            await self._summaries.posted(draft.id, ts)
        return ts

    async def tell_left_behind(self) -> None:
        """Posts what a bot that died had been told to post. Raises StoreAwayError."""
        now = self._clock()
        for draft in await self._summaries.unconfirmed(now - GIVEN_UP, now - LEFT_BEHIND):
            try:
                incident, entries = await self._incidents.show(draft.incident_id)
                if incident.card_ts is not None:
                    await self._send(incident, without_deleted(draft, entries))
            except StoreAwayError:
                raise
            except UserError:
                await self._summaries.posted(draft.id, "")


def _already(draft: Draft) -> ConflictError:
    when = f" on {utc(draft.posted_at)}" if draft.posted_at else ""
    return ConflictError(
        f"This summary of {draft.incident_id} was posted{when}.", "It was not posted again.", by=draft.posted_by
    )
