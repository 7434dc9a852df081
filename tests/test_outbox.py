"""What happens to messages that Slack or MongoDB do not take, and to those behind them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from pymongo.errors import OperationFailure

from bot.domain.outbox import Letter
from bot.slack.api import Api, RateLimitedError, UnknownError
from bot.slack.delivery import Pace
from bot.slack.refusals import undelivered
from bot.store.outbox import Outbox as Letters
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests import world as worlds
from tests.asking import answer
from tests.line import Line
from tests.test_incident import opened
from tests.test_once import cards
from tests.world import HEIR, MORTAL, World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world of one bot at a time, which soon tries again what Slack refused."""
    restless = replace(HEIR["pace"], rest=timedelta(seconds=0.05))
    async with World(slack, mongod.url(), tuned={"pace": restless, **MORTAL}) as ready:
        yield ready


@pytest.fixture
async def away(slack: Slack, line: Line, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world whose MongoDB can be taken away; claims hold for longer than it takes to notice that."""
    monkeypatch.setattr(worlds, "PACE", Pace(timedelta(seconds=8), settle=0.1, backoff=0.05))
    async with World(slack, line.url()) as ready:
        yield ready
        line.mend()


@pytest.mark.long
async def test_a_refused_checklist_is_answered_again_and_posted_when_it_can_be(world: World) -> None:
    """Whoever asks a second time is told at once as well; the bot tries by itself, and it appears in the end."""
    world.slack.faults.add("error", "chat.postMessage", count=None, value="restricted_action")
    for _ in range(2):
        told = await answer(world.slack, world.ann, "/checklist", "start")
        assert "restricted_action" in told.shown
        assert "The record is kept" in told.shown
    world.slack.faults.clear()
    await world.slack.until(lambda: world.slack.channel().by_bot, "the checklist")
    await world.stored("outbox", state="posted")


@pytest.mark.parametrize("reason", ["not_in_channel", "message_limit_exceeded", "accesslimited"])
def test_what_heals_is_said_to_be_tried_again(reason: str) -> None:
    """People mend it, or it passes; of what stays as it is nothing is promised."""
    assert "the bot tries again" in str(undelivered(reason, is_kept=True))
    assert "again" not in str(undelivered("msg_too_long", is_kept=True))


@pytest.mark.long
async def test_an_incident_without_a_card_is_not_said_to_have_a_thread(world: World) -> None:
    """Whoever opens it again hears the refusal again; once Slack takes the card, there is one, with a thread."""
    world.slack.faults.add("error", "chat.postMessage", count=None, value="message_limit_exceeded")
    for _ in range(2):
        told = await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
        assert "message_limit_exceeded" in told.shown
        assert "the bot tries again" in told.shown
    world.slack.faults.clear()
    await world.slack.until(lambda: cards(world.slack), "the card")
    told = await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    assert "is open. Write in its thread" in told.shown
    assert len(cards(world.slack)) == len(await world.documents("incidents")) == 1


@pytest.mark.long
async def test_a_message_refused_without_a_record_is_not_said_to_be_kept(away: World, line: Line) -> None:
    """MongoDB is away and Slack refuses: the person hears that nobody keeps it."""
    line.cut()
    away.slack.faults.add("error", "chat.postMessage", value="restricted_action")
    await away.ann.says("/incident", "open sev1 all is down")
    await away.ann.sees("restricted_action", "kept nowhere")


@pytest.mark.long
async def test_a_card_goes_out_when_mongodb_dies_while_slack_has_it_wait(away: World, line: Line) -> None:
    """The record was made, Slack asks to wait, MongoDB goes: the card is worth more than its record."""
    away.slack.faults.add("rate_limited", "chat.postMessage", value=1.0)
    await away.ann.says("/incident", "open sev1 all is down")
    await away.stored("outbox", state="pending")
    line.cut()
    await away.slack.until(lambda: cards(away.slack), "the card", within=10.0)


@pytest.mark.long
async def test_the_order_outlives_an_absence_of_mongodb(away: World, line: Line) -> None:
    """Two notes wait while MongoDB is away: the first is still the first."""
    card, _ = await opened(away)
    await away.stored("incidents", untold=[])
    away.slack.faults.add("rate_limited", "chat.postMessage", value=0.9)
    await away.ann.says("/incident", "note number one")
    await away.stored("outbox", state="pending")
    await away.ann.says("/incident", "note number two")
    await away.stored("outbox", 3)
    assert not [post for post in away.slack.thread(card).replies if "number" in post.shown]
    line.cut()
    await away.bob.says("/checklist", "start")
    await away.bob.sees("MongoDB")
    await away.slack.settled(0.9)  # the wait that Slack asked for ends meanwhile
    line.mend()
    await away.slack.shows("number one", thread=card, within=20.0)
    await away.slack.shows("number two", thread=card, within=20.0)
    shown = [post.shown[-3:] for post in away.slack.thread(card).replies if "number" in post.shown]
    assert shown == ["one", "two"]


@pytest.mark.long
async def test_a_letter_that_slack_never_answers_lets_the_others_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in one message breaks Slack: the next incident has its card all the same."""
    await opened(world)
    real = Api.post

    async def post(self: Api, letter: Letter) -> str:
        if "poison" in str(letter.content.body):
            raise UnknownError("Slack answered 500")
        return await real(self, letter)

    monkeypatch.setattr(Api, "post", post)
    await world.ann.says("/incident", "note poison")
    await world.stored("outbox", 2)
    await world.bob.says("/incident", "open sev1 everything is down")
    await world.slack.until(lambda: len(cards(world.slack)) == 2, "the second card")


@pytest.mark.parametrize("method", ["add", "posted"])
@pytest.mark.long
async def test_an_unforeseen_error_of_mongodb_fails_one_letter_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Whatever MongoDB says once, the next question of the same thing is answered, and nothing waits for ever."""
    real = getattr(Letters, method)
    failing = iter([True])

    async def once(self: Letters, *args: object, **named: object) -> object:
        if next(failing, False):
            raise OperationFailure("interrupted", 11601)
        return await real(self, *args, **named)

    monkeypatch.setattr(Letters, method, once)
    await answer(world.slack, world.ann, "/checklist", "start")
    told = await answer(world.slack, world.ann, "/checklist", "start")
    assert "hecklist" in told.shown
    await world.slack.until(lambda: len(world.slack.channel().by_bot) == 1, "the checklist")


async def test_only_the_bot_s_own_messages_count_as_posted(world: World) -> None:
    """Another app's message carries the key of an announcement, which then ends in doubt: it is posted all the same."""
    window = "MW-20261128-0200"
    foreign = await world.bob.writes("nothing to see here")
    raw = world.slack.workspace.messages[foreign.channel][foreign.ts]
    raw.metadata = {"event_type": "opsbot_announcement", "event_payload": {"key": f"{window}/24h"}}
    world.slack.faults.add("reset_before", "chat.postMessage")
    world.clock.set("2026-11-27 02:00:01")
    (document,) = await world.stored("announcements", state="announced")
    assert document["ts"] == world.slack.channel().by_bot[0].ts
    assert foreign in world.slack.channel().messages


@pytest.mark.long
async def test_one_channel_s_backlog_hides_no_other_channel_s_letters(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred and more old letters wait in a channel that limits the bot; a letter elsewhere is posted meanwhile."""
    await answer(world.slack, world.ann, "/checklist", "start")
    (pattern,) = await world.stored("outbox", state="posted")
    await world.stops()
    waiting = {
        **pattern,
        "state": "pending",
        "unshown": True,
        "ts": None,
        "leased_at": datetime(2020, 1, 1, tzinfo=UTC),
    }
    gone = {**waiting, "channel": "C0GONE", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    old = [{**gone, "_id": f"opsbot_checklist:old{number}", "key": f"old{number}"} for number in range(110)]
    await world.puts_all("outbox", [*old, {**waiting, "_id": "opsbot_checklist:new", "key": "new"}])
    real = Api.post

    async def post(self: Api, letter: Letter) -> str:
        if letter.channel == "C0GONE":
            raise RateLimitedError(60)
        return await real(self, letter)

    monkeypatch.setattr(Api, "post", post)
    await world.starts()
    await world.stored("outbox", _id="opsbot_checklist:new", state="posted")


@pytest.mark.long
async def test_what_slack_refuses_is_counted_for_prometheus_by_an_index(world: World) -> None:
    """A parked letter shows in the metrics until it is delivered; to count it MongoDB reads no letter."""
    await world.measures()
    world.slack.faults.add("error", "chat.postMessage", count=None, value="is_archived")
    await answer(world.slack, world.ann, "/checklist", "start")
    assert "The record is kept" in (await answer(world.slack, world.ann, "/checklist", "start")).shown
    assert await scraped(world, "opsbot_outbox_parked 1.0")
    assert "IXSCAN" in str((await world.explained("outbox", {"state": "parked"}))["executionStages"])
    world.slack.faults.clear()
    assert await scraped(world, "opsbot_outbox_parked 0.0")


async def scraped(world: World, line: str) -> bool:
    """Waits until the bot's metrics have this line."""
    url = f"http://127.0.0.1:{world.bots[0].port}/metrics"

    async def has() -> bool:
        async with aiohttp.ClientSession() as client, client.get(url) as answered:
            return line in (await answered.text()).splitlines()

    return await world.until(has, line)
