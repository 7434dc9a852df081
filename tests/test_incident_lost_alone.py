"""The search for lost incidents spares Slack: a failure is not repeated by everybody who waits behind it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from bot.domain.incident import Incident
from bot.domain.incident_lost import READ_EVERY, LostIncidents, UnsearchedError
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

    async def nothing(*_: object) -> int:
        raise AssertionError("there is nothing to put back")

    lost = LostIncidents(cast("IncidentBoard", board), nothing, nothing, lambda: now)
    assert not any(await asyncio.gather(*(lost.look_at("C1", f"{number}.0") for number in range(20))))
    assert board.asked == 1
    now += READ_EVERY + timedelta(seconds=1)
    assert not await lost.look_at("C1", "3.0")
    assert board.asked == 2


class Channel:
    """A channel that is read, with what it has to put back; `fails`: Slack does not answer."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, tzinfo=UTC)
        self.reads = 0
        self.fails = False
        self.has: set[str] = set()
        self.kept: set[str] = set()
        self.lost = LostIncidents(cast("IncidentBoard", Silent()), self._nothing, self._catch_up, lambda: self.now)

    async def _nothing(self, _: Incident) -> None:
        raise AssertionError("no thread was looked at")

    async def _catch_up(self, _: datetime | None) -> int:
        self.reads += 1
        self.now += timedelta(milliseconds=1)
        await asyncio.sleep(0)
        if self.fails:
            raise UnreadableError("ratelimited")
        new = self.has - self.kept
        self.kept |= new
        return len(new)

    async def finds(self, wanted: str) -> bool:
        """Whether somebody who names this one gets it."""

        async def ask() -> list[str]:
            return [one for one in self.kept if one.endswith(wanted)]

        return bool(await self.lost.found(wanted, ask))


async def test_what_is_lost_just_after_the_channel_was_read_is_found_all_the_same() -> None:
    """A read for another name, a moment ago, does not stand for a new one; nor does an earlier loss of the same."""
    channel = Channel()
    assert not await channel.finds("7KQ4")
    channel.has.add("INC-20261125-2M9X")
    assert await channel.finds("2M9X")
    channel.now += READ_EVERY
    channel.kept.clear()
    assert await channel.finds("2M9X")
    assert channel.reads == 3


async def test_nobody_hears_that_there_is_none_where_the_channel_was_not_read() -> None:
    """Too many names at once, or a Slack that does not answer: the person is told to say it again."""
    channel = Channel()
    for name in ("AAA1", "AAA2", "AAA4"):
        assert not await channel.finds(name)
    with pytest.raises(UnsearchedError, match="could not be searched"):
        await channel.finds("AAA3")
    assert not await channel.finds("AAA1")  # that was looked for
    channel.now += READ_EVERY
    channel.fails = True
    with pytest.raises(UnsearchedError, match="Say it again"):
        await channel.finds("AAA3")
    channel.now, channel.fails = channel.now + READ_EVERY, False
    channel.has.add("INC-20261125-AAA3")
    assert await channel.finds("AAA3")


async def test_many_names_at_once_are_one_or_two_reads() -> None:
    """Who waits while the channel is read for somebody else needs no read of their own."""
    channel = Channel()
    assert not any(await asyncio.gather(*(channel.finds(f"AA{number:02}") for number in range(20))))
    assert channel.reads <= 2


async def test_what_no_incident_can_be_called_is_not_looked_for() -> None:
    """Each ID has a digit at its end, and a day on which there was a Slack to open it in."""
    channel = Channel()
    assert not await channel.finds("ZZZZ")
    for whole in ("20261125-ZZZZ", "20260231-AAA1", "20261231-AAA1", "19991231-AAA1"):
        assert not await channel.finds(f"INC-{whole}")
    assert channel.reads == 0
