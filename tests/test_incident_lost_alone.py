"""The search for lost incidents spares Slack: a failure is not repeated by everybody who waits behind it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import cast

from bot.domain.incident import Incident
from bot.domain.incident_lost import READ_EVERY, LostIncidents
from bot.domain.incident_ports import IncidentBoard
from bot.domain.read_back import UnreadableError


class Silent:
    """A channel that cannot be read."""

    def __init__(self) -> None:
        self.asked = 0

    async def card_at(self, _channel: str, _ts: str) -> Incident | None:
        self.asked += 1
        raise UnreadableError("ratelimited")

    async def cards(self, _since: datetime) -> AsyncIterator[Incident]:
        raise UnreadableError("ratelimited")
        yield


async def test_threads_are_not_looked_at_one_by_one_while_slack_does_not_answer() -> None:
    """Twenty threads at once ask once; a while later it is tried again."""
    board, now = Silent(), datetime(2026, 11, 25, tzinfo=UTC)

    async def nothing(*_: object) -> None:
        raise AssertionError("there is nothing to put back")

    lost = LostIncidents(cast("IncidentBoard", board), nothing, nothing, lambda: now)
    assert not any(await asyncio.gather(*(lost.look_at("C1", f"{number}.0") for number in range(20))))
    assert board.asked == 1
    now += READ_EVERY + timedelta(seconds=1)
    assert not await lost.look_at("C1", "3.0")
    assert board.asked == 2
