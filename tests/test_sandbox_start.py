"""`python -m sandbox`: one address, a bot that comes back, and nothing left at the end."""

import asyncio
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pip
import pytest

from sandbox.__main__ import FOLDER, lost
from sandbox.bot_process import own_log
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.switches import Switches

ROOT = Path(__file__).parents[1]
LOG_IS = re.compile(r"The bot's log is (\S+);")


PARENT = """
import pathlib, sys, time
from sandbox.mongo import Mongod
mongod = Mongod(pathlib.Path(sys.argv[1]))
mongod.start()
print(mongod.pid, flush=True)
time.sleep(60)
"""


# A Python that is asked for a virtual environment, and has the running one's pip: to unpack its own takes two seconds.
PYTHON = """#!/bin/sh
[ "$1 $2" = "-m venv" ] || exec "{python}" "$@"
"{python}" -m venv --without-pip "$3" && ln -s "{pip}" "$3"/lib/python3*/site-packages/
"""


def children(pid: int) -> dict[str, int]:
    """The sandbox's children: `bot` and `mongod` with their pids."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    found = (line.split(maxsplit=1) for line in listed.stdout.splitlines())
    return {
        "bot" if args.endswith("-m bot") else "mongod": int(number) for number, args in found if "ps -o" not in args
    }


@pytest.mark.long
def test_it_says_where_it_is_leaves_the_log_of_another_alone_starts_its_bot_again_and_ends_with_everything() -> None:
    """The page answers at the address; of two in one folder each has a log; a killed bot is reported and started
    again; Ctrl-C ends all in 5 s.
    """
    with own_log(FOLDER) as of_another:
        of_another.write_text("what another sandbox's bot says\n")
        sandbox = subprocess.Popen(
            [sys.executable, "-m", "sandbox"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            assert sandbox.stdout is not None
            told = list(itertools.takewhile(str.strip, sandbox.stdout))
            assert told[0].startswith("The bot is there: ")
            with urlopen(told[0].split()[-1], timeout=5) as page:
                assert page.status == 200
            log = ROOT / next(found[1] for line in told if (found := LOG_IS.search(line)))
            (port,) = re.findall(r"\bready +.*port=(\d+)", log.read_text())
            assert port != "8080", "not every bot's, but a free one: another may be there"
            ends_with_everything(sandbox)
        finally:
            sandbox.send_signal(signal.SIGINT)
            sandbox.communicate(timeout=10)
        assert of_another.read_text() == "what another sandbox's bot says\n"


def ends_with_everything(sandbox: "subprocess.Popen[str]") -> None:
    """Its bot is killed, and then it is asked to end."""
    assert sandbox.stdout is not None
    before = children(sandbox.pid)
    # Where the account has no entry, as in some containers, nothing else tells a home, and slack_sdk wants one.
    assert b"\0HOME=" in b"\0" + Path(f"/proc/{before['bot']}/environ").read_bytes()
    os.kill(before["bot"], signal.SIGKILL)
    while not (line := sandbox.stdout.readline()).startswith("The bot ended"):
        assert line
    assert "by SIGKILL; it starts again" in line
    begun = time.monotonic()
    sandbox.send_signal(signal.SIGINT)
    rest, _ = sandbox.communicate(timeout=10)
    assert time.monotonic() - begun < 5
    assert sandbox.returncode == 0
    assert "Traceback" not in rest
    assert not Path(f"/proc/{before['mongod']}").exists()


@pytest.mark.parametrize("module", ["sandbox", "sandbox.demo"])
def test_ctrl_c_while_it_is_imported_ends_it_without_a_traceback(module: str, tmp_path: Path) -> None:
    """Imports take a moment: one that takes long stands for it here."""
    (tmp_path / "yaml.py").write_text("import time; print('importing', flush=True); time.sleep(60)")
    process = subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(tmp_path)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


@pytest.mark.long
async def test_a_mongod_that_ends_by_itself_is_told_each_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The terminal says so, and open pages look anew: their switch is off, so that it can be switched on again."""
    monkeypatch.setattr("sandbox.__main__.LOOK_EVERY", 0.1)
    with Mongod(expires=False) as server:
        switches, told = Switches(Services(), server), asyncio.Queue[object]()
        watching = asyncio.create_task(lost(switches, lambda: told.put_nowait(switches.switches()[0]["state"])))
        try:
            for again in (True, False):
                os.kill(server.pid, signal.SIGKILL)
                async with asyncio.timeout(10):
                    assert await told.get() == "refuse"
                if again:
                    await switches.switch("mongodb", "up")
        finally:
            watching.cancel()
    assert capsys.readouterr().out.count("mongod has ended by itself") == 2


def test_mongod_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    """Even SIGKILL of the parent leaves no mongod behind."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = parent.stdout.readline().strip()
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}/exe").exists() and time.monotonic() < deadline:
        time.sleep(0.01)  # its end cannot be awaited: it is not our child
    assert not Path(f"/proc/{pid}/exe").exists()


@pytest.mark.long
def test_a_virtual_environment_that_was_left_half_made_is_completed(tmp_path: Path) -> None:
    """Ctrl-C while `make` makes it leaves a Python without pip: the next `make` goes on from there."""
    python = tmp_path / "python3.11"
    python.write_text(PYTHON.format(python=sys.executable, pip=Path(pip.__file__).parent))
    python.chmod(0o755)
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (tmp_path / "requirements-dev.txt").write_text("# nothing\n")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    made = subprocess.run(
        ["make", "setup"], cwd=tmp_path, env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert (tmp_path / ".venv" / ".ready").exists()
