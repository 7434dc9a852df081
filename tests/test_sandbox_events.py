"""Which events the workspace sends, and what is in them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.slack import Slack
from tests.sandbox_bench import OPS, client_of, link

Json = dict[str, Any]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace in which everything that waits waits a tenth of a second."""
    async with Slack(retry_after=(0.0, 0.1, 0.1), ack_within=0.3) as workspace:
        yield workspace
        assert workspace.refusals == []


async def test_events_of_other_channels_do_not_come(slack: Slack) -> None:
    """Neither messages nor mentions where the bot is not; both where it is; none without a subscription."""
    async with link(slack) as bot:
        await slack.person("ann").writes("@Ops Bot here?", channel="#general")
        assert await bot.quiet()
        await slack.person("ann").writes("@Ops Bot here?", channel="#random")
        envelopes = [await bot.frame() for _ in range(2)]
        for envelope in envelopes:
            await bot.ack(envelope)
    assert {envelope["payload"]["event"]["type"] for envelope in envelopes} == {"message", "app_mention"}


async def test_a_manifest_decides_which_events_come() -> None:
    """Only what is subscribed to, and only with the scope for it."""
    manifest = {
        "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.channels", "reaction_added"]}},
    }
    async with Slack(manifest) as slack, link(slack) as bot:
        post = await slack.person("ann").writes("@Ops Bot hello")
        envelope = await bot.frame()
        await bot.ack(envelope)
        assert envelope["payload"]["event"]["type"] == "message"
        await slack.person("ann").reacts("eyes", post)
        assert await bot.quiet()


KINDS = (
    ("message", None),
    ("message", "message_changed"),
    ("message", "message_deleted"),
    ("message", "thread_broadcast"),
    ("reaction_added", None),
    ("reaction_removed", None),
    ("pin_added", None),
    ("member_joined_channel", None),
    ("app_home_opened", None),
    ("app_mention", None),
)


async def test_everything_that_happens_has_its_event(slack: Slack) -> None:
    """Edits carry what was before, broadcasts their parent, the bot's own posts its ids and metadata."""
    ann, heard = slack.person("ann"), []
    async with link(slack) as bot:

        async def listen() -> None:
            while True:
                envelope = await bot.frame(30)
                await bot.ack(envelope)
                heard.append(envelope["payload"]["event"])

        listening = asyncio.create_task(listen())
        post = await ann.writes("one @Ops Bot")
        await ann.edits(post, "two")
        await ann.reacts("eyes", post)
        await ann.unreacts("eyes", post)
        await ann.pins(post)
        await ann.writes("also here", thread=post, broadcast=True)
        gone = await ann.writes("gone")
        await ann.deletes(gone)
        await slack.person("dee").joins("#ops-shared")
        await ann.opens_home()
        metadata = {"event_type": "opsbot_alert", "event_payload": {"key": "A1"}}
        await client_of(slack).chat_postMessage(channel=OPS, text="mine", metadata=metadata)
        await slack.until(lambda: len(heard) >= 12 and not slack.delivery.pending, "all events")
        listening.cancel()
    events = {(event["type"], event.get("subtype")): event for event in heard}
    assert set(KINDS) <= set(events)
    changed = events["message", "message_changed"]
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("one <@U0OPSBOT>", "two")
    assert changed["message"]["edited"]["user"] == "U0ANN"
    assert events["message", "message_deleted"]["deleted_ts"] == gone.ts
    assert events["message", "thread_broadcast"]["root"]["ts"] == post.ts
    assert events["reaction_added", None]["item"] == {"type": "message", "channel": OPS, "ts": post.ts}
    own = next(event for event in heard if event.get("bot_id"))
    assert (own["bot_id"], own["app_id"], own["metadata"]) == ("B0OPSBOT", "A0OPSBOT", metadata)
    assert len({event["event_ts"] for event in heard}) >= len(heard) - 1  # a mention shares that of its message


async def test_a_direct_conversation_is_heard_without_a_mention(slack: Slack) -> None:
    """A message.im event, and no app_mention besides."""
    async with link(slack) as bot:
        await slack.person("dee").messages_bot("@Ops Bot help")
        envelope = await bot.frame()
        await bot.ack(envelope)
        assert await bot.quiet()
    event = envelope["payload"]["event"]
    assert (event["type"], event["channel_type"], event["channel"]) == ("message", "im", "D0DEE")
