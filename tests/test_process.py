"""The bot as people run it, `python -m bot`: killed while it posts, and stopped as a supervisor stops it."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.child import mortal
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.world import SWITCHED_OFF, World

pytestmark = pytest.mark.long


ROOT = Path(__file__).parents[1]
ID = re.compile(r"INC-\d{8}-[0-9A-HJKMNP-TV-Z]{4}")


@pytest.fixture
async def empty(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A workspace and a database without a bot."""
    world = World(slack, mongod.url())
    yield world
    await world.__aexit__(None, None, None)


@asynccontextmanager
async def process(world: World, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m bot` in this world, connected; killed at the end if it still runs."""
    environment: Mapping[str, str] = {
        **world.slack.environment(),
        **SWITCHED_OFF,
        "MONGODB_URL": world.mongodb_url,
        "PORT": "0",
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
    }
    with log.open("ab") as lines:
        bot = await asyncio.create_subprocess_exec(
            *mortal([sys.executable, "-W", "error::ResourceWarning", "-m", "bot"]),
            cwd=log.parent,
            env=environment,
            stdout=lines,
            stderr=lines,
        )
    try:
        await world.slack.until_connected(2)
        yield bot
    finally:
        if bot.returncode is None:
            bot.kill()
        await bot.wait()
        await world.slack.until(lambda: world.slack.connected == 0, "the sockets of a dead bot to close")


def carded(slack: Slack) -> list[str]:
    """The IDs of all cards in the channel."""
    return [found[0] for post in slack.channel().by_bot if not post.thread_ts and (found := ID.search(post.shown))]


async def test_who_comes_after_a_kill_goes_on_and_ends_what_it_began(empty: World, tmp_path: Path) -> None:
    """Slack took a card, the bot was killed before it heard so: the next one finds that card, and SIGTERM lets it end
    what is under way.
    """
    empty.slack.faults.add("timeout_after", "chat.postMessage", value=20.0)
    async with process(empty, tmp_path / "killed.log") as bot:
        await empty.ann.says("/incident", "open sev1 all is down")
        await empty.slack.until(lambda: len(carded(empty.slack)) == 1, "the card")
        bot.kill()
        await bot.wait()
    (incident_id,) = carded(empty.slack)
    assert (await empty.document("incidents", incident_id))["card_ts"] is None
    log = tmp_path / "bot.log"
    async with process(empty, log) as bot:
        await empty.stored("incidents", _id=incident_id, card_ts={"$ne": None})
        await empty.ann.says("/incident", "resolve fixed")
        card = await empty.slack.shows("all is down", "Opened by")
        await empty.slack.until(lambda: "resolved" in card.shown, "the card to be resolved")
        await empty.slack.settled()
        await ends_its_work(empty, bot)
    assert carded(empty.slack).count(incident_id) == 1
    for trouble in ("Traceback", "was destroyed", "Unclosed", "never awaited", "ResourceWarning"):
        assert trouble not in log.read_text("utf-8")


async def ends_its_work(world: World, bot: asyncio.subprocess.Process) -> None:
    """A stop in the middle of an opening: the answer still comes, and the exit code is 0."""

    async def all_is_shown() -> bool:
        return await world.documents("outbox", unshown=True) == []

    await world.until(all_is_shown, "what was said before to be posted")
    world.slack.faults.add("latency", "chat.postMessage", count=1, value=0.8)
    await world.bob.says("/incident", "open sev2 slow to post")
    bot.send_signal(signal.SIGTERM)
    await world.bob.sees("is open", within=10.0)
    async with asyncio.timeout(10):
        assert await bot.wait() == 0
    (slow,) = await world.documents("incidents", title="slow to post")
    assert slow["card_ts"] is not None
