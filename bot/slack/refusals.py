"""Slack's answers to a message it does not take: which of them heal, and how they are told."""

from bot.domain.outbox import STALE, UndeliveredError

# Answers that people can mend, by inviting the bot, opening the channel again, giving it its rights back, or that pass.
HEALABLE = frozenset(
    {
        "not_in_channel", "channel_not_found", "is_archived", "restricted_action", "access_denied",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel",
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope",
        "no_permission", "org_login_required", "ekm_access_denied", "team_access_not_granted",
        "accesslimited", "enterprise_is_restricted", "is_inactive", "message_limit_exceeded",
        "external_channel_migrating",
    }
)  # fmt: skip


def undelivered(reason: str, *, is_kept: bool) -> UndeliveredError:
    """The error for who waits: Slack answered `reason`, and the letter is in MongoDB or nowhere."""
    if reason in (STALE, ""):
        return UndeliveredError(STALE, "Slack did not take the message in time.", "It is not posted any more.")
    if not is_kept:
        remedy = (
            "MongoDB does not answer either, so it is kept nowhere: tell people yourself, and whoever runs the bot."
        )
    elif reason in HEALABLE:
        remedy = "The record is kept, and the bot tries again now and then; tell whoever runs the bot."
    else:
        remedy = "The record is kept; tell whoever runs the bot."
    return UndeliveredError(reason, f"Slack does not take the message: {reason}.", remedy)


def failed() -> UndeliveredError:
    """The error for who waits when the bot itself failed."""
    return UndeliveredError("failed", "The message could not be posted.", "Tell whoever runs the bot; the log has why.")
