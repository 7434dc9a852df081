"""The workspace's Web API, driven with slack_sdk: what it answers, and what it refuses."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.records import CannotError
from sandbox.slack import Slack
from tests.sandbox_bench import GENERAL, OPS, button, client_of, link, refused, section

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


async def test_a_channel_may_be_named_and_a_person_is_written_to_directly(client: AsyncWebClient, slack: Slack) -> None:
    """chat.postMessage takes `#name` and a user id."""
    await client.chat_postMessage(channel="#ops-shared", text="to the channel")
    answer = await client.chat_postMessage(channel="U0DEE", text="to Dee")
    assert (answer["channel"], (await client.conversations_open(users="U0DEE"))["channel"]["id"]) == ("D0DEE", "D0DEE")
    assert [post.text for post in slack.channel().messages] == ["to the channel"]
    assert [post.text for post in slack.person("dee").posts] == ["to Dee"]


async def test_history_is_newest_first_in_pages(client: AsyncWebClient, slack: Slack) -> None:
    """Bounds are exclusive unless `inclusive`; a cursor leads through the pages; replies are not in it."""
    sent = [(await client.chat_postMessage(channel=OPS, text=f"m{number}"))["ts"] for number in range(5)]
    await client.chat_postMessage(channel=OPS, text="reply", thread_ts=sent[0])
    first = await client.conversations_history(channel=OPS, limit=2)
    second = await client.conversations_history(channel=OPS, limit=2, cursor=first["response_metadata"]["next_cursor"])
    assert [one["text"] for one in (*first["messages"], *second["messages"])] == ["m4", "m3", "m2", "m1"]
    between = await client.conversations_history(channel=OPS, oldest=sent[1], latest=sent[3])
    assert [one["text"] for one in between["messages"]] == ["m2"]
    bounds = await client.conversations_history(channel=OPS, oldest=sent[1], latest=sent[3], inclusive=True)
    assert [one["text"] for one in bounds["messages"]] == ["m3", "m2", "m1"]
    assert (await client.conversations_history(channel=OPS))["messages"][-1]["reply_count"] == 1
    with slack.expects("invalid_cursor"), pytest.raises(SlackApiError):
        await client.conversations_history(channel=OPS, cursor="no cursor")


async def test_a_thread_is_its_parent_and_then_the_replies(client: AsyncWebClient, slack: Slack) -> None:
    """Oldest first, also when a reply is named; a broadcast reply stands in the channel too, with its own subtype."""
    parent = (await client.chat_postMessage(channel=OPS, text="parent"))["ts"]
    reply = (await client.chat_postMessage(channel=OPS, text="one", thread_ts=parent))["ts"]
    await client.chat_postMessage(channel=OPS, text="two", thread_ts=reply, reply_broadcast=True)
    thread = await client.conversations_replies(channel=OPS, ts=reply)
    assert [one["text"] for one in thread["messages"]] == ["parent", "one", "two"]
    later = await client.conversations_replies(channel=OPS, ts=parent, oldest=reply)
    assert [one["text"] for one in later["messages"]] == ["parent", "two"]
    channel = (await client.conversations_history(channel=OPS))["messages"]
    assert [(one["text"], one.get("subtype")) for one in channel] == [("two", "thread_broadcast"), ("parent", None)]
    with slack.expects("thread_not_found"), pytest.raises(SlackApiError):
        await client.conversations_replies(channel=OPS, ts="1.000100")


async def test_metadata_is_read_only_by_who_asks_for_it(client: AsyncWebClient) -> None:
    """history and replies leave it out without include_all_metadata; an update keeps it, `{}` removes it."""
    ts = (await client.chat_postMessage(channel=OPS, text="card", metadata=METADATA))["ts"]

    async def read(**arguments: Any) -> Any:
        return (await client.conversations_history(channel=OPS, **arguments))["messages"][0].get("metadata")

    assert await read() is None
    assert await read(include_all_metadata=True) == METADATA
    replies = await client.conversations_replies(channel=OPS, ts=ts, include_all_metadata=True)
    assert replies["messages"][0]["metadata"] == METADATA
    await client.chat_update(channel=OPS, ts=ts, text="card, changed")
    assert await read(include_all_metadata=True) == METADATA
    await client.chat_update(channel=OPS, ts=ts, text="card", metadata={})
    assert await read(include_all_metadata=True) is None


async def test_an_update_keeps_what_is_not_given(client: AsyncWebClient, slack: Slack) -> None:
    """Text alone leaves the blocks; an empty list takes them away."""
    answer = await client.chat_postMessage(channel=OPS, text="t", blocks=[section("the block")])
    await client.chat_update(channel=OPS, ts=answer["ts"], text="new")
    post = slack.channel().messages[0]
    assert (post.text, post.shown, post.edited) == ("new", "the block", True)
    await client.chat_update(channel=OPS, ts=answer["ts"], text="new", blocks=[])
    assert post.shown == "new"


async def test_the_bot_changes_only_its_own_messages(client: AsyncWebClient, slack: Slack) -> None:
    """Those of people are out of its reach, as are ephemeral ones."""
    theirs = await slack.person("ann").writes("hands off")
    whisper = (await client.chat_postEphemeral(channel=OPS, user="U0ANN", text="psst"))["message_ts"]
    assert (await refused(slack, "chat.update", channel=OPS, ts=theirs.ts, text="x"))["error"] == "cant_update_message"
    assert (await refused(slack, "chat.delete", channel=OPS, ts=theirs.ts))["error"] == "cant_delete_message"
    assert (await refused(slack, "chat.update", channel=OPS, ts=whisper, text="x"))["error"] == "message_not_found"


async def test_an_ephemeral_message_is_seen_by_one_and_kept_by_nobody(client: AsyncWebClient, slack: Slack) -> None:
    """It is on Ann's screen, on nobody else's, and not in the history."""
    await client.chat_postEphemeral(channel=OPS, user="U0ANN", text="for *you*")
    assert [post.shown for post in slack.person("ann").ephemerals] == ["for *you*"]
    assert slack.person("bob").ephemerals == []
    assert (await client.conversations_history(channel=OPS))["messages"] == []


async def test_deleting_a_parent_leaves_a_stone(client: AsyncWebClient, slack: Slack) -> None:
    """Without replies a message is gone; with replies "This message was deleted." stands in its place."""
    lone = (await client.chat_postMessage(channel=OPS, text="lone"))["ts"]
    parent = (await client.chat_postMessage(channel=OPS, text="parent", metadata=METADATA))["ts"]
    await client.chat_postMessage(channel=OPS, text="reply", thread_ts=parent)
    await client.chat_delete(channel=OPS, ts=lone)
    await client.chat_delete(channel=OPS, ts=parent)
    (stone,) = (await client.conversations_history(channel=OPS, include_all_metadata=True))["messages"]
    assert (stone["subtype"], stone["text"], stone.get("metadata")) == ("tombstone", "This message was deleted.", None)
    assert slack.thread(parent).parent.deleted


async def test_people_text_comes_escaped_with_ids(client: AsyncWebClient, slack: Slack) -> None:
    """`&`, `<`, `>` as entities, mentions and channels as ids, addresses in angle brackets."""
    await slack.person("ann").writes("a < b & c > d @bob #random https://x.example/?a=1&b=2")
    message = (await client.conversations_history(channel=OPS))["messages"][0]
    assert message["text"] == ("a &lt; b &amp; c &gt; d <@U0BOB> <#C0RANDOM|random> <https://x.example/?a=1&amp;b=2>")
    assert message["blocks"][0]["type"] == "rich_text"
    assert slack.channel().shown == "a < b & c > d @bob #random https://x.example/?a=1&b=2"


async def test_a_mention_of_many_is_noted(client: AsyncWebClient, slack: Slack) -> None:
    """In text, in mrkdwn of blocks and attachments, and in rich text; escaped ones and those of people do not count."""
    element = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}
    await client.chat_postMessage(channel=OPS, text="<!channel> up")
    await client.chat_postMessage(channel=OPS, text="x", blocks=[section("<!subteam^S0GROUP|@ops> up")])
    await client.chat_postMessage(channel=OPS, text="x", blocks=[{"type": "rich_text", "elements": [element]}])
    await client.chat_postMessage(channel=OPS, text="x", attachments=[{"text": "<!everyone>"}])
    await client.chat_postMessage(channel=OPS, text="&lt;!here&gt;", blocks=[{"type": "header", "text": {
        "type": "plain_text", "text": "<!channel>"}}])  # fmt: skip
    await slack.person("ann").writes("@channel <!channel>")
    assert [page.mention for page in slack.pages] == ["<!channel>", "<!subteam^S0GROUP|@ops>", "<!here>", "<!everyone>"]


async def test_reactions_and_pins_happen_once(client: AsyncWebClient, slack: Slack) -> None:
    """A second time is refused by Slack's names."""
    post = await slack.person("ann").writes("mark this")
    where = {"channel": OPS, "timestamp": post.ts}
    await client.reactions_add(name="eyes", **where)
    await client.pins_add(**where)
    assert (post.reactions, post.pinned) == ({"eyes": ["U0OPSBOT"]}, True)
    assert (await refused(slack, "reactions.add", name="eyes", **where))["error"] == "already_reacted"
    assert (await refused(slack, "pins.add", **where))["error"] == "already_pinned"
    await client.reactions_remove(name="eyes", **where)
    await client.pins_remove(**where)
    assert (post.reactions, post.pinned) == ({}, False)
    assert (await refused(slack, "reactions.remove", name="eyes", **where))["error"] == "no_reaction"
    assert (await refused(slack, "pins.remove", **where))["error"] == "no_pin"


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


