"""Compares what people saw with what MongoDB has: every ID stored, one card each, nothing twice, nothing unwritten."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from faults.rig import Rig
from sandbox.sight import Post

ID = re.compile(r"INC-\d{8}-[0-9A-HJKMNP-TV-Z]{4}")
PATIENCE = 75.0  # seconds in which everything must be mended; a dead bot's claims last 30 s
PEOPLE = ("ann", "bob", "cyd")


@dataclass
class Findings:
    """What came of a fault: how much was expected, what of it is missing, what is there twice, the longest delay."""

    expected: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    delay: float = 0.0
    notes: list[str] = field(default_factory=list)  # figures

    def add(self, more: "Findings") -> None:
        """Those of another round."""
        self.expected += more.expected
        self.lost += more.lost
        self.doubled += more.doubled
        self.wrong += more.wrong
        self.notes += more.notes
        self.delay = max(self.delay, more.delay)

    def took(self, seconds: float) -> None:
        """Something that a person waited for."""
        self.delay = max(self.delay, seconds)


@dataclass
class Promises:
    """What people were told is done, and what they wrote."""

    notes: list[tuple[str, str]] = field(default_factory=list)  # incident, text
    ticks: list[int] = field(default_factory=list)  # numbers of items
    alerts: list[str] = field(default_factory=list)  # groups that were answered with 200
    windows: list[str] = field(default_factory=list)  # IDs
    written: list[Post] = field(default_factory=list)  # in threads of cards


def seen(rig: Rig) -> set[str]:
    """All IDs that any person saw anywhere."""
    told = [post.shown for name in PEOPLE for post in rig.slack.person(name).ephemerals]
    return {one for text in [*told, *(post.shown for post in _by_bot(rig))] for one in ID.findall(text)}


def _by_bot(rig: Rig) -> list[Post]:
    found = []
    for post in rig.slack.channel().everything:
        found += [one for one in (post, *rig.slack.thread(post).replies) if one.by_bot]
    return [post for post in found if not post.deleted]


def cards(rig: Rig) -> Counter[str]:
    """How often each incident has a card."""
    parents = [post for post in rig.slack.channel().everything if post.by_bot and not post.thread_ts]
    found = [ID.search(post.shown) for post in parents if not post.deleted and "Opened by" in post.shown]
    return Counter(one[0] for one in found if one)


def keys(rig: Rig) -> Counter[str]:
    """How often each letter of the bot's is in the channel and its threads."""
    carried = [post.metadata or {} for post in {one.ts: one for one in _by_bot(rig)}.values()]
    return Counter(f"{one['event_type']} {one['event_payload']['key']}" for one in carried if one.get("event_payload"))


async def check(rig: Rig, promises: Promises | None = None) -> Findings:
    """Waits until all is well or should be, and tells what there is."""
    promised = promises or Promises()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while True:
        found = await _look(rig, promised)
        if not found.lost or loop.time() - begun > PATIENCE:
            break
        await asyncio.sleep(0.1)  # MongoDB has no bell
    found.delay = loop.time() - begun
    return found


async def _look(rig: Rig, promised: Promises) -> Findings:
    found = Findings()
    stored = {str(one["_id"]): one for one in await rig.documents("incidents")}
    counted, shown = cards(rig), seen(rig)
    _expect(found, [f"{one} is not stored" for one in shown - set(stored)], len(shown))
    _expect(found, [f"{one} has no card" for one in shown if not counted[one]], len(shown))
    found.doubled += [f"{one} has {count} cards" for one, count in counted.items() if count > 1]
    found.doubled += [f"{one} is there {count} times" for one, count in keys(rig).items() if count > 1]
    waiting = [str(one["_id"]) for one in await rig.documents("outbox", state={"$in": ["pending", "posting"]})]
    _expect(found, [f"{one} waits to be posted" for one in waiting], 0)
    untold = [f"the alert {one}" for one in await _untold(rig, promised.alerts)]
    _expect(found, untold, len(promised.alerts))
    await _look_at_timeline(rig, promised, found)
    await _look_at_windows(rig, promised, found)
    broken = await rig.broken_audit()
    _expect(found, [f"the audit trail: {broken}"] if broken else [], 1)
    items = {item["number"] for one in await rig.documents("checklists") for item in one["items"] if item["done_by"]}
    _expect(found, [f"item {one} is not done" for one in promised.ticks if one not in items], len(promised.ticks))
    return found


async def _look_at_windows(rig: Rig, promised: Promises, found: Findings) -> None:
    """That each is kept, and was announced: of one that is only hours ahead the first rung is due at once."""
    kept = {str(one["_id"]) for one in await rig.documents("windows")}
    _expect(found, [f"{one} is not stored" for one in promised.windows if one not in kept], len(promised.windows))
    told = {key.partition(" ")[2].partition("/")[0] for key in keys(rig) if key.startswith("opsbot_announcement ")}
    _expect(found, [f"{one} is not announced" for one in promised.windows if one not in told], len(promised.windows))


async def _untold(rig: Rig, alerts: Sequence[str]) -> list[str]:
    """The groups of which no message tells: neither one of their own, nor that of a storm which they are kept in."""
    channel = rig.slack.channel().shown
    missing = [one for one in alerts if f"*{one}* is firing" not in channel]
    if not missing:
        return []
    storms = {str(one["_id"]) for one in await rig.documents("alerts", kind="storm", ts={"$gt": ""})}
    kept = [one for one in await rig.documents("alerts", kind="group", untold=[]) if one["digest"] in storms]
    in_storm = {str(one["key"]).partition('alertname="')[2].partition('"')[0] for one in kept}
    return [one for one in missing if one not in in_storm]


async def _look_at_timeline(rig: Rig, promised: Promises, found: Findings) -> None:
    entries = await rig.documents("timeline")
    noted = Counter((str(one["incident_id"]), str(one["text"])) for one in entries if one["kind"] == "noted")
    written = Counter(str(one["ts"]) for one in entries if one["kind"] == "message")
    _expect(found, [f"the note {one}" for one in promised.notes if not noted[one]], len(promised.notes))
    _expect(found, [f"the message {one.ts}" for one in promised.written if not written[one.ts]], len(promised.written))
    found.doubled += [f"the note {one}" for one, count in noted.items() if count > 1]
    found.doubled += [f"the message {one}" for one, count in written.items() if count > 1]


def _expect(found: Findings, missing: Sequence[str], expected: int) -> None:
    found.expected += expected
    found.lost += missing
