"""What is done when a window begins and ends, by any number of bots, of which some die."""

import asyncio
from collections.abc import Iterable, Sequence

from bot.domain.audit import AuditDesk
from bot.domain.audit_chain import Chain
from bot.domain.health import HealthDesk
from bot.domain.paper import Paper
from bot.domain.window_summary import During, Held, WindowSummary
from bot.domain.window_summary_desk import WindowSummaryDesk
from bot.domain.window_summary_ports import SummaryPorts
from tests.world import World

WINDOW = "MW-20261128-0200"
FIRST_RUNG, END = "2026-11-27 02:00:01", "2026-11-28 08:00:00"


class Nobody:
    """A directory that knows nobody."""

    async def names_of(self, user_ids: Iterable[str]) -> dict[str, str]:
        return {}

    def link_to(self, channel: str, ts: str) -> str:
        return ""

    def link_to_thread(self, channel: str, ts: str) -> str:
        return ""


class Wall:
    """A board that shows each summary once, as the outbox does, and dies before some of its answers."""

    coordinates = True

    def __init__(self, deaths: int) -> None:
        self.shown: dict[str, WindowSummary] = {}
        self.deaths = deaths

    async def _put(self, key: str, summary: WindowSummary) -> str:
        self.shown.setdefault(key, summary)
        if self.deaths:
            self.deaths -= 1
            raise ConnectionError
        return "1.1"

    async def summary(self, summary: WindowSummary) -> str:
        return await self._put("summary", summary)

    async def coordinate(self, summary: WindowSummary, url: str) -> bool:
        return bool(await self._put("coordination", summary))

    async def amend(self, summary: WindowSummary, url: str) -> None:
        raise AssertionError(summary)

    async def not_coordinated(self, summary: WindowSummary, why: str) -> None:
        raise AssertionError(why)

    async def opened(self, held: Held, incident: During) -> None:
        raise AssertionError(incident)

    async def share(self, held: Held, papers: Sequence[Paper], who: str) -> None:
        raise AssertionError


async def test_a_window_is_attended_to_once_however_often_it_is_looked_at(world: World) -> None:
    """By several bots that die on the way, early and late: one snapshot each, one summary, the same words for all."""
    world.clock.set(FIRST_RUNG)
    await world.stored("checklists", _id=WINDOW, ts={"$ne": None})
    await world.stops()
    store, wall = world.store(), Wall(deaths=4)
    health = HealthDesk([], world.clock)
    people = Nobody()
    records = (store.window_records, store.checklists, store.opened)
    ports = SummaryPorts(*records, health, store.rounds, people, wall, store.exports)
    audit = AuditDesk(Chain(store.audit), lambda entry: entry, world.clock)
    desks = [WindowSummaryDesk(ports, audit, world.clock) for _ in range(3)]
    kept = await world.document("windows", WINDOW)
    await world.changes("windows", WINDOW, {"state": "under way", "actual_start": kept["start"]})
    await asyncio.gather(*(desk.tick() for desk in desks for _ in range(2)))
    before = (await world.document("windows", WINDOW))["health_before"]
    assert before is not None
    world.clock.set(END)
    await world.changes("windows", WINDOW, {"state": "over", "actual_end": kept["end"]})
    for _ in range(3):
        await asyncio.gather(*(desk.tick() for desk in desks), return_exceptions=True)
    await desks[0].tick()
    assert sorted(wall.shown) == ["coordination", "summary"]
    stored = await world.document("windows", WINDOW)
    assert (stored["health_before"], stored["coordination"], stored["summary_ts"]) == (before, "told", "1.1")
    assert wall.shown["summary"].at == stored["summary"]["at"] == wall.shown["coordination"].at
    assert len(await world.documents("audit", act="summary")) == 1
