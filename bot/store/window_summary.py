"""What a window's record (`windows`) keeps beside its times: its thread, health before and after, its summary.

The names of fields that come from elsewhere (`state`, `actual_start`, `scope`, …) may be missing in older documents.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING

from bot.domain.checklist import Kind, Remark
from bot.domain.checklist_ports import Headed
from bot.domain.health import Reading, State
from bot.domain.window import Deed, Window
from bot.domain.window_summary import Dip, During, Held, Snapshot, Ticks, WindowSummary, Yes
from bot.domain.window_summary_ports import Attended
from bot.domain.window_verdicts import verdicts
from bot.store.mongo import Document, Documents, known
from bot.store.window import window_of

MOST = 50  # windows of some weeks
NOT_HELD = ("cancelled", "moved", "not held")
UNANNOUNCED = timedelta(minutes=10)  # the summary waits so long for the announcement of the end


class WindowRecords:
    """Implements bot.domain.checklist_ports.Announced, bot.domain.window_summary_ports.Records, and more for both."""

    def __init__(self, windows: Documents, announcements: Documents) -> None:
        self._windows = windows
        self._announcements = announcements

    async def headed(self, ended_after: datetime) -> list[Headed]:
        """See Announced.headed."""
        found = await self._windows.many(_announced(ended_after), [("start", DESCENDING)], MOST)
        return [
            Headed(_window(one), one["channel"], one["head"], one["end"], bool(one.get("summary_ts")))
            for one in reversed(found)
        ]

    async def ends(self, window_ids: Sequence[str]) -> dict[str, datetime | None]:
        """See bot.domain.checklist_reminder.HeldWindows.ends."""
        # People may have gone on by hand while no bot was there to announce anything.
        unseen: Document = {"state": "not held", "head": None, "frozen": {"$in": ["", None]}}
        held: Document = {"state": {"$in": ["under way", "over", None]}}
        found = await self._windows.many(
            {"_id": {"$in": list(window_ids)}, "$or": [held, unseen]}, [("_id", ASCENDING)]
        )
        return {one["_id"]: _end(one) for one in found}

    async def attended(self, window_id: str, now: datetime) -> Attended | None:
        """See Records.attended."""
        found = await self._windows.one({"_id": window_id})
        return await self._attended(found, now) if found else None

    async def recent(self, since: datetime, now: datetime) -> list[Attended]:
        """See Records.recent."""
        query = {**_announced(since), "state": {"$nin": NOT_HELD}}
        found = await self._windows.many(query, [("start", ASCENDING)], MOST)
        return [await self._attended(one, now) for one in found if _has_begun(one, now)]

    async def _attended(self, document: Document, now: datetime) -> Attended:
        is_over = _is_over(document, now)
        if is_over and now < (document.get("actual_end") or document["end"]) + UNANNOUNCED:
            told = await self._announcements.one({"_id": f"{document['_id']}/end"})
            is_over = told is not None and told["state"] != "claimed" and not _has_untold_end(document)
        return Attended(
            _held(document),
            _has_begun(document, now),
            is_over,
            _snapshot(document.get("health_before")),
            _snapshot(document.get("health_after")),
            _summary(document),
            document.get("summary_ts") or "",
            bool(document.get("coordination")),
        )

    async def matching(self, ending: str) -> list[str]:
        """See Records.matching. An ending with a dash at its end is the beginning of an ID."""
        pattern = f"^{re.escape(ending)}" if ending.endswith("-") else f"{re.escape(ending)}$"
        found = await self._windows.many({"_id": {"$regex": pattern}}, [("start", DESCENDING)], MOST)
        return [one["_id"] for one in found if one.get("head")] or [one["_id"] for one in found]

    async def keep_before(self, window_id: str, snapshot: Snapshot) -> None:
        """See Records.keep_before."""
        await self._keep(window_id, "health_before", asdict(snapshot))

    async def keep_after(self, window_id: str, snapshot: Snapshot) -> None:
        """See Records.keep_after."""
        await self._keep(window_id, "health_after", asdict(snapshot))

    async def keep_summary(self, summary: WindowSummary) -> None:
        """See Records.keep_summary."""
        kept = asdict(summary)
        del kept["before"], kept["after"]
        kept["held"] = {name: value for name, value in kept["held"].items() if name not in _BESIDE}
        await self._keep(summary.held.id, "summary", kept)

    async def keep_rollback(self, window_id: str, reason: str) -> None:
        """See Records.keep_rollback."""
        await self._windows.update({"_id": window_id}, {"$set": {"summary.held.rolled_back": reason}})

    async def posted(self, window_id: str, ts: str) -> bool:
        """See Records.posted."""
        return await self._keep(window_id, "summary_ts", ts)

    async def _keep(self, window_id: str, name: str, value: Any) -> bool:
        return await self._windows.update({"_id": window_id, name: None}, {"$set": {name: value}}) == 1

    async def refused(self, window_id: str, reason: str) -> bool:
        """See Records.refused."""
        query: Document = {"_id": window_id, "summary_refused": {"$ne": reason}}
        return await self._windows.update(query, {"$set": {"summary_refused": reason}}) == 1

    async def coordinated(self, window_id: str, outcome: str) -> bool:
        """See Records.coordinated."""
        return await self._keep(window_id, "coordination", outcome)


def _announced(ended_after: datetime) -> Document:
    late = {"$gt": ended_after}
    lasting = [{"end": late}, {"actual_end": late}, {"state": "under way"}]
    return {"$or": lasting, "head": {"$ne": None}}


def _window(document: Document) -> Window:
    start, end = document.get("actual_start") or document["start"], document.get("actual_end") or document["end"]
    return replace(window_of(document), start=start, end=end)


def _end(document: Document) -> datetime | None:
    """When it ended; None while it is under way. An earlier release recorded no ends."""
    planned = None if document.get("state") == "under way" else document["end"]
    return document.get("actual_end") or planned


def _has_begun(document: Document, now: datetime) -> bool:
    if "state" in document:
        return document["state"] in ("under way", "over")
    return bool(document["start"] <= now)


def _is_over(document: Document, now: datetime) -> bool:
    return document["state"] == "over" if "state" in document else bool(document["end"] <= now)


def _has_untold_end(document: Document) -> bool:
    """Whether its thread does not say yet that it has ended: a summary before that would puzzle."""
    untold = document.get("untold", ())
    return any(act["deed"] == Deed.ENDED and act["version"] in untold for act in document.get("acts", ()))


def _held(document: Document) -> Held:
    scope = document.get("scope") or {}
    return Held(
        document["_id"],
        document["title"],
        document["start"],
        document["end"],
        document["channel"] or "",
        document["head"] or "",
        document.get("actual_start"),
        document.get("actual_end"),
        scope.get("text", ""),
        tuple(Yes(one["role"], one["by"]) for one in scope.get("approvals", ())),
        document.get("frozen") or "",
        (document.get("exemption") or {}).get("reason", ""),
        document.get("rolled_back") or "",
        document.get("incident_id") or "",
        **_beside(document),
    )


# Of what is held: kept with the window, not with its summary.
_BESIDE = ("rejections", "planned_end", "set_back", "lacks", "rejected_by", "earlier")


def _beside(document: Document) -> Document:
    window = window_of(document)
    scope, ended, said = window.scope, window.latest(Deed.ENDED), verdicts(window.acts)
    return {
        "rejections": said.rejections,
        "planned_end": document.get("planned_end"),
        "set_back": ended.text if ended else "",
        "lacks": scope.lacks if scope and not scope.rejected_by else (),
        "rejected_by": scope.rejected_by if scope else "",
        "earlier": said.earlier,
    }


def _snapshot(kept: Document | None) -> Snapshot | None:
    if not kept:
        return None
    readings = (Reading(**known(Reading, {**one, "state": State(one["state"])})) for one in kept["readings"])
    return Snapshot(kept["at"], tuple(readings))


def _summary(document: Document) -> WindowSummary | None:
    kept = document.get("summary")
    if not kept:
        return None
    approvals = tuple(Yes(**known(Yes, one)) for one in kept["held"]["approvals"])
    held = {**kept["held"], "approvals": approvals, **_beside(document)}
    ticks = kept["ticks"]
    return WindowSummary(
        held=Held(**known(Held, held)),
        at=kept["at"],
        ticks=Ticks(ticks["done"], ticks["total"], tuple(ticks["open_items"]), tuple(ticks["waived"]))
        if ticks
        else None,
        deviations=_remarks(kept["deviations"]),
        lessons=_remarks(kept["lessons"]),
        incidents=tuple(
            During(**known(During, {**one, "also": tuple(one.get("also", ()))})) for one in kept["incidents"]
        ),
        before=_snapshot(document.get("health_before")),
        after=_snapshot(document.get("health_after")),
        dips=tuple(Dip(**known(Dip, one)) for one in kept.get("dips", ())),
        firing=None if kept["firing"] is None else tuple(kept["firing"]),
    )


def _remarks(kept: list[Document]) -> tuple[Remark, ...]:
    return tuple(Remark(**known(Remark, {**one, "kind": Kind(one["kind"])})) for one in kept)
