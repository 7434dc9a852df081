"""What watching knows (`watch`, one document with a lease by the server's clock), and what was answered (`health`)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.domain.health import Gap, State
from bot.domain.health_history import Counted, Piece
from bot.domain.health_watch import Case, Change, Outage, Track, Watch
from bot.domain.health_watch_ports import Round
from bot.domain.window_summary import Dip
from bot.errors import UserError
from bot.store.mongo import Document, Documents, Index, TooLongError, known

KEPT = timedelta(days=30)
AT: Index = (("at", ASCENDING),)
INDEXES = (IndexModel(list(AT), expireAfterSeconds=int(KEPT.total_seconds())),)
WATCH = "services"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class WatchRecords:
    """Implements bot.domain.health_watch_ports.Records. A lead holds for `lease` without news of its owner."""

    def __init__(self, watch: Documents, rounds: Documents, outages: Documents, owner: str) -> None:
        self._watch = watch
        self._rounds = rounds
        self._outages = outages
        self._owner = owner
        self.lease = timedelta(minutes=2)

    async def lead(self) -> Watch:
        """See Records.lead."""
        millis = int(self.lease.total_seconds() * 1000)
        free = {"$expr": {"$lt": ["$leased_at", {"$subtract": ["$$NOW", millis]}]}}
        query = {"_id": WATCH, "$or": [{"owner": self._owner}, free]}
        change = {"$set": {"owner": self._owner}, "$inc": {"fence": 1}, "$currentDate": {"leased_at": True}}
        found = await self._watch.take(query, change, after=True)
        if found is not None:
            return _watch(found, is_ours=True)
        fresh = {"owner": self._owner, "fence": 1, "tracks": [], "outages": []}
        first = {"$setOnInsert": fresh, "$currentDate": {"leased_at": True}}
        try:
            # The filter never fits: there is one document with this _id or none.
            await self._watch.update({"_id": WATCH, "owner": {"$exists": False}}, first, upsert=True)
        except DuplicateKeyError:
            return await self.look()
        return Watch(fence=1)

    async def resign(self) -> None:
        """See Records.resign."""
        await self._watch.update({"_id": WATCH, "owner": self._owner}, {"$set": {"leased_at": NEVER}})

    async def look(self) -> Watch:
        """See Records.look."""
        found = await self._watch.one({"_id": WATCH})
        return _watch(found, is_ours=False) if found else Watch(is_ours=False)

    async def save(self, watch: Watch) -> bool:
        """See Records.save."""
        change = {
            "tracks": [asdict(track) for track in watch.tracks],
            "outages": [_outage_document(outage) for outage in watch.outages],
            "seen": watch.seen,
            "patience": watch.patience.total_seconds(),
            "gaps": [asdict(gap) for gap in watch.gaps],
        }
        return await self._watch.update({"_id": WATCH, "fence": watch.fence}, {"$set": change}) == 1

    async def add(self, rounds: Sequence[Round]) -> None:
        """See Records.add. One document for all services of a round; a round that is there already stays."""
        changes = [({"_id": one.at}, {"$setOnInsert": _round_document(one)}) for one in rounds]
        if changes:
            await self._rounds.write(changes, upsert=True)

    async def incidents(self, keys: Sequence[str]) -> Mapping[str, str]:
        """See Records.incidents."""
        found = await self._outages.many({"_id": {"$in": list(keys)}}, [("_id", ASCENDING)])
        return {document["_id"]: document["incident"] for document in found if document["incident"]}


def _round_document(one: Round) -> Document:
    readings = [{"s": r.service, "state": r.state.value, "ms": r.latency_ms} for r in one.readings]
    return {"at": one.at, "readings": readings}


def _watch(document: Document, *, is_ours: bool) -> Watch:
    rhythm = {"patience": timedelta(seconds=document["patience"])} if "patience" in document else {}
    return Watch(
        tuple(Track(**known(Track, track)) for track in document["tracks"]),
        tuple(_outage(outage) for outage in document["outages"]),
        document["fence"],
        is_ours,
        document.get("seen"),
        gaps=_gaps(document),
        **rhythm,
    )


def _outage_document(outage: Outage) -> Document:
    return {
        **asdict(outage),
        "cases": [asdict(case) for case in outage.cases],
        "changes": [
            {**asdict(one), "after": one.after.total_seconds() if one.after else None} for one in outage.changes
        ],
    }


def _outage(document: dict[str, Any]) -> Outage:
    cases = tuple(Case(**known(Case, {**case, "state": State(case["state"])})) for case in document["cases"])
    changes = tuple(
        Change(
            **known(
                Change,
                {
                    **one,
                    "state": State(one["state"]),
                    "after": timedelta(seconds=one["after"]) if one["after"] is not None else None,
                },
            )
        )
        for one in document["changes"]
    )
    return Outage(**known(Outage, {**document, "cases": cases, "changes": changes, "gaps": _gaps(document)}))


def _gaps(document: Document) -> tuple[Gap, ...]:
    return tuple(Gap(**known(Gap, gap)) for gap in document.get("gaps", ()))


class Rounds:
    """Implements bot.domain.health_history.Rounds and bot.domain.window_summary_ports.Rounds."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    async def counted(self, since: datetime, step: timedelta) -> list[Counted]:
        """See Rounds.counted. MongoDB reads the period by its index, and sends a row for each piece of a service."""
        millis = step.total_seconds() * 1000
        number = {"$toInt": {"$floor": {"$divide": [{"$subtract": ["$at", since]}, millis]}}}
        is_up = {"$eq": ["$readings.state", State.UP.value]}
        pipeline: list[Document] = [
            {"$match": {"at": {"$gte": since}}},
            {"$project": {"_id": 0, "number": number, "readings": 1}},
            {"$unwind": "$readings"},
            {
                "$group": {
                    "_id": {"service": "$readings.s", "number": "$number"},
                    "asked": {"$sum": 1},
                    "up": {"$sum": {"$cond": [is_up, 1, 0]}},
                    "latency": {"$avg": {"$cond": [is_up, "$readings.ms", None]}},
                }
            },
        ]
        return [
            Counted(one["_id"]["service"], one["_id"]["number"], Piece(one["asked"], one["up"], one["latency"]))
            for one in await self._gathered(pipeline)
        ]

    async def dips(self, since: datetime, until: datetime) -> list[Dip]:
        """See Rounds.dips. A service that starts is neither up nor an outage."""
        is_low = {"$in": ["$readings.state", [State.DOWN.value, State.DEGRADED.value]]}
        low_at = {"$cond": [is_low, "$at", None]}
        pipeline: list[Document] = [
            {"$match": {"at": {"$gte": since, "$lte": until}}},
            {"$unwind": "$readings"},
            {
                "$group": {
                    "_id": "$readings.s",
                    "asked": {"$sum": 1},
                    "count": {"$sum": {"$cond": [is_low, 1, 0]}},
                    "first": {"$min": low_at},  # $min and $max take no notice of null
                    "last": {"$max": low_at},
                }
            },
            {"$match": {"count": {"$gt": 0}}},
            {"$sort": {"_id": 1}},
        ]
        try:
            found = await self._documents.gathered(pipeline, AT)
        except TooLongError:
            return []
        return [Dip(one["_id"], one["first"], one["last"], one["count"], one["asked"]) for one in found]

    async def asked(self, since: datetime, step: timedelta) -> list[tuple[datetime, datetime]]:
        """See Rounds.asked. Nothing but the index is read."""
        millis = step.total_seconds() * 1000
        number = {"$floor": {"$divide": [{"$subtract": ["$at", since]}, millis]}}
        pipeline: list[Document] = [
            {"$match": {"at": {"$gte": since}}},
            {"$project": {"_id": 0, "at": 1}},
            {"$group": {"_id": number, "first": {"$min": "$at"}, "last": {"$max": "$at"}}},
            {"$sort": {"_id": 1}},
        ]
        return [(one["first"], one["last"]) for one in await self._gathered(pipeline)]

    async def _gathered(self, pipeline: list[Document]) -> list[Document]:
        try:
            return await self._documents.gathered(pipeline, AT)
        except TooLongError:
            raise UserError("Reading that much took too long.", "Ask for less, like `/health history 24h`.") from None
