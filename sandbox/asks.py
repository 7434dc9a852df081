"""Asking the bot for something that a person waits for, and what they see of it."""

from dataclasses import dataclass

from sandbox.delivery import Delivery, UnansweredError
from sandbox.records import Json, SlackError
from sandbox.workspace import Workspace


@dataclass(frozen=True)
class Outcome:
    """What came of something that the bot had to acknowledge.

    `acked_in` seconds, None if it was not; `shown` is the text of the message that the acknowledgement itself put up
    ("" if none); `toast` is what Slack told the person instead ("" if all went well); `body` of the acknowledgement.
    """

    acked_in: float | None
    shown: str = ""
    toast: str = ""
    body: Json | None = None


NOTHING = Outcome(None)
"""The bot was not asked, for Slack does not tell it of this."""


class Asks:
    """Asks, and tells the person when there is no answer."""

    def __init__(self, workspace: Workspace, delivery: Delivery) -> None:
        self._workspace = workspace
        self._delivery = delivery

    async def ask(self, user: str, kind: str, payload: Json, name: str) -> Outcome:
        """Send a payload; `name` of the command or element is for the words that the person reads."""
        try:
            ack = await self._delivery.ask(kind, payload)
        except UnansweredError as failure:
            error = "operation_timeout" if "timeout" in failure.reason else "dispatch_failed"
            toast = f'{name} failed with the error "{error}" ({failure.reason}: {failure.detail or "nobody there"})'
            self._workspace.toast(user, toast)
            return Outcome(None, toast=toast)
        return Outcome(ack.seconds, body=ack.body)

    def spoiled(self, user: str, name: str, error: SlackError, outcome: Outcome) -> Outcome:
        """The acknowledgement came, but Slack cannot use what it says."""
        self._workspace.refuse(f"ack of {name}", error.error, error.detail)
        toast = f'{name} failed with the error "invalid_command_response" ({error})'
        self._workspace.toast(user, toast)
        return Outcome(outcome.acked_in, toast=toast, body=outcome.body)
