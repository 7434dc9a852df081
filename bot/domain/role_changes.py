"""Hands roles over and takes them away; all concerned are told once. Groups and rotations stand for who is in them."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.clock import Clock
from bot.domain.outbox import UndeliveredError
from bot.domain.role import Group, Holder, Role, RoleDesk
from bot.domain.rotation import Turn
from bot.errors import ConflictError, UserError

TRIES = 20  # of a change that others keep overtaking
FRESH = timedelta(minutes=1)  # how long the members of a group are not asked for again
PATIENCE = 1.5  # seconds that a permission waits for Slack; then the members last known count
LEFT_BEHIND = timedelta(seconds=15)  # a change untold for so long was left by a bot that died


@dataclass(frozen=True)
class Change:
    """One hand-over of a role by `by`; `after.version` numbers it."""

    by: str
    at: datetime
    before: Holder
    after: Holder

    @property
    def concerned(self) -> tuple[str, ...]:
        """All who have or had the role, the one who changed it apart."""
        turns = (*(self.before.rotation.people if self.before.rotation else ()),)
        turns += (*(self.after.rotation.people if self.after.rotation else ()),)
        everybody = (*self.before.people, *self.after.people, *turns)
        return tuple(dict.fromkeys(who for who in everybody if who != self.by))


@dataclass(frozen=True)
class Handed:
    """What became of an order: who has the role now, and whether that is new."""

    holder: Holder
    is_new: bool


class RoleRecords(Protocol):
    """Where it is kept who has which role. Each method raises StoreAwayError when MongoDB is away."""

    async def holders(self) -> list[Holder]:
        """All three roles as they were handed out, in order: `owner` of a rotation is empty."""

    async def save(self, change: Change) -> bool:
        """Keeps a change and that it is to be told; False if the version is not the one before any more."""

    async def with_untold(self) -> tuple[list[Holder], list[Change]]:
        """The same, and the changes that were not told yet."""

    async def told(self, change: Change) -> None:
        """Forgets that it is to be told."""

    async def went_round(self, role: Role, since: datetime) -> bool:
        """Keeps that the turn which began then was handed over; False if another bot kept it before."""


class Groups(Protocol):
    """The user groups of the workspace."""

    async def members(self, group_id: str) -> tuple[str, ...]:
        """Who is in it. Raises UserError where Slack does not tell, or has no groups on this plan."""


class RoleVoice(Protocol):
    """Tells people of their roles in a direct message, each once; bots and people who left are told nothing."""

    async def changed(self, who: str, change: Change) -> None:
        """Tells one of those concerned. Raises UndeliveredError when Slack cannot be asked, StoreAwayError."""

    async def your_turn(self, who: str, role: Role, turn: Turn) -> None:
        """Tells whoever takes over; the channel, if they have left. Raises as `changed`."""

    async def turn_over(self, who: str, role: Role, turn: Turn) -> None:
        """Tells whoever had it until this turn. Raises as `changed`."""


class RolesNow:
    """Implements bot.domain.role.Roles: the record with turns and members filled in."""

    def __init__(self, records: RoleRecords, groups: Groups, clock: Clock) -> None:
        self._records = records
        self._groups = groups
        self._clock = clock
        self._known: dict[str, tuple[datetime, Group]] = {}

    async def holders(self) -> list[Holder]:
        """See Roles.holders. Raises StoreAwayError."""
        return [await self.now(holder, self._clock()) for holder in await self._records.holders()]

    async def now(self, holder: Holder, moment: datetime) -> Holder:
        """Who has the role at a moment."""
        turn = holder.turn(moment)
        if turn is not None:
            holder = replace(holder, owner=turn.who)
        owners, backups = await self._fresh(holder.owner_group), await self._fresh(holder.backup_group)
        return replace(
            holder,
            owner=holder.owner or next(iter(owners.members if owners else ()), ""),
            backup=holder.backup or next(iter(backups.members if backups else ()), ""),
            owner_group=owners,
            backup_group=backups,
        )

    async def _fresh(self, group: Group | None) -> Group | None:
        if group is None:
            return None
        at, known = self._known.get(group.id, (None, group))
        if at is None or not timedelta(0) <= self._clock() - at < FRESH:
            with suppress(UserError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    known = Group(group.id, await self._groups.members(group.id))
            self._known[group.id] = (self._clock(), known)
        return known


class RoleChanges:
    """Changes who has which role."""

    def __init__(
        self, records: RoleRecords, groups: Groups, roles: RoleDesk, voice: RoleVoice, audit: AuditDesk, clock: Clock
    ) -> None:  # fmt: skip
        self._records = records
        self._now = RolesNow(records, groups, clock)
        self._roles = roles
        self._voice = voice
        self._audit = audit
        self._clock = clock
        self._heard: set[tuple[Role, datetime]] = set()

    async def assign(self, who: str, wanted: Holder) -> Handed:
        """Hands a role to a person, a group, a rotation or nobody. Raises RefusedError, UserError, StoreAwayError."""
        return await self._hand_out(who, wanted.role, lambda _: wanted)

    async def back_up(self, who: str, role: Role, backup: str, group: Group | None) -> Handed:
        """Gives a role another backup, or none; its owner stays. Raises as `assign`."""
        return await self._hand_out(who, role, lambda known: replace(known, backup=backup, backup_group=group))

    async def _hand_out(self, who: str, role: Role, wanted: Callable[[Holder], Holder]) -> Handed:
        at = self._clock()
        await self._roles.may_hand_out(who, role)
        for _ in range(TRIES):
            known = next(holder for holder in await self._records.holders() if holder.role is role)
            before = await self._now.now(known, at)
            after = _settled(wanted(known), known, before, at)
            if after == known:
                return Handed(before, is_new=False)
            await self._must_make_sense(after, at)
            change = Change(who, at, before, replace(after, version=known.version + 1))
            if await self._records.save(change):
                break
        else:
            raise ConflictError("This role is being changed by many people at once.", "Try again.")
        await self._audit.wrote(who, "role", role, Outcome.DONE, detail(change.after))
        with suppress(UndeliveredError):  # told later
            await self._tell(change)
        return Handed(await self._now.now(change.after, at), is_new=True)

    async def _must_make_sense(self, after: Holder, at: datetime) -> None:
        now = await self._now.now(after, at)
        if now.backups and not (now.is_assigned or now.rotation):
            raise UserError("A role without an owner has no backup.", f"Write `role {after.role} @ann backup @bob`.")
        if after.rotation is None and now.owners and set(now.owners) == set(now.backups):
            raise UserError("Owner and backup are the same.", "Name two people, or leave the backup out.")
        if after.role is Role.TECH_LEAD and not now.is_assigned and not self._roles.has_admins:
            problem = "Then nobody could hand out roles: the settings name no admin of the bot."
            raise UserError(problem, f"Hand it to somebody else: `/ops role {after.role} @who`.")

    async def tick(self) -> None:
        """Tells what a bot that died changed and did not tell, and whose turn has begun. Raises StoreAwayError."""
        now = self._clock()
        holders, untold = await self._records.with_untold()
        for change in (one for one in untold if one.at < now - LEFT_BEHIND):
            with suppress(UndeliveredError):
                await self._tell(change)
        await self._hand_over(holders, now)

    async def _tell(self, change: Change) -> None:
        for who in change.concerned:
            await self._voice.changed(who, change)
        await self._records.told(change)

    async def _hand_over(self, holders: Sequence[Holder], now: datetime) -> None:
        """Audits each turn that has begun, and tells whose it is and was: once among all bots, however late."""
        for holder in holders:
            turn = holder.turn(now)
            if turn is None or turn.since is None or (holder.role, turn.since) in self._heard:
                continue
            if holder.rotation and holder.rotation.made_at and turn.since <= holder.rotation.made_at:
                continue  # it is told with the rotation
            had_it = holder.turn(turn.since - timedelta(seconds=1))
            if had_it is not None and had_it.who != turn.who:
                await self._audit_turn(holder.role, had_it.who, turn, turn.since)
            with suppress(UndeliveredError):
                await self._voice.your_turn(turn.who, holder.role, turn)
                if had_it is not None and had_it.who != turn.who:
                    await self._voice.turn_over(had_it.who, holder.role, turn)
                self._heard.add((holder.role, turn.since))

    async def _audit_turn(self, role: Role, had_it: str, turn: Turn, since: datetime) -> None:
        if await self._records.went_round(role, since):
            passed = f"from {had_it} to {turn.who}, {since:%Y-%m-%d %H:%M} to {turn.until:%Y-%m-%d %H:%M} UTC"
            await self._audit.wrote(SYSTEM, "hand over", role, Outcome.DONE, passed)


def _settled(wanted: Holder, known: Holder, before: Holder, at: datetime) -> Holder:
    """What would be kept of it, at the version that is there: equal to `known` where nothing would change."""
    after = replace(wanted, version=known.version)
    if after.rotation is None:
        return after
    was = known.rotation
    rotation = replace(after.rotation, before=was.before if was else "", made_at=was.made_at if was else None)
    if rotation != known.rotation:  # until it begins, whoever has the role now keeps it
        rotation = replace(rotation, before=before.owner, made_at=at)
    return replace(after, owner="", owner_group=None, rotation=rotation)


def detail(holder: Holder) -> str:
    """Who has it now, for the audit trail."""
    backup = _named(holder.backup, holder.backup_group)
    if holder.rotation is None:
        return f"owner {_named(holder.owner, holder.owner_group)}, backup {backup}"
    people: Sequence[str] = holder.rotation.people
    begins = f"{holder.rotation.begins:%Y-%m-%d %H:%M} UTC"
    return f"{holder.rotation.every} from {begins}: {', '.join(people)}, backup {backup}"


def _named(person: str, group: Group | None) -> str:
    return f"group {group.id}" if group else person or "nobody"
