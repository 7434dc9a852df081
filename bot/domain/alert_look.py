"""Finds alerts that are over although nobody told so, by asking Alertmanager what it has.

    known there ──a look misses it──▶ missed ──ten minutes later a look misses it too──▶ over, as if told resolved
        ▲                               │
        └──a look finds it, or it is told anew

Alertmanager tells of no end while an alert is silenced or inhibited, and forgets what it had when it is restarted.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.alert import Group, Notice
from bot.domain.alert_desk import AlertDesk
from bot.domain.alert_ports import Groups, LookMeter, Monitoring, MonitoringAwayError
from bot.domain.alert_steps import heard
from bot.domain.clock import Clock

EVERY = timedelta(minutes=2)
# Longer than a usual group_interval (5 minutes), after which an end is told in the usual way, and than a Prometheus
# takes to send all that fires to an Alertmanager that was started anew (about a minute).
APART = timedelta(minutes=10)
RUNS = 8  # of Alertmanagers that are remembered: behind one address there may be more than one


class AlertLook:
    """Looks. Each bot may: what is missed since when is kept with the group, and of two that end it one is too late."""

    def __init__(self, groups: Groups, monitoring: Monitoring, desk: AlertDesk, meter: LookMeter, clock: Clock) -> None:
        self._groups = groups
        self._monitoring = monitoring
        self._desk = desk
        self._meter = meter
        self._clock = clock
        self._looked_at: datetime | None = None
        self._runs: dict[str, datetime] = {}

    async def tick(self) -> None:
        """One look, if it is time for one. Raises StoreAwayError."""
        now = self._clock()
        if not self._monitoring.is_there or (self._looked_at is not None and now - self._looked_at < EVERY):
            return
        self._looked_at = now
        groups = await self._groups.watched()  # before it is asked: what is told meanwhile changes the version
        if not groups:
            return
        try:
            present = await self._monitoring.look()
        except MonitoringAwayError:
            self._meter.looked("not read")
            return
        self._meter.looked("read")
        is_settled = self._is_settled(present.run, now)
        for group in await self._its_own(groups, present.fingerprints):
            await self._compare(group, present.fingerprints, now, may_end=is_settled)

    def _is_settled(self, run: str, now: datetime) -> bool:
        """Whether Alertmanager runs for long enough to have been told of all that fires."""
        since = self._runs.pop(run, now)
        self._runs = {**dict(list(self._runs.items())[1 - RUNS :]), run: since}
        return now - since >= APART

    async def _its_own(self, groups: list[Group], fingerprints: frozenset[str]) -> list[Group]:
        """The groups that this Alertmanager told of: another one, which notifies too, may not be asked here."""
        known = await self._groups.sources()
        found = {group.source for group in groups if any(one.fingerprint in fingerprints for one in group.firing)}
        for source in found - known:
            await self._groups.found_source(source)
        return [group for group in groups if group.source in known | found]

    async def _compare(self, group: Group, fingerprints: frozenset[str], now: datetime, *, may_end: bool) -> None:
        notice = ended(group, fingerprints, now) if may_end else None
        after = heard(group, notice, now) if notice else noted(group, fingerprints, now)
        if after is not None:
            await self._desk.changed(group, after)  # if another was quicker, the next look sees


def noted(group: Group, fingerprints: frozenset[str], now: datetime) -> Group | None:
    """With since when each firing member is missed; None if that is as it was."""
    members = tuple(
        replace(one, missed_at=None if one.fingerprint in fingerprints else one.missed_at or now)
        if one.is_firing
        else one
        for one in group.members
    )
    return replace(group, members=members, version=group.version + 1) if members != group.members else None


def ended(group: Group, fingerprints: frozenset[str], now: datetime) -> Notice | None:
    """What Alertmanager did not say: which members are over, since they are missed for so long; None if none is."""
    over = tuple(
        replace(one, is_firing=False, ends_at=one.missed_at)
        for one in group.firing
        if one.missed_at and one.fingerprint not in fingerprints and now - one.missed_at >= APART
    )
    return Notice(group.key, group.labels, over, group.source, group.is_grafanas) if over else None
