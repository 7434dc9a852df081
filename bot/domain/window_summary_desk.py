"""Attends windows: takes the services' health when one begins and ends, and sums it up in its thread, once.

began ──▶ health before        ended ──▶ health after ──▶ summary, kept ──▶ posted ──▶ told in the coordination thread

Each arrow is one write or one letter that is there once; a bot that dies between two leaves the rest to the next.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.clock import Clock
from bot.domain.export_desk import Given, How
from bot.domain.outbox import UndeliveredError
from bot.domain.paper import Paper
from bot.domain.window_incidents import WindowIncidents
from bot.domain.window_summary import Snapshot, WindowSummary, remarks_of, ticks_of
from bot.domain.window_summary_markdown import markdown
from bot.domain.window_summary_ports import Attended, SummaryPorts
from bot.errors import NotFoundError, StoreAwayError, UserError

CATCH_UP = timedelta(hours=24)  # a window that ended longer ago is not summed up by itself any more


class WindowSummaryDesk:
    """Sums windows up. It is asked again and again, by any number of bots; each thing is done once."""

    def __init__(self, ports: SummaryPorts, audit: AuditDesk, clock: Clock) -> None:
        self._ports = ports
        self._records = ports.records
        self._board = ports.board
        self._audit = audit
        self._clock = clock
        self.incidents = WindowIncidents(ports, clock)

    async def tick(self) -> None:
        """Attends to every window that began or ended lately. Raises StoreAwayError."""
        now = self._clock()
        for attended in await self._records.recent(now - CATCH_UP, now):
            await self._attend(attended)

    async def _attend(self, attended: Attended) -> None:
        held = attended.held
        if not attended.is_over:
            # Back after its end, the bot takes no look at the end for one at the start.
            if attended.has_begun and attended.before is None and self._clock() < held.end:
                await self._records.keep_before(held.id, await self._snapshot())
            return
        summary = attended.summary
        if summary and attended.summary_ts and summary.held.rolled_back != held.rolled_back:
            summary = await self._amended(summary, held.rolled_back, attended.summary_ts)
        if not held.head or (attended.summary_ts and (attended.is_coordinated or not self._board.coordinates)):
            return
        summary = summary or await self._sum_up(attended)
        with suppress(UndeliveredError):
            ts = attended.summary_ts or await self._post(summary)
            if ts and self._board.coordinates and not attended.is_coordinated:
                await self._coordinate(summary, self._ports.people.link_to(held.channel, ts))

    async def _sum_up(self, attended: Attended) -> WindowSummary:
        held = attended.held
        if attended.after is None:
            await self._records.keep_after(held.id, await self._snapshot())
        compiled = await self.compiled(held.id)
        await self._records.keep_summary(compiled)
        kept = await self._records.attended(held.id, self._clock())  # another bot's, if that was first
        return kept.summary if kept and kept.summary else compiled

    async def _post(self, summary: WindowSummary) -> str:
        window_id = summary.held.id
        try:
            ts = await self._board.summary(summary)
        except UndeliveredError as error:
            if await self._records.refused(window_id, error.reason):
                await self._audit.wrote(SYSTEM, "summary", window_id, Outcome.REFUSED, str(error))
            raise
        if ts and await self._records.posted(window_id, ts):
            await self._audit.wrote(SYSTEM, "summary", window_id)
        return ts

    async def _amended(self, summary: WindowSummary, rolled_back: str, ts: str) -> WindowSummary:
        """A rollback may be ordered after the end: the summary tells it where it stands already."""
        told = replace(summary, held=replace(summary.held, rolled_back=rolled_back))
        await self._board.amend(told, self._ports.people.link_to(told.held.channel, ts))
        await self._records.keep_rollback(told.held.id, rolled_back)
        return told

    async def _coordinate(self, summary: WindowSummary, url: str) -> None:
        window_id = summary.held.id
        try:
            if await self._board.coordinate(summary, url):
                await self._records.coordinated(window_id, "told")
        except UndeliveredError as error:
            await self._board.not_coordinated(summary, error.reason)
            if await self._records.coordinated(window_id, error.reason):
                await self._audit.wrote(SYSTEM, "coordination thread", window_id, Outcome.REFUSED, str(error))

    async def _snapshot(self) -> Snapshot:
        report = await self._ports.health.ask()
        return Snapshot(report.at, report.readings)

    async def compiled(self, window_id: str) -> WindowSummary:
        """The summary as the records are now. Raises NotFoundError, StoreAwayError."""
        now = self._clock()
        attended = await self._records.attended(window_id, now)
        if attended is None or not attended.has_begun:
            raise NotFoundError(
                f"{window_id} has not begun, so there is nothing to sum up.", "`/maintenance` lists windows."
            )
        held = attended.held
        checklist = await self._ports.checklists.get(held.id)
        deviations, lessons = remarks_of(checklist)
        firing = self._ports.firing
        return WindowSummary(
            held=held,
            at=now,
            ticks=ticks_of(checklist) if checklist else None,
            deviations=deviations,
            lessons=lessons,
            incidents=await self.incidents.during(held, held.ended if attended.is_over else now),
            before=attended.before,
            after=attended.after,
            dips=tuple(await self._ports.rounds.dips(held.began, held.ended if attended.is_over else now)),
            firing=tuple(await firing.firing()) if firing else None,
        )

    async def latest(self, ending: str | None) -> str:
        """The ID of the window that this is the end of; for None of the one that began last.

        Raises NotFoundError, StoreAwayError.
        """
        if ending is None:
            now = self._clock()
            begun = await self._records.recent(now - timedelta(days=60), now)
            if not begun:
                raise NotFoundError("No window has begun lately.", "`/maintenance` lists them.")
            return begun[-1].held.id
        found = await self._records.matching(ending)
        if len(found) == 1:
            return found[0]
        if not found:
            raise NotFoundError(f"I know no window {ending.rstrip('-')}.", "`/maintenance` lists them.")
        raise NotFoundError(f"{ending.rstrip('-')} fits {', '.join(found[:5])}.", "Write more of the ID.")

    async def share(self, window_id: str, who: str) -> Given:
        """Gives the summary as a Markdown file in the window's thread. Raises NotFoundError, UserError."""
        summary = await self.compiled(window_id)
        held = summary.held
        url = self._ports.people.link_to_thread(held.channel, held.head)
        claim = await self._ports.claims.claim(f"{held.id}/summary/{who}", who)
        if not claim.is_ours:
            return Given(claim.how, is_new=False, url=url)
        try:
            people = {remark.who for remark in (*summary.deviations, *summary.lessons)}
            names = await self._ports.people.names_of(people | held.who_decided)
            paper = Paper(f"{held.id}.md", markdown(summary, names).encode(), f"{held.id}.md")
            await self._board.share(held, [paper], who)
        except UserError:
            with suppress(StoreAwayError):
                await self._ports.claims.release(claim)
            raise
        with suppress(StoreAwayError):  # the file is there, whatever MongoDB has of it
            await self._ports.claims.done(claim, How.IN_THREAD)
        return Given(How.IN_THREAD, is_new=True, url=url)
