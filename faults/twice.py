"""The same thing twice: an event again and again, double Enter, double click, two people who end the same incident."""

import asyncio

from faults import acts
from faults.checker import ID, Findings, Promises, cards, check
from faults.rig import Rig, rig
from sandbox.delivery import Retry


async def run(rounds: int) -> Findings:
    """With two bots, of which Slack takes either; one is restarted in the middle of it."""
    found = Findings()
    async with rig(2) as built:
        promises = Promises()
        for number in range(rounds):
            title = f"twice {number}"
            await asyncio.gather(*(acts.opens(built, title) for _ in range(2)))
            incident_id = await _only(built, title, found)
            await acts.writes(built, incident_id, f"message {number}", promises)
            await _again(built, incident_id, number)
            await built.bots.kill()
            await built.start()
            await _again(built, incident_id, number)
            await acts.answer(built, built.slack.person("ann"), "/incident", f"assign {incident_id} @bob")
            await _ended_twice(built, incident_id, found)
            found.add(await check(built, promises))
    return found


async def _only(built: Rig, title: str, found: Findings) -> str:
    """The ID of the one incident that two Enters made."""
    made = [str(one["_id"]) for one in await built.documents("incidents", title=title)]
    found.expected += 1
    if len(made) > 1:
        found.doubled.append(f"{title}: {' '.join(made)}")
    return made[0]


async def _again(built: Rig, incident_id: str, number: int) -> None:
    """One event, by the same id, three times, first as what Slack calls a second try."""
    parent = acts.card(built, incident_id)
    ts = f"{float(parent.ts) + 500 + number:.6f}"
    mention = {
        "type": "event_callback",
        "event_id": f"Ev{number}",
        "team_id": "T0SANDBOX",
        "api_app_id": "A0OPSBOT",
        "event": {
            "type": "app_mention",
            "channel": parent.channel,
            "user": "U0BOB",
            "text": f"<@U0OPSBOT> incident sev3 mentioned {number}",
            "ts": ts,
            "event_ts": ts,
        },
    }
    for retry in (Retry(1, "timeout"), Retry(2, "timeout"), Retry(3, "timeout")):
        await built.slack.delivery.line.send("events_api", mention, retry)


async def _ended_twice(built: Rig, incident_id: str, found: Findings) -> None:
    """Two people resolve at the same moment: one does, the other is told who did."""
    people = [built.slack.person(name) for name in ("ann", "bob")]
    told = await asyncio.gather(
        *(acts.answer(built, one, "/incident", f"resolve {incident_id} by {one.name}") for one in people)
    )
    found.expected += 2
    entries = await built.documents("timeline", incident_id=incident_id, kind="resolved")
    if len(entries) != 1:
        found.doubled.append(f"{incident_id} was resolved {len(entries)} times")
    if not all(text for text, _ in told) or sum("already" in text for text, _ in told) != 1:
        found.wrong.append(f"two who resolve: {[text[:80] for text, _ in told]}")
    mentioned = [one for one in cards(built) if ID.match(one)]
    found.expected += 1
    if len(mentioned) != len(set(mentioned)):
        found.doubled.append("a mention")
