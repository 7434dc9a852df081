"""What the bots of a world tell Prometheus."""

import re

import aiohttp

from tests.world import World


async def measured(world: World, name: str, **labels: str) -> float:
    """A metric's value with these labels, the sum of all bots'; NaN if none has it."""
    said = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    line = re.compile("^" + re.escape(f"{name}{{{said}}}" if said else name) + r" (\S+)$", re.MULTILINE)
    found = list[float]()
    async with aiohttp.ClientSession() as client:
        for bot in world.bots:
            async with client.get(f"http://127.0.0.1:{bot.port}/metrics") as answer:
                found += map(float, line.findall(await answer.text()))
    return sum(found) if found else float("nan")
