"""Name servers that do not answer: nobody waits for the look-up, neither the other look-ups nor the end."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import threads

ROOT = Path(__file__).parents[1]

HANGS = """
import socket, time
look_up = socket.getaddrinfo
def hangs(host, *others, **more):
    if str(host).rstrip("'").endswith(".invalid"):
        time.sleep(60)
    return look_up(host, *others, **more)
socket.getaddrinfo = hangs
"""
SETTINGS = {
    "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "MONGODB_URL": "mongodb://127.0.0.1:9/ops",
    "PROMETHEUS_URL": "http://prometheus.invalid", "GRAFANA_URL": "http://grafana.invalid", "LOKI_URL": "",
    "LLM_URL": "", "ALERTMANAGER_URL": "",
}  # fmt: skip


def test_an_errand_that_hangs_holds_up_no_other_and_not_the_end() -> None:
    """However many hang; what an errand returns and raises is handed on."""
    over = threading.Event()

    async def work() -> list[object]:
        hung = [asyncio.create_task(asyncio.to_thread(over.wait)) for _ in range(50)]
        await asyncio.sleep(0)
        some: list[Callable[[], object]] = [lambda: 7, lambda: int("x")]
        told = await asyncio.gather(*map(asyncio.to_thread, some), return_exceptions=True)
        for task in hung:
            task.cancel()
        return told

    seven, error = threads.run(work())
    over.set()
    assert seven == 7
    assert isinstance(error, ValueError)


@pytest.mark.long
def test_the_shell_has_its_answer_though_names_are_looked_up_for_ever(tmp_path: Path) -> None:
    """The services that it concerns are down; the process ends with that, and not with the look-up."""
    (tmp_path / "sitecustomize.py").write_text(HANGS)
    begun = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "health", "--json"],
        cwd=tmp_path, env={**SETTINGS, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True, check=False, timeout=50,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    causes = {one["name"]: one["cause"] for one in json.loads(ended.stdout)["services"]}
    # A busy machine may reach the deadline of the whole look (2 s) before that of the question (1.8 s).
    assert {causes["prometheus"], causes["grafana"]} <= {"no answer within 1.8 s", "no answer within 2 s"}
    assert time.monotonic() - begun < 30
