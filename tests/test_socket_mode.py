"""Two connections to Slack through everything that befalls connections: nothing is lost, nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.errors import UserError
from bot.slack import socket
from handlers import middleware
from sandbox.delivery import Retry
from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer, message_event, strict
from tests.test_events_again import hearing
from tests.test_incident import opened
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod) -> AsyncIterator[World]:
    """A world of bots that hear events."""
    async with hearing(slack, mongod.url()) as ready:
        yield ready


async def texts(world: World, incident_id: str, count: int) -> list[str]:
    """What the timeline has of the thread's messages, in order, once there are so many."""
    found = await world.stored("timeline", count, incident_id=incident_id, kind="message")
    return [str(entry["text"]) for entry in sorted(found, key=lambda entry: str(entry["order"]))]


async def test_two_connections_share_the_work(world: World) -> None:
    """Slack gives each payload to one of them; commands on both are acknowledged and answered."""
    await world.slack.until_connected(2)
    for number in range(4):
        outcome = await world.ann.says("/ops", f"help{number}")
        assert outcome.acked_in is not None
        assert outcome.acked_in < 1.0
    assert [connection.received for connection in world.slack.sockets.connections] == [2, 2]


async def refreshes(world: World, card: Post, reason: str, connected: int) -> list[str]:
    """Slack renews the connections while people write and ask; what they wrote. So many are open in the end."""
    said = [f"{reason} {number}" for number in range(4)]
    refresh = asyncio.create_task(world.slack.sockets.refresh(reason, grace=0.6))  # Slack gives more
    for text in said:
        await world.bob.writes(text, thread=card)
        outcome = await world.ann.says("/ops", "whoami")
        assert outcome.acked_in is not None
    await refresh
    assert (await answer(world.slack, world.ann, "/ops", "whoami")).shown.startswith("You are @ann")
    await world.slack.until(lambda: world.slack.connected == connected, "fresh connections")
    return said


@pytest.mark.long
async def test_a_refresh_leaves_no_gap(world: World) -> None:
    """Commands and messages before, while and after Slack renews the connections: each is answered and kept once."""
    card, incident_id = await opened(world)
    await world.slack.until_connected(2)
    said = await refreshes(world, card, "refresh_requested", 2)
    said += await refreshes(world, card, "link_disabled", 2)
    said += await refreshes(world, card, "warning", 4)  # the old ones are open until Slack closes them
    assert await texts(world, incident_id, 12) == said
    assert world.ann.toasts == []


async def test_a_cut_loses_nothing(world: World) -> None:
    """Both connections closed or reset: the bot is back at once, and has what was written in between, once."""
    card, incident_id = await opened(world)
    await world.slack.until_connected(2)
    await world.bob.writes("before", thread=card)
    await world.slack.sockets.close()
    await world.slack.until(lambda: world.slack.connected == 0, "the cut")
    await world.bob.writes("in between", thread=card)
    await world.slack.until_connected(2)
    world.slack.sockets.abort()
    await world.slack.until(lambda: world.slack.connected == 0, "the reset")
    await world.bob.writes("again", thread=card)
    await world.slack.until_connected(2)
    await world.bob.writes("after", thread=card)
    assert (await answer(world.slack, world.ann, "/ops", "whoami")).shown.startswith("You are @ann")
    assert await texts(world, incident_id, 4) == ["before", "in between", "again", "after"]


@pytest.mark.long
async def test_what_slack_gave_up_on_is_read_back(mongod: Mongod) -> None:
    """Nobody there until after Slack's last retry: the thread is read when the bot is back, and /readyz told so."""
    async with strict(retry_after=(0.0,)) as slack, hearing(slack, mongod.url()) as world:
        card, incident_id = await opened(world)
        slack.sockets.refuse_for(0.3)
        slack.sockets.abort()
        await slack.until(lambda: slack.connected == 0, "the cut")
        await world.bob.writes("nobody there", thread=card)
        await slack.until(lambda: slack.delivery.lost, "Slack to give up")
        url = f"http://127.0.0.1:{world.bots[0].port}/readyz"
        async with aiohttp.ClientSession() as client, client.get(url) as ready:
            assert ready.status == 503
            told = await ready.json()
            assert (told["status"], told["reasons"]) == ("starting", ["no connection to Slack"])
        assert await texts(world, incident_id, 1) == ["nobody there"]
        await slack.until_connected(2)
        assert len(await world.documents("timeline", kind="message")) == 1


