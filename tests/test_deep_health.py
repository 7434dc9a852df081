"""Deep health: what each service tells beyond readiness, real ones and stand-ins, and what is said if it does not."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.deep_health import DeepProbe, DeepReport
from bot.domain.health import HealthDesk
from bot.services.alertmanager import AlertmanagerProbe
from bot.services.extra import ExtraProbe
from bot.services.grafana import GrafanaProbe, Login
from bot.services.http import Http
from bot.services.llm import LlmProbe
from bot.services.loki import LokiProbe
from bot.services.prometheus import PrometheusProbe
from bot.slack.views import deep_health as view
from sandbox.llm import Reply
from sandbox.mongo import free_port
from sandbox.services import CHOICES, Services
from tests.deeply import NOW, bad, desk, texts, told, until_told
from tests.peers import REAL, fixed, quick_http, running, serving

CANARY = "canary-7f3a"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = quick_http()
    yield client
    await client.close()


RULES = """
groups:
- name: slo
  rules:
  - {alert: TargetDown, expr: up == 0}
  - {alert: NeverSo, expr: vector(0) > 1}
  - {record: "job:up:avg", expr: avg by (job) (up)}
"""
CONFIG = """
global: {{scrape_interval: 100ms, evaluation_interval: 100ms}}
rule_files: [rules.yml]
scrape_configs:
- {{job_name: itself, static_configs: [{{targets: ["127.0.0.1:{up}"]}}]}}
- {{job_name: dead, static_configs: [{{targets: ["127.0.0.1:{down}"]}}]}}
"""


@pytest.mark.long
async def test_the_real_prometheus_tells_its_targets_and_rules(
    http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Targets up of all with the down ones named, rules that fire, and the version."""
    (tmp_path / "rules.yml").write_text(RULES)
    down = free_port()
    async with serving(fixed(200, "up 1\n")) as exporter:
        config = CONFIG.format(up=exporter.rpartition(":")[2], down=down)
        monkeypatch.setitem(REAL, "prometheus", (config, "--storage.tsdb.path=data"))
        async with running("prometheus", tmp_path) as url:
            probe = PrometheusProbe(url, http)
            await until_told(probe, "targets", "1 of 2")
            facts = await until_told(probe, "rules", "TargetDown")
    assert texts(facts) == {
        "targets": f"1 of 2 targets up; down: dead at 127.0.0.1:{down}",
        "rules": "1 of 2 alerting rules firing: TargetDown",
        "version": facts["version"].text,
    }
    assert facts["version"].text[0].isdigit()
    assert bad(facts) == ["targets", "rules"]
    assert facts["targets"].links[0].url == f"{url}/targets"


async def test_the_real_alertmanager_tells_its_alerts_and_silences(http: Http, tmp_path: Path) -> None:
    """What fires by name, what is silenced as a number, and when the first silence ends."""
    async with running("prometheus-alertmanager", tmp_path) as url:
        probe = AlertmanagerProbe(url, http)
        facts = await until_told(probe, "alerts", "no alert is firing")
        assert facts["silences"].text == "no silence is active"
        end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        alerts = [{"labels": {"alertname": name, "a": "b"}, "endsAt": end} for name in ("Loud", "Quiet")]
        for alert in alerts:
            alert["startsAt"] = datetime.now(UTC).isoformat()
        await http.ask("POST", f"{url}/api/v2/alerts", json=alerts)
        matchers = [{"name": "alertname", "value": "Quiet", "isRegex": False}]
        silence = {"matchers": matchers, "startsAt": alerts[0]["startsAt"], "endsAt": end}
        await http.ask("POST", f"{url}/api/v2/silences", json={**silence, "createdBy": "x", "comment": "x"})
        facts = await until_told(probe, "alerts", "1 alert firing: Loud; 1 silenced or inhibited")
    assert facts["silences"].text.startswith("1 silence active, the first ends at 20")
    assert facts["version"].text[0].isdigit()
    assert bad(facts) == ["alerts"]


