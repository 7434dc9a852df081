"""What monitoring tells of alerts: groups of them, each with one message, and what a notification changes.

    never shown ──fires──▶ firing ◀──▶ partly resolved ──the last one resolves──▶ over
                              ▲                                                    │
                              ├──────fires again within an hour: the same message──┤
                              └──────fires again later: a new message (episode)────┘

The steps are in `alert_steps`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import Severity
from bot.domain.silence import Matcher

Pairs = tuple[tuple[str, str], ...]

_SEVERITIES = {
    **{severity.value: severity for severity in Severity},
    **dict.fromkeys(("critical", "page", "error", "high", "major"), Severity.SEV2),
    **dict.fromkeys(("warning", "warn", "medium", "minor"), Severity.SEV3),
    **dict.fromkeys(("info", "information", "low", "none", "debug"), Severity.SEV4),
}
GENERAL = ("alertname", "severity")
VALUE_SHOWN = 300  # characters of a label's value in a group's name


@dataclass(frozen=True)
class Alert:
    """One alert. Before it is kept its times may be unknown; `heard_at` is when its firing, or end, was heard of.

    `missed_at`: since when Alertmanager, asked, does not have it although no end was told; with that it may be over.
    """

    fingerprint: str
    labels: Pairs
    annotations: Pairs
    is_firing: bool
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    url: str = ""
    heard_at: datetime | None = None
    missed_at: datetime | None = None

    def label(self, name: str) -> str:
        """The label's value; empty if there is none."""
        return dict(self.labels).get(name, "")

    def annotation(self, *names: str) -> str:
        """The first of these annotations that says something."""
        known = dict(self.annotations)
        return next((known[name] for name in names if known.get(name)), "")

    @property
    def severity(self) -> Severity:
        """By its label `severity`: sev1 to sev4 as they are, other words by what they mean, sev3 for unknown ones."""
        return _SEVERITIES.get(self.label("severity").casefold(), Severity.SEV3)


