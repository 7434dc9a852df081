"""The bot's own health: alert rules and a dashboard that Prometheus understands, of metrics that there are."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.incident import Severity
from bot.metrics import Metrics

DOCS = Path(__file__).parents[1] / "docs"
RULES = DOCS / "prometheus-rules.yaml"


def promtool(*arguments: str, cwd: Path) -> str:
    """What promtool says; it must be content."""
    program = shutil.which("promtool") or pytest.fail("this test needs the Debian package prometheus")
    ended = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DOCS / "grafana-dashboard.json").read_text())["panels"]
    return found


def expressions() -> list[str]:
    return [rule["expr"] for rule in rules()] + [target["expr"] for panel in panels() for target in panel["targets"]]


def test_the_rules_are_right(tmp_path: Path) -> None:
    """promtool reads them, and each says what is wrong, what to do, and how bad it is."""
    assert f"{len(rules())} rules found" in promtool("check", "rules", str(RULES), cwd=tmp_path)
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in ("sev1", "sev2", "sev3", "sev4")


def test_the_dashboard_asks_what_prometheus_understands(tmp_path: Path) -> None:
    """Each query of a panel is a query; panels have ids of their own, and do not lie upon each other."""
    queries = [{"record": f"q{n}", "expr": one} for n, one in enumerate(expressions())]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": queries}]}))
    assert f"{len(queries)} rules found" in promtool("check", "rules", "queries.yml", cwd=tmp_path)
    assert len({panel["id"] for panel in panels()}) == len(panels())
    cells: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        area = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & area, panel["title"]
        assert at["x"] + at["w"] <= 24
        cells |= area


def test_every_metric_that_is_asked_for_is_there() -> None:
    """A metric that is renamed does not leave an alert behind that never comes."""
    there = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", Metrics().exposition().decode(), re.MULTILINE):
        there |= {name} | ({f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else set())
    for expression in expressions():
        asked = set(re.findall(r"\bopsbot_\w+", expression))
        assert asked <= there, asked - there


def value(metrics: Metrics, name: str) -> str:
    """What the bot tells of a metric with these labels."""
    return next(one for one in metrics.exposition().decode().splitlines() if one.startswith(f"{name} ")).split()[-1]


def test_what_only_mongodb_knows_is_not_told_while_it_is_away() -> None:
    """Alerts begin and end meanwhile: an old number would be a lie. It is told again once it is counted."""
    now = 0.0
    metrics, name = Metrics(lambda: now), 'opsbot_alert_groups_firing{severity="sev2"}'
    assert value(metrics, name) == "NaN"
    metrics.mongo(True)
    metrics.groups_firing({Severity.SEV2: 3})
    metrics.outbox(2, 5.0, 1)
    assert [value(metrics, one) for one in (name, "opsbot_outbox_depth", "opsbot_outbox_parked")] == [
        "3.0",
        "2.0",
        "1.0",
    ]
    metrics.mongo(False)
    told = ("opsbot_outbox_depth", "opsbot_outbox_oldest_seconds", "opsbot_outbox_parked")
    assert {value(metrics, one) for one in (name, *told)} == {"NaN"}
    assert (metrics.vitals()["outbox_depth"], metrics.vitals()["outbox_oldest_seconds"]) == (None, None)
    metrics.mongo(True)
    assert value(metrics, name) == "NaN"
    metrics.groups_firing({})
    assert value(metrics, name) == "0.0"
    now = 61.0  # nobody counts any more
    assert value(metrics, name) == "NaN"


ALERTS = """
rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - {series: 'up{job="opsbot"}', values: '1x30'}
  - {series: opsbot_socket_last_pong_age_seconds, values: '1x9 70+60x20'}
  - {series: 'opsbot_service_up{service="loki",instance="a"}', values: '1x9 0x20'}
  - {series: 'opsbot_service_up{service="loki",instance="b"}', values: '1x30'}
  - {series: 'opsbot_service_up{service="llm"}', values: '1x30'}
  - {series: opsbot_mongo_up, values: '1x30'}
  - {series: opsbot_outbox_oldest_seconds, values: '0x30'}
  - {series: 'opsbot_alert_looks_total{outcome="read"}', values: '0+1x9 9x30'}
  - {series: 'opsbot_alert_looks_total{outcome="not read"}', values: '0x9 1+1x30'}
  - {series: 'opsbot_alert_notifications_total{outcome="too large"}', values: '0x9 1x31'}
  - {series: 'opsbot_alert_notifications_total{outcome="not kept"}', values: '0x9 1x31'}
  - {series: 'opsbot_commands_total{command="/health",outcome="failed"}', values: '0x9 1+1x20'}
  - {series: 'opsbot_escalation_steps_total{outcome="no answer"}', values: '0x9 1x9 2x12'}
  - {series: 'opsbot_escalation_steps_total{outcome="taken"}', values: '0x9 9x21'}
  alert_rule_test:
  - {eval_time: 9m, alertname: OpsBotDeaf, exp_alerts: []}
  - {eval_time: 25m, alertname: OpsBotCannotReadAlerts, exp_alerts: []}
  - eval_time: 40m
    alertname: OpsBotCannotReadAlerts
    exp_alerts:
    - exp_labels: {severity: sev3, service: opsbot}
      exp_annotations:
        summary: Ops Bot cannot read what fires in Alertmanager.
        description: Alerts that end while they are silenced stay as firing. See /health alertmanager, and the log.
  - {eval_time: 15m, alertname: OpsBotLosesAlerts, exp_alerts: []}
  - eval_time: 15m
    alertname: OpsBotRefusesAlerts
    exp_alerts:
    - exp_labels: {severity: sev3, service: opsbot, outcome: too large}
      exp_annotations:
        summary: Ops Bot refuses what monitoring tells it, and nobody hears of those alerts.
        description: >-
          Too large is a group over 1 MB: set max_alerts of the receiver to 1000. What is wrong Alertmanager's log says.
  - {eval_time: 15m, alertname: OpsBotNobodyComes, exp_alerts: []}
  - eval_time: 25m
    alertname: OpsBotNobodyComes
    exp_alerts:
    - exp_labels: {severity: sev2, service: opsbot}
      exp_annotations:
        summary: Ops Bot has called people for an incident again and again, and nobody came.
        description: >-
          /escalate in Slack shows which incident, and who was called. Somebody has to take it: call them by phone.
  - eval_time: 12m
    alertname: OpsBotDeaf
    exp_alerts:
    - exp_labels: {severity: sev2, service: opsbot}
      exp_annotations:
        summary: Slack has not answered Ops Bot for 3m 10s.
        description: >-
          Commands fail. See https://slack-status.com; if Slack is well, start the bot again.
  - {eval_time: 12m, alertname: SharedServiceDown, exp_alerts: []}
  - eval_time: 16m
    alertname: SharedServiceDown
    exp_alerts:
    - exp_labels: {severity: sev2, service: loki}
      exp_annotations:
        summary: loki has not been up for five minutes.
        description: See /health loki in Slack, which has told #ops-shared of it.
  - eval_time: 20m
    alertname: OpsBotCommandsFail
    exp_alerts:
    - exp_labels: {severity: sev3, service: opsbot, command: /health}
      exp_annotations:
        summary: /health fails for a reason of the bot's own.
        description: The log has the error under the reference that people were shown.
  - {eval_time: 20m, alertname: OpsBotGone, exp_alerts: []}
  - {eval_time: 20m, alertname: OpsBotWithoutMongoDB, exp_alerts: []}
  - {eval_time: 20m, alertname: OpsBotMessagesWait, exp_alerts: []}
- interval: 1m
  input_series: []
  alert_rule_test:
  - eval_time: 5m
    alertname: OpsBotGone
    exp_alerts:
    - exp_labels: {severity: sev2, service: opsbot, job: opsbot}
      exp_annotations:
        summary: Ops Bot does not answer.
        description: >-
          Commands fail and windows are announced late. See its log, and start it again; nothing is lost.
"""


def test_the_alerts_come_when_they_should_and_not_before(tmp_path: Path) -> None:
    """A socket that hears no pong, a service that stays down, commands that fail, a bot that is gone."""
    (tmp_path / "rules.yaml").write_text(RULES.read_text())
    (tmp_path / "alerts.yaml").write_text(ALERTS)
    assert "SUCCESS" in promtool("test", "rules", "alerts.yaml", cwd=tmp_path)
