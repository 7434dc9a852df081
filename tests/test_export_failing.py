"""Slack in trouble while files are shared: one pair of them in the end, or none and words that say so."""

from typing import Any

import pytest

from bot.slack import api
from tests.exporting import exported, files_in
from tests.test_incident import opened
from tests.world import World


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Slack did not take is tried again at once."""
    monkeypatch.setattr(api, "BACKOFF", 0.02)


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
    world: World, kind: str, step: str, value: Any
) -> None:
    """At whichever step it fails: no file is seen, the person is told so, and asking again at once works."""
    card, _ = await opened(world)
    world.slack.faults.add(kind, step, count=None, value=value)
    said = await exported(world)
    assert "Slack did not take the files" in said
    assert "nothing was shared" in said
    assert files_in(world, card) == []
    assert await world.documents("exports") == []
    world.slack.faults.clear()
    assert "is exported" in await exported(world)
    assert len(files_in(world, card)) == 2


PASSING = [
    ("rate_limited", "files.getUploadURLExternal", 0.3),
    ("reset_after", "files.getUploadURLExternal", 0.0),
    ("rate_limited", "upload", 1),
    ("reset_after", "upload", 0.0),
    ("status", "upload", 500),
    ("rate_limited", "files.completeUploadExternal", 0.3),
    ("reset_after", "files.completeUploadExternal", 0.0),
]


@pytest.mark.parametrize(("kind", "step", "value"), PASSING)
async def test_trouble_that_passes_is_not_noticed(world: World, kind: str, step: str, value: Any) -> None:
    """A limit, a broken connection, an error of Slack's: in the end there is one pair of files."""
    card, _ = await opened(world)
    world.slack.faults.add(kind, step, value=value)
    assert "is exported" in await exported(world)
    await world.slack.settled()
    assert len(files_in(world, card)) == 2


@pytest.mark.parametrize(("kind", "value"), [("reset_before", 0.0), ("status", 500)])
async def test_a_share_that_was_not_made_is_made_after_a_look(world: World, kind: str, value: Any) -> None:
    """The answer is lost and Slack knows no such file: the upload is completed again."""
    card, _ = await opened(world)
    world.slack.faults.add(kind, "files.completeUploadExternal", value=value)
    with world.slack.expects("file_not_found"):
        assert "is exported" in await exported(world)
    assert len(files_in(world, card)) == 2


async def test_a_share_that_shows_late_is_not_made_again(world: World) -> None:
    """After a broken answer files.info does not have the share yet: the second look finds it."""
    card, _ = await opened(world)
    world.slack.faults.add("reset_after", "files.completeUploadExternal")
    world.slack.files.late = 1
    assert "is exported" in await exported(world)
    assert len(world.slack.calls_of("files.completeUploadExternal")) == 1
    assert len(files_in(world, card)) == 2


async def test_a_share_that_shows_very_late_is_found_by_the_refusal_of_the_second(world: World) -> None:
    """An upload is completed once, so the second try shares nothing; after its refusal the bot looks again."""
    card, _ = await opened(world)
    world.slack.faults.add("reset_after", "files.completeUploadExternal")
    world.slack.files.late = 3
    with world.slack.expects("file_not_found"):
        assert "is exported" in await exported(world)
    assert len(files_in(world, card)) == 2


@pytest.mark.long
async def test_a_result_that_stays_unknown_says_where_to_look(world: World) -> None:
    """Slack's answers break every time and it never shows the files: the person is told to look before asking again."""
    await opened(world)
    world.slack.faults.add("status", "files.completeUploadExternal", count=None, value=502)
    with world.slack.expects("file_not_found"):
        said = await exported(world)
    assert "Slack did not say whether it shared the files" in said
    assert "Look in the thread before you ask again" in said


async def test_the_bytes_go_without_the_token(world: World) -> None:
    """The upload's address is a secret by itself; the sandbox refuses an upload with the bot's token."""
    card, _ = await opened(world)
    await exported(world)
    assert len(files_in(world, card)) == 2
    assert world.slack.refusals == []
