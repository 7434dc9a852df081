"""Thousands of commands in a row: opening stays quick, memory and open files stay flat."""

import asyncio
import statistics
import time
from pathlib import Path

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig

OPENED_WITHIN = 3.0  # seconds to the answer
GROWTH = 1.25  # of the memory after the first tenth: caches are full then
IN_FLIGHT = 20
MORE_FILES = 50  # pools of connections are as large as the busiest moment needed, and bounded


async def run(rounds: int) -> Findings:
    """`rounds` thousand commands, twenty at once; figures are part of the table's delay and of what is printed."""
    found = Findings()
    async with rig() as built:
        standing, _ = await acts.opens(built, "standing")
        pid = built.bots.running[0].pid
        await _many(built, standing, max(1, rounds) * 100)
        before, files = memory(pid), open_files(pid)
        await _many(built, standing, rounds * 900)
        after, files_after = memory(pid), open_files(pid)
        took = [await _opened(built, n) for n in range(5)]
        found.took(max(took))
        found.add(await check(built, Promises()))
        found.notes.append(
            f"{rounds * 1000:,} commands: memory {before:.0f} MB after a tenth, {after:.0f} MB at the end; "
            f"{files} and {files_after} open files; an incident is open after {statistics.median(took):.2f} s"
        )
        if after > before * GROWTH or files_after > files + MORE_FILES:
            found.wrong.append("memory or open files grow")
        if max(took) > OPENED_WITHIN:
            found.wrong.append(f"opening took {max(took):.1f} s")
    return found


async def _many(built: Rig, incident_id: str, count: int) -> None:
    room = asyncio.Semaphore(IN_FLIGHT)
    words = (("/incident", f"show {incident_id}"), ("/incident", ""), ("/ops", "roles"), ("/maintenance", ""))

    async def one(number: int) -> None:
        command, text = words[number % len(words)]
        async with room:
            await built.slack.person(("ann", "bob", "cyd")[number % 3]).says(command, text)

    await asyncio.gather(*(one(number) for number in range(count)))
    await built.slack.settled(0.2)
    built.slack.workspace.ephemerals.clear()  # a workspace with ten thousand answers is slow itself


async def _opened(built: Rig, number: int) -> float:
    begun = time.perf_counter()
    await acts.opens(built, f"incident {number}")
    return time.perf_counter() - begun


def memory(pid: int) -> float:
    """What a process has in memory, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def open_files(pid: int) -> int:
    """How many files and sockets a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
