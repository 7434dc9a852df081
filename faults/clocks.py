"""Time that is not as it should be: the bot is away across a rung, stands still, or its clock is stepped."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain import window_steps as steps
from bot.domain.announcement import Ladder
from bot.domain.window import Kind, Window, window_id
from bot.store.database import Store
from faults.announcing import LEASE, counted, posted, settings, settled
from faults.checker import Findings
from faults.rig import Rig, rig

LADDER = Ladder((("20s", timedelta(seconds=20)), ("10s", timedelta(seconds=10))), timedelta(seconds=10))
AHEAD = timedelta(seconds=24)
LENGTH = timedelta(seconds=25)
ACROSS = 8.0  # seconds: from before the first rung until after it
FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
AT_ONCE = 2  # announcements of one window within a second: a rung and the head that follows it


async def run(rounds: int) -> Findings:
    """Each round is one window and one of the three, in turn: late and marked, or skipped with a reason; no bursts."""
    found = Findings()
    ways: tuple[Callable[[Rig], Awaitable[None]], ...] = (_away, _still)
    for number in range(rounds):
        if number % 3 == 2:
            found.add(await _one(_stepped, **own_clock()))
        else:
            found.add(await _one(ways[number % 3]))
    return found


async def _one(hurt: Callable[[Rig], Awaitable[None]], **more: str) -> Findings:
    async with rig(1, **settings(LADDER), **more) as built:
        store = Store(built.database.get_default_database(), "faults", LEASE)
        now = datetime.now(UTC).replace(microsecond=0)
        start = now + AHEAD
        planned = Window(window_id(now), start, start + LENGTH, "A window", Kind.ONE_OFF)
        made = [steps.scheduled(planned, "U0ANN", now)]
        await store.windows.add(made[0])
        await hurt(built)
        await settled(store, made, LADDER)
        found = await counted(store, built.slack, made, LADDER)
        found.notes.clear()
        moments = sorted(int(float(post.ts)) for post in built.slack.channel().everything if post.by_bot)
        if any(moments.count(moment) > AT_ONCE for moment in moments):
            found.wrong.append(f"a burst: {[text for _, text in posted(built.slack)]}")
        return found


async def _away(built: Rig) -> None:
    """Killed before a rung, and started again after it."""
    await built.bots.kill()
    await asyncio.sleep(ACROSS)
    await built.start()


async def _still(built: Rig) -> None:
    """The process stands still, as on a machine that is paused, and goes on as if nothing had been."""
    process = built.bots.running[0]
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(ACROSS)
    process.send_signal(signal.SIGCONT)


def faketime() -> Path | None:
    """What moves a process's clock, from Debian's package faketime; None where that is not installed."""
    found = [Path(one) / "faketime" / "libfaketimeMT.so.1" for one in FOLDERS]
    return next((one for one in found if one.exists()), None)


def own_clock() -> dict[str, str]:
    """What gives the bot a clock of its own, which the file `clock` in its folder moves."""
    return {
        "LD_PRELOAD": str(faketime()),
        "FAKETIME_TIMESTAMP_FILE": "clock",
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


async def _stepped(built: Rig) -> None:
    """An hour ahead for some seconds, an hour back for some, then right again."""
    clock = built.bots.folder / "clock"
    for step in ("+1h", "-1h", "+0"):
        clock.write_text(f"{step}\n", "utf-8")
        await asyncio.sleep(ACROSS / 4)
