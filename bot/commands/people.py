"""People and user groups that a command names."""

import re
from dataclasses import dataclass

from bot.commands.words import Word, shown

REMEDY = "Type @ and pick the name from the list that opens, so that Slack makes it a mention."

# https://docs.slack.dev/messaging/formatting-message-text#mentioning-users and #mentioning-groups
_PERSON = re.compile(r"<@([UW][A-Z0-9]{1,20})(?:\|[^<>]*)?>[,;:]?")
_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]{1,20})(?:\|[^<>]*)?>[,;:]?")


@dataclass(frozen=True)
class Who:
    """Somebody whom Slack knows: a person's id (`U…`, `W…`) or a user group's (`S…`)."""

    id: str
    is_group: bool = False


def who(word: Word) -> Who:
    """The person or group that the word mentions, else WordError."""
    found = mentioned(word)
    if found:
        return found
    if word.text.startswith("@"):
        raise word.wrong(f"Slack does not know who {shown(word.text)} is.", REMEDY)
    raise word.wrong(f"{shown(word.text)} is not a mention.", REMEDY)


def mentioned(word: Word) -> Who | None:
    """The person or group that the word mentions, or None."""
    if word.quoted:
        return None
    person = _PERSON.fullmatch(word.text)
    if person:
        return Who(person[1])
    group = _GROUP.fullmatch(word.text)
    return Who(group[1], is_group=True) if group else None
