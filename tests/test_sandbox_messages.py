"""Messages through the Web API: posted, read, changed, marked; what comes back is what Slack gives back."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.records import CannotError
from sandbox.slack import Slack
from tests.sandbox_bench import OPS, client_of, refused, section

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


async def test_an_edit_has_4000_bytes_of_text_at_most(client: AsyncWebClient, slack: Slack) -> None:
    """chat.update counts bytes, and refuses what chat.postMessage takes."""
    ts = (await client.chat_postMessage(channel=OPS, text="監" * 4_000))["ts"]
    await client.chat_update(channel=OPS, ts=ts, text="監" * 1_333)
    with slack.expects("msg_too_long"), pytest.raises(SlackApiError):
        await client.chat_update(channel=OPS, ts=ts, text="監" * 1_334)


async def test_who_leaves_the_workspace_is_in_no_channel(client: AsyncWebClient, slack: Slack) -> None:
    """Nothing can be whispered to them, and they are no member any more."""
    bob = slack.person("bob")
    await bob.leaves_workspace()
    assert bob.id not in (await client.conversations_members(channel=OPS))["members"]
    with slack.expects("user_not_in_channel"), pytest.raises(SlackApiError):
        await client.chat_postEphemeral(channel=OPS, user=bob.id, text="psst")


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


async def test_stray_control_characters_of_the_bot_come_back_escaped(client: AsyncWebClient) -> None:
    """As Slack keeps text: sequences and entities stay, everything else is escaped."""
    await client.chat_postMessage(channel=OPS, text="a & b &amp; <@U0ANN> <x> > <https://x.example|y>")
    message = (await client.conversations_history(channel=OPS))["messages"][0]
    assert message["text"] == "a &amp; b &amp; <@U0ANN> &lt;x&gt; &gt; <https://x.example|y>"


async def test_files_are_uploaded_with_a_message_or_alone(slack: Slack) -> None:
    """A file_share whose files have a permanent link and a private one; ten at most."""
    ann = slack.person("ann")
    post = await ann.writes("", files=["Graph 1.png", "log"])
    assert post.raw.subtype == "file_share"
    first, second = post.raw.files
    assert (first["name"], first["mimetype"], first["filetype"]) == ("Graph 1.png", "image/png", "png")
    assert first["permalink"] == f"https://sandbox.slack.com/files/U0ANN/{first['id']}/graph_1.png"
    assert first["url_private"].startswith("https://files.slack.com/files-pri/")
    assert second["mimetype"] == "application/octet-stream"
    with pytest.raises(CannotError, match="10 files"):
        await ann.writes("", files=["x"] * 11)
    with pytest.raises(CannotError, match="nothing to send"):
        await ann.writes(" ")


async def test_a_message_of_a_person_has_a_limit(slack: Slack) -> None:
    """Slack's client takes 12,000 characters."""
    ann = slack.person("ann")
    assert len((await ann.writes("x" * 12_000)).text) == 12_000
    with pytest.raises(CannotError, match="12000 characters"):
        await ann.writes("x" * 12_001)


async def test_edits_are_told_in_whole_seconds(slack: Slack) -> None:
    """As in Slack, two edits within a second have the same time."""
    ann = slack.person("ann")
    post = await ann.writes("one")
    await ann.edits(post, "two")
    assert post.raw.edited is not None
    assert re.fullmatch(r"\d{10}\.000000", post.raw.edited["ts"])


@pytest.mark.parametrize("method", ["conversations_replies", "conversations_history"])
async def test_what_is_deleted_between_two_pages_moves_nothing(slack: Slack, method: str) -> None:
    """A cursor names the next message: the page after a deletion begins where it would have begun."""
    ann = slack.person("ann")
    root = await ann.writes("root")
    posts = [await ann.writes(f"{number}", thread=root, broadcast=True) for number in range(9)]
    read, more = getattr(client_of(slack), method), {"ts": root.ts} if method == "conversations_replies" else {}
    page = await read(channel=OPS, limit=4, **more)
    found = [message["ts"] for message in page["messages"]]
    slack.conversations.delete(slack.workspace.message(OPS, next(ts for ts in found if ts != root.ts)))
    while cursor := (page.get("response_metadata") or {}).get("next_cursor"):
        page = await read(channel=OPS, limit=4, cursor=cursor, **more)
        found += [message["ts"] for message in page["messages"]]
    assert sorted(found) == [root.ts, *(post.ts for post in posts)]
