"""Silences with the real Alertmanager: made, prolonged, ended, lost and made again, and who may."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.alerting import alert, told
from tests.alertmanagers import Alertmanager, Silenced, holds
from tests.asking import answer, strict
from tests.impatience import NEVER
from tests.world import TEMPO, World

Found = Callable[[], Awaitable[list[dict[str, Any]]]]
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Alertmanager]:
    """An Alertmanager for all tests that leave it running."""
    server = Alertmanager(tmp_path_factory.mktemp("alertmanager"))
    await server.start()
    yield server
    await server.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod, lasting: Alertmanager) -> AsyncIterator[World]:
    """One world for them; each test looks at what is new."""
    async with strict() as slack:
        async with Silenced(slack, mongod, lasting) as world:
            yield world
        assert (slack.refusals, slack.pages) == ([], [])


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, alertmanager: Alertmanager) -> AsyncIterator[World]:
    quiet = Silenced(slack, mongod, alertmanager)
    quiet.tempo = replace(TEMPO, tick=NEVER)  # nothing is announced here
    async with quiet as ready:
        yield ready


@pytest_asyncio.fixture(loop_scope="module")
async def new(lasting: Alertmanager) -> Found:
    """The silences in force that were not there before the test."""
    before = [one["id"] for one in await lasting.silences()]

    async def found() -> list[dict[str, Any]]:
        return [one for one in await lasting.silences() if one["id"] not in before]

    return found


async def presses(world: World, post: Post, words: str) -> None:
    """Bob silences for an hour by the button, and is answered with these words."""
    before = len(world.bob.ephemerals)
    await world.bob.clicks("Silence 1h", post)
    await world.slack.until(lambda: any(words in one.shown for one in world.bob.ephemerals[before:]), words)


@SHARED
async def test_a_silence_is_made_prolonged_and_ended(shared: World, new: Found) -> None:
    """By whoever has a role; author, incident and reason are in Alertmanager's comment; said again it lasts longer."""
    words = 'silence job=loki instance=~"db-.*" for 1h INC-20261125-7KQ4 the disk is replaced'
    refused = await answer(shared.slack, shared.ann, "/ops", words)
    assert "Who may: @bob" in refused.shown
    assert await new() == []
    done = await answer(shared.slack, shared.bob, "/ops", words)
    assert "is silenced until" in done.shown
    (made,) = await new()
    (kept,) = await shared.documents("silences", _id=made["comment"].split()[0])
    assert made["comment"].startswith(f"{kept['_id']} INC-20261125-7KQ4: ")
    assert "the disk is replaced" in made["comment"]
    assert "bob" in made["createdBy"]
    assert {(one["name"], one["value"], one["isRegex"]) for one in made["matchers"]} == {
        ("job", "loki", False), ("instance", "db-.*", True),
    }  # fmt: skip
    again = await answer(shared.slack, shared.bob, "/ops", words.replace("1h", "30m"))
    assert "is silenced already" in again.shown
    await answer(shared.slack, shared.bob, "/ops", words.replace("1h", "3h"))

    async def longer() -> bool:  # a busy Alertmanager is told a little later
        return [one["endsAt"] > made["endsAt"] for one in await new()] == [True]

    await shared.until(longer, "it to last longer")
    assert [one["id"] for one in await new()] == [made["id"]]
    assert kept["_id"] in (await answer(shared.slack, shared.ann, "/ops", "silence list")).shown
    ended = await answer(shared.slack, shared.bob, "/ops", f"silence expire {kept['_id'][-4:]}")
    assert "is heard again" in ended.shown
    assert await new() == []


@pytest.mark.long
async def test_what_alertmanager_lost_is_made_again(world: World, alertmanager: Alertmanager) -> None:
    """Killed, it forgets a young silence, and one that was ended is back: both are put right, once, by two bots."""
    await world.starts()
    await answer(world.slack, world.bob, "/ops", "silence job=tempo for 1h it moves")
    (ended,) = await holds(world, alertmanager, 1)
    await alertmanager.restart()
    await answer(world.slack, world.bob, "/ops", f"silence expire {ended['comment'].partition(':')[0]}")
    await answer(world.slack, world.bob, "/ops", "silence job=loki for 1h the disk")
    (young,) = await holds(world, alertmanager, 1)
    await alertmanager.kill()
    trouble = await answer(world.slack, world.bob, "/ops", "silence job=mongo for 1h away")
    assert "not in force yet" in trouble.shown
    await world.rests()  # no job is on its way there when it is back
    await alertmanager.start()
    assert [one["id"] for one in await alertmanager.silences()] == [ended["id"]]

    async def put_right() -> bool:
        return {one["matchers"][0]["value"] for one in await alertmanager.silences()} == {"loki", "mongo"}

    await world.until(put_right, "what is wanted, and no more")
    await world.rests()
    found = await alertmanager.silences()
    assert sorted(one["matchers"][0]["value"] for one in found) == ["loki", "mongo"]
    assert young["id"] not in [one["id"] for one in found]


