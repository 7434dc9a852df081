"""Roles taken away again: to be assigned as at first, told, audited, and the backup by itself."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from tests.asking import answer, answer_to_mention, shared_world, strict, unharmed
from tests.test_role import hears, told
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for the module; each test has roles of its own."""
    async with shared_world(mongod) as world:
        yield world


async def test_a_cleared_role_is_to_be_assigned_again(shared: World) -> None:
    """Owner and backup both hear it, `roles` and Home show it, it is audited, and the rights are gone."""
    await answer(shared.slack, shared.ann, "/ops", "role duty-officer @bob backup @dee")
    await hears(shared, "dee", "You are its backup now")
    page = await answer(shared.slack, shared.ann, "/ops", "role duty-officer none")
    assert page.shown == "duty-officer is now to be assigned, backup nobody."
    for name, words in (("bob", "You have it no longer."), ("dee", "You are its backup no longer.")):
        await hears(shared, name, "@ann changed who has the role duty-officer.", words, "It is now to be assigned")
    assert (
        "*duty-officer*: to be assigned, backup nobody."
        in (await answer(shared.slack, shared.bob, "/ops", "roles")).shown
    )
    await shared.bob.opens_home()
    await shared.bob.sees("*duty-officer*: to be assigned, backup nobody")
    assert "You have no role." in (await answer(shared.slack, shared.bob, "/ops", "whoami")).shown
    trail = await shared.documents("audit", act="role", subject="duty-officer")
    assert (trail[-1]["who"], trail[-1]["detail"]) == (shared.ann.id, "owner nobody, backup nobody")
    for words in ("emergency replace the disk", "schedule fri 14:00 Upgrade Loki"):
        refused = await answer(shared.slack, shared.bob, "/maintenance", words)
        assert "To be assigned: tech-lead, on-call, duty-officer; an admin of the bot hands them out" in refused.shown


async def test_what_is_so_already_changes_nothing(shared: World) -> None:
    """A role that nobody has, and the same person once more: said, not told again, not audited."""
    await answer(shared.slack, shared.ann, "/ops", "role tech-lead @dee")
    await hears(shared, "dee", "the role tech-lead. It is yours now")
    await shared.stored("roles", untold=[], _id="tech-lead")
    for words, page in (
        ("role on-call none", "Nothing was changed: on-call is already to be assigned, backup nobody."),
        ("role tech-lead @dee", "Nothing was changed: tech-lead is already @dee, backup nobody."),
        ("role tech-lead backup none", "Nothing was changed: tech-lead is already @dee, backup nobody."),
    ):
        before = len(told(shared, "dee")), len(await shared.documents("audit", act="role"))
        async with unharmed(shared):
            assert (await answer(shared.slack, shared.ann, "/ops", words)).shown == page
        assert (len(told(shared, "dee")), len(await shared.documents("audit", act="role"))) == before


async def test_the_backup_changes_alone(shared: World) -> None:
    """The owner keeps the role and hears that it is still theirs; a rotation goes on as it was."""
    await answer(shared.slack, shared.ann, "/ops", "role on-call @cyd")
    await hears(shared, "cyd", "the role on-call. It is yours now")
    page = await answer(shared.slack, shared.ann, "/ops", "role on-call backup @bob")
    assert page.shown == "on-call is now @cyd, backup @bob."
    await hears(shared, "cyd", "It is still yours", "backup @bob")
    page = await answer_to_mention(shared.slack, shared.ann, "role on-call backup none")
    assert page.shown == "on-call is now @cyd, backup nobody."
    await hears(shared, "bob", "You are its backup no longer. It is now @cyd, backup nobody.")
    same = await answer(shared.slack, shared.ann, "/ops", "role on-call backup @cyd")
    assert "Owner and backup are the same." in same.shown
    await answer(shared.slack, shared.ann, "/ops", "role on-call rotate @cyd @bob weekly from monday")
    page = await answer(shared.slack, shared.ann, "/ops", "role on-call backup @dee")
    assert "on-call now goes round weekly" in page.shown
    assert "backup @dee" in page.shown
    again = await answer(
        shared.slack, shared.ann, "/ops", "role on-call rotate @cyd @bob weekly from monday backup @dee"
    )
    assert "Nothing was changed" in again.shown
    await answer(shared.slack, shared.ann, "/ops", "role on-call none")
    await hears(shared, "bob", "the role on-call. You have it no longer. It is now to be assigned")
    assert (await shared.document("roles", "on-call"))["rotation"] is None


async def test_who_may_not_is_told_who_may(shared: World) -> None:
    """Nothing is taken away, and the refusal is audited; nor has a role without an owner a backup."""
    await answer(shared.slack, shared.ann, "/ops", "role tech-lead @dee")
    async with unharmed(shared):
        refused = await answer(shared.slack, shared.bob, "/ops", "role tech-lead none")
    assert "Roles are handed out by an admin of the bot or the tech lead." in refused.shown
    assert "@ann" in refused.shown
    assert "@dee" in refused.shown
    assert len(await shared.documents("audit", act="role", who=shared.bob.id, outcome="refused")) == 1
    await answer(shared.slack, shared.ann, "/ops", "role duty-officer none")
    page = await answer(shared.slack, shared.ann, "/ops", "role duty-officer backup @bob")
    assert "A role without an owner has no backup." in page.shown


async def test_two_who_clear_it_at_once_clear_it_once(shared: World) -> None:
    """One does it, the other hears that it is done; whoever had it is told once."""
    await answer(shared.slack, shared.ann, "/ops", "role duty-officer @bob")
    await answer(shared.slack, shared.ann, "/ops", "role tech-lead @cyd")
    version = (await shared.document("roles", "duty-officer"))["version"]
    cyd = shared.slack.person("cyd")
    pages = await asyncio.gather(
        answer(shared.slack, shared.ann, "/ops", "role duty-officer none"),
        answer(shared.slack, cyd, "/ops", "role duty-officer none"),
    )
    assert sorted(page.shown for page in pages) == [
        "Nothing was changed: duty-officer is already to be assigned, backup nobody.",
        "duty-officer is now to be assigned, backup nobody.",
    ]
    assert (await shared.document("roles", "duty-officer"))["version"] == version + 1


async def test_where_nobody_can_hand_out_roles_the_way_out_is_named(mongod: Mongod) -> None:
    """A fresh bot without OPS_ADMINS: whoever tries is told what to set, since there is nobody to ask."""
    async with strict() as slack, World(slack, mongod.url(), {"OPS_ADMINS": ""}) as world:
        refused = await answer(slack, world.ann, "/ops", "role on-call @bob")
        assert refused.shown == (
            "Roles are handed out by an admin of the bot or the tech lead.\n"
            "There is neither: put your user id in the setting OPS_ADMINS and start the bot anew."
        )
