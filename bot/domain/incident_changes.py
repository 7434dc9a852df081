"""What people do to incidents: each act is one write against the version that was read, then it is told."""

import asyncio
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain import incident_steps as steps
from bot.domain.audit import AuditDesk
from bot.domain.batch import Batches
from bot.domain.clock import Clock
from bot.domain.duplicate import must_be_closed
from bot.domain.incident import Incident, Reasons, Severity, Status, Touched
from bot.domain.role import RoleDesk
from bot.errors import ConflictError, NotFoundError, RefusedError, StoreAwayError

TRIES = 20  # of a change that others keep overtaking
SNOOZE = timedelta(minutes=30)
_UNSAID = Reasons()


class Kept(Protocol):
    """Where incidents are kept, as far as changes need it."""

    async def save(self, incident: Incident, was: int) -> bool:
        """Keeps a change; False if the stored version is not `was` any more. Raises StoreAwayError."""

    async def active(self, incident_id: str, at: datetime) -> None:
        """Keeps that something was said at that moment."""


class Shown(Protocol):
    """Finds incidents, and tells what was done to them."""

    async def get(self, incident_id: str) -> Incident:
        """The incident with this whole ID. Raises NotFoundError."""

    async def tell_soon(self, incident: Incident) -> None:
        """Tells its untold acts in timeline, thread and card; later, if MongoDB is away by now."""


@dataclass(frozen=True)
class Changed:
    """The incident after an act. `instead_of`: who had set the same value a moment ago, so that one may not know."""

    incident: Incident
    instead_of: Touched | None = None


