"""`/incident stats` as people see it: text at once for whoever asked, and a picture in a direct message."""

import re
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.domain.incident import Severity
from bot.domain.stats import Brief, Stats, stats
from bot.slack import pictures
from bot.slack.pictures import draw_stats
from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, shared_world, without_matplotlib
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")
PNG = b"\x89PNG\r\n\x1a\n"
SIZE = (1350).to_bytes(4, "big") + (540).to_bytes(4, "big")


def sent_files(world: World) -> list[tuple[Post, dict[str, object], bytes]]:
    """The files that Ann sees, each with its message and its content."""
    uploads = world.slack.files.uploads
    return [
        (post, dict(file), uploads[str(file["id"])].content or b"")
        for post in world.ann.posts
        for file in post.raw.files
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def three(mongod: Mongod) -> AsyncIterator[World]:
    """A world with three incidents, two of one title; the first is resolved after 20 minutes, when the last begins."""
    async with shared_world(mongod) as world:
        for words in ("open sev1 checkout is down", "open sev2 search is slow"):
            await answer(world.slack, world.ann, "/incident", words)
        (first,) = await world.stored("incidents", title="checkout is down", untold=[])
        world.clock.forward(minutes=20)
        await answer(world.slack, world.ann, "/incident", f"resolve {first['_id']} restarted")
        await answer(world.slack, world.ann, "/incident", "open sev1 Checkout is DOWN!")
        await world.stored("incidents", 3, untold=[])
        yield world


@SHARED
@pytest.mark.long
async def test_statistics_are_told_in_words_to_whoever_asked(three: World) -> None:
    """How many by severity, how long to acknowledge and to resolve, when, and what came again; and a picture with its
    description in a direct message, seen by nobody else.
    """
    before = sent_files(three)
    told = await answer(three.slack, three.ann, "/incident", "stats")
    assert told.text == "3 incidents in the last 30 days: 2 SEV1, 1 SEV2."
    for line in (
        "*Time to acknowledge*: 20 min (one incident)",
        "*Time to resolve*: 20 min (one incident)",
        "*Busiest hours (UTC)*: 12:00 to 13:00 (3)",
        "• 2 × Checkout is DOWN!",
    ):
        assert line in re.sub(r"(20 min) \d s", r"\1", told.shown)  # a busy machine takes a second itself
    assert [post for post in three.slack.channel().by_bot if "last 30 d" in post.shown] == []
    await three.ann.sees("Here is the picture that goes with the answer to /incident stats.")
    ((post, file, content),) = await three.slack.until(lambda: sent_files(three)[len(before) :], "a picture")
    assert three.slack.workspace.channels[post.channel].im_with == three.ann.id
    assert content.startswith(PNG)
    assert content[16:24] == SIZE
    assert str(file["alt_txt"]).startswith(
        "Two bar charts. Incidents of the last 30 days: 3. By severity: 2 SEV1, 1 SEV2."
    )
    assert file["title"] == "Incidents of the last 30 days: 3"


@SHARED
async def test_without_matplotlib_there_is_text_alone_and_a_period_ends_now(three: World) -> None:
    """No picture, and no complaint about it. What was opened before the period is not in it."""
    before = sent_files(three)
    with without_matplotlib():
        told = await answer(three.slack, three.ann, "/incident", "stats 10m")
        assert told.text.startswith("1 incident in the last 10 min")
        told = await answer(three.slack, three.ann, "/incident", "stats 24h")
        assert told.text.startswith("3 incidents in the last day")
        await three.slack.settled()
    assert sent_files(three) == before
    assert three.ann.ephemerals[-1] == told


@SHARED
async def test_a_picture_that_slack_does_not_take_is_said(three: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is there already; a second answer says why there is no picture."""
    before = sent_files(three)
    monkeypatch.setattr(pictures, "draw_stats", lambda _: PNG)
    three.slack.faults.add("error", "files.getUploadURLExternal", value="file_uploads_disabled")
    await answer(three.slack, three.ann, "/incident", "stats")
    await three.ann.sees("Slack did not take the picture", "file_uploads_disabled")
    assert sent_files(three) == before


@SHARED
async def test_drawing_holds_nobody_up(three: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a picture is drawn, the bot answers others."""
    before = sent_files(three)
    others_were_answered = threading.Event()

    def draw(_: Stats) -> bytes:
        assert others_were_answered.wait(5)
        return PNG

    monkeypatch.setattr(pictures, "draw_stats", draw)
    await answer(three.slack, three.ann, "/incident", "stats")
    await answer(three.slack, three.bob, "/ops", "whoami")
    others_were_answered.set()
    await three.slack.until(lambda: len(sent_files(three)) > len(before), "a picture")


async def test_a_period_without_incidents_and_words_that_are_none(world: World) -> None:
    """An empty period has no numbers and no picture; what is no period is pointed at."""
    for words, told in (
        ("stats", "No incident was opened in the last 30 days."),
        ("stats 1s", "No incident was opened in the last second."),
        ("stats 0d", "“0d” is no time at all.\n> stats *0d*"),
        ("stats -5d", "“-5d” is negative.\n> stats *-5d*"),
        ("stats 7", "“7” has no unit.\n> stats *7*\nDid you mean `7d`?"),
        ("stats 400d", "“400d” is too long: 366d is the most."),
        ("stats for ever", "“for” is not a duration.\n> stats *for* ever"),
        ("stats 7d please", "“please” does not belong to a duration.\n> stats 7d *please*"),
    ):
        assert (await answer(world.slack, world.ann, "/incident", words)).shown.startswith(told)
    await world.slack.settled()
    assert sent_files(world) == []


@pytest.mark.long
def test_a_picture_is_drawn_of_any_numbers() -> None:
    """Thousands in one hour: it has the size of one of few."""
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    many = [Brief("x", Severity.SEV1, now, now, None, None)] * 9_000
    content = draw_stats(stats(many, now, timedelta(days=30)))
    assert content.startswith(PNG)
    assert content[16:24] == SIZE
