"""MongoDB refused, held, cut in the middle of a write, and cut after the write: during every kind of command."""

import asyncio
import time

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig
from faults.wire import Command, Phase

ACK_WITHIN = 1.0  # seconds; MongoDB's troubles are no reason to keep a person waiting
HURT_FOR = 2.0
WAYS = ("refused", "held", Phase.BEFORE, Phase.AFTER)
CUTS = 3  # writes of a round
OF_ACTS = ("incidents", "timeline", "checklists", "outbox")


async def run(rounds: int) -> Findings:
    """Each round is one of the four ways, in turn, while people open, note, tick and write."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        for number in range(rounds):
            how = WAYS[number % len(WAYS)]
            await acts.answer(built, built.slack.person("ann"), "/checklist", "start")
            first, _ = await acts.opens(built, f"before {number}")
            struck = await _hurt(built, how)
            opened, acked = await _act(built, number, first, promises)
            if not opened:
                found.lost.append(f"{how}: no incident was opened")
            if isinstance(how, Phase) and not struck:
                found.wrong.append(f"{how}: no write was cut")
            if acked > ACK_WITHIN:
                found.wrong.append(f"{how}: acknowledged after {acked:.1f} s")
            begun = time.perf_counter()
            await _heal(built, how)
            found.add(await check(built, promises))
            found.took(time.perf_counter() - begun)
    return found


async def _act(built: Rig, number: int, first: str, promises: Promises) -> tuple[str, float]:
    """One of everything: the ID of what was opened, and the slowest acknowledgement."""
    opened, acked = await acts.opens(built, f"during {number}")
    _, noted = await acts.notes(built, first, f"note {number}", promises)
    _, ticked = await acts.ticks(built, number % 12 + 1, promises)
    await acts.writes(built, first, f"message {number}", promises)
    return opened, max(acked, noted, ticked)


async def _hurt(built: Rig, how: str) -> list[Command]:
    """Begins the trouble; the writes that are cut are in the list, as they come."""
    struck: list[Command] = []
    if how == "refused":
        await built.wire.cut()
    elif how == "held":
        built.wire.hold()
    else:

        async def cut(command: Command, phase: Phase) -> bool:
            is_met = phase is how and command.collection in OF_ACTS and len(struck) < CUTS
            if is_met:
                struck.append(command)
            return is_met

        built.wire.meets = cut
    return struck


async def _heal(built: Rig, how: str) -> None:
    await asyncio.sleep(HURT_FOR if how in ("refused", "held") else 0)
    built.wire.meets = None
    built.wire.release()
    if how == "refused":
        await built.wire.start()
