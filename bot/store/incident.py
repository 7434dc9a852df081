"""Incidents in MongoDB (`incidents`, `_id` = the incident ID)."""

import asyncio
import heapq
import re
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.incident import WORKING, Act, Deed, Incident, Said, Severity, Status, Touched, same_words
from bot.domain.quote import File, Quote
from bot.domain.search import ALL, COUNTED, EDITION, Filters
from bot.store.mongo import Document, Documents, Index, Part, known

_STATUS, _SEVERITY, _NEWEST = ("status", ASCENDING), ("severity", ASCENDING), ("opened_at", DESCENDING)
_WORST = (_SEVERITY, _NEWEST)

INDEXES = (
    IndexModel([_STATUS, *_WORST]),
    IndexModel([("channel", ASCENDING), ("cards", ASCENDING)]),
    # A double Enter is one incident, whichever replica hears it.
    IndexModel([("same_words", ASCENDING)], unique=True, partialFilterExpression={"same_words": {"$gt": ""}}),
    IndexModel([("words", ASCENDING), ("opened_at", DESCENDING)]),
    IndexModel([("untold.at", ASCENDING)]),
    # Lists, newest first, by what they are filtered.
    IndexModel([_NEWEST]),
    IndexModel([_STATUS, _NEWEST]),
    IndexModel([_SEVERITY, _NEWEST]),
    IndexModel([("endings", ASCENDING), ("_id", DESCENDING)]),
    IndexModel([("indexed", ASCENDING), ("_id", DESCENDING)]),
)
SHORT = 4  # characters of an ending that have a place in the index; all that are longer are few
_WHOLE = re.compile(r"INC-\d{8}-\w{4}")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_APART = ("card_ts", "reminded_at", "asked_at", "active_at")  # each has a write of its own
_TOUCHED = {"status_set", "severity_set", "owner_set", "reasons_set"}
_NOT_PLAIN = {"id", "severity", "status", "joined", "untold", "said", "heard_of", *_TOUCHED}
_AS_THEY_ARE = tuple(field.name for field in fields(Incident) if field.name not in {*_NOT_PLAIN, "quote"})


