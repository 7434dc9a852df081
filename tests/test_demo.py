"""`make demo` ends loudly when a step does not happen; .ci/run plays it, since it takes two minutes."""

import asyncio
from pathlib import Path

import pytest

from sandbox.__main__ import Piece, played
from sandbox.records import CannotError, Json
from sandbox.stage import newest

MESSAGES: list[Json] = [
    {"ts": "1.0", "text": "Loki is down", "blocks": None},
    {"ts": "3.0", "text": "Loki is up", "blocks": [{"type": "header", "text": {"text": "Up – again"}}]},
    {"ts": "2.0", "text": "Loki is slow", "blocks": None},
]


async def plays(piece: Piece) -> int:
    """The exit code of a piece that nobody breaks off."""
    nobody = asyncio.create_task(asyncio.Event().wait())
    try:
        return await played(piece, "http://127.0.0.1:1", Path("bot.log"), nobody)
    finally:
        nobody.cancel()


async def test_a_step_that_does_not_happen_ends_the_demo_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """It says which step; a play that comes to its end is 0, also where the workspace then stays open."""

    async def lost(_: str) -> None:
        raise CannotError("waited 20 s for the card")

    async def whole(_: str) -> None:
        return None

    assert [await plays(Piece({}, lost)), await plays(Piece({}, lost, ends=True))] == [1, 1]
    assert "The play stops here: waited 20 s for the card" in capsys.readouterr().err
    assert await plays(Piece({}, whole)) == 0


def test_what_is_looked_for_has_all_the_words_and_the_newest_counts() -> None:
    """In its text or its blocks, whatever their order."""
    assert newest(MESSAGES, "Loki") == MESSAGES[1]
    assert newest(MESSAGES, "Loki", "slow") == MESSAGES[2]
    assert newest(MESSAGES, "Up – again") == MESSAGES[1]
    assert newest(MESSAGES, "Loki", "gone") is None
