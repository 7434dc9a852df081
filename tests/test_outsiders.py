"""Who is no full member changes nothing: guests, other workspaces' people, apps, deactivated accounts, by any way in.

The ways are read from the table of contents itself, so that a new command, button, form or shortcut is among them.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import cycle, groupby, product
from typing import Any, cast

import pytest
import pytest_asyncio

import handlers
from bot.domain.checklist import Phase
from bot.slack.views import approval, checklist_forms, incident_forms, maintenance, summary, timeline
from handlers.desks import Desks
from handlers.middleware import Door
from sandbox.mongo import Mongod
from sandbox.payloads import Payloads
from sandbox.sight import Post
from sandbox.workspace import Member, View
from tests.asking import answer, answer_to_mention, message_event, standing, unharmed
from tests.measured import measured
from tests.test_other_versions import card_of, form, pressed
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

OUTSIDERS = {
    "U0EVE": (Member("U0EVE", "eve", "Eve", team="T0OTHER"), "You belong to another workspace"),
    "U0GUS": (Member("U0GUS", "gus", "Gus", is_guest=True), "You are a guest here"),
    "U0LEE": (Member("U0LEE", "lee", "Lee", has_left=True), "Your account was deactivated"),
}
Ways = list[tuple[str, str]]


class Contents:
    """Stands where the door does, and notes what is registered."""

    def __init__(self) -> None:
        self.ways: Ways = []

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def note(identity: Any, *_: Any, **__: Any) -> Any:
            if kind in ("command", "action", "form", "shortcut", "event"):
                name = identity if isinstance(identity, str) else identity.pattern.replace(".*", "1")
                self.ways.append((kind, name))
            return identity

        return note


def said(texts: dict[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
    """The state of a form whose inputs hold these texts, whatever kind of input each is."""
    return {
        block: {"value": {"value": text, "selected_option": {"value": text}, "selected_date_time": 1_800_000_000}}
        for block, text in texts.items()
    }


def ways() -> Ways:
    """Every way in, with its identity; of a pattern one that fits."""
    contents = Contents()
    handlers.register(cast("Door", contents), cast("Desks", None))
    return contents.ways


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all of these tests, in whose channel outsiders are."""
    async with standing(mongod) as world:
        for member, _ in OUTSIDERS.values():
            world.slack.workspace.people[member.id] = member
            world.slack.workspace.channel("#ops-shared").members.add(member.id)
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World) -> AsyncIterator[World]:
    """The shared world; after the test it is as it was before."""
    async with unharmed(shared) as same:
        yield same


async def sends(world: World, who: str, way: tuple[str, str], value: str = "x") -> None:
    """Has Slack send what this person does in this way, made up where the person would not be offered it."""
    make, card, slack = Payloads(world.slack.workspace), card_of(world).raw, world.slack
    kind, name = way
    url = slack.hooks.issue(who, card.channel, card)
    picked = {"text": {"type": "plain_text", "text": value}, "value": value}
    entry = pressed(name, value=value, selected_option=picked, selected_options=[picked], selected_user=value)
    view = form(name, private_metadata=f"C0OPSSHARED {value}" if value != "x" else "C0OPSSHARED INC-20200101-0000")
    match kind:
        case "command":
            payload: dict[str, Any] = {
                "command": name if name.startswith("/") else "/unknown", "user_id": who, "text": value,
                "channel_id": "C0OPSSHARED", "channel_name": "ops-shared", "response_url": url,
                "team_id": slack.workspace.people[who].team,
            }  # fmt: skip
            await slack.delivery.ask("slash_commands", payload)
        case "action":
            await slack.delivery.ask("interactive", make.message_action(who, card, entry, url))
        case "form":
            payload = make.submission(who, View(view.id, who, view.content, "1", "V"))
            payload["view"]["state"]["values"] = STATES[name]
            await slack.delivery.ask("interactive", payload)
        case "shortcut":
            await slack.delivery.ask("interactive", make.shortcut(who, name, card, url))


