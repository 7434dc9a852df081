"""What becomes of thousands of messages that are written in one incident's thread at once: `make bench-thread`.

Exits 1 unless Slack had its acknowledgement of each within three seconds at the first try, and all are in the timeline.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from pymongo import AsyncMongoClient

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


async def measure(count: int) -> bool:
    """Writes so many messages at once and waits for all; whether all went well."""
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text("utf-8"))
    with Mongod() as mongod, tempfile.TemporaryDirectory() as folder:
        async with Slack(manifest, ack_within=ACK_WITHIN) as slack:
            port, url = str(free_port()), mongod.url()
            where = {"HOST": "127.0.0.1", "PORT": port, "MONGODB_URL": url, "LOG_LEVEL": "warning", **OFF}
            bot = BotProcess({**slack.environment(), **where}, Path(folder) / "bot.log", say)
            await bot.start()
            try:
                if not await bot.until_ready(30.0):
                    say("The bot did not become ready.")
                    return False
                await slack.until_connected(2)
                return await _written(slack, url, count)
            finally:
                await bot.stop()


async def _written(slack: Slack, url: str, count: int) -> bool:
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
    say(f"{kept:,} of {count:,} messages in the timeline after {took:.1f} s; {watched.late:,} not acknowledged in time")
    if times:
        say(f"acknowledged within {times[len(times) // 2]:.2f} s (half), {times[-1]:.2f} s (all)")
    return kept == count and not watched.late


def main() -> int:
    """Measures."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.thread", description=__doc__)
    arguments.add_argument("--messages", type=int, default=MESSAGES)
    return 0 if asyncio.run(measure(arguments.parse_args().messages)) else 1


def say(line: str) -> None:
    """A line for whoever measures."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
