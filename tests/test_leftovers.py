"""Directories of servers whose owner was killed are swept, and no others."""

import os
from pathlib import Path

import pytest

from bot.errors import StoreAwayError, away_means
from sandbox.leftovers import HELD, YOUNG, hold, sweep


def left(folder: Path, name: str, pid: str = "") -> Path:
    """A directory that nobody holds, older than a minute."""
    directory = folder / name
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "mongod.lock").write_text(pid, "utf-8")
    (directory / HELD).touch()
    return directory


def aged(directory: Path) -> Path:
    """The same, as if it had been made a while ago."""
    then = directory.stat().st_mtime - 2 * YOUNG
    os.utime(directory, (then, then))
    return directory


def test_only_what_nobody_uses_is_swept(tmp_path: Path) -> None:
    """Held ones, young ones, served ones, and those without a lock stay."""
    gone = [aged(left(tmp_path, "mongod-stopped")), aged(left(tmp_path, "mongod-killed", "999999999"))]
    stays = [aged(left(tmp_path, "mongod-served", f"{os.getpid()}\n")), left(tmp_path, "mongod-young")]
    stays += [
        aged(left(tmp_path, "mongod-held")),
        aged(left(tmp_path, "mongod-unmarked")),
        aged(left(tmp_path, "other")),
    ]
    (tmp_path / "mongod-unmarked" / HELD).unlink()
    aged(tmp_path / "mongod-unmarked")
    with hold(tmp_path / "mongod-held"):
        assert sweep(tmp_path, "mongod-") == len(gone)
        assert not [one for one in gone if one.exists()]
        assert all(one.exists() for one in stays)
    assert sweep(tmp_path, "mongod-") == 1


def test_what_silence_means_is_said_unless_a_change_is_in_doubt() -> None:
    """Reading speaks of what cannot be shown; what may have been written stays in doubt."""
    with pytest.raises(StoreAwayError, match=r"^MongoDB does not answer, so it"), away_means("so it cannot be shown"):
        raise StoreAwayError
    with pytest.raises(StoreAwayError, match="is not known"), away_means("so it cannot be shown"):
        raise StoreAwayError(in_doubt=True)
