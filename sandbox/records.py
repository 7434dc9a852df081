"""What the workspace remembers of its dealings with the bot: calls, refusals, and pages of whole channels."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


class SlackError(Exception):
    """What Slack answers instead of `ok: true`; `messages` go into `response_metadata.messages`."""

    def __init__(self, error: str, detail: str = "", *, messages: tuple[str, ...] = (), **extra: str) -> None:
        self.error = error
        self.detail = detail or "; ".join(messages)
        super().__init__(f"{error}: {self.detail}" if self.detail else error)
        self.messages = messages
        self.extra = extra

    def answer(self) -> Json:
        """The body of the answer."""
        body: Json = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            body["errors"] = list(self.messages)
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return body


class CannotError(Exception):
    """A person tried something that Slack's own client does not let them do, or that is not on their screen."""


class ShapeError(CannotError):
    """What was entered is nothing that the element could give: a number for a text, an object for a list."""


@dataclass
class Call:
    """One Web API call: `args` decoded, `answer` as sent (None when the connection was cut before an answer)."""

    method: str
    args: Json
    at: datetime
    answer: Json | None = None
    status: int = 200


@dataclass(frozen=True)
class Refusal:
    """Something the bot did that Slack refuses. `method` is the API method, or the kind of payload left unanswered."""

    at: datetime
    method: str
    error: str
    detail: str = ""


@dataclass(frozen=True)
class Page:
    """A mention by the bot that would have notified many: `<!channel>`, `<!here>`, `<!everyone>`, a user group."""

    channel: str
    ts: str
    mention: str


@dataclass
class Toast:
    """A short notice that only one person sees, such as Slack's words about a command that failed."""

    id: int
    user: str
    text: str


@dataclass
class Ledger:
    """Everything remembered, newest last."""

    calls: list[Call] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
