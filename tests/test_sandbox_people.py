"""People in the workspace, with a small Bolt app at the other end: what they do, and what they see of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.people import Person
from sandbox.records import CannotError
from sandbox.slack import Slack
from tests.sandbox_bench import (
    OPS,
    Now,
    bolt,
    button,
    client_of,
    link,
    modal,
    option,
    plain,
    question,
    running,
    section,
)

Json = dict[str, Any]
MANIFEST = {
    "features": {
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [
            {"command": "/incident", "description": "Incidents", "usage_hint": "open", "should_escape": True},
            {"command": "/raw", "description": "Unescaped"},
        ],
        "shortcuts": [{"name": "Add to the timeline", "callback_id": "to_timeline", "type": "message"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "channels:history", "app_mentions:read"]}},
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["message.channels", "app_mention", "app_home_opened"]},
    },
}


@pytest.fixture
def now() -> Now:
    """The clock of the workspace."""
    return Now()


@pytest.fixture
async def slack(now: Now) -> AsyncIterator[Slack]:
    """A workspace with a manifest and a clock that stands still."""
    async with Slack(MANIFEST, retry_after=(), ack_within=0.3, clock=now) as workspace:
        yield workspace
        assert workspace.refusals == []


@pytest.fixture
def app(slack: Slack) -> AsyncApp:
    """A Bolt app that swallows messages."""
    made = bolt(slack)

    async def swallow(ack: Any) -> None:
        await ack()

    made.event("message")(swallow)
    return made


@pytest.fixture
def ann(slack: Slack) -> Person:
    """Ann."""
    return slack.person("ann")


async def test_what_a_command_acknowledges_with_is_shown_to_one(slack: Slack, app: AsyncApp, ann: Person) -> None:
    """Ephemeral by default; in_channel is said for everybody."""

    async def incident(ack: Any, command: Json) -> None:
        loud = "loud" in command["text"]
        await ack(text=f"you said {command['text']}", response_type="in_channel" if loud else None)

    app.command("/incident")(incident)
    async with running(slack, app):
        quiet = await ann.says("/incident", "open @bob & <x>")
        assert quiet.shown == "you said open @bob & <x>"
        assert quiet.acked_in is not None
        assert quiet.acked_in < 0.3
        assert (len(ann.ephemerals), slack.person("bob").ephemerals) == (1, [])
        await ann.says("/incident", "loud")
        assert [post.shown for post in slack.channel().messages] == ["you said loud"]


async def test_command_text_arrives_as_slack_sends_it(slack: Slack, ann: Person) -> None:
    """With should_escape mentions become ids; `&`, `<`, `>` are entities either way. There is no thread in it."""
    async with link(slack) as bot:
        for name in ("/incident", "/raw"):
            says = ann.says(name, "assign @bob in #random a<b&c")
            payload, _ = await _answered(bot, says)
            if name == "/incident":
                assert payload["text"] == "assign <@U0BOB|bob> in <#C0RANDOM|random> a&lt;b&amp;c"
            else:
                assert payload["text"] == "assign @bob in #random a&lt;b&amp;c"
            assert "thread_ts" not in payload
            assert (payload["channel_name"], payload["user_name"]) == ("ops-shared", "ann")


async def _answered(bot: Any, says: Any) -> tuple[Json, Any]:
    """Acknowledge the next envelope without words."""
    saying = asyncio.ensure_future(says)
    envelope = await bot.frame()
    await bot.ack(envelope)
    return envelope["payload"], await saying


async def test_a_command_must_exist_and_not_be_in_a_thread(slack: Slack, ann: Person) -> None:
    """Slack's client refuses both before the app hears of them."""
    post = await ann.writes("a thread")
    with pytest.raises(CannotError, match="/foo is not a valid command"):
        await ann.says("/foo")
    with pytest.raises(CannotError, match="not supported in threads"):
        await ann.says("/incident", "open", thread=post)
    with pytest.raises(CannotError, match="is not in"):
        await slack.person("dee").says("/incident", "open")


