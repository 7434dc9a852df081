"""The only place where text becomes Slack's mrkdwn: escaped once, on the way out.

`Mrkdwn` is a string that is safe to send. `mrkdwn(template, ...)` fills a template of ours and escapes every value that
is not yet `Mrkdwn`, so that nothing a person, an alert or a model wrote can mention or link its way out.
Source of the rule: https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import LiteralString

from bot.domain.clock import utc

# Overrides of the writing direction can make a text read as something else; zero-width ones hide in names.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# With these Slack begins formatting: emphasis where a word begins, code anywhere; an address it reads as a whole, and
# no address has a backtick in it. Of backticks two are taken at once: three side by side can make a block of code
# before any date is read.
_FORMATTING = re.compile(r"https?://[^\s`]+|(?<![^\W_])[*_~]+(?=\S)|`{1,2}")
_NO_DATE = "<!date^00000000^{_}|"
_HALF = re.compile("[\ud800-\udfff]")  # half a character, as JSON can have it: no database and no address takes it


# A user group: its ID, and its handle if Slack wrote it beside.
GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]{1,20})(?:\|(@[^\s<>|@]{1,80})?[^<>]*)?>")


class Mrkdwn(str):
    """Text that is safe in a mrkdwn field: made here, never by concatenating what somebody typed."""

    __slots__ = ()

    def __add__(self, other: str) -> "Mrkdwn":
        return Mrkdwn(str(self) + str(escape(other)))


def plain(text: str) -> str:
    """For plain_text and rich_text fields, where Slack interprets nothing: without invisible characters."""
    return _INVISIBLE.sub("", text)


def escape(text: str) -> Mrkdwn:
    """A person's text as it was typed, unable to mention or link. Its `*` and `_` format, as in what people

    write in Slack; where they shall not, `as_written` has it.
    """
    if isinstance(text, Mrkdwn):
        return text
    return Mrkdwn(plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def as_written(text: str) -> Mrkdwn:
    """A person's text of which Slack makes no formatting, with nothing invisible in it for those who copy it.

    mrkdwn has no escape for its signs. But a date that cannot be shown is shown as its fallback, and that is left as it
    is: so each sign that would begin formatting is one.
    https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """

    def shown(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith("http") else f"{_NO_DATE}{found[0]}>"

    return Mrkdwn(_FORMATTING.sub(shown, escape(text)))


def unescape(text: str) -> str:
    """Text of a message as Slack delivers it (escaped), back to what was typed. Mentions stay as `<@U…>`."""
    return _HALF.sub("\ufffd", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def groups_written(text: str, handles: Mapping[str, str] | None = None) -> str:
    """`text` (not escaped) with user groups as people read them, `@oncall`, so that nobody in them is called: by what

    Slack wrote beside the mention, else by the `handles` of IDs, else by the ID.
    """
    return GROUP.sub(lambda one: one[2] or f"@{(handles or {}).get(one[1]) or one[1]}", text)


def mrkdwn(template: LiteralString, *values: object, **named: object) -> Mrkdwn:
    """`template` with every value escaped: `mrkdwn("*{}* by {}", title, person(who))`."""
    return Mrkdwn(
        template.format(*(escape(str(v)) if not isinstance(v, Mrkdwn) else v for v in values),
                        **{k: v if isinstance(v, Mrkdwn) else escape(str(v)) for k, v in named.items()})
    )  # fmt: skip


def joined(separator: LiteralString, parts: "list[Mrkdwn] | tuple[Mrkdwn, ...]") -> Mrkdwn:
    """Safe parts with one of our own separators between them."""
    return Mrkdwn(separator.join(parts))


def person(user_id: str) -> Mrkdwn:
    """A mention that Slack shows as the person's name. Only ids of Slack's own shape become one."""
    return Mrkdwn(f"<@{user_id}>") if re.fullmatch(r"[UW][A-Z0-9]{1,20}", user_id) else escape(user_id)


def channel(channel_id: str) -> Mrkdwn:
    """A channel's name, by its id (`C…` or `G…`)."""
    return Mrkdwn(f"<#{channel_id}>") if re.fullmatch(r"[CGD][A-Z0-9]{1,20}", channel_id) else escape(channel_id)


def link(url: str, label: str) -> Mrkdwn:
    """A labelled link to an http(s) address of our own making."""
    if not re.fullmatch(r"https?://[^\s<>|]+", url):
        return escape(label)
    return Mrkdwn(f"<{url.replace('&', '&amp;')}|{escape(label).replace('|', '¦')}>")


# A time of the reader's own beside one in UTC, and any other.
_OWN_TIME = re.compile(r" \((?:<!date\^(?!0)[^>]*>(?: to )?)+(?: for you)?\)")
_DATE = re.compile(r"<!date\^[^|>]*\|([^>]*)>")


def undated(text: str) -> Mrkdwn:
    """For notifications, where Slack renders no date token: UTC in words, once."""
    return Mrkdwn(_DATE.sub(r"\1", _OWN_TIME.sub("", text)).replace(" since at ", " since "))


def local(when: datetime) -> Mrkdwn:
    """Each reader's own time, by Slack's date token; where it is not rendered, UTC in words."""
    return Mrkdwn(f"<!date^{int(when.timestamp())}^{{date_short_pretty}} at {{time}}|{utc(when)}>")


def both(when: datetime) -> Mrkdwn:
    """UTC in words with each reader's local time beside it."""
    return Mrkdwn(f"{utc(when)} ({local(when)})")


def ago(when: datetime) -> Mrkdwn:
    """How long ago it was, kept current by Slack (https://docs.slack.dev/messaging/formatting-message-text)."""
    return Mrkdwn(f"<!date^{int(when.timestamp())}^{{ago}}|at {utc(when)}>")