@dataclass(frozen=True)
class Notice:
    """One notification: some alerts of a group. `is_grafanas`: Alertmanager does not know these alerts.

    `left_out`: how many others the sender says there are without telling of them; None if it did not say.
    `is_cut`: the group has more labels, or longer ones, than are kept.
    """

    key: str
    labels: Pairs
    alerts: tuple[Alert, ...]
    source: str = ""
    is_grafanas: bool = False
    left_out: int | None = None
    is_cut: bool = False

    @property
    def group_id(self) -> str:
        """The group's ID, which follows from its key."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Turn:
    """What one notification changed, kept until message, thread and timeline tell of it: names of some members.

    `gone`: Alertmanager does not have them any more, and told of no end.
    `firing` is how many fire after it, `left_out` as of the group. The first turn of an episode `is_first`: the message
    itself tells it.
    """

    version: int
    at: datetime
    fired: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    firing: int = 0
    is_first: bool = False
    is_back: bool = False  # it was over, so that the channel should hear of it too
    left_out: int = 0

    @property
    def left(self) -> str:
        """How it stands after it: `3 still firing`, `all is resolved`; and what is not known of it."""
        if not self.left_out:
            return f"{self.firing:,} still firing" if self.firing else "all is resolved"
        if self.firing:
            return f"{self.firing:,} still firing, and {self.left_out:,} more that are not told apart"
        return f"all that are told apart are resolved, but not known of {self.left_out:,} more"


@dataclass(frozen=True)
class Asked:
    """An incident that is about to be opened: for whom, since when, and as what."""

    who: str
    at: datetime
    title: str
    severity: Severity


@dataclass(frozen=True)
class Group:
    """The alerts of one groupKey. `version` is what a change is compared against; `episode` numbers its messages.

    `episode` 0: it was never shown. `digest` names the storm's message that tells of it instead of one of its own,
    `storm` the storm that it began in: the incident of that hears of it, also when it has a message of its own, be it
    again, or since it was one of the first.
    `back_at`: when it last fired again after it was over. `left_out`: how many alerts it has besides its members, by
    the last notification. `is_cut`: its labels are not all there, so that nothing can be matched by them.
    """

    id: str
    key: str
    labels: Pairs
    members: tuple[Alert, ...]
    began: datetime
    changed_at: datetime
    episode: int = 0
    over_at: datetime | None = None
    source: str = ""
    is_grafanas: bool = False
    channel: str = ""
    ts: str = ""
    digest: str = ""
    storm: str = ""
    back_at: datetime | None = None
    incident_id: str = ""
    asked: Asked | None = None
    version: int = 1
    untold: tuple[Turn, ...] = ()
    left_out: int = 0
    is_cut: bool = False

    @property
    def firing(self) -> tuple[Alert, ...]:
        """The members that fire."""
        return tuple(alert for alert in self.members if alert.is_firing)

    @property
    def is_firing(self) -> bool:
        """Whether any of them does."""
        return any(alert.is_firing for alert in self.members)

    @property
    def severity(self) -> Severity:
        """The worst of those that fire, or of all when none does."""
        return min((alert.severity for alert in self.firing or self.members), default=Severity.SEV3)

    @property
    def name(self) -> str:
        """`HighLatency service=checkout`: its labels in a few words."""
        labels = {name: value[:VALUE_SHOWN] for name, value in self.labels}
        first = labels.pop("alertname", "") or self._common("alertname") or "Alerts"
        return " ".join([first, *(f"{name}={value}" for name, value in labels.items() if value)])

    def name_of(self, alert: Alert) -> str:
        """What tells a member from the others, and its summary: `instance=a: p99 on a`."""
        general = {name for name, _ in self.labels} | set(GENERAL)
        own = " ".join(f"{name}={value}" for name, value in alert.labels if name not in general)
        summary = alert.annotation("summary", "message", "description")
        return ": ".join(part for part in (own or alert.label("alertname"), summary) if part) or alert.fingerprint

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        """What a silence of the whole group matches; nothing if its labels say too little, or are not all known."""
        if self.is_cut:
            return ()
        labels = [(name, value) for name, value in self.labels if value]
        if not labels and (name := self._common("alertname")):
            labels = [("alertname", name)]
        return tuple(Matcher(name, "=", value) for name, value in labels)

    def _common(self, name: str) -> str:
        found = {alert.label(name) for alert in self.members}
        return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True)
class Report:
    """What a storm's incident was told of it last: at a version of the storm, when so many of its groups fired.

    `number` 0 is what the incident was opened with. One that is not told yet is told by any bot, in the same words.
    """

    number: int
    at: datetime
    version: int
    total: int
    firing: int
    text: str = ""
    is_good: bool = True
    is_told: bool = True


@dataclass(frozen=True)
class Digest:
    """The one message of a storm: groups that came so many at once that each of its own would bury the channel."""

    id: str
    began: datetime
    last_at: datetime
    channel: str = ""
    ts: str = ""
    incident_id: str = ""
    asked: Asked | None = None
    version: int = 1
    told: int = 0
    told_at: datetime | None = None
    report: Report | None = None


def in_words(group: Group, turn: Turn) -> str:
    """What a turn says, for a timeline."""
    parts = [
        f"{label}: {'; '.join(names)}"
        for label, names in (
            ("firing", turn.fired),
            ("firing again", turn.again),
            ("resolved", turn.resolved),
            ("no longer in Alertmanager", turn.gone),
        )
        if names
    ]
    left = "" if turn.firing and not (turn.resolved or turn.gone) else turn.left
    return f"{group.name}: {', '.join(part for part in (*parts, left) if part)}"


def turned(group: Group, turn: Turn) -> str:
    """That the whole group fires again or is over, in a sentence; empty for a turn that says neither."""
    if turn.is_back:
        return f"The alert {group.name} fires again: {'; '.join((*turn.fired, *turn.again))}."
    if turn.firing or not (turn.resolved or turn.gone):
        return ""
    if turn.left_out:
        return f"The alert {group.name}: {turn.left}."
    if turn.resolved:
        return f"The alert {group.name} is resolved."
    return f"The alert {group.name} is no longer in Alertmanager, so it is taken as resolved."
