"""Incidents in MongoDB (`incidents`, `_id` = the incident ID)."""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.incident import WORKING, Act, Deed, Incident, Quote, Severity, Status, Touched, same_words
from bot.store.mongo import Document, Documents

INDEXES = (
    IndexModel([("status", ASCENDING), ("severity", ASCENDING), ("opened_at", DESCENDING)]),
    IndexModel([("channel", ASCENDING), ("cards", ASCENDING)]),
    # A double Enter is one incident, whichever replica hears it.
    IndexModel([("same_words", ASCENDING)], unique=True, partialFilterExpression={"same_words": {"$gt": ""}}),
    IndexModel([("words", ASCENDING), ("opened_at", DESCENDING)]),
    IndexModel([("untold.at", ASCENDING)]),
)

_APART = ("card_ts", "reminded_at", "asked_at", "active_at")  # each has a write of its own
_NOT_PLAIN = {"id", "severity", "status", "joined", "escalated", "untold", "status_set", "severity_set", "owner_set"}
_AS_THEY_ARE = tuple(field.name for field in fields(Incident) if field.name not in {*_NOT_PLAIN, "quote"})


class Incidents:
    """Implements bot.domain.incident_desk.Incidents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, incident: Incident) -> bool:
        """See Incidents.add."""
        try:
            await self._documents.insert(_new(incident))
        except DuplicateKeyError:
            return False
        return True

    async def get(self, incident_id: str) -> Incident | None:
        """See Incidents.get."""
        return _maybe(await self._documents.one({"_id": incident_id}))

    async def with_words(self, words: str, since: datetime) -> Incident | None:
        """See Incidents.with_words."""
        query = {"words": words, "opened_at": {"$gt": since}}
        return _maybe(await self._documents.one(query, [("opened_at", DESCENDING)]))

    async def at_card(self, channel: str, card_ts: str) -> Incident | None:
        """See Incidents.at_card."""
        return _maybe(await self._documents.one({"channel": channel, "cards": card_ts}))

    async def open_ones(self) -> list[Incident]:
        """See Incidents.open_ones."""
        query = {"status": {"$in": list(WORKING)}}
        found = await self._documents.many(query, [("severity", ASCENDING), ("opened_at", DESCENDING)])
        return [_incident(document) for document in found]

    async def ending_with(self, ending: str) -> list[Incident]:
        """See Incidents.ending_with. The ending is made of letters and digits only, so it is safe in a pattern."""
        query = {"_id": {"$regex": f"{ending}$"}}
        found = await self._documents.many(query, [("_id", DESCENDING)], limit=6)
        return [_incident(document) for document in found]

    async def save(self, incident: Incident, was: int) -> bool:
        """See Incidents.save."""
        document = _document(incident)
        for name in _APART:
            del document[name]
        query = {"_id": incident.id, "version": was}
        return await self._documents.update(query, {"$set": document}) == 1

    async def carded(self, incident_id: str, card_ts: str) -> None:
        """See Incidents.carded."""
        change = {"$set": {"card_ts": card_ts}, "$addToSet": {"cards": card_ts}}
        await self._documents.update({"_id": incident_id}, change)

    async def moved(self, incident_id: str, gone_ts: str | None, card_ts: str) -> bool:
        """See Incidents.moved."""
        if gone_ts == card_ts:
            return False
        change = {"$set": {"card_ts": card_ts}, "$addToSet": {"cards": card_ts}}
        return await self._documents.update({"_id": incident_id, "card_ts": gone_ts}, change) == 1

    async def reminded(self, incident_id: str, at: datetime) -> None:
        """See Incidents.reminded."""
        await self._documents.update({"_id": incident_id}, {"$max": {"reminded_at": at}})

    async def asked(self, incident_id: str, at: datetime) -> None:
        """See Incidents.asked."""
        await self._documents.update({"_id": incident_id}, {"$max": {"asked_at": at}})

    async def active(self, incident_id: str, at: datetime) -> None:
        """See Incidents.active."""
        await self._documents.update({"_id": incident_id}, {"$max": {"active_at": at}})

    async def told(self, incident_id: str, version: int) -> None:
        """See Incidents.told."""
        change = {"$pull": {"untold": {"version": {"$lte": version}}}}
        await self._documents.update({"_id": incident_id}, change)

    async def untold(self, before: datetime) -> list[Incident]:
        """See Incidents.untold."""
        found = await self._documents.many({"untold.at": {"$lt": before}}, [("untold.at", ASCENDING)], limit=50)
        return [_incident(document) for document in found]

    async def to_read(self, ended_after: datetime) -> list[Incident]:
        """See Readable.to_read."""
        ended = [{"resolved_at": {"$gt": ended_after}}, {"closed_at": {"$gt": ended_after}}]
        query = {"$or": [{"status": {"$in": list(WORKING)}}, *ended]}
        found = await self._documents.many(query, [("severity", ASCENDING), ("opened_at", DESCENDING)])
        return sorted((_incident(document) for document in found), key=lambda one: not one.is_open)


def _new(incident: Incident) -> Document:
    cards = [incident.card_ts] if incident.card_ts else []
    return {**_document(incident), "same_words": list(same_words(incident)), "cards": cards}


def _document(incident: Incident) -> Document:
    document = asdict(incident)
    document["_id"] = document.pop("id")
    for name in ("untold", "joined", "escalated"):
        document[name] = list(document[name])
    return document


def _maybe(document: Document | None) -> Incident | None:
    return _incident(document) if document else None


def _incident(document: Document) -> Incident:
    known = {name: document[name] for name in _AS_THEY_ARE}
    return Incident(
        **known,
        id=document["_id"],
        severity=Severity(document["severity"]),
        status=Status(document["status"]),
        joined=tuple(document["joined"]),
        escalated=tuple(document["escalated"]),
        status_set=_touched(document["status_set"]),
        severity_set=_touched(document["severity_set"]),
        owner_set=_touched(document["owner_set"]),
        quote=Quote(**document["quote"]) if document["quote"] else None,
        untold=tuple(Act(**{**act, "deed": Deed(act["deed"])}) for act in document["untold"]),
    )


def _touched(document: dict[str, Any] | None) -> Touched | None:
    return Touched(**document) if document else None
