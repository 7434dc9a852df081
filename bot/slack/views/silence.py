"""What people read of silences: the list, the answers, and what owners are told."""

from slack_sdk.models.blocks import Block

from bot.domain.clock import spelled
from bot.domain.silence import Remote, Silence, said
from bot.domain.silence_desk import Listing, Made
from bot.domain.wording import so_many
from bot.slack.mrkdwn import Mrkdwn, ago, both, local, mrkdwn, person
from bot.slack.views.parts import Message, brief, context, paragraphs, section
from bot.slack.views.parts import said as one_paragraph

MATCHERS_SHOWN = 300
REASON_SHOWN = 300
LISTED = 20


def asking() -> Message:
    """While Alertmanager is asked."""
    return one_paragraph(Mrkdwn("Asking Alertmanager…"))


def made(done: Made) -> Message:
    """The answer to whoever silenced something."""
    silence = done.silence
    verb = "now lasts" if done.is_longer else "is silenced"
    name = mrkdwn("{} ({})", _matchers(silence), silence.id) if not done.is_longer else mrkdwn("{}", silence.id)
    text = mrkdwn("{} {} until {}.", name, verb, both(silence.ends_at))
    if silence.trouble:
        text = mrkdwn(
            "{} is recorded until {}, but not in force yet. {} It is made as soon as Alertmanager takes it; "
            "`/ops silence expire {}` takes it back.",
            silence.id, both(silence.ends_at), silence.trouble, silence.id,
        )  # fmt: skip
    return one_paragraph(text)


def expired(done: Made) -> Message:
    """The answer to whoever ended one."""
    silence = done.silence
    if silence.trouble:
        return one_paragraph(
            mrkdwn("{} is to end, but Alertmanager has not done it yet. {} It is tried again.", silence.id,
                   silence.trouble)
        )  # fmt: skip
    return one_paragraph(mrkdwn("{} is over: {} is heard again.", silence.id, _matchers(silence)))


def listed(listing: Listing) -> Message:
    """`/ops silence list`: the bot's own ones first."""
    count = len(listing.ours) + len(listing.others)
    text = mrkdwn("{} in force.", so_many(count, "silence")) if count else Mrkdwn("Nothing is silenced.")
    lines = [_line(silence) for silence in listing.ours[:LISTED]]
    lines += [_other(remote) for remote in listing.others[: LISTED - len(lines)]]
    if count > len(lines):
        lines.append(mrkdwn("… and {} more", count - len(lines)))
    blocks: list[Block] = [section(text), *paragraphs(lines)]
    if listing.trouble:
        blocks.append(context(mrkdwn("What was made in Alertmanager itself is not in this list. {}", listing.trouble)))
    return Message(text, tuple(blocks))


def _line(silence: Silence) -> Mrkdwn:
    about = f" for {silence.subject}" if silence.subject else ""
    trouble = mrkdwn(" :warning: Not in force: {}", silence.trouble) if silence.trouble else Mrkdwn("")
    return mrkdwn(
        "• *{}* {} until {}, by {}{}: {}{}",
        silence.id, _matchers(silence), local(silence.ends_at), person(silence.owner), about,
        brief(silence.reason, REASON_SHOWN), trouble,
    )  # fmt: skip


def _other(remote: Remote) -> Mrkdwn:
    return mrkdwn(
        "• {} until {}, made in Alertmanager by {}: {} (it is ended there)",
        brief(said(remote.matchers), MATCHERS_SHOWN), local(remote.ends_at),
        brief(remote.created_by or "nobody named", 100), brief(remote.comment, REASON_SHOWN),
    )  # fmt: skip


def _matchers(silence: Silence) -> Mrkdwn:
    return brief(said(silence.matchers), MATCHERS_SHOWN)


def ends_soon(silence: Silence) -> Message:
    """To the owner, a quarter of an hour before the end."""
    if silence.is_windows:
        return one_paragraph(
            mrkdwn(
                "The silence {} of {} ends at {}: {} is under way a day beyond its planned end. "
                "`/maintenance extend` prolongs both, `/maintenance end` ends both.",
                silence.id, _matchers(silence), both(silence.ends_at), silence.subject,
            )
        )  # fmt: skip
    return one_paragraph(
        mrkdwn(
            "Your silence {} of {} ends at {}. To prolong it, say it again with a longer time in the ops channel.",
            silence.id, _matchers(silence), both(silence.ends_at),
        )
    )  # fmt: skip


def expired_elsewhere(silence: Silence) -> Message:
    """To the owner: somebody ended it in Alertmanager, which is respected."""
    return one_paragraph(
        mrkdwn(
            "Somebody ended your silence {} of {} in Alertmanager, before its time ({}). It stays ended.",
            silence.id, _matchers(silence), both(silence.ends_at),
        )
    )  # fmt: skip


def is_old(remote: Remote, silence: Silence | None) -> Message:
    """Once a week of one that holds for longer than a day."""
    whose = mrkdwn("Your silence {}", silence.id) if silence else Mrkdwn("A silence in Alertmanager")
    by = Mrkdwn("") if silence else mrkdwn(" by {}", brief(remote.created_by or "nobody named", 100))
    length = spelled(remote.ends_at - remote.starts_at)
    return one_paragraph(
        mrkdwn(
            "{} of {}{} holds since {} and until {} ({} in all){}. Is it still needed?",
            whose, brief(said(remote.matchers), MATCHERS_SHOWN), by, ago(remote.starts_at), both(remote.ends_at),
            length, mrkdwn(": {}", brief(remote.comment, REASON_SHOWN)) if remote.comment else "",
        )
    )  # fmt: skip
