"""Triggers and views: one view for a trigger, within three seconds; hashes against races; three views at most."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack
from tests.sandbox_bench import Now, button, client_of, link, modal, plain, question, refused, section

Json = dict[str, Any]
NOTE = question("Note", "note", {"type": "plain_text_input", "action_id": "n"})


@pytest.fixture
def now() -> Now:
    """The clock of the workspace."""
    return Now()


@pytest.fixture
async def slack(now: Now) -> AsyncIterator[Slack]:
    """A workspace whose clock stands still."""
    async with Slack(clock=now) as workspace:
        yield workspace
        assert workspace.refusals == []


@pytest.fixture
def client(slack: Slack) -> AsyncWebClient:
    """The bot's client."""
    return client_of(slack)


async def trigger(slack: Slack) -> str:
    """A trigger of Ann's, from a slash command."""
    async with link(slack) as bot:
        saying = asyncio.ensure_future(slack.person("ann").says("/incident", "open"))
        envelope = await bot.frame()
        await bot.ack(envelope)
        await saying
    found: str = envelope["payload"]["trigger_id"]
    return found


async def test_a_trigger_opens_one_view_within_three_seconds(slack: Slack, client: AsyncWebClient, now: Now) -> None:
    """Twice, too late, or made up is refused by Slack's names."""
    good = await trigger(slack)
    await client.views_open(trigger_id=good, view=modal(NOTE))
    assert (await refused(slack, "views.open", trigger_id=good, view=modal(NOTE)))["error"] == "exchanged_trigger_id"
    late = await trigger(slack)
    now.time += 3.1
    assert (await refused(slack, "views.open", trigger_id=late, view=modal(NOTE)))["error"] == "expired_trigger_id"
    answer = await refused(slack, "views.open", trigger_id="12.34.ab", view=modal(NOTE))
    assert answer["error"] == "invalid_trigger_id"


async def test_a_view_that_is_invalid_costs_no_trigger(slack: Slack, client: AsyncWebClient) -> None:
    """The answer says what is wrong and where."""
    good = await trigger(slack)
    answer = await refused(slack, "views.open", trigger_id=good, view=modal(NOTE, title=plain("x" * 25)))
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    await client.views_open(trigger_id=good, view=modal(NOTE))


async def test_an_update_needs_the_hash_that_it_names(slack: Slack, client: AsyncWebClient) -> None:
    """An old hash is a conflict; without one the update goes through; a view that is closed is not found."""
    opened = (await client.views_open(trigger_id=await trigger(slack), view=modal(NOTE)))["view"]
    updated = await client.views_update(view_id=opened["id"], hash=opened["hash"], view=modal(NOTE, title=plain("2")))
    assert updated["view"]["hash"] != opened["hash"]
    answer = await refused(slack, "views.update", view_id=opened["id"], hash=opened["hash"], view=modal(NOTE))
    assert answer["error"] == "hash_conflict"
    await client.views_update(view_id=opened["id"], view=modal(NOTE, title=plain("3")))
    modal_on_top = slack.person("ann").modal
    assert modal_on_top is not None
    assert modal_on_top.title == "3"
    await slack.person("ann").closes()
    answer = await refused(slack, "views.update", view_id=opened["id"], view=modal(NOTE))
    assert answer["error"] == "not_found"


async def test_what_was_entered_outlives_an_update(slack: Slack, client: AsyncWebClient) -> None:
    """Where block_id and action_id stay."""
    ann = slack.person("ann")
    opened = (await client.views_open(trigger_id=await trigger(slack), view=modal(NOTE)))["view"]
    await ann.fills({"Note": "half a sentence"})
    updated = await client.views_update(view_id=opened["id"], view=modal(section("new"), NOTE))
    assert updated["view"]["state"]["values"]["note"]["n"]["value"] == "half a sentence"


async def test_an_external_id_is_unique_and_finds_the_view(slack: Slack, client: AsyncWebClient) -> None:
    """A second view of that name is refused while the first is open."""
    await client.views_open(trigger_id=await trigger(slack), view=modal(NOTE, external_id="mine"))
    await client.views_update(external_id="mine", view=modal(NOTE, title=plain("Found"), external_id="mine"))
    home = {"type": "home", "blocks": [], "external_id": "mine"}
    assert (await refused(slack, "views.publish", user_id="U0BOB", view=home))["error"] == "duplicate_external_id"


async def test_three_views_are_the_most(slack: Slack, client: AsyncWebClient) -> None:
    """A push needs a trigger from within the modal; the fourth view is one too many; closing goes back by one."""
    ann = slack.person("ann")
    plain_trigger = await trigger(slack)
    assert (await refused(slack, "views.push", trigger_id=plain_trigger, view=modal(NOTE)))["error"] == "not_found"
    view = modal({"type": "actions", "elements": [button("More", "more")]})
    await client.views_open(trigger_id=plain_trigger, view=view)
    async with link(slack) as bot:
        for number in (2, 3, 4):
            clicking = asyncio.ensure_future(ann.clicks("More"))
            envelope = await bot.frame()
            await bot.ack(envelope)
            await clicking
            inside = envelope["payload"]["trigger_id"]
            pushed = {**view, "title": plain(f"No. {number}")}
            if number < 4:
                answer = await client.views_push(trigger_id=inside, view=pushed)
                assert answer["view"]["root_view_id"] != answer["view"]["id"]
            else:
                assert (await refused(slack, "views.push", trigger_id=inside, view=pushed))[
                    "error"
                ] == "push_limit_reached"
    assert ann.modal is not None
    assert ann.modal.title == "No. 3"
    await ann.closes()
    assert ann.modal is not None
    assert ann.modal.title == "No. 2"


async def test_a_home_tab_is_published_against_its_hash(slack: Slack, client: AsyncWebClient) -> None:
    """The same view is changed by the next publication."""
    home = {"type": "home", "blocks": [section("one")]}
    first = (await client.views_publish(user_id="U0ANN", view=home))["view"]
    second = (await client.views_publish(user_id="U0ANN", view=home, hash=first["hash"]))["view"]
    assert second["id"] == first["id"]
    with slack.expects("hash_conflict"), pytest.raises(SlackApiError):
        await client.views_publish(user_id="U0ANN", view=home, hash=first["hash"])


async def test_an_input_tells_at_once_only_if_it_dispatches(slack: Slack, client: AsyncWebClient) -> None:
    """Others are told with the submission."""
    dispatching = question("Now", "now", {"type": "plain_text_input", "action_id": "now"}, dispatch_action=True)
    await client.views_open(trigger_id=await trigger(slack), view=modal(NOTE, dispatching))
    async with link(slack) as bot:
        await slack.person("ann").fills({"Note": "later"})
        assert await bot.quiet()
        filling = asyncio.ensure_future(slack.person("ann").fills({"Now": "at once"}))
        envelope = await bot.frame()
        await bot.ack(envelope)
        await filling
    payload = envelope["payload"]
    assert payload["actions"][0]["value"] == "at once"
    assert payload["view"]["state"]["values"]["note"]["n"]["value"] == "later"
