"""Asking how the shared services are, with the real mongod and stand-ins that break on request."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.services import Services
from tests.asking import answer, answer_to_mention, shared_world
from tests.world import World

SECRET = "s3cret-of-grafana"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services() -> AsyncIterator[Services]:
    """Stand-ins of which a slow one takes a little longer than people wait without a word."""
    running = Services(slow=0.8)
    running.grafana.password = SECRET
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """One world for all of these tests, with all services switched on."""
    async with shared_world(mongod, {**services.environment(), "GRAFANA_PASSWORD": SECRET}) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World, services: Services) -> AsyncIterator[World]:
    """All services are up, and nobody has been told anything yet; afterwards nothing is in any channel."""
    shared.slack.workspace.ephemerals.clear()
    yield shared
    for name in services.all:
        await services.switch(name, "up")
    assert [post for name in ("#ops-shared", "#random") for post in shared.slack.channel(name).by_bot] == []


async def test_all_services_are_shown_side_by_side(world: World) -> None:
    """A bare `/health` tells each service with a word and its latency, privately, and says when it asked."""
    world.clock.set("2026-11-26 12:00:00")
    told = await answer(world.slack, world.ann, "/health")
    assert told.text == "All 6 services are up."
    for service in ("mongodb", "prometheus", "grafana", "loki", "llm", "alertmanager"):
        assert f":white_check_mark: *{service}* up · " in told.shown
    assert "Asked 2026-11-26 12:00 UTC" in told.shown
    assert world.bob.ephemerals == []


async def test_named_services_alone_are_asked(world: World) -> None:
    """`/health prometheus loki` tells those two, however they are written; one alone is told in one sentence."""
    for words in ("prometheus loki", "Loki, PROMETHEUS", "loki,prometheus loki"):
        told = await answer(world.slack, world.ann, "/health", words)
        assert told.text == "Both services are up."
        assert told.shown.index("*prometheus* up") < told.shown.index("*loki* up")
        assert "grafana" not in told.shown
    assert (await answer(world.slack, world.ann, "/health", "llm")).text == "llm is up."


async def test_json_is_for_programs(world: World, services: Services) -> None:
    """`json` gives the same as JSON that can be copied, for all services or for those that are named."""
    await services.switch("loki", "refuse")
    told = await answer(world.slack, world.ann, "/health", "loki json")
    found = json.loads(told.shown.strip("`\n"))
    assert found["ok"] is False
    assert found["services"] == [{"name": "loki", "state": "down", "latency_ms": None, "cause": "connection refused"}]
    told = await answer(world.slack, world.ann, "/health", "JSON")
    names = [service["name"] for service in json.loads(told.shown.strip("`\n"))["services"]]
    assert names == ["mongodb", "prometheus", "grafana", "loki", "llm", "alertmanager"]


async def test_deep_health_shows_what_is_behind_readiness(world: World, services: Services) -> None:
    """All services with their facts and links; the sentence names what somebody should look at."""
    services.prometheus.down, services.loki.errors = {"mcp"}, {"butler": 3}
    told = await answer(world.slack, world.ann, "/health", "deep")
    assert told.text == "All 6 services are up. Look at prometheus (targets), loki (errors (15 min))."
    for words in (
        "2 of 3 targets up; down: mcp at mcp:9090",
        "3 lines with an error: butler 3",
        "3 dashboards, signed in as admin",
        "*replica set*: none: a single server",
        "*one token*: answered in ",
        "no alert is firing",
    ):
        assert words in told.shown
    assert SECRET not in str(told.raw)
    found = json.loads((await answer(world.slack, world.ann, "/health", "prometheus deep json")).shown.strip("`\n"))
    (prometheus,) = found["services"]
    assert prometheus["facts"][0]["good"] is False
    assert prometheus["link"] == services.url("prometheus")
    services.prometheus.down, services.loki.errors = set(), {}


async def test_a_service_in_trouble_is_told_with_its_cause(world: World, services: Services) -> None:
    """The sentence names the service and why; no body and no password of it is shown; mended, it is up again."""
    for name, state, sentence in (
        ("prometheus", "refuse", "prometheus is down: connection refused."),
        ("loki", "starting", "loki is starting: "),
        ("grafana", "failing", "grafana is degraded: "),
        ("llm", "html", "llm is down: "),
        ("alertmanager", "error", "alertmanager is down: "),
    ):
        await services.switch(name, state)
        told = await answer(world.slack, world.ann, "/health")
        assert told.text.startswith(f"5 of 6 services are up; {sentence}")
        assert told.shown.startswith("5 of 6 services are up\n")
        assert SECRET not in str(told.raw)
        assert "<" not in told.text
        await services.switch(name, "up")
        assert (await answer(world.slack, world.ann, "/health", name)).text == f"{name} is up."


async def test_a_slow_service_shows_that_the_bot_is_at_it(world: World, services: Services) -> None:
    """The command is acknowledged at once, "Asking …" comes before people wonder, then the result."""
    await services.switch("loki", "slow")
    outcome = await world.ann.says("/health", "loki")
    assert outcome.acked_in is not None
    assert len(world.ann.ephemerals) <= 1, "the acknowledgement waited for the result"
    told = await world.slack.until(lambda: world.ann.ephemerals[1], "two messages")
    assert world.ann.ephemerals[0].shown == "Asking loki…"
    assert told.text == "loki is up."


async def test_quick_answers_are_not_announced(world: World) -> None:
    """Where all answer at once there is the result and nothing else."""
    await answer(world.slack, world.ann, "/health")
    await world.slack.settled(0.1)
    assert len(world.ann.ephemerals) == 1


async def test_an_unknown_service_gets_a_suggestion(world: World) -> None:
    """A slip leads to the service that was meant, a stranger to the list; nothing is asked."""
    told = await answer(world.slack, world.ann, "/health", "loki promtheus")
    assert told.shown == "I watch no service “promtheus”.\n> loki *promtheus*\nDid you mean `prometheus`?"
    told = await answer(world.slack, world.ann, "/health", "elasticsearch")
    assert told.shown.endswith("There are mongodb, prometheus, grafana, loki, llm, alertmanager.")


async def test_it_is_answered_in_any_channel(world: World) -> None:
    """Questions are answered where they are asked, also where the bot is no member, and to the asker alone."""
    dee = world.slack.person("dee")
    for channel in ("#random", "#general"):
        told = await answer(world.slack, dee, "/health", "loki", channel=channel)
        assert (told.text, told.channel) == ("loki is up.", world.slack.channel(channel).id)
    direct = world.slack.workspace.direct(dee.id).id
    assert (await answer(world.slack, dee, "/health", "loki", channel=direct)).text == "loki is up."


async def test_a_mention_asks_too(world: World) -> None:
    """`@Ops Bot health` and `@Ops Bot, health loki` are the same question."""
    assert (await answer_to_mention(world.slack, world.ann, "health")).text == "All 6 services are up."
    assert (await answer_to_mention(world.slack, world.ann, ", health loki")).text == "loki is up."


async def test_services_that_are_switched_off_are_no_trouble(mongod: Mongod) -> None:
    """A service without an address is shown as switched off, and does not count."""
    async with shared_world(mongod) as world:
        told = await answer(world.slack, world.ann, "/health")
        assert told.text == "mongodb is up; 5 are switched off."
        told = await answer(world.slack, world.ann, "/health", "loki")
        assert told.text == "loki is switched off in the settings."