@pytest.mark.long
async def test_owners_are_told_of_an_end_by_hand_before_the_end_and_of_old_ones(
    world: World, alertmanager: Alertmanager
) -> None:
    """What somebody ends in Alertmanager stays ended. Its owner hears of that, and a quarter of an hour before the end.

    Each directly and once, by two bots; what somebody made for weeks is told in the channel.
    """
    now = datetime.now(UTC)
    foreign = {
        "matchers": [{"name": "job", "value": "old", "isRegex": False}],
        "startsAt": now.isoformat(), "endsAt": (now + timedelta(days=30)).isoformat(),
        "createdBy": "<!here> eve", "comment": "forgotten",
    }  # fmt: skip
    await alertmanager.post(foreign)
    await world.starts()
    await answer(world.slack, world.bob, "/ops", "silence job=mongo for 1h it moves")
    (made,) = [one for one in await holds(world, alertmanager, 2) if one["matchers"][0]["value"] == "mongo"]
    await world.stored("silences", remote_id=made["id"])
    await alertmanager.delete(made["id"])
    await world.bob.sees("Somebody ended your silence", "in Alertmanager", within=8.0)
    await world.rests()
    assert [one["matchers"][0]["value"] for one in await alertmanager.silences()] == ["old"]
    await answer(world.slack, world.bob, "/ops", "silence job=loki for 1h the disk")
    world.clock.forward(minutes=46)
    await world.bob.sees("Your silence", "job=loki", "ends at", within=8.0)
    world.clock.forward(days=2)
    await world.slack.shows("A silence in Alertmanager of job=old", "eve", "Is it still needed?", within=8.0)
    world.clock.forward(days=1)
    await world.rests()
    old = [post for post in world.slack.channel().by_bot if "Is it still needed?" in post.text]
    assert len(old) == 1
    for words in ("Somebody ended", "ends at"):
        assert len([post for post in world.bob.posts if words in post.text]) == 1


@SHARED
async def test_a_button_silences_the_group_by_whole_values_or_not_at_all(shared: World, new: Found) -> None:
    """Pressed again it does no more. Half a value matches nothing, and some of many labels match other alerts too."""
    await told(shared, alert("a"))
    post = await shared.slack.shows("HighLatency", "is firing")
    await presses(shared, post, "is silenced until")
    (made,) = await new()
    assert {(one["name"], one["value"]) for one in made["matchers"]} == {
        ("alertname", "HighLatency"), ("service", "checkout"),
    }  # fmt: skip
    await presses(shared, post, "now lasts until")
    assert [one["id"] for one in await new()] == [made["id"]]
    path = "/srv/" + "x" * 2_000
    await told(shared, alert("a"), groupLabels={"alertname": "DiskFull", "path": path}, key="long")
    await presses(shared, await shared.slack.shows("DiskFull", "is firing"), "is silenced until")
    (long,) = [one for one in await new() if one["id"] != made["id"]]
    assert {one["value"] for one in long["matchers"]} == {"DiskFull", path}
    await told(shared, alert("a"), groupLabels={"alertname": "TooLong", "path": path * 3}, key="too long")
    too_long = "Its labels are too long to be kept whole"
    await presses(shared, await shared.slack.shows("TooLong", "is firing"), too_long)
    await shared.bob.sees(too_long, "Nothing is silenced")
    assert len(await new()) == 2


@SHARED
async def test_alertmanager_s_refusal_is_told(shared: World, new: Found) -> None:
    """A pattern that Python reads and Go does not: nothing is silenced, and the same can be said otherwise."""
    refused = await answer(shared.slack, shared.bob, "/ops", 'silence job=~"loki(?=x)" for 1h because')
    assert "Alertmanager refuses the silence" in refused.shown
    assert await new() == []
    await shared.stored("silences", state="over", matchers={"$elemMatch": {"value": "loki(?=x)"}})


@SHARED
async def test_nobody_silences_everything(shared: World, new: Found) -> None:
    for words, part in (
        ("silence alertname=~.* for 1h x", "could silence everything"),
        ("silence job!=loki for 1h x", "could silence everything"),
        ("silence for 1h x", "What is to be silenced?"),
        ("silence job=loki for 25h x", "1d is the most"),
        ("silence job=loki for 1h", "Why?"),
        ("silence job=loki", "For how long?"),
        ("silence expire 7KQ4", "I know no silence SIL-7KQ4"),
    ):
        assert part in (await answer(shared.slack, shared.bob, "/ops", words)).shown
    assert await new() == []