async def test_grafana_tells_its_dashboards_to_whom_it_lets_in(http: Http, services: Services) -> None:
    """SLO dashboards with links; without a password, or with a wrong one, it says what is missing and no password."""
    url = services.url("grafana")
    facts = await told(GrafanaProbe(url, http, Login("admin", "sandbox")))
    assert texts(facts) == {
        "database": "ok, version 11.5.0",
        "SLO dashboards": "3 dashboards, signed in as admin",
    }
    assert facts["SLO dashboards"].links[0].url == f"{url}/d/slo-review"
    facts = await told(GrafanaProbe(url, http, Login("admin", "")))
    assert facts["SLO dashboards"].text == "not asked for: GRAFANA_PASSWORD is not set"
    facts = await told(GrafanaProbe(url, http, Login("admin", CANARY)))
    assert "does not let admin in (401); see GRAFANA_USER and GRAFANA_PASSWORD" in facts["SLO dashboards"].text
    assert CANARY not in str(facts)
    services.grafana.dashboards = {}
    facts = await told(GrafanaProbe(url, http, Login("admin", "sandbox")))
    assert facts["SLO dashboards"].text == "none found by the word slo, signed in as admin"


async def test_loki_tells_how_old_its_newest_line_is_and_where_the_errors_are(http: Http, services: Services) -> None:
    """Errors by job, the audit trail; lines that stopped coming; a tenant that is missing."""
    probe, loki = LokiProbe(services.url("loki"), http), services.loki
    loki.errors = {"butler": 12, "mcp": 3, "quiet": 0}
    facts = await told(probe)
    assert texts(facts) == {
        "newest line": "0 s old",
        "errors (15 min)": "15 lines with an error: butler 12, mcp 3",
        "audit trail": 'stream="audit" is there, its newest line 0 s old',
    }
    loki.busy, loki.errors = False, {}
    old = str(int((datetime.now(UTC) - timedelta(hours=3)).timestamp() * 1e9))
    loki.streams = [{"stream": {"job": "x"}, "values": [[old, "hello"]]}]
    facts = await told(probe)
    assert (facts["newest line"].text, facts["errors (15 min)"].text) == ("3 h old", "none")
    assert bad(facts) == ["newest line", "audit trail"]
    loki.streams = []
    assert "no log shipper reaches it" in (await told(probe))["newest line"].text
    loki.tenants = True
    assert "wants a tenant" in (await told(probe))["newest line"].text


@pytest.mark.long
async def test_the_llm_tells_its_models_and_answers_one_token(http: Http, services: Services) -> None:
    """The model of the settings must be among them; the answer has its time, and only so much time."""
    url, llm = services.url("llm"), services.llm
    facts = await told(LlmProbe(url, http, "", "qwen"))
    assert facts["models"].text == "qwen"
    assert facts["one token"].text.startswith("answered in ")
    assert llm.asked[-1]["max_tokens"] == 1
    facts = await told(LlmProbe(url, http, "", "other"))
    assert facts["models"].text == "qwen; other (LLM_MODEL) is not among them"
    llm.replies.append(Reply(status=404))
    assert "does not have that model" in (await told(LlmProbe(url, http, "", "qwen")))["one token"].text
    llm.replies.append(Reply(delay=30))
    assert (await told(LlmProbe(url, http, "", "qwen"), deadline=0.5))["details"].text == "not told within 0.5 s"


@pytest.mark.parametrize("state", CHOICES)
async def test_whatever_state_a_service_is_in_deep_health_answers(services: Services, state: str) -> None:
    """All at once, within the deadlines, without a credential or a body in any word; off needs no question."""
    http = quick_http(0.4)
    for name in services.all:
        await services.switch(name, state)
    url = services.url
    address = {name: url(name).replace("//", f"//{CANARY}:{CANARY}@") for name in services.all}
    probes: list[DeepProbe] = [
        PrometheusProbe(address["prometheus"], http),
        GrafanaProbe(address["grafana"], http, Login("admin", CANARY)),
        LokiProbe(address["loki"], http),
        LlmProbe(address["llm"], http, CANARY, "qwen"),
        AlertmanagerProbe(address["alertmanager"], http),
        ExtraProbe("promtail", "", http),
    ]
    report = await desk(*probes, deadline=0.5 if state == "hang" else 2.0).ask()
    message = view.report(report)
    shown = json.dumps(message.payload()) + str(view.as_json(report).payload()) + json.dumps(report.as_json())
    assert CANARY not in shown
    assert "It works" not in shown
    assert len(json.dumps(message.payload())) < 13_000
    assert (state == "up") is (all(look.facts for look in report.looks[:-1]) and report.report.all_up)
    await http.close()


