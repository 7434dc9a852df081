"""Getting hold of a person: who is asked, in which order, and when it ends. Pure steps.

    running ──a step: somebody is asked──▶ running ──ESCALATE_AFTER, *Pass on* or another press──▶ the next step
       ├──somebody has it──▶ held
       ├──the incident is resolved or closed──▶ over
       └──everybody was asked──▶ exhausted       (somebody may still say that they have it)

Once everybody has been asked for as long as a step waits, escalating begins anew, with another number.

The rungs: on-call, the backup, the duty officer, the tech lead, then all of them with the phone bridge. A sev1 begins
with on-call and duty officer together, and what becomes one has the duty officer asked at once. A rung whose people are
not there is skipped, and named.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.incident import Severity
from bot.domain.role import Holder, Role
from bot.errors import ConflictError, RefusedError

TWICE = timedelta(seconds=10)  # the same person presses again: a double Enter, and no second step
UNSEEN = timedelta(seconds=60)  # somebody else presses who cannot have seen the step


class Rung(StrEnum):
    """Whom a step asks."""

    ON_CALL = "on-call"
    BACKUP = "on-call's backup"
    DUTY_OFFICER = "duty officer"
    TECH_LEAD = "tech lead"
    EVERYBODY = "everybody"


AT_ONCE = (Rung.ON_CALL, Rung.DUTY_OFFICER)  # for a sev1


class State(StrEnum):
    """Where an escalation stands."""

    RUNNING = "running"
    HELD = "held"
    OVER = "over"
    EXHAUSTED = "exhausted"


OPEN = (State.RUNNING, State.EXHAUSTED)


@dataclass(frozen=True)
class Ask:
    """Somebody (a user id) who is asked as what."""

    rung: Rung
    who: str


@dataclass(frozen=True)
class Skip:
    """A rung that asks nobody, or somebody who is left out, and why."""

    rung: Rung
    why: str
    who: str = ""


@dataclass(frozen=True)
class Step:
    """One step: the rungs that it takes, who is asked, who is not; `by` made it happen ("" = the time was up).

    `told_at` is when it was seen to be in Slack: from then on its time runs.
    """

    number: int
    at: datetime
    rungs: tuple[Rung, ...]
    asked: tuple[Ask, ...]
    skipped: tuple[Skip, ...] = ()
    by: str = ""
    why: str = ""
    is_passed_on: bool = False
    told_at: datetime | None = None


@dataclass(frozen=True)
class Escalation:
    """One escalation of an incident, the `number`-th of it. `version` is what a change is compared against."""

    incident_id: str
    number: int
    started_by: str
    reason: str
    started_at: datetime
    steps: tuple[Step, ...] = ()
    state: State = State.RUNNING
    holder: str = ""
    ended_at: datetime | None = None
    is_end_told: bool = False
    version: int = 1

    @property
    def id(self) -> str:
        """`INC-20261128-7KQ4/1`."""
        return f"{self.incident_id}/{self.number}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has it, and it is not over."""
        return self.state in OPEN

    @property
    def taken(self) -> frozenset[Rung]:
        """The rungs that were taken, skipped ones included."""
        return frozenset(rung for step in self.steps for rung in step.rungs)

    @property
    def asked(self) -> tuple[str, ...]:
        """Everybody who was asked, once each, in order."""
        return tuple(dict.fromkeys(ask.who for step in self.steps for ask in step.asked))

    @property
    def untold(self) -> tuple[Step, ...]:
        """The steps that may not be in Slack yet."""
        return tuple(step for step in self.steps if step.told_at is None)

    def is_raised(self, severity: Severity) -> bool:
        """Whether it began with a lesser severity, and the duty officer has yet to be asked for a sev1."""
        is_waiting = self.state is State.RUNNING and bool(self.steps) and not self.untold
        return is_waiting and severity is Severity.SEV1 and not self.taken.issuperset(AT_ONCE)

    def is_spent(self, now: datetime, after: timedelta) -> bool:
        """Whether all were asked, and had so long to come: whoever escalates then begins anew."""
        return self.state is State.EXHAUSTED and now - (self.steps[-1].told_at or self.steps[-1].at) >= after

    def due(self, after: timedelta) -> datetime | None:
        """When the next step is due: so long after the last one was seen to be told. None if none is."""
        if self.state is not State.RUNNING or not self.steps or self.steps[-1].told_at is None:
            return None
        return self.steps[-1].told_at + after


@dataclass(frozen=True)
class Crew:
    """Who can be asked: the roles' holders as they are now, and who of them has left."""

    holders: Sequence[Holder]
    gone: Collection[str] = field(default_factory=frozenset)

    def people(self, rung: Rung) -> tuple[str, ...]:
        """Who the rung asks, whether they are there or not."""
        by_role: Mapping[Role, Holder] = {holder.role: holder for holder in self.holders}

        def of(role: Role) -> Holder:
            return by_role.get(role, Holder(role))

        match rung:
            case Rung.ON_CALL:
                found: tuple[str, ...] = self._one(of(Role.ON_CALL).owner, of(Role.ON_CALL).owners)
            case Rung.BACKUP:
                found = self._one(of(Role.ON_CALL).backup, of(Role.ON_CALL).backups)
            case Rung.DUTY_OFFICER:
                found = self._one(of(Role.DUTY_OFFICER).owner, of(Role.DUTY_OFFICER).owners)
            case Rung.TECH_LEAD:
                found = self._one(of(Role.TECH_LEAD).owner, of(Role.TECH_LEAD).owners)
            case Rung.EVERYBODY:
                roles = (Role.ON_CALL, Role.DUTY_OFFICER, Role.TECH_LEAD)
                found = tuple(dict.fromkeys(person for role in roles for person in of(role).people))
        return tuple(person for person in found if person)

    def _one(self, who: str, people: Sequence[str]) -> tuple[str, ...]:
        """Whose role it is, or of a group the first who has not left."""
        return (next((person for person in people if person not in self.gone), who),)

    @property
    def everybody(self) -> tuple[str, ...]:
        """All who can be asked at all."""
        return tuple(person for person in self.people(Rung.EVERYBODY) if person not in self.gone)


