"""Groups of alerts and storms in MongoDB (`alerts`; `_id` follows from the groupKey, or is `storm-…` or `source-…`)."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.alert import Asked, Digest, Group, Report
from bot.domain.incident import Severity
from bot.store.alert_document import GROUP, STORM, digest_of, digest_or_none, document, group_of
from bot.store.mongo import Change, Document, Documents, Part

SOURCE = "source"
_WORST = [("is_firing", DESCENDING), ("severity", ASCENDING), ("began", DESCENDING)]

INDEXES = (
    IndexModel([("kind", ASCENDING), *_WORST]),
    IndexModel([("digest", ASCENDING), *_WORST]),
    IndexModel([("storm", ASCENDING), *_WORST]),
    IndexModel([("kind", ASCENDING), ("shown_at", DESCENDING)]),
    IndexModel([("kind", ASCENDING), ("last_at", DESCENDING)]),
    IndexModel([("untold.at", ASCENDING)]),
    IndexModel([("asked.at", ASCENDING)]),
    IndexModel([("incident_id", ASCENDING)]),
    IndexModel([("is_stale", ASCENDING)], sparse=True),
)

# What a bot has to see to: each alone, and all of them in one question.
_STALE: Document = {"is_stale": True}
_UNTOLD_STORM: Document = {"kind": STORM, "$expr": {"$lt": ["$told", "$version"]}}
_BEHIND: Document = {"$expr": {"$lt": [{"$ifNull": ["$report.version", 0]}, "$version"]}}
_UNREPORTED_STORM: Document = {
    "kind": STORM,
    "incident_id": {"$ne": ""},
    "$or": [{"report.is_told": False}, _BEHIND],
}

# What has a write of its own is not touched when a group is saved.
_APART = ("incident_id", "asked", "channel", "ts", "storm")


class Alerts:
    """Implements bot.domain.alert_ports.Groups on `alerts`; `incidents` is read for those opened from an alert."""

    def __init__(self, documents: Documents, incidents: Documents) -> None:
        self._documents = documents
        self._incidents = incidents

    async def get(self, group_id: str) -> Group | None:
        """See Groups.get."""
        found = await self._documents.one({"_id": group_id, "kind": GROUP})
        return group_of(found) if found else None

    async def add(self, group: Group) -> bool:
        """See Groups.add."""
        try:
            await self._documents.insert(document(group))
        except DuplicateKeyError:
            return False
        return True

    async def save(self, group: Group, was: int, *, begins: bool) -> bool:
        """See Groups.save. An episode begins without a message; its incident and its storm are decided with it."""
        kept = {name: value for name, value in document(group).items() if begins or name not in _APART}
        return await self._documents.update({"_id": group.id, "version": was}, {"$set": kept}) == 1

    async def began_since(self, since: datetime, most: int) -> int:
        """See Groups.began_since."""
        return await self._documents.count({"kind": GROUP, "shown_at": {"$gt": since}}, most)

    async def posted(self, group: Group, channel: str, ts: str) -> None:
        """See Groups.posted."""
        query = {"_id": group.id, "episode": group.episode}
        await self._documents.update(query, {"$set": {"channel": channel, "ts": ts}})

    async def told_all(self, groups: Sequence[tuple[str, int]]) -> None:
        """See Groups.told_all."""
        changes: list[tuple[Document, Change]] = [
            ({"_id": group_id}, {"$pull": {"untold": {"version": {"$lte": version}}}}) for group_id, version in groups
        ]
        await self._documents.write(changes)

    async def untold(self, before: datetime) -> list[Group]:
        """See Groups.untold."""
        found = await self._documents.many(_untold(before), [("untold.at", ASCENDING)], 50)
        return [group_of(document) for document in found]

    async def firing(self, limit: int) -> list[Group]:
        """See Groups.firing."""
        found = await self._documents.many({"kind": GROUP, "is_firing": True}, _WORST, limit)
        return [group_of(document) for document in found]

    async def count_firing(self) -> dict[Severity, int]:
        """See Groups.count_firing."""
        found = await self._documents.count_by({"kind": GROUP, "is_firing": True}, "severity")
        return {severity: found.get(severity, 0) for severity in Severity}

    async def is_at_rest(self, told_by: datetime, begun_by: datetime) -> bool:
        """See Groups.is_at_rest."""
        work = {"$or": [_untold(told_by), _asked(begun_by), _STALE, _UNTOLD_STORM, _UNREPORTED_STORM]}
        return not await self._documents.part(work, (), Part(1, only=("_id",)))

    async def watched(self) -> list[Group]:
        """See Groups.watched."""
        query = {"kind": GROUP, "is_firing": True, "is_grafanas": False}
        return [group_of(document) async for document in self._documents.each(query, _WORST)]

    async def sources(self) -> frozenset[str]:
        """See Groups.sources."""
        return frozenset(one["source"] for one in await self._documents.many({"kind": SOURCE}, [("_id", ASCENDING)]))

    async def found_source(self, source: str) -> None:
        """See Groups.found_source."""
        key = f"source-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
        await self._documents.upsert({"_id": key}, {"$setOnInsert": {"kind": SOURCE, "source": source}})

    async def ask(self, topic_id: str, asked: Asked, stale: datetime) -> bool:
        """See Groups.ask."""
        query = {"_id": topic_id, "$or": [{"asked": None}, {"asked.at": {"$lt": stale}}]}
        return await self._documents.update(query, {"$set": {"asked": asdict(asked)}}) == 1

    async def link(self, topic_id: str, incident_id: str, known: Report | None) -> None:
        """See Groups.link. The version grows, since the message is to show it."""
        told = {"report": asdict(known)} if known else {}
        change = {"$set": {"incident_id": incident_id, "asked": None, **told}, "$inc": {"version": 1}}
        await self._documents.update({"_id": topic_id}, change)

    async def turned(self, incident_id: str) -> None:
        """See Groups.turned. A storm's message is shown anew whenever its version is newer than what it shows."""
        its: Document = {"kind": STORM, "incident_id": incident_id}
        storms = [document["_id"] for document in await self._documents.many(its, [("_id", ASCENDING)])]
        of_it: list[Document] = [{"incident_id": incident_id}, {"storm": {"$in": storms}}]
        query = {"kind": GROUP, "digest": "", "ts": {"$ne": ""}, "$or": of_it}
        await self._documents.update_all(query, {"$inc": {"version": 1}, "$set": {"is_stale": True}})
        await self._documents.update_all(its, {"$inc": {"version": 1}})

    async def stale(self) -> list[Group]:
        """See Groups.stale."""
        found = await self._documents.many(_STALE, [("_id", ASCENDING)], 20)
        return [group_of(document) for document in found]

    async def shown(self, group: Group) -> None:
        """See Groups.shown."""
        await self._documents.update({"_id": group.id, "version": group.version}, {"$unset": {"is_stale": ""}})

    async def asked(self, before: datetime) -> list[str]:
        """See Groups.asked."""
        found = await self._documents.many(_asked(before), [("asked.at", ASCENDING)], 20)
        return [str(document["_id"]) for document in found]

    async def quoting(self, channel: str, ts: str, since: datetime) -> str:
        """See Groups.quoting."""
        query = {"opened_at": {"$gte": since}, "quote.channel": channel, "quote.ts": ts}
        found = await self._incidents.one(query, [("opened_at", DESCENDING)])
        return str(found["_id"]) if found else ""

    # Storms

    async def digest(self, digest_id: str) -> Digest | None:
        """See Groups.digest."""
        return digest_or_none(await self._documents.one({"_id": digest_id, "kind": STORM}))

    async def digest_since(self, since: datetime) -> Digest | None:
        """See Groups.digest_since."""
        query = {"kind": STORM, "last_at": {"$gt": since}}
        return digest_or_none(await self._documents.one(query, [("began", ASCENDING), ("_id", ASCENDING)]))

    async def begin_digest(self, digest: Digest) -> None:
        """See Groups.begin_digest."""
        document = {**asdict(digest), "kind": STORM}
        del document["id"]
        await self._documents.upsert({"_id": digest.id}, {"$setOnInsert": document})

    async def adopt(self, digest: Digest, since: datetime) -> None:
        """See Groups.adopt."""
        query = {"kind": GROUP, "shown_at": {"$gt": since, "$lte": digest.last_at}, "digest": "", "storm": ""}
        await self._documents.update_all(query, {"$set": {"storm": digest.id}})

    async def join_digest(self, digest_id: str, last_at: datetime | None) -> None:
        """See Groups.join_digest."""
        change: Document = {"$inc": {"version": 1}}
        if last_at is not None:
            change["$max"] = {"last_at": last_at}
        await self._documents.update({"_id": digest_id}, change)

    async def untold_digests(self, told_before: datetime) -> list[Digest]:
        """See Groups.untold_digests."""
        query = {**_UNTOLD_STORM, "$or": [{"told_at": None}, {"told_at": {"$lt": told_before}}]}
        return [digest_of(document) for document in await self._documents.many(query, [("last_at", DESCENDING)], 5)]

    async def told_digest(self, digest: Digest, channel: str, ts: str, now: datetime) -> None:
        """See Groups.told_digest."""
        change: Document = {
            "$set": {"channel": channel, "ts": ts},
            "$max": {"told": digest.version, "told_at": now},
        }
        await self._documents.update({"_id": digest.id}, change)

    async def count_of(self, digest_id: str) -> tuple[int, int]:
        """See Groups.count_of."""
        total = await self._documents.count(_of(digest_id))
        return total, await self._documents.count(_of(digest_id, is_firing=True))

    async def worst_of(self, digest_id: str, limit: int) -> list[Group]:
        """See Groups.worst_of."""
        return [group_of(document) for document in await self._documents.many(_of(digest_id), _WORST, limit)]

    async def back_since(self, digest_id: str, since: datetime, limit: int) -> tuple[int, list[Group]]:
        """See Groups.back_since."""
        query = _of(digest_id, is_firing=True, back_at={"$gt": since})
        found = await self._documents.many(query, _WORST, limit)
        return await self._documents.count(query), [group_of(document) for document in found]

    async def unreported(self) -> list[Digest]:
        """See Groups.unreported."""
        found = await self._documents.many(_UNREPORTED_STORM, [("last_at", DESCENDING)], 20)
        return [digest_of(document) for document in found]

    async def report(self, digest: Digest, report: Report) -> bool:
        """See Groups.report."""
        was = digest.report.number if digest.report else None
        query = {"_id": digest.id, "incident_id": digest.incident_id, "report.number": was}
        return await self._documents.update(query, {"$set": {"report": asdict(report)}}) == 1

    async def reported(self, digest: Digest, number: int) -> None:
        """See Groups.reported."""
        query = {"_id": digest.id, "incident_id": digest.incident_id, "report.number": number}
        await self._documents.update(query, {"$set": {"report.is_told": True}})


def _untold(before: datetime) -> Document:
    return {"untold.at": {"$lt": before}}


def _asked(before: datetime) -> Document:
    return {"asked.at": {"$lt": before}}


def _of(digest_id: str, **more: Any) -> Document:
    """The groups that a storm's message tells of, or that began in it and have one of their own again."""
    return {"$or": [{"digest": digest_id, **more}, {"storm": digest_id, **more}]}
