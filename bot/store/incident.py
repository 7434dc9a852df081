"""Incidents in MongoDB (`incidents`, `_id` = the incident ID)."""

from dataclasses import asdict
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.incident import Act, Deed, Incident, Severity, Status
from bot.store.mongo import Document, Documents

INDEXES = (
    IndexModel([("status", ASCENDING), ("severity", ASCENDING), ("opened_at", DESCENDING)]),
    IndexModel([("channel", ASCENDING), ("card_ts", ASCENDING)]),
    # A double Enter is one incident, whichever replica hears it.
    IndexModel([("same_words", ASCENDING)], unique=True, partialFilterExpression={"same_words": {"$gt": ""}}),
    IndexModel([("untold.at", ASCENDING)]),
)


class Incidents:
    """Implements bot.domain.incident_desk.Incidents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, incident: Incident) -> bool:
        """See Incidents.add."""
        try:
            await self._documents.insert(_document(incident))
        except DuplicateKeyError:
            return False
        return True

    async def get(self, incident_id: str) -> Incident | None:
        """See Incidents.get."""
        return _maybe(await self._documents.one({"_id": incident_id}))

    async def with_words(self, same_words: str) -> Incident | None:
        """See Incidents.with_words."""
        return _maybe(await self._documents.one({"same_words": same_words}))

    async def at_card(self, channel: str, card_ts: str) -> Incident | None:
        """See Incidents.at_card."""
        return _maybe(await self._documents.one({"channel": channel, "card_ts": card_ts}))

    async def open_ones(self) -> list[Incident]:
        """See Incidents.open_ones."""
        query = {"status": Status.INVESTIGATING}
        found = await self._documents.many(query, [("severity", ASCENDING), ("opened_at", DESCENDING)])
        return [_incident(document) for document in found]

    async def ending_with(self, ending: str) -> list[Incident]:
        """See Incidents.ending_with. The ending is made of letters and digits only, so it is safe in a pattern."""
        query = {"_id": {"$regex": f"{ending}$"}}
        found = await self._documents.many(query, [("_id", DESCENDING)], limit=6)
        return [_incident(document) for document in found]

    async def save(self, incident: Incident) -> bool:
        """See Incidents.save."""
        document = _document(incident)
        del document["card_ts"]  # known only by the card's own confirmation
        query = {"_id": incident.id, "version": incident.version - 1}
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


def _document(incident: Incident) -> Document:
    document = asdict(incident)
    document["_id"] = document.pop("id")
    document["untold"] = list(document["untold"])
    return document


def _maybe(document: Document | None) -> Incident | None:
    return _incident(document) if document else None


def _incident(document: Document) -> Incident:
    return Incident(
        id=document["_id"],
        title=document["title"],
        severity=Severity(document["severity"]),
        status=Status(document["status"]),
        opened_by=document["opened_by"],
        opened_at=document["opened_at"],
        channel=document["channel"],
        owner=document["owner"],
        updated_by=document["updated_by"],
        updated_at=document["updated_at"],
        affected=document["affected"],
        resolution=document["resolution"],
        card_ts=document["card_ts"],
        version=document["version"],
        same_words=document["same_words"],
        untold=tuple(
            Act(act["version"], Deed(act["deed"]), act["who"], act["at"], act["text"]) for act in document["untold"]
        ),
    )
