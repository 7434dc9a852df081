"""Roles in MongoDB (`roles`, `_id` = the role's name)."""

from bot.domain.role import Holder, Role
from bot.store.mongo import Documents


class Roles:
    """Implements bot.domain.role.Roles."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def holders(self) -> list[Holder]:
        """See Roles.holders."""
        found = {document["_id"]: document for document in await self._documents.many({}, [("_id", 1)])}
        return [
            Holder(role, found[role]["owner"], found[role]["backup"]) if role in found else Holder(role)
            for role in Role
        ]

    async def assign(self, holder: Holder) -> None:
        """See Roles.assign."""
        change = {"$set": {"owner": holder.owner, "backup": holder.backup}}
        await self._documents.update({"_id": holder.role.value}, change, upsert=True)
