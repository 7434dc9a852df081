"""kill -9 at each named step of what the bot does."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from faults import acts
from faults.checker import Findings, Promises, check
from faults.rig import Rig, rig
from faults.wire import Command, Phase

LONG = 20.0  # seconds that Slack holds a call, so that the kill comes before its answer


@dataclass(frozen=True)
class Step:
    """A moment: before a write to `collection` arrives or after it is done; without one, before or after a post."""

    act: str
    collection: str
    phase: Phase

    def __str__(self) -> str:
        return f"{self.act}: {self.phase} {self.collection or 'the post'}"


ACTS = {
    "opening": ("incidents", "outbox", "timeline", "audit", ""),
    "noting": ("timeline", "outbox"),
    "ticking": ("checklists", "audit"),
    "escalating": ("escalations", "outbox", "timeline", ""),
    "announcing": ("windows", "announcements", "audit", ""),
    "alert": ("alerts", "outbox", ""),
}
STEPS = tuple(Step(act, where, phase) for act, places in ACTS.items() for where in places for phase in Phase)


async def at_steps(rounds: int) -> Findings:
    """The bot is killed at each step in turn, as soon as it gets there; a new one takes over."""
    found = Findings()
    async with rig() as built:
        promises = Promises()
        standing = await acts.begins(built)
        for number in range(rounds):
            step = STEPS[number % len(STEPS)]
            if step.act == "escalating":  # each incident once
                standing, _ = await acts.opens(built, f"to escalate {number}")
            met = _meets(built, step)
            acting = asyncio.ensure_future(do(built, step.act, number, standing, promises))
            async with acts.meanwhile(acting):
                await asyncio.wait({met}, timeout=LONG)  # what the bot does by itself comes after the act
                if not met.done():
                    found.wrong.append(f"{step}: never met")
                await built.bots.kill()
                built.wire.meets = None
                built.slack.faults.clear()
            await built.slack.until(lambda: not built.slack.connected, "its sockets to close")
            await built.start()
            found.add(await check(built, promises))
    return found


def _meets(built: Rig, step: Step) -> "asyncio.Future[None]":
    """Done when the bot is at the step; there it stands until it is killed."""
    met: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def here() -> None:
        if not met.done():
            met.set_result(None)

    if not step.collection:
        before = len(built.slack.calls_of("chat.postMessage"))
        built.slack.faults.add(f"timeout_{step.phase}", "chat.postMessage", value=LONG)

        async def posted() -> None:
            with suppress(AssertionError):  # it never came, which is told where the step is looked at
                await built.slack.until(lambda: len(built.slack.calls_of("chat.postMessage")) > before, "a post", LONG)
                here()

        watching = asyncio.ensure_future(posted())
        met.add_done_callback(lambda _: watching.cancel())
        return met

    async def meets(command: Command, phase: Phase) -> bool:
        if command.collection == step.collection and phase is step.phase:
            here()
            await asyncio.sleep(LONG)
        return met.done()

    built.wire.meets = meets
    return met


async def do(built: Rig, act: str, number: int, standing: str, promises: Promises) -> None:
    """One of ACTS, by whoever does such things."""
    doing: dict[str, Callable[[], Awaitable[object]]] = {
        "opening": lambda: acts.opens(built, f"round {number}"),
        "noting": lambda: acts.notes(built, standing, f"note {number}", promises),
        "ticking": lambda: acts.ticks(built, number % 12 + 1, promises),
        "escalating": lambda: acts.answer(built, built.slack.person("ann"), "/escalate", standing),
        "announcing": lambda: acts.plans(built, number, promises),
        "alert": lambda: acts.notifies(port(built), f"Alert{number}", promises),
    }
    await doing[act]()


def port(built: Rig) -> int:
    """The port of the newest bot, as it wrote it into its log."""
    for line in reversed(built.bots.log.read_text(errors="replace").splitlines()):
        if '"ready"' in line and '"port"' in line:
            return int(line.split('"port": ')[1].split(",")[0].rstrip("}"))
    return 0
