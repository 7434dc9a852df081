"""What an incident is, and which steps it may take.

    investigating ──resolve──▶ resolved

Opening needs no database: the ID is minted here and the card in Slack carries the whole incident, so that
whatever MongoDB missed is put back from the channel.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from bot.errors import ConflictError

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TITLE_LIMIT = 150
RESOLUTION_LIMIT = 1_000
RESOLUTION_BYTES = 1_500  # of the 8,000 that a message's metadata may have; title and affected take up to 5,400


class Severity(StrEnum):
    """How bad it is; the lower the number, the worse."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"
    SEV4 = "sev4"

    @property
    def meaning(self) -> str:
        """What the severity says about the users."""
        return _MEANINGS[self]


_MEANINGS = {
    Severity.SEV1: "everything is down",
    Severity.SEV2: "something important is down",
    Severity.SEV3: "something is impaired",
    Severity.SEV4: "a flaw without effect on users",
}


class Status(StrEnum):
    """Where the work on it stands."""

    INVESTIGATING = "investigating"
    RESOLVED = "resolved"


class Deed(StrEnum):
    """What somebody did to an incident."""

    OPENED = "opened"
    NOTED = "noted"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Act:
    """One deed, kept with the incident in the same write until timeline, thread and card tell of it."""

    version: int
    deed: Deed
    who: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Incident:
    """One incident. `version` grows by one with each act and is what a change is compared against.

    `untold` are the acts that timeline, thread and card may not show yet: after a kill they are told again.
    """

    id: str
    title: str
    severity: Severity
    status: Status
    opened_by: str
    opened_at: datetime
    channel: str
    owner: str
    updated_by: str
    updated_at: datetime
    affected: str = ""
    resolution: str = ""
    card_ts: str | None = None
    version: int = 1
    same_words: str = ""
    untold: tuple[Act, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether somebody still works on it."""
        return self.status is not Status.RESOLVED


@dataclass(frozen=True)
class Opening:
    """What a person said when they opened it."""

    title: str
    severity: Severity
    who: str
    channel: str
    affected: str = ""


def mint(now: datetime) -> str:
    """`INC-YYYYMMDD-XXXX`: the UTC date and four random Crockford base-32 characters.

    One of them is a digit, so that an ending in small letters is told from a word of a sentence.
    """
    ending = ""
    while not any(character.isdigit() for character in ending):
        ending = "".join(secrets.choice(CROCKFORD) for _ in range(4))
    return f"INC-{now.astimezone(UTC):%Y%m%d}-{ending}"


def same_words(opening: Opening, now: datetime) -> str:
    """One name for the same words from the same person in the same minute: a double Enter opens one incident."""
    words = "\x00".join((opening.who, opening.channel, opening.severity, opening.title, opening.affected))
    return f"{hashlib.sha256(words.encode()).hexdigest()[:24]}-{int(now.timestamp()) // 60}"


def opened(opening: Opening, now: datetime) -> Incident:
    """A new incident; who opens it owns it until somebody takes it."""
    return Incident(
        id=mint(now),
        title=opening.title,
        severity=opening.severity,
        status=Status.INVESTIGATING,
        opened_by=opening.who,
        opened_at=now,
        channel=opening.channel,
        owner=opening.who,
        updated_by=opening.who,
        updated_at=now,
        affected=opening.affected,
        same_words=same_words(opening, now),
        untold=(Act(1, Deed.OPENED, opening.who, now, opening.title),),
    )


def resolved(incident: Incident, who: str, resolution: str, now: datetime) -> Incident:
    """The incident, over. Raises ConflictError when somebody resolved it before."""
    if not incident.is_open:
        raise ConflictError(
            f"{incident.id} is already resolved: “{incident.resolution}”",
            "Nothing was changed.",
            by=incident.updated_by,
        )
    over = replace(incident, status=Status.RESOLVED, resolution=resolution)
    return _after(over, Deed.RESOLVED, who, resolution, now)


def noted(incident: Incident, who: str, text: str, now: datetime) -> Incident:
    """The incident with a note; notes are taken after its end too, and leave it as whoever changed it last."""
    after = _after(incident, Deed.NOTED, who, text, now)
    return replace(after, updated_by=incident.updated_by, updated_at=incident.updated_at)


def _after(incident: Incident, deed: Deed, who: str, text: str, now: datetime) -> Incident:
    act = Act(incident.version + 1, deed, who, now, text)
    return replace(incident, version=act.version, updated_by=who, updated_at=now, untold=(*incident.untold, act))


def facts(incident: Incident) -> dict[str, str | int]:
    """The incident as the card's metadata carries it: flat, readable by the whole workspace, without secrets."""
    return {
        "key": incident.id,
        "title": incident.title,
        "severity": incident.severity.value,
        "status": incident.status.value,
        "opened_by": incident.opened_by,
        "opened_at": incident.opened_at.isoformat(),
        "owner": incident.owner,
        "updated_by": incident.updated_by,
        "updated_at": incident.updated_at.isoformat(),
        "affected": incident.affected,
        "resolution": _within(incident.resolution, RESOLUTION_BYTES),
        "version": incident.version,
        "same_words": incident.same_words,
    }


def _within(text: str, size: int) -> str:
    """The text, cut if its JSON is longer than `size` bytes."""
    cut = text
    while len(json.dumps(cut)) > size:
        cut = cut[: len(cut) * 7 // 8]
    return cut if cut == text else cut + "…"


def from_facts(payload: Mapping[str, object], channel: str, card_ts: str) -> Incident | None:
    """The incident that a card's metadata carries; None where the metadata is not ours to read."""
    try:
        return Incident(
            id=str(payload["key"]),
            title=str(payload["title"]),
            severity=Severity(str(payload["severity"])),
            status=Status(str(payload["status"])),
            opened_by=str(payload["opened_by"]),
            opened_at=datetime.fromisoformat(str(payload["opened_at"])),
            channel=channel,
            owner=str(payload["owner"]),
            updated_by=str(payload["updated_by"]),
            updated_at=datetime.fromisoformat(str(payload["updated_at"])),
            affected=str(payload.get("affected", "")),
            resolution=str(payload.get("resolution", "")),
            card_ts=card_ts,
            version=int(str(payload["version"])),
            same_words=str(payload.get("same_words", "")),
        )
    except (KeyError, ValueError):
        return None
