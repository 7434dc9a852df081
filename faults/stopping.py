"""SIGTERM with work in flight: all is finished or taken over, the exit code is 0, nothing is left unclosed."""

import asyncio
import time
from functools import partial

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig

ENDS_IN = 10.0  # seconds after which a supervisor kills
TROUBLE = ("was destroyed", "Unclosed", "never awaited", "ResourceWarning", "Traceback")


async def run(rounds: int) -> Findings:
    """Each round: an incident, a note and a message under way when the bot is told to stop; then the next bot."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        standing, _ = await acts.opens(built, "standing")
        for number in range(rounds):
            built.slack.faults.add("latency", "chat.postMessage", count=1, value=0.5)
            before = len(built.slack.calls_of("chat.postMessage"))
            acting = asyncio.ensure_future(acts.opens(built, f"round {number}"))
            await acts.writes(built, standing, f"message {number}", promises)
            await built.slack.until(partial(_posted, built, before), "a post under way")
            begun = time.perf_counter()
            code = await built.bots.terminate()
            took = time.perf_counter() - begun
            async with acts.meanwhile(acting):
                await built.start()
            if code != 0 or took > ENDS_IN:
                found.wrong.append(f"exit code {code} after {took:.1f} s")
            found.add(await check(built, promises))
            found.took(took)
        lines = built.bots.log.read_text(errors="replace").splitlines()
        found.wrong += [line[:200] for line in lines if any(word in line for word in TROUBLE)]
    return found


def _posted(built: Rig, before: int) -> bool:
    return len(built.slack.calls_of("chat.postMessage")) > before
