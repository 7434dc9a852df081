"""The audit trail as a chain: numbered entries, each with the hash of the one before, so that tampering shows.

An entry is inserted under the next number, never updated; who finds the number taken by another bot reads the newest
entry and tries again, so several bots make one chain without forks. While MongoDB is away entries wait in memory, in
order, and are in the log already (`stream="audit"`); the log alone has those of a bot that is killed meanwhile.

What `verified` finds: an entry that was changed, removed, put in, moved or replaced; a tail that was cut since this
bot last wrote. A running bot goes on from the number that it remembers, so that a cut shows afterwards as a gap.
What it cannot find: a tail that was cut while no bot ran that had written, and a chain that somebody computed anew
from the changed entry to its end, apart from what a running bot wrote last: the hashes have no key, since whoever
can write to MongoDB could read one beside it. Against both stands the log: it has every entry as it happened, and the
number and hash of what was chained (`chained`), which MongoDB has to have, too.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.domain.audit import SYSTEM, AuditEntry, Outcome, Verified
from bot.domain.doctor import Line, fail, fine, warn
from bot.errors import StoreAwayError

WAITING_MOST = 10_000  # entries in memory while MongoDB is away
TOGETHER = 200  # entries written in one go
VERIFIED_MOST = 50_000  # of the newest entries: two seconds, and the doctor waits for eight
TEXT_MOST = 4_000  # characters of one text
MIXED = timedelta(days=1)  # how long bots of an older version may run beside the first that chains

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Link:
    """An entry with its place: `number` from 1, `before` the hash of the entry before it, `hash` its own (hex).

    `entry` is None where what MongoDB has is no entry (any more).
    """

    number: float
    before: str
    hash: str
    entry: AuditEntry | None


class TakenError(Exception):
    """Another bot has written under one of these numbers; of the links some first ones may be kept."""


class Links(Protocol):
    """Where links are kept. Every method raises StoreAwayError."""

    async def append(self, links: Sequence[Link]) -> None:
        """Inserts them in order. Raises TakenError."""

    async def tip(self) -> Link | None:
        """The one with the highest number."""

    async def hashes(self, first: int, last: int) -> list[str]:
        """The hashes of the links with these numbers, in order."""

    def walk(self, skip: int) -> AsyncIterator[Link]:
        """The links in the order of their numbers without the first so many, a batch of them at a time."""

    async def newest(self, count: int) -> list[AuditEntry]:
        """The entries with the latest times, chained or not, newest first."""

    async def counted(self) -> tuple[int, int]:
        """How many there are in the chain, and how many outside it."""

    async def strays(self, mixed: timedelta) -> int:
        """How many outside the chain are of later than so long after its first entry."""


START = Link(0, "", "", None)


def sealed(number: int, before: str, entry: AuditEntry) -> Link:
    """The entry as the link with this number behind the one with the hash `before`."""
    parts = [
        number, before, (entry.at - _EPOCH) // timedelta(milliseconds=1), entry.who, entry.act, entry.subject,
        entry.outcome.value, entry.detail, entry.trace_id, entry.via,
    ]  # fmt: skip
    return Link(number, before, hashlib.sha256(json.dumps(parts).encode()).hexdigest(), entry)


def chained(tip: Link, entries: Sequence[AuditEntry]) -> list[Link]:
    """The entries as the links behind `tip`."""
    links: list[Link] = []
    for entry in entries:
        last = links[-1] if links else tip
        links.append(sealed(int(last.number) + 1, last.hash, entry))
    return links


class Chain:
    """Implements bot.domain.audit.Trail and the doctor's AuditChain. `log` is told what MongoDB has confirmed."""

    def __init__(
        self,
        links: Links,
        waiting_most: int = WAITING_MOST,
        log: Callable[[Sequence[Link]], None] = lambda _: None,
    ) -> None:
        self._links = links
        self._log = log
        self._waiting_most = waiting_most
        self._turn = asyncio.Lock()
        self._waiting: list[AuditEntry] = []  # oldest first
        self._tried: list[Link] = []  # of the first that wait: MongoDB was asked to insert them, and did not confirm it
        self._tip: Link | None = None  # None: to be read
        self._confirmed = START  # the newest that MongoDB confirmed to this bot
        self._log_only = 0

    async def add(self, entry: AuditEntry) -> None:
        """See Trail.add. Those that come at the same time are written together."""
        if len(self._waiting) >= self._waiting_most:
            self._log_only += 1
            raise StoreAwayError
        self._waiting.append(_storable(entry))
        await self.flush()

    async def flush(self) -> None:
        """See Trail.flush."""
        async with self._turn:
            while self._waiting:
                await self._write()

    async def _write(self) -> None:
        if self._tried:
            await self._find_tried()
            return
        tip = self._tip
        if tip is None:
            stored = await self._links.tip() or START
            # Never behind what was confirmed: where that is gone, the gap has to show.
            tip = max(stored, self._confirmed, key=lambda link: link.number)
        links = chained(tip, self._waiting[:TOGETHER])
        # Whatever ends this early, a kill apart, the next turn finds out what MongoDB has of them.
        self._tip, self._tried = None, links
        try:
            await self._links.append(links)
        except TakenError:
            return
        self._kept(len(links))
        self._tip = self._confirmed = links[-1]

    async def _find_tried(self) -> None:
        first, last = int(self._tried[0].number), int(self._tried[-1].number)
        there = await self._links.hashes(first, last)
        pairs = list(zip(there, self._tried, strict=False))
        self._kept(next((n for n, (found, link) in enumerate(pairs) if found != link.hash), len(pairs)))

    def _kept(self, count: int) -> None:
        last = self._waiting[count - 1] if count else None
        if count:
            self._log(self._tried[:count])
        del self._waiting[:count]
        self._tried = []
        if last and self._log_only and not self._waiting:
            told = f"{self._log_only} entries of the time when MongoDB was away are in the log only"
            self._waiting.append(AuditEntry(last.at, SYSTEM, "audit", "audit", Outcome.SKIPPED, told, last.trace_id))
            self._log_only = 0

    @property
    def waiting(self) -> int:
        """See Trail.waiting."""
        return len(self._waiting) + self._log_only

    async def newest(self, count: int) -> list[AuditEntry]:
        """See Trail.newest."""
        return await self._links.newest(count)

    async def verified(self) -> Verified:
        """See Trail.verified. Of a long chain the newest 50,000 entries are read, a batch at a time.

        What is on its way is written first: only what MongoDB does not take counts as waiting.
        """
        await self.flush()
        waiting = self.waiting
        confirmed = self._confirmed
        total, older = await self._links.counted()
        skip = max(0, total - VERIFIED_MOST)
        walk = Walk(confirmed, is_whole=not skip)
        async for link in self._links.walk(skip):
            if not walk.broken:
                walk.step(link)
        broken = walk.broken or walk.end()
        if not broken and older and (strays := await self._links.strays(MIXED)):
            broken = f"{strays} outside the chain, put in after it began"
        return Verified(walk.count, max(total, walk.count), broken, waiting, older)

    async def line(self) -> Line:
        """What it finds, as a line of the doctor's."""
        topic = "audit trail"
        try:
            told = await self.verified()
        except StoreAwayError:
            return warn(topic, "not known while MongoDB does not answer", "Mend MongoDB first.")
        if told.broken:
            return fail(topic, told.broken, BROKEN)
        if told.waiting:
            return warn(topic, f"in the log only, and not in MongoDB: {told.waiting} of its entries", "Mend MongoDB.")
        return fine(topic, sentence(told))


