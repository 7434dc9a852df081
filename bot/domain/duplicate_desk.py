"""Tells originals of their duplicates, from the duplicates' untold acts: whoever tells those finds what a bot that died
has left."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock
from bot.domain.duplicate import circle, first_of, left_open, original_of, told_of
from bot.domain.incident import Deed, Incident
from bot.errors import ConflictError, NotFoundError, UserError


class Kept(Protocol):
    """Where incidents are kept, as far as duplicates need it."""

    async def get(self, incident_id: str) -> Incident | None:
        """The one with this ID. Raises StoreAwayError."""

    async def save(self, incident: Incident, was: int) -> bool:
        """Keeps a change; False if the stored version is not `was` any more. Raises StoreAwayError."""


class Shown(Protocol):
    """Finds incidents, and tells what was done to them."""

    async def get(self, incident_id: str) -> Incident:
        """The incident with this whole ID. Raises NotFoundError."""

    async def tell_soon(self, incident: Incident) -> None:
        """Tells its untold acts; later, if MongoDB is away by now."""


class DuplicateDesk:
    """What an incident's closing as a duplicate, or its reopening, means for others.

    It takes no turns: this is called within the turn of the duplicate, and two may be duplicates of each other.
    """

    def __init__(self, kept: Kept, shown: Shown, audit: AuditDesk, clock: Clock) -> None:
        self._kept = kept
        self._shown = shown
        self._audit = audit
        self._clock = clock

    async def turned(self, incident: Incident) -> None:
        """Tells the originals of its untold acts, each once. Raises StoreAwayError; then it is called again."""
        for act in incident.untold:
            original_id = original_of(act)
            if not original_id:
                continue
            if act.deed is Deed.CLOSED:
                await self._leave_one_open(incident)
            with suppress(NotFoundError):  # there is nobody to tell
                await self._change(original_id, partial(told_of, duplicate=incident, act=act))

    async def _leave_one_open(self, incident: Incident) -> None:
        """Whoever closes the last of a circle sees all of them closed."""
        chain: list[Incident] = []
        known = await self._kept.get(incident.id)
        while known is not None and known.duplicate_of and known.id not in {one.id for one in chain}:
            chain.append(known)
            known = await self._kept.get(known.duplicate_of)
        around = circle(chain)
        if not around:
            return
        first = first_of(around)
        with suppress(ConflictError, NotFoundError):  # mended by whoever closed another of them
            after = await self._change(first.id, lambda known: left_open(known, around, self._clock()))
            await self._audit.wrote(SYSTEM, "reopen", first.id, detail=after.untold[-1].text)

    async def _change(self, incident_id: str, step: Callable[[Incident], Incident]) -> Incident:
        while True:  # whoever overtakes this has come further
            before = await self._shown.get(incident_id)
            after = step(before)
            if after is before:
                return before
            if await self._kept.save(after, before.version):
                with suppress(UserError):  # Slack refuses its card: it is told like any that was left behind
                    await self._shown.tell_soon(after)
                return after
