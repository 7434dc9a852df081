"""A storm of alerts: a thousand groups in a minute, with an incident opened in the middle of it."""

import asyncio
import time

from faults import acts
from faults.checker import Findings, Promises, check
from faults.kills import port
from faults.load import memory, open_files
from faults.rig import Rig, rig

GROUPS = 1_000
SECONDS = 60.0
OPENED_EVERY = 10.0  # seconds
CARD_WITHIN = 3.0
GROWTH = 1.25  # of the memory after the first storm
MORE_FILES = 50  # as large as the busiest moment needed, and bounded


async def run(rounds: int) -> Findings:
    """A round is a storm; the first one fills the caches, so that with two or more memory can be compared."""
    found, cards = Findings(), list[float]()
    async with rig() as built:
        pid, promises = built.bots.running[0].pid, Promises()
        await acts.opens(built, "before it")
        levels = [(memory(pid), open_files(pid))]
        for number in range(rounds):
            cards += await _storm(built, number, promises)
            levels.append((memory(pid), open_files(pid)))
        kept = {str(one["key"]) for one in await built.documents("alerts", kind="group")}
        found.expected += GROUPS * rounds
        refused = GROUPS * rounds - len(promises.alerts)
        found.lost += [f"{one} is not kept" for one in promises.alerts if not any(f'"{one}"' in key for key in kept)]
        found.wrong += [f"{refused} notifications were refused"] if refused else []
        found.add(await check(built, Promises()))
        found.took(max(cards))
        shown = " ".join(f"{size:.0f} MB/{files}" for size, files in levels)
        found.notes.append(
            f"{GROUPS:,} groups of alerts in a minute: memory and open files before and after each {shown}; "
            f"a card is there after {max(cards):.2f} s at most; {len(_alerts(built))} messages of alerts"
        )
        first, last = levels[1], levels[-1]
        if last[0] > first[0] * GROWTH or last[1] > first[1] + MORE_FILES:
            found.wrong.append("memory or open files grow")
        found.wrong += [f"a card took {took:.1f} s" for took in cards if took > CARD_WITHIN]
    return found


async def _storm(built: Rig, number: int, promises: Promises) -> list[float]:
    """All groups of a storm, evenly; how long the cards took that were opened meanwhile."""
    cards, begun = list[float](), time.perf_counter()
    sending = asyncio.ensure_future(_groups(built, number, promises))
    while not sending.done():
        await asyncio.wait({sending}, timeout=OPENED_EVERY)
        if not sending.done():
            cards.append(await _opened(built, f"storm {number}, {time.perf_counter() - begun:.0f} s"))
    await sending
    return cards


async def _groups(built: Rig, number: int, promises: Promises) -> None:
    where, begun = port(built), time.perf_counter()
    going = set[asyncio.Task[None]]()
    for n in range(GROUPS):
        going.add(asyncio.ensure_future(acts.notifies(where, f"Storm{number}x{n}", promises)))
        await asyncio.sleep(max(0.0, begun + SECONDS * n / GROUPS - time.perf_counter()))
    await asyncio.wait(going)


async def _opened(built: Rig, title: str) -> float:
    """Seconds from the command to the card."""
    begun = time.perf_counter()
    incident_id, _ = await acts.opens(built, title)
    await built.slack.until(lambda: acts.card(built, incident_id), "the card", 60.0)
    return time.perf_counter() - begun


def _alerts(built: Rig) -> list[object]:
    posts = built.slack.channel().by_bot
    return [post for post in posts if (post.metadata or {}).get("event_type") == "opsbot_alert"]
