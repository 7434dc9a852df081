"""Whether announcements are made once while bots are killed at random: `make announce-kills`, about fifteen minutes.

Three `python -m bot` on one real mongod and the strict Slack of the sandbox; windows with rungs every few seconds; a
kill -9 of one of the three about every two seconds, as soon as two live; now and then Slack breaks a
connection after it took a post. Exits 1 if an announcement was lost or made twice.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain import window_steps as steps
from bot.domain.announcement import Ladder, Rung, rungs
from bot.domain.window import Kind, Window, window_id
from bot.store.database import Store
from bot.store.mongo import close, connect, database_of
from sandbox.__main__ import manifest
from sandbox.child import mortal
from sandbox.mongo import Mongod
from sandbox.slack import Slack

ROOT = Path(__file__).parents[1]
REPLICAS = 3
BETWEEN = (0.3, 1.3)  # seconds from when two bots are connected to the next kill
ALIVE = 4  # sockets of two bots: while fewer are there, nobody announces, and a kill would prove nothing
APART = 10  # seconds between the starts of two windows
LENGTH = timedelta(seconds=150)  # long beside the lease: else what a killed bot had claimed is pointless after it
BEFORE = (("60s", 60), ("40s", 40), ("20s", 20))
AHEAD = timedelta(seconds=65)  # so long before its start a window is made
ENDING = timedelta(seconds=50)
LEASE = timedelta(seconds=30)  # the bot's own: so long what a killed one had claimed waits
LADDER = Ladder(tuple((name, timedelta(seconds=length)) for name, length in BEFORE), ENDING)
OFF = {f"{name}_URL": "" for name in ("PROMETHEUS", "GRAFANA", "LOKI", "LLM", "ALERTMANAGER")}


@dataclass
class Replicas:
    """The bots. A killed one is started again at once."""

    environment: Mapping[str, str]
    folder: Path
    running: list[asyncio.subprocess.Process] = field(default_factory=list)
    kills: int = 0

    async def start(self) -> None:
        """Starts one more."""
        with (self.folder / "bot.log").open("ab") as log:
            self.running.append(
                await asyncio.create_subprocess_exec(
                    *mortal([sys.executable, "-m", "bot"]),
                    cwd=self.folder,
                    env={**self.environment, "PYTHONPATH": str(ROOT)},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            )

    async def kill(self, chosen: int) -> None:
        """kill -9, and a new one in its place."""
        process = self.running.pop(chosen)
        process.kill()
        await process.wait()
        self.kills += 1
        await self.start()

    async def stop(self) -> None:
        """Ends all."""
        for process in self.running:
            if process.returncode is None:
                process.kill()
                await process.wait()


@dataclass(frozen=True)
class Counts:
    """What came of the rungs that were due."""

    due: int
    announced: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    skipped: tuple[str, ...]
    late: int

    def __str__(self) -> str:
        lines = [
            f"rungs due      {self.due}",
            f"announced      {self.announced}",
            f"lost           {len(self.lost)} {' '.join(self.lost)}",
            f"doubled        {len(self.doubled)} {' '.join(self.doubled)}",
            f"skipped        {len(self.skipped)} {' '.join(self.skipped)}  (recorded with a reason)",
            f"called late    {self.late}",
        ]
        return "\n".join(line.rstrip() for line in lines)


def window(number: int, now: datetime) -> Window:
    """A window of a few minutes that starts in a minute; every other just ends by itself."""
    start = now + AHEAD
    kind = Kind.WEEKLY if number % 2 else Kind.ONE_OFF
    name = window_id(now + timedelta(minutes=number))  # of different minutes, as names are
    return steps.scheduled(Window(name, start, start + LENGTH, f"Window {number}", kind), "U0ANN", now)


async def feed(store: Store, made: list[Window]) -> None:
    """Makes one window after the other until it is cancelled."""
    while True:
        made.append(window(len(made), datetime.now(UTC).replace(microsecond=0)))
        await store.windows.add(made[-1])
        await asyncio.sleep(APART)


async def run(kills: int, seed: int) -> tuple[int, Counts]:
    """Everything once: how many kills there were, and what came of it."""
    chance = random.Random(seed)  # noqa: S311 - chaos that can be repeated
    with Mongod() as mongod, tempfile.TemporaryDirectory() as folder:
        client = connect(mongod.url())
        store = Store(database_of(client, mongod.url()), "bench", LEASE)
        async with Slack(manifest()) as slack:
            replicas = Replicas(environment(slack, mongod), Path(folder))
            try:
                await asyncio.gather(*(replicas.start() for _ in range(REPLICAS)))
                await slack.until_connected(REPLICAS, within=60.0)
                made: list[Window] = []
                feeding = asyncio.create_task(feed(store, made))
                await chaos(replicas, slack, chance, kills)
                feeding.cancel()
                await asyncio.wait({feeding})
                await settled(store, made)
                return replicas.kills, await counted(store, slack, made)
            finally:
                await replicas.stop()
                await close(client)


def environment(slack: Slack, mongod: Mongod) -> dict[str, str]:
    """The bots' settings; the weekly window is far from any of ours."""
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a")
    return {
        **slack.environment(),
        **OFF,
        "MONGODB_URL": mongod.url(),
        "OPS_ADMINS": "U0ANN",
        "MAINTENANCE_WINDOW": f"{day} 02:00-03:00 UTC",
        "ANNOUNCE_BEFORE": ",".join(name for name, _ in BEFORE),
        "ENDING_SOON": f"{int(ENDING.total_seconds())}s",
        "PORT": "0",
        "LOG_LEVEL": "warning",
    }


