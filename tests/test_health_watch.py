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
async def world(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[Watched]:
    """A bot that asks whenever somebody waits, and has found everything up."""
    async with Watched(slack, mongod.url(), services.environment(), tidies=False) as ready:
        yield ready


@pytest.mark.long
async def test_an_outage_is_one_message_from_its_beginning_to_its_end(world: Watched, services: Services) -> None:
    """What is down and why, with a button; edited when the cause is another one, and when it is over, with how long it
    was and without the button. A deep look meanwhile says since when, of what is up and of what is not."""
    await services.switch("grafana", "refuse")
    post = await told(world.slack, "grafana is down: connection refused.")
    assert "Open incident" in post.shown
    assert "'key': 'health/grafana/" in str(post.metadata)
    shown = (await answer(world.slack, world.ann, "/health", "grafana prometheus")).shown
    assert "not up since 2026-11-25 12:0" in shown
    assert "· since 2026-11-25 12:0" in shown
    await services.switch("grafana", "failing")
    await told(world.slack, "grafana is degraded: its database does not answer.")
    world.clock.forward(minutes=12)
    await services.switch("grafana", "up")
    over = await told(world.slack, "grafana is up again after 12 min")
    assert over.ts == post.ts
    assert "It was degraded: its database does not answer." in over.text
    assert "Open incident" not in over.shown


@pytest.mark.long
async def test_an_end_is_told_though_slack_does_not_say_whether_the_message_is_there(
    world: Watched, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounds go on: nobody waits for Slack longer than a few seconds, here than a fifth of one."""
    monkeypatch.setattr(health_board, "POSTED_WITHIN", 0.2)
    await services.switch("llm", "refuse")
    post = await told(world.slack, "llm is down")
    world.slack.faults.add("latency", "conversations.replies", count=None, value=60.0)
    await services.switch("llm", "up")
    await world.slack.until(lambda: "llm is up again" in post.shown, "the end to be told", within=20.0)


@pytest.mark.long
async def test_a_probe_that_fails_once_and_a_start_are_no_outage(world: Watched, services: Services) -> None:
    """What answers the confirming probe is up. Loki is `starting` after every restart: for more than five minutes that
    is trouble."""
    for _ in range(2):
        services.all["loki"].drops = 1
        await world.rounds(1)
        assert services.all["loki"].drops == 0
    samples = await world.documents("health")
    assert {reading["state"] for sample in samples for reading in sample["readings"]} == {"up"}
    await services.switch("loki", "starting")
    await world.rounds(2)
    assert outages(world.slack) == []
    world.clock.forward(minutes=6)
    await told(world.slack, "loki is starting: not ready yet")
    every = ["mongodb", "prometheus", "grafana", "loki", "llm", "alertmanager"]
    assert [reading["s"] for reading in samples[0]["readings"]] == every
    # Samples are kept for a month.
    indexes = await world.indexes("health")
    assert [one["expireAfterSeconds"] for one in indexes if "expireAfterSeconds" in one] == [30 * 86_400]


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
    """Down again within ten minutes is the same outage, with the number of times; later it is another one. A message
    that somebody deleted is posted anew with what follows: when the outage ends, and when it goes on."""
    slack = world.slack
    await services.switch("llm", "refuse")
    first = await told(slack, "llm is down")
    world.clock.forward(seconds=2)  # an outage is known by the second since which the service had been up
    await services.switch("llm", "up")
    await told(slack, "llm is up again")
    await services.switch("llm", "refuse")
    post = await told(slack, "llm is down again (2 times by now)")
    assert post.ts == first.ts
    for state, text in (("up", "llm is up again"), ("refuse", "llm is down again (3 times by now)")):
        slack.conversations.delete(post.raw)
        await services.switch("llm", state)
        post = await told(slack, text)
    await services.switch("llm", "up")
    await told(slack, "llm is up again")
    world.clock.forward(minutes=11)
    await world.rounds(2)
    assert outages(slack) == [post]
    await services.switch("llm", "refuse")
    await slack.until(lambda: len(outages(slack)) == 2, "a second message")
    slack.refusals[:] = [one for one in slack.refusals if one.error != "thread_not_found"]


@pytest.mark.long
async def test_of_two_bots_one_tells_and_the_next_goes_on(world: Watched, services: Services) -> None:
    """Each outage has one message, whoever leads: the other when that one is gone, another one when none was left."""
    await world.starts()
    await services.switch("loki", "refuse")
    post = await told(world.slack, "loki is down")
    await world.stops()
    await services.switch("loki", "up")
    over = await told(world.slack, "loki is up again")
    assert over.ts == post.ts
    assert "It was down: connection refused." in over.text
    world.clock.forward(minutes=20)
    await services.switch("alertmanager", "refuse")
    await world.slack.until(lambda: len(outages(world.slack)) == 2, "the other outage")
    await world.stops()
    await world.starts()
    await world.rounds(2)
    await services.switch("alertmanager", "up")
    first, second = sorted(outages(world.slack), key=lambda one: one.ts)
    await world.slack.until(lambda: second.text.startswith("alertmanager is up again"), "the end of the other outage")
    assert [first.ts, second.ts] == sorted(one.ts for one in outages(world.slack))


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