def next_rungs(taken: Collection[Rung], severity: Severity) -> tuple[Rung, ...]:
    """The rungs of the next step; none if all are taken."""
    if severity is Severity.SEV1 and (first := tuple(rung for rung in AT_ONCE if rung not in taken)):
        return first
    return tuple(rung for rung in Rung if rung not in taken)[:1]


@dataclass(frozen=True)
class Cause:
    """Why a step is made: by whom ("" = the time was up), and what they said."""

    by: str = ""
    why: str = ""
    is_passed_on: bool = False


def stepped(known: Escalation, severity: Severity, crew: Crew, cause: Cause, now: datetime) -> Escalation:
    """With the next step that asks somebody; rungs that ask nobody are skipped on the way, and named in it."""
    taken, skipped, asked = list[Rung](), list[Skip](), list[Ask]()
    while not asked:
        rungs = next_rungs({*known.taken, *taken}, severity)
        if not rungs:
            break
        taken += rungs
        for rung in rungs:
            some, others = _of(rung, crew, known.asked)
            asked += some
            skipped += others
    step = Step(
        len(known.steps) + 1, now, tuple(taken), _once(asked), tuple(skipped), cause.by, cause.why, cause.is_passed_on
    )
    is_last = not next_rungs({*known.taken, *taken}, severity)
    state = State.EXHAUSTED if is_last else State.RUNNING
    steps = (*known.steps, step) if asked or skipped else known.steps
    return replace(known, steps=steps, state=state, version=known.version + 1)


def _of(rung: Rung, crew: Crew, before: Collection[str]) -> tuple[list[Ask], list[Skip]]:
    people = crew.people(rung)
    if not people:
        return [], [Skip(rung, "nobody has it")]
    asked, skipped = list[Ask](), list[Skip]()
    for person in people:
        if person in crew.gone:
            skipped.append(Skip(rung, "has left", person))
        elif person in before and rung is not Rung.EVERYBODY:
            skipped.append(Skip(rung, "was asked before", person))
        else:
            asked.append(Ask(rung, person))
    return asked, skipped


def _once(asked: Sequence[Ask]) -> tuple[Ask, ...]:
    """One person in two rungs of a step is asked once."""
    return tuple({ask.who: ask for ask in reversed(asked)}.values())[::-1]


def pressed(known: Escalation, who: str, now: datetime) -> None:
    """Whether somebody who escalates may make the next step of what runs. Raises ConflictError."""
    last = known.steps[-1]
    names = ", ".join(f"<@{ask.who}>" for ask in last.asked) or "Nobody"
    if now - last.at < (TWICE if last.by == who else UNSEEN):
        raise ConflictError(
            f"{names} {'was' if len(last.asked) == 1 else 'were'} called to {known.incident_id} a moment ago.",
            "Nobody else was called; escalate again if they do not come.",
            by="" if last.by == who else last.by,
        )
    if known.state is State.EXHAUSTED:
        people = ", ".join(f"<@{person}>" for person in known.asked) or "nobody has a role"
        raise ConflictError(
            f"Everybody who has a role was called about {known.incident_id}: {people}.",
            "Give them a few minutes, then escalate again; the phone bridge may be quicker.",
        )


def passed_on(known: Escalation, who: str, step: int) -> None:
    """Whether this person may pass it on, who saw it in this step. Raises ConflictError, RefusedError."""
    must_be_open(known)
    if who not in known.asked:
        raise RefusedError("To pass it on takes somebody who was asked.", may=known.asked)
    if step != len(known.steps):
        raise ConflictError("It was passed on already.", "The thread has who is asked now.")
    if known.state is State.EXHAUSTED:
        raise ConflictError(
            "Everybody was asked: there is nobody to pass it on to.", "The phone bridge may be quicker."
        )


def held(known: Escalation, who: str, now: datetime) -> Escalation:
    """Somebody has it. Raises ConflictError if somebody else does, or it is over."""
    must_be_open(known)
    return replace(known, state=State.HELD, holder=who, ended_at=now, version=known.version + 1)


def over(known: Escalation, now: datetime) -> Escalation:
    """The incident is over."""
    return replace(known, state=State.OVER, ended_at=now, version=known.version + 1)


def must_be_open(known: Escalation) -> None:
    """Raises ConflictError that says how it ended."""
    if known.state is State.HELD:
        raise ConflictError(
            f"<@{known.holder}> has {known.incident_id} already.", "Nothing was changed.", by=known.holder
        )
    if known.state is State.OVER:
        raise ConflictError(f"{known.incident_id} is over: nobody is asked any more.", "Nothing was changed.")


def told(known: Escalation, number: int, now: datetime) -> Escalation:
    """A step was seen to be in Slack; its time runs from when that was seen first."""
    steps = tuple(replace(step, told_at=step.told_at or now) if step.number == number else step for step in known.steps)
    return replace(known, steps=steps, version=known.version + 1)
