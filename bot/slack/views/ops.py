"""What /ops and all the small answers look like: help, roles, the audit trail, errors, pointers."""

import re
from collections.abc import Sequence
from dataclasses import replace

from slack_sdk.models.blocks import Block

from bot.domain.audit import SYSTEM, AuditEntry, Verified
from bot.domain.audit_chain import BROKEN, sentence
from bot.domain.role import Role
from bot.errors import ConflictError, RefusedError, UserError, WordError
from bot.slack.mrkdwn import Mrkdwn, channel, escape, groups_written, joined, local, mrkdwn, person, plain
from bot.slack.views.parts import (
    MAX_SECTION,
    Message,
    brief,
    context,
    fitting,
    paragraphs,
    quoted,
    said,
    section,
    short,
)

WORDS_SHOWN = 100
GIVEN_BACK = 9_000  # characters of the texts that were refused; Slack takes some 13,200 in one message
_NAMING = ("role", "assign", "assign item", "escalate")  # acts whose details are people

_MENTION = re.compile(r"<@([UW][A-Z0-9]{1,20})>")


def help_page(title: str, summary: str, lines: Sequence[tuple[str, str]], *, is_overview: bool = False) -> Message:
    """A command's help: each way to use it with what it does; or the overview, a line for each command."""
    blocks: list[Block] = [section(mrkdwn("*{}*  {}", title, summary))]
    blocks += paragraphs([mrkdwn("`{}`  {}", usage, says) for usage, says in lines])
    more = "`/incident help` tells all of `/incident`, and so on. " if is_overview else ""
    blocks.append(
        context(Mrkdwn(f"{more}Slack has no slash commands in threads: there, mention the bot with the same words."))
    )
    return Message(mrkdwn("This is the help for {}. {}", title, summary), tuple(blocks))


def complaint(error: UserError) -> Message:
    """A person's mistake, or another's act in between: what, where, and the remedy."""
    problem = _readable(error.problem)
    if isinstance(error, ConflictError) and error.by:
        problem = mrkdwn("{}, by {}.", Mrkdwn(problem.rstrip(".")), person(error.by))
    lines = [problem]
    if isinstance(error, RefusedError) and error.may:
        lines.append(mrkdwn("Who may: {}", joined(", ", [person(who) for who in error.may[:10]])))
    if isinstance(error, WordError) and plain(error.text[error.start : error.end]).strip():
        lines.append(_pointed(error))
    if error.remedy:
        lines.append(mrkdwn("{}", error.remedy))
    return said(joined("\n", lines))


def giving_back(message: Message, words: Sequence[str]) -> Message:
    """A refusal with what the person wrote."""
    room, blocks = GIVEN_BACK, [*message.blocks, section(Mrkdwn("What you wrote, to be used again:"))]
    for part in (one[at : at + MAX_SECTION] for one in words for at in range(0, len(one), MAX_SECTION)):
        if room > 0:
            blocks.append(quoted(short(part, room)))
            room -= len(part)
    return replace(message, blocks=tuple(blocks))


def _pointed(error: WordError) -> Mrkdwn:
    places = ((0, error.start), (error.start, error.end), (error.end, None))
    # In one line, since a line break ends a quotation.
    before, word, after = (re.sub(r"\s+", " ", error.text[start:end]) for start, end in places)
    lead = "…" + before[-40:] if len(before) > 40 else before
    tail = after[:40] + "…" if len(after) > 40 else after
    return mrkdwn("> {}*{}*{}", _readable(lead), _readable(short(word, WORDS_SHOWN)), _readable(tail))


def _readable(text: str) -> Mrkdwn:
    """A person's words with the mentions in them as names: the answer is theirs alone, and calls nobody."""
    parts = _MENTION.split(groups_written(text))
    return joined("", [person(part) if number % 2 else escape(part) for number, part in enumerate(parts)])


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
    """A button, form or menu entry that the bot does not know any more."""
    return said(
        Mrkdwn("That belongs to another version of the bot, so nothing was changed. `/ops help` lists what to type.")
    )


def unknown_command(name: str) -> Message:
    """A command that the app has in Slack but the bot does not know."""
    return said(mrkdwn("The bot does not know `{}`. `/ops help` lists what it does.", name))


def whoami(who: str, his_roles: Sequence[Role], *, may_assign: bool) -> Message:
    """What the bot knows of the person who asks."""
    what = f"Your role is {his_roles[0]}" if len(his_roles) == 1 else f"Your roles are {' and '.join(his_roles)}"
    rights = " You may hand out roles." if may_assign else ""
    return said(mrkdwn("You are {} ({}). {}.{}", person(who), who, what if his_roles else "You have no role", rights))


def verifying() -> Message:
    """While the chain is read."""
    return said(Mrkdwn("Reading the audit trail from end to end; that takes a few seconds…"))


def audit(entries: Sequence[AuditEntry], chain: Verified) -> Message:
    """The newest entries of the trail, and whether the chain is whole."""
    return fitting(lambda room: _audit(entries, chain, room), (100, 40, 10))


def _audit(entries: Sequence[AuditEntry], chain: Verified, room: int) -> Message:
    broken = mrkdwn("*The chain is broken*: {}. {}", chain.broken, BROKEN) if chain.broken else None
    if not entries:
        return said(broken or Mrkdwn("The audit trail is empty."))
    lines = [
        mrkdwn(
            "{} {}{}: {} {}, {}{}",
            local(entry.at),
            "the bot" if entry.who == SYSTEM else person(entry.who),
            f" ({entry.via})" if entry.via and entry.who != SYSTEM else "",
            entry.act,
            entry.subject,
            entry.outcome,
            mrkdwn(" ({})", _detail(entry, room)) if entry.detail else "",
        )
        for entry in entries
    ]
    count = "The newest entry" if len(entries) == 1 else f"The newest {len(entries)} entries"
    if broken:
        return Message(
            mrkdwn("{} of the audit trail, which was tampered with.", count), (section(broken), *paragraphs(lines))
        )
    waiting = mrkdwn(" Not in MongoDB yet: {}.", chain.waiting) if chain.waiting else ""
    state = mrkdwn("{}.{}", sentence(chain), waiting)
    return Message(mrkdwn("{} of the audit trail.", count), (*paragraphs(lines), context(state)))


def _detail(entry: AuditEntry, room: int) -> Mrkdwn:
    if entry.act not in _NAMING:
        return brief(entry.detail, room)
    return joined(" ", [person(word.rstrip(",")) + word[len(word.rstrip(",")) :] for word in entry.detail.split()])