async def test_stray_control_characters_of_the_bot_come_back_escaped(client: AsyncWebClient) -> None:
    """As Slack keeps text: sequences and entities stay, everything else is escaped."""
    await client.chat_postMessage(channel=OPS, text="a & b &amp; <@U0ANN> <x> > <https://x.example|y>")
    message = (await client.conversations_history(channel=OPS))["messages"][0]
    assert message["text"] == "a &amp; b &amp; <@U0ANN> &lt;x&gt; &gt; <https://x.example|y>"


async def test_the_manifest_switches_the_home_tab_on() -> None:
    """Without it views.publish is refused."""
    async with Slack({"features": {}}) as slack:
        answer = await refused(slack, "views.publish", user_id="U0ANN", view={"type": "home", "blocks": []})
        assert answer["error"] == "not_enabled"


async def test_a_direct_conversation_is_heard_without_a_mention(slack: Slack) -> None:
    """A message.im event, and no app_mention besides."""
    async with link(slack) as bot:
        await slack.person("dee").messages_bot("@Ops Bot help")
        envelope = await bot.frame()
        await bot.ack(envelope)
        assert await bot.quiet()
    event = envelope["payload"]["event"]
    assert (event["type"], event["channel_type"], event["channel"]) == ("message", "im", "D0DEE")
