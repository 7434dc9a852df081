"""The primary of three is killed while commands run: no act that was acknowledged as done may be missing."""

import asyncio
import time
from functools import partial

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, on
from faults.wire import Wire
from sandbox.mongo import free_port
from sandbox.mongo_set import MongodSet

ACTS = 12  # of each round, before, during and after the death


async def run(rounds: int) -> Findings:
    """Each round people open, note, tick and write without a pause; the primary dies, is succeeded, and comes back."""
    found = Findings()
    with MongodSet() as servers:
        wire = Wire(free_port(), servers.members[0].port)  # not used: the bots know all three
        async with on(servers.url(), servers.url(), wire) as built:
            promises = Promises()
            standing, _ = await acts.opens(built, "standing")
            await acts.answer(built, built.slack.person("ann"), "/checklist", "start")
            for number in range(rounds):
                going = asyncio.ensure_future(_on_and_on(built, number, standing, promises))
                first = len(promises.notes) + 1
                await built.slack.until(partial(_has, promises, first), "the first acts", 60.0)
                dead = await asyncio.to_thread(servers.primary)
                await asyncio.to_thread(dead.kill)
                begun = time.perf_counter()
                await asyncio.to_thread(servers.primary)
                elected = time.perf_counter() - begun
                await going
                await asyncio.to_thread(dead.start)
                found.add(await check(built, promises))
                found.took(elected)
    return found


def _has(promises: Promises, count: int) -> bool:
    return len(promises.notes) >= count


async def _on_and_on(built: Rig, number: int, standing: str, promises: Promises) -> None:
    for n in range(ACTS):
        await acts.opens(built, f"round {number}.{n}")
        await acts.notes(built, standing, f"note {number}.{n}", promises)
        await acts.writes(built, standing, f"message {number}.{n}", promises)
        await acts.ticks(built, n % 12 + 1, promises)
