"""What the alerts' desks need: where groups and storms are kept, and where they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.alert import Asked, Digest, Group, Report, Turn
from bot.domain.incident import Incident, Severity


class Groups(Protocol):
    """Where groups and storms are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def get(self, group_id: str) -> Group | None:
        """The group with this ID."""

    async def add(self, group: Group) -> bool:
        """Keeps a new one; False if it is known."""

    async def save(self, group: Group, was: int, *, begins: bool) -> bool:
        """Keeps a change; False if the stored version is not `was` any more. `begins`: with it an episode does."""

    async def began_since(self, since: datetime, most: int) -> int:
        """How many were shown first, or anew, since then; counted up to `most`."""

    async def posted(self, group: Group, channel: str, ts: str) -> None:
        """Keeps where the message of this episode is."""

    async def told_all(self, groups: Sequence[tuple[str, int]]) -> None:
        """Forgets the untold turns of these groups, by their IDs, up to these versions."""

    async def untold(self, before: datetime) -> list[Group]:
        """Those with turns from before that moment which may not have been told."""

    async def firing(self, limit: int) -> list[Group]:
        """Those that fire, worst first, then newest."""

    async def count_firing(self) -> dict[Severity, int]:
        """How many fire, by the severity of the worst member."""

    async def is_at_rest(self, told_by: datetime, begun_by: datetime) -> bool:
        """Whether no group and no storm needs to be seen to: nothing untold from before `told_by`, nothing stale or

        unreported, no incident that was to be opened before `begun_by`. One question for what a bot asks all day.
        """

    async def watched(self) -> list[Group]:
        """Those that fire and are Alertmanager's."""

    async def sources(self) -> frozenset[str]:
        """The sources of notifications that `found_source` was told of."""

    async def found_source(self, source: str) -> None:
        """The Alertmanager that can be asked is the one that notifies under this address."""

    # What an incident is opened from: a group or a storm, by its ID

    async def ask(self, topic_id: str, asked: Asked, stale: datetime) -> bool:
        """Notes that an incident is being opened from it; False if one is since `stale`."""

    async def link(self, topic_id: str, incident_id: str, known: Report | None) -> None:
        """Keeps which incident it belongs to; of a storm, what that knows of it by now."""

    async def turned(self, incident_id: str) -> None:
        """The incident was opened, is over or is open again: what shows it as it was is to be shown anew."""

    async def stale(self) -> list[Group]:
        """Some of those whose own message is to be shown anew."""

    async def shown(self, group: Group) -> None:
        """Its own message shows it, as of this version."""

    async def asked(self, before: datetime) -> list[str]:
        """Those from which an incident was to be opened before that moment, and is not known to have been."""

    async def quoting(self, channel: str, ts: str, since: datetime) -> str:
        """The incident that was opened since then from the message there; empty if there is none."""

    # Storms

    async def digest(self, digest_id: str) -> Digest | None:
        """The storm with this ID."""

    async def digest_since(self, since: datetime) -> Digest | None:
        """The storm that a group joined since then; of two that bots began in the same moment, the first."""

    async def begin_digest(self, digest: Digest) -> None:
        """Keeps a new storm, if it is not known."""

    async def adopt(self, digest: Digest, since: datetime) -> None:
        """Those that came before it was known for a storm, since that moment, and have a message each, began in it."""

    async def join_digest(self, digest_id: str, last_at: datetime | None) -> None:
        """Groups of it changed; `last_at`: the last moment at which one joined, if any did."""

    async def untold_digests(self, told_before: datetime) -> list[Digest]:
        """Those whose message is older than what is known, and was not touched since that moment."""

    async def told_digest(self, digest: Digest, channel: str, ts: str, now: datetime) -> None:
        """Its message shows this version."""

    async def count_of(self, digest_id: str) -> tuple[int, int]:
        """How many groups began in it, and how many of them fire."""

    async def back_since(self, digest_id: str, since: datetime, limit: int) -> tuple[int, list[Group]]:
        """How many of its groups fire that were over and fire again since then, and some of them, worst first."""

    async def unreported(self) -> list[Digest]:
        """Those with an incident that was not told of what changed, or may not have been."""

    async def report(self, digest: Digest, report: Report) -> bool:
        """Keeps what its incident is told next; False if another bot was quicker."""

    async def reported(self, digest: Digest, number: int) -> None:
        """Its incident was told of this report."""

    async def worst_of(self, digest_id: str, limit: int) -> list[Group]:
        """Its groups: those that fire before the others, worst first."""


class MonitoringAwayError(Exception):
    """Alertmanager did not say, or not all of it; the message says why, for everybody to read."""


@dataclass(frozen=True)
class Present:
    """What Alertmanager has at a moment, silenced and inhibited alerts too; `run` changes when it is restarted."""

    fingerprints: frozenset[str]
    run: str


class Monitoring(Protocol):
    """Alertmanager, asked."""

    @property
    def is_there(self) -> bool:
        """Whether there is one to ask."""

    async def look(self) -> Present:
        """All that it has now. Raises MonitoringAwayError."""


class LookMeter(Protocol):
    """What is measured of looks."""

    def looked(self, outcome: str) -> None:
        """Alertmanager's alerts were `read`, or were `not read`."""


class AlertBoard(Protocol):
    """Where alerts are shown. Each method raises UndeliveredError and StoreAwayError."""

    @property
    def channel(self) -> str:
        """The channel's id; empty as long as it is not known."""

    async def alert(self, group: Group, incident: Incident | None) -> str:
        """Has the group's message show it as it is; its timestamp."""

    async def news(self, group: Group, turn: Turn) -> None:
        """Tells in the message's thread what is new, once."""

    async def digest(
        self, digest: Digest, incident: Incident | None, counts: tuple[int, int], worst: list[Group]
    ) -> str:
        """Has the storm's message show this; its timestamp."""

    async def lost(self) -> list[tuple[str, int]]:
        """Groups, by their IDs, and episodes whose message somebody deleted, as came out when it was to be edited."""

    def link_to(self, channel: str, ts: str) -> str:
        """A message's permanent link, or nothing."""
