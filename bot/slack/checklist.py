"""Shows checklists and what is to be said about them, each once, through the outbox."""

from datetime import datetime

from bot.domain.checklist import Checklist, Item
from bot.domain.clock import Clock
from bot.domain.outbox import Content, Letter, letter_id
from bot.slack.outbox import Outbox
from bot.slack.views import checklist as view
from bot.slack.views import checklist_thread
from bot.slack.views.parts import Message

CHECKLIST = "opsbot_checklist"
REPLY = "opsbot_reply"


class ChecklistBoard:
    """Implements the boards of checklist_ports, checklist_evidence and checklist_reminder."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    async def checklist(self, checklist: Checklist) -> str:
        """See ChecklistBoard.checklist."""
        return await self._outbox.post(
            Letter(
                CHECKLIST,
                checklist.window_id,
                checklist.channel,
                _content(checklist),
                self._clock(),
                thread_ts=checklist.thread_ts,
            )
        )

    async def refresh_checklist(self, checklist: Checklist) -> None:
        """See ChecklistBoard.refresh_checklist."""
        await self._outbox.edit(letter_id(CHECKLIST, checklist.window_id), _content(checklist), checklist.channel)

    async def unproven(self, checklist: Checklist, item: Item, why: str) -> None:
        """See EvidenceBoard.unproven. Each tick of the bot's is taken back once, so its moment names the warning."""
        at = item.done_at or checklist.started_at
        await self._say(checklist, f"unproven-{item.number}-{at:%Y%m%d%H%M%S%f}", checklist_thread.unproven(item, why))

    async def still_open(self, checklist: Checklist, items: tuple[Item, ...], due: datetime, whom: str) -> None:
        """See ReminderBoard.still_open."""
        await self._say(checklist, f"open-{due:%Y%m%d%H%M}", checklist_thread.still_open(checklist, items, whom))

    async def _say(self, checklist: Checklist, what: str, message: Message) -> None:
        content = Content(message.payload(), {"window": checklist.window_id})
        key = f"{checklist.window_id}/checklist/{what}"
        thread = checklist.thread_ts or checklist.ts
        await self._outbox.send(Letter(REPLY, key, checklist.channel, content, self._clock(), thread_ts=thread))


def _content(checklist: Checklist) -> Content:
    return Content(view.card(checklist).payload(), {"window": checklist.window_id}, checklist.version)
