"""What a window's record (`windows`) keeps beside its times: where its thread is."""

from datetime import datetime

from pymongo import ASCENDING

from bot.domain.checklist_ports import Headed
from bot.domain.window import Window
from bot.store.mongo import Document, Documents

MOST = 50  # windows of some days


class WindowRecords:
    """Implements bot.domain.checklist_ports.Announced."""

    def __init__(self, windows: Documents) -> None:
        self._windows = windows

    async def headed(self, ended_after: datetime) -> list[Headed]:
        """See Announced.headed."""
        query: Document = {"end": {"$gt": ended_after}, "head": {"$ne": None}}
        return [
            Headed(_window(one), one["channel"], one["head"])
            for one in await self._windows.many(query, [("start", ASCENDING)], MOST)
        ]

    async def summed_up(self, window_id: str) -> bool:
        """See bot.domain.checklist_evidence.Summaries.summed_up."""
        return await self._windows.count({"_id": window_id, "summary_ts": {"$gt": ""}}) > 0


def _window(document: Document) -> Window:
    is_emergency = document.get("kind") == "emergency"
    return Window(document["_id"], document["start"], document["end"], document["title"], is_emergency)
