"""Escalates incidents: each step is a write that one bot makes, then it is told; its time runs once it is in Slack."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from bot.domain import escalation as steps
from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock, spelled
from bot.domain.escalation import Cause, Crew, Escalation, State, Step
from bot.domain.escalation_line import Line
from bot.domain.escalation_outcome import Outcome, outcome
from bot.domain.escalation_ports import EscalationBoard, Escalations, Meter, People, Taker
from bot.domain.incident import Incident
from bot.domain.incident_desk import IncidentDesk
from bot.domain.incident_steps import must_be_open
from bot.domain.outbox import UndeliveredError
from bot.domain.role import Holder
from bot.domain.timeline_desk import TimelineDesk
from bot.errors import ConflictError, NotFoundError, RefusedError, StoreAwayError, UserError

TRIES = 20  # of a change that others keep overtaking


@dataclass(frozen=True)
class Standing:
    """One escalation that runs, with its incident, and when the next step is due (None if none is)."""

    escalation: Escalation
    incident: Incident
    due: datetime | None


@dataclass(frozen=True)
class Ports:
    """Where incidents are, who takes them, who is there and in line, and who counts."""

    incidents: IncidentDesk
    timelines: TimelineDesk
    taker: Taker
    people: People
    meter: Meter
    line: Line


class EscalationDesk:
    """Asks one person after the other until somebody has it. `after` is ESCALATE_AFTER."""

    def __init__(
        self,
        records: Escalations,
        board: EscalationBoard,
        ports: Ports,
        audit: AuditDesk,
        after: timedelta,
        clock: Clock,
    ) -> None:
        self._records = records
        self._board = board
        self._ports = ports
        self._audit = audit
        self._after = after
        self._clock = clock

    async def escalate(self, incident_id: str, who: str, why: str) -> Escalation:
        """Asks the first in line, or the next where one runs already. Anybody may.

        Raises NotFoundError, ConflictError (the incident is over, somebody was called a moment ago) and StoreAwayError.
        """
        incident = await self._ports.incidents.get(incident_id)
        must_be_open(incident)
        crew = await self._crew()
        if not crew.everybody:
            raise NotFoundError(
                "Nobody has a role yet, so there is nobody to call.",
                "An admin of the bot hands them out: `/ops role on-call @who`.",
            )
        cause = Cause(who, why)

        def step(known: Escalation) -> Escalation:
            now = self._clock()
            if not known.steps:
                return replace(steps.stepped(known, incident.severity, crew, cause, now), version=1)
            steps.pressed(known, who, now)
            return steps.stepped(known, incident.severity, crew, cause, now)

        return await self._told(incident, await self._next(incident, who, why, step), who)

    async def _next(
        self, incident: Incident, who: str, why: str, step: Callable[[Escalation], Escalation]
    ) -> Escalation:
        for _ in range(TRIES):
            known = await self._records.newest(incident.id)
            if known is None or not known.is_open or known.is_spent(self._clock(), self._after):
                number = known.number + 1 if known else 1
                first = step(Escalation(incident.id, number, who, why, self._clock()))
                if await self._records.add(first):
                    return first
            else:
                after = step(known)
                if await self._saved(known, after):
                    return after
        raise _busy(incident.id)

    async def pass_on(self, escalation_id: str, number: int, who: str) -> Escalation:
        """Asks the next at once, since somebody who was asked cannot. Raises as `escalate`, and RefusedError."""
        known = await self._get(escalation_id)
        incident = await self._ports.incidents.get(known.incident_id)
        must_be_open(incident)
        crew = await self._crew()

        def step(before: Escalation) -> Escalation:
            steps.passed_on(before, who, number)
            cause = Cause(who, is_passed_on=True)
            return steps.stepped(before, incident.severity, crew, cause, self._clock())

        return await self._told(incident, await self._change(escalation_id, step), who)

    async def take(self, escalation_id: str, who: str, *, is_inside: bool) -> Escalation:
        """Somebody has it, and owns the incident from now on: anybody inside the ops channel, or who was asked.

        Raises NotFoundError, RefusedError, ConflictError and StoreAwayError.
        """

        def step(known: Escalation) -> Escalation:
            if not is_inside and who not in known.asked:
                raise RefusedError("From here only those who were asked may take it.", may=known.asked)
            return steps.held(known, who, self._clock())

        after = await self._change(escalation_id, step)
        await self._audit.wrote(who, "take escalation", after.incident_id, detail=after.id)
        try:
            await self._ports.taker.assign(after.incident_id, who, who)
        except StoreAwayError:
            raise
        except UserError:
            pass  # it is theirs already, is over, or takes a role: the escalation has ended all the same
        await self._end_soon(after)
        return after

    def by_hand(self, instead: str, *, is_inside: bool) -> AbstractContextManager[None]:
        """See Line.by_hand."""
        return self._ports.line.by_hand(instead, is_inside=is_inside)

    @property
    def patience(self) -> str:
        """How long each step waits, in words."""
        return spelled(self._after)

    def due(self, known: Escalation) -> datetime | None:
        """When the next step is made; None if none is."""
        if known.state is not State.RUNNING:
            return None
        return known.due(self._after) or known.steps[-1].at + self._after

    async def standing(self) -> tuple[list[Holder], list[Standing]]:
        """Who has which role, and what runs. Raises StoreAwayError."""
        newest = {known.incident_id: known for known in await self._records.open_ones() if known.is_open}
        found = []
        for known in newest.values():
            incident = await self._ports.incidents.get(known.incident_id)
            found.append(Standing(known, incident, known.due(self._after)))
        return await self._ports.line.holders(), found

    # What goes on by itself

    async def tick(self) -> None:
        """Tells what is not told, ends what is over, and makes the steps that are due. Raises StoreAwayError.

        After a while without any bot there is one step, and then its full time, since a step's time begins when it is
        in Slack.
        """
        await self._ports.line.look()
        for known in await self._records.open_ones():
            try:
                await self._see_to(known)
            except (NotFoundError, ConflictError, UndeliveredError):
                continue  # somebody was quicker, or Slack is slow: the next tick looks again

    async def _see_to(self, known: Escalation) -> None:
        incident = await self._ports.incidents.get(known.incident_id)
        if not known.is_open:
            await self._end(incident, known)
        elif not incident.is_open:
            await self._end(incident, await self._change(known.id, lambda one: steps.over(one, self._clock())))
        elif (taker := taken_by(incident, known)) and known.state in steps.OPEN:
            ended = await self._change(known.id, lambda one: steps.held(one, taker, self._clock()))
            await self._end(incident, ended)
        elif known.untold:
            await self._tell(incident, known)
        elif known.is_raised(incident.severity):
            by = incident.severity_set.by if incident.severity_set else ""
            await self._step(incident, known, Cause(by, "it was raised just now"))
        elif (due := known.due(self._after)) is not None and due <= self._clock():
            await self._step(incident, known, Cause())

    async def _step(self, incident: Incident, known: Escalation, cause: Cause) -> None:
        after = steps.stepped(known, incident.severity, await self._crew(), cause, self._clock())
        if await self._saved(known, after):
            await self._tell(incident, after)

    async def _told(self, incident: Incident, after: Escalation, who: str) -> Escalation:
        detail = ", ".join(ask.who for ask in after.steps[-1].asked)
        await self._audit.wrote(who, "escalate", incident.id, detail=detail)
        try:
            await self._tell(incident, after)
        except (StoreAwayError, UndeliveredError):
            return after  # it is recorded, and told at a tick
        return after

    async def _tell(self, incident: Incident, known: Escalation) -> None:
        after = known
        for step in known.untold:
            await self._board.ask(incident, known, step)
            key, who = f"{known.id}/{step.number}", step.by or SYSTEM
            await self._ports.timelines.called(incident.id, key, step.at, in_words(step), who)
            after = await self._mark_told(known.id, step.number)
        if not after.is_open:
            # Somebody had it meanwhile: what was posted since then does not know of that yet.
            await self._end(incident, after)

    async def _mark_told(self, escalation_id: str, number: int) -> Escalation:
        return await self._change(escalation_id, lambda one: steps.told(one, number, self._clock()))

    async def _end_soon(self, known: Escalation) -> None:
        try:
            await self._end(await self._ports.incidents.get(known.incident_id), known)
        except (StoreAwayError, NotFoundError, UndeliveredError):
            return

    async def _end(self, incident: Incident, known: Escalation) -> None:
        await self._board.end(incident, known)
        if known.state is State.HELD:
            at, text = known.ended_at or self._clock(), "has it"
            await self._ports.timelines.called(incident.id, f"{known.id}/held", at, text, known.holder)
        await self._change(known.id, lambda one: replace(one, is_end_told=True, version=one.version + 1))

    async def _crew(self) -> Crew:
        holders = await self._ports.line.holders()
        gone = set()
        for person in Crew(holders).everybody:
            try:
                await self._ports.people.must_be_a_person(person)
            except UserError:
                gone.add(person)
        return Crew(holders, frozenset(gone))

    async def _get(self, escalation_id: str) -> Escalation:
        known = await self._records.get(escalation_id)
        if known is None:
            raise NotFoundError("That call is not known any more.", "`/escalate` shows what runs.")
        return known

    async def _change(self, escalation_id: str, step: Callable[[Escalation], Escalation]) -> Escalation:
        for _ in range(TRIES):
            before = await self._get(escalation_id)
            after = step(before)
            if await self._saved(before, after):
                return after
        raise _busy(escalation_id)

    async def _saved(self, before: Escalation, after: Escalation) -> bool:
        """Keeps a change and counts what came of it, which of several bots only one does."""
        if not await self._records.save(after, before.version):
            return False
        if (came := outcome(before, after)) is not None:
            self._ports.meter.escalation_step(came)
        if came is Outcome.TAKEN and after.ended_at is not None:
            self._ports.meter.escalation_taken((after.ended_at - after.started_at).total_seconds())
        return True


def taken_by(incident: Incident, known: Escalation) -> str:
    """Who took the incident themselves since the escalation began; empty if nobody did."""
    owner_set = incident.owner_set
    if owner_set is None or owner_set.by != incident.owner or owner_set.at < known.started_at:
        return ""
    return incident.owner


def in_words(step: Step) -> str:
    """A step for a timeline: who was asked as what, who was not, and why."""
    rungs = [(rung, [f"<@{ask.who}>" for ask in asks]) for rung, asks in groupby(step.asked, lambda ask: ask.rung)]
    asked = ", ".join(f"{', '.join(who)} ({rung})" for rung, who in rungs) or "nobody"
    left_out = [f"{f'<@{skip.who}>' if skip.who else skip.rung}: {skip.why}" for skip in step.skipped]
    text = f"asked {asked}" + (f"; left out: {', '.join(left_out)}" if left_out else "")
    return f"{text}: {step.why}" if step.why else text


def _busy(what: str) -> ConflictError:
    return ConflictError(f"{what} is being escalated by many people at once.", "Look at its thread, then try again.")
