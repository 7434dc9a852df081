"""Messages of Slack's as the timeline takes them: here the payload stops.

Shapes: https://docs.slack.dev/reference/events/message
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.domain.quote import File
from bot.domain.read_back import Page
from bot.domain.timeline import Changed, Gone, Heard
from bot.slack.mrkdwn import unescape
from bot.slack.views.timeline import PIN

Json = Mapping[str, Any]

FILES_KEPT = 30  # Slack lets a person attach ten, and unfurls a few links
NAME_KEPT = 255
_SPOKEN = {
    None,
    "file_share",
    "thread_broadcast",
    "me_message",
    "bot_message",
}  # subtypes of messages that say something
_GONE = {"tombstone", "hidden_by_limit"}  # modes of files that are not there any more
_TOKENS = {"files.slack.com", "slack-files.com"}  # what leads there may carry a token
_LINK = re.compile(r"<(?P<address>(?:https?|mailto|tel):[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>")
_NAMED = re.compile(r"<(?P<sigil>[#!])(?P<body>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")


def told(event: Json) -> Heard | Changed | Gone | None:
    """What a `message` event says: something was written, changed or deleted; None for anything else."""
    channel, at = str(event.get("channel", "")), str(event.get("event_ts") or event.get("ts") or "")
    before = event.get("previous_message") or {}
    match event.get("subtype"):
        case "message_deleted":
            return Gone(channel, str(event["deleted_ts"]), at, heard(channel, before))
        case "message_changed" if event["message"].get("subtype") == "tombstone":
            # A message with a thread below it leaves its place behind.
            return Gone(channel, str(event["message"]["ts"]), at, heard(channel, before))
        case "message_changed":
            return _changed(channel, event["message"], before, at)
    return heard(channel, event)


def _changed(channel: str, message: Json, before: Json, at: str) -> Changed | None:
    now = heard(channel, message, at)
    if now is None:
        return None
    was = heard(channel, before)
    if not now.edited and was is not None and now.text != was.text:
        # Apps change messages without a word about it; links that unfold change no text.
        now = _heard(channel, {**message, "edited": {"ts": at}}, at)
    return Changed(now, was)


def heard(channel: str, message: Json, known_at: str = "") -> Heard | None:
    """A message that a person or an app wrote; None for anything else. `known_at` is the event's timestamp."""
    if not message.get("ts") or message.get("subtype") not in _SPOKEN:
        return None
    return _heard(channel, message, known_at)


def _heard(channel: str, message: Json, known_at: str) -> Heard:
    is_by_app = bool(message.get("bot_id") or not message.get("user"))
    named = message.get("username") or (message.get("bot_profile") or {}).get("name") or ""
    return Heard(
        channel=channel,
        thread=str(message.get("thread_ts") or ""),
        ts=str(message["ts"]),
        author=str(message.get("user") or ""),
        text=_words(message) if is_by_app else readable(str(message.get("text") or "")),
        name=str(named) if is_by_app else "",
        files=_files(message),
        edited=str((message.get("edited") or {}).get("ts") or ""),
        known_at=known_at,
        is_by_app=is_by_app,
    )


def page(channel: str, messages: Iterable[Json], bot_user: str) -> Page:
    """A page of a thread as conversations.replies gives it. What the bot itself said is there, but is no talk."""
    found = list(messages)
    talk = [
        _with_pins(one, message)
        for message in found
        if (one := heard(channel, message)) and one.is_talk and one.author != bot_user
    ]
    emptied = frozenset(str(message.get("ts")) for message in found if message.get("subtype") == "tombstone")
    there = frozenset(str(message.get("ts")) for message in found) - emptied
    return Page(there, talk, emptied=emptied)


def _with_pins(one: Heard, message: Json) -> Heard:
    reaction: Json = next((each for each in message.get("reactions") or () if each.get("name") == PIN), {})
    users = frozenset(map(str, reaction.get("users") or ()))
    if len(users) < int(reaction.get("count") or 0):
        return one  # Slack names only some of many
    return Heard(**{**vars(one), "pins": users})


def readable(text: str) -> str:
    """Text as Slack delivers it, as people read it: links and channels written out. Mentions stay, as `<@U…>`."""
    return unescape(_NAMED.sub(_named, _LINK.sub(_link, text)))


def _link(found: re.Match[str]) -> str:
    address, label = found["address"], found["label"]
    if not label or label == address:
        return address
    if address.partition(":")[2].strip("/") == label.strip("/"):
        return label  # typed without its https://
    return f"{label} ({address})"  # both: a label must not hide where it leads


def _named(found: re.Match[str]) -> str:
    sigil, body, label = found["sigil"], found["body"], found["label"]
    if sigil == "#":
        return f"#{label or body}"
    if body.startswith("subteam^") and not label:
        return found[0]  # its handle is looked for
    return label if label and (body.startswith("date^") or label.startswith("@")) else f"@{label or body}"


def _words(message: Json) -> str:
    """What an app says: its text, else that of its attachments or blocks."""
    text = str(message.get("text") or "")
    attachments = message.get("attachments") or ()
    texts = [str(each.get("fallback") or each.get("text") or each.get("title") or "") for each in attachments]
    parts = [text] if text else [part for part in texts if part] or list(_block_texts(message.get("blocks") or ()))
    return readable("\n".join(parts))


def _block_texts(blocks: Iterable[Json]) -> Iterator[str]:
    for block in blocks:
        for part in (block.get("text"), *(block.get("fields") or ())):
            if isinstance(part, Mapping) and part.get("text"):
                yield str(part["text"])


def _files(message: Json) -> tuple[File, ...]:
    found = [
        File(_short(str(each.get("name") or each.get("title") or "file")), _safe(str(each.get("permalink") or "")))
        for each in message.get("files") or ()
        if each.get("mode") not in _GONE
    ]
    for each in message.get("attachments") or ():
        url = _safe(str(each.get("title_link") or each.get("from_url") or each.get("original_url") or ""))
        if url:
            found.append(File(_short(unescape(str(each.get("title") or each.get("fallback") or url))), url))
    return tuple(dict.fromkeys(found))[:FILES_KEPT]


def _short(name: str) -> str:
    return name if len(name) <= NAME_KEPT else name[: NAME_KEPT - 1] + "…"


def _safe(url: str) -> str:
    """The address if it is one for the browser that opens nothing by a token in itself."""
    parts = urlsplit(url)
    is_plain = parts.scheme in ("http", "https") and parts.hostname not in _TOKENS and len(url) <= 2_000
    return url if is_plain else ""
