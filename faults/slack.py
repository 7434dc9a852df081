"""Slack takes a post and says nothing, asks to wait, breaks, and refuses for good."""

import time

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig

ACK_WITHIN = 1.0
BURST = 50
WAIT = 30.0  # seconds that Slack asks to wait


async def in_doubt(rounds: int) -> Findings:
    """A post that was taken and then reset or not answered, and one that broke on the way; then 500 and 503."""
    found = Findings()
    kinds: tuple[tuple[str, float], ...] = (
        ("reset_after", 0),
        ("reset_before", 0),
        ("timeout_after", 15.0),
        ("status", 500),
        ("status", 503),
    )
    async with rig() as built:
        promises = Promises()
        for number in range(rounds):
            kind, value = kinds[number % len(kinds)]
            built.slack.faults.add(kind, "chat.postMessage", value=value)
            found.add(await _opened(built, f"{kind} {number}", promises))
    return found


async def limited(rounds: int) -> Findings:
    """`Retry-After: 30` while fifty messages are due: order is kept in each thread, and acknowledgements go on."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        standing, _ = await acts.opens(built, "standing")
        for number in range(rounds):
            built.slack.faults.add("rate_limited", "chat.postMessage", value=WAIT)
            for n in range(BURST // 2):
                await acts.notes(built, standing, f"note {number}.{n}", promises)
            for n in range(BURST // 2):
                _, acked = await acts.answer(built, built.slack.person("bob"), "/health", "")
                if acked > ACK_WITHIN:
                    found.wrong.append(f"{n}: acknowledged after {acked:.1f} s")
            found.add(await check(built, promises))
            texts = [post.shown for post in built.slack.thread(acts.card(built, standing)).replies if post.by_bot]
            order = [int(text.split(f"note {number}.")[1].split()[0]) for text in texts if f"note {number}." in text]
            if order != sorted(order):
                found.wrong.append(f"the notes of round {number} are in the thread as {order}")
    return found


async def hopeless(rounds: int) -> Findings:
    """A refusal that will not heal: the message is parked and counted, and what comes after it goes out."""
    found = Findings()
    async with rig() as built:
        standing, _ = await acts.opens(built, "standing")
        promises = Promises()
        for number in range(rounds):
            built.slack.faults.add("error", "chat.postMessage", value="msg_too_long")
            await acts.answer(built, built.slack.person("ann"), "/incident", f"update {standing} update {number}")
            await acts.notes(built, standing, f"note {number}", promises)
            found.add(await check(built, promises))
        parked = await built.documents("outbox", state="parked")
        found.expected += 1
        if not parked:
            found.lost.append("nothing is parked")
        told, _ = await acts.answer(built, built.slack.person("ann"), "/ops", "doctor")
        if "msg_too_long" not in told:
            found.wrong.append(f"/ops doctor does not tell of what is parked: {told[:300]}")
    return found


async def _opened(built: Rig, title: str, promises: Promises) -> Findings:
    begun = time.perf_counter()
    _, acked = await acts.opens(built, title)
    found = await check(built, promises)
    found.took(time.perf_counter() - begun)
    if acked > ACK_WITHIN:
        found.wrong.append(f"{title}: acknowledged after {acked:.1f} s")
    return found
