"""Watching the services, as people in #ops-shared see it: one message per outage, whatever breaks meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.slack import health_board
from sandbox.mongo import Mongod
from sandbox.payloads import Payloads
from sandbox.services import Services
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer, answer_to_press
from tests.watching import Watched, outages, told


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Stand-ins for the shared services, all up."""
    running = Services()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[Watched]:
    """A bot that asks five times a second, and has found everything up."""
    async with Watched(slack, mongod.url(), services.environment()) as ready:
        yield ready


@pytest.mark.long
async def test_an_outage_is_one_message_from_its_beginning_to_its_end(world: Watched, services: Services) -> None:
    """What is down and why, with a button; edited when it is over, with how long it was, and without the button."""
    await services.switch("prometheus", "refuse")
    post = await told(world.slack, "prometheus is down: connection refused.")
    assert "Open incident" in post.shown
    assert "'key': 'health/prometheus/" in str(post.metadata)
    world.clock.forward(minutes=12)
    await services.switch("prometheus", "up")
    over = await told(world.slack, "prometheus is up again after 12 min")
    assert over.ts == post.ts
    assert "It was down: connection refused." in over.text
    assert "Open incident" not in over.shown


async def test_a_message_that_somebody_deleted_is_posted_anew_with_what_follows(
    world: Watched, services: Services
) -> None:
    """When the outage ends and when it goes on, each time in one message."""
    slack = world.slack
    await services.switch("llm", "refuse")
    post = await told(slack, "llm is down")
    for state, text in (("up", "llm is up again"), ("refuse", "llm is down again (2 times"), ("up", "llm is up again")):
        slack.conversations.delete(post.raw)
        await services.switch("llm", state)
        post = await told(slack, text)
    await world.rounds(2)
    assert outages(slack) == [post]
    slack.refusals[:] = [one for one in slack.refusals if one.error != "thread_not_found"]