async def test_an_ack_that_slack_cannot_use_is_noted(slack: Slack, app: AsyncApp, ann: Person) -> None:
    """Blocks that are invalid: the person reads an error, and the refusal is on the books."""

    async def incident(ack: Any) -> None:
        await ack(text="x", blocks=[section("x" * 3001)])

    app.command("/incident")(incident)
    async with running(slack, app):
        with slack.expects("invalid_blocks"):
            outcome = await ann.says("/incident", "open")
    assert "must be less than 3001" in outcome.toast
    assert ann.toasts == [outcome.toast]


CARD = [
    section("*INC-1* <@U0BOB>"),
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            button("Resolve", "resolve", value="INC-1"),
            {"type": "overflow", "action_id": "more", "options": [option("Export", "export"), option("Link", "link")]},
            {"type": "users_select", "action_id": "assign", "placeholder": plain("Assign")},
            {
                "type": "static_select",
                "action_id": "severity",
                "placeholder": plain("Severity"),
                "options": [option("sev1", "1"), option("sev2", "2")],
                "initial_option": option("sev2", "2"),
            },
        ],
    },
    {
        "type": "actions",
        "block_id": "ticks",
        "elements": [
            {
                "type": "checkboxes",
                "action_id": "tick",
                "options": [option("snapshot configs", "a"), option("drain node", "b")],
                "initial_options": [option("drain node", "b")],
            }
        ],
    },
]


async def test_elements_are_used_by_what_is_written_on_them(slack: Slack, app: AsyncApp, ann: Person) -> None:
    """Buttons, menus, selects and check boxes bring block_actions with what was chosen and the whole state."""
    heard: list[Json] = []

    async def note(ack: Any, body: Json) -> None:
        await ack()
        heard.append(body)

    for name in ("resolve", "more", "assign", "severity", "tick"):
        app.action(name)(note)
    async with running(slack, app):
        card = (await client_of(slack).chat_postMessage(channel=OPS, text="card", blocks=CARD))["ts"]
        await ann.clicks("Resolve", on=card)
        await ann.clicks("Export", on=card)
        await ann.picks("@bob", on=card, of="Assign")
        await ann.picks("sev1", on=card)
        await ann.ticks("snapshot configs", on=card)
        await ann.unticks("drain node", on=card)
        with pytest.raises(CannotError, match="is already ticked"):
            await ann.ticks("snapshot configs", on=card)
    actions = [body["actions"][0] for body in heard]
    assert (actions[0]["value"], actions[0]["block_id"], actions[0]["type"]) == ("INC-1", "acts", "button")
    assert actions[1]["selected_option"]["value"] == "export"
    assert actions[2]["selected_user"] == "U0BOB"
    assert actions[3]["selected_option"]["value"] == "1"
    assert [one["value"] for one in actions[4]["selected_options"]] == ["b", "a"]
    assert [one["value"] for one in actions[5]["selected_options"]] == ["a"]
    last = heard[-1]
    assert last["container"] == {"type": "message", "message_ts": card, "channel_id": OPS, "is_ephemeral": False}
    assert last["message"]["ts"] == card
    assert last["state"]["values"]["acts"]["assign"]["selected_user"] == "U0BOB"
    assert heard[0]["state"]["values"]["acts"]["severity"]["selected_option"]["value"] == "2"


async def test_what_is_ticked_follows_the_message(slack: Slack, app: AsyncApp, ann: Person) -> None:
    """Each sees their own ticks until the message is updated with other ones."""

    async def tick(ack: Any) -> None:
        await ack()

    app.action("tick")(tick)
    client = client_of(slack)
    async with running(slack, app):
        card = (await client.chat_postMessage(channel=OPS, text="card", blocks=CARD))["ts"]
        await ann.ticks("snapshot configs", on=card)
        mine = next(post for post in ann.posts if post.ts == card)
        assert mine.ticked == ["sev2", "drain node", "snapshot configs"]
        assert slack.channel().messages[0].ticked == ["sev2", "drain node"]
        fresh = [CARD[0], {**CARD[2], "elements": [{**CARD[2]["elements"][0], "initial_options": []}]}]
        del fresh[1]["elements"][0]["initial_options"]
        await client.chat_update(channel=OPS, ts=card, text="card", blocks=fresh)
        assert mine.ticked == []


