"""Groups of alerts and storms ↔ their documents.

Labels are kept as lists of pairs: their names may have `$` and `.` in them, which mean something in a document's keys.
"""

from dataclasses import asdict, fields
from typing import Any

from bot.domain.alert import Alert, Asked, Digest, Group, Pairs, Report, Turn
from bot.domain.incident import Severity
from bot.store.mongo import Document, known

GROUP, STORM = "group", "storm"

_PLAIN = {each.name for each in fields(Group)} - {"id", "key", "labels", "members", "asked", "untold"}
_OF_STORM = {each.name for each in fields(Digest)} - {"id", "asked", "report"}


def document(group: Group) -> Document:
    """A group as it is kept."""
    return {
        **{name: getattr(group, name) for name in _PLAIN},
        "_id": group.id,
        "kind": GROUP,
        "key": group.key,
        "labels": _lists(group.labels),
        "members": [_member(alert) for alert in group.members],
        "asked": asdict(group.asked) if group.asked else None,
        "untold": [asdict(turn) for turn in group.untold],
        # For looking up alone.
        "is_firing": group.is_firing,
        "severity": group.severity,
        "shown_at": group.began if group.episode else None,
    }


def _member(alert: Alert) -> Document:
    return {**asdict(alert), "labels": _lists(alert.labels), "annotations": _lists(alert.annotations)}


def group_of(document: Document) -> Group:
    """A group as it was kept."""
    return Group(
        **{name: document[name] for name in _PLAIN if name in document},
        id=document["_id"],
        key=document["key"],
        labels=_pairs(document["labels"]),
        members=tuple(
            Alert(
                **known(Alert, {**each, "labels": _pairs(each["labels"]), "annotations": _pairs(each["annotations"])})
            )
            for each in document["members"]
        ),
        asked=_asked(document.get("asked")),
        untold=tuple(_turn(each) for each in document["untold"]),
    )


def _turn(document: Document) -> Turn:
    return Turn(
        **known(
            Turn,
            {**document, **{name: tuple(document.get(name, ())) for name in ("fired", "again", "resolved", "gone")}},
        )
    )


def _asked(document: Document | None) -> Asked | None:
    return Asked(**known(Asked, {**document, "severity": Severity(document["severity"])})) if document else None


def digest_or_none(document: Document | None) -> Digest | None:
    """A storm as it was kept, if there is one."""
    return digest_of(document) if document else None


def digest_of(document: Document) -> Digest:
    """A storm as it was kept."""
    known: dict[str, Any] = {name: document[name] for name in _OF_STORM if name in document}
    report = Report(**document["report"]) if document.get("report") else None
    return Digest(**known, id=document["_id"], asked=_asked(document.get("asked")), report=report)


def _lists(pairs: Pairs) -> list[list[str]]:
    return [list(pair) for pair in pairs]


def _pairs(lists: list[list[str]]) -> Pairs:
    return tuple((name, value) for name, value in lists)
