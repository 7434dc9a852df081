"""How quick the bot is beside the least that each thing can take.

Each figure stands beside its floor, measured in the same run on the same machine; medians of several rounds.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from benchmarks.floors import IMPORTS
from benchmarks.table import Figure
from bot.domain import window_steps as steps
from bot.domain.announcement import Ladder, rungs
from bot.domain.window import Kind, Window, window_id
from bot.store.database import Store
from faults.acts import answer
from faults.announcing import LEASE, settings
from faults.load import memory
from faults.rig import Rig, rig
from sandbox.__main__ import manifest
from sandbox.child import mortal
from sandbox.people import Person
from sandbox.slack import Slack

ROOT = Path(__file__).parents[1]
SLOW = 0.4  # seconds that the slowest service takes
IN_FLIGHT = 50
LADDER = Ladder((("6s", timedelta(seconds=6)), ("3s", timedelta(seconds=3))), timedelta(seconds=3))


async def acks(slack: Slack, count: int, *, is_answered: bool = True) -> tuple[float, float, float]:
    """Milliseconds to an acknowledgement one after the other, half and 99 %; then for each of fifty at once."""
    ann = slack.person("ann")
    times = []
    for _ in range(count):
        before = len(ann.ephemerals)
        times.append((await ann.says("/ops", "whoami")).acked_in or 9.0)
        if is_answered:  # else the work of one is measured as the acknowledgement of the next
            await slack.until(partial(_more, ann, before), "an answer")
    times.sort()
    room = asyncio.Semaphore(IN_FLIGHT)

    async def one() -> None:
        async with room:
            await ann.says("/ops", "whoami")

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(count)))
    together = (time.perf_counter() - begun) / count
    await slack.settled(0.2)
    slack.workspace.ephemerals.clear()  # thousands of answers slow the workspace down, not the bot
    return times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000, together * 1000


def _more(who: Person, before: int) -> bool:
    return len(who.ephemerals) > before


@asynccontextmanager
async def echo() -> AsyncIterator[Slack]:
    """A workspace with a bare Bolt app."""
    async with Slack(manifest()) as slack:
        process = await asyncio.create_subprocess_exec(
            *mortal([sys.executable, "-m", "benchmarks.floors"]), cwd=ROOT, env=slack.environment()
        )
        try:
            await slack.until_connected(1, within=30.0)
            yield slack
        finally:
            process.kill()
            await process.wait()


async def acknowledging(rounds: int, count: int) -> list[Figure]:
    """A command's acknowledgement, of the bot and of the echo in turn."""
    ours, bare = [], []
    async with rig() as built, echo() as other:
        for _ in range(rounds):
            ours.append(await acks(built.slack, count))
            bare.append(await acks(other, count, is_answered=False))
    names = ("acknowledgement, half", "acknowledgement, 99 %", f"acknowledgement, {IN_FLIGHT} at once, per command")
    return [
        Figure(name, median(one[n] for one in ours), "ms", median(one[n] for one in bare), most)
        for n, (name, most) in enumerate(zip(names, (0.5, 1.0, 1.0), strict=True))
    ]


async def opening(built: Rig, rounds: int) -> Figure:
    """From Enter to the card in the channel, beside one majority write and one post by a client of their own."""
    ours, bare = [], []
    collection = built.database.get_default_database()["floor"]
    for number in range(rounds * 5):
        begun = time.perf_counter()
        await built.slack.person("ann").says("/incident", f"open sev3 incident {number}")
        await built.slack.shows(f"incident {number}", "Opened by")
        ours.append(time.perf_counter() - begun)
        await built.slack.settled(0.2)
        begun = time.perf_counter()
        await collection.insert_one({"_id": number})  # majority is the server's default
        await _post(built.slack, f"floor {number}")
        bare.append(time.perf_counter() - begun)
    return Figure("`/incident open` to the card", median(ours) * 1000, "ms", median(bare) * 1000)


