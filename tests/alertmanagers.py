"""A real Alertmanager for tests, and a world whose silences it keeps."""

import asyncio
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.mongo import Mongod, free_port
from sandbox.slack import Slack
from tests.alerting import SETTINGS
from tests.planning import with_roles
from tests.world import World

CONFIG = "{route: {receiver: none}, receivers: [{name: none}]}"


class Alertmanager:
    """A real one, which can be killed and started again on its data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        program = shutil.which("prometheus-alertmanager") or pytest.fail("apt-get install prometheus-alertmanager")
        (self._folder / "am.yml").write_text(CONFIG)
        arguments = (
            f"--config.file={self._folder}/am.yml", f"--storage.path={self._folder}/data",
            f"--web.listen-address=127.0.0.1:{self._port}", "--cluster.listen-address=",
        )  # fmt: skip
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(program, *arguments, stdout=quiet, stderr=quiet)
        for _ in range(400):
            try:
                await self.silences()
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
            else:
                return
        pytest.fail("Alertmanager does not start")

    async def kill(self) -> None:
        await self._ends_by(signal.SIGKILL)

    async def restart(self) -> None:
        """Ends in order: only then, and every quarter of an hour, it writes to its data what it knows."""
        await self._ends_by(signal.SIGTERM)
        await self.start()

    async def _ends_by(self, signal_: signal.Signals) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal_)
        await self._process.wait()

    async def silences(self, state: str = "active") -> list[dict[str, Any]]:
        async with aiohttp.ClientSession(self.url) as client, client.get("/api/v2/silences") as found:
            return [one for one in await found.json() if one["status"]["state"] == state]

    async def post(self, body: dict[str, Any]) -> None:
        async with aiohttp.ClientSession(self.url) as client, client.post("/api/v2/silences", json=body) as made:
            assert made.status == 200, await made.text()

    async def delete(self, silence_id: str) -> None:
        async with aiohttp.ClientSession(self.url) as client, client.delete(f"/api/v2/silence/{silence_id}") as gone:
            assert gone.status == 200


class Silenced(World):
    """Bob is on call; the clock is Alertmanager's."""

    def __init__(self, slack: Slack, mongod: Mongod, alertmanager: Alertmanager) -> None:
        super().__init__(slack, mongod.url(), {**SETTINGS, "ALERTMANAGER_URL": alertmanager.url})
        self.clock.set(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")

    async def __aenter__(self) -> "Silenced":
        await super().__aenter__()
        await with_roles(self, tech_lead="", on_call="bob")
        return self


async def holds(world: World, alertmanager: Alertmanager, count: int) -> list[dict[str, Any]]:
    async def so_many() -> list[dict[str, Any]] | None:
        found = await alertmanager.silences()
        return found or [{}] if len(found) == count else None

    return await world.until(so_many, f"{count} silences")
