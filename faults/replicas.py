"""Several bots at once, restarted one after the other under load: each thing is done once."""

import asyncio

from faults import acts
from faults.checker import Findings, Promises, check
from faults.kills import port
from faults.rig import Rig, rig

SETTINGS = {"ESCALATE_AFTER": "5s", "UPDATE_EVERY": "10s"}


async def two(rounds: int) -> Findings:
    """Two bots."""
    return await _rolling(rounds, 2)


async def five(rounds: int) -> Findings:
    """Five bots: ten sockets, as many as Slack gives."""
    return await _rolling(rounds, 5)


async def _rolling(rounds: int, count: int) -> Findings:
    found = Findings()
    async with rig(count, **SETTINGS) as built:
        promises = Promises()
        await acts.answer(built, built.slack.person("ann"), "/ops", "role on-call @bob backup @cyd")
        standing, _ = await acts.opens(built, "standing")
        for number in range(rounds):
            going = asyncio.ensure_future(_load(built, number, standing, promises))
            for _ in range(count):
                code = await built.bots.terminate()
                if code:
                    found.wrong.append(f"a bot ended with {code}")
                await built.start()
            await going
            found.add(await check(built, promises))
    return found


async def _load(built: Rig, number: int, standing: str, promises: Promises) -> None:
    """People and Alertmanager go on; reminders and escalations become due meanwhile."""
    opened, _ = await acts.opens(built, f"round {number}")
    if opened:
        await acts.answer(built, built.slack.person("ann"), "/escalate", f"{opened} nobody is here")
    for n in range(10):
        await acts.notes(built, standing, f"note {number}.{n}", promises)
        await acts.writes(built, standing, f"message {number}.{n}", promises)
        await acts.notifies(port(built), f"Alert{number}", promises)
        await asyncio.sleep(0.5)  # people take their time; reminders and steps fall due