BROKEN = (
    "Compare with the log (stream=audit), which has each entry as it happened, and see who else can write to MongoDB; "
    "then rename the collection audit and restart the bots: a new chain begins."
)


def sentence(told: Verified) -> str:
    """A whole chain in words."""
    if not told.count:
        return "no entries yet"
    many = f"{told.count} {'entry' if told.count == 1 else 'entries'}"
    which = many if told.count == told.total else f"the newest {many} of {told.total}"
    older = f"; {told.older} of older versions stand before the chain, unprotected" if told.older else ""
    return f"{which}, chained by hashes: none is missing or changed{older}"


class Walk:
    """Goes along the links in the order of their numbers, and stops at the first that is not as it was written."""

    def __init__(self, confirmed: Link, *, is_whole: bool) -> None:
        self._confirmed = confirmed
        self._last: Link | None = START if is_whole else None
        self.count = 0
        self.broken = ""

    def step(self, link: Link) -> None:
        """The next link; `broken` says what is wrong with it."""
        self.broken = self._wrong(link)
        self._last = link
        self.count += 1

    def end(self) -> str:
        """What is wrong after the last link."""
        last = int(self._last.number) if self._last else 0
        newest = int(self._confirmed.number)
        return f"{_named(last + 1, newest)} missing at the end" if last < newest else ""

    def _wrong(self, link: Link) -> str:
        number, last = link.number, self._last
        if not isinstance(number, int) or number < 1:
            return f"entry {number!r} was put in"
        if last is not None and number > last.number + 1:
            return f"{_named(int(last.number) + 1, number - 1)} missing"
        if link.entry is None or sealed(number, link.before, link.entry).hash != link.hash:
            return f"entry {number} was changed"
        if last is not None and link.before != last.hash:
            return f"entry {number} was replaced" if number == 1 else f"entry {number - 1} or {number} was replaced"
        if number == self._confirmed.number and link.hash != self._confirmed.hash:
            return f"entry {number} was replaced"
        return ""


def _named(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _storable(entry: AuditEntry) -> AuditEntry:
    """As MongoDB gives it back: milliseconds, valid Unicode. What could not be written would hold up all others."""
    texts = {
        name: getattr(entry, name).encode("utf-8", "replace").decode()[:TEXT_MOST]
        for name in ("who", "act", "subject", "detail", "trace_id", "via")
    }
    at = entry.at.astimezone(UTC)
    return replace(entry, at=at.replace(microsecond=at.microsecond // 1000 * 1000), **texts)
