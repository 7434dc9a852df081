"""chat.*, reactions.* and pins.*. https://docs.slack.dev/reference/methods"""

from collections import defaultdict, deque
from typing import Any

from sandbox.conversations import Conversations, Draft
from sandbox.faults import LimitedError
from sandbox.records import Json, SlackError
from sandbox.rules import MAX_EDIT, check_content
from sandbox.web_api import Method
from sandbox.wire import message_json
from sandbox.workspace import BOT_USER, DOMAIN, Channel, Message, Workspace

BURST = 3  # messages a channel takes at once before it is held to one a second
WRITE = ("chat:write",)


def conversation(workspace: Workspace, args: Json, *, member: bool = False) -> Channel:
    """The conversation whose id `channel` gives. SlackError channel_not_found, not_in_channel."""
    name = args.get("channel")
    if not isinstance(name, str) or not name:
        raise SlackError("invalid_arguments", messages=("missing required field: channel",))
    found = workspace.channels.get(name)
    if found is None:
        raise SlackError("channel_not_found", name)
    if member and BOT_USER not in found.members:
        raise SlackError("not_in_channel", name)
    return found


class Chat:
    """Messages of the bot. With `strict_rate` a channel takes about one a second."""

    def __init__(self, conversations: Conversations, *, strict_rate: bool = False) -> None:
        self._conversations = conversations
        self._workspace = conversations.workspace
        self._strict_rate = strict_rate
        self._posted: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=BURST))

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "chat.postMessage": Method(self.post, WRITE),
            "chat.update": Method(self.update, WRITE),
            "chat.delete": Method(self.delete, WRITE),
            "chat.postEphemeral": Method(self.whisper, WRITE),
            "chat.getPermalink": Method(self.permalink),
            "reactions.add": Method(lambda args: self._react(args, on=True), ("reactions:write",)),
            "reactions.remove": Method(lambda args: self._react(args, on=False), ("reactions:write",)),
            "pins.add": Method(lambda args: self._pin(args, pinned=True), ("pins:write",)),
            "pins.remove": Method(lambda args: self._pin(args, pinned=False), ("pins:write",)),
        }

    def post(self, args: Json) -> Json:
        """chat.postMessage."""
        channel = self._target(args)
        content = check_content(args)
        self._check_rate(channel.id)
        message = self._conversations.post(
            Draft(
                channel=channel.id,
                user=BOT_USER,
                text=content.text or "",
                blocks=content.blocks,
                thread_ts=_ts(args, "thread_ts"),
                broadcast=bool(args.get("reply_broadcast")),
                metadata=content.metadata or None,
                attachments=content.attachments or [],
            )
        )
        shown = message_json(self._workspace, message)
        return {"channel": channel.id, "ts": message.ts, "message": shown}

    def update(self, args: Json) -> Json:
        """chat.update. What is not given stays as it was; an empty list or object removes it."""
        message = self._own(args, "cant_update_message")
        content = check_content(args, may_be_empty="metadata" in args)
        if (size := len((content.text or "").encode())) > MAX_EDIT:
            raise SlackError("msg_too_long", f"{size} bytes of text in an edit")
        changes: dict[str, Any] = {}
        for name in ("text", "blocks", "attachments"):
            if (given := getattr(content, name)) is not None:
                changes[name] = given
        if content.metadata is not None:
            changes["metadata"] = content.metadata or None
        self._conversations.edit(message, BOT_USER, changes)
        shown = message_json(self._workspace, message)
        return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}

    def delete(self, args: Json) -> Json:
        """chat.delete."""
        message = self._own(args, "cant_delete_message")
        self._conversations.delete(message)
        return {"channel": message.channel, "ts": message.ts}

    def whisper(self, args: Json) -> Json:
        """chat.postEphemeral."""
        channel = self._target(args)
        user = args.get("user")
        if user not in self._workspace.people:
            raise SlackError("user_not_found", str(user))
        if user not in channel.members:
            raise SlackError("user_not_in_channel", f"{user} is not in {channel.id}")
        content = check_content(args)
        draft = Draft(
            channel=channel.id,
            user=BOT_USER,
            text=content.text or "",
            blocks=content.blocks,
            thread_ts=_ts(args, "thread_ts"),
            attachments=content.attachments or [],
        )
        return {"message_ts": self._conversations.whisper(draft, str(user)).ts}

    def permalink(self, args: Json) -> Json:
        """chat.getPermalink."""
        channel = conversation(self._workspace, args)
        message = self._workspace.message(channel.id, str(args.get("message_ts")))
        link = f"https://{DOMAIN}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
        if message.is_reply:
            link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
        return {"channel": channel.id, "permalink": link}

    def _target(self, args: Json) -> Channel:
        """Where to post: a channel by id or `#name`, or a person by id, whose direct conversation it then is."""
        name = args.get("channel")
        if isinstance(name, str) and name in self._workspace.people and name != BOT_USER:
            return self._workspace.direct(name)
        for channel in self._workspace.channels.values():
            if isinstance(name, str) and channel.name and name.removeprefix("#") == channel.name:
                return conversation(self._workspace, {"channel": channel.id}, member=True)
        return conversation(self._workspace, args, member=True)

    def _own(self, args: Json, error: str) -> Message:
        channel = conversation(self._workspace, args)
        message = self._workspace.message(channel.id, str(args.get("ts")))
        if message.user != BOT_USER:
            raise SlackError(error, f"{message.ts} is not the bot's")
        return message

    def _check_rate(self, channel: str) -> None:
        """A few at once, then one a second. https://docs.slack.dev/apis/web-api/rate-limits"""
        if not self._strict_rate:
            return
        now, posted = self._workspace.clock(), self._posted[channel]
        if len(posted) == BURST and now - posted[0] < 1.0:
            raise LimitedError(1.0)
        posted.append(now)

    def _react(self, args: Json, *, on: bool) -> Json:
        message = self._marked(args)
        name = args.get("name")
        if not isinstance(name, str) or not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
            raise SlackError("invalid_name", str(name))
        (self._conversations.react if on else self._conversations.unreact)(message, BOT_USER, name)
        return {}

    def _pin(self, args: Json, *, pinned: bool) -> Json:
        self._conversations.pin(self._marked(args), BOT_USER, pinned=pinned)
        return {}

    def _marked(self, args: Json) -> Message:
        channel = conversation(self._workspace, args, member=True)
        if not args.get("timestamp"):
            raise SlackError("no_item_specified")
        return self._workspace.message(channel.id, str(args["timestamp"]))


def _ts(args: Json, name: str) -> str | None:
    return str(args[name]) if args.get(name) else None
