"""The workspace's Web API, driven with slack_sdk: what it answers, and what it refuses."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.records import CannotError
from sandbox.slack import Slack
from tests.sandbox_bench import GENERAL, OPS, button, client_of, refused, section

Json = dict[str, Any]
METADATA = {"event_type": "opsbot_incident", "event_payload": {"key": "INC-1"}}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace without a manifest, and nobody at the other end."""
    async with Slack(retry_after=()) as workspace:
        yield workspace
        assert workspace.refusals == []


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    """The bot's client."""
    return client_of(slack)


async def test_auth_test_tells_who_the_bot_is(client: AsyncWebClient) -> None:
    """Ids of user, bot and team, which Bolt asks for."""
    answer = await client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U0OPSBOT", "B0OPSBOT", "T0SANDBOX")


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-wrong", "auth.test", "invalid_auth"),
        ("bot", "apps.connections.open", "not_allowed_token_type"),
        ("app", "chat.postMessage", "not_allowed_token_type"),
        ("bot", "chat.postMesage", "unknown_method"),
    ],
)
async def test_only_the_right_token_opens(slack: Slack, token: str, method: str, error: str) -> None:
    """A missing, wrong or misplaced token is refused by Slack's names, and noted."""
    tokens = {"bot": slack.credentials.bot_token, "app": slack.credentials.app_token}
    with slack.expects(error), pytest.raises(SlackApiError) as caught:
        await client_of(slack, tokens.get(token, token)).api_call(method)
    assert caught.value.response["error"] == error


async def test_a_method_needs_its_scope() -> None:
    """With scopes granted, a method outside them is refused with what it needs; auth.test lists what there is."""
    async with Slack(scopes=frozenset({"chat:write"})) as slack:
        await client_of(slack).chat_postMessage(channel=OPS, text="fine")
        with slack.expects("missing_scope"), pytest.raises(SlackApiError) as caught:
            await client_of(slack).pins_add(channel=OPS, timestamp="1.0")
        assert (caught.value.response["needed"], caught.value.response["provided"]) == ("pins:write", "chat:write")
        assert (await client_of(slack).auth_test()).headers["x-oauth-scopes"] == "chat:write"


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": GENERAL, "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": OPS}, "no_text"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "thread_ts": "1.000100"}, "thread_not_found"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "blocks": "{not json"}, "invalid_blocks_format"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.update", {"channel": OPS, "ts": "1.000100", "text": "x"}, "message_not_found"),
        ("chat.delete", {"channel": OPS, "ts": "1.000100"}, "message_not_found"),
        ("chat.postEphemeral", {"channel": OPS, "user": "U0DEE", "text": "x"}, "user_not_in_channel"),
        ("chat.postEphemeral", {"channel": OPS, "user": "U0NOBODY", "text": "x"}, "user_not_found"),
        ("reactions.add", {"channel": OPS, "timestamp": "1.000100", "name": "eyes"}, "message_not_found"),
        ("reactions.add", {"channel": OPS, "name": "eyes"}, "no_item_specified"),
        ("conversations.history", {"channel": OPS}, "invalid_arguments"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("usergroups.list", {}, "plan_upgrade_required"),
        ("views.open", {"trigger_id": "1.2.x", "view": {}}, "invalid_arguments"),
        ("views.publish", {"user_id": "U0NOBODY", "view": {"type": "home", "blocks": []}}, "user_not_found"),
        ("files.completeUploadExternal", {"files": [{"id": "F0NONE"}]}, "file_not_found"),
    ],
)
async def test_what_cannot_be_done_is_refused(slack: Slack, method: str, arguments: Json, error: str) -> None:
    """Each with the error that Slack has for it."""
    assert (await refused(slack, method, **arguments))["error"] == error


@pytest.mark.parametrize(
    "method", ["conversations.history", "conversations.replies", "users.info", "conversations.list"]
)
async def test_methods_that_read_take_no_json(slack: Slack, method: str) -> None:
    """Slack looks at a query string or a form there, so JSON is refused with words that say so."""
    answer = await refused(slack, method, channel=OPS, ts="1.000100", user="U0ANN")
    assert "takes no JSON" in answer["response_metadata"]["messages"][0]


async def test_invalid_blocks_come_with_messages(slack: Slack) -> None:
    """The answer says what is wrong and where, as Slack words it."""
    answer = await refused(slack, "chat.postMessage", channel=OPS, blocks=[section("x" * 3001)])
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


async def test_arguments_come_as_json_or_as_a_form(client: AsyncWebClient, slack: Slack) -> None:
    """Blocks in a form are a JSON string; both are noted decoded."""
    blocks = [section("words")]
    await client.api_call("chat.postMessage", json={"channel": OPS, "blocks": blocks})
    await client.api_call("chat.postMessage", data={"channel": OPS, "blocks": '[{"type":"divider"}]', "text": "t"})
    assert [call.args["blocks"] for call in slack.calls_of("chat.postMessage")] == [blocks, [{"type": "divider"}]]