@pytest.fixture
async def deaf(mongod: Mongod, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A world whose bot notices dead connections in a fraction of a second, and whose Slack is as impatient."""
    monkeypatch.setattr(socket, "PING_EVERY", 0.05)
    monkeypatch.setattr(socket, "DEAF_AFTER", 0.7)
    async with strict(ack_within=0.3) as slack:
        async with hearing(slack, mongod.url()) as world:
            yield world
        # So short a limit is missed by a busy machine too; Slack sends it again then.
        assert [refusal for refusal in slack.refusals if refusal.error != "timeout"] == []


@pytest.mark.long
async def test_connections_that_went_silent_are_replaced(deaf: World) -> None:
    """Half-open connections take everything and bring nothing: the bot opens new ones, and Slack's retries arrive."""
    card, incident_id = await opened(deaf)
    await deaf.slack.until_connected(2)
    old = list(deaf.slack.sockets.connections)
    deaf.slack.sockets.half_open()
    await deaf.bob.writes("into the void", thread=card)
    await deaf.slack.until(
        lambda: sum(connection not in old for connection in deaf.slack.sockets.connections) == 2, "two new connections"
    )
    await deaf.slack.until(lambda: not set(old) & set(deaf.slack.sockets.connections), "the old ones to be gone")
    assert (await answer(deaf.slack, deaf.ann, "/ops", "whoami")).shown.startswith("You are @ann")
    assert await texts(deaf, incident_id, 1) == ["into the void"]


@pytest.mark.long
async def test_an_old_connection_is_used_until_slack_closes_it(deaf: World) -> None:
    """After the notice of a refresh it is kept alive, so that what Slack still sends on it is answered."""
    await deaf.slack.until_connected(2)
    old = list(deaf.slack.sockets.connections)
    await deaf.slack.sockets.refresh("warning")
    await deaf.slack.until_connected(4)
    for silence in (0.0, 0.8):  # longer than a connection may be silent
        await asyncio.sleep(silence)
        before = [connection.received for connection in old]
        for _ in range(4):
            await answer(deaf.slack, deaf.ann, "/ops", "whoami")
        assert [connection.received for connection in old] == [count + 1 for count in before]
    assert all(connection in deaf.slack.sockets.connections for connection in old)


async def test_a_slack_that_is_away_for_days_is_still_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it failed, there is a next try, no later than the longest wait."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    for failures in (1, 5, 2_000, 100_000):
        await socket.pause(failures)
    assert waits[0] <= socket.FIRST_WAIT
    assert all(0 < wait <= socket.LONGEST_WAIT for wait in waits)


@pytest.mark.long
async def test_connections_that_end_at_once_are_not_opened_without_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Slack that cuts each connection as soon as it is open is asked less and less often, and is found when it
    holds them again."""
    monkeypatch.setattr(socket, "FIRST_WAIT", 0.125)
    await world.slack.until_connected(2)
    before = len(world.slack.calls_of("apps.connections.open"))
    end = asyncio.get_running_loop().time() + 0.5  # in earnest two seconds
    while asyncio.get_running_loop().time() < end:
        world.slack.sockets.abort()
        await asyncio.sleep(0.01)
    assert len(world.slack.calls_of("apps.connections.open")) - before <= 10
    await world.slack.until(lambda: world.slack.connected > 0, "a connection", within=5.0)
    assert (await answer(world.slack, world.ann, "/ops", "whoami")).shown.startswith("You are @ann")


# Events that come again


async def test_the_same_event_three_times_is_one_entry(world: World) -> None:
    """A message is entered once, whichever connection brings it and however often.

    That Slack has tried before does not mean that anybody has heard: one first seen as a retry is worked on.
    """
    card, incident_id = await opened(world)
    event = message_event(card, world.slack.workspace.next_ts(), "looking")
    for attempt in range(3):
        await world.slack.sockets.send("events_api", event, Retry(attempt, "timeout" if attempt else ""))
    late = message_event(card, world.slack.workspace.next_ts(), "found it", "Ev0LATE")
    await world.slack.sockets.send("events_api", late, Retry(2, "timeout"))
    assert await texts(world, incident_id, 2) == ["looking", "found it"]


async def test_a_mention_that_comes_again_opens_one_incident(world: World) -> None:
    """Also to another bot on the same database."""
    await world.starts()
    await world.slack.until_connected(4)
    ts = world.slack.workspace.next_ts()
    channel = world.slack.channel().id
    event = {
        "type": "event_callback",
        "event_id": "Ev0MENTION",
        "team_id": "T0SANDBOX",
        "api_app_id": "A0OPSBOT",
        "event": {
            "type": "app_mention", "channel": channel, "user": "U0BOB", "ts": ts, "event_ts": ts,
            "text": "<@U0OPSBOT> open sev1 all is down",
        },
    }  # fmt: skip
    for attempt in range(4):
        await world.slack.sockets.send("events_api", event, Retry(attempt, "timeout" if attempt else ""))
    await world.slack.shows("all is down")
    await world.bob.sees("is open")
    await world.slack.settled()
    assert len(world.slack.channel().by_bot) == 1
    assert len(await world.documents("incidents")) == 1


@pytest.mark.long
async def test_an_acknowledgement_takes_another_connection_where_its_own_has_gone(world: World) -> None:
    """Slack closes the one on which an event came while that is worked on, and hears on the other that it was done."""
    card, _ = await opened(world)
    await world.slack.until_connected(2)
    sockets = world.slack.sockets
    received = {connection: connection.received for connection in sockets.connections}
    asked = len(world.slack.calls_of("users.info"))
    world.slack.faults.add("latency", "users.info", value=0.7)  # who Bob is
    event = message_event(card, "1795608100.000100", "still down")
    sending = asyncio.create_task(sockets.send("events_api", event, Retry()))
    await world.slack.until(lambda: len(world.slack.calls_of("users.info")) > asked, "the work to begin")
    await sockets.close([one for one, before in received.items() if one.received > before])
    assert await sending == {}
    await world.stored("timeline", ts="1795608100.000100")


# Slack that does not want


@pytest.mark.long
async def test_a_flood_is_taken_as_it_is_done_and_what_hangs_holds_up_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While all there is room for hangs, the next command waits a moment for its turn, and is answered all the same."""
    monkeypatch.setattr(middleware, "MOST", 2)
    monkeypatch.setattr(middleware, "ROOM_WITHIN", 0.2)
    await answer(world.slack, world.bob, "/ops", "whoami")  # so that Slack needs not be asked who he is
    world.slack.faults.add("latency", "users.info", count=2, value=3.0)
    known = len(world.slack.calls_of("users.info"))
    await asyncio.gather(*(world.slack.person(name).says("/ops", "whoami") for name in ("ann", "cyd")))
    await world.slack.until(lambda: len(world.slack.calls_of("users.info")) == known + 2, "both to hang")
    outcome = await world.bob.says("/ops", "whoami")
    assert outcome.acked_in is not None
    assert middleware.ROOM_WITHIN <= outcome.acked_in < 3.0
    await world.slack.until(lambda: len(world.bob.ephemerals) == 2, "Bob's second answer")
    for name in ("ann", "cyd"):
        await world.slack.person(name).sees(f"You are @{name}")


async def test_frames_that_are_none_are_passed_over(world: World) -> None:
    """What is no JSON, of an unknown type, or an envelope of nothing does not end the connection."""
    await world.slack.until_connected(2)
    (one, two) = world.slack.sockets.connections
    for text in ("not json", "[]", '"text"', "{}", '{"type": "news"}', '{"type": "disconnect"}'):
        await one.ws.send_str(text)
    await one.ws.send_bytes(b"\x00")
    await two.ws.send_str('{"envelope_id": "1", "type": "slash_commands", "payload": {}}')
    for _ in range(3):
        await answer(world.slack, world.ann, "/ops", "whoami")
    assert {one, two} <= set(world.slack.sockets.connections)


async def test_a_start_outlasts_a_slack_that_fails(world: World) -> None:
    """While Slack gives out no addresses the bot tries on, and starts when it does."""
    await world.stops()
    world.slack.faults.add("status", "apps.connections.open", value=503)
    await world.starts()
    assert (await answer(world.slack, world.ann, "/ops", "whoami")).shown.startswith("You are @ann")


async def test_a_refused_token_is_named_at_the_start(world: World) -> None:
    """Slack's refusal ends the start with the setting, Slack's word and what to do; the other bot works on."""
    for method, code, setting in (
        ("apps.connections.open", "invalid_auth", "SLACK_APP_TOKEN"),
        ("apps.connections.open", "not_allowed_token_type", "SLACK_APP_TOKEN"),
        ("auth.test", "invalid_auth", "SLACK_BOT_TOKEN"),
    ):
        world.slack.faults.add("error", method, count=None, value=code)
        with pytest.raises(UserError, match=rf"Slack refuses {setting} \({code}\)\. \w+"):
            await world.starts()
        world.slack.faults.clear()
        await world.stops(world.bots[1])
    assert (await answer(world.slack, world.ann, "/ops", "whoami")).shown.startswith("You are @ann")
