"""Documents of another version of the bot: what the first ones wrote is read, what a newer one keeps beside is left."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.domain.search import EDITION
from sandbox.mongo import Mongod
from tests.asking import answer, standing, without_matplotlib
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATER = (
    "began",
    "acknowledged_at",
    "resolved_at",
    "resolved_by",
    "closed_at",
    "joined",
    "said",
    "words",
    "quote",
    "active_at",
    "endings",
    "indexed",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all of these tests."""
    with without_matplotlib():
        async with standing(mongod) as world:
            yield world


async def test_statistics_count_incidents_of_the_first_bots(shared: World) -> None:
    """They have no moment of their beginning beside that of their opening, and none of their acknowledgement."""
    (known,) = await shared.documents("incidents")
    old = {name: value for name, value in known.items() if name not in LATER}
    old |= {"_id": "INC-20261120-01D1", "title": "an old one", "same_words": [], "cards": [], "untold": []}
    await shared.puts("incidents", {**old, "status": "closed"})
    told = await answer(shared.slack, shared.ann, "/incident", "stats 30d")
    assert "Incidents of the last 30 days: 2" in told.shown


async def test_incidents_of_the_first_bots_are_found_by_their_ids_at_once(shared: World) -> None:
    """The index of endings is made while the bot runs: nobody waits for it who says the whole ID."""
    (known,) = await shared.documents("incidents", title="checkout is down")
    old = {name: value for name, value in known.items() if name not in LATER}
    old |= {"_id": "INC-20261119-01D2", "title": "a second one", "same_words": [], "cards": [], "untold": []}
    old["indexed"] = EDITION  # so that the index is not made meanwhile
    await shared.puts("incidents", {**old, "status": "closed"})
    told = await answer(shared.slack, shared.ann, "/incident", "show INC-20261119-01D2")
    assert "a second one" in told.shown


@pytest.mark.long
async def test_what_a_newer_bot_keeps_beside_is_left_alone(shared: World) -> None:
    """While bots are replaced one by one, the old ones read what the new ones write."""
    await answer(shared.slack, shared.ann, "/ops", "role tech-lead @ann")
    await answer(shared.slack, shared.ann, "/maintenance", "freeze 2027-01-01..2027-01-02 a holiday")
    (freeze,) = await shared.documents("freezes")
    await shared.puts("freezes", {**freeze, "_id": "FRZ-20270201-0000", "scale": 3})
    (sheet,) = await shared.documents("checklists")
    newer = [{**item, "scale": 3} for item in sheet["items"]]
    await shared.changes("checklists", sheet["_id"], {"items": newer, "scale": 3})
    window = next(one for one in await shared.documents("windows") if one["state"] == "planned")
    act = {"deed": "painted blue", "version": 1, "by": "ops-bot", "at": shared.clock(), "text": "", "scale": 3}
    await shared.changes("windows", window["_id"], {"acts": [act], "untold": [1], "version": 1})
    told = await answer(shared.slack, shared.ann, "/maintenance")
    assert told.shown.count("a holiday") == 2
    assert window["_id"] in told.shown
    assert (
        "is in the channel"
        in (await answer(shared.slack, shared.ann, "/maintenance", f"scope {window['_id']} paint")).shown
    )
    await shared.slack.shows("wrote what is to be done", window["_id"])
    (kept,) = await shared.stored("windows", _id=window["_id"], untold=[1])
    assert [one["deed"] for one in kept["acts"]] == ["painted blue", "scoped"]
    assert sheet["items"][0]["text"] in (await answer(shared.slack, shared.ann, "/checklist", "show")).shown
    assert "done" in (await answer(shared.slack, shared.ann, "/checklist", "done 1")).shown
