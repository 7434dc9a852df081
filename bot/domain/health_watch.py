"""What watching knows: of each service whether it is up and since when, and of each outage what happened in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.deep_health import Since
from bot.domain.health import Gap, State

ROUND = timedelta(minutes=1)  # a round with its confirming probe takes no longer


@dataclass(frozen=True)
class Track:
    """What is known of one service: up or down since when, its latest outage, and since when it is starting."""

    service: str
    is_up: bool
    since: datetime
    outage: str = ""
    starting: datetime | None = None


@dataclass(frozen=True)
class Case:
    """One service in an outage: how and why it is down, or was; `times` it went down."""

    service: str
    state: State
    cause: str
    since: datetime
    ended: datetime | None = None
    times: int = 1


@dataclass(frozen=True)
class Change:
    """A service went down for a cause, or came up after a time."""

    service: str
    at: datetime
    is_up: bool
    state: State
    cause: str = ""
    after: timedelta | None = None


@dataclass(frozen=True)
class Outage:
    """One message. `revision` grows with what it says, of which `told` is what Slack was given.

    `channel` and `thread` say where: in a window's thread, else in the ops channel. `moved`: the window is over, and
    what is still down is told anew in the channel. `incident` was opened from it. `gaps`: nobody watched before it was
    found, or while it lasted.
    """

    key: str
    began: datetime
    cases: tuple[Case, ...]
    changes: tuple[Change, ...] = ()
    revision: int = 1
    told: int = 0
    channel: str = ""
    thread: str = ""
    moved: bool = False
    incident: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def ended(self) -> datetime | None:
        """When the last service came up; None while one is down."""
        ends = [case.ended for case in self.cases]
        return None if None in ends else max(end for end in ends if end)

    @property
    def down(self) -> tuple[Case, ...]:
        """The services that are down now."""
        return tuple(case for case in self.cases if case.ended is None)


@dataclass(frozen=True)
class Place:
    """A window's thread."""

    channel: str
    thread: str


@dataclass(frozen=True)
class Watch:
    """All that is known. `fence` names the turn of the bot that watches; `is_ours` whether that is this one.

    `seen` is the last round, after which the next one comes within `patience`: else nobody watches. `gaps` are the last
    times when nobody did.
    """

    tracks: tuple[Track, ...] = ()
    outages: tuple[Outage, ...] = ()
    fence: int = 0
    is_ours: bool = True
    seen: datetime | None = None
    patience: timedelta = timedelta(minutes=5)
    gaps: tuple[Gap, ...] = ()

    def track(self, service: str) -> Track | None:
        """What is known of a service."""
        return next((one for one in self.tracks if one.service == service), None)

    def outage(self, key: str) -> Outage | None:
        """The outage of this key, while it is remembered."""
        return next((one for one in self.outages if one.key == key), None)

    def since(self, now: datetime) -> Mapping[str, Since]:
        """Since when each service is as it is."""
        gaps = self.gaps
        if self.seen is not None and now - self.seen > self.patience:
            gaps = (*gaps, Gap(self.seen, now))
        return {
            one.service: Since(one.is_up, one.since, tuple(gap for gap in gaps if gap.until > one.since - ROUND))
            for one in self.tracks
        }

    def with_outage(self, outage: Outage) -> "Watch":
        """With this outage instead of the one of its key, or besides the others."""
        others = tuple(one for one in self.outages if one.key != outage.key)
        return replace(self, outages=(*others, outage))

    def with_track(self, track: Track) -> "Watch":
        """With this track instead of the service's own."""
        others = tuple(one for one in self.tracks if one.service != track.service)
        return replace(self, tracks=(*others, track))

    def with_down(self, case: Case, outage: str) -> "Watch":
        """With this service down, in the outage of this key."""
        return self.with_track(Track(case.service, is_up=False, since=case.since, outage=outage))
