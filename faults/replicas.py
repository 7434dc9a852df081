"""Several bots at once, restarted one after the other under load: each thing is done once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial

from faults import acts
from faults.checker import Findings, Promises, check
from faults.kills import port
from faults.rig import Rig, rig
from sandbox.services import Services
from sandbox.sight import Post

SETTINGS = {"ESCALATE_AFTER": "5s", "UPDATE_EVERY": "10s", "HEALTH_INTERVAL": "5s"}
SERVICES = ("prometheus", "grafana", "loki")  # each is away once: a second time soon after is the same outage
TOLD_WITHIN = 60.0


async def two(rounds: int) -> Findings:
    """Two bots."""
    return await _rolling(rounds, 2)


async def five(rounds: int) -> Findings:
    """Five bots: ten sockets, as many as Slack gives."""
    return await _rolling(rounds, 5)


async def _rolling(rounds: int, count: int) -> Findings:
    found, services = Findings(), Services()
    async with _up(services), rig(count, **{**SETTINGS, **services.environment()}) as built:
        promises = Promises()
        await acts.answer(built, built.slack.person("ann"), "/ops", "role on-call @bob backup @cyd")
        standing, _ = await acts.opens(built, "standing")
        for number in range(rounds):
            going = asyncio.gather(
                _load(built, number, standing, promises), _outage(built, services, SERVICES[number : number + 1], found)
            )
            for _ in range(count):
                code = await built.bots.terminate()
                if code:
                    found.wrong.append(f"a bot ended with {code}")
                await built.start()
            await going
            found.add(await check(built, promises))
    return found


@contextlib.asynccontextmanager
async def _up(services: Services) -> AsyncIterator[None]:
    await services.start()
    try:
        yield
    finally:
        await services.stop()


async def _outage(built: Rig, services: Services, names: Sequence[str], found: Findings) -> None:
    """A service goes away and comes back: one message, which tells both."""
    for name in names:
        for state, told in (("refuse", f"{name} is down"), ("up", f"{name} is up again")):
            await services.switch(name, state)
            found.expected += 1
            try:
                await built.slack.until(partial(_telling, built, told), told, TOLD_WITHIN)
            except AssertionError:
                found.lost.append(told)
        if len(of_it := _telling(built, f"{name} is")) > 1:
            found.doubled += [f"{one.ts}: {one.text}" for one in of_it]


def _telling(built: Rig, words: str) -> list[Post]:
    return [post for post in built.slack.channel().everything if post.by_bot and words in post.text]


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
