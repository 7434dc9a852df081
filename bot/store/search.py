"""The index of words in MongoDB (`words`, `_id` = the incident ID): what is said in an incident, and what filters see.

MongoDB's own text index cannot give the newest of many without reading all of them; an index of words and time can.
"""

from collections.abc import Sequence
from dataclasses import replace

from pymongo import ASCENDING, DESCENDING, IndexModel

from bot.domain.incident import Incident
from bot.domain.search import MOST_WORDS, Filters, Term
from bot.store.incident import passing
from bot.store.mongo import Document, Documents, Part, TooLongError

INDEXES = (IndexModel([("words", ASCENDING), ("opened_at", DESCENDING)]),)
ALTERNATIVES = 10  # words that a beginning may stand for
SECONDS = 1.5  # for a search; the connection waits for two
_AFTER_ALL = "\U0010ffff"


class Words:
    """Implements bot.domain.search_desk.Words."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, incident_id: str, words: Sequence[str]) -> None:
        """See Words.add."""
        await self._documents.update({"_id": incident_id}, [{"$set": _more(words)}], upsert=True)

    async def know(self, incident: Incident, words: Sequence[str]) -> None:
        """See Words.know."""
        is_news = {"$lte": [{"$ifNull": ["$version", 0]}, incident.version]}
        facts = {name: {"$cond": [is_news, value, f"${name}"]} for name, value in _facts(incident).items()}
        await self._documents.update({"_id": incident.id}, [{"$set": {**_more(words), **facts}}], upsert=True)

    async def revision(self, incident_id: str) -> int:
        """See Words.revision."""
        found = await self._documents.part({"_id": incident_id}, [], Part(1, only=("revision",)))
        return int(found[0]["revision"]) if found else 0

    async def put(self, incident: Incident, words: Sequence[str], was: int) -> bool:
        """See Words.put. Where there is nothing yet, something empty is put first, so that one of two writers wins."""
        if not was:
            await self.add(incident.id, ())
            was = 1
        query = {"_id": incident.id, "revision": was}
        change = {**_facts(incident), "words": list(words[:MOST_WORDS]), "revision": was + 1}
        return await self._documents.update(query, {"$set": change}) == 1

    async def term(self, word: str, most: int) -> Term:
        """See Words.term."""
        count = await self._documents.count({"words": word}, most)
        if count:
            return await self._counted(Term(word, (word,), count), most)
        begun = await self._beginning(word)
        if not begun:
            return Term(word, (), 0)
        count = await self._documents.count({"words": {"$in": list(begun)}}, most)
        return await self._counted(Term(word, begun, count), most)

    async def _counted(self, term: Term, most: int) -> Term:
        if most == 1 or term.count < most:
            return term
        last = Part(1, skip=most - 1, only=("opened_at",))
        there = {"words": _one_of(term)}
        (found,) = await self._documents.part(there, [("opened_at", DESCENDING)], last) or ({},)
        return replace(term, back_to=found.get("opened_at"))

    async def _beginning(self, start: str) -> tuple[str, ...]:
        """The first words in the index that begin so: each is looked up behind the last, as in a dictionary."""
        found: list[str] = []
        last, end = start, start + _AFTER_ALL
        while len(found) < ALTERNATIVES:
            # Without a sort it is the index's own order, and the first entry is of the smallest word between the two.
            there = {"words": {"$elemMatch": {"$gt": last, "$lt": end}}}
            documents = await self._documents.part(there, [], Part(1, only=("words",)))
            if not documents:
                break
            last = min(word for word in documents[0]["words"] if last < word < end)
            found.append(last)
        return tuple(found)

    async def having(self, terms: Sequence[Term], filters: Filters, skip: int, limit: int) -> list[str] | None:
        """See Words.having."""
        try:
            found = await self._documents.part(
                having(terms, filters), [("opened_at", DESCENDING)], Part(limit, skip, ("_id",), SECONDS)
            )
        except TooLongError:
            return None
        return [document["_id"] for document in found]


def having(terms: Sequence[Term], filters: Filters) -> Document:
    """The query for incidents with all terms: the index gives those of the rarest, in order."""
    rarest, *others = sorted(terms, key=lambda term: term.commonness)
    query = passing(filters)
    if filters.month is None:
        del query["opened_at"]
    query["words"] = _one_of(rarest)
    if others:
        # As expressions, since MongoDB might else choose the index of another word.
        query["$expr"] = {"$and": [_has(term) for term in others]}
    return query


def _one_of(term: Term) -> str | Document:
    return term.alternatives[0] if len(term.alternatives) == 1 else {"$in": list(term.alternatives)}


def _has(term: Term) -> Document:
    return {"$or": [{"$in": [{"$literal": word}, "$words"]} for word in term.alternatives]}


def _more(words: Sequence[str]) -> Document:
    """Fields with these words added, the earlier ones first; there is room for `MOST_WORDS`."""
    known = {"$ifNull": ["$words", []]}
    new = {"$setDifference": [{"$literal": list(words)}, known]}
    return {
        "words": {"$slice": [{"$concatArrays": [known, new]}, MOST_WORDS]},
        "revision": {"$add": [{"$ifNull": ["$revision", 0]}, 1]},
    }


def _facts(incident: Incident) -> Document:
    return {
        "opened_at": incident.opened_at,
        "severity": incident.severity.value,
        "status": incident.status.value,
        "version": incident.version,
    }
