"""What surrounds every handler: who and where, the trace, the acknowledgement, timing, one effect per event."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, Protocol

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.response import BoltResponse

from bot.errors import StoreAwayError
from handlers.call import Call, Voice
from handlers.callers import Callers, Entry, team_of
from handlers.errors import Errors
from handlers.gate import OutsiderError
from handlers.once import Events, Once
from handlers.trace import reference_now, trace

log = structlog.get_logger("handlers")

MOST = 200  # worked on at once before the next command waits: each that waits takes memory
ROOM_WITHIN = 0.5  # seconds; what hangs must not keep everybody else from being acknowledged

Body = Mapping[str, Any]
Run = Callable[[Call, str], Coroutine[Any, Any, None]]
Press = Callable[[Call, Body], Coroutine[Any, Any, None]]
Check = Callable[[Body], Mapping[str, str]]
Listen = Callable[[Body], Awaitable[None]]


class Meter(Protocol):
    """Counts what comes in."""

    def command_done(self, command: str, outcome: str, seconds: float) -> None:
        """One command, button or form was worked on."""

    def event_done(self, kind: str, outcome: str) -> None:
        """One event was worked on."""

    def in_flight(self, count: int) -> None:
        """How many are being worked on."""


class Door:
    """Where Slack comes in. Commands, buttons and forms are acknowledged, then done; events the other way round."""

    def __init__(self, app: AsyncApp, voice: Voice, entry: Entry, events: Events, meter: Meter) -> None:
        self._app = app
        self.voice = voice
        self._gate = entry.gate
        self._callers = Callers(voice, entry.places)
        self._events = Once(events)
        self._meter = meter
        self._errors = Errors(entry.places)
        self._in_flight = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._less = asyncio.Event()  # something ended
        self._working: set[asyncio.Task[Any]] = set()
        app.use(trace)
        # Not bound methods: Bolt deep-copies its error handler for each lazy listener, and with one all that it holds.
        app.error(_failed)

    async def drain(self, limit: float) -> int:
        """Waits until nothing is being worked on, `limit` seconds at most; then what is left is cancelled: how much."""
        cut = 0
        try:
            async with asyncio.timeout(limit):
                await self._idle.wait()
        except TimeoutError:
            late, cut = set(self._working), self._in_flight
            log.warning("work cancelled", count=cut)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1.0)
        await self._events.close()
        return cut

    async def room(self) -> None:
        """Returns when few enough are worked on to take one more, or after a moment: a flood is taken as it is done."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ROOM_WITHIN):
                while self._in_flight >= MOST:
                    await self._less.wait()

    # What the features register

    def command(self, name: str | re.Pattern[str], run: Run) -> None:
        """A slash command: acknowledged at once, then `run` with what was typed."""

        async def work(body: Body) -> None:
            await self._work(_name(name), self._callers.typed(body), run)

        self._app.command(name)(ack=self._taking(self._callers.typed), lazy=[work])

    def action(self, action_id: str | re.Pattern[str], press: Press) -> None:
        """A button, menu or tick box."""
        work = self._pressing(f"action {_name(action_id)}", press)
        self._app.action(action_id)(ack=self._taking(self._callers.pressed), lazy=[work])

    def form(self, callback_id: str | re.Pattern[str], check: Check, press: Press) -> None:
        """A form: what `check` finds wrong is shown in it, by block; else it closes and `press` runs."""
        take, press_it = self._taking(self._callers.pressed), self._pressing(f"form {_name(callback_id)}", press)

        async def acknowledge(ack: AsyncAck, body: Body) -> None:
            wrong = check(body)
            if wrong:
                await ack(response_action="errors", errors=dict(wrong))
            else:
                await take(ack, body)

        async def work(body: Body) -> None:
            if not check(body):
                await press_it(body)

        self._app.view(callback_id)(ack=acknowledge, lazy=[work])

    def shortcut(self, callback_id: str | re.Pattern[str], press: Press) -> None:
        """An entry of a message's menu."""
        work = self._pressing(f"shortcut {_name(callback_id)}", press)
        self._app.shortcut(callback_id)(ack=self._taking(self._callers.pressed), lazy=[work])

    def event(
        self,
        kind: str | re.Pattern[str],
        listen: Listen,
        concerns: Callable[[Body], bool],
        *,
        is_repeatable: bool = False,
    ) -> None:
        """An event: worked on, then acknowledged; one that fails is sent again by Slack.

        `is_repeatable`: to do it twice has one effect, so nobody has to remember that it was done.
        """

        async def work(body: Body, ack: AsyncAck) -> BoltResponse | None:
            if not concerns(body["event"]):
                await ack()
                return None
            return await (self._repeatably if is_repeatable else self._once)(body, listen, ack)

        self._app.event(kind)(work)

    # Around them

    def _taking(self, read: Callable[[Body], Call]) -> Callable[[AsyncAck, Body], Awaitable[None]]:
        async def acknowledge(ack: AsyncAck, body: Body) -> None:
            read(body)  # what lacks something that Slack always sends is not acknowledged
            # Counted from here on, so that a stop between the acknowledgement and the work waits for the work.
            self._begin()
            await ack()

        return acknowledge

    def _pressing(self, name: str, press: Press) -> Callable[[Body], Awaitable[None]]:
        async def work(body: Body) -> None:
            await self._work(name, self._callers.pressed(body), lambda call, _: press(call, body))

        return work

    async def _work(self, name: str, call: Call, run: Run) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._working.add(task)  # Bolt keeps no reference, and the loop only a weak one
            task.add_done_callback(self._working.discard)
        begun = time.monotonic()
        outcome = "cancelled"
        try:
            outcome = await self._errors.tell(call, self._let_in(name, call, run))
        finally:
            self._end()
            seconds = time.monotonic() - begun
            self._meter.command_done(name, outcome, seconds)
            log.info("worked", what=name, outcome=outcome, seconds=round(seconds, 4))

    async def _let_in(self, name: str, call: Call, run: Run) -> None:
        await self._gate.must_let_in(call.who, call.team, name, is_app=call.is_app)
        await run(call, call.spoken_words)

    def for_members(self, listen: Listen) -> Listen:
        """An event that does something for whom it names; of others nothing comes, and nobody is told."""

        async def let_in(body: Body) -> None:
            event = body["event"]
            with suppress(OutsiderError):
                await self._gate.must_let_in(str(event["user"]), team_of(event), str(event["type"]))
                await listen(body)

        return let_in

    async def _repeatably(self, body: Body, listen: Listen, ack: AsyncAck) -> BoltResponse | None:
        kind, outcome = str(body["event"]["type"]), "failed"
        self._begin()
        try:
            await listen(body)
            outcome = "ok"
        except StoreAwayError:
            log.warning("event not recorded, Slack sends it again", kind=kind)
            return _not_acknowledged()
        finally:
            self._end()
            self._meter.event_done(kind, outcome)
        await ack()
        return None

    async def _once(self, body: Body, listen: Listen, ack: AsyncAck) -> BoltResponse | None:
        event_id, kind = str(body.get("event_id", "")), str(body["event"]["type"])
        turn = await self._events.begin(event_id)
        if turn is None:
            return _not_acknowledged()
        is_done = not turn
        self._begin()
        try:
            if turn:
                async with self._events.working(event_id):
                    await listen(body)
                is_done = True
        except StoreAwayError:
            log.warning("event not recorded, Slack sends it again", kind=kind)
        finally:
            self._end()
            if turn:
                await (self._events.done(event_id) if is_done else self._events.undone(event_id))
            self._meter.event_done(kind, "repeated" if not turn else "ok" if is_done else "failed")
        if not is_done:
            return _not_acknowledged()
        await ack()
        return None

    def mentioned(self, event: Body) -> Call:
        """The call of a mention: `event` is Slack's app_mention."""
        return self._callers.mentioned(event)

    async def told(self, name: str, call: Call, run: Run) -> None:
        """Runs what a mention asked for, with errors told and time taken."""
        begun = time.monotonic()
        outcome = await self._errors.tell(call, self._let_in(name, call, run))
        self._meter.command_done(name, outcome, time.monotonic() - begun)

    def _begin(self) -> None:
        self._in_flight += 1
        self._idle.clear()
        self._meter.in_flight(self._in_flight)

    def _end(self) -> None:
        self._in_flight -= 1
        self._less.set()
        self._less.clear()
        self._meter.in_flight(self._in_flight)
        if self._in_flight == 0:
            self._idle.set()


async def _failed(error: Exception, body: Body) -> BoltResponse:
    reference = reference_now()
    log.error("unexpected error before the acknowledgement", reference=reference, exc_info=error)
    if body.get("type") != "view_submission":
        return _not_acknowledged()
    blocks = body.get("view", {}).get("blocks", ())
    first = next((block["block_id"] for block in blocks if block["type"] == "input"), "")
    errors = {first: f"Something went wrong in the bot ({reference}). Nothing was done."}
    return BoltResponse(status=200, body=json.dumps({"response_action": "errors", "errors": errors}))


def _not_acknowledged() -> BoltResponse:
    """Over HTTP Slack sees the status, over a socket it gets nothing: either way the event comes again."""
    return BoltResponse(status=503, body="")


def _name(identity: str | re.Pattern[str]) -> str:
    """What the log and the metrics call it: of a pattern what all that fits begins with, "unknown" for anything."""
    if isinstance(identity, str):
        return identity
    return identity.pattern.removesuffix(".*").removesuffix("_") or "unknown"
