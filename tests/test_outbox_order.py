"""Which of a channel's messages is next, and that what was given up in doubt is not said twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.outbox import Letter
from bot.slack.api import Api, UnknownError
from bot.slack.delivery import Pace
from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests import world as worlds
from tests.asking import answer
from tests.impatience import NEVER
from tests.test_incident import opened
from tests.world import World

pytestmark = pytest.mark.long

SOON = {"pace": replace(worlds.PACE, lease=timedelta(seconds=1))}  # another bot takes over sooner
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# Much is waited for here that only time brings, and all jobs would be rung for meanwhile.
MAIL_ALONE = replace(worlds.TEMPO, tick=NEVER, tidy=NEVER)


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """Bots that see to letters, and do little else by themselves."""
    quiet = World(slack, mongod.url())
    quiet.tempo = MAIL_ALONE
    async with quiet as ready:
        yield ready


async def noted(world: World, *words: str, wait: float = 1.0) -> Post:
    """An incident at rest, and then notes that wait since Slack asks the first of them to; the incident's card."""
    card, _ = await opened(world)
    await world.stored("incidents", untold=[])
    await world.stored("outbox", state="posted", unshown=False)
    world.slack.faults.add("rate_limited", "chat.postMessage", value=wait)
    for number, one in enumerate(words):
        await answer(world.slack, world.ann, "/incident", f"note {one}")
        await world.stored("outbox", number + 2)
    return card


async def test_a_card_is_before_all_that_can_wait(world: World) -> None:
    """Whoever opens an incident waits for its card; notes that stand in the channel's line before it do not."""
    card = await noted(world, "number one", "number two", "number three")
    await answer(world.slack, world.bob, "/incident", "open sev1 all is down")
    other = await world.slack.shows("all is down")
    later = await world.slack.shows("number two", thread=card)
    assert float(other.ts) < float(later.ts)


async def test_what_a_dead_bot_left_is_before_what_is_younger(world: World) -> None:
    """Its letter is taken over while younger ones of the channel wait, and is shown before them."""
    card = await noted(world, "number one", "number two")
    (pattern, *_) = await world.documents("outbox", body={"$regex": "number two"})
    left = {"_id": "opsbot_reply:left", "key": "left", "body": pattern["body"].replace("number two", "number zero")}
    await world.puts(
        "outbox", {**pattern, **left, "created_at": LONG_AGO, "leased_at": LONG_AGO, "state": "pending", "owner": "x"}
    )
    await world.slack.shows("number two", thread=card)
    await world.slack.shows("number zero", thread=card)
    assert numbers(world, card) == ["one", "zero", "two"]


async def test_the_order_stands_where_slack_answers_to_nothing(world: World) -> None:
    """The first note was tried four times and the second once, all in vain: then the first has its turn again."""
    card = await noted(world)
    world.slack.faults.clear()
    world.slack.faults.add("status", "chat.postMessage", count=5, value=500)
    await world.ann.says("/incident", "note number one")
    await world.stored("outbox", 2)
    await world.ann.says("/incident", "note number two")
    await world.slack.shows("number one", thread=card)
    await world.slack.shows("number two", thread=card)
    assert numbers(world, card) == ["one", "two"]


async def test_a_look_that_slack_refuses_leaves_the_doubt(world: World) -> None:
    """Slack took the message and the answer was lost, and then the bot may not look: it does before it posts again."""
    await world.slack.until(lambda: "conversations.history" in methods(world), "what was missed to be read")
    world.slack.faults.add("error", "conversations.history", count=None, value="missing_scope")
    world.slack.faults.add("reset_after", "chat.postMessage")
    assert "missing_scope" in (await answer(world.slack, world.ann, "/checklist", "start")).shown
    await world.stored("outbox", state="parked")
    world.slack.faults.clear()
    await world.stored("outbox", state="posted", unshown=False)
    assert len(world.slack.channel().by_bot) == 1


