"""Incidents in MongoDB (`incidents`, `_id` = the incident ID)."""

from collections.abc import AsyncIterator
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.incident import WORKING, Act, Deed, Incident, Quote, Severity, Status, Touched, same_words
from bot.store.mongo import Document, Documents

INDEXES = (
    IndexModel([("status", ASCENDING), ("severity", ASCENDING), ("opened_at", DESCENDING)]),
    IndexModel([("channel", ASCENDING), ("card_ts", ASCENDING)]),
    # A double Enter is one incident, whichever replica hears it.
    IndexModel([("same_words", ASCENDING)], unique=True, partialFilterExpression={"same_words": {"$gt": ""}}),
    IndexModel([("words", ASCENDING), ("opened_at", DESCENDING)]),
    IndexModel([("untold.at", ASCENDING)]),
    IndexModel([("opened_at", DESCENDING)]),
)

_NOT_PLAIN = {"id", "severity", "status", "joined", "status_set", "severity_set", "owner_set", "quote", "untold"}
_AS_THEY_ARE = tuple(field.name for field in fields(Incident) if field.name not in _NOT_PLAIN)


class Incidents:
    """Implements bot.domain.incident_desk.Incidents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, incident: Incident) -> bool:
        """See Incidents.add."""
        try:
            await self._documents.insert({**_document(incident), "same_words": list(same_words(incident))})
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
        return _maybe(await self._documents.one({"channel": channel, "card_ts": card_ts}))

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

    async def opened(self, since: datetime | None, before: datetime | None, most: int) -> AsyncIterator[Incident]:
        """See bot.domain.export_desk.Opened.opened."""
        async for document in self._documents.each(_opened_in(since, before), [("opened_at", DESCENDING)], most):
            yield _incident(document)

    async def count_opened(self, since: datetime | None, before: datetime | None) -> int:
        """See bot.domain.export_desk.Opened.count_opened."""
        return await self._documents.count(_opened_in(since, before))

    async def save(self, incident: Incident, was: int) -> bool:
        """See Incidents.save."""
        document = _document(incident)
        del document["card_ts"], document["reminded_at"]  # each has a write of its own
        query = {"_id": incident.id, "version": was}
        return await self._documents.update(query, {"$set": document}) == 1

    async def carded(self, incident_id: str, card_ts: str) -> None:
        """See Incidents.carded."""
        await self._documents.update({"_id": incident_id}, {"$set": {"card_ts": card_ts}})

    async def told(self, incident_id: str, version: int) -> None:
        """See Incidents.told."""
        change = {"$pull": {"untold": {"version": {"$lte": version}}}}
        await self._documents.update({"_id": incident_id}, change)

    async def untold(self, before: datetime) -> list[Incident]:
        """See Incidents.untold."""
        found = await self._documents.many({"untold.at": {"$lt": before}}, [("untold.at", ASCENDING)], limit=50)
        return [_incident(document) for document in found]

    async def read_to(self, incident_id: str, ts: str) -> None:
        """See Incidents.read_to."""
        await self._documents.update({"_id": incident_id}, {"$max": {"read_to": ts}})

    async def read_since(self, incident_id: str) -> str:
        """See Incidents.read_since."""
        found = await self._documents.one({"_id": incident_id})
        return str((found or {}).get("read_to", "0"))


def _opened_in(since: datetime | None, before: datetime | None) -> Document:
    within = {name: moment for name, moment in (("$gte", since), ("$lt", before)) if moment is not None}
    return {"opened_at": within} if within else {}


def _document(incident: Incident) -> Document:
    document = asdict(incident)
    document["_id"] = document.pop("id")
    document["untold"], document["joined"] = list(document["untold"]), list(document["joined"])
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
        status_set=_touched(document["status_set"]),
        severity_set=_touched(document["severity_set"]),
        owner_set=_touched(document["owner_set"]),
        quote=Quote(**document["quote"]) if document["quote"] else None,
        untold=tuple(Act(**{**act, "deed": Deed(act["deed"])}) for act in document["untold"]),
    )


def _touched(document: dict[str, Any] | None) -> Touched | None:
    return Touched(**document) if document else None
