"""The Procfile, run by a process manager as platforms do: from start to ready to a clean end."""

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from sandbox.child import mortal
from sandbox.mongo import Mongod, free_port
from sandbox.slack import Slack
from tests.world import SWITCHED_OFF, World

pytestmark = pytest.mark.long


ROOT = Path(__file__).parents[1]
SIGTERM_STATUS = 143  # honcho's own, whatever its processes ended with


async def test_a_process_manager_starts_and_stops_the_bot(slack: Slack, mongod: Mongod, tmp_path: Path) -> None:
    """honcho gives it a PORT; it is ready there, works, and ends with 0 when the manager is told to stop."""
    shutil.copy(ROOT / "Procfile", tmp_path)  # beside the developer's own there may be an .env, which honcho would read
    world, port, log = World(slack, mongod.url()), free_port(), tmp_path / "log"
    with log.open("wb") as lines:
        manager = await asyncio.create_subprocess_exec(
            *mortal([sys.executable, "-m", "honcho", "--no-colour", "start", "--port", str(port)]),
            cwd=tmp_path,
            env={
                **slack.environment(),
                **SWITCHED_OFF,
                "MONGODB_URL": world.mongodb_url,
                "PYTHONPATH": str(ROOT),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
            stdout=lines,
            stderr=lines,
        )
    try:
        ready = asyncio.ensure_future(until_ready(world, port))
        ended = asyncio.ensure_future(manager.wait())
        await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        assert manager.returncode is None, log.read_text()
        await ready
        await world.ann.says("/incident", "open sev2 checkout is down")
        await world.ann.sees("is open")
        manager.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await ended == SIGTERM_STATUS, log.read_text()
    finally:
        if manager.returncode is None:
            manager.terminate()  # a kill would leave the bot behind
            await manager.wait()
    assert "worker.1 stopped (rc=0)" in log.read_text()
    await slack.until(lambda: slack.connected == 0, "the sockets to close")
    await world.__aexit__(None, None, None)


async def until_ready(world: World, port: int) -> None:
    """Waits until the bot there is ready; it is hardly asked before it has come to Slack."""
    await world.slack.until_connected(within=30.0)
    await world.until(lambda: answers(port, "ready"), "the bot to be ready")


async def answers(port: int, status: str) -> bool:
    """Whether the bot there says that this is its status."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return bool((await answer.json())["status"] == status)
    except aiohttp.ClientError:
        return False
