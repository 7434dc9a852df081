"""kill -9 at random, of one, two or all of three bots, at any moment: also while one of them starts."""

import asyncio
import random
from collections import Counter
from functools import partial

from faults import acts
from faults.checker import Findings, Promises, check
from faults.kills import ACTS, do
from faults.rig import SOCKETS, Rig, rig

REPLICAS = 3
KILLED = (1, 1, 1, 1, 2, 3)  # of three at the same moment
ALIVE = (1, 1, 2, 3)  # bots that are connected before the next round
WITHIN = 0.4  # seconds from the act to the kill
ANSWER = 4.0  # seconds in which an act is answered, unless its bot is dead
CHECKED = 50  # rounds between two looks at everything: what a dead bot had claimed is free after 30 s
BACK_WITHIN = 60.0


async def run(rounds: int) -> Findings:
    """A round is an act of a person or of Alertmanager, and a kill meanwhile or just after."""
    found, dice, killed = Findings(), random.SystemRandom(), Counter[int]()
    async with rig(REPLICAS) as built:
        promises = Promises()
        standing = await acts.begins(built)
        for number in range(rounds):
            act = dice.choice(list(ACTS))
            if act == "escalating":  # each incident once
                opened, _ = await acts.opens(built, f"to escalate {number}")
                standing = opened or standing
            acting = asyncio.ensure_future(do(built, act, number, standing, promises))
            async with acts.meanwhile(acting):
                await asyncio.sleep(dice.uniform(0, WITHIN))
                count = dice.choice(KILLED)
                await _strike(built, dice, count)
                killed[count] += 1
                await asyncio.wait({acting}, timeout=ANSWER)
            alive = SOCKETS * dice.choice(ALIVE)
            await built.slack.until_connected(alive, BACK_WITHIN)
            if number % CHECKED == CHECKED - 1 or number == rounds - 1:
                found.add(await check(built, promises))
        told = ", ".join(f"{killed[count]} of {count}" for count in sorted(killed))
        found.notes.append(f"kills at random, of so many of three bots at once: {told}")
    return found


async def _strike(built: Rig, dice: random.Random, count: int) -> None:
    """Kills so many at once, whether they are ready or still starting, and starts as many."""
    for _ in range(count):
        await built.bots.kill(dice.randrange(len(built.bots.running)))
    await built.slack.until(partial(_closed, built), "the sockets of the dead to close", BACK_WITHIN)
    for _ in range(count):
        await built.bots.start()


def _closed(built: Rig) -> bool:
    return built.slack.connected <= SOCKETS * len(built.bots.running)
