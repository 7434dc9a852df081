"""What monitoring should not send: refused by the field's name, or taken and harmless; nothing is kept of the wrong."""

import gzip
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from tests.alerting import SETTINGS, TOKEN, alert, notification, sends, told
from tests.asking import shared_world
from tests.measured import measured
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LARGE = 10_000_000  # bytes


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all of these tests, whose bot takes alerts."""
    async with shared_world(mongod, SETTINGS) as ready:
        yield ready


async def test_ten_megabytes_are_refused_however_they_come(world: World) -> None:
    """A notification that would be right, in pieces of an unknown number, or small as long as it is compressed."""
    one = notification(*(alert(f"i{number}", padding="x" * 30_000) for number in range(350)))
    large = json.dumps(one).encode()
    assert len(large) > LARGE

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(large), 65_536):
            yield large[at : at + 65_536]

    url = f"http://127.0.0.1:{world.bots[0].port}/alerts"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    before = await measured(world, "opsbot_alert_notifications_total", outcome="too large")
    packed = gzip.compress(large)
    assert len(packed) < 1_000_000
    assert (await sends(world, large))[0] == 413
    async with aiohttp.ClientSession(headers=headers) as client:
        async with client.post(url, data=pieces()) as answer:
            assert answer.status == 413
        async with client.post(url, data=packed, headers={"Content-Encoding": "gzip"}) as answer:
            assert answer.status == 413
    assert await measured(world, "opsbot_alert_notifications_total", outcome="too large") - before == 3
    assert await world.documents("alerts") == []


async def test_a_wrong_type_is_refused_by_its_field(world: World) -> None:
    """Each kind of field, and bodies that are no JSON at all; each is counted as wrong."""
    one = alert("a")
    before = await measured(world, "opsbot_alert_notifications_total", outcome="wrong")
    wrong = (
        (b"", "Invalid JSON"),
        (b"null", "the body: "),
        (b'{"version": "\xff"}', "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        ({**notification(one), "alerts": {}}, "alerts: "),
        ({**notification(one), "alerts": [[]]}, "alerts.0: "),
        ({**notification(one), "version": 4}, "version: "),
        ({**notification(one), "status": "burning"}, "status: "),
        ({**notification(one), "groupKey": "k" * 20_001}, "groupKey: "),
        ({**notification(one), "groupLabels": ["alertname"]}, "groupLabels: "),
        ({**notification(one), "truncatedAlerts": -1}, "truncatedAlerts: "),
        ({**notification(one), "truncatedAlerts": "7"}, "truncatedAlerts: "),
        ({**notification(one), "externalURL": {"$ne": ""}}, "externalURL: "),
        (notification({**one, "labels": [["a", "b"]]}), "alerts.0.labels: "),
        (notification({**one, "annotations": {"summary": None}}), "alerts.0.annotations.summary: "),
        (notification({**one, "status": True}), "alerts.0.status: "),
        (notification({**one, "fingerprint": 7}), "alerts.0.fingerprint: "),
        (notification({**one, "startsAt": 1_764_072_000}), "alerts.0.startsAt: "),
        (notification({**one, "startsAt": "2026-11-25T12:00:00"}), "alerts.0.startsAt: "),
        (notification({**one, "startsAt": "9999-12-31T23:59:59-12:00"}), "too far away"),
    )
    for body, part in wrong:
        status, words = await sends(world, body)
        assert (status, part in words) == (400, True), (part, words)
        assert "burning" not in words
    assert await world.documents("alerts") == []
    after = await measured(world, "opsbot_alert_notifications_total", outcome="wrong")
    assert after - before == len(wrong)


async def test_moments_at_the_ends_of_time_are_shown_and_end(world: World) -> None:
    """The years 2 and 9999 as beginnings and ends, and characters that print nothing: a message, edited at the end."""
    times = {"early": "0002-01-01T00:00:00Z", "late": "9999-12-31T23:59:59.999999Z"}
    for name, moment in times.items():
        odd = {**alert(f"\x00\u202e{name}"), "startsAt": moment}
        where = {"key": name, "groupLabels": {"alertname": f"Of{name}"}}
        await told(world, odd, **where)
        await world.slack.shows(f"Of{name}", "is firing")
        await told(world, {**odd, "status": "resolved", "endsAt": moment}, **where)
        await world.slack.shows(f"Of{name}", "is resolved")
    await world.stored("alerts", 2, untold=[])
