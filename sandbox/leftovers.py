"""Directories of servers whose owner was killed: each owner holds a lock in its own, and sweeps those of the dead."""

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import IO

HELD = "held"
YOUNG = 60.0  # seconds: one that is being made has no lock yet


def hold(directory: Path) -> IO[bytes]:
    """Marks the directory as in use until the file is closed or this process ends, however it ends."""
    held = (directory / HELD).open("wb")
    fcntl.flock(held, fcntl.LOCK_SH)
    return held


def sweep(folder: Path, prefix: str) -> int:
    """Removes directories that nobody holds, with no server running in them; how many. Those without a lock stay."""
    count = 0
    for directory in folder.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):  # gone meanwhile, held, or somebody else's
            if time.time() - directory.stat().st_mtime < YOUNG:
                continue
            with (directory / HELD).open("rb") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not _is_served(directory):
                    shutil.rmtree(directory)
                    count += 1
    return count


def _is_served(directory: Path) -> bool:
    """Whether the mongod that wrote its pid there lives: a paused one outlives its owner."""
    lock = directory / "data" / "mongod.lock"
    pid = lock.read_text("utf-8").strip() if lock.exists() else ""
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's process
        return True
    return True
