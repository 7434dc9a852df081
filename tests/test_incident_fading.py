"""MongoDB goes away between two writes of one act: what was done is told as done, and what was not as not done."""

from typing import cast

import pytest

from bot.domain.audit import AuditDesk
from bot.domain.audit_chain import Chain
from bot.domain.incident import Incident, Status
from bot.domain.incident_changes import IncidentChanges
from bot.domain.presence import Presence
from bot.domain.role import RoleDesk
from bot.errors import StoreAwayError
from bot.store.incident import Incidents
from tests.test_incident import opened
from tests.world import World


class Fading:
    """The incidents of a MongoDB that goes away as soon as something was changed in it."""

    def __init__(self, kept: Incidents) -> None:
        self._kept = kept
        self._is_away = False

    async def get(self, incident_id: str) -> Incident:
        if self._is_away:
            raise StoreAwayError
        found = await self._kept.get(incident_id)
        assert found is not None
        return found

    async def save(self, incident: Incident, was: int) -> bool:
        return await self._kept.save(incident, was)

    async def active(self, incident_id: str, at: object) -> None:
        raise AssertionError("nobody writes in the thread")

    async def tell_soon(self, incident: Incident) -> None:
        self._is_away = True


def fading(world: World) -> IncidentChanges:
    """Changes of Ann's, who opened what she changes, so that no role is asked for."""
    store = world.store()
    audit = AuditDesk(Chain(store.audit), lambda entry: entry, world.clock)
    kept = Fading(store.incidents)
    return IncidentChanges(kept, kept, RoleDesk(store.roles, audit, (), cast("Presence", None)), audit, world.clock)


async def test_a_duplicate_that_is_closed_is_told_as_closed(world: World) -> None:
    """Whether the original hears of it then, or that it was opened again."""
    _, one = await opened(world, "open sev2 the cache is cold", "the cache is cold")
    _, other = await opened(world, "open sev2 mail is late", "mail is late")
    await world.stored("incidents", 2, untold=[])
    done = await fading(world).dismiss(other, world.ann.id, f"a duplicate of {one}", one)
    assert (done.status, done.duplicate_of) == (Status.CLOSED, one)
    assert (await world.document("incidents", other))["status"] == "closed"
    done = await fading(world).reopen(other, world.ann.id, "it is not")
    assert done.is_open


async def test_an_update_whose_words_are_kept_is_not_told_as_lost(world: World) -> None:
    """The words are there, the status is not."""
    _, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    with pytest.raises(StoreAwayError, match="so the status is not changed; your words are kept"):
        await fading(world).update(incident_id, world.ann.id, "restarted", Status.MONITORING)
    assert [one["words"] for one in (await world.document("incidents", incident_id))["said"]]
