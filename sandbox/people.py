"""People as the tests play them: they type, click and look, by what is on their screens."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from sandbox import finding
from sandbox.asks import Outcome
from sandbox.deeds import Deeds, Written
from sandbox.interactions import Interactions, Spot
from sandbox.manifest import Manifest
from sandbox.records import CannotError, Json
from sandbox.sight import Post, ViewSight
from sandbox.values import KEYS, current, on_message, on_view
from sandbox.waiting import PATIENCE, until
from sandbox.workspace import Member, Message, View, Workspace

On = Post | ViewSight | str
"""A message (also by its ts) or a view."""


class World(Protocol):
    """What a person needs of the workspace around them."""

    workspace: Workspace
    deeds: Deeds
    interactions: Interactions
    manifest: Manifest


class Person:
    """Somebody with hands and eyes. Acts raise CannotError where Slack's client would not let them."""

    def __init__(self, world: World, member: Member) -> None:
        self.id = member.id
        self.name = member.name
        self._world = world
        self._workspace = world.workspace

    # What they do.

    async def says(
        self, command: str, text: str = "", *, channel: str = "#ops-shared", thread: On | None = None
    ) -> Outcome:
        """Send a slash command; returns when it was acknowledged, or was not."""
        written = Written(self._workspace.channel(channel).id, f"{command} {text}", self._ts(thread))
        return await self._world.deeds.command(self.id, written)

    async def writes(
        self,
        text: str,
        *,
        channel: str | None = None,
        thread: On | None = None,
        broadcast: bool = False,
        files: Sequence[str] = (),
    ) -> Post:
        """Write a message, to a thread if one is named; `@Ops Bot` and `#random` become mentions.

        `files` are the names of files that are uploaded with it; with one the text may be empty.
        """
        parent = None if thread is None else self._message(thread)
        where = self._workspace.channel(channel or (parent.channel if parent else "#ops-shared")).id
        written = Written(where, text, parent.ts if parent else None, broadcast, tuple(files))
        return Post(self._workspace, self._world.deeds.write(self.id, written), self.id)

    async def messages_bot(self, text: str) -> Post:
        """Write to the bot directly."""
        where = self._workspace.direct(self.id).id
        return Post(self._workspace, self._world.deeds.write(self.id, Written(where, text)), self.id)

    async def edits(self, message: On, text: str) -> None:
        """Change their own message."""
        found = self._message(message)
        self._world.deeds.edit(self.id, found.channel, found.ts, text)

    async def deletes(self, message: On) -> None:
        """Delete their own message."""
        found = self._message(message)
        self._world.deeds.delete(self.id, found.channel, found.ts)

    async def reacts(self, name: str, message: On) -> None:
        """Add a reaction, by the name of its emoji."""
        found = self._message(message)
        self._world.deeds.react(self.id, found.channel, found.ts, name)

    async def unreacts(self, name: str, message: On) -> None:
        """Take a reaction back."""
        found = self._message(message)
        self._world.deeds.react(self.id, found.channel, found.ts, name, on=False)

    async def pins(self, message: On) -> None:
        """Pin a message to its channel."""
        found = self._message(message)
        self._world.deeds.pin(self.id, found.channel, found.ts)

    async def joins(self, channel: str) -> None:
        """Join a channel."""
        self._world.deeds.join(self.id, self._workspace.channel(channel).id)

    async def leaves_workspace(self) -> None:
        """Have the account deactivated: it is in no channel any more, and messages keep its name."""
        people = self._workspace.people
        people[self.id] = replace(people[self.id], has_left=True)
        for channel in self._workspace.channels.values():
            if not channel.im_with:
                channel.members.discard(self.id)

    async def clicks(self, label: str, on: On | None = None) -> Outcome:
        """Click a button, or an entry of a ⋯ menu, by its label or action_id; without `on` in the modal on top."""
        found = self._on(on)
        (block, element), value = finding.button(self._workspace, _blocks(found), label)
        spot = Spot(found, block["block_id"], element["action_id"])
        return await self._world.interactions.use(self.id, spot, value)

    async def ticks(self, option: str, on: On | None = None, *, of: str = "") -> Outcome:
        """Tick a check box by its visible text; CannotError if it is ticked."""
        return await self._tick(option, on, of, ticked=True)

    async def unticks(self, option: str, on: On | None = None, *, of: str = "") -> Outcome:
        """Untick a check box by its visible text; CannotError if it is not ticked."""
        return await self._tick(option, on, of, ticked=False)

    async def picks(self, option: Any, on: On | None = None, *, of: str = "") -> Outcome:
        """Pick an option by its text; with `of` (label, block_id, action_id) also a person, channel, date or time."""
        found = self._on(on)
        blocks = _blocks(found)
        if of:
            block, element = finding.field(self._workspace, blocks, of)
            raw = finding.raw_value(self._workspace, element, option)
        else:
            kinds = ("static_select", "radio_buttons", "multi_static_select")
            (block, element), chosen = finding.option(self._workspace, blocks, str(option), kinds=kinds)
            raw = [chosen["value"]] if element["type"].startswith("multi") else chosen["value"]
        return await self._world.interactions.use(self.id, Spot(found, block["block_id"], element["action_id"]), raw)

    async def looks_up(self, typed: str, of: str, on: On | None = None) -> list[Json]:
        """Type into a select whose options the bot supplies; the options that it offers, which `picks` takes."""
        found = self._on(on)
        block, element = finding.field(self._workspace, _blocks(found), of)
        spot = Spot(found, block["block_id"], element["action_id"])
        return await self._world.interactions.options(self.id, spot, typed)

    async def fills(self, values: Mapping[str, Any], on: On | None = None) -> None:
        """Fill in inputs, by label, block_id or action_id; the bot hears of those that dispatch an action."""
        found = self._on(on)
        for name, meant in values.items():
            block, element = finding.field(self._workspace, _blocks(found), name)
            raw = finding.raw_value(self._workspace, element, meant)
            await self._world.interactions.use(self.id, Spot(found, block["block_id"], element["action_id"]), raw)

    async def submits(self, values: Mapping[str, Any] | None = None, on: ViewSight | None = None) -> Outcome:
        """Fill in a modal (the one on top) and press its submit button."""
        view = on or self._top()
        await self.fills(values or {}, view)
        return await self._world.interactions.submit(self.id, view.raw)

    async def closes(self, on: ViewSight | None = None) -> Outcome:
        """Leave a modal (the one on top)."""
        return await self._world.interactions.close(self.id, (on or self._top()).raw)

    async def runs_shortcut(self, name: str, message: On) -> Outcome:
        """Run a message shortcut, by its name in the manifest or its callback_id."""
        found = self._message(message)
        return await self._world.deeds.shortcut(self.id, self._shortcut(name), found.channel, found.ts)

    async def opens_home(self) -> None:
        """Open the bot's Home tab."""
        self._world.deeds.home(self.id)

    # What they see.

    @property
    def ephemerals(self) -> list[Post]:
        """The messages that only they see, oldest first."""
        return [
            Post(self._workspace, one, self.id) for one in self._workspace.ephemerals if one.ephemeral_to == self.id
        ]

    @property
    def modal(self) -> ViewSight | None:
        """The modal on top, if one is open."""
        stack = self._workspace.modals.get(self.id)
        return ViewSight(self._workspace, stack[-1]) if stack else None

    @property
    def home(self) -> ViewSight | None:
        """The Home tab, if the bot has published one."""
        view = self._workspace.homes.get(self.id)
        return ViewSight(self._workspace, view) if view else None

    @property
    def toasts(self) -> list[str]:
        """The short notices that Slack gave them, oldest first."""
        return [toast.text for toast in self._workspace.toasts if toast.user == self.id]

    @property
    def posts(self) -> list[Post]:
        """Every message that they can see, replies and ephemeral ones included."""
        channels = [channel.id for channel in self._workspace.channels.values() if self.id in channel.members]
        found = [one for channel in channels for one in self._workspace.messages[channel].values()]
        return [*(Post(self._workspace, one, self.id) for one in found), *self.ephemerals]

    async def sees(self, *words: str, within: float = PATIENCE) -> Post | ViewSight:
        """Wait until one message, modal or Home tab shows all these words, and return the newest such."""

        def there() -> Post | ViewSight | None:
            views = [view for view in (self.modal, self.home) if view]
            shown: list[Post | ViewSight] = [*sorted(self.posts, key=lambda post: post.ts), *views]
            return next((one for one in reversed(shown) if all(word in one.shown for word in words)), None)

        return await until(self._workspace, there, f"{self.name} to see {words}", within)

    async def _tick(self, option: str, on: On | None, of: str, *, ticked: bool) -> Outcome:
        found = self._on(on)
        (block, element), chosen = finding.option(self._workspace, _blocks(found), option, kinds=("checkboxes",), of=of)
        surface = on_view(found) if isinstance(found, View) else on_message(self.id, found)
        key, _ = KEYS["checkboxes"]
        present = [one["value"] for one in current(self._workspace, surface, block, element)[key]]
        if (chosen["value"] in present) == ticked:
            raise CannotError(f"{option!r} is {'already' if ticked else 'not'} ticked")
        raw = [*present, chosen["value"]] if ticked else [value for value in present if value != chosen["value"]]
        return await self._world.interactions.use(self.id, Spot(found, block["block_id"], element["action_id"]), raw)

    def _shortcut(self, name: str) -> str:
        declared = self._world.manifest.shortcuts or {}
        return next((one.callback_id for one in declared.values() if one.name == name), name)

    def _top(self) -> ViewSight:
        if self.modal is None:
            raise CannotError(f"{self.name} has no modal open")
        return self.modal

    def _on(self, on: On | None) -> Message | View:
        if on is None:
            return self._top().raw
        return on.raw if isinstance(on, ViewSight) else self._message(on)

    def _message(self, on: On) -> Message:
        if isinstance(on, Post):
            return on.raw
        if isinstance(on, ViewSight):
            raise CannotError("that is a view, not a message")
        found = next((post.raw for post in self.posts if post.ts == on), None)
        if found is None:
            raise CannotError(f"{self.name} sees no message {on}")
        return found

    def _ts(self, thread: On | None) -> str | None:
        return None if thread is None else self._message(thread).ts


def _blocks(found: Message | View) -> list[Any]:
    return found.blocks or []
