"""Silences of alerts: what they match, how long they hold, and where they stand between the records and Alertmanager.

    wanted ──its time is up──▶ over
       └──somebody expires it, here or in Alertmanager──▶ expired

The record comes first. Alertmanager forgets silences when it is killed, so what is wanted is made there again, and what
was expired and is back is expired again.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.incident_id import CROCKFORD
from bot.errors import UserError

MOST = timedelta(hours=24)
WARNED = timedelta(minutes=15)  # so long before its end the owner is told
OLD = timedelta(days=1)  # older ones are told of
EVERY = timedelta(days=7)  # and then so often


class SilencerAwayError(UserError):
    """Alertmanager does not answer; `cause` says why."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"Alertmanager does not answer: {cause}.", "`/health alertmanager` tells more.")
        self.cause = cause


class SilencerRefusedError(UserError):
    """Alertmanager does not take a silence; `cause` are its words."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"Alertmanager refuses the silence: {cause}.", "Nothing is silenced by it.")
        self.cause = cause


@dataclass(frozen=True)
class Matcher:
    """`job=loki`: a label, one of `=`, `!=`, `=~`, `!~`, and what it is compared with."""

    name: str
    op: str
    value: str

    def __str__(self) -> str:
        if re.fullmatch(r"[^\s\"'“”‘’«»,{}]+", self.value):
            return f"{self.name}{self.op}{self.value}"
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{self.op}"{escaped}"'


class State(StrEnum):
    """Where a silence stands."""

    WANTED = "wanted"
    OVER = "over"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Silence:
    """One silence. `subject` is the incident, the window or nothing that it is for, `owner` who wanted it.

    `remote_id` is Alertmanager's name for it, `sent_until` the end that Alertmanager confirmed last, `trouble` why it
    is not there. `expired_by` is a user id; empty for somebody who did it in Alertmanager. A window's is made for a
    `scope` by its version: another scope has another silence.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    owner: str
    reason: str
    subject: str = ""
    author: str = ""
    remote_id: str = ""
    sent_until: datetime | None = None
    state: State = State.WANTED
    expired_by: str = ""
    trouble: str = ""
    version: int = 1
    is_windows: bool = False
    scope: int = 0

    @property
    def same(self) -> str:
        """One name for what it matches: of those that are wanted only one has it; a window's is its own."""
        return self.id if self.is_windows else said(self.matchers)

    @property
    def comment(self) -> str:
        """What Alertmanager shows: its ID, by which it is found again, what it is for, why, and whose."""
        about = f"{self.id} {self.subject}".strip()
        return f"{about}: {self.reason} ({self.author or self.owner}, by Ops Bot)"


@dataclass(frozen=True)
class Wish:
    """A silence that somebody asks for: why, and what for. `author` is the person in words."""

    matchers: tuple[Matcher, ...]
    length: timedelta
    who: str
    reason: str
    subject: str = ""
    author: str = ""


@dataclass(frozen=True)
class Remote:
    """A silence as Alertmanager has it; `state` is its word: active, pending, expired."""

    id: str
    state: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str

    @property
    def is_active(self) -> bool:
        """Whether it holds, or will."""
        return self.state != "expired"


def said(matchers: tuple[Matcher, ...]) -> str:
    """All matchers in words, in one order."""
    return " ".join(sorted(map(str, matchers)))


def mint() -> str:
    """`SIL-7KQ4`: four random Crockford base-32 characters, one of them a digit."""
    ending = ""
    while not any(character.isdigit() for character in ending):
        ending = "".join(secrets.choice(CROCKFORD) for _ in range(4))
    return f"SIL-{ending}"


def warning_due(silence: Silence, now: datetime) -> bool:
    """Whether its owner is to be told that it ends; not of one that is not much longer than the warning."""
    from_then_on = silence.ends_at - WARNED
    return from_then_on <= now < silence.ends_at and from_then_on - silence.starts_at >= WARNED


def week_of(starts_at: datetime, now: datetime) -> int | None:
    """Which time its owner is to be told of its age, from 0; None as long as it is not old."""
    age = now - starts_at
    return (age - OLD) // EVERY if age > OLD else None
