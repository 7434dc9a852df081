"""The probes over real sockets: stand-ins in every state, the real Prometheus and Alertmanager."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.health import Probe, Report, State
from bot.services.alertmanager import AlertmanagerProbe
from bot.services.extra import ExtraProbe
from bot.services.grafana import GrafanaProbe
from bot.services.http import Http
from bot.services.llm import LlmProbe
from bot.services.loki import LokiProbe
from bot.services.prometheus import PrometheusProbe
from sandbox.services import CHOICES, Services
from tests.peers import Answers, desk, fixed, found, quick_http, running, serving

NAMES = ("prometheus", "grafana", "loki", "llm", "alertmanager")
CANARY = "canary-7f3a"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = quick_http()
    yield client
    await client.close()


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    stand_ins = Services(slow=0.2)
    await stand_ins.start()
    yield stand_ins
    await stand_ins.stop()


def probes(urls: Callable[[str], str], http: Http) -> list[Probe]:
    return [
        PrometheusProbe(urls("prometheus"), http),
        GrafanaProbe(urls("grafana"), http),
        LokiProbe(urls("loki"), http),
        LlmProbe(urls("llm"), http, CANARY),
        AlertmanagerProbe(urls("alertmanager"), http),
    ]


async def switched(services: Services, http: Http, state: str) -> Report:
    """All stand-ins in one state, asked at addresses that hold a password."""
    for name in NAMES:
        await services.switch(name, state)
    url = services.url
    asked = probes(lambda name: url(name).replace("//", f"//{CANARY}:{CANARY}-pw@"), http)
    return await desk(*asked, deadline=0.5 if state == "hang" else 10.0).ask()


EXPECTED = {
    "up": ["up"] * 5,
    "starting": ["starting", "down", "starting", "starting", "down"],
    "failing": ["degraded"] * 5,
    "slow": ["up"] * 5,
    "hang": ["down"] * 5,
    "error": ["down"] * 5,
    "html": ["down"] * 5,
    "junk": ["down"] * 5,
    "drop": ["down"] * 5,
    "redirect": ["down"] * 5,
    "refuse": ["down"] * 5,
}
CAUSES = {
    "hang": "no answer within 0.5 s",
    "error": "answered with an error (500)",
    "drop": "connection dropped",
    "redirect": "redirected to another host instead of an answer (302)",
    "refuse": "connection refused",
}


@pytest.mark.parametrize("state", CHOICES)
async def test_every_state_of_the_stand_ins_is_recognised(
    services: Services, http: Http, state: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each switch yields its state and cause, no credential in any word or log line, and mending it mends all."""
    caplog.set_level(logging.INFO)
    report = await switched(services, http, state)
    assert [str(reading.state) for reading in report.readings] == EXPECTED[state]
    if state in CAUSES:
        assert {reading.cause for reading in report.readings} == {CAUSES[state]}
    if state == "html":
        assert report.readings[0].cause == "answered, but not as Prometheus does (200)"
    assert CANARY not in str(report)
    assert CANARY not in caplog.text
    assert all(reading.state is State.UP or reading.cause for reading in report.readings)
    assert (await switched(services, http, "up")).all_up


async def test_services_that_hang_are_down(services: Services, http: Http) -> None:
    """Hanging services are down at the deadline, all of them."""
    for name in NAMES:
        await services.switch(name, "hang")
    report = await desk(*probes(services.url, http), deadline=0.3).ask()
    assert report.count(State.DOWN) == 5


async def test_a_service_without_an_address_is_off_and_not_asked(http: Http) -> None:
    """An empty setting switches a service off."""
    report = await desk(*probes(lambda _: "", http)).ask()
    assert {(reading.state, reading.cause) for reading in report.readings} == {
        (State.OFF, "switched off in the settings")
    }


async def test_the_switches_are_listed_and_checked(services: Services) -> None:
    """The sandbox's page gets each service with its state and choices; what there is not is refused."""
    await services.switch("loki", "starting")
    assert services.switches()[2] == {"name": "loki", "state": "starting", "choices": list(CHOICES)}
    assert set(services.environment()) == {f"{name.upper()}_URL" for name in NAMES}
    with pytest.raises(ValueError, match="sideways"):
        await services.switch("loki", "sideways")


@pytest.mark.parametrize(
    ("body", "state", "cause"),
    [
        ("Application is stopping\n", "down", "it is shutting down"),
        ("Some services are not Running:\nStarting: 1\nRunning: 20\n\n", "starting", "parts are starting"),
        ("Some services are not Running:\nRunning: 20\nFailed: 1\nStarting: 1\n", "degraded", "parts do not run"),
        ("Ingester not ready: waiting for 15s after being ready\n", "starting", "waits 15 s"),
        ("Ingester not ready: ingester not ready: Starting\n", "starting", "its ingester is starting"),
        ("Ingester not ready: error talking to the KV store: dial tcp 10.0.0.7:8500\n", "degraded", "its ingester is"),
        ("Pattern Ingester not ready: x\n", "degraded", "its ingester is not ready"),
        ("Query Frontend not ready: not ready: number of queriers\n", "degraded", "its query frontend is not ready"),
        ("no healthy upstream", "down", "answered with an error (503)"),
    ],
)
async def test_loki_says_why_it_is_not_ready(http: Http, body: str, state: str, cause: str) -> None:
    """A start is told from trouble by the text, none of which is repeated."""
    async with serving(fixed(503, body)) as url:
        got, words = await found(LokiProbe(url, http))
    assert got == state
    assert cause in words
    assert "10.0.0.7" not in words


