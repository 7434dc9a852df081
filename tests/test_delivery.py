"""What goes out without MongoDB: once of several bots, and in the end as new as the newest of them wants it."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import aiohttp
import pytest
from pydantic import SecretStr

from bot.domain.outbox import Content, Letter
from bot.metrics import Metrics
from bot.slack.api import Api
from bot.slack.bolt import web_client
from bot.slack.delivery import Delivery, Job
from sandbox.workspace import BOT_USER
from tests.world import PACE, World


@pytest.fixture
async def bots(world: World) -> AsyncIterator[list[Delivery]]:
    """Two bots beside the world's own, which deliver what is not recorded."""
    told = world.slack.environment()
    async with aiohttp.ClientSession() as session:
        client = web_client(SecretStr(told["SLACK_BOT_TOKEN"]), told["SLACK_API_URL"], session)
        api = Api(client, Metrics(), lambda: BOT_USER)
        yield [Delivery(world.store().outbox, api, owner, PACE, world.clock) for owner in ("one", "two")]


def letter(world: World, revision: int = 1) -> Letter:
    """An outage's message as of this revision."""
    content = Content({"text": f"mongodb is down, revision {revision}"}, {}, revision)
    return Letter("opsbot_alert", "health/mongodb/x", world.slack.channel().id, content, world.clock())


async def delivers(bot: Delivery, wanted: Letter) -> None:
    """As while MongoDB is away: any bot may say it, after a look whether another has."""
    job = Job(wanted.id, wanted, recorded=False, in_doubt=True, even_unrecorded=True, is_anybodys=True)
    await bot.deliver(job, PACE.patience)


async def test_of_two_bots_that_look_at_the_same_moment_one_is_heard(world: World, bots: list[Delivery]) -> None:
    """Both found nothing and posted: the older message stays, whichever bot looks again first, and is recorded."""
    world.slack.faults.add("latency", "chat.postMessage", count=2, value=0.3)
    await asyncio.gather(*(delivers(bot, letter(world)) for bot in bots))
    (post,) = world.slack.channel().by_bot
    (kept,) = await world.stored("outbox", state="posted")
    assert kept["ts"] == post.ts
    world.slack.refusals.clear()  # both may remove the younger one, and the second finds it gone


async def test_of_two_that_posted_at_one_moment_the_older_message_says_what_the_newer_knew(
    world: World, bots: list[Delivery]
) -> None:
    """Both found nothing; the message of the one that knew less stays, and is edited, whoever records it first."""
    calls, faults = world.slack.workspace.ledger.calls, world.slack.faults
    faults.add("latency", "chat.postMessage", count=2, value=0.5)
    posting = []
    for number, bot in enumerate(bots, start=1):
        posting.append(asyncio.create_task(delivers(bot, letter(world, number))))
        sent = partial(lambda count: [call.method for call in calls].count("chat.postMessage") == count, number)
        await world.slack.until(sent, f"post {number}")
    faults.add("latency", "conversations.history", value=0.5)  # so that the second one records it first
    await asyncio.gather(*posting)
    await world.slack.shows("revision 2")
    assert len(world.slack.channel().by_bot) == 1
    world.slack.refusals.clear()  # both may remove the younger one, and the second finds it gone


async def test_what_is_found_older_than_it_should_be_is_edited(world: World, bots: list[Delivery]) -> None:
    """A bot posted and died without a record; the other one, which knows more by now, has it say so."""
    first, second = bots
    await delivers(first, letter(world))
    await world.drops("outbox")
    await delivers(second, letter(world, 2))
    await world.slack.shows("revision 2")
    assert len(world.slack.channel().by_bot) == 1
    await world.stored("outbox", shown=2, unshown=False)


async def test_two_records_of_one_message_end_with_the_newer(world: World, bots: list[Delivery]) -> None:
    """MongoDB is back: whoever of two bots records it first, the message says what the later one knew."""
    first, second = bots
    await delivers(first, letter(world))
    await delivers(second, letter(world, 2))
    await world.slack.shows("revision 2")
    assert len(world.slack.channel().by_bot) == 1
