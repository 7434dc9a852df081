"""Fast fingers and two people at once: double clicks on every kind of button, a form sent twice, two who close."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig
from sandbox.people import Person
from sandbox.records import CannotError, Json
from sandbox.sight import Post

ITEM = "1."
PATIENCE = 20.0


async def run(rounds: int) -> Findings:
    """With two bots, of which Slack takes either, so that the two clicks meet in MongoDB alone."""
    found = Findings()
    async with rig(2) as built:
        promises = Promises()
        ann, bob = built.slack.person("ann"), built.slack.person("bob")
        for command, words in (
            ("/ops", "role tech-lead @ann backup @bob"),
            ("/ops", "role on-call @bob backup @cyd"),
            ("/checklist", "start"),
        ):
            await acts.answer(built, ann, command, words)
        for number in range(rounds):
            incident_id, _ = await acts.opens(built, f"clicked {number}")
            card = await built.slack.until(partial(acts.card, built, incident_id), "the card")
            await _once(built, found, incident_id, "assigned", bob.clicks("Take it", card), bob.clicks("Take it", card))
            await _escalated(built, found, incident_id, ann, card)
            await _resolved(built, found, incident_id, ann, card)
            await _closed(built, found, incident_id, ann, bob)
            await _ticked(built, found, ann, bob)
            found.add(await check(built, promises))
    return found


async def _both(*acts_of: Awaitable[object]) -> None:
    """At the same moment; what Slack's client itself does not allow is as good as not done."""

    async def one(act: Awaitable[object]) -> None:
        with suppress(CannotError):
            await act

    await asyncio.gather(*map(one, acts_of))


async def _once(built: Rig, found: Findings, incident_id: str, kind: str, *clicks: Awaitable[object]) -> None:
    """Whether what was clicked on twice is in the timeline once."""
    await _both(*clicks)
    await _entries(built, found, incident_id, kind)


async def _entries(built: Rig, found: Findings, incident_id: str, kind: str) -> None:
    found.expected += 1
    end = asyncio.get_running_loop().time() + PATIENCE
    entries: list[Json] = []
    while not entries and asyncio.get_running_loop().time() < end:
        entries = await built.documents("timeline", incident_id=incident_id, kind=kind)
        await asyncio.sleep(0.1)  # MongoDB has no bell; and a second one has time to come
    await built.slack.settled(0.3)
    entries = await built.documents("timeline", incident_id=incident_id, kind=kind)
    if not entries:
        found.lost.append(f"{incident_id} was not {kind}")
    if len(entries) > 1:
        found.doubled.append(f"{incident_id} was {kind} {len(entries)} times")


async def _escalated(built: Rig, found: Findings, incident_id: str, ann: Person, card: Post) -> None:
    """The first in line is called once."""
    await _both(ann.clicks("Escalate", card), ann.clicks("Escalate", card))
    await _entries(built, found, incident_id, "escalated")
    steps = [step for one in await built.documents("escalations", incident_id=incident_id) for step in one["steps"]]
    if len(steps) > 1:
        found.doubled.append(f"{incident_id}: {len(steps)} steps of an escalation")


async def _resolved(built: Rig, found: Findings, incident_id: str, ann: Person, card: Post) -> None:
    """The button twice is one form that counts; the form sent twice is one resolution."""
    await _both(ann.clicks("Resolve", card), ann.clicks("Resolve", card))
    await built.slack.until(lambda: ann.modal, "the form")
    await built.slack.settled(0.5)  # the other comes on top of it
    form = await built.slack.until(lambda: ann.modal, "the form")
    await ann.fills({"What resolved it?": "a restart"}, form)
    await _both(ann.submits(on=form), ann.submits(on=form))
    await _entries(built, found, incident_id, "resolved")
    built.slack.workspace.modals.clear()


async def _closed(built: Rig, found: Findings, incident_id: str, ann: Person, bob: Person) -> None:
    """Two close at the same moment: one does, the other is told."""
    told = await asyncio.gather(*(acts.answer(built, one, "/incident", f"close {incident_id}") for one in (ann, bob)))
    await _entries(built, found, incident_id, "closed")
    found.expected += 1
    if not all(text for text, _ in told) or sum("already" in text for text, _ in told) != 1:
        found.wrong.append(f"two who close: {[text[:100] for text, _ in told]}")


async def _ticked(built: Rig, found: Findings, ann: Person, bob: Person) -> None:
    """Two tick the same box at the same moment: it is done by one of them, and audited once."""
    sheet = next(post for post in built.slack.channel().by_bot if "Checklist of" in post.shown)
    box = next(text for text in _boxes(sheet) if text.startswith(ITEM))
    before = len(await built.documents("audit", what="done"))
    await _both(ann.ticks(box, sheet), bob.ticks(box, sheet))
    await built.slack.settled(0.5)
    found.expected += 1
    items = [item for one in await built.documents("checklists") for item in one["items"] if item["number"] == 1]
    if not items[0]["done_by"]:
        found.lost.append("the tick")
    if len(await built.documents("audit", what="done")) - before > 1:
        found.doubled.append("the tick in the audit trail")
    await acts.answer(built, ann, "/checklist", "undo 1")


def _boxes(sheet: Post) -> list[str]:
    found = []
    for block in sheet.blocks:
        for element in block.get("elements", ()):
            found += [option["text"]["text"] for option in element.get("options", ())]
    return found
