"""Gives incidents and the runbook's log as files: each once, however often the same person presses Enter."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain import runbook
from bot.domain.clock import Clock
from bot.domain.emergency import Emergency
from bot.domain.export import Format, Record, as_json, people_in
from bot.domain.export_markdown import markdown
from bot.domain.incident import Incident
from bot.domain.paper import Paper
from bot.domain.progress import Progress
from bot.domain.runbook import MOST, Months, Row, emergency_row, incident_row
from bot.domain.timeline import Entry
from bot.domain.wording import counted
from bot.errors import StoreAwayError, UserError


class How(StrEnum):
    """Where files went; UNDERWAY: the same was asked for a moment ago and is still being made."""

    IN_THREAD = "in the thread"
    PRIVATELY = "privately"
    UNDERWAY = "underway"


@dataclass(frozen=True)
class Claim:
    """A right to make the files named by `key`, for a minute, if it `is_ours`; else `how` tells what became of them."""

    key: str
    token: str
    is_ours: bool
    how: How = How.UNDERWAY


@dataclass(frozen=True)
class Given:
    """What became of a request. `is_new` is False where the same had been given within the last minute.

    `url` leads to the thread.
    """

    how: How
    is_new: bool
    url: str = ""


@dataclass(frozen=True)
class Logged:
    """The same for the log: how many rows it has, how many there are, and how many of its rows are emergencies."""

    given: Given
    shown: int = 0
    total: int = 0
    emergencies: int = 0


class Claims(Protocol):
    """Where claims are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def claim(self, key: str, who: str) -> Claim:
        """Takes the key for a minute, or tells who has it."""

    async def done(self, claim: Claim, how: How) -> None:
        """The files are shared."""

    async def release(self, claim: Claim) -> None:
        """They are not: the next request begins anew."""


class Shown(Protocol):
    """Where incidents are read."""

    async def show(self, incident_id: str) -> tuple[Incident, list[Entry]]:
        """One incident with its timeline. Raises NotFoundError, StoreAwayError."""


class Opened(Protocol):
    """All incidents ever opened. Each method raises StoreAwayError when MongoDB is away."""

    def opened(self, since: datetime | None, before: datetime | None, most: int) -> AsyncIterator[Incident]:
        """Those opened from `since` until before `before`, newest first, `most` at most, read as they are asked for."""

    async def emergencies(self, since: datetime | None, before: datetime | None, most: int) -> list[Emergency]:
        """The emergencies that began then, newest first."""

    async def count_opened(self, since: datetime | None, before: datetime | None) -> int:
        """How many they are."""


