"""The state of the workspace: people, channels, messages, views; and the one notice that something changed."""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.records import CannotError, Json, Ledger, Page, Refusal, SlackError, Toast

TEAM = "T0SANDBOX"
DOMAIN = "sandbox"
APP = "A0OPSBOT"
BOT_USER = "U0OPSBOT"
BOT = "B0OPSBOT"


@dataclass(frozen=True)
class Member:
    """Somebody with an account: a person, or the bot's own user."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    has_left: bool = False
    is_guest: bool = False
    team: str = TEAM


@dataclass
class Channel:
    """A public channel, or (`im_with` set) a direct conversation of one person with the bot."""

    id: str
    name: str
    members: set[str]
    im_with: str = ""


@dataclass
class Message:
    """A message as stored: `text` is escaped, as Slack keeps it. `ephemeral_to` names the only person who sees it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    subtype: str | None = None
    metadata: Json | None = None
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: Json | None = None
    pinned: bool = False
    deleted: bool = False
    ephemeral_to: str = ""

    @property
    def is_reply(self) -> bool:
        """Whether it hangs below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class View:
    """A modal or Home tab of one person. `content` is what the app sent, ids filled in."""

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Json]:
        """Its blocks."""
        found: list[Json] = self.content["blocks"]
        return found


@dataclass
class Entry:
    """What a person has entered in one input; `seed` is the element as it was then."""

    element: Json
    value: Json


@dataclass
class Trigger:
    """A trigger_id: good for one view, for three seconds."""

    user: str
    at: float
    in_view: bool
    used: bool = False


def _people() -> dict[str, Member]:
    members = (
        Member("U0ANN", "ann", "Ann Archer"),
        Member("U0BOB", "bob", "Bob Baker"),
        Member("U0CYD", "cyd", "Cyd Chen"),
        Member("U0DEE", "dee", "Dee Doyle"),
        Member(BOT_USER, "opsbot", "Ops Bot", is_bot=True),
    )
    return {member.id: member for member in members}


def _channels() -> dict[str, Channel]:
    channels = (
        Channel("C0OPSSHARED", "ops-shared", {"U0ANN", "U0BOB", "U0CYD", BOT_USER}),
        Channel("C0GENERAL", "general", {"U0ANN", "U0BOB", "U0CYD", "U0DEE"}),
        Channel("C0RANDOM", "random", {"U0ANN", "U0BOB", "U0CYD", "U0DEE", BOT_USER}),
    )
    return {channel.id: channel for channel in channels}


class Workspace:
    """Plain state. Whoever changes it calls `changed()`; nothing here talks to the bot."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.people = _people()
        self.channels = _channels()
        self.groups: dict[str, list[str]] | None = None  # members by group id; None: a plan without user groups
        self.messages: dict[str, dict[str, Message]] = {channel: {} for channel in self.channels}
        self.ephemerals: list[Message] = []
        self.contents: dict[str, bytes] = {}  # of files, by their ids
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.entries: dict[tuple[str, str, str, str], Entry] = {}
        self.triggers: dict[str, Trigger] = {}
        self.toasts: list[Toast] = []
        self.ledger = Ledger()
        self.version = 0
        self.while_waiting: Callable[[], AbstractContextManager[None]] = nullcontext  # around each wait for something
        self._last_ts = 0
        self._change = asyncio.Event()

    def changed(self) -> None:
        """Tell everybody who waits that something is different."""
        self.version += 1
        change, self._change = self._change, asyncio.Event()
        change.set()

    @property
    def next_change(self) -> asyncio.Event:
        """Set at the next change; take it before looking, wait for it after."""
        return self._change

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.fromtimestamp(self.clock(), UTC)

    def next_ts(self) -> str:
        """A timestamp of Slack's form that no other message has: `1764000000.000100`."""
        self._last_ts = max(int(self.clock() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def mint(self, prefix: str) -> str:
        """A fresh id of Slack's form: capitals and digits after a letter that tells the kind."""
        return f"{prefix}0{secrets.token_hex(5).upper()}"

    def trigger(self, user: str, *, in_view: bool = False) -> str:
        """A trigger_id for something that a person did just now."""
        name = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[name] = Trigger(user, self.clock(), in_view)
        return name

    def refuse(self, method: str, error: str, detail: str = "") -> None:
        """Note that the bot did what Slack refuses."""
        self.ledger.refusals.append(Refusal(self.now(), method, error, detail))
        self.changed()

    def toast(self, user: str, text: str) -> None:
        """Show one person a short notice."""
        self.toasts.append(Toast(len(self.toasts) + 1, user, text))
        self.changed()

    def page(self, channel: str, ts: str, mention: str) -> None:
        """Note that a message of the bot would have notified many people."""
        self.ledger.pages.append(Page(channel, ts, mention))

    def person(self, name: str) -> Member:
        """By id, short name, `@name` or real name; CannotError if there is nobody of that name."""
        wanted = name.removeprefix("@")
        for member in self.people.values():
            if wanted in {member.id, member.name, member.real_name}:
                return member
        raise CannotError(f"there is nobody called {name!r} here")

    def channel(self, name: str) -> Channel:
        """By id, name or `#name`; CannotError if there is none."""
        wanted = name.removeprefix("#")
        for channel in self.channels.values():
            if wanted in {channel.id, channel.name}:
                return channel
        raise CannotError(f"there is no channel {name!r}")

    def direct(self, user: str) -> Channel:
        """The direct conversation of a person with the bot, opened if need be."""
        name = f"D0{user[2:]}"
        if name not in self.channels:
            self.channels[name] = Channel(name, "", {user, BOT_USER}, im_with=user)
            self.messages[name] = {}
        return self.channels[name]

    def message(self, channel: str, ts: str) -> Message:
        """A message that is still there, ephemeral ones not counted; SlackError message_not_found."""
        found = self.messages.get(channel, {}).get(ts)
        if found is None or found.deleted:
            raise SlackError("message_not_found", f"{channel}/{ts}")
        return found

    def ephemeral(self, user: str, ts: str) -> Message:
        """A message that only this person sees; CannotError if they do not."""
        for message in self.ephemerals:
            if message.ts == ts and message.ephemeral_to == user:
                return message
        raise CannotError(f"{user} sees no such ephemeral message {ts}")

    def replies(self, channel: str, ts: str) -> list[Message]:
        """The replies below a message, oldest first."""
        there = self.messages[channel].values()
        return [one for one in there if one.thread_ts == ts and one.is_reply and not one.deleted]

    def roots(self, channel: str) -> list[Message]:
        """What the channel itself shows, oldest first: no replies but those that were also sent to the channel."""
        return [one for one in self.messages[channel].values() if not one.is_reply or one.broadcast]

    def views(self) -> Iterator[View]:
        """Every view that is on somebody's screen."""
        for stack in self.modals.values():
            yield from stack
        yield from self.homes.values()

    def view(self, view_id: str) -> View:
        """An open view by its id; SlackError not_found."""
        for view in self.views():
            if view.id == view_id:
                return view
        raise SlackError("not_found", f"no open view {view_id}")
