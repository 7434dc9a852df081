"""Who somebody is to this workspace: a full member, or one of those who may look at a channel and change nothing."""

from enum import StrEnum


class Standing(StrEnum):
    """What Slack says of an account; of whom it says nothing counts as a member."""

    MEMBER = "member"
    GUEST = "guest"
    FOREIGN = "foreign"  # of another workspace, in a channel that both share (Slack Connect)
    BOT = "bot"
    LEFT = "left"
    UNKNOWN = "unknown"  # Slack knows no such account


MERE_VISITORS = frozenset({Standing.GUEST, Standing.FOREIGN, Standing.BOT})
