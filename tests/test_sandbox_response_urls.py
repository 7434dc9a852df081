"""response_url: whom it shows what, how often, and for how long."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.people import Person
from sandbox.slack import Slack
from tests.sandbox_bench import (
    CARD,
    MANIFEST,
    OPS,
    Now,
    answered,
    client_of,
    link,
)

Json = dict[str, Any]


@pytest.fixture
def now() -> Now:
    """The clock of the workspace."""
    return Now()


@pytest.fixture
async def slack(now: Now) -> AsyncIterator[Slack]:
    """A workspace with a manifest and a clock that stands still."""
    async with Slack(MANIFEST, retry_after=(), ack_within=1.0, clock=now) as workspace:
        yield workspace
        assert workspace.refusals == []


@pytest.fixture
def ann(slack: Slack) -> Person:
    """Ann."""
    return slack.person("ann")


class TestResponseUrl:
    """response_url: whom it shows what, how often, and for how long."""

    async def url_of_command(self, slack: Slack, ann: Person) -> AsyncWebhookClient:
        async with link(slack) as bot:
            payload, _ = await answered(bot, ann.says("/incident", "open"))
        return AsyncWebhookClient(payload["response_url"])

    async def url_of_click(self, slack: Slack, ann: Person, on: str) -> AsyncWebhookClient:
        async with link(slack) as bot:
            payload, _ = await answered(bot, ann.clicks("Resolve", on=on))
        return AsyncWebhookClient(payload["response_url"])

    async def test_it_is_ephemeral_unless_said_otherwise(self, slack: Slack, ann: Person) -> None:
        """in_channel is for everybody, and works where the bot is no member."""
        url = await self.url_of_command(slack, ann)
        assert (await url.send(text="for you")).status_code == 200
        await url.send(text="for all", response_type="in_channel")
        assert [post.shown for post in ann.ephemerals] == ["for you"]
        assert [post.shown for post in slack.channel().messages] == ["for all"]

    async def test_it_is_good_for_five_uses(self, slack: Slack, ann: Person) -> None:
        """The sixth is refused."""
        url = await self.url_of_command(slack, ann)
        for number in range(5):
            assert (await url.send(text=f"{number}")).status_code == 200
        with slack.expects("used_url"):
            assert (await url.send(text="6")).status_code == 404
        assert len(ann.ephemerals) == 5

    async def test_it_is_good_for_half_an_hour(self, slack: Slack, ann: Person, now: Now) -> None:
        """After thirty minutes it is refused."""
        url = await self.url_of_command(slack, ann)
        now.time += 30 * 60
        assert (await url.send(text="just")).status_code == 200
        now.time += 1
        with slack.expects("expired_url"):
            assert (await url.send(text="late")).status_code == 404

    async def test_a_command_has_no_original_to_replace(self, slack: Slack, ann: Person) -> None:
        """replace_original then posts anew, as Slack does."""
        url = await self.url_of_command(slack, ann)
        await url.send(text="working")
        await url.send(text="done", replace_original=True)
        assert [post.shown for post in ann.ephemerals] == ["working", "done"]

    async def test_a_click_can_replace_or_delete_its_message(self, slack: Slack, ann: Person) -> None:
        """The message that was clicked changes for everybody; deleted it is gone."""
        card = (await client_of(slack).chat_postMessage(channel=OPS, text="card", blocks=CARD))["ts"]
        url = await self.url_of_click(slack, ann, card)
        await url.send(text="resolved", replace_original=True)
        assert slack.channel().shown == "resolved"
        await url.send(delete_original=True)
        assert slack.channel().messages == []

    async def test_a_click_on_an_ephemeral_message_replaces_that(self, slack: Slack, ann: Person) -> None:
        """It has no other way of being changed."""
        await client_of(slack).chat_postEphemeral(channel=OPS, user="U0ANN", text="card", blocks=CARD)
        url = await self.url_of_click(slack, ann, ann.ephemerals[0].ts)
        await url.send(text="resolved", replace_original=True)
        assert [post.shown for post in ann.ephemerals] == ["resolved"]

    async def test_a_thread_must_be_named(self, slack: Slack, ann: Person) -> None:
        """With thread_ts it answers in the thread, where there is one."""
        parent = await ann.writes("parent")
        url = await self.url_of_command(slack, ann)
        await url.send_dict({"text": "in it", "response_type": "in_channel", "thread_ts": parent.ts})
        assert [post.shown for post in slack.thread(parent).replies] == ["in it"]
        with slack.expects("thread_not_found"):
            body = {"text": "x", "response_type": "in_channel", "thread_ts": "1.000100"}
            assert (await url.send_dict(body)).status_code == 400

    async def test_it_takes_messages_as_strictly_as_the_web_api(self, slack: Slack, ann: Person) -> None:
        """Nothing to show, invalid blocks and unknown fields are refused."""
        url = await self.url_of_command(slack, ann)
        with slack.expects("no_text", "invalid_blocks", "invalid_payload"):
            assert (await url.send_dict({"response_type": "ephemeral"})).status_code == 400
            assert (await url.send_dict({"text": "x", "blocks": [{"type": "x"}]})).status_code == 400
            assert (await url.send_dict({"text": "x", "response_typ": "ephemeral"})).status_code == 400