SHAPES: tuple[object, ...] = (
    [],
    {},
    {"data": None},
    {"data": {"activeTargets": [1], "groups": 3, "result": [{}]}},
    "x",
    [[1]],
    7,
)


@pytest.mark.parametrize("shape", SHAPES)
async def test_an_answer_of_another_shape_is_said_and_harms_nothing(http: Http, shape: object) -> None:
    """Newer versions, or something else at the address: a fact that says so, no error."""

    async def answer(request: web.Request) -> web.StreamResponse:
        ready = {"/-/ready": "Prometheus is Ready.", "/ready": "ready"}
        return web.Response(text=ready[request.path]) if request.path in ready else web.json_response(shape)

    async with serving(answer) as url:
        for probe in (PrometheusProbe(url, http), LokiProbe(url, http), LlmProbe(url, http)):
            facts = await told(probe)
            assert facts
            assert all(text.startswith(("not told", "it ", "none", "no ")) for text in texts(facts).values()), facts


async def test_what_services_call_things_is_shown_without_harm(http: Http, services: Services) -> None:
    """Names of rules and dashboards are anybody's: they mention nobody and forge no link, and are cut."""
    services.prometheus.rules = ["<!channel> <https://evil.example|x>" + "y" * 500]
    services.prometheus.firing = set(services.prometheus.rules)
    services.grafana.dashboards = {"slo-1": "slo <!here>|", "../../evil": "slo"}
    probes: Sequence[DeepProbe] = (
        PrometheusProbe(services.url("prometheus"), http),
        GrafanaProbe(services.url("grafana"), http, Login("admin", "sandbox")),
    )
    report = await desk(*probes).ask()
    shown = json.dumps(view.report(report).payload())
    assert "<!channel>" not in shown
    assert "<!here>" not in shown
    assert "<https://evil" not in shown
    assert "../evil" not in shown


async def test_a_large_prometheus_is_read_to_a_limit(http: Http) -> None:
    """An answer without end is cut, and said to be too long."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/-/ready":
            return web.Response(text="Prometheus Server is Ready.")
        return web.Response(body=b"[" + b"1," * 3_000_000, content_type="application/json")

    async with serving(answer) as url:
        facts = await told(PrometheusProbe(url, http))
    assert facts["targets"].text in (
        "not told: it has more to tell than can be read here",
        "not told: no answer within 3 s",
    )


def test_since_is_told_only_if_it_still_holds() -> None:
    """The records may be older than the answer."""
    report = asyncio.run(_loki_down())
    assert report.looks[0].since is None


async def _loki_down() -> DeepReport:
    http = quick_http()
    try:
        return await desk(LokiProbe(f"http://127.0.0.1:{free_port()}", http)).ask()
    finally:
        await http.close()


async def test_promtail_that_is_not_ready_is_degraded(http: Http) -> None:
    """It answers 500 with its reason, of which nothing is shown."""
    async with serving(fixed(500, "Not ready: Unable to find any logs to tail. /var/log/secret")) as url:
        (reading,) = (await HealthDesk([ExtraProbe("promtail", f"{url}/ready", http)], lambda: NOW).ask()).readings
    assert (str(reading.state), reading.cause) == ("degraded", "it answers that it is not ready (500)")


async def test_a_model_that_is_named_by_a_long_path_is_among_them(http: Http) -> None:
    """Its name is shortened where it is shown, not where it is looked for."""
    path = f"/srv/models/{'deep/' * 20}qwen.gguf"
    async with serving(fixed(200, json.dumps({"data": [{"id": path}]}), "application/json")) as url:
        assert "not among them" not in (await LlmProbe(url, http, "", path).models()).text
        assert "not among them" in (await LlmProbe(url, http, "", "qwen").models()).text
