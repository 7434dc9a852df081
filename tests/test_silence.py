"""Silences with the real Alertmanager: made, prolonged, ended, lost and made again, and who may."""

import asyncio
import re
import shutil
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.alerting import SETTINGS, alert, told
from tests.asking import answer
from tests.peers import free_port
from tests.world import World

pytestmark = pytest.mark.long


CONFIG = "{route: {receiver: none}, receivers: [{name: none}]}"


class Alertmanager:
    """A real one, which can be killed and started again on its data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        program = shutil.which("prometheus-alertmanager") or pytest.fail("apt-get install prometheus-alertmanager")
        (self._folder / "am.yml").write_text(CONFIG)
        arguments = (
            f"--config.file={self._folder}/am.yml", f"--storage.path={self._folder}/data",
            f"--web.listen-address=127.0.0.1:{self._port}", "--cluster.listen-address=",
        )  # fmt: skip
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(program, *arguments, stdout=quiet, stderr=quiet)
        for _ in range(400):
            try:
                await self.silences()
            except aiohttp.ClientError:
                await asyncio.sleep(0.02)
            else:
                return
        pytest.fail("Alertmanager does not start")

    async def kill(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def silences(self, state: str = "active") -> list[dict[str, Any]]:
        async with aiohttp.ClientSession(self.url) as client, client.get("/api/v2/silences") as found:
            return [one for one in await found.json() if one["status"]["state"] == state]

    async def post(self, body: dict[str, Any]) -> None:
        async with aiohttp.ClientSession(self.url) as client, client.post("/api/v2/silences", json=body) as made:
            assert made.status == 200, await made.text()

    async def delete(self, silence_id: str) -> None:
        async with aiohttp.ClientSession(self.url) as client, client.delete(f"/api/v2/silence/{silence_id}") as gone:
            assert gone.status == 200


@pytest.fixture
async def alertmanager(tmp_path: Path) -> AsyncIterator[Alertmanager]:
    server = Alertmanager(tmp_path)
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, alertmanager: Alertmanager) -> AsyncIterator[World]:
    """Bob is on call; the clock is Alertmanager's."""
    world = World(slack, mongod.url(), {**SETTINGS, "ALERTMANAGER_URL": alertmanager.url})
    world.clock.set(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
    async with world:
        await answer(slack, world.ann, "/ops", "role on-call @bob")
        yield world


async def holds(world: World, alertmanager: Alertmanager, count: int) -> list[dict[str, Any]]:
    async def so_many() -> list[dict[str, Any]] | None:
        found = await alertmanager.silences()
        return found or [{}] if len(found) == count else None

    return await world.until(so_many, f"{count} silences")


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
    (longer,) = await alertmanager.silences()
    assert longer["id"] == made["id"]
    assert longer["endsAt"] > made["endsAt"]
    assert kept["_id"] in (await answer(world.slack, world.ann, "/ops", "silence list")).shown
    ended = await answer(world.slack, world.bob, "/ops", f"silence expire {kept['_id'][-4:]}")
    assert "is heard again" in ended.shown
    assert await alertmanager.silences() == []


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
    await world.slack.settled(0.8)
    assert len(await alertmanager.silences()) == 2


async def test_an_end_by_hand_is_respected_and_told(world: World, alertmanager: Alertmanager) -> None:
    """Somebody ends it in Alertmanager: it stays ended, and the owner hears of it directly, once."""
    await world.starts()
    await answer(world.slack, world.bob, "/ops", "silence job=loki for 1h the disk")
    (made,) = await holds(world, alertmanager, 1)
    await world.stored("silences", remote_id=made["id"])
    await alertmanager.delete(made["id"])
    await world.bob.sees("Somebody ended your silence", "in Alertmanager", within=8.0)
    await world.slack.settled(0.5)
    assert await alertmanager.silences() == []
    assert len([post for post in world.bob.posts if "Somebody ended" in post.text]) == 1


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
    await world.slack.settled(0.5)
    old = [post for post in world.slack.channel().by_bot if "Is it still needed?" in post.text]
    assert len(old) == 1
    assert len([post for post in world.bob.posts if "ends at" in post.text]) == 1


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


async def test_alertmanager_s_refusal_is_told(world: World, alertmanager: Alertmanager) -> None:
    """A pattern that Python reads and Go does not: nothing is silenced, and the same can be said otherwise."""
    refused = await answer(world.slack, world.bob, "/ops", 'silence job=~"loki(?=x)" for 1h because')
    assert "Alertmanager refuses the silence" in refused.shown
    assert await alertmanager.silences() == []
    await world.stored("silences", state="over")


async def begun(world: World) -> str:
    """A window of two hours that silences job=loki, started by hand; its ID."""
    for role in ("tech-lead @ann", "duty-officer @cyd"):
        await answer(world.slack, world.ann, "/ops", f"role {role}")
    shown = (await answer(world.slack, world.bob, "/maintenance", "schedule in 2h for 2h Upgrade Loki")).shown
    window_id: str = re.findall(r"MW-\d{8}-\d{4}", shown)[0]
    scope = f"scope {window_id} Upgrade Loki to 3.2 silencing job=loki"
    await answer(world.slack, world.bob, "/maintenance", scope)
    await answer(world.slack, world.ann, "/maintenance", f"approve {window_id}")
    assert await world.documents("silences") == []
    await answer(world.slack, world.bob, "/maintenance", f"start {window_id}")
    return window_id


async def test_a_window_s_silence_follows_its_window(world: World, alertmanager: Alertmanager) -> None:
    """From the actual start to the actual end, extension included: one silence, and none afterwards."""
    window_id = await begun(world)

    async def silenced() -> list[dict[str, Any]]:
        return await alertmanager.silences()

    (made,) = await world.until(silenced, "a silence")
    assert made["comment"].startswith(f"SIL-{window_id} {window_id}: ")
    assert [(one["name"], one["value"]) for one in made["matchers"]] == [("job", "loki")]
    await answer(world.slack, world.bob, "/maintenance", f"extend 30m {window_id}")

    async def longer() -> bool:
        return any(one["endsAt"] > made["endsAt"] for one in await alertmanager.silences())

    await world.until(longer, "a later end")
    assert len(await alertmanager.silences()) == 1
    await answer(world.slack, world.bob, "/maintenance", f"end {window_id}")

    async def none_left() -> bool:
        return await alertmanager.silences() == []

    await world.until(none_left, "the end of the silence")
    await world.stored("silences", _id=f"SIL-{window_id}", state="expired")


async def test_a_window_that_goes_on_after_its_end_stays_silenced(world: World, alertmanager: Alertmanager) -> None:
    """Until somebody ends it, also over a time without a bot, and extended late: never longer than minutes ahead."""
    window_id = await begun(world)
    await holds(world, alertmanager, 1)
    await world.stops()
    world.clock.forward(hours=4, minutes=30)  # half an hour beyond its planned end
    await world.starts()

    async def ends_in(least: timedelta, most: timedelta) -> bool:
        (kept,) = await world.documents("silences")
        (there,) = await alertmanager.silences()
        ends = datetime.fromisoformat(there["endsAt"])
        is_told = abs(kept["ends_at"] - ends) < timedelta(seconds=1)
        return kept["state"] == "wanted" and is_told and least < ends - world.clock() < most

    minutes = timedelta(minutes=1)
    await world.until(lambda: ends_in(15 * minutes, 21 * minutes), "the silence to go along")
    world.clock.forward(minutes=17)
    await world.until(lambda: ends_in(15 * minutes, 21 * minutes), "it to go on")
    assert not any("ilence SIL-" in post.text for post in world.bob.posts)
    await answer(world.slack, world.bob, "/maintenance", f"extend 1h {window_id}")
    await world.until(lambda: ends_in(55 * minutes, 61 * minutes), "the extension")
    await answer(world.slack, world.bob, "/maintenance", f"end {window_id}")
    await holds(world, alertmanager, 0)


async def test_a_window_that_was_forgotten_is_heard_again_after_a_day(world: World, alertmanager: Alertmanager) -> None:
    """Its owner is told a quarter of an hour before; extended after that, it is silent again."""
    window_id = await begun(world)
    await holds(world, alertmanager, 1)
    world.clock.forward(hours=27, minutes=35)
    await world.stored("silences", ends_at={"$gt": world.clock()}, trouble="")
    world.clock.forward(minutes=7)
    told = await world.slack.until(
        lambda: next((post for post in world.bob.posts if "beyond its planned end" in post.text), None), "the warning"
    )
    assert window_id in told.shown
    world.clock.forward(minutes=20)
    await world.stored("silences", state="over")
    await answer(world.slack, world.bob, "/maintenance", f"extend 1h {window_id}")
    await world.stored("silences", state="wanted", trouble="")
    await answer(world.slack, world.bob, "/maintenance", f"end {window_id}")
    await world.stored("silences", state="expired")


async def test_a_scope_that_would_silence_everything_is_refused(world: World) -> None:
    """And so is what follows the matchers; nothing is written."""
    shown = (await answer(world.slack, world.bob, "/maintenance", "schedule in 2h for 2h Upgrade Loki")).shown
    window_id = re.findall(r"MW-\d{8}-\d{4}", shown)[0]
    for matchers, part in (
        ("alertname=~.*", "could silence everything"),
        ("job=loki and more", "does not belong to what is silenced"),
    ):
        words = f"scope {window_id} Upgrade Loki silencing {matchers}"
        assert part in (await answer(world.slack, world.bob, "/maintenance", words)).shown
    assert (await world.document("windows", window_id))["scope"] is None


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
