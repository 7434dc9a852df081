"""Incidents that are duplicates of others: what the others are told, and circles of which one stays open."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.audit import SYSTEM
from bot.domain.incident import Act, Deed, Incident, Status
from bot.domain.incident_steps import noted, reopened
from bot.errors import ConflictError

HEARD_MOST = 100  # acts of duplicates that an incident remembers


def original_of(act: Act) -> str:
    """The incident that has to hear of this act, since its duplicate was closed or opened again; mostly empty."""
    if act.deed is Deed.CLOSED:
        return act.now
    if act.deed is Deed.REOPENED and act.was not in tuple(Status):
        return act.was
    return ""


def told_of(original: Incident, duplicate: Incident, act: Act) -> Incident:
    """The original with a note of what was done to its duplicate; the same incident where it has that note."""
    key = f"{duplicate.id} v{act.version}"
    if key in original.heard_of:
        return original
    it = f"{duplicate.id} (“{duplicate.title}”)"
    if act.deed is Deed.CLOSED:
        text = f"{it} is about the same, and was closed as a duplicate."
    elif act.who == SYSTEM:
        text = f"{it} is open again: {act.text}."
    else:
        text = f"{it} is open again: it is no duplicate."
    at = max(act.at, original.updated_at)
    after = noted(replace(original, said=()), act.who, text, at)  # never taken for words that somebody said twice
    note = replace(after.untold[-1], was=duplicate.card_ts or "", now=duplicate.id)
    heard = (*original.heard_of, key)[-HEARD_MOST:]
    return replace(after, said=original.said, heard_of=heard, untold=(*after.untold[:-1], note))


def circle(chain: Sequence[Incident]) -> Sequence[Incident]:
    """Those that were closed as duplicates of each other: each of the chain is a duplicate of the next one."""
    if not chain:
        return ()
    back = chain[-1].duplicate_of
    return next((chain[place:] for place, one in enumerate(chain) if one.id == back), ())


def first_of(around: Sequence[Incident]) -> Incident:
    """The one of a circle that stays open: the oldest."""
    return min(around, key=lambda one: (one.opened_at, one.id))


def left_open(known: Incident, around: Sequence[Incident], now: datetime) -> Incident:
    """The first of a circle, open again. Raises ConflictError where that was mended by somebody else."""
    if known.duplicate_of != first_of(around).duplicate_of:
        raise ConflictError(f"{known.id} is no duplicate of {first_of(around).duplicate_of} any more.", "")
    others = " and ".join(one.id for one in around if one.id != known.id)
    said = f"this one and {others} were closed as duplicates of each other at the same moment"
    return reopened(known, SYSTEM, said, now)


def must_be_closed(incident: Incident, original_id: str) -> None:
    """Raises ConflictError where it is open again, since others were closed as its duplicates at the same moment."""
    if incident.is_open and incident.status_set is not None and incident.status_set.by == SYSTEM:
        raise ConflictError(
            f"{original_id} was closed at the same moment, as a duplicate of this one or of one that leads here.",
            f"So {incident.id} stays open; write in its thread.",
        )
