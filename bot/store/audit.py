"""The audit trail in MongoDB (`audit`): entries are added, never changed."""

from dataclasses import asdict

from pymongo import DESCENDING, IndexModel

from bot.domain.audit import AuditEntry, Outcome
from bot.store.mongo import Documents

INDEXES = (IndexModel([("at", DESCENDING)]),)


class AuditTrail:
    """Implements bot.domain.audit.AuditRecords."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def add(self, entry: AuditEntry) -> None:
        """See AuditRecords.add."""
        await self._documents.insert(asdict(entry))

    async def newest(self, count: int) -> list[AuditEntry]:
        """See AuditRecords.newest."""
        found = await self._documents.many({}, [("at", DESCENDING), ("_id", DESCENDING)], count)
        return [
            AuditEntry(
                at=document["at"],
                who=document["who"],
                act=document["act"],
                subject=document["subject"],
                outcome=Outcome(document["outcome"]),
                detail=document["detail"],
                trace_id=document["trace_id"],
            )
            for document in found
        ]
