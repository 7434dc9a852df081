"""What is on people's screens: the stack of modals and the Home tab, with triggers and hashes.

https://docs.slack.dev/surfaces/modals
"""

import secrets
from typing import Any

from sandbox.blocks import check_view
from sandbox.records import Json, SlackError
from sandbox.workspace import Trigger, View, Workspace

MAX_STACK = 3


class Screens:
    """Opens, pushes, updates, publishes and closes views. `trigger_life` is in seconds."""

    def __init__(self, workspace: Workspace, trigger_life: float = 3.0) -> None:
        self._workspace = workspace
        self._trigger_life = trigger_life

    def open(self, trigger_id: Any, view: Any) -> View:
        """Show a modal to the person of the trigger; it takes the place of what they had open."""
        content = check_view(view, "modal")
        trigger = self._exchange(trigger_id)
        self._workspace.modals[trigger.user] = []
        return self._show(trigger.user, content, [])

    def push(self, trigger_id: Any, view: Any) -> View:
        """Put a modal on top of the one in which the trigger arose."""
        content = check_view(view, "modal")
        trigger = self._exchange(trigger_id, within=True)
        return self.push_for(trigger.user, content)

    def push_for(self, user: str, content: Json) -> View:
        """Put a checked modal on a person's stack. SlackError push_limit_reached above three."""
        stack = self._workspace.modals.get(user, [])
        if not stack:
            raise SlackError("not_found", "no modal is open to push on")
        if len(stack) >= MAX_STACK:
            raise SlackError("push_limit_reached", f"{MAX_STACK} views are open")
        return self._show(user, content, stack)

    def update(self, args: Json) -> View:
        """views.update: by view_id or external_id, only if `hash` (where given) is still the view's."""
        found = self._find(args)
        return self.replace(found, check_view(args.get("view"), found.content["type"]), args.get("hash"))

    def replace(self, view: View, content: Json, expected: str | None = None) -> View:
        """Give a view new content. SlackError hash_conflict if it changed since `expected`."""
        if expected and expected != view.hash:
            raise SlackError("hash_conflict", f"{expected} is not {view.hash}")
        self._check_external(content, view)
        view.content, view.hash, view.errors = content, self._hash(), {}
        self._workspace.changed()
        return view

    def publish(self, user: Any, view: Any, expected: str | None) -> View:
        """views.publish: the Home tab of one person."""
        if user not in self._workspace.people:
            raise SlackError("user_not_found", str(user))
        content = check_view(view, "home")
        present = self._workspace.homes.get(user)
        if present is not None:
            return self.replace(present, content, expected)
        self._check_external(content, None)
        name = self._workspace.mint("V")
        self._workspace.homes[user] = View(name, user, content, self._hash(), name)
        self._workspace.changed()
        return self._workspace.homes[user]

    def close(self, view: View) -> None:
        """Take a view off its person's stack."""
        stack = self._workspace.modals[view.user]
        if view in stack:
            stack.remove(view)
        self._workspace.changed()

    def clear(self, user: str) -> None:
        """Close everything a person has open."""
        self._workspace.modals[user] = []
        self._workspace.changed()

    def show_errors(self, view: View, errors: Any) -> None:
        """The errors of a submission below their inputs. SlackError if they name what is no input of the view."""
        inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors:
            raise SlackError("invalid_response_action", "errors must be an object that is not empty")
        if strangers := sorted(set(errors) - inputs):
            raise SlackError("invalid_response_action", f"errors for what is no input block: {strangers}")
        if not all(isinstance(words, str) and words for words in errors.values()):
            raise SlackError("invalid_response_action", "every error must be text")
        view.errors = dict(errors)
        self._workspace.changed()

    def _exchange(self, trigger_id: Any, *, within: bool = False) -> Trigger:
        trigger = self._workspace.triggers.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None:
            raise SlackError("invalid_trigger_id" if trigger_id else "invalid_arguments", f"{trigger_id}")
        if trigger.used:
            raise SlackError("exchanged_trigger_id", "used before")
        age = self._workspace.clock() - trigger.at
        if age > self._trigger_life:
            raise SlackError("expired_trigger_id", f"{age:.1f} s old")
        if within and not trigger.in_view:
            raise SlackError("not_found", "the trigger did not arise in a modal")
        trigger.used = True
        return trigger

    def _show(self, user: str, content: Json, stack: list[View]) -> View:
        self._check_external(content, None)
        name = self._workspace.mint("V")
        below = stack[-1] if stack else None
        root = below.root_id if below else name
        view = View(name, user, content, self._hash(), root, previous_id=below.id if below else None)
        self._workspace.modals.setdefault(user, []).append(view)
        self._workspace.changed()
        return view

    def _find(self, args: Json) -> View:
        if args.get("view_id"):
            return self._workspace.view(str(args["view_id"]))
        for view in self._workspace.views():
            if args.get("external_id") and view.content.get("external_id") == args["external_id"]:
                return view
        raise SlackError("not_found", f"external_id {args.get('external_id')}")

    def _check_external(self, content: Json, own: View | None) -> None:
        wanted = content.get("external_id")
        if wanted and any(
            view is not own and view.content.get("external_id") == wanted for view in self._workspace.views()
        ):
            raise SlackError("duplicate_external_id", wanted)

    def _hash(self) -> str:
        return f"{int(self._workspace.clock())}.{secrets.token_hex(4)}"
