"""What a person does with elements and modals: clicks, choices, entries, submissions; by ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.asks import NOTHING, Asks, Outcome
from sandbox.blocks import check_view
from sandbox.payloads import Payloads
from sandbox.records import CannotError, Json, SlackError
from sandbox.response_urls import ResponseUrls
from sandbox.screens import Screens
from sandbox.submissions import complaints
from sandbox.values import (
    KEYS,
    Surface,
    action_of,
    enter,
    interactive,
    on_message,
    on_view,
    overflow_value,
    value_of,
)
from sandbox.workspace import Message, View, Workspace


@dataclass(frozen=True)
class Spot:
    """An element on somebody's screen: the message or view that it is in, and its ids."""

    on: Message | View
    block_id: str
    action_id: str


class Interactions:
    """Uses elements as a person; CannotError for what is not on their screen."""

    def __init__(self, workspace: Workspace, asks: Asks, screens: Screens, hooks: ResponseUrls) -> None:
        self._workspace = workspace
        self._asks = asks
        self._screens = screens
        self._hooks = hooks
        self._payloads = Payloads(workspace)

    async def use(self, user: str, spot: Spot, raw: Any = None) -> Outcome:
        """Click a button, choose or enter `raw` (see `value_of`); the bot hears of it where Slack tells it at once."""
        block, element = self._element(user, spot)
        value = self._entered(user, spot, block, element, raw)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return NOTHING
        action = action_of(block, element, value, self._workspace.next_ts())
        if isinstance(spot.on, View):
            payload = self._payloads.view_action(user, spot.on, action)
        else:
            url = self._hooks.issue(user, spot.on.channel, spot.on)
            payload = self._payloads.message_action(user, spot.on, action, url)
        return await self._asks.ask(user, "interactive", payload, element["action_id"])

    def check(self, user: str, spot: Spot, raw: Any) -> None:
        """CannotError if `raw` cannot be entered there, or nothing can."""
        self._value(self._element(user, spot)[1], raw)

    def enter(self, user: str, spot: Spot, raw: Any) -> None:
        """Fill in an input without telling the bot."""
        block, element = self._element(user, spot)
        self._entered(user, spot, block, element, raw)

    def fill(self, user: str, entries: Sequence[tuple[Spot, Any]]) -> None:
        """Fill in several inputs, or none of them if one cannot be."""
        for spot, raw in entries:
            self.check(user, spot, raw)
        for spot, raw in entries:
            self.enter(user, spot, raw)

    async def options(self, user: str, spot: Spot, typed: str) -> list[Json]:
        """What the bot offers in an external select for what was typed so far."""
        block, element = self._element(user, spot)
        action = {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}
        outcome = await self._asks.ask(user, "interactive", self._payloads.suggestion(user, spot.on, action), "options")
        body = outcome.body or {}
        groups: list[Json] = body.get("option_groups", [])
        return [*body.get("options", []), *(option for group in groups for option in group["options"])]

    async def submit(self, user: str, view: View) -> Outcome:
        """Press the submit button. CannotError if Slack's client finds required inputs empty or too long."""
        self._check_own(user, view)
        if not view.content.get("submit"):
            raise CannotError("the modal has no submit button")
        if wrong := complaints(self._workspace, view):
            view.errors = wrong
            self._workspace.changed()
            raise CannotError(f"the modal is not complete: {wrong}")
        view.errors = {}
        outcome = await self._asks.ask(user, "interactive", self._payloads.submission(user, view), "The form")
        if outcome.acked_in is None:
            view.errors = {"": "We had some trouble connecting. Try again?"}
            return outcome
        try:
            self._honour(user, view, outcome.body or {})
        except SlackError as error:
            return self._asks.spoiled(user, "The form", error, outcome)
        return outcome

    async def close(self, user: str, view: View) -> Outcome:
        """Leave a modal by its close button; the bot hears of it if the view asked for that."""
        self._check_own(user, view)
        cleared = bool(view.content.get("clear_on_close"))
        payload = self._payloads.closed(user, view, cleared=cleared)
        if cleared:
            self._screens.clear(user)
        else:
            self._screens.close(view)
        if not view.content.get("notify_on_close"):
            return NOTHING
        return await self._asks.ask(user, "interactive", payload, "close")

    def _honour(self, user: str, view: View, body: Json) -> None:
        """Do what the acknowledgement of a submission says; nothing said closes the modal.

        https://docs.slack.dev/surfaces/modals#updating_response
        """
        match body.get("response_action"):
            case None if not body:
                self._screens.close(view)
            case "clear":
                self._screens.clear(user)
            case "errors":
                self._screens.show_errors(view, body.get("errors"))
            case "update":
                self._screens.replace(view, check_view(body.get("view"), "modal"))
            case "push":
                self._screens.push_for(user, check_view(body.get("view"), "modal"))
            case other:
                raise SlackError("invalid_response_action", f"{other!r} with {sorted(body)}")

    def _entered(self, user: str, spot: Spot, block: Json, element: Json, raw: Any) -> Json | None:
        value = self._value(element, raw)
        if value is not None and element["type"] != "overflow":
            enter(self._workspace, _surface(user, spot.on), block, element, value)
        return value

    @staticmethod
    def _value(element: Json, raw: Any) -> Json | None:
        if element["type"] == "button":
            return None
        return overflow_value(element, raw) if element["type"] == "overflow" else value_of(element, raw)

    def _element(self, user: str, spot: Spot) -> tuple[Json, Json]:
        self._check_seen(user, spot.on)
        for block, element in interactive(_surface(user, spot.on).blocks):
            if (block["block_id"], element["action_id"]) == (spot.block_id, spot.action_id):
                if element["type"] not in KEYS and element["type"] not in {"button", "overflow"}:
                    raise CannotError(f"nobody can use a {element['type']}")
                return block, element
        raise CannotError(f"there is no element {spot.action_id!r} in block {spot.block_id!r}")

    def _check_seen(self, user: str, on: Message | View) -> None:
        if isinstance(on, View):
            self._check_own(user, on)
        elif on.ephemeral_to:
            self._workspace.ephemeral(user, on.ts)
        elif on.deleted or user not in self._workspace.channels[on.channel].members:
            raise CannotError(f"{user} does not see message {on.ts}")

    def _check_own(self, user: str, view: View) -> None:
        if view.user != user or view not in list(self._workspace.views()):
            raise CannotError(f"{user} has no such view open")


def _surface(user: str, on: Message | View) -> Surface:
    return on_view(on) if isinstance(on, View) else on_message(user, on)
