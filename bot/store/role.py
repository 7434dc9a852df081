"""Roles in MongoDB (`roles`, `_id` = the role's name), with the changes that people are still to be told of."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from bot.domain.role import Group, Holder, Role
from bot.domain.role_changes import Change
from bot.domain.rotation import Every, Rotation
from bot.store.mongo import Document, Documents


class Roles:
    """Implements bot.domain.role_changes.RoleRecords."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def holders(self) -> list[Holder]:
        """See RoleRecords.holders."""
        return _holders(await self._seats())

    async def save(self, change: Change) -> bool:
        """See RoleRecords.save."""
        was, role = change.before.version, change.after.role
        told = {"by": change.by, "at": change.at, "before": _seat(change.before), "after": _seat(change.after)}
        update: Document = {"$set": _seat(change.after), "$push": {"untold": told}}
        query: Document = {"_id": role.value, "version": was if was else {"$exists": False}}
        try:
            return await self._documents.update(query, update, upsert=not was) == 1
        except DuplicateKeyError:
            return False  # somebody was first

    async def with_untold(self) -> tuple[list[Holder], list[Change]]:
        """See RoleRecords.with_untold."""
        seats = await self._seats()
        untold = [
            Change(told["by"], told["at"], _holder(role, told["before"]), _holder(role, told["after"]))
            for role, seat in seats.items()
            for told in seat.get("untold", ())
        ]
        return _holders(seats), untold

    async def _seats(self) -> dict[Role, Document]:
        found = {document["_id"]: document for document in await self._documents.many({}, [("_id", 1)])}
        return {role: found[role] for role in Role if role in found}

    async def told(self, change: Change) -> None:
        """See RoleRecords.told."""
        pull = {"untold": {"after.version": change.after.version}}
        await self._documents.update({"_id": change.after.role.value}, {"$pull": pull})

    async def went_round(self, role: Role, since: datetime) -> bool:
        """See RoleRecords.went_round."""
        query: Document = {"_id": role.value, "went_round": {"$not": {"$gte": since}}}
        return await self._documents.update(query, {"$set": {"went_round": since}}) == 1


def _seat(holder: Holder) -> Document:
    seat: dict[str, Any] = asdict(holder)
    del seat["role"]
    return seat


def _holders(seats: Mapping[Role, Document]) -> list[Holder]:
    return [_holder(role, seats[role]) if role in seats else Holder(role) for role in Role]


def _holder(role: Role, seat: Document) -> Holder:
    """A document of an earlier bot has owner and backup only."""
    return Holder(
        role,
        seat["owner"],
        seat["backup"],
        _group(seat.get("owner_group")),
        _group(seat.get("backup_group")),
        _rotation(seat.get("rotation")),
        seat.get("version", 0),
    )


def _group(known: Document | None) -> Group | None:
    return Group(known["id"], tuple(known["members"])) if known else None


def _rotation(known: Document | None) -> Rotation | None:
    if not known:
        return None
    return Rotation(
        tuple(known["people"]), Every(known["every"]), known["begins"], known["before"], known.get("made_at")
    )