class Incidents:
    """Implements bot.domain.incident_desk.Incidents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, incident: Incident) -> bool:
        """See Incidents.add."""
        try:
            await self._documents.insert(new_document(incident))
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

    async def cards_of(self, incident_id: str) -> list[str]:
        """See Readable.cards_of."""
        found = await self._documents.part({"_id": incident_id}, [], Part(1, only=("cards",)))
        return [str(ts) for document in found for ts in document.get("cards", ())]

    async def open_ones(self) -> list[Incident]:
        """See Incidents.open_ones."""
        query = {"status": {"$in": list(WORKING)}}
        found = await self._documents.many(query, [("severity", ASCENDING), ("opened_at", DESCENDING)])
        return [incident_of(document) for document in found]

    async def ending_with(self, ending: str) -> list[Incident]:
        """See Incidents.ending_with."""
        query: Document = {"endings": ending[-SHORT:]}
        if _WHOLE.fullmatch(ending):  # also of an older bot's, which the index of endings does not have yet
            query = {"_id": ending}
        elif len(ending) > SHORT:
            query["_id"] = {"$regex": f"{re.escape(ending)}$"}
        found = await self._documents.many(query, [("_id", DESCENDING)], limit=6)
        return [incident_of(document) for document in found]

    async def some(self, incident_ids: Sequence[str]) -> list[Incident]:
        """See bot.domain.search_desk.Incidents.some."""
        found = await self._documents.many({"_id": {"$in": list(incident_ids)}}, [("_id", ASCENDING)])
        known = {document["_id"]: incident_of(document) for document in found}
        return [known[incident_id] for incident_id in incident_ids if incident_id in known]

    async def listed(self, filters: Filters, skip: int, limit: int) -> list[Incident]:
        """See bot.domain.search_desk.Incidents.listed.

        The open ones are merged here: for several statuses at once MongoDB may choose to sort all of them.
        """
        if not filters.is_open_only:
            return await self._page(filters, [_NEWEST], Part(limit, skip, index=_index(filters)))
        some = [replace(filters, statuses=(status,)) for status in WORKING]
        part = Part(skip + limit, index=(_STATUS, *_WORST))
        found = await asyncio.gather(*(self._page(one, _WORST, part) for one in some))
        merged = heapq.merge(*found, key=lambda incident: (incident.severity, -incident.opened_at.timestamp()))
        return list(islice(merged, skip, skip + limit))

    async def _page(self, filters: Filters, sort: Sequence[tuple[str, int]], part: Part) -> list[Incident]:
        return [incident_of(document) for document in await self._documents.part(passing(filters), sort, part)]

    async def counted(self, filters: Filters) -> int:
        """See bot.domain.search_desk.Incidents.counted."""
        return await self._documents.count(passing(filters), COUNTED + 1, _index(filters))

    async def unfindable(self) -> list[Incident]:
        """See bot.domain.search_desk.Incidents.unfindable."""
        query: Document = {"indexed": {"$in": [None, *range(1, EDITION)]}}
        found = await self._documents.many(query, [("_id", DESCENDING)], limit=100)
        return [incident_of(document) for document in found]

    async def findable(self, incident_id: str) -> None:
        """See bot.domain.search_desk.Incidents.findable."""
        await self._documents.update({"_id": incident_id}, {"$set": findable(incident_id)})

    async def save(self, incident: Incident, was: int) -> bool:
        """See Incidents.save."""
        query = {"_id": incident.id, "version": was}
        return await self._documents.update(query, {"$set": _changing(incident)}) == 1

    async def carded(self, incident_id: str, card_ts: str) -> None:
        """See Incidents.carded."""
        change = {"$set": {"card_ts": card_ts}, "$addToSet": {"cards": card_ts}}
        await self._documents.update({"_id": incident_id}, change)

    async def moved(self, incident: Incident, gone_ts: str | None, was: int) -> bool:
        """See Incidents.moved."""
        query = {"_id": incident.id, "version": was, "card_ts": gone_ts}
        change = {"$set": {**_changing(incident), "card_ts": incident.card_ts}}
        return await self._documents.update(query, {**change, "$addToSet": {"cards": incident.card_ts}}) == 1

    async def reminded(self, incident_id: str, at: datetime) -> None:
        """See Incidents.reminded."""
        await self._documents.update({"_id": incident_id}, {"$set": {"reminded_at": at}})

    async def asked(self, incident_id: str, at: datetime) -> None:
        """See Incidents.asked."""
        await self._documents.update({"_id": incident_id}, {"$set": {"asked_at": at}})

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
        return [incident_of(document) for document in found]

    async def to_read(self, ended_after: datetime) -> list[Incident]:
        """See Readable.to_read."""
        ended = [{"resolved_at": {"$gt": ended_after}}, {"closed_at": {"$gt": ended_after}}]
        query = {"$or": [{"status": {"$in": list(WORKING)}}, *ended]}
        found = await self._documents.many(query, [("severity", ASCENDING), ("opened_at", DESCENDING)])
        return sorted((incident_of(document) for document in found), key=lambda one: not one.is_open)


def findable(incident_id: str) -> Document:
    """What a document has that can be found: the ends of its ID, and the edition of its index."""
    return {"endings": endings_of(incident_id), "indexed": EDITION}


def endings_of(incident_id: str) -> list[str]:
    """The ends of an ID that are looked up in the index."""
    return [incident_id[-length:] for length in range(1, SHORT + 1)]


def passing(filters: Filters) -> Document:
    """The query for incidents that pass the filters; each part of it is in an index with `opened_at`."""
    month = filters.month
    query: Document = {"opened_at": {"$gte": month.begins, "$lt": month.ends} if month else {"$gte": LONG_AGO}}
    if filters.severity is not None:
        query["severity"] = filters.severity
    if filters.statuses != ALL:
        query["status"] = filters.statuses[0] if len(filters.statuses) == 1 else {"$in": list(filters.statuses)}
    return query


def _index(filters: Filters) -> Index:
    """The index that has those who pass together, in their order."""
    status = () if filters.statuses == ALL else (_STATUS,)
    severity = () if filters.severity is None else (_SEVERITY,)
    return *status, *severity, _NEWEST


def new_document(incident: Incident) -> Document:
    """An incident as it is first kept."""
    return {
        **_document(incident),
        "cards": [incident.card_ts] if incident.card_ts else [],
        "same_words": list(same_words(incident)),
        **findable(incident.id),
    }


def _document(incident: Incident) -> Document:
    document = asdict(incident)
    document["_id"] = document.pop("id")
    for name in ("untold", "joined", "said", "heard_of"):
        document[name] = list(document[name])
    return document


def _changing(incident: Incident) -> Document:
    """The fields that change together with the version."""
    return {name: value for name, value in _document(incident).items() if name not in _APART}


def _maybe(document: Document | None) -> Incident | None:
    return incident_of(document) if document else None


def incident_of(document: Document) -> Incident:
    """An incident as it was kept; what an older bot did not know has its default."""
    plain = {name: document[name] for name in _AS_THEY_ARE if name in document}
    plain.setdefault("began", document["opened_at"])
    return Incident(
        **plain,
        id=document["_id"],
        severity=Severity(document["severity"]),
        status=Status(document["status"]),
        joined=tuple(document.get("joined", ())),
        reasons_set=_touched(document.get("reasons_set")),
        said=tuple(Said(**known(Said, one)) for one in document.get("said", ())),
        heard_of=tuple(document.get("heard_of", ())),
        status_set=_touched(document.get("status_set")),
        severity_set=_touched(document.get("severity_set")),
        owner_set=_touched(document.get("owner_set")),
        quote=_quote(document.get("quote")),
        untold=tuple(Act(**known(Act, {**act, "deed": Deed(act["deed"])})) for act in document["untold"]),
    )


def _quote(document: dict[str, Any] | None) -> Quote | None:
    if not document:
        return None
    return Quote(
        **known(Quote, {**document, "files": tuple(File(**known(File, file)) for file in document.get("files", ()))})
    )


def _touched(document: dict[str, Any] | None) -> Touched | None:
    return Touched(**known(Touched, document)) if document else None