async def test_an_announcement_in_doubt_is_looked_for_before_it_is_told_anew(slack: Slack, mongod: Mongod) -> None:
    """The same of one that is good for a while only, which is told anew by whoever knows what is right by then."""
    world = World(slack, mongod.url())
    world.tempo = replace(MAIL_ALONE, tick=worlds.TEMPO.tick)
    async with world:
        await world.stored("windows", 2)
        await slack.until(lambda: "conversations.history" in methods(world), "what was missed to be read")
        slack.faults.add("error", "conversations.history", count=None, value="missing_scope")
        slack.faults.add("reset_after", "chat.postMessage")
        world.clock.set("2026-11-27 02:00:01")
        await world.stored("outbox", state="parked", event_type="opsbot_announcement")
        slack.faults.clear()
        await world.stored("announcements", state="announced")
        assert len([post for post in slack.channel().by_bot if "Weekly maintenance" in post.text]) == 1


async def test_whoever_waits_at_another_bot_hears_of_a_refusal(world: World) -> None:
    """One bot posts, Slack has it wait and then refuses: those who asked the other one are told as well."""
    await world.starts()
    await world.slack.until_connected(4)
    world.slack.faults.add("rate_limited", "chat.postMessage", value=1.0)
    world.slack.faults.add("error", "chat.postMessage", count=None, value="invalid_blocks")
    people = [world.ann, world.bob, world.slack.person("cyd")]
    for who in people:  # two of them at least at different bots
        await who.says("/checklist", "start")
    for who in people:
        await who.sees("Slack does not take the message: invalid_blocks")


async def test_what_slack_does_after_it_was_given_up_is_waited_for(
    slack: Slack, mongod: Mongod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A post went unanswered and lands a moment later: the look in the channel comes after that."""
    monkeypatch.setattr(worlds, "PACE", Pace(timedelta(seconds=8), settle=1.0, backoff=0.05))
    real, late = Api.post, list[asyncio.Task[str]]()

    async def post(self: Api, letter: Letter) -> str:
        if late:
            return await real(self, letter)
        late.append(asyncio.create_task(real(self, letter)))
        raise UnknownError("no answer")

    monkeypatch.setattr(Api, "post", post)
    world = World(slack, mongod.url())
    world.tempo = MAIL_ALONE
    async with world:
        slack.faults.add("latency", "chat.postMessage", value=0.2)
        await answer(slack, world.ann, "/checklist", "start")
        await late[0]
        assert methods(world).count("chat.postMessage") == 1


async def test_what_another_bot_took_over_meanwhile_is_not_posted_again(world: World) -> None:
    """A note stands behind one that Slack has wait, until its claim runs out: the next bot posts it, once."""
    card = await noted(world, "number one", "number two", wait=2.0)
    world.tuned = SOON
    await world.starts()
    await world.slack.shows("number two", thread=card)
    await world.slack.shows("number one", thread=card)
    await world.rests()
    assert sorted(numbers(world, card)) == ["one", "two"]
    assert "chat.delete" not in methods(world)


async def test_no_other_bot_shortens_the_wait_that_slack_asked_for(world: World) -> None:
    """The wait is longer than a claim holds without news: whoever waits renews it, and posts when the time has come."""
    world.tuned = SOON
    await world.starts()
    await world.slack.until_connected(4)
    world.slack.faults.add("rate_limited", "chat.postMessage", value=2.0)
    for who in (world.ann, world.bob, world.slack.person("cyd")):  # at both bots
        await who.says("/checklist", "start")
    await world.slack.shows("Checklist of")
    await world.rests()
    calls = [call.at for call in world.slack.workspace.ledger.calls if call.method == "chat.postMessage"]
    assert len(calls) == 2
    assert (calls[1] - calls[0]).total_seconds() >= 2.0


async def test_of_two_that_posted_since_a_claim_ran_out_one_stays(world: World) -> None:
    """Slack takes longer for a post than the claim holds, another bot posts as well: the younger message goes."""
    world.tuned = SOON
    await world.starts()
    world.slack.faults.add("latency", "chat.postMessage", value=2.0)
    await world.ann.says("/checklist", "start")
    await world.slack.until(lambda: methods(world).count("chat.postMessage") == 2, "two posts")
    await world.slack.until(lambda: len(world.slack.channel().by_bot) == 1, "the younger to go")
    await world.stored("outbox", state="posted", ts=world.slack.channel().by_bot[0].ts)


def methods(world: World) -> list[str]:
    """The methods of the Web API that were answered."""
    return [call.method for call in world.slack.workspace.ledger.calls if call.answer]


def numbers(world: World, card: Post) -> list[str]:
    """The notes of the thread as they follow each other, by their last word."""
    return [post.shown.split()[-1] for post in world.slack.thread(card).replies if "number" in post.shown]