class People(Protocol):
    """What Slack knows of people and messages."""

    async def names_of(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Names by user id, as far as Slack tells them in reasonable time."""

    def link_to(self, channel: str, ts: str) -> str:
        """A message's permanent link, or nothing."""

    def link_to_thread(self, channel: str, ts: str) -> str:
        """The link that opens the message's thread, or nothing."""


class Sharing(Protocol):
    """Shares files in Slack: all of them in one message, or none. Each method raises UserError where that failed."""

    async def in_thread(self, incident: Incident, papers: Sequence[Paper], who: str) -> bool:
        """Shares them in the incident's thread; False if there is no thread to share them in."""

    async def privately(self, who: str, papers: Sequence[Paper], about: str) -> None:
        """Shares them in the person's direct conversation with the bot; `about` says of what they are."""


class ExportDesk:
    """Makes the files and has them shared."""

    def __init__(
        self, incidents: Shown, opened: Opened, claims: Claims, sharing: Sharing, people: People, clock: Clock
    ) -> None:
        self._incidents = incidents
        self._opened = opened
        self._claims = claims
        self._sharing = sharing
        self._people = people
        self._clock = clock

    async def export(self, incident_id: str, formats: Sequence[Format], who: str, progress: Progress) -> Given:
        """Shares an incident's files in its thread, or privately if it has none.

        Raises NotFoundError, StoreAwayError, and UserError where Slack did not take the files.
        """
        progress.at("reading its timeline")
        incident, entries = await self._incidents.show(incident_id)
        progress.at(f"writing {counted(len(entries), 'entry', 'entries')}")
        state = f"v{incident.version}-{_state(entries)}"
        claim = await self._claims.claim(f"{incident.id}/{state}/{'+'.join(formats)}/{who}", who)
        url = self._people.link_to_thread(incident.channel, incident.card_ts or "")
        if not claim.is_ours:
            return Given(claim.how, is_new=False, url=url)
        given = await self._held(claim, self._share(incident, entries, formats, who, progress))
        return replace(given, url=url)

    async def _share(
        self, incident: Incident, entries: list[Entry], formats: Sequence[Format], who: str, progress: Progress
    ) -> How:
        # Thousands of long entries take seconds, in which the bot has others to answer: they are read in a thread.
        known = await asyncio.to_thread(people_in, incident, entries)
        asked = await self._people.names_of([user_id for user_id, name in known.items() if not name])
        url = self._people.link_to(incident.channel, incident.card_ts or "")
        original = self._people.link_to(incident.channel, incident.duplicate_card)
        record = Record(incident, entries, {**known, **asked}, self._clock(), url, original)
        papers = await asyncio.to_thread(_papers, record, formats)
        progress.at("handing the files to Slack")
        if await self._sharing.in_thread(incident, papers, who):
            return How.IN_THREAD
        await self._sharing.privately(who, papers, f"the export of {incident.id}")
        return How.PRIVATELY

    async def log(self, who: str, months: Months, progress: Progress) -> Logged:
        """Gives a person the runbook's log as a file, privately. Raises StoreAwayError, UserError."""
        progress.at("reading the incidents")
        claim = await self._claims.claim(f"runbook/{months.name or 'all'}/{who}", who)
        if not claim.is_ours:
            return Logged(Given(claim.how, is_new=False))
        counts: list[int] = []
        given = await self._held(claim, self._log(who, months, counts, progress))
        return Logged(given, *counts)

    async def _log(self, who: str, months: Months, counts: list[int], progress: Progress) -> How:
        since, before = months.bounds
        emergencies = [emergency_row(one) for one in await self._opened.emergencies(since, before, MOST)]
        rows = [row async for row in self._rows(since, before)]
        total = max(len(rows), await self._opened.count_opened(since, before)) + len(emergencies)
        rows = sorted([*rows, *emergencies], key=lambda row: row.at, reverse=True)[:MOST]
        progress.at(f"writing {counted(len(rows), 'entry', 'entries')}")
        names = await self._people.names_of(dict.fromkeys(row.owner for row in rows if row.owner))
        text = await asyncio.to_thread(runbook.log, rows, total, names, self._clock(), months)
        name = f"runbook-log-{months.name}.md" if months.name else "runbook-log.md"
        progress.at("handing the file to Slack")
        await self._sharing.privately(who, [Paper(name, text.encode(), name)], "the log of incidents and emergencies")
        counts += [len(rows), total, len(set(rows) & set(emergencies))]
        return How.PRIVATELY

    async def _rows(self, since: datetime | None, before: datetime | None) -> AsyncIterator[Row]:
        """The rows of every kind; only they are held, not what they were made of."""
        async for incident in self._opened.opened(since, before, MOST):
            yield incident_row(incident, self._people.link_to(incident.channel, incident.card_ts or ""))

    async def _held(self, claim: Claim, work: Awaitable[How]) -> Given:
        # A bot that is stopped or killed leaves its claim, which ends by itself: the files may be there already.
        try:
            how = await work
        except UserError:
            with contextlib.suppress(StoreAwayError):
                await self._claims.release(claim)
            raise
        with contextlib.suppress(StoreAwayError):  # the files are there, whatever MongoDB has of it
            await self._claims.done(claim, how)
        return Given(how, is_new=True)


def _state(entries: Sequence[Entry]) -> str:
    """A name for what a timeline has at the moment: what was written, edited, deleted or marked since gives another."""
    told = [(one.id, len(one.edits), str(one.deleted_at), one.pinned_by, len(one.files)) for one in entries]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _papers(record: Record, formats: Sequence[Format]) -> list[Paper]:
    write = {Format.MARKDOWN: markdown, Format.JSON: as_json}
    names = {form: f"{record.incident.id}.{form.ending}" for form in formats}
    return [Paper(names[form], write[form](record).encode(), names[form]) for form in formats]
