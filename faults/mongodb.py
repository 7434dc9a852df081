"""MongoDB refused, held, cut in the middle of a write, and cut after the write: during every kind of command."""

import asyncio
import time

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig
from faults.wire import Command, Phase

ACK_WITHIN = 1.0  # seconds; MongoDB's troubles are no reason to keep a person waiting
HURT_FOR = 2.0
OFTEN = ("refused", "held", Phase.BEFORE, Phase.AFTER)


async def run(rounds: int) -> Findings:
    """Each round is one of the four ways, in turn, while people open, note, tick and write."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        for number in range(rounds):
            how = OFTEN[number % len(OFTEN)]
            await acts.answer(built, built.slack.person("ann"), "/checklist", "start")
            first, _ = await acts.opens(built, f"before {number}")
            await _hurt(built, how)
            acked = await _act(built, number, first, promises)
            if acked > ACK_WITHIN:
                found.wrong.append(f"{how}: acknowledged after {acked:.1f} s")
            begun = time.perf_counter()
            await _heal(built, how)
            found.add(await check(built, promises))
            found.took(time.perf_counter() - begun)
    return found


async def _act(built: Rig, number: int, first: str, promises: Promises) -> float:
    """One of everything; the slowest acknowledgement."""
    opened, acked = await acts.opens(built, f"during {number}")
    if not opened:
        promises.notes.append((f"round {number}", "an incident must open without MongoDB"))  # counts as lost
    _, noted = await acts.notes(built, first, f"note {number}", promises)
    _, ticked = await acts.ticks(built, number % 12 + 1, promises)
    await acts.writes(built, first, f"message {number}", promises)
    return max(acked, noted, ticked)


async def _hurt(built: Rig, how: str) -> None:
    if how == "refused":
        await built.wire.cut()
    elif how == "held":
        built.wire.hold()
    else:
        left = 3

        async def cut(command: Command, phase: Phase) -> bool:
            nonlocal left
            if phase is not how or command.collection not in ("incidents", "timeline", "checklists", "outbox"):
                return False
            left -= 1
            return left >= 0

        built.wire.meets = cut


async def _heal(built: Rig, how: str) -> None:
    await asyncio.sleep(HURT_FOR if how in ("refused", "held") else 0)
    built.wire.meets = None
    built.wire.release()
    if how == "refused":
        await built.wire.start()
