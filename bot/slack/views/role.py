"""What roles look like: who has which, who has it now and next, and what people are told of their own."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.domain.role import Group, Holder, Role
from bot.domain.role_changes import Change, Handed
from bot.domain.rotation import Turn
from bot.slack.mrkdwn import Mrkdwn, both, joined, mrkdwn, person
from bot.slack.views.parts import Message, paragraphs, said, section

NAMED = 10  # people of a group or a rotation who are named


def roles(holders: Sequence[Holder], gone: str, now: datetime) -> Message:
    """Who has which role; `gone` says which of them have left the workspace."""
    assigned = sum(holder.is_assigned for holder in holders)
    verb = "is" if assigned == 1 else "are"
    blocks = lines(holders, now)
    if gone:
        remedy = "Hand the role to somebody else: `/ops role ROLE @who backup @who`."
        blocks.append(section(mrkdwn("{} {}", gone, remedy)))
    text = mrkdwn("{} of {} roles {} assigned.{}", assigned, len(holders), verb, f" {gone}" if gone else "")
    return Message(text, tuple(blocks))


def lines(holders: Sequence[Holder], now: datetime) -> list[Block]:
    """A line for each role: who has it, and what it is for."""
    return paragraphs(
        [
            mrkdwn("{} {}.", line(holder, now), holder.role.duties[0].upper() + holder.role.duties[1:])
            for holder in holders
        ]
    )


def line(holder: Holder, now: datetime) -> Mrkdwn:
    """Who has a role."""
    return mrkdwn("*{}*: {}, backup {}.", holder.role, owner(holder, now), backup(holder))


def owner(holder: Holder, now: datetime) -> Mrkdwn:
    """Who has it now; of a rotation, until when and who is next."""
    turn = holder.turn(now)
    if turn is None:
        return _party(holder.owner, holder.owner_group) or Mrkdwn("to be assigned")
    return mrkdwn("{} until {}, then {}", person(turn.who), both(turn.until), person(turn.then))


def backup(holder: Holder) -> Mrkdwn:
    """Who stands in."""
    return _party(holder.backup, holder.backup_group) or Mrkdwn("nobody")


def _party(who: str, group: Group | None) -> Mrkdwn:
    if group is None:
        return person(who) if who else Mrkdwn("")
    if not group.members:
        return Mrkdwn("a user group with nobody in it")
    # By its people: a mention of the group would call all of them.
    return mrkdwn("a user group ({})", _people(group.members))


def _people(people: Sequence[str]) -> Mrkdwn:
    more = len(people) - NAMED
    named = joined(", ", [person(who) for who in people[:NAMED]])
    return mrkdwn("{} and {} more", named, more) if more > 0 else named


def assigned(handed: Handed, now: datetime) -> Message:
    """The answer to whoever handed a role over, or took it away."""
    holder = handed.holder
    if not handed.is_new:
        text = "Nothing was changed: {} is already {}, backup {}."
        return said(mrkdwn(text, holder.role, owner(holder, now), backup(holder)))
    if holder.rotation is None:
        return said(mrkdwn("{} is now {}, backup {}.", holder.role, owner(holder, now), backup(holder)))
    rotation = holder.rotation
    return said(
        mrkdwn(
            "{} now goes round {} from {}: {}. It is {}, backup {}.",
            holder.role,
            rotation.every,
            both(rotation.begins),
            _people(rotation.people),
            owner(holder, now),
            backup(holder),
        )
    )


def changed(who: str, change: Change) -> Message:
    """What one of those concerned by a change is told."""
    role, before, after = change.after.role, change.before, change.after
    parts = [mrkdwn("{} changed who has the role {}.", person(change.by), role)]
    if after.rotation is not None and who in after.rotation.people:
        parts.append(mrkdwn("You are in its rotation, {} from {}.", after.rotation.every, both(after.rotation.begins)))
    elif who in after.owners:
        text = "It is still yours: {}." if who in before.owners and before.rotation is None else "It is yours now: {}."
        parts.append(mrkdwn(text, role.duties))
    elif who in after.backups:
        parts.append(mrkdwn("You are its backup now: {}.", role.duties))
    elif after.rotation is not None and who == after.rotation.before:
        parts.append(mrkdwn("It is yours until {}.", both(after.rotation.begins)))
    elif who in before.backups and who not in before.owners:
        parts.append(Mrkdwn("You are its backup no longer."))
    else:
        parts.append(Mrkdwn("You have it no longer."))
    parts.append(mrkdwn("It is now {}, backup {}. `/ops roles` shows all.", owner(after, change.at), backup(after)))
    return said(joined(" ", parts))


def your_turn(role: Role, turn: Turn) -> Message:
    """What somebody is told whose turn has begun."""
    return said(mrkdwn("You have the role {} until {}; then {} takes over.", role, both(turn.until), person(turn.then)))


def turn_over(role: Role, turn: Turn) -> Message:
    """What somebody is told whose turn is over."""
    return said(
        mrkdwn("Your turn with the role {} is over: {} has it until {}.", role, person(turn.who), both(turn.until))
    )


def nobody_there(who: str, role: Role, turn: Turn) -> Message:
    """The channel is told that whoever has the role now cannot be reached."""
    return said(
        mrkdwn(
            "The role {} went round to {}, who is not in this workspace any more, until {}. "
            "Hand it to somebody: `/ops role {} @who`.",
            role,
            person(who),
            both(turn.until),
            role,
        )
    )