async def test_a_form_is_filled_in_by_its_labels(slack: Slack, app: AsyncApp, ann: Person) -> None:
    """What is required is asked for before the app hears of it; errors stand below their inputs; success closes it."""
    heard: list[Json] = []
    form = modal(
        question("Title", "title", {"type": "plain_text_input", "action_id": "t", "max_length": 20}),
        question(
            "Severity",
            "severity",
            {"type": "static_select", "action_id": "s", "options": [option("sev1", "1"), option("sev2", "2")]},
        ),
        question("Owner", "owner", {"type": "users_select", "action_id": "o"}, optional=True),
        question("Day", "day", {"type": "datepicker", "action_id": "d"}, optional=True),
        private_metadata="kept",
    )

    async def incident(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    async def submitted(ack: Any, view: Json) -> None:
        heard.append(view)
        if len(heard) == 1:
            await ack(response_action="errors", errors={"title": "Too vague"})
        else:
            await ack()

    app.command("/incident")(incident)
    app.view("form")(submitted)
    async with running(slack, app):
        await ann.says("/incident", "open")
        await slack.until(lambda: ann.modal, "the form")
        assert (ann.modal is not None, slack.person("bob").modal) == (True, None)
        with pytest.raises(CannotError, match="not complete"):
            await ann.submits({"Title": "checkout"})
        with pytest.raises(CannotError, match="no more than 20 characters"):
            await ann.submits({"Title": "x" * 21, "Severity": "sev2"})
        assert heard == []
        await ann.submits({"Title": "checkout", "Severity": "sev2", "Owner": "@bob", "Day": "2026-11-28"})
        assert ann.modal is not None
        assert (ann.modal.errors, ann.modal.ticked) == ({"title": "Too vague"}, ["sev2"])
        await ann.submits({"title": "checkout is down"})
        assert ann.modal is None
    values = heard[-1]["state"]["values"]
    assert values["title"]["t"] == {"type": "plain_text_input", "value": "checkout is down"}
    assert values["severity"]["s"]["selected_option"]["value"] == "2"
    assert (values["owner"]["o"]["selected_user"], values["day"]["d"]["selected_date"]) == ("U0BOB", "2026-11-28")
    assert heard[-1]["private_metadata"] == "kept"


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        ({"response_action": "clear"}, []),
        ({"response_action": "update", "view": modal(section("x"), title=plain("Second"))}, ["Second"]),
        ({"response_action": "push", "view": modal(section("x"), title=plain("On top"))}, ["Form", "On top"]),
    ],
)
async def test_the_answer_to_a_form_is_honoured(slack: Slack, ann: Person, answer: Json, titles: list[str]) -> None:
    """clear closes all, update replaces, push puts another on top."""
    async with link(slack) as bot:
        await _opened(slack, bot, ann)
        await _submitted(bot, ann, answer)
        stack = slack.workspace.modals["U0ANN"]
        assert [view.content["title"]["text"] for view in stack] == titles


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"response_action": "errors", "errors": {"nothing": "words"}}, "invalid_response_action"),
        ({"response_action": "errors", "errors": {}}, "invalid_response_action"),
        ({"response_action": "errors", "errors": {"note": ""}}, "invalid_response_action"),
        ({"response_action": "close"}, "invalid_response_action"),
        ({"text": "thanks"}, "invalid_response_action"),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments"),
    ],
)
async def test_an_unusable_answer_to_a_form_is_noted(slack: Slack, ann: Person, answer: Json, error: str) -> None:
    """Errors for what is no input, unknown actions and invalid views leave the form open and the person told."""
    async with link(slack) as bot:
        await _opened(slack, bot, ann)
        with slack.expects(error):
            await _submitted(bot, ann, answer)
        assert ann.modal is not None
        assert len(ann.toasts) == 1


async def _opened(slack: Slack, bot: Any, ann: Person) -> None:
    payload, _ = await _answered(bot, ann.says("/incident", "open"))
    form = modal(question("Note", "note", {"type": "plain_text_input", "action_id": "n"}, optional=True))
    await client_of(slack).views_open(trigger_id=payload["trigger_id"], view=form)


