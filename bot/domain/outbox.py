"""What must reach Slack: a record for each message, with what it should show and what it shows.

pending ──claim──▶ posting ──ts──▶ posted          (an edit raises `wanted` above `shown` until it is shown)
   ▲                  │
   └──429, refused────┘            parked: Slack said no; it is tried again, slowly, if that can heal
                                   dropped: what it says stopped being right before it was posted
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from bot.errors import UserError

STALE = "stale"


class State(StrEnum):
    """Where a letter stands."""

    PENDING = "pending"
    POSTING = "posting"
    POSTED = "posted"
    PARKED = "parked"
    DROPPED = "dropped"


class UndeliveredError(UserError):
    """Slack did not take a message; `reason` is its word for why, `stale` if it came too late to be right."""

    def __init__(self, reason: str, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.reason = reason

    @property
    def is_stale(self) -> bool:
        """Whether it only came too late, and may be said anew."""
        return self.reason == STALE


@dataclass(frozen=True)
class Content:
    """What a message shows: `body` as chat.postMessage takes it, `facts` for the metadata beside the key.

    `revision` grows with what is told; of two contents the higher one is right.
    """

    body: Mapping[str, Any]
    facts: Mapping[str, str | int | bool] = field(default_factory=dict)
    revision: int = 1


@dataclass(frozen=True)
class Letter:
    """One message. `event_type` and `key` are its metadata and, joined, its ID: there is one message per ID.

    What it says is right until `good_until`; it is not posted later.
    """

    event_type: str
    key: str
    channel: str
    content: Content
    created_at: datetime
    thread_ts: str | None = None
    broadcast: bool = False
    state: State = State.PENDING
    ts: str | None = None
    shown: int = 0
    fence: int = 0
    reason: str = ""
    good_until: datetime | None = None

    @property
    def id(self) -> str:
        """`opsbot_incident:INC-20261128-7KQ4`."""
        return letter_id(self.event_type, self.key)


def letter_id(event_type: str, key: str) -> str:
    """The ID of the letter with this metadata."""
    return f"{event_type}:{key}"


@dataclass(frozen=True)
class Depth:
    """How much waits to be delivered, for how many seconds the oldest has, and how much was given up."""

    waiting: int
    oldest_seconds: float
    parked: int


class Letters(Protocol):
    """Where letters are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, letter: Letter, owner: str) -> Letter | None:
        """Keeps a new letter, claimed by `owner`; None if there is one with this ID already."""

    async def find(self, letter_id: str) -> Letter | None:
        """The letter with this ID."""

    async def claim(self, letter_id: str, owner: str) -> Letter | None:
        """The letter, claimed, if it is not shown yet and nobody else holds it; the state is as it was before."""

    async def posting(self, letter: Letter) -> bool:
        """Marks that the next step is to post. False if the claim was lost."""

    async def waiting(self, letter: Letter) -> None:
        """Marks that nothing was posted, and keeps the claim."""

    async def posted(self, letter: Letter, ts: str, revision: int) -> bool:
        """Confirms that Slack shows `revision` of the letter at `ts`, and ends the claim. False if it was lost."""

    async def park(self, letter: Letter, reason: str, *, in_doubt: bool) -> None:
        """Gives a letter up for now, since Slack refused it, with the reason; `in_doubt`: it may be there already."""

    async def drop(self, letter: Letter) -> None:
        """Gives a letter up that came too late to be right."""

    async def renew(self, letter: Letter, known: Letter, owner: str, rest: timedelta) -> Letter | None:
        """The letter that was given up as `known`, claimed, saying what `letter` says unless that is older.

        None if it is not as `known` any more, or was given up less than `rest` ago.
        """

    async def reopen(self, reasons: Collection[str], rest: timedelta) -> None:
        """Has letters tried again that Slack refused for one of these reasons, longer than `rest` ago.

        Those in doubt are looked for first.
        """

    async def unpost(self, letter_id: str, gone_ts: str) -> None:
        """Makes a letter one to be posted again, if its message is still the one at `gone_ts`."""

    async def rethread(self, channel: str, gone_ts: str, ts: str) -> None:
        """Has the replies that found no thread at `gone_ts` posted below `ts`."""

    async def gone(self, event_type: str) -> list[str]:
        """The keys of letters that were given up since their messages are gone."""

    async def want(self, letter_id: str, content: Content, at: str = "") -> bool:
        """Replaces the content by a newer one; False if the letter wants the same or a newer one already.

        With `at` also if that is not where it was posted.
        """

    async def unclaimed(self, limit: int, besides: Collection[str] = ()) -> list[Letter]:
        """Letters not shown that nobody holds, oldest first, of all channels but these."""

    async def depth(self, now: datetime) -> Depth:
        """How much is waiting."""
