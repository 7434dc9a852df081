"""The steps that an incident may take, each a pure function: the incident as it was → as it is afterwards.

Each raises ConflictError when somebody was there first (and says what they did), and UserError for a step that the
diagram in `bot.domain.incident` does not have.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.audit import SYSTEM
from bot.domain.incident import (
    SAME,
    WORKING,
    Act,
    Deed,
    Incident,
    Opening,
    Reasons,
    Said,
    Severity,
    Status,
    Touched,
    digest,
)
from bot.domain.incident_id import mint
from bot.domain.quote import Quote
from bot.errors import ConflictError, UserError

# Chosen so that nobody can have read what the other did before they acted themselves.
BARELY_SEEN = timedelta(seconds=60)

# What does not tell the readers how it goes.
_NO_UPDATES = (Deed.SNOOZED, Deed.EXPLAINED, Deed.ESCALATED, Deed.REPOSTED)


def opened(opening: Opening, now: datetime) -> Incident:
    """A new incident."""
    return Incident(
        id=mint(now),
        title=opening.title,
        severity=opening.severity,
        status=Status.INVESTIGATING,
        opened_by=opening.who,
        opened_at=now,
        channel=opening.channel,
        owner=opening.owner or opening.who,
        updated_by=opening.who,
        updated_at=now,
        began=min(opening.began or now, now),
        affected=opening.affected,
        joined=(opening.who,),
        quote=opening.quote,
        words=opening.words,
        untold=(Act(1, Deed.OPENED, opening.who, now, opening.title),),
    )


def noted(incident: Incident, who: str, text: str, now: datetime) -> Incident:
    """The incident with a note; notes are taken after its end too.

    The same words of the same person within a minute are one note (a double Enter): the incident stays as it was.
    """
    recent = tuple(one for one in incident.said if timedelta(0) <= now - one.at < SAME)
    said = Said(who, digest(text), now)
    if any((one.by, one.words) == (said.by, said.words) for one in recent):
        return incident
    return _after(replace(incident, said=(*recent, said)), Act(0, Deed.NOTED, who, now, text))


def moved(incident: Incident, who: str, status: Status, now: datetime) -> Incident:
    """The incident in another status of those in which people work on it."""
    if status is Status.RESOLVED:
        raise UserError("What fixed it?", "Say it after `resolve`, like `resolve fixed by a restart`.")
    if status is Status.CLOSED:
        raise UserError("Closing is a word of its own.", "`resolve TEXT` ends an incident, `close` closes it then.")
    must_be_open(incident)
    if incident.status is status:
        raise _already(incident, status.value, incident.status_set)
    act = Act(0, Deed.STATUS, who, now, was=incident.status, now=status)
    return _after(replace(incident, status=status, status_set=Touched(who, now)), act)


def rated(incident: Incident, who: str, severity: Severity, now: datetime) -> Incident:
    """The incident with another severity. Who put its reminder off did so while it was less bad: a raise ends that."""
    must_be_open(incident)
    if incident.severity is severity:
        raise _already(incident, severity.upper(), incident.severity_set)
    until = incident.snoozed_until
    is_woken = until is not None and until > now and severity.is_worse_than(incident.severity)
    text = f"Its reminder is not put off until {until:%Y-%m-%d %H:%M UTC} any more." if is_woken else ""
    until = None if is_woken else until
    after = replace(incident, severity=severity, severity_set=Touched(who, now), snoozed_until=until)
    return _after(after, Act(0, Deed.SEVERITY, who, now, text, was=incident.severity, now=severity))


def assigned(incident: Incident, who: str, owner: str, now: datetime, seen: str = "") -> Incident:
    """The incident with another owner. `seen` is the owner that the person saw when they acted, if that is known."""
    must_be_open(incident)
    if incident.owner == owner:
        raise _already(incident, f"owned by <@{owner}>", incident.owner_set)
    if seen and seen != incident.owner:
        raise ConflictError(
            f"{incident.id} has another owner by now: <@{incident.owner}>.",
            "Nothing was changed; look again, and repeat it if you still mean it.",
            by=incident.owner_set.by if incident.owner_set else "",
        )
    act = Act(0, Deed.ASSIGNED, who, now, was=incident.owner, now=owner)
    return _after(replace(incident, owner=owner, owner_set=Touched(who, now)), act)


def resolved(incident: Incident, who: str, text: str, now: datetime, seen: str = "") -> Incident:
    """The incident, over; not by a form if somebody else looks for the cause once more since it was `seen`."""
    must_be_open(incident)
    if incident.status is Status.INVESTIGATING and seen not in ("", incident.standing) and _by(incident) != who:
        problem = f"{incident.id} was set back to {incident.status} while your form was open."
        raise ConflictError(problem, "Nothing was changed; resolve it again if it is over.", by=_by(incident))
    over = replace(
        incident,
        status=Status.RESOLVED,
        resolution=text,
        resolved_by=who,
        resolved_at=now,
        status_set=Touched(who, now),
    )
    return _after(over, Act(0, Deed.RESOLVED, who, now, text, was=incident.status, now=Status.RESOLVED))


def explained(
    incident: Incident, who: str, said: Reasons, now: datetime, seen: tuple[str, str] | None = None
) -> Incident:
    """The resolved incident with its cause and what was learned; what is empty stays as it was.

    `seen` are the digests of both as the person was shown them: what somebody else wrote since then is not replaced.
    """
    if incident.is_open:
        raise UserError(f"{incident.id} is not resolved yet.", "Its cause and lesson are asked for when it is.")
    saw = seen or (digest(incident.cause), digest(incident.lesson))
    new = Reasons(_meant(said.cause, incident.cause, saw[0]), _meant(said.lesson, incident.lesson, saw[1]))
    before = Reasons(incident.cause if new.cause else "", incident.lesson if new.lesson else "")
    by = incident.reasons_set.by if incident.reasons_set else ""
    if new == Reasons():
        raise ConflictError(f"{incident.id} has this cause and lesson already.", "Nothing was changed.", by=by)
    unseen = [old for old, seen_as in zip((before.cause, before.lesson), saw, strict=True) if digest(old) != seen_as]
    unseen = [old for old in unseen if old]
    if unseen:
        found = "” and “".join(unseen)
        raise ConflictError(
            f"{incident.id} was explained meanwhile: “{found}”",
            "Nothing was changed. Press the button again to change what is there.", by=by,
        )  # fmt: skip
    after = replace(
        incident,
        cause=new.cause or incident.cause,
        lesson=new.lesson or incident.lesson,
        reasons_set=Touched(who, now),
    )
    return _after(after, Act(0, Deed.EXPLAINED, who, now, new.said, was=before.said))


def _meant(said: str, known: str, saw: str) -> str:
    """What a person wants to be there instead; nothing if they left it as it was shown, or it is so."""
    return "" if said == known or digest(said) == saw else said


def reopened(incident: Incident, who: str, text: str, now: datetime) -> Incident:
    """The incident, investigated once more; how it was resolved before stays in the timeline."""
    if incident.is_open:
        problem = f"{incident.id} is open: it is {incident.status}."
        raise ConflictError(problem, "Nothing was changed.", by=_by(incident))
    again = replace(
        incident, status=Status.INVESTIGATING, resolution="", resolved_by="", duplicate_of="", duplicate_card="",
        resolved_at=None, closed_at=None, snoozed_until=None, status_set=Touched(who, now),
    )  # fmt: skip
    was = incident.duplicate_of or incident.status
    act = Act(0, Deed.REOPENED, who, now, text, was=was, now=Status.INVESTIGATING)
    return _after(again, act)


def closed(incident: Incident, who: str, now: datetime) -> Incident:
    """The resolved incident, closed: nothing is left to do."""
    if incident.is_open:
        raise UserError(
            f"{incident.id} is still {incident.status}.", "Say `resolve` and what fixed it; then it can be closed."
        )
    if incident.status is Status.CLOSED:
        raise _over(incident)
    over = replace(incident, status=Status.CLOSED, closed_at=now, status_set=Touched(who, now))
    return _after(over, Act(0, Deed.CLOSED, who, now, was=Status.RESOLVED))


def dismissed(
    incident: Incident, who: str, why: str, now: datetime, duplicate_of: str = "", duplicate_card: str = ""
) -> Incident:
    """The open incident, closed without a resolution: another one is about the same, or nobody works on it."""
    must_be_open(incident)
    over = replace(
        incident,
        status=Status.CLOSED,
        resolution=why,
        duplicate_of=duplicate_of,
        duplicate_card=duplicate_card,
        closed_at=now,
        status_set=Touched(who, now),
    )
    return _after(over, Act(0, Deed.CLOSED, who, now, why, was=incident.status, now=duplicate_of))


def must_stand(other: Incident, incident_id: str) -> None:
    """Raises ConflictError where another incident cannot be what this one is a duplicate of: it is one itself."""
    if other.duplicate_of == incident_id:
        problem = f"{other.id} was closed as a duplicate of this one."
        raise ConflictError(problem, "So this one stays open; write in its thread.", by=_by(other))
    if other.duplicate_of:
        problem = f"{other.id} was closed as a duplicate of {other.duplicate_of}."
        raise ConflictError(
            problem,
            "Nothing was changed; if that one is open, write in its thread and resolve this one.",
            by=_by(other),
        )


def snoozed(incident: Incident, who: str, until: datetime, now: datetime) -> Incident:
    """The incident without reminders until then."""
    must_be_open(incident)
    if incident.snoozed_until and abs(until - incident.snoozed_until) < timedelta(minutes=1):  # pressed twice
        raise ConflictError(f"{incident.id} is snoozed already.", "Nothing was changed.")
    after = replace(incident, snoozed_until=until)
    return _after(after, Act(0, Deed.SNOOZED, who, now, now=f"{until:%Y-%m-%d %H:%M UTC}"))


def redrawn(incident: Incident) -> Incident:
    """The same incident, for its card to be drawn anew."""
    return replace(incident, version=incident.version + 1)


def requoted(incident: Incident, quote: Quote) -> Incident:
    """The incident with the message that it was opened from as it is now."""
    return replace(incident, quote=quote, version=incident.version + 1)


def reposted(incident: Incident, who: str, now: datetime) -> Incident:
    """The incident with a new card."""
    return _after(incident, Act(0, Deed.REPOSTED, who, now))


def with_joined(incident: Incident, people: Sequence[str], now: datetime) -> Incident | None:
    """The incident with those who wrote in its thread; None if they are all there already."""
    new = [who for who in people if who not in incident.joined]
    if not new:
        return None
    return replace(
        incident,
        joined=(*incident.joined, *new),
        acknowledged_at=incident.acknowledged_at or now,
        version=incident.version + 1,
    )


def overridden(before: Touched | None, who: str, now: datetime) -> bool:
    """Whether somebody else set the same value so recently that this person cannot have known."""
    return before is not None and before.by != who and now - before.at < BARELY_SEEN


def _after(incident: Incident, act: Act) -> Incident:
    act = replace(act, version=incident.version + 1)
    after = replace(
        incident,
        version=act.version,
        untold=(*incident.untold, act),
        joined=incident.joined if act.who in (*incident.joined, SYSTEM) else (*incident.joined, act.who),
        acknowledged_at=incident.acknowledged_at if act.who == SYSTEM else incident.acknowledged_at or act.at,
    )
    if act.deed in _NO_UPDATES:
        return after
    return replace(after, updated_by=act.who, updated_at=act.at)


def must_be_open(incident: Incident) -> None:
    """Raises ConflictError that says how it ended."""
    if incident.status not in WORKING:
        raise _over(incident)


def _over(incident: Incident) -> ConflictError:
    how = f": “{incident.resolution}”" if incident.resolution else "."
    return ConflictError(
        f"{incident.id} is already {incident.status}{how}", "Nothing was changed; `reopen` opens it again.",
        by=_by(incident),
    )  # fmt: skip


def _already(incident: Incident, what: str, set_by: Touched | None) -> ConflictError:
    return ConflictError(f"{incident.id} is already {what}.", "Nothing was changed.", by=set_by.by if set_by else "")


def _by(incident: Incident) -> str:
    return incident.status_set.by if incident.status_set else ""