async def test_a_file_takes_three_steps(client: AsyncWebClient, slack: Slack) -> None:
    """slack_sdk's files_upload_v2 runs through: address, bytes, completion in the thread."""
    parent = await slack.person("ann").writes("send it here")
    await client.files_upload_v2(
        channel=OPS,
        thread_ts=parent.ts,
        filename="inc.json",
        content="{}",
        title="The incident",
        initial_comment="Here",
    )
    (reply,) = slack.thread(parent).replies
    assert reply.shown == "Here\nThe incident"


async def test_a_file_must_have_been_uploaded(client: AsyncWebClient, slack: Slack) -> None:
    """Completion before the bytes is refused."""
    answer = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    error = await refused(slack, "files.completeUploadExternal", files=[{"id": answer["file_id"]}], channel_id=OPS)
    assert error["error"] == "file_upload_incomplete"


async def test_the_directory_can_be_read(client: AsyncWebClient) -> None:
    """Channels, members and people, each as far as Slack tells."""
    assert (await client.conversations_info(channel=GENERAL))["channel"]["is_member"] is False
    listed = (await client.conversations_list(limit=2))["channels"]
    assert [channel["name"] for channel in listed] == ["ops-shared", "general"]
    own = (await client.users_conversations())["channels"]
    assert [channel["name"] for channel in own] == ["ops-shared", "random"]
    assert "U0DEE" not in (await client.conversations_members(channel=OPS))["members"]
    assert (await client.users_info(user="U0ANN"))["user"]["real_name"] == "Ann Archer"
    assert len((await client.users_list())["members"]) == 5
    assert (await client.team_info())["team"]["id"] == "T0SANDBOX"


async def test_a_permalink_leads_to_a_message(client: AsyncWebClient, slack: Slack) -> None:
    """With the thread in it for a reply."""
    parent = await slack.person("ann").writes("parent")
    reply = await slack.person("bob").writes("reply", thread=parent)
    link = (await client.chat_getPermalink(channel=OPS, message_ts=reply.ts))["permalink"]
    assert link.endswith(f"/archives/{OPS}/p{reply.ts.replace('.', '')}?thread_ts={parent.ts}&cid={OPS}")


async def test_a_channel_takes_about_one_message_a_second() -> None:
    """With strict_rate a burst is answered by 429 and Retry-After, per channel."""
    async with Slack(strict_rate=True) as slack:
        client = client_of(slack)
        for number in range(3):
            await client.chat_postMessage(channel=OPS, text=f"{number}")
        with slack.expects("ratelimited"), pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=OPS, text="too many")
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
        await client.chat_postMessage(channel="C0RANDOM", text="elsewhere is free")


async def test_timestamps_are_unique_and_increase(client: AsyncWebClient) -> None:
    """Also within one microsecond of real time."""
    sent = [(await client.chat_postMessage(channel=OPS, text="x"))["ts"] for _ in range(20)]
    assert sent == sorted(set(sent))
    assert all(len(ts.split(".")[1]) == 6 for ts in sent)


async def test_people_are_held_to_what_their_client_lets_them(client: AsyncWebClient, slack: Slack) -> None:
    """Nobody edits another's message, writes where they are not, or clicks what is not there."""
    card = (await client.chat_postMessage(channel=OPS, text="t", blocks=[
        {"type": "actions", "elements": [button("Go", "a"), button("Go", "b")]}]))["ts"]  # fmt: skip
    ann, dee = slack.person("ann"), slack.person("dee")
    with pytest.raises(CannotError, match="is not a message of"):
        await ann.edits(card, "mine now")
    with pytest.raises(CannotError, match="is not in C0OPSSHARED"):
        await dee.writes("hello")
    with pytest.raises(CannotError, match="2 times button 'Go'"):
        await ann.clicks("Go", on=card)
    with pytest.raises(CannotError, match="no button 'Stop'; on the screen: Go, Go"):
        await ann.clicks("Stop", on=card)


async def test_the_manifest_switches_the_home_tab_on() -> None:
    """Without it views.publish is refused."""
    async with Slack({"features": {}}) as slack:
        answer = await refused(slack, "views.publish", user_id="U0ANN", view={"type": "home", "blocks": []})
        assert answer["error"] == "not_enabled"


async def test_each_kind_of_conversation_has_its_scope() -> None:
    """channels:history reads no direct conversation, channels:read lists no private channels."""
    async with Slack(scopes=frozenset({"channels:history", "channels:read", "chat:write"})) as slack:
        client = client_of(slack)
        direct = (await client.chat_postMessage(channel="U0ANN", text="hello"))["channel"]
        await client.conversations_history(channel=OPS)
        await client.conversations_list()
        for needed, call in (
            ("im:history", client.conversations_history(channel=direct)),
            ("groups:read", client.conversations_list(types="public_channel,private_channel")),
        ):
            with slack.expects("missing_scope"), pytest.raises(SlackApiError) as caught:
                await call
            assert caught.value.response["needed"] == needed
