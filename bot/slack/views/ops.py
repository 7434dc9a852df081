"""What /ops and all the small answers look like: help, roles, the audit trail, errors, pointers."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.domain.audit import SYSTEM, AuditEntry
from bot.domain.role import Holder, Role
from bot.errors import ConflictError, RefusedError, UserError, WordError
from bot.slack.mrkdwn import Mrkdwn, channel, joined, local, mrkdwn, person
from bot.slack.views.parts import Message, context, said, section, short

WORDS_SHOWN = 200


def help_page(title: str, summary: str, lines: Sequence[tuple[str, str]]) -> Message:
    """A command's help: each way to use it with what it does."""
    rows = [mrkdwn("`{}`  {}", usage, says) for usage, says in lines]
    blocks: list[Block] = [section(mrkdwn("*{}*  {}", title, summary))]
    blocks += [section(joined("\n", rows[i : i + 12])) for i in range(0, len(rows), 12)]
    blocks.append(context(Mrkdwn("In an incident's thread the same words work after a mention of the bot.")))
    return Message(mrkdwn("Help for {}: {}", title, summary), tuple(blocks))


def complaint(error: UserError) -> Message:
    """A person's mistake, or another's act in between: what, where, and the remedy."""
    problem = mrkdwn("{}", error.problem)
    if isinstance(error, ConflictError) and error.by:
        problem = mrkdwn("{}, by {}.", error.problem.rstrip("."), person(error.by))
    lines = [problem]
    if isinstance(error, RefusedError) and error.may:
        lines.append(mrkdwn("Who may: {}", joined(", ", [person(who) for who in error.may[:10]])))
    if isinstance(error, WordError) and error.end > error.start:
        lines.append(_pointed(error))
    if error.remedy:
        lines.append(mrkdwn("{}", error.remedy))
    return said(joined("\n", lines))


def _pointed(error: WordError) -> Mrkdwn:
    before, word, after = error.text[: error.start], error.text[error.start : error.end], error.text[error.end :]
    lead = "…" + before[-40:] if len(before) > 40 else before
    tail = after[:40] + "…" if len(after) > 40 else after
    return mrkdwn("> {}*{}*{}", lead, short(word, WORDS_SHOWN), tail)


def unexpected(reference: str) -> Message:
    """A fault of the bot's: the reference is in its log too."""
    return said(
        mrkdwn(
            "Something went wrong in the bot, and the act may not be done. Look before you repeat it. "
            "Whoever runs the bot finds it in the log under `{}`.",
            reference,
        )
    )


def elsewhere(ops_channel: str, name: str) -> Message:
    """A change that was asked for outside the ops channel."""
    where = channel(ops_channel) if ops_channel else mrkdwn("{}", name)
    return said(mrkdwn("Nothing was changed: changes are made in {}, where everybody sees them.", where))


def stale() -> Message:
    """A button or menu that the bot does not know any more."""
    return said(
        Mrkdwn("This button belongs to an older version of the bot. Nothing was changed; type the command instead.")
    )


def unknown_command(name: str) -> Message:
    """A command that the app has in Slack but the bot does not know."""
    return said(mrkdwn("The bot does not know {} (yet). `/ops help` lists what it does.", name))


def roles(holders: Sequence[Holder]) -> Message:
    """Who has which role."""
    lines = [
        mrkdwn(
            "*{}*: {}, backup {}. {}.",
            holder.role,
            person(holder.owner) if holder.owner else "to be assigned",
            person(holder.backup) if holder.backup else "nobody",
            holder.role.duties[0].upper() + holder.role.duties[1:],
        )
        for holder in holders
    ]
    assigned = sum(bool(holder.owner) for holder in holders)
    return Message(mrkdwn("{} of {} roles are assigned.", assigned, len(holders)), (section(joined("\n", lines)),))


def assigned(holder: Holder) -> Message:
    """A role was handed over."""
    backup = person(holder.backup) if holder.backup else Mrkdwn("nobody")
    return said(mrkdwn("{} is now {}, backup {}.", holder.role, person(holder.owner), backup))


def whoami(who: str, his_roles: Sequence[Role], *, is_admin: bool) -> Message:
    """What the bot knows of the person who asks."""
    names = ", ".join(his_roles) or "no role"
    admin = " You may hand out roles." if is_admin else ""
    return said(mrkdwn("You are {} ({}) with {}.{}", person(who), who, names, admin))


def audit(entries: Sequence[AuditEntry]) -> Message:
    """The newest entries of the trail."""
    if not entries:
        return said(Mrkdwn("The audit trail is empty."))
    lines = [
        mrkdwn(
            "{} {}: {} {}, {}{}",
            local(entry.at),
            "the bot" if entry.who == SYSTEM else person(entry.who),
            entry.act,
            entry.subject,
            entry.outcome,
            f" ({short(entry.detail, 120)})" if entry.detail else "",
        )
        for entry in entries
    ]
    blocks = tuple(section(joined("\n", lines[i : i + 8])) for i in range(0, len(lines), 8))
    return Message(mrkdwn("The newest {} entries of the audit trail.", len(entries)), blocks)
