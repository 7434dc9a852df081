"""Escalations in MongoDB (`escalations`, `_id` = `<incident>/<number>`, so that one number is given once)."""

from dataclasses import asdict, fields

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.escalation import Ask, Escalation, Rung, Skip, State, Step
from bot.store.mongo import Document, Documents, known

INDEXES = (
    IndexModel([("incident_id", ASCENDING), ("number", DESCENDING)]),
    IndexModel([("is_end_told", ASCENDING), ("started_at", ASCENDING)]),
)

_PLAIN = {each.name for each in fields(Escalation)} - {"steps", "state"}


class Escalations:
    """Implements bot.domain.escalation_desk.Escalations."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def newest(self, incident_id: str) -> Escalation | None:
        """See Escalations.newest."""
        return _maybe(await self._documents.one({"incident_id": incident_id}, [("number", DESCENDING)]))

    async def get(self, escalation_id: str) -> Escalation | None:
        """See Escalations.get."""
        return _maybe(await self._documents.one({"_id": escalation_id}))

    async def add(self, escalation: Escalation) -> bool:
        """See Escalations.add."""
        try:
            await self._documents.insert({"_id": escalation.id, **_document(escalation)})
        except DuplicateKeyError:
            return False
        return True

    async def save(self, escalation: Escalation, was: int) -> bool:
        """See Escalations.save."""
        query = {"_id": escalation.id, "version": was}
        return await self._documents.update(query, {"$set": _document(escalation)}) == 1

    async def open_ones(self) -> list[Escalation]:
        """See Escalations.open_ones. One whose incident ends is told to end, whoever had it."""
        found = await self._documents.many({"is_end_told": False}, [("started_at", ASCENDING)])
        return [_escalation(document) for document in found]


def _document(escalation: Escalation) -> Document:
    document = {name: getattr(escalation, name) for name in _PLAIN}
    return {**document, "state": escalation.state, "steps": [_step_document(step) for step in escalation.steps]}


def _step_document(step: Step) -> Document:
    return {**asdict(step), "rungs": list(step.rungs)}


def _maybe(document: Document | None) -> Escalation | None:
    return _escalation(document) if document else None


def _escalation(document: Document) -> Escalation:
    return Escalation(
        **{name: document[name] for name in _PLAIN if name in document},
        state=State(document["state"]),
        steps=tuple(_step(each) for each in document["steps"]),
    )


def _step(document: Document) -> Step:
    return Step(
        **known(
            Step,
            {
                **document,
                "rungs": tuple(map(Rung, document["rungs"])),
                "asked": tuple(Ask(Rung(each["rung"]), each["who"]) for each in document["asked"]),
                "skipped": tuple(Skip(Rung(each["rung"]), each["why"], each["who"]) for each in document["skipped"]),
            },
        )
    )
