"""Posts summaries of windows, each once: in the window's thread and the channel, and in the coordination thread."""

import asyncio
from collections.abc import Sequence

from bot.domain.clock import Clock
from bot.domain.outbox import Content, Letter, letter_id
from bot.domain.paper import Paper
from bot.domain.window_summary import During, Held, WindowSummary
from bot.errors import UserError
from bot.slack.board import REPLY
from bot.slack.export import Exports
from bot.slack.outbox import Outbox
from bot.slack.views import window_summary as view
from bot.slack.views.parts import Message
from bot.slack.window import Thread

SUMMARY = "opsbot_summary"
TAKEN_WITHIN = 4.0  # seconds that one look at it waits for Slack; the next look finds it


class SummaryBoard:
    """Implements bot.domain.window_summary_ports.SummaryBoard."""

    def __init__(self, outbox: Outbox, exports: Exports, coordination: Thread | None, clock: Clock) -> None:
        self._outbox = outbox
        self._exports = exports
        self._coordination = coordination
        self._clock = clock

    @property
    def coordinates(self) -> bool:
        """See SummaryBoard.coordinates."""
        return self._coordination is not None

    async def summary(self, summary: WindowSummary) -> str:
        """See SummaryBoard.summary."""
        return await self._say(summary, "summary", view.posted(summary), broadcast=True)

    async def amend(self, summary: WindowSummary, url: str) -> None:
        """See SummaryBoard.amend."""
        held = summary.held
        edits = [("summary", view.posted(summary), held.channel)]
        if self._coordination is not None:
            edits.append(("summary/coordination", view.coordination(summary, url), self._coordination.channel))
        for what, message, channel in edits:
            content = Content(message.payload(), {"window": held.id}, revision=2)
            await self._outbox.edit(letter_id(SUMMARY, f"{held.id}/{what}"), content, channel)

    async def coordinate(self, summary: WindowSummary, url: str) -> bool:
        """See SummaryBoard.coordinate."""
        if self._coordination is None:
            return True
        letter = self._letter(summary, "summary/coordination", view.coordination(summary, url), self._coordination)
        return bool(await self._taken(letter))

    async def not_coordinated(self, summary: WindowSummary, why: str) -> None:
        """See SummaryBoard.not_coordinated."""
        await self._say(summary, "summary/not-coordinated", view.not_coordinated(why))

    async def opened(self, held: Held, incident: During) -> None:
        """See SummaryBoard.opened."""
        content = Content(view.opened(held, incident).payload(), {"window": held.id, "incident": incident.id})
        key = f"{held.id}/incident/{incident.id}"
        await self._outbox.send(Letter(REPLY, key, held.channel, content, self._clock(), thread_ts=held.head))

    async def share(self, held: Held, papers: Sequence[Paper], who: str) -> None:
        """See SummaryBoard.share."""
        if not await self._exports.below(held.channel, held.head, papers, view.comment(held.id, who)):
            raise UserError(f"The thread of {held.id} is not there any more, so nothing was shared.")

    async def _say(self, summary: WindowSummary, what: str, message: Message, *, broadcast: bool = False) -> str:
        thread = Thread(summary.held.channel, summary.held.head)
        return await self._taken(self._letter(summary, what, message, thread, broadcast=broadcast))

    def _letter(
        self, summary: WindowSummary, what: str, message: Message, thread: Thread, *, broadcast: bool = False
    ) -> Letter:
        content = Content(message.payload(), {"window": summary.held.id})
        key = f"{summary.held.id}/{what}"
        return Letter(SUMMARY, key, thread.channel, content, self._clock(), thread_ts=thread.ts, broadcast=broadcast)

    async def _taken(self, letter: Letter) -> str:
        on_its_way = await self._outbox.send(letter)
        done, _ = await asyncio.wait({on_its_way}, timeout=TAKEN_WITHIN)
        return on_its_way.result() if done else ""
