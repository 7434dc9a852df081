"""The audit trail in MongoDB (`audit`): entries are inserted under the next number, never changed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.audit import AuditEntry, Outcome
from bot.domain.audit_chain import Link, TakenError
from bot.store.mongo import Document, Documents, Part

INDEXES = (IndexModel([("at", DESCENDING)]),)

_BY_NUMBER = [("_id", 1)]
_NUMBERED: Document = {"_id": {"$type": "number"}}
_NUMBERS_MOST = 2**53
# What else an `_id` can be; older versions of the bot left it to the driver, and did not chain their entries.
_UNNUMBERED: Document = {
    "_id": {"$type": ["objectId", "string", "object", "binData", "bool", "date", "timestamp", "null"]}
}
_TEXTS = ("who", "act", "subject", "detail", "trace_id", "via")
_FIELDS = frozenset({"_id", "before", "hash", "at", "outcome", *_TEXTS})


class AuditTrail:
    """Implements bot.domain.audit_chain.Links."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def append(self, links: Sequence[Link]) -> None:
        """See Links.append."""
        try:
            await self._documents.insert_all([_document(link) for link in links])
        except DuplicateKeyError as error:
            raise TakenError from error

    async def tip(self) -> Link | None:
        """See Links.tip."""
        numbered = {"_id": {"$type": ["int", "long"], "$lt": _NUMBERS_MOST}}
        found = await self._documents.one(numbered, [("_id", DESCENDING)])
        return _link(found) if found else None

    async def hashes(self, first: int, last: int) -> list[str]:
        """See Links.hashes."""
        found = await self._documents.many({"_id": {"$gte": first, "$lte": last}}, _BY_NUMBER)
        return [_link(document).hash for document in found]

    async def walk(self, skip: int) -> AsyncIterator[Link]:
        """See Links.walk."""
        query = _NUMBERED
        if skip:
            start = await self._documents.part(query, _BY_NUMBER, Part(1, skip=skip, only=("_id",)))
            query = {"_id": {"$gte": start[0]["_id"]}} if start else query
        async for document in self._documents.each(query, _BY_NUMBER):
            yield _link(document)

    async def newest(self, count: int) -> list[AuditEntry]:
        """See Links.newest. What somebody made unreadable is left out: `verified` tells of it."""
        found = await self._documents.many({}, [("at", DESCENDING), ("_id", DESCENDING)], count)
        entries = [_entry({"via": "", **document}) for document in found]
        return [entry for entry in entries if entry is not None]

    async def counted(self) -> tuple[int, int]:
        """See Links.counted."""
        return await self._documents.count(_NUMBERED), await self._documents.count(_UNNUMBERED)

    async def strays(self, mixed: timedelta) -> int:
        """See Links.strays."""
        first = await self._documents.one(_NUMBERED, _BY_NUMBER)
        if first is None or not isinstance(first.get("at"), datetime):
            return 0
        return await self._documents.count({**_UNNUMBERED, "at": {"$gt": first["at"] + mixed}})


def _document(link: Link) -> Document:
    entry = link.entry
    if entry is None:
        raise ValueError("only what was read can be no entry")
    return {
        "_id": link.number,
        "at": entry.at,
        **{name: getattr(entry, name) for name in _TEXTS},
        "outcome": entry.outcome.value,
        "before": link.before,
        "hash": link.hash,
    }


def _link(document: Document) -> Link:
    """Whatever the document holds: somebody may have put it there by hand."""
    entry = _entry(document) if set(document) == _FIELDS else None
    before, mark = document.get("before"), document.get("hash")
    number: Any = document["_id"]
    return Link(number, before if isinstance(before, str) else "", mark if isinstance(mark, str) else "", entry)


def _entry(document: Document) -> AuditEntry | None:
    texts: dict[str, Any] = {name: document.get(name) for name in _TEXTS}
    at, outcome = document.get("at"), document.get("outcome")
    if not isinstance(at, datetime) or not isinstance(outcome, str) or outcome not in list(Outcome):
        return None
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    return AuditEntry(at=at, outcome=Outcome(outcome), **texts)
