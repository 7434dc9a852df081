"""Slack in trouble while files are shared: one pair of them in the end, or none and words that say so."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from bot.slack import api
from sandbox.mongo import Mongod
from sandbox.sight import File, Post
from sandbox.slack import Slack
from tests.asking import strict
from tests.exporting import exported, files_in
from tests.test_incident import opened
from tests.world import PACE, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Thread:
    """An incident's thread, with some files in it already."""

    world: World
    card: Post
    before: int

    @property
    def slack(self) -> Slack:
        return self.world.slack

    async def exported(self) -> str:
        """What Ann is told about an export."""
        return await exported(self.world)

    @property
    def files(self) -> list[File]:
        """The files that came into it since."""
        return files_in(self.world, self.card)[self.before :]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def incident(mongod: Mongod) -> AsyncIterator[tuple[World, Post]]:
    """One world for all of these tests, with an incident; its bot looks at once for what Slack may have shared."""
    at_once = {"pace": replace(PACE, settle=0.01)}
    async with strict() as slack, World(slack, mongod.url(), tuned=at_once) as world:
        card, _ = await opened(world)
        yield world, card
        assert (slack.refusals, slack.pages) == ([], [])


@pytest_asyncio.fixture(loop_scope="module")
async def thread(incident: tuple[World, Post]) -> AsyncIterator[Thread]:
    """The incident's thread, as if nobody had asked for an export before."""
    world, card = incident
    await world.drops("exports")
    yield Thread(world, card, len(files_in(world, card)))
    world.slack.faults.clear()
    world.slack.files.late = 0


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    """What Slack did not take is tried again at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "BACKOFF", 0.02)
        yield


FAILING = [
    ("error", "files.getUploadURLExternal", "file_uploads_disabled"),
    ("status", "files.getUploadURLExternal", 500),
    ("status", "upload", 403),
    ("status", "upload", 503),
    ("reset_before", "upload", 0.0),
    ("error", "files.completeUploadExternal", "not_allowed_for_this_team"),
]


@pytest.mark.parametrize(("kind", "step", "value"), FAILING)
async def test_files_that_slack_does_not_take_are_not_shared_by_half(
    thread: Thread, kind: str, step: str, value: Any
) -> None:
    """At whichever step it fails: no file is seen, the person is told so, and asking again at once works."""
    thread.slack.faults.add(kind, step, count=None, value=value)
    said = await thread.exported()
    assert "Slack did not take the files" in said
    assert "nothing was shared" in said
    assert thread.files == []
    assert await thread.world.documents("exports") == []
    thread.slack.faults.clear()
    assert "is exported" in await thread.exported()
    assert len(thread.files) == 2


PASSING = [
    ("rate_limited", "files.getUploadURLExternal", 0.1),
    ("reset_after", "files.getUploadURLExternal", 0.0),
    ("rate_limited", "upload", 1),
    ("reset_after", "upload", 0.0),
    ("status", "upload", 500),
    ("rate_limited", "files.completeUploadExternal", 0.1),
    ("reset_after", "files.completeUploadExternal", 0.0),
]


@pytest.mark.parametrize(("kind", "step", "value"), PASSING)
async def test_trouble_that_passes_is_not_noticed(thread: Thread, kind: str, step: str, value: Any) -> None:
    """A limit, a broken connection, an error of Slack's: in the end there is one pair of files."""
    thread.slack.faults.add(kind, step, value=value)
    assert "is exported" in await thread.exported()
    await thread.slack.settled()
    assert len(thread.files) == 2


@pytest.mark.parametrize(("kind", "value"), [("reset_before", 0.0), ("status", 500)])
async def test_a_share_that_was_not_made_is_made_after_a_look(thread: Thread, kind: str, value: Any) -> None:
    """The answer is lost and Slack knows no such file: the upload is completed again."""
    thread.slack.faults.add(kind, "files.completeUploadExternal", value=value)
    with thread.slack.expects("file_not_found"):
        assert "is exported" in await thread.exported()
    assert len(thread.files) == 2


async def test_a_share_that_shows_late_is_not_made_again(thread: Thread) -> None:
    """After a broken answer files.info does not have the share yet: the second look finds it."""
    thread.slack.faults.add("reset_after", "files.completeUploadExternal")
    thread.slack.files.late = 1
    before = len(thread.slack.calls_of("files.completeUploadExternal"))
    assert "is exported" in await thread.exported()
    assert len(thread.slack.calls_of("files.completeUploadExternal")) == before + 1
    assert len(thread.files) == 2


async def test_a_share_that_shows_very_late_is_found_by_the_refusal_of_the_second(thread: Thread) -> None:
    """An upload is completed once, so the second try shares nothing; after its refusal the bot looks again."""
    thread.slack.faults.add("reset_after", "files.completeUploadExternal")
    thread.slack.files.late = 3
    with thread.slack.expects("file_not_found"):
        assert "is exported" in await thread.exported()
    assert len(thread.files) == 2


async def test_a_result_that_stays_unknown_says_where_to_look(thread: Thread) -> None:
    """Slack's answers break every time and it never shows the files: the person is told to look before asking again."""
    thread.slack.faults.add("status", "files.completeUploadExternal", count=None, value=502)
    with thread.slack.expects("file_not_found"):
        said = await thread.exported()
    assert "Slack did not say whether it shared the files" in said
    assert "Look in the thread before you ask again" in said


async def test_the_bytes_go_without_the_token(thread: Thread) -> None:
    """The upload's address is a secret by itself; the sandbox refuses an upload with the bot's token."""
    await thread.exported()
    assert len(thread.files) == 2
    assert thread.slack.refusals == []
