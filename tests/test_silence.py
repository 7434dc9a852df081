"""Silences with the real Alertmanager: made, prolonged, ended, lost and made again, and who may."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.alerting import alert, told
from tests.alertmanagers import Alertmanager, Silenced, holds
from tests.asking import answer
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, alertmanager: Alertmanager) -> AsyncIterator[World]:
    async with Silenced(slack, mongod, alertmanager) as ready:
        yield ready


async def test_a_silence_is_made_prolonged_and_ended(world: World, alertmanager: Alertmanager) -> None:
    """By whoever has a role; author, incident and reason are in Alertmanager's comment; said again it lasts longer."""
    words = 'silence job=loki instance=~"db-.*" for 1h INC-20261125-7KQ4 the disk is replaced'
    refused = await answer(world.slack, world.ann, "/ops", words)
    assert "Who may: @bob" in refused.shown
    assert await alertmanager.silences() == []
    done = await answer(world.slack, world.bob, "/ops", words)
    assert "is silenced until" in done.shown
    (made,) = await alertmanager.silences()
    (kept,) = await world.documents("silences")
    assert made["comment"].startswith(f"{kept['_id']} INC-20261125-7KQ4: ")
    assert "the disk is replaced" in made["comment"]
    assert "bob" in made["createdBy"]
    assert {(one["name"], one["value"], one["isRegex"]) for one in made["matchers"]} == {
        ("job", "loki", False), ("instance", "db-.*", True),
    }  # fmt: skip
    again = await answer(world.slack, world.bob, "/ops", words.replace("1h", "30m"))
    assert "is silenced already" in again.shown
    await answer(world.slack, world.bob, "/ops", words.replace("1h", "3h"))

    async def longer() -> bool:  # a busy Alertmanager is told a little later
        return [one["endsAt"] > made["endsAt"] for one in await alertmanager.silences()] == [True]

    await world.until(longer, "it to last longer")
    assert [one["id"] for one in await alertmanager.silences()] == [made["id"]]
    assert kept["_id"] in (await answer(world.slack, world.ann, "/ops", "silence list")).shown
    ended = await answer(world.slack, world.bob, "/ops", f"silence expire {kept['_id'][-4:]}")
    assert "is heard again" in ended.shown
    assert await alertmanager.silences() == []


@pytest.mark.long
async def test_what_alertmanager_lost_is_made_again(world: World, alertmanager: Alertmanager) -> None:
    """Killed, it forgets a young silence, and one that was ended is back: both are put right, once, by two bots."""
    await world.starts()
    await answer(world.slack, world.bob, "/ops", "silence job=loki for 1h the disk")
    await holds(world, alertmanager, 1)
    await alertmanager.kill()
    trouble = await answer(world.slack, world.bob, "/ops", "silence job=mongo for 1h away")
    assert "not in force yet" in trouble.shown
    await alertmanager.start()
    found = await holds(world, alertmanager, 2)
    assert {one["matchers"][0]["value"] for one in found} == {"loki", "mongo"}
    await world.rests()
    assert len(await alertmanager.silences()) == 2


@pytest.mark.long
async def test_an_end_by_hand_is_respected_and_told(world: World, alertmanager: Alertmanager) -> None:
    """Somebody ends it in Alertmanager: it stays ended, and the owner hears of it directly, once."""
    await world.starts()
    await answer(world.slack, world.bob, "/ops", "silence job=loki for 1h the disk")
    (made,) = await holds(world, alertmanager, 1)
    await world.stored("silences", remote_id=made["id"])
    await alertmanager.delete(made["id"])
    await world.bob.sees("Somebody ended your silence", "in Alertmanager", within=8.0)
    await world.rests()
    assert await alertmanager.silences() == []
    assert len([post for post in world.bob.posts if "Somebody ended" in post.text]) == 1


