"""`python -m sandbox`: a throw-away Slack in the browser with the bot in it, a real mongod and services to break."""

from sandbox.early import end_quietly

if __name__ == "__main__":
    end_quietly()

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.bot_process import ROOT, BotProcess, own_log
from sandbox.control import Control
from sandbox.mongo import Mongod, MongodError, free_port
from sandbox.records import CannotError
from sandbox.services import Services
from sandbox.slack import Slack
from sandbox.switches import Switches

FOLDER = ROOT / ".sandbox"
READY_SECONDS = 20.0
LOOK_EVERY = 1.0  # seconds between looks whether mongod lives


def main(argv: Sequence[str] | None = None) -> int:
    """Runs until Ctrl-C. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=0, help="of the page (any free one)")
    port = parser.parse_args(argv).port
    try:
        return asyncio.run(run(port))
    except (MongodError, OSError, OverflowError) as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        return 1


@dataclass(frozen=True)
class Piece:
    """What is played in the sandbox: settings of the bot that it takes, its acts, and whether all ends with it.

    `acts` gets the address, and raises CannotError when something does not happen that should.
    """

    settings: Mapping[str, str]
    acts: Callable[[str], Coroutine[Any, Any, None]]
    ends: bool = False


async def run(port: int, piece: Piece | None = None) -> int:
    """Starts everything, says where it is, and ends it all at the first signal. The exit code: 1 if a piece failed."""
    code = 0
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with AsyncExitStack() as opened:
        log = opened.enter_context(own_log(FOLDER))
        mongod = opened.enter_context(Mongod())
        services = Services()
        services.prometheus.down, services.loki.errors = {"mcp"}, {"butler": 3}  # something to see for /health deep
        opened.push_async_callback(services.stop)
        await services.start()
        slack = Slack(manifest())
        opened.push_async_callback(slack.stop)
        switches = Switches(services, mongod)
        await slack.start(port=port, control=Control(slack, switches))
        settings = environment(datetime.now(UTC), free_port())
        settings |= {**services.environment(), **slack.environment(), "MONGODB_URL": mongod.url()}
        settings |= piece.settings if piece else {}
        bot = BotProcess(settings, log, tell)
        opened.push_async_callback(bot.stop)
        await bot.start()
        ready = asyncio.create_task(bot.until_ready(READY_SECONDS))
        ended = asyncio.create_task(asked.wait())
        await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.is_set() and piece is None:
            tell(welcome(slack.url, settings["MAINTENANCE_WINDOW"], log, ready=ready.result()))
        losing = asyncio.create_task(lost(switches, slack.workspace.changed))
        if piece is not None:
            code = await played(piece, slack.url, log, ended)
        if piece is None or not (code or piece.ends):
            await ended
        for task in (ready, ended, losing):
            task.cancel()
        tell("\nThe sandbox ends.")
    return code


async def played(piece: Piece, url: str, log: Path, ended: asyncio.Task[Any]) -> int:
    """Plays it to its end, or to the first signal; the exit code."""
    playing = asyncio.create_task(piece.acts(url))
    await asyncio.wait({playing, ended}, return_when=asyncio.FIRST_COMPLETED)
    if not playing.done():
        playing.cancel()
        return 1 if piece.ends else 0
    if (error := playing.exception()) is None:
        return 0
    if not isinstance(error, CannotError):
        raise error
    sys.stderr.write(f"\nThe play stops here: {error}\nThe bot's log is {log}.\n")
    return 1


async def lost(switches: Switches, changed: Callable[[], None]) -> None:
    """Tells each time that mongod has died by itself, to pages as well; the page's switch starts it again."""
    told = 0
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if switches.lost_mongod not in (0, told):
            told = switches.lost_mongod
            tell("mongod has ended by itself; the bot goes on without it. The switch on the page starts it again.")
            changed()


def environment(now: datetime, port: int) -> dict[str, str]:
    """The bot's settings that are the sandbox's own: a window about four minutes from now that lasts three."""
    start = (now + timedelta(minutes=5)).replace(second=0, microsecond=0)
    end = start + timedelta(minutes=3)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[start.weekday()]
    return {
        "OPS_ADMINS": "U0ANN",
        "MAINTENANCE_WINDOW": f"{day} {start:%H:%M}-{end:%H:%M} UTC",
        "ANNOUNCE_BEFORE": "3m,2m,1m",
        "ENDING_SOON": "1m",
        "HEALTH_INTERVAL": "10s",
        "GRAFANA_PASSWORD": "sandbox",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_FORMAT": "console",
    }


def manifest() -> Mapping[str, Any] | None:
    """The app's manifest, which the workspace enforces; None if there is none yet."""
    path = ROOT / "manifest.yaml"
    return dict(yaml.safe_load(path.read_text())) if path.is_file() else None


def welcome(url: str, window: str, log: Path, *, ready: bool) -> str:
    """The address, and what to try."""
    log = log.relative_to(Path.cwd()) if log.is_relative_to(Path.cwd()) else log
    state = "The bot is there" if ready else f"The bot does not answer yet, see {log}; the page does"
    return (
        f"{state}: {url}\n"
        f"  Type /health in #ops-shared, then break a service on the page and ask again.\n"
        f"  Type /incident open sev2 checkout is down, answer in its thread, and @Ops Bot resolve restarted it.\n"
        f"  Wait for the window ({window}) to be announced. The bot's log is {log}; Ctrl-C ends everything.\n"
    )


def tell(text: str) -> None:
    """A line for whoever started the sandbox."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
