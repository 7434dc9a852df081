"""What people do while things break, and what they were promised."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp

from faults.checker import ID, Promises
from faults.rig import ALERT_TOKEN, Rig
from sandbox.people import Person
from sandbox.records import CannotError
from sandbox.sight import Post

ANSWERED_WITHIN = 20.0
SCHEDULED = re.compile(r"(MW-\d{8}-\d{4}) is scheduled")
SOONEST, APART, IN_A_DAY = timedelta(hours=2), timedelta(minutes=6), 200  # of windows of five minutes


async def answer(rig: Rig, who: Person, command: str, words: str, within: float = ANSWERED_WITHIN) -> tuple[str, float]:
    """What a command brought, and how many seconds its acknowledgement took; ("", …) if nobody answered."""
    before = len(who.ephemerals)
    outcome = await who.says(command, words)
    if outcome.acked_in is None:
        return "", float("inf")

    def result() -> Post | None:
        return next((post for post in who.ephemerals[before:] if not post.text.endswith("…")), None)

    with contextlib.suppress(AssertionError):
        post = await rig.slack.until(result, f"an answer to {command} {words}", within)
        return post.shown, outcome.acked_in
    return "", outcome.acked_in


async def begins(rig: Rig) -> str:
    """A checklist, the roles that the acts here take, and an open incident, whose ID it is."""
    await answer(rig, rig.slack.person("ann"), "/checklist", "start")
    await answer(rig, rig.slack.person("ann"), "/ops", "role on-call @bob backup @cyd")
    await answer(rig, rig.slack.person("ann"), "/ops", "role tech-lead @ann")
    return (await opens(rig, "standing"))[0]


async def opens(rig: Rig, title: str) -> tuple[str, float]:
    """Ann opens an incident: its ID, and how long the acknowledgement took."""
    told, acked = await answer(rig, rig.slack.person("ann"), "/incident", f"open sev3 {title}")
    found = ID.search(told)
    return found[0] if found else "", acked


async def notes(rig: Rig, incident_id: str, text: str, promises: Promises) -> tuple[str, float]:
    """Ann adds a note; what she is told, and how long the acknowledgement took."""
    told, acked = await answer(rig, rig.slack.person("ann"), "/incident", f"note {incident_id} {text}")
    if "Noted" in told or "is noted" in told:
        promises.notes.append((incident_id, text))
    return told, acked


async def ticks(rig: Rig, number: int, promises: Promises) -> tuple[str, float]:
    """Ann ticks an item of the checklist."""
    told, acked = await answer(rig, rig.slack.person("ann"), "/checklist", f"done {number}")
    if "done" in told.lower() and "nothing was changed" not in told.lower():
        promises.ticks.append(number)
    return told, acked


async def plans(rig: Rig, number: int, promises: Promises) -> tuple[str, float]:
    """Ann plans the window with that number; a day's ladder announces it at once."""
    start = datetime.now(UTC) + SOONEST + number % IN_A_DAY * APART
    words = f'schedule {start:%Y-%m-%d %H:%M} for 5m "Round {number}"'
    told, acked = await answer(rig, rig.slack.person("ann"), "/maintenance", words)
    if found := SCHEDULED.search(told):
        promises.windows.append(found[1])
    return told, acked


async def writes(rig: Rig, incident_id: str, text: str, promises: Promises) -> None:
    """Bob writes in an incident's thread."""
    with contextlib.suppress(CannotError):
        parent = await rig.slack.until(lambda: card(rig, incident_id), f"the card of {incident_id}")
        promises.written.append(await rig.slack.person("bob").writes(text, thread=parent))


def card(rig: Rig, incident_id: str) -> Post:
    """The card of an incident, which must be there."""
    found = [post for post in rig.slack.channel().by_bot if incident_id in post.shown and not post.thread_ts]
    if not found:
        raise LookupError(f"{incident_id} has no card")
    return found[0]


async def notifies(port: int, group: str, promises: Promises) -> None:
    """Alertmanager tells of an alert; what is answered with 200 is a promise."""
    alert = {
        "status": "firing",
        "labels": {"alertname": group, "severity": "critical"},
        "annotations": {"summary": f"{group} is broken"},
        "startsAt": "2026-11-24T10:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.invalid/graph",
        "fingerprint": f"{abs(hash(group)):016x}"[:16],
    }
    body = {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{group}"}}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "ops",
        "groupLabels": {"alertname": group},
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager.invalid",
        "alerts": [alert],
    }
    headers = {"Authorization": f"Bearer {ALERT_TOKEN}"}
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as client,
            client.post(f"http://127.0.0.1:{port}/alerts", json=body, headers=headers) as answered,
        ):
            if answered.status == 200 and group not in promises.alerts:
                promises.alerts.append(group)


@contextlib.asynccontextmanager
async def meanwhile(*acts: asyncio.Task[object]) -> AsyncIterator[None]:
    """Acts that go on while something is done; cancelled if they still wait for a bot that is dead."""
    try:
        yield
    finally:
        for one in acts:
            one.cancel()
        if acts:
            await asyncio.wait(acts)
