"""What is hurt: bots as people run them (`python -m bot`), their MongoDB behind a wire, and the strict workspace."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pymongo import AsyncMongoClient

from bot.domain.audit_chain import Chain
from bot.store.audit import AuditTrail
from bot.store.mongo import Documents
from bot.store.reach import Reach
from faults.wire import Wire
from sandbox.__main__ import manifest
from sandbox.child import mortal
from sandbox.mongo import Mongod, free_port
from sandbox.records import Json
from sandbox.slack import Slack

ROOT = Path(__file__).parents[1]
SOCKETS = 2  # of each bot
OFF = {f"{name}_URL": "" for name in ("PROMETHEUS", "GRAFANA", "LOKI", "LLM", "ALERTMANAGER")}
ALERT_TOKEN = "faults-are-made-on-purpose-here"  # noqa: S105 - of a workspace that lives for minutes
STOPS_IN = 12.0


@dataclass
class Bots:
    """`python -m bot`, several times over."""

    environment: Mapping[str, str]
    folder: Path
    running: list[asyncio.subprocess.Process] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What all of them wrote."""
        return self.folder / "bot.log"

    async def start(self, **settings: str) -> asyncio.subprocess.Process:
        """Starts one more."""
        with self.log.open("ab") as log:
            one = await asyncio.create_subprocess_exec(
                *mortal([sys.executable, "-W", "error::ResourceWarning", "-m", "bot"]),
                cwd=self.folder,
                env={**self.environment, **settings, "PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.running.append(one)
        return one

    async def kill(self, chosen: int = 0) -> None:
        """kill -9."""
        one = self.running.pop(chosen)
        if one.returncode is None:
            one.kill()
        await one.wait()

    async def terminate(self, chosen: int = 0) -> int:
        """SIGTERM; its exit code, which is -9 if it took too long."""
        one = self.running.pop(chosen)
        one.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(one.wait(), STOPS_IN)
        except TimeoutError:
            one.kill()
            return await one.wait()

    async def stop(self) -> None:
        """Ends all."""
        while self.running:
            await self.kill()


@dataclass(frozen=True)
class Rig:
    """Everything together. `database` is read beside the wire."""

    slack: Slack
    wire: Wire
    bots: Bots
    database: AsyncMongoClient[Json]

    async def documents(self, collection: str, **query: object) -> list[Json]:
        """What MongoDB has, read at the server itself."""
        return await self.database.get_default_database()[collection].find(query).to_list()

    async def broken_audit(self) -> str:
        """The first break of the audit trail's chain, "" if it is whole."""
        documents = Documents(self.database.get_default_database()["audit"], Reach())
        return (await Chain(AuditTrail(documents)).verified()).broken

    async def start(self, count: int = 1, within: float = 60.0) -> None:
        """Starts so many bots, and waits until all are connected."""
        for _ in range(count):
            await self.bots.start()
        await self.slack.until_connected(SOCKETS * len(self.bots.running), within)


@asynccontextmanager
async def rig(count: int = 1, **settings: str) -> AsyncIterator[Rig]:
    """A workspace with so many bots, ready for commands, and one mongod."""
    with Mongod() as mongod:
        wire = Wire(free_port(), mongod.port)
        url = mongod.url().replace(f":{mongod.port}", f":{wire.port}")
        async with on(mongod.url(), url, wire, count, settings) as built:
            yield built


@asynccontextmanager
async def on(
    database: str, url: str, wire: Wire, count: int = 1, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Rig]:
    """The same on a MongoDB at `database`, which the bots know by `url`."""
    client = AsyncMongoClient[Json](database, tz_aware=True)
    await wire.start()
    with tempfile.TemporaryDirectory() as folder:
        async with Slack(manifest(), retry_after=(0.0, 0.5, 1.0)) as slack:
            bots = Bots(environment(slack, url, settings or {}), Path(folder))
            try:
                built = Rig(slack, wire, bots, client)
                await built.start(count)
                yield built
            finally:
                await bots.stop()
                await wire.cut()
                await client.close()


def environment(slack: Slack, mongodb_url: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings of the bots."""
    return {
        **slack.environment(),
        **OFF,
        "MONGODB_URL": mongodb_url,
        "ALERT_WEBHOOK_TOKEN": ALERT_TOKEN,
        "OPS_ADMINS": "U0ANN",
        "PORT": "0",
        "LOG_LEVEL": "info",
        "LOG_FORMAT": "json",
        **settings,
    }
