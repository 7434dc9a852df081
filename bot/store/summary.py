"""Summaries in MongoDB (`summaries`, `_id` = `<incident>/<number>`): drafts expire, what was posted stays.

One more document for each incident (`_id` = its ID) counts its drafts, so that no number is given twice.
"""

from dataclasses import asdict
from datetime import datetime, timedelta

from pymongo import ASCENDING, DESCENDING, IndexModel

from bot.domain.incident import Severity, Status
from bot.domain.summary import KEPT, Draft, Event, Prose, Record, Source
from bot.store.mongo import Document, Documents, known

INDEXES = (
    IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    IndexModel([("incident_id", ASCENDING), ("posted_at", DESCENDING)]),
    IndexModel([("is_confirmed", ASCENDING), ("posted_at", ASCENDING)]),
)


class Summaries:
    """Implements bot.domain.summary_desk.Summaries."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def number(self, incident_id: str) -> int:
        """See Summaries.number."""
        await self._documents.upsert({"_id": incident_id}, {"$setOnInsert": {"drafts": 0}})
        counted = await self._documents.take({"_id": incident_id}, {"$inc": {"drafts": 1}}, after=True)
        return int(counted["drafts"]) if counted else 1

    async def add(self, draft: Draft) -> None:
        """See Summaries.add."""
        document = asdict(draft)
        document["_id"] = draft.id
        document["record"]["lasted"] = draft.record.lasted.total_seconds()
        document["expires_at"] = draft.drafted_at + KEPT
        await self._documents.insert(document)

    async def get(self, draft_id: str) -> Draft | None:
        """See Summaries.get."""
        return _maybe(await self._documents.one({"_id": draft_id, "number": {"$exists": True}}))

    async def claim(self, draft_id: str, who: str, at: datetime) -> bool:
        """See Summaries.claim."""
        claimed = {"posted_by": who, "posted_at": at, "is_confirmed": False}
        change: Document = {"$set": claimed, "$unset": {"expires_at": ""}}
        return await self._documents.update({"_id": draft_id, "posted_by": ""}, change) == 1

    async def posted(self, draft_id: str, ts: str) -> None:
        """See Summaries.posted."""
        await self._documents.update({"_id": draft_id}, {"$set": {"ts": ts, "is_confirmed": True}})

    async def newest_posted(self, incident_id: str) -> Draft | None:
        """See Summaries.newest_posted."""
        query = {"incident_id": incident_id, "posted_at": {"$ne": None}}
        return _maybe(await self._documents.one(query, [("posted_at", DESCENDING)]))

    async def unconfirmed(self, since: datetime, before: datetime) -> list[Draft]:
        """See Summaries.unconfirmed."""
        query = {"is_confirmed": False, "posted_at": {"$gt": since, "$lt": before}}
        return [_draft(document) for document in await self._documents.many(query, [("posted_at", ASCENDING)], 20)]


def _maybe(document: Document | None) -> Draft | None:
    return _draft(document) if document else None


def _draft(document: Document) -> Draft:
    record, prose = document["record"], document["prose"]
    names = ("incident_id", "number", "asked_by", "drafted_at", "more_events", "model", "cause")
    signed = ("edited_by", "posted_by", "posted_at", "ts")
    return Draft(
        **{name: document[name] for name in (*names, *signed)},
        source=Source(document["source"]),
        record=Record(
            **known(
                Record,
                {
                    **record,
                    "severity": Severity(record["severity"]),
                    "status": Status(record["status"]),
                    "lasted": timedelta(seconds=record["lasted"]),
                },
            )
        ),
        prose=Prose(**known(Prose, {**prose, "open_questions": tuple(prose["open_questions"])})),
        key_events=tuple(Event(**known(Event, event)) for event in document["key_events"]),
    )
