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
from handlers.routes import Routes
from handlers.trace import reference_now, trace

log = structlog.get_logger("handlers")

ANY = re.compile(".*", re.DOTALL)
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
        self._commands: Routes[Run] = Routes()
        self._actions: Routes[Press] = Routes()
        self._forms: Routes[tuple[Check, Press]] = Routes()
        self._shortcuts: Routes[Press] = Routes()
        app.use(trace)
        # Not bound methods: Bolt deep-copies its error handler for each lazy listener, and with one all that it holds.
        app.error(_failed)
        self._listen()

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
        self._commands.enter(name, run)

    def action(self, action_id: str | re.Pattern[str], press: Press) -> None:
        """A button, menu or tick box."""
        self._actions.enter(action_id, press)

    def form(self, callback_id: str | re.Pattern[str], check: Check, press: Press) -> None:
        """A form: what `check` finds wrong is shown in it, by block; else it closes and `press` runs."""
        self._forms.enter(callback_id, (check, press))

    def shortcut(self, callback_id: str | re.Pattern[str], press: Press) -> None:
        """An entry of a message's menu."""
        self._shortcuts.enter(callback_id, press)

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

    def _listen(self) -> None:
        """Has Bolt give everything of a kind to one listener: who takes it is known here."""
        take_typed, take_pressed = self._taking(self._callers.typed), self._taking(self._callers.pressed)

        async def run(body: Body) -> None:
            name, run = self._commands.find(str(body["command"]))
            await self._work(name, self._callers.typed(body), run)

        async def press(body: Body) -> None:
            await self._press("action", self._actions.find(_action(body)), body)

        async def choose(body: Body) -> None:
            await self._press("shortcut", self._shortcuts.find(str(body["callback_id"])), body)

        async def check_form(ack: AsyncAck, body: Body) -> None:
            _, (check, _) = self._forms.find(_form(body))
            if wrong := check(body):
                await ack(response_action="errors", errors=dict(wrong))
            else:
                await take_pressed(ack, body)

        async def send(body: Body) -> None:
            name, (check, press) = self._forms.find(_form(body))
            if not check(body):
                await self._press("form", (name, press), body)

        self._app.command(ANY)(ack=take_typed, lazy=[run])
        self._app.action(ANY)(ack=take_pressed, lazy=[press])
        self._app.view(ANY)(ack=check_form, lazy=[send])
        self._app.shortcut(ANY)(ack=take_pressed, lazy=[choose])

    def _taking(self, read: Callable[[Body], Call]) -> Callable[[AsyncAck, Body], Awaitable[None]]:
        async def acknowledge(ack: AsyncAck, body: Body) -> None:
            read(body)  # what lacks something that Slack always sends is not acknowledged
            # Counted from here on, so that a stop between the acknowledgement and the work waits for the work.
            self._begin()
            await ack()

        return acknowledge

    async def _press(self, what: str, taken: tuple[str, Press], body: Body) -> None:
        name, press = taken
        await self._work(f"{what} {name}", self._callers.pressed(body), lambda call, _: press(call, body))

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


def _action(body: Body) -> str:
    """What was pressed; a thing of an old kind, as another app's messages have it, goes by its callback."""
    pressed = (body.get("actions") or [{}])[0]
    return str(pressed.get("action_id") or body.get("callback_id") or "")


def _form(body: Body) -> str:
    return str(body["view"]["callback_id"])
