"""People in the workspace, with a small Bolt app at the other end: what they do, and what they see of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from sandbox.people import Person
from sandbox.records import CannotError
from sandbox.slack import Slack
from tests.sandbox_bench import (
    CARD,
    MANIFEST,
    OPS,
    Now,
    answered,
    bolt,
    client_of,
    link,
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
        assert (len(ann.ephemerals), slack.person("bob").ephemerals) == (1, [])
        await ann.says("/incident", "loud")
        assert [post.shown for post in slack.channel().messages] == ["you said loud"]


async def test_command_text_arrives_as_slack_sends_it(slack: Slack, ann: Person) -> None:
    """With should_escape mentions become ids; `&`, `<`, `>` are entities either way. There is no thread in it."""
    async with link(slack) as bot:
        for name in ("/incident", "/raw"):
            says = ann.says(name, "assign @bob in #random a<b&c")
            payload, _ = await answered(bot, says)
            if name == "/incident":
                assert payload["text"] == "assign <@U0BOB|bob> in <#C0RANDOM|random> a&lt;b&amp;c"
            else:
                assert payload["text"] == "assign @bob in #random a&lt;b&amp;c"
            assert "thread_ts" not in payload
            assert (payload["channel_name"], payload["user_name"]) == ("ops-shared", "ann")


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