async def chaos(replicas: Replicas, slack: Slack, chance: random.Random, kills: int) -> None:
    """Kills at random until there were enough; each tenth time Slack takes a post and breaks the connection."""
    while replicas.kills < kills:
        await slack.until_connected(ALIVE, within=300.0)
        await asyncio.sleep(chance.uniform(*BETWEEN))
        if chance.random() < 0.1:
            slack.faults.add(chance.choice(("reset_after", "reset_before")), "chat.postMessage")
        await replicas.kill(chance.randrange(REPLICAS))
        if replicas.kills % 25 == 0:
            tell(f"{replicas.kills} kills, {len(posted(slack))} announcements")
    slack.faults.clear()


async def settled(store: Store, made: Sequence[Window]) -> None:
    """Waits until the last rung was due, and everything is settled or should long be."""
    last = max(each.end for each in made)
    while datetime.now(UTC) < last + 5 * LEASE:
        await asyncio.sleep(1.0)
        if datetime.now(UTC) > last and not await unsettled(store, made):
            return


async def unsettled(store: Store, made: Sequence[Window]) -> list[Rung]:
    """The rungs of which nothing is settled yet."""
    left = []
    for each in made:
        known = await store.announcements.of(each.id)
        current = await store.windows.get(each.id) or each
        left += [rung for rung in rungs(current, LADDER) if rung.key not in known or not known[rung.key].is_settled]
    return left


def posted(slack: Slack) -> list[tuple[str, str]]:
    """The keys of all announcements in the channel, with their texts."""
    found = []
    for post in slack.channel().everything:
        carried = post.metadata or {}
        if carried.get("event_type") == "opsbot_announcement" and not post.deleted:
            found.append((str(carried["event_payload"]["key"]), post.text))
    return found


async def counted(store: Store, slack: Slack, made: Sequence[Window]) -> Counts:
    """Compares what was due with what is in the channel."""
    told = posted(slack)
    times = Counter(key for key, _ in told)
    skipped, due = [], []
    for each in made:
        current = await store.windows.get(each.id) or each
        known = await store.announcements.of(each.id)
        due += [rung.key for rung in rungs(current, LADDER)]
        skipped += [one.key for one in known.values() if one.state == "skipped"]
    lost = tuple(key for key in due if not times[key] and key not in skipped)
    doubled = tuple(key for key, count in times.items() if count > 1)
    late = sum("late" in text for _, text in told)
    return Counts(len(due), len(times), lost, doubled, tuple(skipped), late)


def tell(text: str) -> None:
    """A line for whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 if nothing was lost and nothing made twice."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.announce_kills", allow_abbrev=False)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - chaos, not a secret
    given = parser.parse_args(argv)
    tell(f"seed {given.seed}")
    kills, counts = asyncio.run(run(given.kills, given.seed))
    tell(f"kill -9         {kills}\n{counts}")
    return 1 if counts.lost or counts.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
