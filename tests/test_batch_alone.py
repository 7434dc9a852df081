"""What waits is done together, in order, with one result for all; and a thread in which hundreds write at once."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.domain.batch import MOST, Batches
from tests.test_incident import opened
from tests.world import World


async def test_what_comes_while_work_is_under_way_is_done_together() -> None:
    """The first alone and at once, the others in order; another key waits for nobody."""
    done: list[tuple[str, list[int]]] = []
    goes_on = asyncio.Event()

    async def work(key: str, items: Sequence[int]) -> int:
        if key == "a":
            await goes_on.wait()
        done.append((key, list(items)))
        return len(items)

    batches: Batches[str, int, int] = Batches(work)
    first = asyncio.create_task(batches.do("a", 0))
    await asyncio.sleep(0)
    others = [asyncio.create_task(batches.do("a", number)) for number in range(1, MOST + 3)]
    assert await batches.do("b", 9) == 1
    goes_on.set()
    assert await first == 1
    assert await asyncio.gather(*others) == [MOST] * MOST + [2, 2]
    numbers = [number for key, items in done if key == "a" for number in items]
    assert numbers == list(range(MOST + 3))
    assert await batches.do("a", 7) == 1


async def test_an_error_is_that_of_all_and_the_next_batch_is_tried_anew() -> None:
    """Each of them is told, so that Slack sends all of them again; whoever gave up waiting harms nobody."""
    fails = True

    async def work(_: str, items: Sequence[int]) -> int:
        await asyncio.sleep(0)
        if fails:
            raise ConnectionError("away")
        return sum(items)

    batches: Batches[str, int, int] = Batches(work)
    both = await asyncio.gather(batches.do("a", 1), batches.do("a", 2), return_exceptions=True)
    assert [type(one) for one in both] == [ConnectionError, ConnectionError]
    fails = False
    gone = asyncio.create_task(batches.do("a", 3))
    stays = asyncio.create_task(batches.do("a", 4))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 7
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_hundreds_who_write_at_once_are_heard_by_the_hundred(world: World) -> None:
    """Each message is there once, each is acknowledged at the first try, and those who wrote have joined."""
    card, incident_id = await opened(world)
    for number in range(300):
        await (world.ann, world.bob)[number % 2].writes(f"message {number}", thread=card)
    found = await world.stored("timeline", 300, within=30.0, incident_id=incident_id, kind="message")
    assert {entry["text"] for entry in found} == {f"message {number}" for number in range(300)}
    await world.slack.until(lambda: not world.slack.delivery.pending, "all acknowledgements")
    await world.stored("incidents", _id=incident_id, joined=[world.ann.id, world.bob.id])
    (words,) = await world.documents("words", _id=incident_id)
    assert words["revision"] < 200  # they were not indexed one by one
