"""How payloads reach the bot: once for what a person waits for, again and again for events, always to one receiver."""

import asyncio
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.manifest import Manifest
from sandbox.records import Json
from sandbox.workspace import APP, BOT_USER, TEAM, Workspace

RETRY_AFTER = (0.0, 60.0, 300.0)
"""Seconds before each retry of an event. https://docs.slack.dev/apis/events-api/#retries"""


@dataclass(frozen=True)
class Retry:
    """Which attempt this is (0 the first), and why the one before failed."""

    attempt: int = 0
    reason: str = ""


class UnansweredError(Exception):
    """The bot did not acknowledge. `reason` in Slack's words; `blame` is whether it was there and failed to."""

    def __init__(self, reason: str, *, blame: bool, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.blame = blame
        self.detail = detail


class Line(Protocol):
    """A way to the bot: Socket Mode or HTTP."""

    async def send(self, kind: str, payload: Json, retry: Retry) -> Json:
        """Deliver once and return the body of the acknowledgement, or raise UnansweredError.

        `kind` is the type of a Socket Mode envelope: "slash_commands", "interactive" or "events_api".
        """


@dataclass(frozen=True)
class Ack:
    """An acknowledgement: its body and how long it took in seconds."""

    body: Json
    seconds: float


class Parcel:
    """An event on its way. `hurry` makes the next attempt happen now; `tried` is set after each attempt."""

    def __init__(self, envelope: Json) -> None:
        self.envelope = envelope
        self.hurry = asyncio.Event()
        self.tried = asyncio.Event()


class Delivery:
    """Sends payloads down the line in use."""

    def __init__(
        self, workspace: Workspace, manifest: Manifest, line: Line, retry_after: tuple[float, ...] = RETRY_AFTER
    ) -> None:
        self.line = line
        self.pending: list[Parcel] = []
        self.lost: list[Json] = []
        self._workspace = workspace
        self._manifest = manifest
        self._retry_after = retry_after
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, kind: str, payload: Json) -> Ack:
        """Send what a person waits for: one attempt. UnansweredError says why there was no acknowledgement."""
        start = time.perf_counter()
        try:
            body = await self._once(kind, payload)
        except UnansweredError as failure:
            if failure.blame:
                self._workspace.refuse(str(payload.get("type", payload.get("command"))), failure.reason, failure.detail)
            raise
        return Ack(body, time.perf_counter() - start)

    async def _once(self, kind: str, payload: Json) -> Json:
        if kind == "interactive" and not self._manifest.is_interactive:
            raise UnansweredError("interactivity_disabled", blame=True, detail="by the manifest")
        return await self.line.send(kind, payload, Retry())

    def tell(self, subscription: str, event: Json) -> None:
        """Send an event, if the app hears of such, and repeat it by Slack's schedule until it is acknowledged."""
        if not self._manifest.hears(subscription):
            return
        parcel = Parcel(
            {
                "token": "verification-token-of-the-sandbox",
                "team_id": TEAM,
                "context_team_id": TEAM,
                "context_enterprise_id": None,
                "api_app_id": APP,
                "event": event,
                "type": "event_callback",
                "event_id": f"Ev{secrets.token_hex(5).upper()}",
                "event_time": int(self._workspace.clock()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": TEAM,
                        "user_id": BOT_USER,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
                "event_context": secrets.token_hex(16),
            }
        )
        self.pending.append(parcel)
        self._keep(self._carry(parcel))

    async def redeliver(self) -> None:
        """Try every event that waits for its next attempt now, and return when each has been tried once more."""
        waiting = list(self.pending)
        for parcel in waiting:
            parcel.tried.clear()
            parcel.hurry.set()
        await asyncio.gather(*(parcel.tried.wait() for parcel in waiting))

    async def stop(self) -> None:
        """Give up everything that is still on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, parcel: Parcel) -> None:
        retry = Retry()
        for attempt, pause in enumerate((0.0, *self._retry_after)):
            if attempt:
                await _either(parcel.hurry, pause)
                parcel.hurry.clear()
            try:
                await self.line.send("events_api", parcel.envelope, retry)
            except UnansweredError as failure:
                retry = Retry(attempt + 1, failure.reason)
                if failure.blame:
                    self._workspace.refuse(f"event {_name(parcel)}", failure.reason, failure.detail)
                parcel.tried.set()
            else:
                break
        else:
            self.lost.append(parcel.envelope)
        self.pending.remove(parcel)
        parcel.tried.set()
        self._workspace.changed()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _name(parcel: Parcel) -> str:
    event = parcel.envelope["event"]
    return "/".join(str(event[key]) for key in ("type", "subtype") if key in event)


async def _either(hurry: asyncio.Event, seconds: float) -> None:
    """Wait that long, or until somebody is in a hurry."""
    try:
        await asyncio.wait_for(hurry.wait(), seconds)
    except TimeoutError:
        return
