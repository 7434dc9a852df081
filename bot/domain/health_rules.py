"""The rules of watching: when a service counts as down or up again, and which changes are told in which message.

       two failures in a row                        two successes in a row
  up ─────────────────────────▶ down (an outage) ──────────────────────────▶ up (the outage is over)
   ▲                                                                          │
   └────────────── down again within ten minutes: the same outage ◀───────────┘

Three services or more that go down together are one outage. An outage is one message, edited as it goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.health import Gap, Reading, State
from bot.domain.health_watch import ROUND, Case, Change, Outage, Place, Track, Watch

FLAPPING = timedelta(minutes=10)  # down again within this is the same outage, so that nobody drowns in messages
TOGETHER = 3  # services that go down in one round are told in one message from this many on
STARTS_WITHIN = timedelta(minutes=5)  # a service that starts for longer does not come up
KEPT = timedelta(days=1)  # how long an outage that is over is remembered
CHANGES = 40  # of one outage are remembered
GAPS = 10  # times when nobody watched are remembered


def verdict(reading: Reading, track: Track | None) -> bool | None:
    """Whether this reading speaks for up (True), for down (False), or for neither: it starts, or is switched off."""
    match reading.state:
        case State.UP:
            return True
        case State.DOWN | State.DEGRADED:
            return False
        case State.STARTING if track and track.starting and reading.at - track.starting > STARTS_WITHIN:
            return False
    return None


def suspects(watch: Watch, readings: Iterable[Reading]) -> list[str]:
    """The services that answer otherwise than they did: they are asked once more."""
    found = []
    for reading in readings:
        track = watch.track(reading.service)
        if _differs(verdict(reading, track), track):
            found.append(reading.service)
    return found


def _differs(told: bool | None, track: Track | None) -> bool:
    return told is not None and (told is not track.is_up if track else not told)


def judged(watch: Watch, first: Sequence[Reading], second: Sequence[Reading], place: Place | None) -> Watch:
    """What is known after a round: all services as they answered, and the suspects as they did once more."""
    again = {reading.service: reading for reading in second}
    down: list[Reading] = []
    for reading in first:
        track = watch.track(reading.service)
        told = verdict(reading, track)
        other = again.get(reading.service)
        if _differs(told, track) and (other is None or verdict(other, track) is not told):
            told = None  # it cannot make up its mind
        watch = _noted(watch, reading, told)
        if told is False and (track is None or track.is_up):
            down.append(other or reading)
        elif told is True and track is not None and not track.is_up:
            watch = _came_up(watch, track, other or reading)
        elif told is False and track is not None:
            watch = _still_down(watch, track, reading)
    watch = _went_down(watch, down, place)
    return _forgotten(watch, {reading.service for reading in first if reading.state is not State.OFF}, first)


def asked(watch: Watch, now: datetime, patience: timedelta) -> Watch:
    """A round is made now; the next one comes within that time."""
    gaps = watch.gaps
    if watch.seen is not None and now - watch.seen > watch.patience:
        gaps = (*gaps, Gap(watch.seen, now))[-GAPS:]
        for outage in watch.outages:
            if outage.down and not outage.moved:
                its = (*outage.gaps, gaps[-1])[-GAPS:]
                watch = watch.with_outage(replace(outage, gaps=its, revision=outage.revision + 1))
    return replace(watch, seen=max(now, watch.seen or now), patience=patience, gaps=gaps)


def moved(watch: Watch, place: Place | None, now: datetime) -> Watch:
    """After a window: what went down in it, and is still down, gets a message in the channel."""
    for outage in watch.outages:
        if not outage.thread or outage.moved or not outage.down or place is not None:
            continue
        key = f"{outage.key}/after"
        fresh = Outage(key, now, outage.down, outage.changes, incident=outage.incident, gaps=outage.gaps)
        watch = watch.with_outage(fresh)
        watch = watch.with_outage(replace(outage, moved=True, revision=outage.revision + 1))
        for track in watch.tracks:
            if track.outage == outage.key and not track.is_up:
                watch = watch.with_track(replace(track, outage=key))
    return watch


def linked(watch: Watch, incidents: Mapping[str, str]) -> Watch:
    """With the incidents that were opened from outages, by their keys."""
    for outage in watch.outages:
        incident = incidents.get(outage.key, "")
        if incident and incident != outage.incident:
            watch = watch.with_outage(replace(outage, incident=incident, revision=outage.revision + 1))
    return watch


def merged(stored: Watch, remembered: Watch) -> Watch:
    """What MongoDB has with what this bot found out while MongoDB was away."""
    watch = stored
    for outage in remembered.outages:
        known = watch.outage(outage.key)
        if known is None or known.revision <= outage.revision:
            watch = watch.with_outage(outage)
    for track in remembered.tracks:
        known_track = watch.track(track.service)
        if known_track is None or known_track.since <= track.since:
            watch = watch.with_track(track)
    gaps = sorted({*stored.gaps, *remembered.gaps}, key=lambda gap: gap.since)[-GAPS:]
    seen = max((one.seen for one in (stored, remembered) if one.seen is not None), default=None)
    return replace(watch, seen=seen, gaps=tuple(gaps))


def _noted(watch: Watch, reading: Reading, told: bool | None) -> Watch:
    """A service that is seen up for the first time, and since when another one is starting."""
    track = watch.track(reading.service)
    if track is None:
        return watch.with_track(Track(reading.service, is_up=True, since=reading.at)) if told else watch
    starting = (track.starting or reading.at) if reading.state is State.STARTING else None
    return watch if starting == track.starting else watch.with_track(replace(track, starting=starting))


def _went_down(watch: Watch, readings: Sequence[Reading], place: Place | None) -> Watch:
    fresh = []
    for reading in readings:
        track = watch.track(reading.service)
        last = watch.outage(track.outage) if track and track.outage else None
        case = next((one for one in last.cases if one.service == reading.service), None) if last else None
        if last and case and case.ended and reading.at - case.ended < FLAPPING and not last.moved:
            again = Case(reading.service, reading.state, reading.cause, reading.at, times=case.times + 1)
            watch = _with_case(watch, last, again, _down(reading))
        else:
            fresh.append(reading)
    groups = [fresh] if len(fresh) >= TOGETHER else [[reading] for reading in fresh]
    for group in groups:
        watch = _begun(watch, group, place)
    return watch


def _begun(watch: Watch, group: Sequence[Reading], place: Place | None) -> Watch:
    cases = tuple(Case(one.service, one.state, one.cause, one.at) for one in group)
    outage = Outage(
        _key(watch, group),
        group[0].at,
        cases,
        tuple(_down(one) for one in group),
        channel=place.channel if place else "",
        thread=place.thread if place else "",
        gaps=tuple(gap for gap in watch.gaps if gap.until > group[0].at - ROUND),
    )
    watch = watch.with_outage(outage)
    for case in cases:
        watch = watch.with_down(case, outage.key)
    return watch


def _key(watch: Watch, group: Sequence[Reading]) -> str:
    """`health/loki/20261128T020000`: the service, and since when it had been up.

    Bots that notice the same outage apart from each other, since MongoDB is away, name it alike by that.
    """
    first = group[0]
    track = watch.track(first.service)
    more = f"+{len(group) - 1}" if len(group) > 1 else ""
    since = f"{track.since:%Y%m%dT%H%M%S}" if track else f"{first.at:%Y%m%dT%H}"
    return f"health/{first.service}{more}/{since}"


def _came_up(watch: Watch, track: Track, reading: Reading) -> Watch:
    watch = watch.with_track(Track(track.service, is_up=True, since=reading.at, outage=track.outage))
    outage = watch.outage(track.outage)
    case = next((one for one in outage.cases if one.service == track.service), None) if outage else None
    if outage is None or case is None:
        return watch
    change = Change(track.service, reading.at, is_up=True, state=State.UP, after=reading.at - case.since)
    return _with_case(watch, outage, replace(case, ended=reading.at), change)


def _still_down(watch: Watch, track: Track, reading: Reading) -> Watch:
    """It is down for another reason than it was."""
    outage = watch.outage(track.outage)
    case = next((one for one in outage.cases if one.service == track.service), None) if outage else None
    if outage is None or case is None or case.ended or (case.state, case.cause) == (reading.state, reading.cause):
        return watch
    return _with_case(watch, outage, replace(case, state=reading.state, cause=reading.cause), None)


def _with_case(watch: Watch, outage: Outage, case: Case, change: Change | None) -> Watch:
    cases = tuple(case if one.service == case.service else one for one in outage.cases)
    changes = (*outage.changes, change)[-CHANGES:] if change else outage.changes
    fresh = replace(outage, cases=cases, changes=changes, revision=outage.revision + 1)
    watch = watch.with_outage(fresh)
    track = watch.track(case.service)
    if case.ended is None and track is not None and track.is_up:
        watch = watch.with_down(case, outage.key)
    return watch


def _down(reading: Reading) -> Change:
    return Change(reading.service, reading.at, is_up=False, state=reading.state, cause=reading.cause)


def _forgotten(watch: Watch, watched: set[str], readings: Sequence[Reading]) -> Watch:
    """Without services that nobody watches any more, and without outages that are over for long."""
    now = max((reading.at for reading in readings), default=None)
    if now is None:
        return watch
    for track in watch.tracks:
        if track.service not in watched and not track.is_up:
            gone = Reading(track.service, State.OFF, None, "", now)
            watch = _came_up(watch, track, gone)
    old = {one.key for one in watch.outages if one.ended and now - one.ended > KEPT and one.told >= one.revision}
    return replace(
        watch,
        tracks=tuple(track for track in watch.tracks if track.service in watched),
        outages=tuple(one for one in watch.outages if one.key not in old),
    )
