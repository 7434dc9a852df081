"""What the tests of alerts share: notifications as Alertmanager sends them, and the way in."""

import io
import json
from typing import Any

import aiohttp

from tests.world import World

TOKEN = "tok-123"
SETTINGS = {"ALERT_WEBHOOK_TOKEN": TOKEN}
NEVER = "0001-01-01T00:00:00Z"


def alert(instance: str = "a", starts: str = "12:00:00", ends: str = "", **labels: str) -> dict[str, Any]:
    """One alert of HighLatency; with an end it is resolved. Times are of 2026-11-25."""
    all_labels = {"alertname": "HighLatency", "service": "checkout", "severity": "sev2", "instance": instance, **labels}
    return {
        "status": "resolved" if ends else "firing",
        "labels": all_labels,
        "annotations": {"summary": f"p99 on {instance}", "runbook_url": "https://runbooks.example/latency"},
        "startsAt": f"2026-11-25T{starts}Z",
        "endsAt": f"2026-11-25T{ends}Z" if ends else NEVER,
        "generatorURL": "http://prom.example/graph?g0.expr=x&g0.tab=1",
        "fingerprint": f"fp-{instance}",
    }


def notification(*alerts: dict[str, Any], key: str = '{}:{service="checkout"}', **changes: Any) -> dict[str, Any]:
    """A notification of version 4."""
    fires = any(one["status"] == "firing" for one in alerts)
    return {
        "receiver": "opsbot",
        "status": "firing" if fires else "resolved",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "HighLatency", "service": "checkout"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://am.example:9093",
        "version": "4",
        "groupKey": key,
        "truncatedAlerts": 0,
        **changes,
    }


def of(name: str) -> dict[str, Any]:
    """What tells a group of alerts from others."""
    return {"key": name, "groupLabels": {"alertname": name, "service": "checkout"}}


async def sends(world: World, body: object, token: str = TOKEN, bot: int = 0) -> tuple[int, str]:
    """Posts a notification to a bot; the status and the words of the answer."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:{world.bots[bot].port}/alerts"
    async with aiohttp.ClientSession() as client, client.post(url, data=io.BytesIO(raw), headers=headers) as answer:
        return answer.status, await answer.text()


async def told(world: World, *alerts: dict[str, Any], **changes: Any) -> None:
    """Posts a notification that is taken."""
    status, words = await sends(world, notification(*alerts, **changes))
    assert status == 200, words