@pytest.mark.long
async def test_an_end_is_told_though_slack_does_not_say_whether_the_message_is_there(
    world: Watched, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounds go on: nobody waits for Slack longer than a few seconds, here than one."""
    monkeypatch.setattr(health_board, "POSTED_WITHIN", 0.7)
    await services.switch("llm", "refuse")
    post = await told(world.slack, "llm is down")
    world.slack.faults.add("latency", "conversations.replies", count=None, value=60.0)
    await services.switch("llm", "up")
    await world.slack.until(lambda: "llm is up again" in post.shown, "the end to be told", within=20.0)


async def test_what_fails_once_is_not_told(world: Watched, services: Services) -> None:
    """A service that answers the confirming probe is up; only its sample is kept."""
    for _ in range(2):
        services.all["loki"].drops = 1
        await world.until(lambda: asyncio.sleep(0, services.all["loki"].drops == 0), "a failure")
        await world.rounds(1)
    samples = await world.documents("health")
    assert {reading["state"] for sample in samples for reading in sample["readings"]} == {"up"}
    assert outages(world.slack) == []


@pytest.mark.long
async def test_a_start_is_not_an_outage_until_it_takes_too_long(world: Watched, services: Services) -> None:
    """Loki is `starting` after every restart; for more than five minutes that is trouble."""
    await services.switch("loki", "starting")
    await world.rounds(3)
    assert outages(world.slack) == []
    world.clock.forward(minutes=6)
    await told(world.slack, "loki is starting: not ready yet")


@pytest.mark.long
async def test_three_that_go_down_together_are_one_message(world: Watched, services: Services) -> None:
    """It names them all, and then those that are still down, and at last says that all are back."""
    for name in ("prometheus", "grafana", "loki", "alertmanager"):
        await services.switch(name, "refuse")
    await world.slack.until(lambda: outages(world.slack), "a message")
    await world.slack.until(lambda: sum(_named(post) for post in outages(world.slack)) >= 4, "all four")
    count = len(outages(world.slack))
    assert count <= 2  # a round may fall between two switches
    for name in ("prometheus", "grafana", "loki", "alertmanager"):
        await services.switch(name, "up")
    await world.slack.until(lambda: all("up again" in post.text for post in outages(world.slack)), "all are back")
    assert len(outages(world.slack)) == count


def _named(post: Post) -> int:
    return sum(f"*{name}*" in post.shown for name in ("prometheus", "grafana", "loki", "alertmanager"))


@pytest.mark.long
async def test_a_service_that_comes_and_goes_has_one_message(world: Watched, services: Services) -> None:
    """Down again within ten minutes is the same outage, with the number of times; later it is another one."""
    await services.switch("llm", "refuse")
    await told(world.slack, "llm is down")
    world.clock.forward(seconds=2)  # an outage is known by the second since which the service had been up
    for times in (2, 3):
        await services.switch("llm", "up")
        await told(world.slack, "llm is up again")
        await services.switch("llm", "refuse")
        await told(world.slack, f"llm is down again ({times} times by now)")
    await services.switch("llm", "up")
    await told(world.slack, "llm is up again")
    world.clock.forward(minutes=11)
    await world.rounds(1)
    await services.switch("llm", "refuse")
    await world.slack.until(lambda: len(outages(world.slack)) == 2, "a second message")


async def test_another_cause_is_told_in_the_same_message(world: Watched, services: Services) -> None:
    """From refused to its database, the message says what is the matter now."""
    await services.switch("grafana", "refuse")
    await told(world.slack, "grafana is down: connection refused.")
    await services.switch("grafana", "failing")
    await told(world.slack, "grafana is degraded: its database does not answer.")


@pytest.mark.long
async def test_a_bot_restarted_in_an_outage_goes_on_with_its_message(world: Watched, services: Services) -> None:
    """No second message when it comes back, and the first one is edited when the service is up."""
    await services.switch("loki", "refuse")
    post = await told(world.slack, "loki is down")
    await world.stops()
    await world.starts()
    await world.stored("health", len(await world.documents("health")) + 3)
    await services.switch("loki", "up")
    assert (await told(world.slack, "loki is up again")).ts == post.ts


@pytest.mark.long
async def test_of_two_bots_one_tells(world: Watched, services: Services) -> None:
    """Each outage once, whoever leads; when the one that leads is gone, the other goes on."""
    await world.starts()
    await services.switch("loki", "refuse")
    post = await told(world.slack, "loki is down")
    await world.stops()
    await services.switch("loki", "up")
    assert (await told(world.slack, "loki is up again")).ts == post.ts
    world.clock.forward(minutes=20)
    await services.switch("alertmanager", "refuse")
    await world.slack.until(lambda: len(outages(world.slack)) == 2, "the other outage")


@pytest.mark.long
async def test_an_incident_is_opened_from_the_message_once(world: Watched, services: Services) -> None:
    """Its title, its severity and a link to the message; a second press says which one there is, and so does the
    message; the end of the outage is in its timeline."""
    await services.switch("prometheus", "refuse")
    post = await told(world.slack, "prometheus is down")
    button = post.blocks[-1]["elements"][0]
    await asyncio.gather(world.ann.clicks("Open incident", post), world.bob.clicks("Open incident", post))
    (incident,) = await world.stored("incidents", title="prometheus is down", untold=[])
    assert (incident["severity"], incident["quote"]["ts"]) == ("sev2", post.ts)
    await world.slack.until(lambda: incident["_id"] in outages(world.slack)[0].shown, "the incident in the message")
    assert f"/p{incident['card_ts'].replace('.', '')}|{incident['_id']}>" in str(outages(world.slack)[0].blocks)
    hook = world.slack.hooks.issue(world.bob.id, post.channel)
    late = Payloads(world.slack.workspace).message_action(
        world.bob.id, post.raw, {**button, "block_id": "x", "action_ts": "1.0"}, hook
    )
    told_of = await answer_to_press(world.slack, world.bob, late)
    assert told_of.shown.startswith(incident["_id"])
    assert "was opened from this message by" in told_of.shown
    assert len(await world.documents("incidents")) == 1
    await services.switch("prometheus", "up")
    await told(world.slack, "prometheus is up again")
    entries = await world.stored("timeline", 2, incident_id=incident["_id"], kind="health")
    assert [entry["text"].partition(" after")[0] for entry in sorted(entries, key=lambda one: one["order"])] == [
        "prometheus is down: connection refused",
        "prometheus is up again",
    ]


@pytest.mark.long
async def test_in_a_window_its_thread_is_told(world: Watched, services: Services) -> None:
    """Below the window's announcement, not in the channel; what is still down when it ends is told there."""
    world.clock.set("2026-11-28 02:00:30")
    (window,) = await world.stored("windows", _id="MW-20261128-0200", head={"$ne": None})
    await services.switch("loki", "refuse")

    def replies() -> list[Post]:
        return [post for post in world.slack.thread(window["head"]).replies if post.text.startswith("loki is down")]

    await world.slack.until(replies, "a reply in the window's thread")
    assert outages(world.slack) == []
    world.clock.set("2026-11-28 06:00:30")
    await told(world.slack, "loki is down")


async def test_samples_are_kept_for_a_month(world: Watched) -> None:
    """One document for each round, with all services, which MongoDB removes after 30 days."""
    (sample, *_) = await world.documents("health")
    assert [reading["s"] for reading in sample["readings"]] == [
        "mongodb",
        "prometheus",
        "grafana",
        "loki",
        "llm",
        "alertmanager",
    ]
    indexes = await world.indexes("health")
    assert [one["expireAfterSeconds"] for one in indexes if "expireAfterSeconds" in one] == [30 * 86_400]


async def test_deep_health_says_since_when(world: Watched, services: Services) -> None:
    """From the records of the watch, for what is up and for what is not."""
    await services.switch("loki", "refuse")
    await told(world.slack, "loki is down")
    shown = (await answer(world.slack, world.ann, "/health", "loki prometheus")).shown
    assert "not up since 2026-11-25 12:0" in shown
    assert "· since 2026-11-25 12:0" in shown
