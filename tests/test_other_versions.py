"""Payloads that this bot never asked for: commands, buttons, forms and shortcuts of an older or a newer version."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.payloads import Payloads
from sandbox.sight import Post, ViewSight
from sandbox.workspace import View
from tests.asking import answer_to_press, standing, typed, unharmed
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all of these tests."""
    async with standing(mongod) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World) -> AsyncIterator[World]:
    """The shared world; after the test it is as it was before."""
    async with unharmed(shared) as same:
        yield same


def card_of(world: World) -> Post:
    """The card of the incident that is open."""
    return next(post for post in world.slack.channel().by_bot if "checkout is down" in post.shown)


async def test_an_unknown_command_is_answered(world: World) -> None:
    """A command that the app has in Slack and the bot does not know leads to the help."""
    told = await typed(world.slack, world.ann, "/deploy", "now")
    assert told.shown == "The bot does not know `/deploy`. `/ops help` lists what it does."


def form(callback_id: str, kind: str = "modal", private_metadata: str = "") -> View:
    """A view that this bot never opened."""
    content: dict[str, Any] = {
        "type": kind,
        "callback_id": callback_id,
        "title": {"type": "plain_text", "text": "Old"},
        "private_metadata": private_metadata,
        "blocks": [],
    }
    return View("V0OLD", "U0ANN", content, "1.x", "V0OLD")


def pressed(action_id: str, block_id: str = "old", **more: Any) -> dict[str, Any]:
    """An entry of `actions` for an element that this bot never showed."""
    return {"type": "button", "action_id": action_id, "block_id": block_id, "action_ts": "1.0", **more}


def payloads(world: World) -> dict[str, dict[str, Any]]:
    """By what it is: something that only another version of the bot would have offered."""
    make, ann, card = Payloads(world.slack.workspace), world.ann.id, card_of(world).raw
    url = world.slack.hooks.issue(ann, card.channel, card)
    attachment = {"type": "interactive_message", "callback_id": "old", "actions": [{"name": "old", "value": "x"}]}
    tick: dict[str, Any] = {"type": "checkboxes", "selected_options": [{"value": "1"}]}
    return {
        "a button": make.message_action(ann, card, pressed("approve_scope", value="x"), url),
        "a name of two lines": make.message_action(ann, card, pressed("approve\nscope", value="x"), url),
        "a tick box": make.message_action(ann, card, pressed("checklist_tick_BEFORE", **tick), url),
        "a button of an attachment": make.message_action(ann, card, pressed("x"), url) | attachment,
        "a button in Home": make.view_action(ann, form("", "home"), pressed("refresh")),
        "a form": make.submission(ann, form("close_form")),
        "a shortcut of a message": make.shortcut(ann, "add_to_timeline", card, url),
        "a shortcut": make.global_shortcut(ann, "open_incident"),
    }


@pytest.mark.parametrize(
    "what",
    [
        "a button",
        "a name of two lines",
        "a tick box",
        "a button of an attachment",
        "a button in Home",
        "a form",
        "a shortcut of a message",
        "a shortcut",
    ],
)
async def test_what_another_version_offered_is_answered_politely(world: World, what: str) -> None:
    """Buttons, boxes, forms and shortcuts that the bot does not know are acknowledged, and answered in private.

    Where there is no channel the answer is laid over Home, or, to a global shortcut, a direct message.
    """
    slack, calls, heard = world.slack, len(world.slack.calls), len(world.ann.ephemerals)
    direct = slack.channel(slack.workspace.direct(world.ann.id).id)
    said = len(direct.by_bot)
    acknowledgement = await slack.delivery.ask("interactive", payloads(world)[what])
    assert acknowledgement.body == {}

    def answers() -> list[Post | ViewSight]:
        sheets = [world.ann.modal] if world.ann.modal else []
        return [*world.ann.ephemerals[heard:], *direct.by_bot[said:], *sheets]

    (told,) = await slack.until(answers, "an answer")
    polite = "That belongs to another version of the bot, so nothing was changed. `/ops help` lists what to type."
    is_home = what == "a button in Home"
    assert told.shown == (f"Ops Bot\n{polite}\nClose" if is_home else polite)
    if is_home:
        await world.ann.closes()
    read_by_itself = {"conversations.history", "conversations.replies"}
    asked = {call.method for call in slack.calls[calls:]} - read_by_itself
    assert asked <= ({"views.open"} if is_home else {"chat.postEphemeral", "chat.postMessage"})


async def test_buttons_and_forms_of_what_is_gone_say_so(world: World) -> None:
    """The card of an incident that MongoDB never had, a form for it, a box of a window without a checklist."""
    make, ann, card = Payloads(world.slack.workspace), world.ann.id, card_of(world).raw
    url = world.slack.hooks.issue(ann, card.channel, card)
    gone, block = "INC-20200101-0000", "MW-20200104-0200/BEFORE/1/"
    box = pressed("checklist_tick_BEFORE", block, type="checkboxes", selected_options=[{"value": "1"}])
    old = form("incident_resolve_form", private_metadata=f"{card.channel} {gone}")
    submission = make.submission(ann, old)
    submission["view"]["state"] = {"values": {"resolution": {"value": {"type": "plain_text_input", "value": "x"}}}}
    for payload, told in (
        (make.message_action(ann, card, pressed("incident_resolve", value=gone), url), f"There is no incident {gone}."),
        (submission, f"There is no incident {gone}."),
        (make.message_action(ann, card, box, url), "MW-20200104-0200 has no checklist yet."),
    ):
        assert told in (await answer_to_press(world.slack, world.ann, payload)).shown
    assert world.ann.modal is None
