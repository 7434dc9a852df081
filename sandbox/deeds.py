"""What a person does in a channel, by ids; the page and the tests' people both act through it."""

from dataclasses import dataclass, replace

from sandbox.asks import Asks, Outcome
from sandbox.conversations import Conversations, Draft
from sandbox.manifest import Manifest
from sandbox.payloads import Payloads, Typed
from sandbox.records import CannotError, SlackError
from sandbox.response_urls import Hook, ResponseUrls
from sandbox.sight import Post
from sandbox.text import escape, typed
from sandbox.wire import file_json
from sandbox.workspace import Message, Workspace

FILES = 10
LONGEST = 12_000  # characters of a message in Slack's client


@dataclass(frozen=True)
class Written:
    """A message as it is typed; `channel` by id, `files` by their names."""

    channel: str
    text: str
    thread_ts: str | None = None
    broadcast: bool = False
    files: tuple[str, ...] = ()


class Deeds:
    """Commands, messages and reactions. CannotError where Slack's client would not let the person."""

    def __init__(self, asks: Asks, conversations: Conversations, hooks: ResponseUrls, manifest: Manifest) -> None:
        self.conversations = conversations
        self._workspace: Workspace = conversations.workspace
        self._asks = asks
        self._hooks = hooks
        self._manifest = manifest
        self._payloads = Payloads(self._workspace)

    async def command(self, user: str, written: Written) -> Outcome:
        """Send a slash command: its first word, and what follows as it was typed."""
        name, _, rest = written.text.strip().partition(" ")
        if not name:
            raise CannotError("there is nothing to send")
        if written.thread_ts:
            raise CannotError(f"{name} is not supported in threads. Sorry!")
        declared = self._manifest.commands
        if declared is not None and name not in declared:
            raise CannotError(f"{name} is not a valid command.")
        self._check_member(user, written.channel)
        as_ids = declared is None or declared[name].should_escape
        words = typed(self._workspace, rest.strip(), labelled=True) if as_ids else escape(rest.strip())
        url = self._hooks.issue(user, written.channel)
        command = Typed(name, words, self._workspace.channels[written.channel])
        payload = self._payloads.command(user, command, url)
        outcome = await self._asks.ask(user, "slash_commands", payload, name)
        if not outcome.body:
            return outcome
        try:
            message = self._hooks.respond(Hook(user, written.channel, self._workspace.clock()), outcome.body)
        except SlackError as error:
            return self._asks.spoiled(user, name, error, outcome)
        return replace(outcome, shown=Post(self._workspace, message).shown) if message else outcome

    def write(self, user: str, written: Written) -> Message:
        """Send a message."""
        self._check_member(user, written.channel)
        if self._workspace.channels[written.channel].im_with and not self._manifest.takes_messages:
            raise CannotError("Sending messages to this app has been turned off.")
        if not written.text.strip() and not written.files:
            raise CannotError("there is nothing to send")
        if len(written.files) > FILES:
            raise CannotError(f"a message takes {FILES} files at most")
        if len(written.text) > LONGEST:
            raise CannotError(f"a message takes {LONGEST} characters at most")
        text = typed(self._workspace, written.text)
        draft = Draft(
            written.channel,
            user,
            text,
            thread_ts=written.thread_ts,
            broadcast=written.broadcast,
            files=[file_json(self._workspace, user, name) for name in written.files],
            subtype="file_share" if written.files else None,
        )
        try:
            return self.conversations.post(draft)
        except SlackError as error:
            raise CannotError(str(error)) from error

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change one's own message."""
        self.conversations.edit(self._own(user, channel, ts), user, {"text": typed(self._workspace, text)})

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message."""
        self.conversations.delete(self._own(user, channel, ts))

    def react(self, user: str, channel: str, ts: str, name: str, *, on: bool = True) -> None:
        """Add a reaction to a message, or take it back."""
        message = self._seen(user, channel, ts)
        try:
            (self.conversations.react if on else self.conversations.unreact)(message, user, name.strip(":"))
        except SlackError as error:
            raise CannotError(str(error)) from error

    def pin(self, user: str, channel: str, ts: str, *, pinned: bool = True) -> None:
        """Pin a message to the channel, or take the pin off."""
        message = self._seen(user, channel, ts)
        try:
            self.conversations.pin(message, user, pinned=pinned)
        except SlackError as error:
            raise CannotError(str(error)) from error

    def join(self, user: str, channel: str) -> None:
        """Join a channel."""
        self.conversations.join(channel, user)

    async def shortcut(self, user: str, callback_id: str, channel: str, ts: str) -> Outcome:
        """Run a message shortcut from the menu of a message."""
        declared = self._manifest.shortcuts
        if declared is not None and (callback_id not in declared or declared[callback_id].type != "message"):
            raise CannotError(f"the app has no shortcut {callback_id!r} for messages")
        message = self._seen(user, channel, ts)
        url = self._hooks.issue(user, channel)
        payload = self._payloads.shortcut(user, callback_id, message, url)
        return await self._asks.ask(user, "interactive", payload, callback_id)

    def home(self, user: str) -> None:
        """Open the bot's Home tab."""
        self.conversations.home(user)

    def _check_member(self, user: str, channel: str) -> None:
        if user not in self._workspace.channels[channel].members:
            raise CannotError(f"{user} is not in {channel}")

    def _seen(self, user: str, channel: str, ts: str) -> Message:
        self._check_member(user, channel)
        try:
            return self._workspace.message(channel, ts)
        except SlackError as error:
            raise CannotError(str(error)) from error

    def _own(self, user: str, channel: str, ts: str) -> Message:
        message = self._seen(user, channel, ts)
        if message.user != user:
            raise CannotError(f"{ts} is not a message of {user}")
        return message