@pytest.mark.long
async def test_owners_are_told_before_the_end_and_of_old_ones(world: World, alertmanager: Alertmanager) -> None:
    """A quarter of an hour before the end, directly and once; what somebody made for weeks is told in the channel."""
    now = datetime.now(UTC)
    foreign = {
        "matchers": [{"name": "job", "value": "old", "isRegex": False}],
        "startsAt": now.isoformat(), "endsAt": (now + timedelta(days=30)).isoformat(),
        "createdBy": "<!here> eve", "comment": "forgotten",
    }  # fmt: skip
    await alertmanager.post(foreign)
    await world.starts()
    await answer(world.slack, world.bob, "/ops", "silence job=loki for 1h the disk")
    world.clock.forward(minutes=46)
    await world.bob.sees("Your silence", "job=loki", "ends at", within=8.0)
    world.clock.forward(days=2)
    await world.slack.shows("A silence in Alertmanager of job=old", "eve", "Is it still needed?", within=8.0)
    world.clock.forward(days=1)
    await world.rests()
    old = [post for post in world.slack.channel().by_bot if "Is it still needed?" in post.text]
    assert len(old) == 1
    assert len([post for post in world.bob.posts if "ends at" in post.text]) == 1


@pytest.mark.long
async def test_a_button_silences_the_group(world: World, alertmanager: Alertmanager) -> None:
    await told(world, alert("a"))
    post = await world.slack.shows("HighLatency", "is firing")
    await world.bob.clicks("Silence 1h", post)
    await world.bob.sees("is silenced until")
    (made,) = await alertmanager.silences()
    assert {(one["name"], one["value"]) for one in made["matchers"]} == {
        ("alertname", "HighLatency"), ("service", "checkout"),
    }  # fmt: skip
    await world.bob.clicks("Silence 1h", post)
    await world.slack.settled(0.3)
    assert len(await alertmanager.silences()) == 1


async def test_a_button_silences_by_whole_values_or_not_at_all(world: World, alertmanager: Alertmanager) -> None:
    """Half a value matches nothing, and some of many labels match other alerts too."""
    path = "/srv/" + "x" * 2_000
    await told(world, alert("a"), groupLabels={"alertname": "DiskFull", "path": path}, key="long")
    await world.bob.clicks("Silence 1h", await world.slack.shows("DiskFull", "is firing"))
    await world.bob.sees("is silenced until")
    (made,) = await alertmanager.silences()
    assert {one["value"] for one in made["matchers"]} == {"DiskFull", path}
    await told(world, alert("a"), groupLabels={"alertname": "TooLong", "path": path * 3}, key="too long")
    await world.bob.clicks("Silence 1h", await world.slack.shows("TooLong", "is firing"))
    await world.bob.sees("Its labels are too long to be kept whole", "Nothing is silenced")
    assert len(await alertmanager.silences()) == 1


async def test_alertmanager_s_refusal_is_told(world: World, alertmanager: Alertmanager) -> None:
    """A pattern that Python reads and Go does not: nothing is silenced, and the same can be said otherwise."""
    refused = await answer(world.slack, world.bob, "/ops", 'silence job=~"loki(?=x)" for 1h because')
    assert "Alertmanager refuses the silence" in refused.shown
    assert await alertmanager.silences() == []
    await world.stored("silences", state="over")


async def test_nobody_silences_everything(world: World, alertmanager: Alertmanager) -> None:
    for words, part in (
        ("silence alertname=~.* for 1h x", "could silence everything"),
        ("silence job!=loki for 1h x", "could silence everything"),
        ("silence for 1h x", "What is to be silenced?"),
        ("silence job=loki for 25h x", "1d is the most"),
        ("silence job=loki for 1h", "Why?"),
        ("silence job=loki", "For how long?"),
        ("silence expire 7KQ4", "I know no silence SIL-7KQ4"),
    ):
        assert part in (await answer(world.slack, world.bob, "/ops", words)).shown
    assert await alertmanager.silences() == []
