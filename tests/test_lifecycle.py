"""From start to stop, in a process of its own: signals, time limits, failures, and the command line."""

import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot import VERSION
from bot.__main__ import main

ROOT = Path(__file__).parents[1]

# A stand-in for the bot: each word makes one thing about it different.
APP = """
import asyncio, atexit, sys, time
from bot import lifecycle, logs
from bot.errors import ConfigError
words = sys.argv[1:]

class App:
    async def start(self):
        if "refused" in words:
            raise ConfigError(["SLACK_BOT_TOKEN is refused by Slack (invalid_auth)."])
        if "bug" in words:
            raise KeyError("xoxb-1-canary")
        if "slow-start" in words:
            print("starting", flush=True)
            await asyncio.sleep(60)
        print("ready", flush=True)
    async def stop(self):
        print("draining", flush=True)
        if "bad-stop" in words:
            raise RuntimeError("no")
        await asyncio.sleep(60 if "slow-stop" in words else 0.05)
        print("closed", flush=True)
        return 2 if "cut" in words else 0

def build():
    asyncio.get_running_loop()
    if "no-build" in words:
        raise OSError(98, "address already in use")
    return App()

logs.configure("json", "error", (), sys.stderr)
if "stuck" in words:
    App.stop = lambda self: time.sleep(60)
if "slow-exit" in words:
    atexit.register(lambda: (print("leaving", flush=True), time.sleep(60)))
sys.exit(lifecycle.run(build, limit=0.2 if "limit" in words else 10.0))
"""


class Process:
    """The stand-in as a child."""

    def __init__(self, *words: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", APP, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def says(self, line: str) -> None:
        assert self.child.stdout is not None
        assert self.child.stdout.readline().strip() == line

    def gets(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def ends(self) -> tuple[int, str, str]:
        out, err = self.child.communicate(timeout=8)
        return self.child.returncode, out, err


@contextmanager
def running(*words: str) -> Iterator[Process]:
    process = Process(*words)
    try:
        yield process
    finally:
        process.child.kill()
        process.child.communicate()


def test_the_first_signal_drains_and_ends_with_0() -> None:
    """SIGTERM stops the bot properly."""
    with running() as process:
        process.says("ready")
        process.gets(signal.SIGTERM)
        assert process.ends() == (0, "draining\nclosed\n", "")


def test_a_second_signal_ends_at_once_with_1() -> None:
    """Whoever asks twice does not want to wait."""
    with running("slow-stop") as process:
        process.says("ready")
        process.gets(signal.SIGTERM)
        process.says("draining")
        process.gets(signal.SIGINT)
        assert process.ends() == (1, "", "Ops Bot ends at once: a second signal came.\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_after_all_is_closed_changes_nothing(number: signal.Signals) -> None:
    """Ctrl-C stops the bot as properly: whoever asks again while the process ends does not make a failure of it."""
    with running("slow-exit") as process:
        process.says("ready")
        process.gets(signal.SIGINT)
        process.says("draining")
        process.says("closed")
        process.says("leaving")
        process.gets(number)
        assert process.ends() == (0, "", "")


def test_a_stop_that_takes_too_long_ends_with_1() -> None:
    """The limit holds though the event loop itself is stuck."""
    with running("stuck", "limit") as process:
        process.says("ready")
        begun = time.monotonic()
        process.gets(signal.SIGTERM)
        code, _, err = process.ends()
        assert (code, err) == (1, "Ops Bot ends at once: stopping took too long.\n")
        assert time.monotonic() - begun < 5


def test_a_signal_during_the_start_stops_what_was_started() -> None:
    """A start that hangs (Slack is away) does not keep the bot from stopping."""
    with running("slow-start") as process:
        process.says("starting")
        process.gets(signal.SIGTERM)
        assert process.ends() == (0, "draining\nclosed\n", "")


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("refused", "Ops Bot could not start: SLACK_BOT_TOKEN is refused by Slack (invalid_auth).\n"),
        ("no-build", "Ops Bot could not start: [Errno 98] address already in use\n"),
        ("bug", "Ops Bot could not start (KeyError); the log says more.\n"),
    ],
)
def test_a_start_that_fails_says_why_and_ends_with_1(how: str, sentence: str) -> None:
    """What a person can mend is said in a sentence; anything else is in the log with its traceback, masked."""
    with running(how) as process:
        code, out, err = process.ends()
    log, _, said = err.partition("\n")
    assert (code, said) == (1, sentence)
    assert out == ("" if how == "no-build" else "draining\nclosed\n")
    assert ("Traceback" in log) == (how == "bug")
    assert "canary" not in log + said


def test_a_stop_that_fails_ends_with_1() -> None:
    """An error while closing is said, and shows in the exit code."""
    with running("bad-stop") as process:
        process.says("ready")
        process.gets(signal.SIGTERM)
        code, _, err = process.ends()
    assert code == 1
    assert err.endswith("Ops Bot could not stop (RuntimeError); the log says more.\n")


def test_a_stop_that_cuts_work_off_ends_with_1() -> None:
    """Everything is closed in order, but what somebody waited for did not come to its end."""
    with running("cut") as process:
        process.says("ready")
        process.gets(signal.SIGTERM)
        code, out, err = process.ends()
    assert (code, out) == (1, "draining\nclosed\n")
    assert err.endswith("Ops Bot stopped, but what was under way took too long and was cut off (2).\n")


def test_wrong_settings_are_all_listed_and_end_with_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing starts before the settings are right."""
    (tmp_path / "a").write_text("SLACK_BOT_TOKEN=xapp-canary\n")
    (tmp_path / "b").write_text("PORT=http\n")
    assert main(["--env-file", str(tmp_path / "a"), "--env-file", str(tmp_path / "b")]) == 2
    out, err = capfd.readouterr()
    assert re.findall(r"^- ([A-Z_]+) ", err, re.MULTILINE) == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "PORT"]
    assert out == ""
    assert "canary" not in err


def test_files_of_settings_may_be_named_before_and_after_the_command(tmp_path: Path) -> None:
    """`--env-file` belongs to every command."""
    (tmp_path / "a").write_text("PORT=http\n")
    assert main(["--env-file", str(tmp_path / "a"), "health", "loki"]) == 2
    assert main(["health", "--json", "--env-file", str(tmp_path / "a")]) == 2


def test_the_manifest_needs_no_settings(capfd: pytest.CaptureFixture[str]) -> None:
    """`manifest` writes to standard output."""
    assert main(["manifest"]) == 0
    assert "slash_commands:" in capfd.readouterr().out


@pytest.mark.parametrize("words", [["dance"], ["--env-file"], ["--env", "x"], ["manifest", "--json"]])
def test_wrong_words_end_with_2(words: list[str]) -> None:
    """A usage error is told from an error of the bot."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


def test_the_version_is_that_of_the_project() -> None:
    """`--version` and pyproject.toml say the same."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
