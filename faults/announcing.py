"""Whether announcements are made once while three bots are killed at random.

Windows with rungs every few seconds; a kill -9 of one of the three about every two seconds, as soon as two live; now
and then Slack breaks a connection before or after it took a post.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain import window_steps as steps
from bot.domain.announcement import Ladder, Rung, rungs
from bot.domain.window import Kind, Window, window_id
from bot.store.database import Store
from faults.checker import Findings
from faults.rig import Rig, rig
from sandbox.slack import Slack

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


async def run(rounds: int) -> Findings:
    """A round is a kill."""
    chance = random.SystemRandom()
    async with rig(REPLICAS, **settings(LADDER)) as built:
        store = Store(built.database.get_default_database(), "faults", LEASE)
        made: list[Window] = []
        feeding = asyncio.create_task(feed(store, made))
        await chaos(built, chance, rounds)
        feeding.cancel()
        await asyncio.wait({feeding})
        await settled(store, made, LADDER)
        return await counted(store, built.slack, made, LADDER)


def settings(ladder: Ladder) -> dict[str, str]:
    """The bots' settings for a ladder; the weekly window is far from any of ours."""
    day = (datetime.now(UTC) + timedelta(days=3)).strftime("%a")
    return {
        "MAINTENANCE_WINDOW": f"{day} 02:00-03:00 UTC",
        "ANNOUNCE_BEFORE": ",".join(name for name, _ in ladder.before),
        "ENDING_SOON": f"{int(ladder.ending_soon.total_seconds())}s",
    }


async def chaos(built: Rig, chance: random.Random, kills: int) -> None:
    """Kills at random; each tenth time Slack takes a post and breaks the connection, or breaks it before."""
    for _ in range(kills):
        await built.slack.until_connected(ALIVE, within=300.0)
        await asyncio.sleep(chance.uniform(*BETWEEN))
        if chance.random() < 0.1:
            built.slack.faults.add(chance.choice(("reset_after", "reset_before")), "chat.postMessage")
        await built.bots.kill(chance.randrange(REPLICAS))
        await built.bots.start()
    built.slack.faults.clear()


async def settled(store: Store, made: Sequence[Window], ladder: Ladder) -> None:
    """Waits until the last rung was due, and everything is settled or should long be."""
    last = max(each.end for each in made)
    while datetime.now(UTC) < last + 5 * LEASE:
        await asyncio.sleep(1.0)
        if datetime.now(UTC) > last and not await _unsettled(store, made, ladder):
            return


async def _unsettled(store: Store, made: Sequence[Window], ladder: Ladder) -> list[Rung]:
    """The rungs of which nothing is settled yet."""
    left = []
    for each in made:
        known = await store.announcements.of(each.id)
        current = await store.windows.get(each.id) or each
        left += [rung for rung in rungs(current, ladder) if rung.key not in known or not known[rung.key].is_settled]
    return left


def posted(slack: Slack) -> list[tuple[str, str]]:
    """The keys of all announcements in the channel, with their texts."""
    found = []
    for post in slack.channel().everything:
        carried = post.metadata or {}
        if carried.get("event_type") == "opsbot_announcement" and not post.deleted:
            found.append((str(carried["event_payload"]["key"]), post.text))
    return found


async def counted(store: Store, slack: Slack, made: Sequence[Window], ladder: Ladder) -> Findings:
    """Compares what was due with what is in the channel."""
    told = posted(slack)
    times = Counter(key for key, _ in told)
    found = Findings()
    skipped = 0
    for each in made:
        current = await store.windows.get(each.id) or each
        known = await store.announcements.of(each.id)
        for rung in rungs(current, ladder):
            found.expected += 1
            is_skipped = rung.key in known and known[rung.key].state == "skipped"
            skipped += is_skipped
            if not times[rung.key] and not is_skipped:
                found.lost.append(rung.key)
    found.doubled = [key for key, count in times.items() if count > 1]
    late = sum("late" in text for _, text in told)
    found.notes.append(
        f"Announcements: {found.expected} due, {len(times)} made, {late} of them called late, "
        f"{skipped} skipped and recorded with the reason"
    )
    return found
