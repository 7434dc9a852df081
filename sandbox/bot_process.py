"""The bot as a child process: started, watched, started again when it ends, and stopped."""

import asyncio
import contextlib
import fcntl
import itertools
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import aiohttp

from sandbox.child import mortal

ROOT = Path(__file__).parents[1]
RESTART_AFTER = 1.0  # seconds: time to read why, and no busy loop
STOP_SECONDS = 3.0


@contextlib.contextmanager
def own_log(folder: Path) -> Iterator[Path]:
    """`bot.log` in this folder, or `bot-2.log`, `bot-3.log` … while other sandboxes of the folder write the former."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        log = folder / ("bot.log" if number == 1 else f"bot-{number}.log")
        with log.open("ab") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield log
            return


class BotProcess:
    """`python -m bot` with `environment` and nothing else, its log in `log`. `tell` gets a sentence when it ends."""

    def __init__(self, environment: Mapping[str, str], log: Path, tell: Callable[[str], None]) -> None:
        # slack_sdk asks for a home when it is imported; not everybody who runs this has one.
        own = {"HOME": str(log.parent), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self._environment = {**environment, **own}
        self._log = log
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._watching: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process's id, 0 while there is none."""
        return self._process.pid if self._process and self._process.returncode is None else 0

    async def start(self) -> None:
        """Starts it, and again whenever it ends until `stop`. It runs in the folder of its log: no .env is there."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        await self._spawn()
        self._watching = asyncio.create_task(self._watch())

    async def until_ready(self, within: float) -> bool:
        """Whether GET /readyz answers 200 in time."""
        url = f"http://{self._environment['HOST']}:{self._environment['PORT']}/readyz"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within), aiohttp.ClientSession() as client:
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with client.get(url) as answer:
                            if answer.status == 200:
                                return True
                    await asyncio.sleep(0.05)  # nothing tells when another process listens
        return False

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL if that takes more than three seconds."""
        self._stopping = True
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._watching:
            self._watching.cancel()
            await asyncio.wait({self._watching})

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *mortal([sys.executable, "-m", "bot"]),
                cwd=self._log.parent,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the sandbox, which then stops the bot
            )

    async def _watch(self) -> None:
        while self._process:
            code = await self._process.wait()
            if self._stopping:
                return
            how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
            self._tell(f"The bot ended {how}; it starts again. Its last words:{self._last_words()}")
            await asyncio.sleep(RESTART_AFTER)
            if not self._stopping:
                await self._spawn()

    def _last_words(self, count: int = 3) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-count:]
        return "".join(f"\n    {line[:200]}" for line in lines) or " none"