async def told(world: World, who: str, way: tuple[str, str], value: str = "x") -> Post:
    """The private answer to it."""
    person = world.slack.person(who)
    before = len(person.ephemerals)
    await sends(world, who, way, value)
    return await world.slack.until(lambda: person.ephemerals[before], f"an answer to {way}")


# What each form has to say so that nothing in it is wrong; a new form has to be added.
STATES: dict[str, dict[str, dict[str, dict[str, Any]]]] = {
    incident_forms.OPEN_FORM: said({incident_forms.TITLE_BLOCK: "x"}),
    incident_forms.UPDATE_FORM: said({incident_forms.UPDATE_BLOCK: "x", incident_forms.STATUS_BLOCK: "monitoring"}),
    incident_forms.RESOLVE_FORM: said({incident_forms.RESOLUTION_BLOCK: "x"}),
    incident_forms.EXPLAIN_FORM: said({incident_forms.CAUSE_BLOCK: "x"}),
    checklist_forms.TEMPLATE_FORM: said({phase.name: "look around" for phase in Phase}),
    checklist_forms.CLOSE_FORM: said({checklist_forms.REASON_BLOCK: "x"}),
    summary.EDIT_FORM: said({"what_happened": "x"}),
    approval.REJECT_FORM: said({approval.REASON_BLOCK: "x"}),
    maintenance.FORM: said({maintenance.LENGTH_BLOCK: "2h", maintenance.TITLE_BLOCK: "x", maintenance.WHEN_BLOCK: "x"}),
    timeline.ADD_FORM: said({timeline.INCIDENT_BLOCK: "INC-20200101-0000"}),
    "1": {},
}


def tries() -> Iterator[tuple[str, tuple[str, str]]]:
    """All ways in, by one kind of outsider after the other; of each kind of way there is one at least for each."""
    for kind, group in groupby(sorted(ways()), lambda way: way[0]):
        if kind != "event":
            known = list(group)
            yield from zip(cycle(OUTSIDERS), known + known[:1] * (len(OUTSIDERS) - len(known)), strict=False)


async def test_outsiders_are_refused_in_every_way_there_is(world: World) -> None:
    """Each command, button, menu, form and shortcut, by an outsider of some kind: one answer, no effect, audited.

    There is one door; each kind of outsider comes to it in each kind of way.
    """
    known = list(tries())
    assert len(known) > 40
    before = await world.documents("audit")
    for who, way in known:
        answered = (await told(world, who, way)).shown
        assert answered.startswith(f"{OUTSIDERS[who][1]}, so nothing was done"), way
    refused = [one for one in await world.documents("audit", act="enter", outcome="refused") if one not in before]
    vias = ("command", "button", "form", "shortcut")
    assert {(one["who"], one["via"]) for one in refused} == set(product(OUTSIDERS, vias))


async def test_outsiders_words_are_recorded_and_do_nothing(shared: World) -> None:
    """In a thread they are in the timeline as they were said; a mention in them is refused, a pin does not count."""
    slack, card = shared.slack, card_of(shared)
    (incident,) = await shared.documents("incidents")
    eve, gus = slack.person("U0EVE"), slack.person("U0GUS")
    said = await eve.writes("it is our proxy", thread=card)
    (entry,) = await shared.stored("timeline", ts=said.ts)
    assert (entry["text"], entry["author"]) == ("it is our proxy", "U0EVE")
    assert "You are a guest here" in (await answer_to_mention(slack, gus, "resolve fixed", thread=card)).shown
    assert "You belong to another" in (await answer_to_mention(slack, eve, "incident open sev1 x")).shown
    before = len(await shared.documents("audit", act="enter", subject="reaction_added"))
    await eve.reacts("pushpin", said)
    await shared.stored("audit", before + 1, act="enter", subject="reaction_added")
    await gus.opens_home()
    await shared.stored("audit", act="enter", subject="app_home_opened", who="U0GUS")
    assert gus.home is None
    await shared.ann.reacts("pushpin", said)
    await shared.stored("timeline", ts=said.ts, pinned_by=["U0ANN"])
    (same,) = await shared.documents("incidents")
    assert same["status"] == incident["status"]


