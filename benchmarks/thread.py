"""What becomes of thousands of messages that are written in one incident's thread at once.

Promised: Slack has its acknowledgement of each within three seconds at the first try, and all are in the timeline.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from pymongo import AsyncMongoClient

from benchmarks.table import Figure, say
from sandbox.bot_process import ROOT, BotProcess
from sandbox.delivery import Retry, UnansweredError
from sandbox.mongo import Mongod, free_port
from sandbox.records import Json
from sandbox.slack import Slack

MESSAGES = 2_000
ACK_WITHIN = 3.0  # seconds that Slack waits
OFF = {f"{name}_URL": "" for name in ("PROMETHEUS", "GRAFANA", "LOKI", "LLM", "ALERTMANAGER")}


class Watched:
    """A line to the bot that notes how long each event took to be acknowledged, and how many had to be sent again."""

    def __init__(self, line: Any) -> None:
        self._line = line
        self.seconds: list[float] = []
        self.late = 0

    async def send(self, kind: str, payload: Json, retry: Retry) -> Json:
        """Sends on."""
        begun = time.perf_counter()
        try:
            body: Json = await self._line.send(kind, payload, retry)
        except UnansweredError:
            self.late += 1
            raise
        self.seconds.append(time.perf_counter() - begun)
        return body


def figures(is_quick: bool) -> list[Figure]:
    """Of one round."""
    return asyncio.run(_measured(MESSAGES // 4 if is_quick else MESSAGES))


async def _measured(count: int) -> list[Figure]:
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text("utf-8"))
    with Mongod() as mongod, tempfile.TemporaryDirectory() as folder:
        async with Slack(manifest, ack_within=ACK_WITHIN) as slack:
            port, url = str(free_port()), mongod.url()
            where = {"HOST": "127.0.0.1", "PORT": port, "MONGODB_URL": url, "LOG_LEVEL": "warning", **OFF}
            bot = BotProcess({**slack.environment(), **where}, Path(folder) / "bot.log", say)
            await bot.start()
            try:
                if not await bot.until_ready(30.0):
                    raise RuntimeError("The bot did not become ready.")
                await slack.until_connected(2)
                return await _written(slack, url, count)
            finally:
                await bot.stop()


async def _written(slack: Slack, url: str, count: int) -> list[Figure]:
    ann = slack.person("ann")
    await ann.says("/incident", "open sev2 checkout is down")
    card = await slack.shows("checkout is down", "Opened by", within=15.0)
    await ann.sees("is open", within=15.0)
    watched = Watched(slack.delivery.line)
    slack.delivery.line = watched
    begun = time.perf_counter()
    for number in range(count):
        await ann.writes(f"message {number} of many, about disk{number % 97} and host{number % 31}", thread=card)
    timeline = AsyncMongoClient[dict[str, Any]](url).get_default_database()["timeline"]
    kept = 0
    while kept < count and time.perf_counter() - begun < 120:
        await asyncio.sleep(0.1)
        kept = await timeline.count_documents({"kind": "message"})
    took = time.perf_counter() - begun
    await slack.until(lambda: not slack.delivery.pending, "the last acknowledgement", within=120.0)
    await timeline.database.client.close()
    times = sorted(watched.seconds)
    said = f"{count:,} messages in a thread"
    return [
        Figure(f"{said}: not in the timeline", count - kept, "", limit=0),
        Figure(f"{said}: not acknowledged at the first try", watched.late, "", limit=0),
        Figure(f"{said}: acknowledged, half", times[len(times) // 2], "s"),
        Figure(f"{said}: acknowledged, the last", times[-1], "s", limit=ACK_WITHIN),
        Figure(f"{said}: all in the timeline", took, "s"),
    ]
