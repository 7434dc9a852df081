"""What a storm of a thousand groups of alerts does to the bot, and to who opens an incident in it.

Each round has a bot, a database and a workspace of its own. Promised: all notifications are kept, one message tells of
the storm, and an incident's card is there within three seconds while it lasts.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import yaml

from benchmarks.table import Figure, say
from sandbox.bot_process import ROOT, BotProcess
from sandbox.mongo import Mongod, free_port
from sandbox.slack import Slack

GROUPS, IN_FLIGHT, ROUNDS = 1_000, 20, 3
CALM = 10  # groups that have a message of their own
CARD_WITHIN = 3.0  # seconds
ANSWER_WITHIN = 10.0  # seconds that Alertmanager waits
BEFORE = 5  # of a hundred: how far the storm is when the incident is opened
TOKEN = "storm"  # noqa: S105 - of a bot that lives for a minute
OFF = {f"{name}_URL": "" for name in ("PROMETHEUS", "GRAFANA", "LOKI", "LLM", "ALERTMANAGER")}


@dataclass(frozen=True)
class Took:
    """One round: seconds, how many refusals, messages and calls of Slack, and megabytes of the bot at most."""

    answered: float
    slowest: float
    told: float
    quiet_card: float
    card: float
    refused: int
    messages: int
    calls: int
    memory: float


class Storm:
    """One round against a bot that is ready."""

    def __init__(self, slack: Slack, url: str, count: int) -> None:
        self._slack = slack
        self._url = url
        self._count = count
        self._seconds: list[float] = []
        self._refused = 0
        self._is_on = asyncio.Event()

    async def passes(self, pid: int) -> Took:
        """Opens an incident, lets the storm come, opens another one in it, and waits until the channel shows all."""
        quiet = await self._card("quiet")
        calls = len(self._slack.calls)
        begun = time.perf_counter()
        storm = asyncio.create_task(self._comes())
        await self._is_on.wait()
        card = await self._card("storm")
        await storm
        answered = time.perf_counter() - begun
        await self._slack.shows(f"Alert storm: {self._count} groups", within=120.0)
        await self._slack.until(lambda: len(self._messages()) > CALM, "all messages", within=120.0)
        told = time.perf_counter() - begun
        await asyncio.sleep(3.0)  # what is still edited is counted too
        return Took(
            answered, max(self._seconds), told, quiet, card, self._refused,
            len(self._messages()), len(self._slack.calls) - calls, memory(pid),
        )  # fmt: skip

    async def _card(self, when: str) -> float:
        """Seconds from the command to the card."""
        begun = time.perf_counter()
        await self._slack.person("ann").says("/incident", f"open sev2 checkout is down, {when}")
        await self._slack.shows(f"checkout is down, {when}", "Opened by", within=60.0)
        return time.perf_counter() - begun

    async def _comes(self) -> None:
        bodies = iter([notification(number) for number in range(self._count)])
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            await asyncio.gather(*(self._sends(client, bodies) for _ in range(IN_FLIGHT)))

    async def _sends(self, client: aiohttp.ClientSession, bodies: Iterator[dict[str, Any]]) -> None:
        for body in bodies:
            begun = time.perf_counter()
            async with client.post(self._url, json=body) as answer:
                self._refused += answer.status != 200
            self._seconds.append(time.perf_counter() - begun)
            if len(self._seconds) * 100 >= self._count * BEFORE:
                self._is_on.set()

    def _messages(self) -> list[Any]:
        posts = self._slack.channel().by_bot
        return [post for post in posts if (post.metadata or {}).get("event_type") == "opsbot_alert"]


def notification(number: int) -> dict[str, Any]:
    """The first notification of a group, as Alertmanager sends it."""
    labels = {"alertname": f"HostDown{number % 40}", "instance": f"host-{number}.example:9100"}
    alert = {
        "status": "firing",
        "labels": {**labels, "severity": ("critical", "warning", "info")[number % 3], "job": "node"},
        "annotations": {"summary": f"host-{number} does not answer", "runbook_url": "https://runbooks.example/host"},
        "startsAt": "2026-11-25T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "fingerprint": f"{number:016x}",
    }
    return {
        "version": "4",
        "groupKey": f"{{}}:{{instance={number}}}",
        "status": "firing",
        "groupLabels": labels,
        "externalURL": "http://alertmanager.example:9093",
        "alerts": [alert],
    }


async def one_round(mongod: Mongod, number: int, count: int) -> Took:
    """A bot of its own, and what the storm did to it."""
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        async with Slack(manifest, strict_rate=True) as slack:
            port = str(free_port())
            where = {
                "HOST": "127.0.0.1", "PORT": port, "MONGODB_URL": mongod.url(f"storm_{number}"),
                "LOG_LEVEL": "warning", "ALERT_WEBHOOK_TOKEN": TOKEN, **OFF,
            }  # fmt: skip
            bot = BotProcess({**slack.environment(), **where}, Path(folder) / "bot.log", say)
            await bot.start()
            try:
                if not await bot.until_ready(30.0):
                    raise RuntimeError("The bot did not become ready.")
                await slack.until_connected(2)
                return await Storm(slack, f"http://127.0.0.1:{port}/alerts", count).passes(bot.pid)
            finally:
                await bot.stop()


def memory(pid: int) -> float:
    """The most that the process had at once, in megabytes; 0 where the system does not say."""
    try:
        told = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM")), 0.0)


def figures(is_quick: bool) -> list[Figure]:
    """The medians of some rounds; the worst of what is promised of each."""
    with Mongod() as mongod:
        rounds = [asyncio.run(one_round(mongod, number, GROUPS)) for number in range(1 if is_quick else ROUNDS)]
    storm = f"{GROUPS:,} groups of alerts"
    return [
        Figure(f"{storm}: notifications not kept", sum(one.refused for one in rounds), "", limit=0),
        Figure(f"{storm}: the slowest answer", max(one.slowest for one in rounds), "s", limit=ANSWER_WITHIN),
        Figure(f"{storm}: the channel shows all", median(one.told for one in rounds), "s"),
        Figure(
            f"{storm}: an incident's card meanwhile", max(one.card for one in rounds), "s",
            floor=median(one.quiet_card for one in rounds), limit=CARD_WITHIN,
        ),
        Figure(f"{storm}: messages", max(one.messages for one in rounds), "", limit=CALM + 1),
        Figure(f"{storm}: calls of Slack", median(one.calls for one in rounds), ""),
        Figure(f"{storm}: memory at most", max(one.memory for one in rounds), "MB"),
    ]  # fmt: skip