class IncidentChanges:
    """The acts. Each raises NotFoundError, ConflictError, RefusedError and StoreAwayError, and then changes nothing."""

    def __init__(self, kept: Kept, shown: Shown, roles: RoleDesk, audit: AuditDesk, clock: Clock) -> None:
        self._kept = kept
        self._shown = shown
        self._roles = roles
        self._audit = audit
        self._clock = clock
        self._hearing: Batches[str, tuple[str, datetime], None] = Batches(self._heard_from)
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def must_be_open(self, incident: Incident) -> None:
        """Raises ConflictError if it has ended: words that were said a moment ago do not open it again, nor another."""
        with suppress(NotFoundError, StoreAwayError):
            known = await self._shown.get(incident.id)
            if not known.is_open:
                remedy = f"`/incident reopen {known.id}` opens it again; other words open a new one."
                raise ConflictError(f"{known.id}, of the same words a moment ago, is {known.status} by now.", remedy)

    async def note(self, incident_id: str, who: str, text: str) -> Incident:
        """Adds a note, once. Notes do not contradict each other, so each is kept whoever was first."""
        _, after = await self._change(incident_id, lambda known: steps.noted(known, who, text, self._clock()))
        return after

    async def move(self, incident_id: str, who: str, status: Status) -> Changed:
        """Sets the status, one of those in which people work on it."""
        before, after = await self._steer(
            incident_id, who, "status", lambda known: steps.moved(known, who, status, self._clock())
        )
        return self._changed(before.status_set, after, who)

    async def rate(self, incident_id: str, who: str, severity: Severity) -> Changed:
        """Sets the severity."""
        before, after = await self._steer(
            incident_id, who, "severity", lambda known: steps.rated(known, who, severity, self._clock())
        )
        return self._changed(before.severity_set, after, who)

    async def assign(self, incident_id: str, who: str, owner: str, seen: str = "") -> Changed:
        """Gives it another owner. `seen` is the owner on the card that somebody pressed."""
        before, after = await self._steer(
            incident_id, who, "assign", lambda known: steps.assigned(known, who, owner, self._clock(), seen)
        )
        return self._changed(before.owner_set, after, who)

    async def update(self, incident_id: str, who: str, text: str, status: Status | None) -> Changed:
        """Says how it goes, and sets the status if one is given; the words are kept where that is refused."""

        noted = await self.note(incident_id, who, text)
        if status is None or status is noted.status:
            return Changed(noted)
        try:
            return await self.move(incident_id, who, status)
        except (RefusedError, ConflictError) as error:
            error.problem = f"Your words are in the thread, but the status is not changed. {error.problem}"
            error.words = ()
            raise
        except StoreAwayError as error:
            kept = "so the status is not changed; your words are kept, and will be in the thread"
            half = StoreAwayError(in_doubt=error.in_doubt, instead=kept)
            half.words = ()
            raise half from error

    async def check(self, incident_id: str, who: str, act: str) -> Incident:
        """The incident, if this person may do `act` to it and it is open. Raises RefusedError, ConflictError."""
        incident = await self._shown.get(incident_id)
        await self._roles.may_steer(who, incident, act)
        steps.must_be_open(incident)
        return incident

    async def resolve(self, incident_id: str, who: str, text: str, said: Reasons = _UNSAID, seen: str = "") -> Incident:
        """Ends an incident; cause and lesson, if they are known already, are a second act of the same write.

        `seen` is the `standing` that the person was shown.
        """

        def step(known: Incident) -> Incident:
            over = steps.resolved(known, who, text, self._clock(), seen)
            is_news = any(new and new != old for new, old in ((said.cause, known.cause), (said.lesson, known.lesson)))
            return steps.explained(over, who, said, self._clock()) if is_news else over

        return (await self._steer(incident_id, who, "resolve", step, detail=text))[1]

    async def explain(
        self, incident_id: str, who: str, said: Reasons, seen: tuple[str, str] | None = None
    ) -> tuple[Incident, Incident]:
        """Adds cause and lesson to a resolved one, which is returned as it was before and as it is now; anybody may.

        `seen` are the digests of both as the person was shown them.
        """
        before, after = await self._change(
            incident_id, lambda known: steps.explained(known, who, said, self._clock(), seen)
        )
        replaced = after.untold[-1].was
        if replaced:
            await self._audit.wrote(who, "explain", incident_id, detail=f"instead of: {replaced}")
        return before, after

    async def reopen(self, incident_id: str, who: str, text: str) -> Incident:
        """Opens it again; the one that it was closed as a duplicate of is told of it with that."""
        _, after = await self._steer(
            incident_id, who, "reopen", lambda known: steps.reopened(known, who, text, self._clock()), detail=text
        )
        return after

    async def close(self, incident_id: str, who: str) -> Incident:
        """Closes a resolved one."""
        return (await self._steer(incident_id, who, "close", lambda known: steps.closed(known, who, self._clock())))[1]

    async def dismiss(self, incident_id: str, who: str, why: str, duplicate_of: str = "") -> Incident:
        """Closes an open one without a resolution; the incident that it is a duplicate of is told of it with that.

        Of those that are closed as duplicates of each other at once, the one opened first is open again.
        """
        if duplicate_of == incident_id:
            raise ConflictError(
                "An incident is no duplicate of itself.", "Nothing was changed; name both: `duplicate 7KQ4 of 2M9X`."
            )
        card = ""
        if duplicate_of:
            original = await self._shown.get(duplicate_of)
            steps.must_stand(original, incident_id)
            card = original.card_ts or ""
        _, after = await self._steer(
            incident_id,
            who,
            "close",
            lambda known: steps.dismissed(known, who, why, self._clock(), duplicate_of, card),
            detail=why,
        )
        if duplicate_of:
            with suppress(StoreAwayError):  # it is closed, whatever became of that
                must_be_closed(await self._shown.get(incident_id), duplicate_of)
        return after

    async def let_go(self, incident_id: str, who: str) -> Incident:
        """Closes an open one since nothing happened in it; not where somebody did something after that was asked."""
        why = "nothing happened for a day"

        def step(known: Incident) -> Incident:
            steps.must_be_open(known)
            if known.asked_at and known.updated_at > known.asked_at and known.updated_by != who:
                raise ConflictError(
                    f"{known.id} goes on: something was done in it since that was asked",
                    "Nothing was changed; if it is over, say `resolve` and what fixed it.",
                    by=known.updated_by,
                )
            return steps.dismissed(known, who, why, self._clock())

        return (await self._steer(incident_id, who, "close", step, detail=why))[1]

    async def keep(self, incident_id: str, who: str) -> Incident:
        """Says of an open one that it is not over; not of one that somebody has ended since that was asked."""

        def step(known: Incident) -> Incident:
            steps.must_be_open(known)
            return steps.noted(known, who, "It stays open.", self._clock())

        return (await self._change(incident_id, step))[1]

    async def redraw(self, incident_id: str) -> None:
        """Has the card drawn anew: a menu shows what somebody picked, also where that was refused."""
        async with self._turn(incident_id):
            for _ in range(TRIES):
                before = await self._shown.get(incident_id)
                after = steps.redrawn(before)
                if await self._kept.save(after, before.version):
                    await self._shown.tell_soon(after)
                    return

    async def snooze(self, incident_id: str, who: str, length: timedelta = SNOOZE) -> Incident:
        """No reminder for a while."""
        return (
            await self._steer(
                incident_id,
                who,
                "snooze",
                lambda known: steps.snoozed(known, who, self._clock() + length, self._clock()),
            )
        )[1]

    async def heard_from(self, incident_id: str, who: str, at: datetime) -> None:
        """Somebody wrote in the thread at that moment: they have joined, and the incident is not stale."""
        await self._hearing.do(incident_id, (who, at))

    async def _heard_from(self, incident_id: str, heard: Sequence[tuple[str, datetime]]) -> None:
        await self._kept.active(incident_id, max(at for _, at in heard))
        people = list(dict.fromkeys(who for who, _ in heard))
        async with self._turn(incident_id):
            for _ in range(TRIES):
                before = await self._shown.get(incident_id)
                after = steps.with_joined(before, people, min(at for _, at in heard))
                if after is None:
                    return
                if await self._kept.save(after, before.version):
                    await self._shown.tell_soon(after)
                    return

    def _changed(self, before: Touched | None, after: Incident, who: str) -> Changed:
        return Changed(after, before if steps.overridden(before, who, self._clock()) else None)

    async def _steer(
        self, incident_id: str, who: str, act: str, step: Callable[[Incident], Incident], detail: str = ""
    ) -> tuple[Incident, Incident]:
        """A change that takes the opener, the owner or somebody with a role; it is audited."""
        await self._roles.may_steer(who, await self._shown.get(incident_id), act)
        before, after = await self._change(incident_id, step)
        await self._audit.wrote(who, act, incident_id, detail=detail or after.untold[-1].now)
        return before, after

    async def _change(
        self, incident_id: str, step: Callable[[Incident], Incident]
    ) -> tuple[Incident, Incident]:  # fmt: skip
        # One after the other within this process, so that the thread has the order in which people spoke.
        async with self._turn(incident_id):
            for _ in range(TRIES):
                before = await self._shown.get(incident_id)
                after = step(before)
                if after is before:
                    return before, after
                if await self._kept.save(after, before.version):
                    await self._shown.tell_soon(after)
                    return before, after
        raise ConflictError(f"{incident_id} is being changed by many people at once.", "Try again.")

    def _turn(self, incident_id: str) -> asyncio.Lock:
        return self._turns.setdefault(incident_id, asyncio.Lock())
