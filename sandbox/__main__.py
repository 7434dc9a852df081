"""`python -m sandbox`: a throw-away Slack in the browser with the bot in it, a real mongod and services to break."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.bot_process import ROOT, BotProcess
from sandbox.control import Control
from sandbox.mongo import Mongod, MongodError, free_port
from sandbox.services import Services
from sandbox.slack import Slack
from sandbox.switches import Switches

LOG = ROOT / ".sandbox" / "bot.log"
READY_SECONDS = 20.0


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


async def run(port: int) -> int:
    """Starts everything, says where it is, and ends it all at the first signal."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with AsyncExitStack() as opened:
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
        bot = BotProcess(settings, LOG, tell)
        opened.push_async_callback(bot.stop)
        await bot.start()
        ready = asyncio.create_task(bot.until_ready(READY_SECONDS))
        ended = asyncio.create_task(asked.wait())
        await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not asked.is_set():
            tell(welcome(slack.url, settings["MAINTENANCE_WINDOW"], ready=ready.result()))
        losing = asyncio.create_task(lost(switches))
        await ended
        ready.cancel()
        losing.cancel()
        tell("\nThe sandbox ends.")
    return 0


async def lost(switches: Switches) -> None:
    """Tells when mongod has died by itself; the page's switch starts it again."""
    while True:
        await asyncio.sleep(1)
        if switches.has_lost_mongod:
            tell("mongod has ended by itself; the bot goes on without it. The switch on the page starts it again.")
            return


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


def welcome(url: str, window: str, *, ready: bool) -> str:
    """The address, and what to try."""
    log = LOG.relative_to(Path.cwd()) if LOG.is_relative_to(Path.cwd()) else LOG
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
