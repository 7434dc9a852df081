"""From a rule of the real Prometheus over the real Alertmanager to the channel, and back."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.mongo import Mongod, free_port
from sandbox.slack import Slack
from tests.alerting import SETTINGS, TOKEN
from tests.world import World

pytestmark = pytest.mark.long


RULES = """
groups:
  - name: g
    interval: 100ms
    rules:
      - alert: TooMuch
        expr: vector(%s) > 1
        labels: {severity: warning, service: shop}
        annotations: {summary: the rule says so}
"""
PROMETHEUS = """
global: {evaluation_interval: 100ms}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:%s"]}]}]}
"""
ALERTMANAGER = """
route: {receiver: bot, group_by: [alertname, service], group_wait: 50ms, group_interval: 100ms}
receivers:
  - name: bot
    webhook_configs:
      - url: http://127.0.0.1:%s/alerts
        http_config: {authorization: {credentials: %s}}
"""


@asynccontextmanager
async def server(name: str, folder: Path, *flags: str) -> AsyncIterator[asyncio.subprocess.Process]:
    program = shutil.which(name) or pytest.fail(f"this test needs the Debian package {name}: apt-get install it")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(program, *flags, cwd=folder, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def test_a_rule_that_fires_is_in_the_channel_until_it_is_over(
    slack: Slack, mongod: Mongod, tmp_path: Path
) -> None:
    """Fires, is shown by group with its severity; the rule is changed, and the message says that it is resolved."""
    async with World(slack, mongod.url(), SETTINGS) as world:
        am, prometheus = free_port(), free_port()
        (tmp_path / "rules.yml").write_text(RULES % 2)
        (tmp_path / "prom.yml").write_text(PROMETHEUS % am)
        (tmp_path / "am.yml").write_text(ALERTMANAGER % (world.bots[0].port, TOKEN))
        one = ("--config.file=am.yml", "--storage.path=am", f"--web.listen-address=127.0.0.1:{am}",
               "--cluster.listen-address=")  # fmt: skip
        other = ("--config.file=prom.yml", "--storage.tsdb.path=tsdb", "--rules.alert.resend-delay=100ms",
                 f"--web.listen-address=127.0.0.1:{prometheus}")  # fmt: skip
        async with (
            server("prometheus-alertmanager", tmp_path, *one),
            server("prometheus", tmp_path, *other) as running,
        ):
            post = await slack.shows("TooMuch service=shop", "is firing (SEV3)", "the rule says so", within=20.0)
            (tmp_path / "rules.yml").write_text(RULES % 0)
            running.send_signal(1)  # SIGHUP: reads its rules again
            await slack.until(lambda: "is resolved" in post.shown, "the end", within=20.0)
        (kept,) = await world.stored("alerts", untold=[])
        assert kept["is_firing"] is False
