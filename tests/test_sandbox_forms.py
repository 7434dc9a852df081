"""Modals, the Home tab and shortcuts, with a small Bolt app at the other end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.people import Person
from sandbox.records import CannotError
from sandbox.slack import Slack
from tests.sandbox_bench import (
    MANIFEST,
    Now,
    answered,
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
    payload, _ = await answered(bot, ann.says("/incident", "open"))
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
            payload, _ = await answered(bot, ann.says("/incident", "open"))
            view = modal(section("x"), notify_on_close=notify)
            await client_of(slack).views_open(trigger_id=payload["trigger_id"], view=view)
            if notify:
                closed, _ = await answered(bot, ann.closes())
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
        payload, _ = await answered(bot, ann.runs_shortcut("Add to the timeline", post))
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


async def test_an_external_select_asks_the_bot_for_its_options(slack: Slack, app: AsyncApp, ann: Person) -> None:
    """block_suggestion carries what was typed; an option that was offered can be picked."""
    heard: list[Json] = []

    async def suggest(ack: Any, payload: Json) -> None:
        await ack(options=[option(f"{payload['value']}-1", "1"), option(f"{payload['value']}-2", "2")])

    async def picked(ack: Any, action: Json) -> None:
        await ack()
        heard.append(action)

    app.options("incident")(suggest)
    app.action("incident")(picked)
    select = {"type": "external_select", "action_id": "incident", "placeholder": plain("Which?")}
    async with running(slack, app):
        blocks = [{"type": "actions", "elements": [select]}]
        ts = (await client_of(slack).chat_postMessage(channel="C0OPSSHARED", text="x", blocks=blocks))["ts"]
        offered = await ann.looks_up("INC", of="Which?", on=ts)
        await ann.picks(offered[1], on=ts, of="Which?")
    assert heard[0]["selected_option"] == option("INC-2", "2")
