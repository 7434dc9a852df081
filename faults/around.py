"""What is around the bot fails: the disk of its log is full, services hang, names are not found."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import rig

ACK_WITHIN = 1.0
HEALTH_WITHIN = 4.0  # seconds: the deadline of a probe, and then some


async def run(rounds: int) -> Findings:
    """All three at once: commands that need none of it are as quick as ever, and `/health` says what is down."""
    found = Findings()
    async with _deaf() as port:
        settings = {
            "LLM_URL": f"http://127.0.0.1:{port}",
            "GRAFANA_URL": f"http://127.0.0.1:{port}",
            "PROMETHEUS_URL": "http://nowhere.invalid:9090",
        }
        async with rig(0, **settings) as built:
            built.bots.log.symlink_to("/dev/full")
            await built.start()
            promises, loop = Promises(), asyncio.get_running_loop()
            for number in range(rounds):
                incident_id, acked = await acts.opens(built, f"round {number}")
                _, noted = await acts.notes(built, incident_id, f"note {number}", promises)
                begun = loop.time()
                told, asked = await acts.answer(built, built.slack.person("bob"), "/health", "")
                found.took(loop.time() - begun)
                if max(acked, noted, asked) > ACK_WITHIN:
                    found.wrong.append(f"acknowledged after {max(acked, noted, asked):.1f} s")
                if loop.time() - begun > HEALTH_WITHIN or told.count("down") < len(settings):
                    found.wrong.append(f"/health after {loop.time() - begun:.1f} s: {told[:300]}")
                found.add(await check(built, promises))
    return found


@asynccontextmanager
async def _deaf() -> AsyncIterator[int]:
    """A server that takes connections and never answers; its port."""
    open_ones: list[asyncio.StreamWriter] = []

    def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.append(writer)

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for one in open_ones:
            one.transport.abort()
