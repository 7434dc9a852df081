"""The command line: read the settings, set up the logs, run until a signal; or answer one question and end."""

import gc
import os
import signal
import sys

# First of all: importing the rest takes a second, and a supervisor may change its mind in it. Nothing runs yet, so
# there is nothing to drain. Not for the commands whose exit code is an answer.
if __name__ == "__main__" and not {"health", "doctor", "manifest", "--check-config"} & set(sys.argv):
    for _number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(_number, lambda *_: os._exit(0))

if __name__ == "__main__":
    gc.disable()  # nothing of what is imported becomes garbage: looking for it takes a quarter of the start

import argparse
from collections.abc import Sequence
from pathlib import Path

from bot import VERSION, lifecycle, logs, settings_shown, shell, threads
from bot.app import App
from bot.doctor import from_outside
from bot.errors import ConfigError
from bot.manifest import manifest
from bot.probes import health_desk
from bot.redaction import Redactor
from bot.settings import Settings, load

WRONG_SETTINGS = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns the exit code; 2 for wrong words or wrong settings."""
    parser = _parser()
    asked = parser.parse_args(argv)
    if asked.check_config and asked.command:
        parser.error(f"--check-config stands alone; leave {asked.command} out")
    if asked.command == "manifest":
        sys.stdout.write(manifest())
        return 0
    env_files = [*asked.env_file, *getattr(asked, "more_env_file", ())]
    try:
        settings = load(env_files)
    except ConfigError as error:
        return _complain(error, asked.command)
    if asked.check_config:
        sys.stdout.write(settings_shown.shown(settings, env_files))
        return 0
    if asked.command in ("health", "doctor"):
        # Standard output holds the report alone, so that it can be read by a program.
        logs.configure("console", "warning", settings.secrets(), sys.stderr)
        if asked.command == "doctor":
            return threads.run(_doctor(settings))
        return threads.run(_health(settings, asked.names, as_json=asked.json, deep=asked.deep))
    logs.configure(settings.log_format, settings.log_level, settings.secrets())
    return lifecycle.run(lambda: App(settings))


async def _health(settings: Settings, names: Sequence[str], *, as_json: bool, deep: bool) -> int:
    async with health_desk(settings, deep=deep) as desk:
        return await shell.health(desk, names, as_json, sys.stdout)


async def _doctor(settings: Settings) -> int:
    async with from_outside(settings) as desk:
        return await shell.doctor(desk, sys.stdout)


def _complain(error: ConfigError, command: str | None) -> int:
    # A token on the wrong line must not end in a log: complaints show what was written.
    complaints = [Redactor().text(complaint) for complaint in error.complaints]
    if command == "doctor":
        return shell.wrong_settings(complaints, sys.stdout)
    sys.stderr.write("Ops Bot cannot start with these settings (.env.example explains each):\n")
    sys.stderr.writelines(f"- {complaint}\n" for complaint in complaints)
    return WRONG_SETTINGS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="The operations guide, alive in one Slack channel. Without a command it runs until a signal.",
        allow_abbrev=False,
    )
    _add_env_file(parser, "env_file")
    parser.add_argument(
        "--check-config", action="store_true", help="say what is wrong with the settings and exit 2, or what they are"
    )
    parser.add_argument("--version", action="version", version=f"Ops Bot {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    health = commands.add_parser("health", help="ask the shared services; exit 0 all up, 1 not all, 2 wrong words")
    health.add_argument("names", nargs="*", metavar="service", help="only these")
    health.add_argument("--deep", action="store_true", help="with what readiness does not show, as /health deep")
    health.add_argument("--json", action="store_true", help="the report as one JSON document")
    _add_env_file(health, "more_env_file")
    doctor = commands.add_parser(
        "doctor", help="is the bot set up well: Slack, MongoDB, services, clock; exit 0 all OK, 1 a WARN, 2 a FAIL"
    )
    _add_env_file(doctor, "more_env_file")
    commands.add_parser("manifest", help="write the manifest of the Slack app to standard output")
    return parser


def _add_env_file(parser: argparse.ArgumentParser, where: str) -> None:
    parser.add_argument(
        "--env-file",
        dest=where,
        action="append",
        type=Path,
        default=[],
        metavar="PATH",
        help="a file of settings instead of .env; may be repeated",
    )


if __name__ == "__main__":
    gc.freeze()  # nor later: no collection holds up the bot by looking through it again
    gc.enable()
    sys.exit(main())
