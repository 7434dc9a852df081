"""Roles handed over: to people, groups and rotations; whoever has or had one is told, once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from sandbox.workspace import Member
from tests.asking import answer, shared_world, typed
from tests.planning import with_roles
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def unassigned(mongod: Mongod) -> AsyncIterator[World]:
    """One world for what is refused: nobody ever has a role in it."""
    async with shared_world(mongod) as world:
        yield world


def told(world: World, name: str) -> list[str]:
    """What the bot wrote to somebody directly."""
    channel = world.slack.workspace.channels.get(f"D0{world.slack.person(name).id[2:]}")
    if channel is None:
        return []
    return [
        Post(world.slack.workspace, message, message.user).shown
        for message in world.slack.workspace.messages[channel.id].values()
    ]


async def hears(world: World, name: str, *words: str) -> str:
    """Waits until somebody has a direct message with these words."""
    return await world.slack.until(
        lambda: next((text for text in told(world, name) if all(word in text for word in words)), None),
        f"{name} to be told {words}",
    )


# People


async def test_the_old_and_the_new_are_told(world: World) -> None:
    """Whoever gets a role and whoever loses it hears of it directly, once, and from whom; who has left the workspace
    meanwhile hears nothing, which is no error. Home shows who has which role."""
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await hears(world, "bob", "@ann changed who has the role on-call. It is yours now")
    await answer(world.slack, world.ann, "/ops", "role on-call @cyd backup @dee")
    await hears(world, "bob", "You have it no longer. It is now @cyd, backup @dee.")
    await hears(world, "cyd", "It is yours now")
    await hears(world, "dee", "You are its backup now")
    await world.stored("roles", untold=[])
    assert [len(told(world, name)) for name in ("bob", "cyd", "dee", "ann")] == [2, 1, 1, 0]
    trail = await world.documents("audit", act="role")
    assert [entry["detail"] for entry in trail] == ["owner U0BOB, backup nobody", "owner U0CYD, backup U0DEE"]
    await world.bob.opens_home()
    await world.bob.sees("Who is on call", "*on-call*: @cyd, backup @dee", "*tech-lead*: to be assigned")
    world.slack.workspace.people["U0CYD"] = Member("U0CYD", "cyd", "Cyd Cole", has_left=True)
    await answer(world.slack, world.ann, "/ops", "role on-call @dee")
    await hears(world, "dee", "It is yours now")
    await world.stored("roles", untold=[])
    assert len(told(world, "cyd")) == 1


@SHARED
async def test_a_role_is_for_people_who_are_there(unassigned: World) -> None:
    """The bot, another bot and somebody who left get none, as owner, backup or in a rotation; nothing is saved."""
    slack, people = unassigned.slack, unassigned.slack.workspace.people
    people["U0OTHER"] = Member("U0OTHER", "other", "Other Bot", is_bot=True)
    people["U0GONE"] = Member("U0GONE", "gone", "Gone Gal", has_left=True)
    for words, problem in (
        ("role on-call <@U0OPSBOT>", "The bot cannot have a role."),
        ("role on-call <@U0OTHER>", "A bot cannot do that."),
        ("role on-call <@U0GONE>", "@gone has left the workspace."),
        ("role on-call <@U0BOB> backup <@U0GONE>", "@gone has left the workspace."),
        ("role on-call rotate <@U0BOB> <@U0OTHER> weekly from monday", "A bot cannot do that."),
        ("role on-call rotate <@U0BOB> <@U0CYD> weekly from monday backup <@U0OPSBOT>", "The bot cannot have a role."),
    ):
        assert problem in (await typed(slack, unassigned.ann, "/ops", words)).shown
    assert await unassigned.documents("roles") == []
    assert told(unassigned, "bob") == []


@SHARED
async def test_a_refusal_tells_which_roles_are_to_be_assigned(unassigned: World) -> None:
    """While nobody has a role, what takes one says who hands them out."""
    refused = await answer(unassigned.slack, unassigned.bob, "/maintenance", "emergency replace the disk")
    assert "To be assigned: tech-lead, on-call, duty-officer; an admin of the bot hands them out" in refused.shown


async def test_what_a_killed_bot_changed_is_told_by_the_next(world: World) -> None:
    """The change is recorded with what is to be told; the next bot tells it, and of two one does."""
    await with_roles(world, tech_lead="", on_call="bob")
    seat = {"owner": "U0BOB", "backup": "", "version": 1}
    after = {**seat, "owner": "U0CYD", "version": 2}
    change = {"by": world.ann.id, "at": world.clock(), "before": seat, "after": after}
    await world.changes("roles", "on-call", {**after, "untold": [change]})
    await world.starts()
    world.clock.forward(seconds=20)
    await hears(world, "cyd", "yours now")
    await hears(world, "bob", "no longer")
    await world.stored("roles", untold=[])
    await world.round()
    assert [len(told(world, name)) for name in ("bob", "cyd")] == [1, 1]


async def test_two_who_hand_it_out_at_once_are_both_in_the_record(world: World) -> None:
    """The last one counts, each is audited, and nobody is left believing that they have it."""
    await asyncio.gather(world.ann.says("/ops", "role on-call @bob"), world.ann.says("/ops", "role on-call @cyd"))
    await world.stored("audit", 2, act="role")
    stored = await world.document("roles", "on-call")
    assert stored["version"] == 2
    await world.stored("roles", untold=[])
    loser = "bob" if stored["owner"] == "U0CYD" else "cyd"
    await hears(world, loser, "yours now")
    await hears(world, loser, "no longer")


async def test_the_last_who_hands_out_roles_is_not_taken_away(slack: Slack, mongod: Mongod) -> None:
    """Where the settings name no admin, a tech lead cannot leave nobody behind."""
    async with World(slack, mongod.url(), {"OPS_ADMINS": ""}) as world:
        await with_roles(world, on_call="")
        page = await answer(slack, world.bob, "/ops", "role tech-lead none")
        assert "Then nobody could hand out roles" in page.shown
        assert (await world.document("roles", "tech-lead"))["owner"] == world.bob.id


# Groups


@SHARED
async def test_without_a_paid_plan_a_group_is_refused_in_words(unassigned: World) -> None:
    """Slack has no groups there; nothing is saved."""
    with unassigned.slack.expects("plan_upgrade_required"):
        page = await typed(unassigned.slack, unassigned.ann, "/ops", "role on-call <!subteam^S0OPS|@ops>")
    assert page.shown == "User groups are not available on this plan of Slack.\nName a person with @."
    assert await unassigned.documents("roles") == []


async def test_a_group_has_a_role_by_its_members(world: World) -> None:
    """Each member has the role, also one who joins the group later; an empty or unknown group is refused. A permission
    does not hang on Slack: while that does not tell, who was known to be in the group still has the role."""
    cyd = world.slack.person("cyd")
    world.slack.workspace.groups = {"S0OPS": ["U0BOB", "U0CYD"], "S0NONE": []}
    page = await typed(world.slack, world.ann, "/ops", "role on-call <!subteam^S0OPS|@ops>")
    assert page.shown == "on-call is now a user group (@bob, @cyd), backup nobody."
    wrong = await typed(world.slack, world.ann, "/incident", "assign <!subteam^S0OPS|@ops>")
    assert "> assign *@ops*" in wrong.shown
    await hears(world, "bob", "It is yours now")
    await hears(world, "cyd", "It is yours now")
    assert "Your role is on-call." in (await answer(world.slack, cyd, "/ops", "whoami")).shown
    world.slack.workspace.groups["S0OPS"] = ["U0CYD", "U0ANN"]
    world.clock.forward(minutes=2)
    assert "You have no role." in (await answer(world.slack, world.bob, "/ops", "whoami")).shown
    assert "Your role is on-call." in (await answer(world.slack, world.ann, "/ops", "whoami")).shown
    nobody = await typed(world.slack, world.ann, "/ops", "role on-call <!subteam^S0NONE>")
    assert "nobody in that user group" in nobody.shown
    with world.slack.expects("no_such_subteam"):
        refused = await typed(world.slack, world.ann, "/ops", "role on-call <!subteam^S0NEW>")
    assert "Slack does not know that group." in refused.shown
    world.slack.workspace.groups = None
    world.clock.forward(minutes=2)
    with world.slack.expects("plan_upgrade_required"):
        page = await answer(world.slack, cyd, "/ops", "whoami")
    assert "Your role is on-call." in page.shown


# Rotations


@pytest.mark.long
async def test_a_rotation_says_who_has_it_now_and_next(world: World) -> None:
    """Until Monday the one before keeps it; then each has a week, and is told when it begins, once among two bots. An
    escalation calls whose turn it is at that moment, not when the rotation was set."""
    await answer(world.slack, world.ann, "/ops", "role on-call @dee")
    page = await answer(world.slack, world.ann, "/ops", "role on-call rotate @bob @cyd weekly from MONDAY")
    assert "on-call now goes round weekly from 2026-11-30 09:00 UTC" in page.shown
    assert "@dee until 2026-11-30 09:00 UTC" in page.shown
    await hears(world, "bob", "You are in its rotation, weekly from 2026-11-30 09:00 UTC")
    await hears(world, "dee", "It is yours until 2026-11-30 09:00 UTC")
    await world.starts()
    world.clock.set("2026-11-30 09:00:01")
    await hears(world, "bob", "You have the role on-call until 2026-12-07 09:00 UTC", "then @cyd takes over")
    page = await answer(world.slack, world.ann, "/ops", "roles")
    assert "*on-call*: @bob until 2026-12-07 09:00 UTC" in page.shown
    assert "Your role is on-call." in (await answer(world.slack, world.bob, "/ops", "whoami")).shown
    assert "You have no role." in (await answer(world.slack, world.slack.person("cyd"), "/ops", "whoami")).shown
    world.clock.set("2026-12-07 09:00:01")
    await hears(world, "cyd", "You have the role on-call until 2026-12-14")
    await hears(world, "bob", "Your turn with the role on-call is over: @cyd has it until 2026-12-14 09:00 UTC")
    await world.round()
    assert len([text for text in told(world, "bob") if "You have the role" in text]) == 1
    assert len([text for text in told(world, "cyd") if "You have the role" in text]) == 1
    assert (await world.documents("audit", act="role"))[1]["detail"] == (
        "weekly from 2026-11-30 09:00 UTC: U0BOB, U0CYD, backup nobody"
    )
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    card = await world.slack.shows("checkout is down")
    await world.ann.clicks("Escalate", on=card)
    await world.slack.shows("@cyd", thread=card)


@pytest.mark.long
async def test_the_channel_hears_when_the_next_one_has_left(world: World) -> None:
    """Nobody would be on call without anybody knowing: it is said once, with the remedy."""
    await answer(world.slack, world.ann, "/ops", "role on-call rotate @bob @cyd weekly from monday")
    await world.starts()
    world.slack.workspace.people["U0BOB"] = Member("U0BOB", "bob", "Bob Baker", has_left=True)
    world.clock.set("2026-11-30 09:00:01")
    await world.slack.shows(
        "The role on-call went round to", "not in this workspace any more", "/ops role on-call @who"
    )
    await world.round()
    assert len([post for post in world.slack.channel().by_bot if "went round to" in post.shown]) == 1


async def test_a_lost_answer_of_slack_s_makes_no_second_message(world: World) -> None:
    """Slack delivers it and the connection breaks: the bot looks into the conversation before it says it again."""
    world.slack.faults.add("reset_after", "chat.postMessage")
    await answer(world.slack, world.ann, "/ops", "role on-call @bob")
    await world.stored("outbox", event_type="opsbot_direct", state="posted")
    assert len(told(world, "bob")) == 1