async def _post(slack: Slack, text: str) -> None:
    told = slack.environment()
    client = AsyncWebClient(told["SLACK_BOT_TOKEN"], base_url=told["SLACK_API_URL"])
    await client.chat_postMessage(channel=slack.workspace.channel("#ops-shared").id, text=text)


async def health(rounds: int) -> Figure:
    """`/health` with one slow service; the slowest probe is the floor."""
    took = []
    async with _slow() as url, rig(1, LOKI_URL=url) as built:
        bob = built.slack.person("bob")
        for _ in range(rounds):
            begun = time.perf_counter()
            told, _ = await answer(built, bob, "/health", "")
            took.append(time.perf_counter() - begun)
            if "Loki" not in told and "loki" not in told:
                raise SystemExit(f"/health said: {told}")
    return Figure("`/health` with a slow service", median(took) * 1000, "ms", SLOW * 1000)


@asynccontextmanager
async def _slow() -> AsyncIterator[str]:
    """A service that is ready, and takes its time to say so; its address."""

    async def ready(_: web.Request) -> web.Response:
        await asyncio.sleep(SLOW)
        return web.Response(text="ready")

    app = web.Application()
    app.router.add_get("/ready", ready)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def starting(rounds: int) -> tuple[Figure, Figure, Figure]:
    """From the start to two open sockets beside the bare imports; memory then, and after ten thousand commands."""
    imports = [_imports() for _ in range(rounds)]
    took = []
    async with rig(0) as built:
        for _ in range(rounds):
            begun = time.perf_counter()
            await built.start()
            took.append(time.perf_counter() - begun)
            fresh = memory(built.bots.running[0].pid)
            if len(took) < rounds:
                await built.bots.kill()
        for _ in range(10):
            await acks(built.slack, 500)
        after = memory(built.bots.running[0].pid)
    least = median(one[0] for one in imports)
    floor = median(one[1] for one in imports)
    return (
        Figure("start to ready", median(took), "s", least),
        Figure("memory when ready", fresh, "MB", floor, plus=30),
        Figure("memory after 10,000 commands", after, "MB", floor),
    )


def _imports() -> tuple[float, float]:
    code = f"import {IMPORTS}\nprint(int(open('/proc/self/status').read().split('VmRSS:')[1].split()[0]))"
    begun = time.perf_counter()
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603 - ours
    return time.perf_counter() - begun, int(told.stdout) / 1024


async def announcing() -> Figure:
    """Seconds from when a rung is due until it is in the channel; the tick of a second is the floor."""
    async with rig(1, **settings(LADDER)) as built:
        store = Store(built.database.get_default_database(), "bench", LEASE)
        now = datetime.now(UTC).replace(microsecond=0)
        start = now + timedelta(seconds=9)
        window = Window(window_id(now), start, start + timedelta(seconds=8), "A window", Kind.ONE_OFF)
        planned = steps.scheduled(window, "U0ANN", now)
        await store.windows.add(planned)
        wanted = {rung.key: rung.due for rung in rungs(planned, LADDER)}
        found: dict[str, float] = {}

        def told() -> bool:
            for post in built.slack.channel().everything:
                key = str(((post.metadata or {}).get("event_payload") or {}).get("key", ""))
                if key in wanted and key not in found:
                    found[key] = float(post.ts) - wanted[key].timestamp()
            return len(found) == len(wanted)

        await built.slack.until(told, "all rungs", within=60.0)
    return Figure("a rung's delay, the longest of a window", max(found.values()), "s", 1.0)


def figures(is_quick: bool) -> list[Figure]:
    """All of them."""
    return asyncio.run(_measured(*((2, 100) if is_quick else (5, 200))))


async def _measured(rounds: int, count: int) -> list[Figure]:
    found = await acknowledging(rounds, count)
    async with rig() as built:
        found.append(await opening(built, rounds))
    found += [await health(rounds), *await starting(rounds), await announcing()]
    return found
