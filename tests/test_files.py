"""Files on their way to Slack, and what the sandbox refuses of them as Slack does."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.paper import Paper
from bot.metrics import Metrics
from bot.slack.api import Api, DeclinedError, NotSentError
from bot.slack.files import ALT_MOST, Files
from bot.slack.mrkdwn import mrkdwn
from sandbox.slack import Slack
from tests.sandbox_bench import GENERAL, OPS, refused

PICTURE = Paper("uptime.png", b"\x89PNG", "Uptime of a day", "All services were up.")


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace in which the app may do everything."""
    async with Slack() as workspace:
        yield workspace
        assert workspace.refusals == []


@pytest.fixture
async def files(slack: Slack) -> AsyncIterator[Files]:
    """The bot's way to share files in it."""
    async with aiohttp.ClientSession() as session:
        token, url = slack.credentials.bot_token, f"{slack.url}/api/"
        client = AsyncWebClient(token, base_url=url, session=session, retry_handlers=[])
        yield Files(Api(client, Metrics()), session, settle=0.01)


async def test_a_picture_is_shared_with_words_for_those_who_do_not_see_it(slack: Slack, files: Files) -> None:
    """The file has its name, title, content and description, and the message the comment, escaped."""
    await files.share(PICTURE, OPS, comment=mrkdwn("See {}.", "<!channel>"))
    (post,) = slack.channel().messages
    (file,) = post.files
    assert (file.name, file.title, file.alt, file.content) == (
        "uptime.png",
        "Uptime of a day",
        "All services were up.",
        b"\x89PNG",
    )
    assert post.text == "See <!channel>."
    assert slack.pages == []


async def test_a_description_that_is_too_long_is_cut(slack: Slack, files: Files) -> None:
    """Slack refuses more than a thousand characters."""
    await files.share(Paper("a.png", b"x", alt="ä" * 2_000), OPS)
    assert [len(file.alt) for file in slack.channel().messages[0].files] == [ALT_MOST]


async def test_several_files_are_one_message_or_none(slack: Slack, files: Files) -> None:
    """If the second cannot be uploaded the first is not seen either."""
    with slack.expects("missing_argument"), pytest.raises(DeclinedError):
        await files.share_all([PICTURE, Paper("empty.txt", b"")], OPS)
    assert slack.channel().messages == []
    assert len(await files.share_all([PICTURE, PICTURE], OPS)) == 2
    assert [len(post.files) for post in slack.channel().messages] == [2]


@pytest.mark.parametrize(
    ("channel", "thread_ts", "error"),
    [
        (GENERAL, None, "not_in_channel"),
        ("C0NOWHERE", None, "channel_not_found"),
        ("U0ANN", None, "invalid_arguments"),
        (OPS, "1.000100", "thread_not_found"),
    ],
)
async def test_a_file_goes_to_a_conversation_that_the_bot_is_in(
    slack: Slack, files: Files, channel: str, thread_ts: str | None, error: str
) -> None:
    """Not to a person's id, not elsewhere, not below a message that is gone; what Slack refuses is not tried again."""
    with slack.expects(error), pytest.raises(DeclinedError) as caught:
        await files.share(PICTURE, channel, thread_ts=thread_ts)
    assert caught.value.code == error
    assert len(slack.calls_of("files.completeUploadExternal")) == 1


async def test_bytes_that_slack_does_not_take_are_not_shared(slack: Slack, files: Files) -> None:
    """Three tries, each at a new address; then nothing was shared for certain."""
    slack.faults.add("status", "upload", count=None, value=503)
    with pytest.raises(NotSentError):
        await files.share(PICTURE, OPS)
    assert len({call.answer["upload_url"] for call in slack.calls_of("files.getUploadURLExternal") if call.answer}) == 3
    assert (slack.channel().messages, slack.calls_of("files.completeUploadExternal")) == ([], [])


async def test_an_upload_is_completed_once(slack: Slack, files: Files) -> None:
    """The same id again is refused, also by an upload to its address."""
    file_id = await files.share(PICTURE, OPS)
    answer = await refused(slack, "files.completeUploadExternal", files=[{"id": file_id}], channel_id=OPS)
    assert answer["error"] == "file_not_found"
    async with aiohttp.ClientSession() as session, session.post(f"{slack.url}/files/upload/{file_id}") as again:
        assert again.status == 404
    assert len(slack.channel().messages) == 1


async def test_what_slack_refuses_of_an_address(slack: Slack) -> None:
    """An empty file, and a description of more than a thousand characters. Sizes must match, and no token is sent."""
    client = AsyncWebClient(slack.credentials.bot_token, base_url=f"{slack.url}/api/")
    asked = {"filename": "a.txt", "length": 0}
    with slack.expects("missing_argument", "alt_txt_too_large", "size_mismatch", "token_leaked"):
        for extra in ({}, {"length": 3, "alt_txt": "x" * 1_001}):
            with pytest.raises(SlackApiError, match=r"missing_argument|alt_txt_too_large"):
                await client.api_call("files.getUploadURLExternal", params={**asked, **extra})
        address = (await client.files_getUploadURLExternal(filename="a.txt", length=3))["upload_url"]
        async with aiohttp.ClientSession() as session:
            async with session.post(address, data=b"four") as answer:
                assert answer.status == 400
            async with session.post(address, data=b"abc", headers={"Authorization": "Bearer x"}) as answer:
                assert answer.status == 200


async def test_files_info_tells_where_a_file_is_shared(slack: Slack, files: Files) -> None:
    """After the completion only; the answer to the completion does not tell."""
    client = AsyncWebClient(slack.credentials.bot_token, base_url=f"{slack.url}/api/")
    parent = await slack.person("ann").writes("here")
    file_id = await files.share(PICTURE, OPS, thread_ts=parent.ts)
    (reply,) = slack.thread(parent).replies
    shares = (await client.files_info(file=file_id))["file"]["shares"]
    assert shares == {"public": {OPS: [{"ts": reply.ts, "thread_ts": parent.ts}]}}