@pytest.mark.parametrize(
    ("flavour", "refused", "state"),
    [("llama-server", False, "up"), ("vllm", False, "up"), ("python", False, "up"), ("python", True, "degraded")],
)
async def test_llm_servers_without_a_health_page_are_asked_for_their_models(
    services: Services, http: Http, flavour: str, refused: bool, state: str
) -> None:
    """JSON, an empty body, or no health page at all: only the status counts, and the key goes along."""
    keys = []

    async def answer(request: web.Request) -> web.StreamResponse:
        keys.append(request.headers.get("Authorization"))
        models = request.path == "/v1/models"
        return web.json_response({}, status=401 if models and refused else 200 if models else 404)

    services.llm.flavour = flavour
    async with serving(answer) as other:
        assert (await found(LlmProbe(services.url("llm") if not refused else other, http, "k")))[0] == state
    assert set(keys) <= {"Bearer k"}


async def test_an_llm_key_that_cannot_be_sent_is_not_repeated(http: Http) -> None:
    """A key with a line break or an umlaut is a mistake in the settings, said without the key."""
    async with serving(fixed(200, "ok")) as url:
        for key in (f"{CANARY}\n", f"{CANARY}ä"):
            cause = "its address or key in the settings cannot be used"
            assert await found(LlmProbe(url, http, key)) == ("down", cause)


DATABASE_FAILS = ("degraded", "its database does not answer")
NO_GRAFANA = ("down", "answered, but not as Grafana does (200)")


@pytest.mark.parametrize(
    ("health", "login", "expected"),
    [
        (fixed(200, '{"database": "ok"}', "application/json"), fixed(302, ""), ("up", "")),
        (
            fixed(200, '{"database": "ok"}', "application/json"),
            fixed(500, ""),
            ("degraded", "its sign-in page fails (500)"),
        ),
        (fixed(503, '{"database": "failing"}', "application/json"), fixed(200, ""), DATABASE_FAILS),
        (fixed(200, "[" * 50_000, "application/json"), fixed(200, ""), NO_GRAFANA),
        (fixed(200, "[]", "application/json"), fixed(200, ""), NO_GRAFANA),
        (fixed(502, "bad gateway"), fixed(502, ""), ("down", "a proxy answers, but not what is behind it (502)")),
    ],
)
async def test_grafana_needs_its_database_and_its_sign_in_page(
    http: Http, health: Answers, login: Answers, expected: tuple[str, str]
) -> None:
    """Both are asked at once; a redirect of the sign-in page is fine and is not followed."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (login if request.path == "/login" else health)(request)

    async with serving(answer) as url:
        assert await found(GrafanaProbe(url + "/", http)) == expected


NO_METRICS = ("up", "it answers, but has no metrics: the Prometheus client is not installed (404)")


@pytest.mark.parametrize(
    ("path", "status", "kind", "expected"),
    [
        ("/metrics", 200, "text/plain", ("up", "")),
        ("/metrics", 404, "text/plain", NO_METRICS),
        ("/metrics", 200, "text/html", ("down", "answered, but not with metrics (200)")),
        ("/health", 204, "text/plain", ("up", "")),
        ("/health", 404, "text/plain", ("down", "answered with 404")),
        ("/health", 401, "text/plain", ("degraded", "it answers, but refuses the bot's credentials (401)")),
        ("/health", 429, "text/plain", ("degraded", "it answers, but limits how often it is asked (429)")),
    ],
)
async def test_extra_checks_take_any_success(
    http: Http, path: str, status: int, kind: str, expected: tuple[str, str]
) -> None:
    """Any 2xx is up; metrics that are not installed are no outage."""
    async with serving(fixed(status, "" if status == 204 else "x", kind)) as url:
        assert await found(ExtraProbe("mcp", url + path, http)) == expected


async def until_up(probe: Probe) -> set[tuple[str, str]]:
    """What the probe found on the way to up."""
    seen = set()
    async with asyncio.timeout(10):
        while (now := await found(probe)) != ("up", ""):
            seen.add(now)
            await asyncio.sleep(0.01)
    return seen


async def test_the_real_prometheus_is_up_when_it_is_ready(http: Http, tmp_path: Path) -> None:
    """On its way it refuses or starts, and after its end it refuses again."""
    async with running("prometheus", tmp_path) as url:
        seen = await until_up(PrometheusProbe(url, http))
    assert {state for state, _ in seen} <= {"down", "starting"}
    assert await found(PrometheusProbe(url, http)) == ("down", "connection refused")


async def test_the_real_alertmanager_is_up_when_it_is_ready(http: Http, tmp_path: Path) -> None:
    """It answers as its stand-in does, and it is not taken for a Prometheus or a Loki."""
    async with running("prometheus-alertmanager", tmp_path) as url:
        await until_up(AlertmanagerProbe(url, http))
        assert (await found(PrometheusProbe(url, http)))[1] == "answered, but not as Prometheus does (200)"
        assert (await found(LokiProbe(url, http)))[0] == "down"
