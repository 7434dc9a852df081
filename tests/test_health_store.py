"""Who leads the watch, and which incident an outage has, on a real mongod: claims, leases, kills in between."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from bot.domain.health import Reading, State
from bot.domain.health_rules import judged
from bot.domain.health_watch import Watch
from bot.domain.incident import Incident, Opening, Severity
from bot.domain.incident_desk import Opened
from bot.domain.incident_steps import opened
from bot.domain.outage import OutageDesk, Pressed
from bot.domain.quote import Quote
from bot.errors import StoreAwayError, UserError
from bot.store.database import Store
from bot.store.mongo import Database
from sandbox.mongo import Mongod

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
KEY = "health/loki/20261128T020000"


@pytest.fixture
async def database(mongod: Mongod) -> AsyncIterator[Database]:
    async with AsyncMongoClient[dict[str, Any]](mongod.url(), tz_aware=True) as client:
        yield client[f"test_{secrets.token_hex(6)}"]


def store(database: Database, owner: str, lease: float = 60) -> Store:
    bot = Store(database, owner, timedelta(seconds=60))
    bot.watch.lease = timedelta(seconds=lease)
    return bot


def down(watch: Watch) -> Watch:
    reading = Reading("loki", State.DOWN, None, "x", NOW)
    return judged(watch, [reading], [reading], None)


async def test_one_of_many_bots_leads(database: Database) -> None:
    """However many ask at the same moment; the others see what it keeps."""
    bots = [store(database, f"bot{number}").watch for number in range(8)]
    watches = await asyncio.gather(*(bot.lead() for bot in bots))
    assert [watch.is_ours for watch in watches].count(True) == 1
    leader = next(number for number, watch in enumerate(watches) if watch.is_ours)
    kept = down(watches[leader])
    assert await bots[leader].save(kept)
    assert (await bots[leader - 1].lead()).outages == kept.outages
    assert not (await bots[leader - 1].lead()).is_ours


async def test_a_leader_that_is_gone_is_followed_by_another(database: Database) -> None:
    """After its lease, or at once if it resigned; what it wanted to keep afterwards is not kept."""
    first, second = store(database, "a", lease=0.3).watch, store(database, "b", lease=0.3).watch
    old = await first.lead()
    assert not (await second.lead()).is_ours
    async with asyncio.timeout(5):
        while not (new := await second.lead()).is_ours:
            pass
    assert not await first.save(down(old))
    assert await second.save(new)
    await second.resign()
    assert (await first.lead()).is_ours


class Incidents:
    """Opens incidents in memory, or fails as it is told."""

    def __init__(self) -> None:
        self.open_now: list[Incident] = []
        self.error: Exception | None = None

    async def open(self, opening: Opening) -> Opened:
        if self.error:
            raise self.error
        self.open_now.append(opened(opening, NOW))
        return Opened(self.open_now[-1], is_saved=True)

    async def open_ones(self) -> list[Incident]:
        return self.open_now


def opening(who: str) -> Opening:
    return Opening("loki is down", Severity.SEV2, who, "C0OPS", quote=Quote("C0OPS", "1.0", "", "loki is down"))


async def test_an_outage_has_one_incident_whoever_presses(database: Database) -> None:
    """Ten presses at once on two bots: one opens it, the others are told whose it is."""
    incidents = Incidents()
    desks = [OutageDesk(store(database, name).outages, incidents) for name in "ab"]
    results = await asyncio.gather(*(desks[n % 2].open(KEY, opening(f"U{n}")) for n in range(10)))
    assert len(incidents.open_now) == 1
    (mine,) = (result.opened for result in results if result.opened)
    later = await desks[0].open(KEY, opening("ULATE"))
    assert (later.opened, later.incident) == (None, mine.incident.id)
    assert later.who == mine.incident.opened_by


async def test_a_press_that_leads_to_nothing_does_not_block_the_next(database: Database) -> None:
    """Slack refuses the card: whoever presses again opens it."""
    incidents = Incidents()
    desk = OutageDesk(store(database, "a").outages, incidents)
    incidents.error = UserError("Slack does not take the message.")
    with pytest.raises(UserError):
        await desk.open(KEY, opening("U1"))
    incidents.error = None
    assert (await desk.open(KEY, opening("U2"))).opened is not None


async def test_a_bot_that_died_after_opening_left_an_incident_that_is_found(database: Database) -> None:
    """It quotes the same message, so no second one is opened."""
    incidents = Incidents()
    outages = store(database, "a").outages
    left = (await incidents.open(opening("U1"))).incident
    assert (await outages.press(KEY, "U1")).is_ours
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    await database["outages"].update_one({"_id": KEY}, {"$set": {"at": long_ago}})
    result = await OutageDesk(outages, incidents).open(KEY, opening("U2"))
    assert result.opened is not None
    assert result.opened.incident.id == left.id
    assert len(incidents.open_now) == 1


class Away:
    """MongoDB is away, until it is not."""

    def __init__(self) -> None:
        self.links: dict[str, str] = {}
        self.is_away = True

    async def press(self, key: str, who: str) -> Pressed:
        raise StoreAwayError

    async def link(self, key: str, incident_id: str) -> None:
        if self.is_away:
            raise StoreAwayError
        self.links[key] = incident_id

    async def release(self, key: str) -> None:
        raise StoreAwayError


async def test_without_mongodb_an_incident_is_opened_all_the_same() -> None:
    """Once; and it is kept with its outage when MongoDB is back."""
    outages = Away()
    desk = OutageDesk(outages, Incidents())
    first = await desk.open(KEY, opening("U1"))
    assert first.opened is not None
    assert (await desk.open(KEY, opening("U2"))).incident == first.opened.incident.id
    with pytest.raises(StoreAwayError):
        await desk.link_late()
    outages.is_away = False
    await desk.link_late()
    assert outages.links == {KEY: first.opened.incident.id}
