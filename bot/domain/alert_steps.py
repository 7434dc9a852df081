"""What a notification changes: the group as it was → as it is afterwards, with a turn that tells what is new.

Notifications come twice, late and out of order. What is new follows from fingerprints and from when a firing began and
ended. A member that is not mentioned stays as it was: it may only be silenced.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from bot.domain.alert import GENERAL, Alert, Group, Notice, Pairs, Turn

AGAIN = timedelta(hours=1)  # a group that fires again within this keeps its message; nobody scrolls up further
# A firing that ended cannot be told of anew so soon: what says so was overtaken. Longer ago it can, under the same
# start: Prometheus comes back and goes on firing what Alertmanager had given up. A group is told of every 5 minutes.
LATE = timedelta(minutes=2)
# Members of a group. The first are kept with all that they say. Of the others no more than tells them apart, and no
# more of them than a notification of 1 MB can name: a document of MongoDB holds 16 MB. What is beyond that is counted.
WHOLE = 500
MEMBERS = 5_000
FAINT = 200  # characters of the labels of a member that is not kept whole
ENDED = 50  # members that are over are kept as long as there are no more
NAME_KEPT = 1_000  # characters of a member's name in a turn, which may wait for long to be told
NAMED = 10  # members that are named where a change is told


def heard(known: Group | None, notice: Notice, now: datetime) -> Group | None:
    """The group after a notification; None if that changes nothing."""
    members = {alert.fingerprint: alert for alert in known.members} if known else {}
    before = dict(members)
    news: dict[str, list[str]] = {"fired": [], "again": [], "resolved": [], "gone": []}
    waiting: list[Alert] = []
    for alert in notice.alerts:
        if alert.fingerprint not in members and len(members) >= MEMBERS:
            waiting.append(alert)
            continue
        members[alert.fingerprint], step = _met(members.get(alert.fingerprint), alert, now)
        if step:
            news[step].append(alert.fingerprint)
    fresh, beyond = _with_room(members, waiting)
    for alert in fresh:
        members[alert.fingerprint], step = _met(None, alert, now)
        news[step].append(alert.fingerprint)
    left_out = known.left_out if known else 0
    if notice.left_out is not None:
        left_out = notice.left_out + beyond
    kept = _faded(members.values(), notice.labels)
    if known is not None and (kept, left_out) == (tuple(before.values()), known.left_out):
        return None
    group = replace(_group(known, notice, kept, now), left_out=left_out)
    if not any(news.values()):
        return group
    # Also those that are forgotten right away, since they are over: they are counted and named.
    names = {alert.fingerprint: group.name_of(alert)[:NAME_KEPT] for alert in kept}
    named = {kind: [names[one] for one in told if one in names] for kind, told in news.items()}
    return _told(known, group, named, set(chain(*news.values())), now)


def _with_room(members: dict[str, Alert], waiting: Iterable[Alert]) -> tuple[list[Alert], int]:
    """Which that fire get a place, since a member that is over is forgotten for each; and how many get none."""
    firing = list({alert.fingerprint: alert for alert in waiting if alert.is_firing}.values())
    over = [name for name, known in members.items() if not known.is_firing][: len(firing)]
    for name in over:
        del members[name]
    return firing[: len(over)], len(firing) - len(over)


def _faded(members: Iterable[Alert], general: Pairs) -> tuple[Alert, ...]:
    """With less of those that are too many to be kept whole; doing it again changes nothing."""
    return tuple(alert if place < WHOLE else _faint(alert, general) for place, alert in enumerate(members))


def _faint(alert: Alert, general: Pairs) -> Alert:
    """With what tells it from others of its group, in few characters."""
    names = {name for name, _ in general}
    labels, left = [], FAINT
    for name, value in sorted(alert.labels, key=lambda pair: (pair[0] not in GENERAL, pair)):
        if name in names and name not in GENERAL:
            continue
        if (left := left - len(name) - len(value)) < 0:
            break
        labels.append((name, value))
    return replace(alert, labels=tuple(sorted(labels)), annotations=(), url="")


def _met(known: Alert | None, alert: Alert, now: datetime) -> tuple[Alert, str]:
    """A member after the news of it, and which kind of news it is: none if it is old, or nobody needs to hear it."""
    if alert.is_firing:
        start = alert.starts_at or (known.starts_at if known else None) or now
        new = replace(alert, starts_at=start, ends_at=None, heard_at=now)
        if known is None:
            return new, "fired"
        began = known.starts_at or now
        if known.is_firing:
            same = replace(new, heard_at=known.heard_at) if start > began else known
            return replace(same, missed_at=None), ""
        # One that Alertmanager had not for a while was not overtaken by anything: it has it again.
        is_old = start <= began and now - (known.heard_at or now) < LATE and known.missed_at is None
        return (known, "") if is_old else (new, "again")
    end = alert.ends_at or now
    start = alert.starts_at or (known.starts_at if known else None) or end
    new = replace(alert, starts_at=start, ends_at=end, heard_at=now)
    if known is None:
        return new, ""  # it was never seen firing, so nobody waits for its end
    began = known.starts_at or now
    if not known.is_firing:
        return (new if start > began else known), ""
    # The end of an earlier firing. A start in the future tells of a clock that is wrong, and not of the order.
    is_old = start < began and end <= began <= (known.heard_at or now)
    step = "gone" if alert.missed_at else "resolved"
    return (known, "") if is_old else (replace(new, starts_at=max(start, began)), step)


def _group(known: Group | None, notice: Notice, members: tuple[Alert, ...], now: datetime) -> Group:
    if known is None:
        group = Group(notice.group_id, notice.key, notice.labels, members, now, now, is_cut=notice.is_cut)
    else:
        group = replace(known, members=_kept(members), changed_at=now, version=known.version + 1)
    return replace(group, source=notice.source, is_grafanas=notice.is_grafanas)


def _kept(members: tuple[Alert, ...]) -> tuple[Alert, ...]:
    over = [alert for alert in members if not alert.is_firing]
    gone = set(map(id, over[:-ENDED])) if len(over) > ENDED else set()
    return tuple(alert for alert in members if id(alert) not in gone)


def _told(known: Group | None, group: Group, news: dict[str, list[str]], fresh: set[str], now: datetime) -> Group:
    """The group with the turn that tells what is new, in the next episode if it was over for long."""
    fires = bool(news["fired"] or news["again"])
    was_over = known is None or not known.episode or known.over_at is not None
    is_first = False
    if fires and was_over:
        over_at = known.over_at if known else None
        is_first = over_at is None or now - over_at > AGAIN
        if is_first:
            group = _next_episode(group, fresh, now)
    if not group.episode:
        return group
    some = {kind: _some(names) for kind, names in news.items()}
    turn = Turn(
        group.version, now, **some, firing=len(group.firing), is_first=is_first, is_back=fires and was_over,
        left_out=group.left_out,
    )  # fmt: skip
    back_at = now if turn.is_back and known is not None and known.episode else group.back_at
    return replace(group, over_at=None if group.is_firing else now, back_at=back_at, untold=(*group.untold, turn))


def _next_episode(group: Group, fresh: set[str], now: datetime) -> Group:
    # What ended a moment ago is remembered, so that a firing that was overtaken is known as such.
    known = (
        alert
        for alert in group.members
        if alert.is_firing or alert.fingerprint in fresh or now - (alert.heard_at or now) < LATE
    )
    members = tuple(known)
    return replace(group, members=members, episode=group.episode + 1, began=now, ts="", digest="", over_at=None)


def _some(names: list[str]) -> tuple[str, ...]:
    if len(names) <= NAMED:
        return tuple(names)
    return (*names[: NAMED - 1], f"and {len(names) - NAMED + 1} more")
