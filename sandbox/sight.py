"""What people see: messages, channels, threads, modals and Home tabs, always as they are at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.records import Json
from sandbox.text import lines, seen
from sandbox.values import current, interactive, on_message, on_view, options_of
from sandbox.workspace import BOT_USER, Message, View, Workspace


@dataclass(frozen=True)
class File:
    """A file beside a message."""

    name: str
    title: str
    alt: str
    content: bytes


class Post:
    """A message as `reader` (a user id; "" is anybody) sees it. `raw` is the stored one."""

    def __init__(self, workspace: Workspace, raw: Message, reader: str = "") -> None:
        self.raw = raw
        self.reader = reader
        self._workspace = workspace

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Post) and other.raw is self.raw

    def __hash__(self) -> int:
        return hash((self.raw.channel, self.raw.ts))

    def __repr__(self) -> str:
        return f"<{self.by} {self.ts}: {self.shown!r}>"

    @property
    def ts(self) -> str:
        """Its timestamp, which is its id within the channel."""
        return self.raw.ts

    @property
    def channel(self) -> str:
        """The id of its channel."""
        return self.raw.channel

    @property
    def thread_ts(self) -> str | None:
        """The ts of the message that it is a reply to."""
        return self.raw.thread_ts

    @property
    def by(self) -> str:
        """The short name of who wrote it; the bot's is "opsbot"."""
        member = self._workspace.people.get(self.raw.user)
        return member.name if member else self.raw.user

    @property
    def by_bot(self) -> bool:
        """Whether the bot wrote it."""
        return self.raw.user == BOT_USER

    @property
    def text(self) -> str:
        """Its `text` as notifications show it: names for ids, nothing escaped."""
        return seen(self._workspace, self.raw.text)

    @property
    def blocks(self) -> list[Json]:
        """Its blocks as JSON."""
        return self.raw.blocks or []

    @property
    def metadata(self) -> Json | None:
        """Its metadata."""
        return self.raw.metadata

    @property
    def pinned(self) -> bool:
        """Whether it is pinned to the channel."""
        return self.raw.pinned

    @property
    def edited(self) -> bool:
        """Whether it was changed after it was posted."""
        return self.raw.edited is not None

    @property
    def deleted(self) -> bool:
        """Whether it is gone."""
        return self.raw.deleted

    @property
    def reactions(self) -> dict[str, list[str]]:
        """Emoji name → user ids."""
        return dict(self.raw.reactions)

    @property
    def shown(self) -> str:
        """All visible text: that of the blocks (Slack then does not show `text`), attachments and files included."""
        found = lines(self._workspace, self.blocks) if self.blocks else [self.text]
        for attachment in self.raw.attachments:
            texts = [attachment.get(key) for key in ("pretext", "title", "text", "footer")]
            found += [seen(self._workspace, text) for text in texts if isinstance(text, str)]
            found += lines(self._workspace, attachment.get("blocks") or [])
        return "\n".join([*found, *(str(file["title"]) for file in self.raw.files)])

    @property
    def files(self) -> list[File]:
        """The files beside it, with their content."""
        contents = self._workspace.contents
        return [
            File(one["name"], one["title"], one.get("alt_txt", ""), contents.get(one["id"], b""))
            for one in self.raw.files
        ]

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons, in order."""
        return labels(self.blocks)

    @property
    def ticked(self) -> list[str]:
        """The visible text of every option that is ticked or selected, as its reader sees it."""
        surface = on_message(self.reader, self.raw)
        return [text for pair in interactive(self.blocks) for text in _selected(self._workspace, surface, *pair)]

    @property
    def replies(self) -> "list[Post]":
        """What is written below it, oldest first."""
        found = self._workspace.replies(self.raw.channel, self.raw.ts)
        return [Post(self._workspace, reply, self.reader) for reply in found]


class ViewSight:
    """A modal or Home tab as its person sees it. `raw` is the stored one."""

    def __init__(self, workspace: Workspace, raw: View) -> None:
        self.raw = raw
        self._workspace = workspace

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ViewSight) and other.raw is self.raw

    def __hash__(self) -> int:
        return hash(self.raw.id)

    def __repr__(self) -> str:
        return f"<view {self.title!r}: {self.shown!r} errors={self.errors}>"

    @property
    def id(self) -> str:
        """The view_id."""
        return self.raw.id

    @property
    def content(self) -> Json:
        """The JSON of the view as the app sent it."""
        return self.raw.content

    @property
    def title(self) -> str:
        """The title of a modal, "" for the Home tab."""
        return str((self.raw.content.get("title") or {}).get("text", ""))

    @property
    def errors(self) -> dict[str, str]:
        """The complaints below inputs: block_id → words."""
        return dict(self.raw.errors)

    @property
    def shown(self) -> str:
        """All visible text: title, blocks, complaints, the labels of submit and close."""
        ends = [part["text"] for part in (self.content.get("submit"), self.content.get("close")) if part]
        return "\n".join([self.title, *lines(self._workspace, self.raw.blocks), *self.errors.values(), *ends])

    @property
    def buttons(self) -> list[str]:
        """The labels of the buttons in its blocks."""
        return labels(self.raw.blocks)

    @property
    def ticked(self) -> list[str]:
        """The visible text of every option that is ticked or selected."""
        surface = on_view(self.raw)
        return [text for pair in interactive(self.raw.blocks) for text in _selected(self._workspace, surface, *pair)]


class ThreadSight:
    """A thread: `messages` has the parent first."""

    def __init__(self, workspace: Workspace, parent: Message) -> None:
        self._parent = Post(workspace, parent)

    @property
    def parent(self) -> Post:
        """The message that the thread hangs on."""
        return self._parent

    @property
    def replies(self) -> list[Post]:
        """The replies, oldest first."""
        return self._parent.replies

    @property
    def messages(self) -> list[Post]:
        """The parent and the replies."""
        return [self._parent, *self.replies]

    @property
    def files(self) -> "list[File]":
        """The files of all its messages, oldest first."""
        return [file for post in self.messages for file in post.files]

    @property
    def shown(self) -> str:
        """Everything in it."""
        return "\n".join(post.shown for post in self.messages)


class ChannelSight:
    """A channel as its members see it, without what is shown to single persons."""

    def __init__(self, workspace: Workspace, channel: str) -> None:
        self.id = channel
        self._workspace = workspace

    @property
    def messages(self) -> list[Post]:
        """What the channel shows, oldest first: no replies, but those that were also sent to the channel."""
        return [Post(self._workspace, message) for message in self._workspace.roots(self.id)]

    @property
    def everything(self) -> list[Post]:
        """The same with the replies of all threads, in the order in which they were posted."""
        return [Post(self._workspace, message) for message in self._workspace.messages[self.id].values()]

    @property
    def by_bot(self) -> list[Post]:
        """Those of `messages` that the bot posted."""
        return [post for post in self.messages if post.by_bot]

    @property
    def shown(self) -> str:
        """The text of all `messages`."""
        return "\n".join(post.shown for post in self.messages)


def labels(blocks: Sequence[Json]) -> list[str]:
    """The labels of the buttons in blocks."""
    found = interactive(list(blocks))
    return [str(element["text"]["text"]) for _, element in found if element["type"] == "button"]


def _selected(workspace: Workspace, surface: Any, block: Json, element: Json) -> list[str]:
    if not options_of(element) or element["type"] == "overflow":
        return []
    value = current(workspace, surface, block, element)
    chosen = value.get("selected_options", [value.get("selected_option")])
    return [seen(workspace, option["text"]["text"]) for option in chosen if option]


def everything(workspace: Workspace) -> str:
    """All that anybody sees, for the words of a test that waited in vain."""
    parts: list[str] = []
    for channel in workspace.channels.values():
        for message in workspace.messages[channel.id].values():
            post = Post(workspace, message)
            indent = "    " if message.is_reply else "  "
            parts.append(
                f"{indent}#{channel.name or channel.id} {post.by} {post.ts}: {post.shown!r} {post.buttons or ''}"
            )
    parts += [f"  only {one.ephemeral_to}: {Post(workspace, one).shown!r}" for one in workspace.ephemerals]
    parts += [f"  {view.user}: {ViewSight(workspace, view)!r}" for view in workspace.views()]
    parts += [f"  toast of {toast.user}: {toast.text!r}" for toast in workspace.toasts]
    parts += [f"  refused: {one.method} {one.error} {one.detail}" for one in workspace.ledger.refusals]
    return "\n".join(parts) or "  nothing at all"