async def _submitted(bot: Any, ann: Person, answer: Json) -> None:
    submitting = asyncio.ensure_future(ann.submits())
    await bot.ack(await bot.frame(), answer)
    await submitting


async def test_leaving_a_modal_is_told_only_if_asked_for(slack: Slack, ann: Person) -> None:
    """view_closed comes with notify_on_close, and carries no trigger."""
    async with link(slack) as bot:
        for notify in (False, True):
            payload, _ = await _answered(bot, ann.says("/incident", "open"))
            view = modal(section("x"), notify_on_close=notify)
            await client_of(slack).views_open(trigger_id=payload["trigger_id"], view=view)
            if notify:
                closed, _ = await _answered(bot, ann.closes())
                assert (closed["type"], closed["is_cleared"], "trigger_id" in closed) == ("view_closed", False, False)
            else:
                await ann.closes()
                assert await bot.quiet()
            assert ann.modal is None


async def test_a_shortcut_brings_its_message(slack: Slack, ann: Person) -> None:
    """By the name that people read; the app gets the message and a response_url."""
    async with link(slack) as bot:
        post = await slack.person("bob").writes("worth keeping")
        await bot.ack(await bot.frame())
        payload, _ = await _answered(bot, ann.runs_shortcut("Add to the timeline", post))
        assert (payload["type"], payload["callback_id"]) == ("message_action", "to_timeline")
        assert (payload["message"]["text"], payload["message_ts"]) == ("worth keeping", post.ts)
        with pytest.raises(CannotError, match="no shortcut"):
            await ann.runs_shortcut("Something else", post)


async def test_the_home_tab_is_published_for_one_person(slack: Slack, app: AsyncApp, ann: Person) -> None:
    """app_home_opened, then views.publish; its buttons work as in a modal."""
    heard: list[Json] = []

    async def opened(event: Json, client: AsyncWebClient) -> None:
        blocks = [section("All is well"), {"type": "actions", "elements": [button("Again", "again")]}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    async def again(ack: Any, body: Json) -> None:
        await ack()
        heard.append(body)

    app.event("app_home_opened")(opened)
    app.action("again")(again)
    async with running(slack, app):
        await ann.opens_home()
        await ann.sees("All is well")
        assert ann.home is not None
        assert slack.person("bob").home is None
        await ann.clicks("Again", on=ann.home)
    assert heard[0]["view"]["type"] == "home"
    assert heard[0]["container"]["type"] == "view"


class TestResponseUrl:
    """response_url: whom it shows what, how often, and for how long."""

    async def url_of_command(self, slack: Slack, ann: Person) -> AsyncWebhookClient:
        async with link(slack) as bot:
            payload, _ = await _answered(bot, ann.says("/incident", "open"))
        return AsyncWebhookClient(payload["response_url"])

    async def url_of_click(self, slack: Slack, ann: Person, on: str) -> AsyncWebhookClient:
        async with link(slack) as bot:
            payload, _ = await _answered(bot, ann.clicks("Resolve", on=on))
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


async def test_waiting_in_vain_tells_what_was_shown(slack: Slack, ann: Person) -> None:
    """The words of the failure contain everything on the screens."""
    await ann.writes("something else")
    with pytest.raises(AssertionError, match="something else"):
        await slack.shows("never", within=0.05)
    with pytest.raises(AssertionError, match="ann to see"):
        await ann.sees("never", within=0.05)


async def test_an_expected_refusal_must_come(slack: Slack) -> None:
    """`expects` fails if Slack refused nothing of the kind."""
    with pytest.raises(AssertionError, match="msg_too_long"), slack.expects("msg_too_long"):
        await slack.person("ann").writes("fine")


async def test_without_interactivity_no_click_reaches_the_app() -> None:
    """The manifest must switch it on; the person is told, and so is the test."""
    async with Slack({"settings": {}}, scopes=frozenset({"chat:write"})) as slack:
        card = (await client_of(slack).chat_postMessage(channel=OPS, text="card", blocks=CARD))["ts"]
        with slack.expects("interactivity_disabled"):
            outcome = await slack.person("ann").clicks("Resolve", on=card)
        assert "dispatch_failed" in outcome.toast
