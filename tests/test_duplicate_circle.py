"""Incidents that are closed as duplicates where a bot dies in between, or of each other at one moment."""

import asyncio
from typing import cast

from bot.domain import incident_steps as steps
from bot.domain.audit import AuditDesk
from bot.domain.audit_chain import Chain
from bot.domain.duplicate_desk import DuplicateDesk
from bot.domain.incident import Deed, Incident
from bot.domain.incident_changes import IncidentChanges
from bot.domain.presence import Presence
from bot.domain.role import RoleDesk
from bot.errors import ConflictError
from bot.store.incident import Incidents
from sandbox.sight import Post
from tests.test_incident import opened
from tests.test_incident_life import shows
from tests.world import World


async def closed_alone(world: World, incident_id: str, of: str) -> Incident:
    """Closes it as a duplicate, as a bot does that is killed after its write."""
    kept = world.store().incidents
    one, other = await kept.get(incident_id), await kept.get(of)
    assert one is not None
    assert other is not None
    why = f"a duplicate of {of}"
    after = steps.dismissed(one, world.ann.id, why, world.clock(), of, other.card_ts or "")
    assert await kept.save(after, one.version)
    return after


async def reopened_alone(world: World, incident_id: str) -> None:
    """Opens it again, as a bot does that is killed after its write."""
    kept = world.store().incidents
    one = await kept.get(incident_id)
    assert one is not None
    assert await kept.save(steps.reopened(one, world.ann.id, "it is not", world.clock()), one.version)


async def three(world: World) -> tuple[Post, list[str]]:
    """The oldest one's card, and the IDs of three incidents that are told, oldest first."""
    names = ("the cache is cold", "mail is late", "the queue grows")
    found = [await opened(world, f"open sev2 {name}", name) for name in names]
    await world.stored("incidents", 3, untold=[])
    return found[0][0], [one for _, one in found]


async def test_the_original_hears_of_its_duplicate_though_the_bot_died(world: World) -> None:
    """Any bot that finds the closing untold, or the reopening, tells it in both threads, once however many tell it."""
    first, one = await opened(world, "open sev2 the cache is cold", "the cache is cold")
    second, other = await opened(world, "open sev2 mail is late", "mail is late")
    await world.stored("incidents", 2, untold=[])
    await world.starts()
    closed = await closed_alone(world, other, one)
    world.clock.forward(seconds=20)
    await world.slack.shows(f"{other} (“mail is late”) is about the same, and was closed as a duplicate.", thread=first)
    await world.slack.shows("closed it as a duplicate of", thread=second)
    await world.stored("incidents", 2, untold=[])
    await reopened_alone(world, other)
    world.clock.forward(seconds=20)
    await world.slack.shows(f"{other} (“mail is late”) is open again: it is no duplicate.", thread=first)
    await world.stored("incidents", 2, untold=[])
    kept = world.store().incidents
    known = await kept.get(other)
    assert known is not None
    audit = AuditDesk(Chain(world.store().audit), lambda entry: entry, world.clock)
    desk = DuplicateDesk(kept, Together(world, kept, 1), audit, world.clock)
    await desk.turned(closed)  # by one that died before it knew that all is told
    assert len(await world.documents("timeline", incident_id=one, kind="noted")) == 2


async def test_of_a_circle_of_bots_that_died_the_oldest_is_open_again(world: World) -> None:
    """Each was closed as a duplicate of the next one before any was told; the thread of the one left says why."""
    card, ids = await three(world)
    kept = world.store().incidents
    steps_taken = []
    for place, one in enumerate(ids):
        found, of = await kept.get(one), ids[(place + 1) % 3]
        assert found is not None
        steps_taken.append((found, steps.dismissed(found, world.ann.id, "a duplicate", world.clock(), of)))
    for found, after in steps_taken:
        assert await kept.save(after, found.version)
    world.clock.forward(seconds=20)
    await shows(world, card, "*investigating*")
    told = await world.slack.shows("were closed as duplicates of each other at the same moment", thread=card)
    assert ids[1] in told.shown
    assert ids[2] in told.shown
    await world.stored("incidents", 3, untold=[])
    assert [(await world.document("incidents", one))["status"] for one in ids] == ["investigating", "closed", "closed"]


class Together:
    """The incidents of several who close one at the same moment: nobody's write is before another's look."""

    def __init__(self, world: World, kept: Incidents, count: int) -> None:
        self._kept = kept
        self._all = asyncio.Barrier(count)
        audit = AuditDesk(Chain(world.store().audit), lambda entry: entry, world.clock)
        self._duplicates = DuplicateDesk(kept, self, audit, world.clock)

    async def get(self, incident_id: str) -> Incident:
        found = await self._kept.get(incident_id)
        assert found is not None
        return found

    async def save(self, incident: Incident, was: int) -> bool:
        if incident.untold[-1].deed is not Deed.CLOSED:
            return await self._kept.save(incident, was)
        await self._all.wait()
        is_kept = await self._kept.save(incident, was)
        await self._all.wait()
        return is_kept

    async def active(self, incident_id: str, at: object) -> None:
        raise AssertionError("nobody writes in the thread")

    async def tell_soon(self, incident: Incident) -> None:
        await self._duplicates.turned(incident)


async def test_of_three_who_close_a_circle_whoever_closed_the_oldest_is_told_that_it_stays_open(world: World) -> None:
    """Three bots, of which each has seen three open ones."""
    _, ids = await three(world)
    store = world.store()
    audit = AuditDesk(Chain(store.audit), lambda entry: entry, world.clock)
    shared = Together(world, store.incidents, 3)
    roles = RoleDesk(store.roles, audit, (), cast("Presence", None))
    bots = [IncidentChanges(shared, shared, roles, audit, world.clock) for _ in ids]
    done = await asyncio.gather(
        *(
            bot.dismiss(one, world.ann.id, "a duplicate", ids[(n + 1) % 3])
            for n, (bot, one) in enumerate(zip(bots, ids, strict=True))
        ),
        return_exceptions=True,
    )
    assert isinstance(done[0], ConflictError)
    assert f"So {ids[0]} stays open" in done[0].remedy
    assert [one.id for one in done[1:] if isinstance(one, Incident)] == ids[1:]
    assert [(await world.document("incidents", one))["status"] for one in ids] == ["investigating", "closed", "closed"]
