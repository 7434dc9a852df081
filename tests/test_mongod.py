"""The sandbox's mongod: found, started, broken in every way, and gone at the end."""

from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from sandbox.mongo import Mongod, MongodError, find_mongod


def client_of(url: str, **options: Any) -> "MongoClient[dict[str, Any]]":
    return MongoClient(url, **options)


@pytest.mark.long
def test_it_keeps_port_and_data_over_kill_and_pause_and_leaves_nothing_behind() -> None:
    """What was acknowledged with a journal is there after SIGKILL; a paused one can be resumed and stopped."""
    with Mongod(auth=True) as mongod:
        directory, url = mongod.directory, mongod.url()
        with client_of(url, w="majority", journal=True, serverSelectionTimeoutMS=2000, socketTimeoutMS=300) as client:
            client.butler.kept.insert_one({"_id": 1})
            mongod.kill()
            assert not mongod.running
            mongod.start()
            assert mongod.url() == url
            assert client.butler.kept.find_one() == {"_id": 1}
            mongod.pause()
            with pytest.raises(PyMongoError, match="timed out"):
                client.butler.kept.find_one()
            mongod.resume()
            assert client.butler.kept.find_one() == {"_id": 1}
        with client_of(mongod.url(user=False)) as nobody, pytest.raises(OperationFailure, match="authentication"):
            nobody.butler.kept.find_one()
        mongod.pause()
        mongod.stop()
        assert not mongod.running
    assert directory is not None
    assert not directory.exists()


def test_without_a_mongod_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MONGOD comes first, then PATH, then the wheel; without any the error says what to install."""
    monkeypatch.setenv("MONGOD", str(tmp_path / "none"))
    with pytest.raises(MongodError, match=r"MONGOD=.* cannot be run"):
        find_mongod()
    monkeypatch.delenv("MONGOD")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_mongod().endswith("fiftyone/db/bin/mongod")
    ours = tmp_path / "mongod"
    ours.write_text("#!/bin/sh\necho libcurl.so.4: cannot open shared library >&2; exit 127\n")
    ours.chmod(0o755)
    assert find_mongod() == str(ours)
    with pytest.raises(MongodError, match=r"ended with 127: .*apt-get install libcurl4"):
        Mongod(tmp_path / "data").start()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ours.unlink()
    with pytest.raises(MongodError, match="make setup"):
        find_mongod()