async def test_an_app_is_not_answered(world: World) -> None:
    """A mention by an app does nothing, and nobody is told: two apps would talk for ever."""
    event = message_event(card_of(world), "1.2", "<@U0OPSBOT> resolve fixed", "Ev0APP")
    event["event"] |= {"type": "app_mention", "bot_id": "B0OTHER", "user": "U0BOB"}
    heard = len(world.slack.calls_of("chat.postEphemeral"))
    await world.slack.delivery.ask("events_api", event)
    await world.stored("audit", act="enter", subject="mention", detail="bot")
    assert len(world.slack.calls_of("chat.postEphemeral")) == heard


async def test_roles_go_to_members_only(world: World) -> None:
    """A guest or another workspace's person would have a role that they cannot use."""
    for name in ("gus", "eve"):
        told = await answer(world.slack, world.ann, "/ops", f"role on-call @{name}")
        assert f"@{name} is a guest or of another workspace" in told.shown


async def test_without_slacks_word_members_go_on_and_foreigners_do_not(world: World) -> None:
    """While users.info fails, the payload has to do: whom it names as another workspace's is refused."""
    world.slack.workspace.people |= {
        "U0FAY": Member("U0FAY", "fay", "Fay"),
        "U0HAL": Member("U0HAL", "hal", "Hal", team="T0OTHER"),
    }
    world.slack.faults.add("error", "users.info", value="internal_error")
    try:
        way = ("action", "incident_take")
        for each in (("command", "/incident"), way):
            assert "You belong to another workspace" in (await told(world, "U0HAL", each, "open sev1 x")).shown
        assert "There is no incident" in (await told(world, "U0FAY", way)).shown
        assert "You are a guest" in (await told(world, "U0GUS", way)).shown, "what Slack said last counts"
    finally:
        world.slack.faults.clear()


async def test_pins_of_outsiders_do_not_count_either_while_the_bot_is_down(shared: World) -> None:
    """What was pinned meanwhile is read back from the thread, members' pins alone."""
    card = card_of(shared)
    said = await shared.bob.writes("look here", thread=card)
    await shared.stored("timeline", ts=said.ts)
    await shared.stops()
    await shared.slack.person("U0GUS").reacts("pushpin", said)
    await shared.bob.reacts("pushpin", said)
    await shared.starts()
    await shared.stored("timeline", ts=said.ts, pinned_by=["U0BOB"])
    event_too: dict[str, Any] = {"marks.U0BOB.at": {"$gt": "0"}}
    await shared.stored("timeline", **event_too, ts=said.ts, pinned_by=["U0BOB"])


# Nothing, too little, too much, another thing's reference, a query.
ODD = ("", "INC-20200101-0000", "MW-20200101-0200 1 a b c " + "🔥" * 400, '{"$gt": ""} $where')


@pytest.mark.long
async def test_values_and_metadata_are_references_only(world: World) -> None:
    """Whatever stands in them, a bystander's made-up button, menu or form changes nothing, and the bot has words."""
    for value in ODD:
        for way in ways():
            if way[0] in ("action", "form"):
                await sends(world, "U0BOB", way, value)

    async def is_done() -> bool:
        return await measured(world, "opsbot_in_flight") == 0

    await world.until(is_done, "all work to be done")
    await world.slack.settled()
    answers = [one.shown for one in world.bob.ephemerals]
    assert len(answers) >= len(ODD) * 30
    assert [one for one in answers if "Something went wrong" in one] == []
    # The next form may take the place of a sheet that the services' answers were to come into.
    late = ("views.update", "not_found")
    world.slack.refusals[:] = [one for one in world.slack.refusals if (one.method, one.error) != late]
