"""An incident as its card's metadata carries it, and acts as the thread's replies do: enough to put both back."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.incident import Act, Deed, Incident, Severity, Status, Touched
from bot.domain.quote import Quote
from bot.domain.timeline import Attached, Kind

# Slack takes 8,000 bytes of metadata. Title and affected may take 5,400 of them in JSON, the rest shares what is left.
_BYTES = {"resolution": 540, "cause": 270, "lesson": 270}
_JOINED_MOST = 30
_ACT_BYTES = {"text": 5_000, "was": 2_000}
_ATTACHED_BYTES, _ATTACHED_TEXT = 6_000, 1_500  # of all that one reply tells, and of the text of each

Fact = str | int


def facts(incident: Incident) -> dict[str, Fact]:
    """The incident, flat, readable by the whole workspace, without secrets."""
    told: dict[str, Fact] = {
        "key": incident.id,
        "title": incident.title,
        "severity": incident.severity.value,
        "status": incident.status.value,
        "opened_by": incident.opened_by,
        "opened_at": incident.opened_at.isoformat(),
        "owner": incident.owner,
        "updated_by": incident.updated_by,
        "updated_at": incident.updated_at.isoformat(),
        "began": incident.began.isoformat(),
        "affected": incident.affected,
        "joined": " ".join(incident.joined[:_JOINED_MOST]),
        "version": incident.version,
        "words": incident.words,
        "resolved_by": incident.resolved_by,
        "duplicate_of": incident.duplicate_of,
        "duplicate_card": incident.duplicate_card,
    }
    if incident.quote is not None:
        quote = incident.quote
        told |= {"quote_channel": quote.channel, "quote_ts": quote.ts, "quote_author": quote.author}
    for name in ("acknowledged_at", "resolved_at", "closed_at", "snoozed_until"):
        moment: datetime | None = getattr(incident, name)
        if moment is not None:
            told[name] = moment.isoformat()
    if incident.status_set:
        told["status_by"] = incident.status_set.by
    for name, size in _BYTES.items():
        told[name] = _within(getattr(incident, name), size)
    return {name: value for name, value in told.items() if value != ""}


def _within(text: str, size: int) -> str:
    """The text, cut if its JSON is longer than `size` bytes."""
    cut = text
    while len(json.dumps(cut)) > size:
        cut = cut[: len(cut) * 7 // 8]
    return cut if cut == text else cut + "…"


def from_facts(payload: Mapping[str, object], channel: str, card_ts: str) -> Incident | None:
    """The incident that a card's metadata carries; None where the metadata is not ours to read."""

    def text(name: str) -> str:
        return str(payload.get(name, ""))

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(text(name)) if text(name) else None

    try:
        updated_at, status_by = datetime.fromisoformat(str(payload["updated_at"])), text("status_by")
        return Incident(
            id=str(payload["key"]),
            title=text("title"),
            severity=Severity(str(payload["severity"])),
            status=Status(str(payload["status"])),
            opened_by=str(payload["opened_by"]),
            opened_at=datetime.fromisoformat(str(payload["opened_at"])),
            channel=channel,
            owner=text("owner"),
            updated_by=str(payload["updated_by"]),
            updated_at=updated_at,
            began=moment("began") or datetime.fromisoformat(str(payload["opened_at"])),
            affected=text("affected"),
            resolution=text("resolution"),
            resolved_by=text("resolved_by"),
            cause=text("cause"),
            lesson=text("lesson"),
            duplicate_of=text("duplicate_of"),
            duplicate_card=text("duplicate_card"),
            joined=tuple(text("joined").split()),
            acknowledged_at=moment("acknowledged_at"),
            resolved_at=moment("resolved_at"),
            closed_at=moment("closed_at"),
            snoozed_until=moment("snoozed_until"),
            quote=Quote(text("quote_channel"), text("quote_ts"), text("quote_author"), "")
            if text("quote_ts")
            else None,
            status_set=Touched(status_by, updated_at) if status_by else None,
            card_ts=card_ts,
            version=int(str(payload["version"])),
            words=text("words"),
        )
    except (KeyError, ValueError):
        return None


def act_facts(act: Act) -> dict[str, Fact]:
    """An act, flat, for the reply that tells it. What is long is cut: the reply itself has all of it."""
    told: dict[str, Fact] = {
        "version": act.version,
        "deed": act.deed.value,
        "who": act.who,
        "at": act.at.isoformat(),
        "text": _within(act.text, _ACT_BYTES["text"]),
        "was": _within(act.was, _ACT_BYTES["was"]),
        "now": act.now,
    }
    return {name: value for name, value in told.items() if value != ""}


def act_from(payload: Mapping[str, object]) -> Act | None:
    """The act that a reply's metadata carries; None where it carries none."""

    def text(name: str) -> str:
        return str(payload.get(name, ""))

    try:
        version, deed, at = int(text("version")), Deed(text("deed")), datetime.fromisoformat(text("at"))
    except ValueError:
        return None
    return None if at.tzinfo is None else Act(version, deed, text("who"), at, text("text"), text("was"), text("now"))


def attached_facts(told: Sequence[Attached]) -> dict[str, Fact]:
    """Entries from outside Slack, for the reply that tells of them: as many as there is room for."""
    listed = [[one.kind.value, one.key, one.at.isoformat(), _within(one.text, _ATTACHED_TEXT), one.url] for one in told]
    while listed and len(json.dumps(json.dumps(listed))) > _ATTACHED_BYTES:
        listed.pop()
    return {"attached": json.dumps(listed)} if listed else {}


def attached_from(payload: Mapping[str, object]) -> list[Attached]:
    """What a reply's metadata carries of them."""
    try:
        listed = json.loads(str(payload.get("attached", "[]")))
        found = [
            Attached(Kind(kind), key, datetime.fromisoformat(at), text, url) for kind, key, at, text, url in listed
        ]
    except (ValueError, TypeError):
        return []
    return [one for one in found if one.at.tzinfo is not None]
