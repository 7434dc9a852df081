"""What happens in channels: messages, edits, reactions, pins, members; each with the events that Slack sends of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.records import Json, SlackError
from sandbox.text import mrkdwn_of, paging
from sandbox.wire import message_json
from sandbox.workspace import BOT_USER, TEAM, Message, Workspace

# https://docs.slack.dev/reference/methods/reactions.add
_EMOJI = re.compile(r"[\w+'-]{1,100}(?:::skin-tone-[2-6])?")

Tell = Callable[[str, Json], None]
"""Takes a subscription ("message.channels") and the inner event."""


@dataclass(frozen=True)
class Draft:
    """A message to be. `text` escaped; `thread_ts` of the parent; `broadcast` shows a reply in the channel too."""

    channel: str
    user: str
    text: str
    blocks: list[Json] | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    subtype: str | None = None


class Conversations:
    """Changes to channels. `tell` takes the events on; it hears only of channels that the bot is in."""

    def __init__(self, workspace: Workspace, tell: Tell) -> None:
        self.workspace = workspace
        self._tell = tell

    def post(self, draft: Draft) -> Message:
        """Put a message into a channel or thread. Raises SlackError thread_not_found."""
        parent = self._parent(draft)
        message = Message(
            ts=self.workspace.next_ts(),
            channel=draft.channel,
            user=draft.user,
            text=draft.text,
            blocks=draft.blocks,
            thread_ts=parent.ts if parent else None,
            broadcast=draft.broadcast and parent is not None,
            subtype="thread_broadcast" if draft.broadcast and parent else draft.subtype,
            metadata=draft.metadata,
            attachments=draft.attachments,
            files=draft.files,
        )
        self.workspace.messages[draft.channel][message.ts] = message
        self._note_pages(message)
        self.workspace.changed()
        event = message_json(self.workspace, message) | {"event_ts": message.ts}
        if message.broadcast and parent:
            event["root"] = message_json(self.workspace, parent)
        self._message_event(message.channel, event)
        # In a direct conversation with the bot a mention of it is a message like any other.
        mentioned = f"<@{BOT_USER}>" in message.text and draft.user != BOT_USER
        if mentioned and not self.workspace.channels[message.channel].im_with:
            self._tell_of(message.channel, "app_mention", {**event, "type": "app_mention"})
        return message

    def whisper(self, draft: Draft, to: str) -> Message:
        """Show a message to one person only. Slack keeps no such message and sends no event of it."""
        message = Message(
            ts=self.workspace.next_ts(),
            channel=draft.channel,
            user=draft.user,
            text=draft.text,
            blocks=draft.blocks,
            thread_ts=draft.thread_ts,
            attachments=draft.attachments,
            ephemeral_to=to,
        )
        self.workspace.ephemerals.append(message)
        self._note_pages(message)
        self.workspace.changed()
        return message

    def edit(self, message: Message, by: str, changes: dict[str, Any]) -> None:
        """Change `text`, `blocks`, `attachments` or `metadata` of a message."""
        before = message_json(self.workspace, message)
        for name, value in changes.items():
            setattr(message, name, value)
        self._note_pages(message)
        if not message.ephemeral_to:
            # In whole seconds, as Slack gives it; the events of two edits in one second differ in their own ts.
            message.edited = {"user": by, "ts": f"{self.workspace.next_ts().partition('.')[0]}.000000"}
            self._hidden(message, "message_changed", before, {"message": message_json(self.workspace, message)})
        self.workspace.changed()

    def delete(self, message: Message) -> None:
        """Remove a message. Where replies hang below it, Slack leaves "This message was deleted." in its place."""
        if message.ephemeral_to:
            self.workspace.ephemerals.remove(message)
            self.workspace.changed()
            return
        before = message_json(self.workspace, message)
        replies = self.workspace.replies(message.channel, message.ts)
        message.deleted = True
        if replies:
            message.subtype, message.text, message.metadata = "tombstone", "This message was deleted.", None
            message.blocks, message.attachments, message.files, message.reactions = None, [], [], {}
            message.user = "USLACKBOT"
            self._hidden(message, "message_changed", before, {"message": message_json(self.workspace, message)})
        else:
            del self.workspace.messages[message.channel][message.ts]
            self._hidden(message, "message_deleted", before, {"deleted_ts": message.ts})
        self.workspace.changed()

    def react(self, message: Message, user: str, name: str) -> None:
        """Add a reaction. Raises SlackError already_reacted, or invalid_name for what names no emoji."""
        if not _EMOJI.fullmatch(name):
            raise SlackError("invalid_name", f"{name[:40]!r}")
        users = message.reactions.setdefault(name, [])
        if user in users:
            raise SlackError("already_reacted")
        users.append(user)
        self._reaction_event("reaction_added", message, user, name)

    def unreact(self, message: Message, user: str, name: str) -> None:
        """Take a reaction back. Raises SlackError no_reaction."""
        users = message.reactions.get(name, [])
        if user not in users:
            raise SlackError("no_reaction")
        users.remove(user)
        if not users:
            del message.reactions[name]
        self._reaction_event("reaction_removed", message, user, name)

    def pin(self, message: Message, user: str, *, pinned: bool) -> None:
        """Pin a message or take the pin off. Raises SlackError already_pinned or no_pin."""
        if message.pinned == pinned:
            raise SlackError("already_pinned" if pinned else "no_pin")
        message.pinned = pinned
        self.workspace.changed()
        kind = "pin_added" if pinned else "pin_removed"
        item = {"type": "message", "channel": message.channel, "message": message_json(self.workspace, message)}
        event = {"type": kind, "user": user, "channel_id": message.channel, "item": item}
        self._tell_of(message.channel, kind, event | {"event_ts": self.workspace.next_ts()})

    def join(self, channel: str, user: str) -> None:
        """Let somebody into a channel."""
        self.workspace.channels[channel].members.add(user)
        self.workspace.changed()
        event = {"type": "member_joined_channel", "user": user, "channel": channel, "channel_type": "C", "team": TEAM}
        self._tell_of(channel, "member_joined_channel", event | {"event_ts": self.workspace.next_ts()})

    def home(self, user: str) -> None:
        """Tell that a person opened the bot's Home tab."""
        event: Json = {"type": "app_home_opened", "user": user, "tab": "home"}
        event |= {"channel": self.workspace.direct(user).id, "event_ts": self.workspace.next_ts()}
        self._tell("app_home_opened", event)

    def file_shared(self, message: Message, file_id: str) -> None:
        """Tell that a message shared a file."""
        event: Json = {
            "type": "file_shared",
            "channel_id": message.channel,
            "file_id": file_id,
            "user_id": message.user,
        }
        event |= {"file": {"id": file_id}, "event_ts": message.ts}
        if BOT_USER in self.workspace.channels[message.channel].members:
            self._tell("file_shared", event)

    def _parent(self, draft: Draft) -> Message | None:
        """The message that a thread hangs on: also where a reply of it was named, as Slack does."""
        if draft.thread_ts is None:
            return None
        found = self.workspace.messages[draft.channel].get(draft.thread_ts)
        if found and found.is_reply and found.thread_ts:
            found = self.workspace.messages[draft.channel].get(found.thread_ts)
        if found is None:
            raise SlackError("thread_not_found", f"no message {draft.thread_ts} in {draft.channel}")
        return found

    def _note_pages(self, message: Message) -> None:
        if message.user == BOT_USER:
            for mention in paging(mrkdwn_of(message.text, message.blocks, message.attachments)):
                self.workspace.page(message.channel, message.ts, mention)

    def _hidden(self, message: Message, subtype: str, before: Json, more: Json) -> None:
        """Changes of a message come as messages of their own, with what it was before."""
        ts = self.workspace.next_ts()
        event = {"type": "message", "subtype": subtype, "hidden": True, "previous_message": before, "ts": ts}
        self._message_event(message.channel, {**event, "event_ts": ts} | more)

    def _reaction_event(self, kind: str, message: Message, user: str, name: str) -> None:
        self.workspace.changed()
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
        self._tell_of(message.channel, kind, event | {"event_ts": self.workspace.next_ts()})

    def _message_event(self, channel: str, event: Json) -> None:
        direct = bool(self.workspace.channels[channel].im_with)
        event = {**event, "channel_type": "im" if direct else "channel"}
        self._tell_of(channel, "message.im" if direct else "message.channels", event)

    def _tell_of(self, channel: str, subscription: str, event: Json) -> None:
        if BOT_USER in self.workspace.channels[channel].members:
            self._tell(subscription, {"channel": channel, **event} if "item" not in event else event)
