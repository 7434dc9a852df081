"""How a new report of a message is put together with what is known of it: in MongoDB, in one step each.

Nothing is read first and written afterwards, so nobody who edits at the same time is lost. Each step is an update
with an aggregation pipeline (https://www.mongodb.com/docs/manual/tutorial/update-documents-with-aggregation-pipeline/),
where every text of a person stands in `$literal`: one that begins with "$" would be taken for a field.
"""

from datetime import datetime
from typing import Any

from bot.domain.timeline import Edit, Entry, Kind
from bot.store.mongo import Document

Step = Document

_IS_DELETED: Document = {"$gt": ["$deleted_at", None]}
_GONE: Document = {"text": "", "first_text": "", "edits": [], "files": [], "edited_at": None}


def merged(entry: Entry, *, is_known: bool = False) -> list[Step]:
    """The entry joined to its document; `is_known`: to a document that is there, whatever its ID and kind."""
    first = entry.first_text
    if first is None and not entry.edits:
        first = entry.text
    joined: Document = {
        "first_text": {"$ifNull": ["$first_text", _text(first)]},
        "edits": {"$ifNull": ["$edits", []]},
        "files": {"$setUnion": [{"$ifNull": ["$files", []]}, [_file(file.name, file.url) for file in entry.files]]},
        "deleted_at": {"$min": ["$deleted_at", entry.deleted_at]},
    }
    steps: list[Step] = [] if is_known else [{"$set": _standing(entry)}]
    steps.append({"$set": joined})
    steps += [{"$set": {"edits": _with(edit)}} for edit in entry.edits]
    return [*steps, *_settled()]


def deleted(at: datetime) -> list[Step]:
    """The document without its texts. Of several reports the earliest says when: the others are of who noticed."""
    return [{"$set": {"deleted_at": {"$min": ["$deleted_at", at]}}}, *_settled()]


def _standing(entry: Entry) -> Document:
    """What never changes once it is there; a name that Slack did not say at first comes later."""
    plain = {
        "incident_id": entry.incident_id,
        "kind": entry.kind,
        "order": entry.order,
        "at": entry.at,
        "author": entry.author,
        "channel": entry.channel,
        "ts": entry.ts,
        "thread": entry.thread,
        "url": entry.url,
        "added_by": entry.added_by,
        "pinned_by": [],
    }
    standing: Document = {name: {"$ifNull": [f"${name}", {"$literal": value}]} for name, value in plain.items()}
    has_name = {"$gt": ["$author_name", ""]}
    if entry.kind is Kind.ADDED:
        # Once: an entry that is added again was told of, or will be.
        is_new = {"$eq": [{"$type": "$is_untold"}, "missing"]}
        standing["is_untold"] = {"$cond": [is_new, True, "$is_untold"]}
    standing["author_name"] = {"$cond": [has_name, "$author_name", {"$literal": entry.author_name}]}
    return standing


def _with(edit: Edit) -> Document:
    """The document's edits with this one at its place; the same one seen before or since takes the later order."""
    new = {"text": {"$literal": edit.text}, "at": edit.at, "order": {"$max": ["$$seen", edit.order]}}
    is_same = {"$and": [{"$eq": ["$$one.at", edit.at]}, {"$eq": ["$$one.text", {"$literal": edit.text}]}]}
    is_earlier = {"$lt": ["$$one.order", "$$new.order"]}
    others: Document = _those({"$not": [is_same]}, "$edits")
    seen = {"$max": {"$map": {"input": _those(is_same, "$edits"), "as": "one", "in": "$$one.order"}}}
    placed = {"$concatArrays": [_those(is_earlier, "$$others"), ["$$new"], _those({"$not": [is_earlier]}, "$$others")]}
    inner = {"$let": {"vars": {"new": new}, "in": placed}}
    return {"$let": {"vars": {"others": others, "seen": seen}, "in": inner}}


def _those(condition: Document, of: str) -> Document:
    return {"$filter": {"input": of, "as": "one", "cond": condition}}


def _settled() -> list[Step]:
    """What follows from the rest: the text as it is now; after a deletion nothing."""
    first = {"$ifNull": ["$first_text", ""]}
    now: Document = {
        "text": {"$ifNull": [{"$arrayElemAt": ["$edits.text", -1]}, first]},
        "edited_at": {"$ifNull": [{"$arrayElemAt": ["$edits.at", -1]}, None]},
    }
    gone: Document = {name: {"$cond": [_IS_DELETED, {"$literal": value}, f"${name}"]} for name, value in _GONE.items()}
    return [{"$set": now}, {"$set": gone}]


def _text(text: str | None) -> Any:
    return None if text is None else {"$literal": text}


def _file(name: str, url: str) -> Document:
    return {"name": {"$literal": name}, "url": {"$literal": url}}
