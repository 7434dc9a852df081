"""The line to Slack: refreshed, closed, aborted, half open, and away; and what people write while nobody hears them."""

import asyncio
import time

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig

AGAIN_WITHIN = 5.0  # seconds after which commands are answered again
PARTS = 3  # of the time without any socket: people write at the beginning of each
HOW = ("refresh", "close", "abort", "half_open")


async def broken(rounds: int) -> Findings:
    """People go on writing and asking while sockets go; no message is lost, none entered twice."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        standing, _ = await acts.opens(built, "standing")
        for number in range(rounds):
            how = HOW[number % len(HOW)]
            await _hurt(built, how)
            for n in range(5):
                await acts.writes(built, standing, f"message {number}.{n}", promises)
            begun = time.perf_counter()
            while time.perf_counter() - begun < AGAIN_WITHIN * 4:
                told, _ = await acts.answer(built, built.slack.person("ann"), "/incident", "list", within=3.0)
                if told:
                    break
                await asyncio.sleep(0.1)  # as a person who tries again
            took = time.perf_counter() - begun
            if took > AGAIN_WITHIN and how != "half_open":
                found.wrong.append(f"{how}: answered again after {took:.1f} s")
            found.took(took)
            found.add(await check(built, promises))
            await built.slack.until_connected(2, within=60.0)
    return found


async def away(rounds: int, minutes: float) -> Findings:
    """No socket at all for so long; then what was written, edited, deleted and marked meanwhile is read back."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        standing, _ = await acts.opens(built, "standing")
        for number in range(rounds):
            ends = time.perf_counter() + minutes * 60
            built.slack.sockets.refuse_for(minutes * 60)
            built.slack.sockets.abort()
            for part in range(PARTS):
                await _unheard(built, standing, f"{number}.{part}", promises)
                left = ends - time.perf_counter()
                await asyncio.sleep(max(0.0, left / (PARTS - part) - (0.5 if part == PARTS - 1 else 0.0)))
            if built.slack.connected:
                found.wrong.append("there was a socket all the same")
            took = await _answering(built) - ends
            if took > AGAIN_WITHIN:
                found.wrong.append(f"answered again after {took:.1f} s")
            found.took(took)
            found.add(await check(built, promises))
            for part in range(PARTS):
                found.add(await _as_it_is_now(built, standing, f"{number}.{part}"))
            await built.slack.until_connected(2, within=60.0)
    return found


async def _answering(built: Rig) -> float:
    """Waits until a command is answered; when that was, by time.perf_counter."""
    await built.slack.until_connected(1, within=90.0)
    while True:
        told, _ = await acts.answer(built, built.slack.person("ann"), "/incident", "list", within=3.0)
        if told:
            return time.perf_counter()
        await asyncio.sleep(0.1)  # as a person who tries again


async def dead(rounds: int) -> Findings:
    """The same while the bot is dead."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        standing, _ = await acts.opens(built, "standing")
        for number in range(rounds):
            await built.bots.kill()
            await _unheard(built, standing, f"{number}", promises)
            await built.start()
            found.add(await check(built, promises))
            found.add(await _as_it_is_now(built, standing, f"{number}"))
    return found


async def _unheard(built: Rig, incident_id: str, number: str, promises: Promises) -> None:
    """Messages that nobody hears of: one stays, one is edited, one is deleted, one is marked."""
    bob = built.slack.person("bob")
    for what in ("stays", "edited", "marked"):
        await acts.writes(built, incident_id, f"{what} {number}", promises)
    gone = await bob.writes(f"deleted {number}", thread=acts.card(built, incident_id))
    await bob.edits(promises.written[-2], f"changed {number}")
    await bob.reacts("pushpin", promises.written[-1])
    await bob.deletes(gone)


async def _as_it_is_now(built: Rig, incident_id: str, number: str) -> Findings:
    """Whether the timeline has the messages of a round as the thread has them."""
    found = Findings(expected=3)
    end = asyncio.get_running_loop().time() + 30.0
    while asyncio.get_running_loop().time() < end:
        entries = await built.documents("timeline", incident_id=incident_id, kind="message")
        texts = {str(one["text"]): one for one in entries}
        marked = bool(texts.get(f"marked {number}", {}).get("pinned_by"))
        found.lost = [
            what
            for what, is_there in (
                (f"the edit of round {number}", f"changed {number}" in texts),
                (f"the mark of round {number}", marked),
                (f"the deletion of round {number}", f"deleted {number}" not in texts),
            )
            if not is_there
        ]
        if not found.lost:
            return found
        await asyncio.sleep(0.1)  # MongoDB has no bell
    return found


async def _hurt(built: Rig, how: str) -> None:
    sockets = built.slack.sockets
    if how == "refresh":
        await sockets.refresh()
    elif how == "close":
        await sockets.close()
    elif how == "abort":
        sockets.abort()
    else:
        sockets.half_open()
