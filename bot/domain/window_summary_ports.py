"""What the desk of window summaries needs: the records, checklists and incidents, and where summaries are shown."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.checklist import Checklist
from bot.domain.export_desk import Claims
from bot.domain.health import Report
from bot.domain.incident import Incident
from bot.domain.paper import Paper
from bot.domain.window_summary import Dip, During, Held, Snapshot, WindowSummary


@dataclass(frozen=True)
class Attended:
    """Where a window's attendance stands."""

    held: Held
    has_begun: bool
    is_over: bool
    before: Snapshot | None = None
    after: Snapshot | None = None
    summary: WindowSummary | None = None
    summary_ts: str = ""
    is_coordinated: bool = False


class Records(Protocol):
    """The windows' records. Each method raises StoreAwayError; what is kept first stays."""

    async def attended(self, window_id: str, now: datetime) -> Attended | None:
        """One window; without a `head` if it is not announced yet."""

    async def recent(self, since: datetime, now: datetime) -> list[Attended]:
        """All announced ones that end after `since` and have begun."""

    async def matching(self, ending: str) -> list[str]:
        """The IDs that this is the end of, or the beginning with a date; newest first. Announced ones, if any is."""

    async def keep_before(self, window_id: str, snapshot: Snapshot) -> None:
        """Keeps the health at its beginning."""

    async def keep_after(self, window_id: str, snapshot: Snapshot) -> None:
        """Keeps the health at its end."""

    async def keep_summary(self, summary: WindowSummary) -> None:
        """Keeps the summary."""

    async def keep_rollback(self, window_id: str, reason: str) -> None:
        """Has the summary that is kept tell of a rollback."""

    async def posted(self, window_id: str, ts: str) -> bool:
        """Keeps where the summary is; False if that was known."""

    async def refused(self, window_id: str, reason: str) -> bool:
        """Keeps why Slack did not take it; False if that was known."""

    async def coordinated(self, window_id: str, outcome: str) -> bool:
        """Keeps that the coordination thread was told, or why it was not; False if that was known."""


class Checklists(Protocol):
    """Where checklists are kept."""

    async def get(self, window_id: str) -> Checklist | None:
        """The window's checklist."""


class Opened(Protocol):
    """All incidents ever opened."""

    def opened(self, since: datetime | None, before: datetime | None, most: int) -> AsyncIterator[Incident]:
        """Those opened from `since` until before `before`, newest first."""


class Checkup(Protocol):
    """Asks the shared services."""

    async def ask(self) -> Report:
        """All of them at once; never raises for a service's sake."""


class Rounds(Protocol):
    """What the services answered, round by round."""

    async def dips(self, since: datetime, until: datetime) -> list[Dip]:
        """Those that were not up at some time in between. Raises StoreAwayError."""


class Firing(Protocol):
    """The alerts that are firing."""

    async def firing(self) -> list[str]:
        """Each in a few words. Raises StoreAwayError."""


class People(Protocol):
    """What Slack knows of people and messages."""

    async def names_of(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Names by user id, as far as Slack tells them."""

    def link_to(self, channel: str, ts: str) -> str:
        """A message's permanent link, or nothing."""

    def link_to_thread(self, channel: str, ts: str) -> str:
        """The link that opens the message's thread, or nothing."""


class SummaryBoard(Protocol):
    """Where summaries are shown. Each is there once, however often it is asked for."""

    @property
    def coordinates(self) -> bool:
        """Whether there is a coordination thread."""

    async def summary(self, summary: WindowSummary) -> str:
        """Posts it in the window's thread and the channel; its timestamp, empty while Slack has not taken it yet.

        Raises UndeliveredError, StoreAwayError.
        """

    async def amend(self, summary: WindowSummary, url: str) -> None:
        """Has what is posted of it say what became known since. Raises StoreAwayError."""

    async def coordinate(self, summary: WindowSummary, url: str) -> bool:
        """Tells the coordination thread; False while Slack has not taken it yet. Raises as `summary`."""

    async def not_coordinated(self, summary: WindowSummary, why: str) -> None:
        """Says in the window's thread that the coordination thread did not take it. Raises as `summary`."""

    async def opened(self, held: Held, incident: During) -> None:
        """Links an incident from the window's thread. Raises StoreAwayError."""

    async def share(self, held: Held, papers: Sequence[Paper], who: str) -> None:
        """Shares files in the window's thread. Raises UserError."""


@dataclass(frozen=True)
class SummaryPorts:
    """What the desk works with. `firing` is None while the bot is not told of alerts."""

    records: Records
    checklists: Checklists
    opened: Opened
    health: Checkup
    rounds: Rounds
    people: People
    board: SummaryBoard
    claims: Claims
    firing: Firing | None = None
