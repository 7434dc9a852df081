"""What people ask the bot about itself: help, roles, the audit trail, who they are, and their Home."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.commands import table
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention, shared_world, typed
from tests.line import Line
from tests.world import World

NAMES = [command.name for command in table.COMMANDS]

SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def still(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all tests that change nothing."""
    async with shared_world(mongod) as world:
        yield world
        assert world.slack.channel().by_bot == []


# Help


@SHARED
async def test_every_command_has_help(still: World) -> None:
    """`help`, `?` and `--help` show each way to use the command, privately, with what it does."""
    for command in table.COMMANDS:
        pages = [(await answer(still.slack, still.ann, f"/{command.name}", word)) for word in ("help", "?", "--help")]
        if command.name != "ops":
            assert pages[0].text == f"This is the help for /{command.name}. {command.summary}"
            for usage in command.usages:
                assert f"`{f'/{command.name} {usage.words}'.rstrip()}`  {usage.says}" in pages[0].shown
            assert "in threads: there, mention the bot with the same words." in pages[0].shown
        assert len({page.shown for page in pages}) == 1


@SHARED
async def test_the_overview_names_every_command(still: World) -> None:
    """`/ops`, `/ops help`, a bare mention and `@Ops Bot help` show one line for each command."""
    pages = [
        await answer(still.slack, still.ann, "/ops"),
        await answer(still.slack, still.ann, "/ops", "help"),
        await answer_to_mention(still.slack, still.ann, ""),
        await answer_to_mention(still.slack, still.ann, "help"),
    ]
    assert len({page.shown for page in pages}) == 1
    for command in table.COMMANDS:
        assert f"`/{command.name} {command.hint}`  {command.summary}" in pages[0].shown
    assert "`/incident help` tells all of `/incident`" in pages[0].shown
    assert pages[0].shown.count("mention") == 1  # that is said once


@SHARED
async def test_help_takes_a_command(still: World) -> None:
    """`/ops help incident`, with or without a slash, is what `/incident help` says; a slip gets a suggestion."""
    wanted = (await answer(still.slack, still.ann, "/incident", "help")).shown
    for words in ("help incident", "help /incident", "HELP Incident"):
        assert (await answer(still.slack, still.ann, "/ops", words)).shown == wanted
    assert (await answer_to_mention(still.slack, still.ann, "incident help")).shown == wanted
    slip = await answer(still.slack, still.ann, "/ops", "help helth")
    assert slip.shown == "There is no command “helth”.\n> *helth*\nDid you mean `health`?"


@SHARED
async def test_a_bare_command_tells_the_present_state(still: World) -> None:
    """Each command without words answers privately with what is, and what to do next where there is nothing."""
    still.clock.set("2026-11-26 12:00:00")
    told = {name: (await answer(still.slack, still.ann, f"/{name}")).shown for name in NAMES}
    assert "mongodb* up" in told["health"]
    assert told["checklist"] == "MW-20261128-0200 has no checklist yet. `/checklist start` posts it."
    assert "*MW-20261128-0200* Weekly maintenance · Saturday 2026-11-28 02:00 to 06:00 UTC" in told["maintenance"]
    assert told["incident"] == "No incident is open. `/incident open sev2 checkout is down` opens one."
    assert "Nobody has a role yet, so nobody would be called." in told["escalate"]
    assert "An admin of the bot hands them out: `/ops role on-call @who`." in told["escalate"]
    assert still.slack.channel().by_bot == []


# Roles, and oneself


@SHARED
async def test_roles_are_to_be_assigned_at_first(still: World) -> None:
    """The guide's three roles are listed with what they answer for, before anybody has them."""
    page = await answer(still.slack, still.bob, "/ops", "roles")
    assert page.text == "0 of 3 roles are assigned."
    for role, duty in (
        ("tech-lead", "Approves maintenance scope"),
        ("on-call", "Executes the checklist"),
        ("duty-officer", "Manages shared services"),
    ):
        assert f"*{role}*: to be assigned, backup nobody. {duty}" in page.shown


async def test_an_admin_hands_out_roles(world: World) -> None:
    """A role has an owner and a backup; whoever had it before has it no more."""
    told = await answer(world.slack, world.ann, "/ops", "role on-call @bob backup @cyd")
    assert told.shown == "on-call is now @bob, backup @cyd."
    stored = await world.document("roles", "on-call")
    assert (stored["owner"], stored["backup"]) == ("U0BOB", "U0CYD")
    await answer(world.slack, world.ann, "/ops", "role on call @cyd")
    page = await answer(world.slack, world.bob, "/ops", "roles")
    assert "*on-call*: @cyd, backup nobody." in page.shown
    assert page.text == "1 of 3 roles is assigned."


async def test_whoami_tells_roles_and_rights_and_the_tech_lead_hands_out_roles_too(world: World) -> None:
    """Everybody hears their id, their roles, and whether they may: who owns that role may, their backup may not."""
    assert (
        await answer(world.slack, world.ann, "/ops", "whoami")
    ).shown == "You are @ann (U0ANN). You have no role. You may hand out roles."
    await answer(world.slack, world.ann, "/ops", "role tech-lead @bob backup @cyd")
    await answer(world.slack, world.ann, "/ops", "role on-call @cyd")
    assert (
        await answer(world.slack, world.bob, "/ops", "whoami")
    ).shown == "You are @bob (U0BOB). Your role is tech-lead. You may hand out roles."
    cyd = world.slack.person("cyd")
    assert (
        await answer(world.slack, cyd, "/ops", "whoami")
    ).shown == "You are @cyd (U0CYD). Your roles are tech-lead and on-call."
    assert (await answer(world.slack, world.bob, "/ops", "role duty-officer @ann")).shown.startswith("duty-officer is")
    assert "Who may: @ann, @bob" in (await answer(world.slack, cyd, "/ops", "role duty-officer @cyd")).shown
    assert (await world.document("roles", "duty-officer"))["owner"] == world.ann.id


@SHARED
async def test_a_role_goes_to_a_person(still: World) -> None:
    """Neither to the bot nor to a name that is no mention; the answer says what to type instead."""
    for words, problem, remedy in (
        ("role tech-lead <@U0OPSBOT|opsbot>", "The bot cannot have a role.", "Name a person."),
        ("role on-call <@U0BOB|bob> backup <@U0BOB|bob>", "The backup is the owner.", "Name somebody else"),
        ("role on-call bob", "“bob” is not a mention.", "Type @ and pick the name"),
        ("role boss <@U0BOB|bob>", "There is no role “boss”.\n> role *boss* @bob", "`tech-lead`, `on-call`"),
        ("role", "Which role?", "`tech-lead`"),
        ("role on-call", "Who is it?", "role on-call @ann"),
    ):
        told = await typed(still.slack, still.ann, "/ops", words)
        assert problem in told.shown
        assert remedy in told.shown
        assert "<@" not in told.shown
    assert await still.documents("roles") == []


@SHARED
async def test_roles_are_handed_out_in_the_ops_channel_only(still: World) -> None:
    """Elsewhere they can be looked at, and the answer points to the channel."""
    told = await answer(still.slack, still.ann, "/ops", "role on-call @bob", channel="#random")
    assert "changes are made in #ops-shared" in told.shown
    assert (await answer(still.slack, still.ann, "/ops", "roles", channel="#general")).text.startswith("0 of 3")


# The trail


async def test_the_audit_trail_lists_the_newest_first(world: World) -> None:
    """Privileged acts and refusals with who, what and when; `audit 2` shows two. A refusal names who may."""
    assert (await answer(world.slack, world.bob, "/ops", "audit")).shown == "The audit trail is empty."
    world.clock.set("2026-11-26 12:00:00")
    await answer(world.slack, world.ann, "/ops", "role on-call @bob backup @cyd")
    one = await answer(world.slack, world.bob, "/ops", "audit")
    assert one.text == "The newest entry of the audit trail."
    assert one.shown == (
        "2026-11-26 12:00 UTC @ann (command): role on-call, done (owner @bob, backup @cyd)\n"
        "1 entry, chained by hashes: none is missing or changed."
    )
    refused = await answer(world.slack, world.bob, "/ops", "role on-call @ann")
    assert refused.shown == "Roles are handed out by an admin of the bot or the tech lead.\nWho may: @ann"
    (entry,) = await world.documents("audit", outcome="refused")
    assert (entry["who"], entry["act"], entry["subject"]) == ("U0BOB", "role", "on-call")
    assert (await world.document("roles", "on-call"))["owner"] == "U0BOB"
    await answer(world.slack, world.ann, "/incident", "open sev3 <!channel> & more")
    await world.stored("audit", act="open")
    (incident,) = await world.documents("incidents")
    page = await answer(world.slack, world.bob, "/ops", "audit 2")
    assert page.text == "The newest 2 entries of the audit trail."
    assert [line.rpartition(" UTC ")[2] for line in page.shown.splitlines()] == [
        f"@ann (command): open {incident['_id']}, done (<!channel> & more)",
        "@bob (command): role on-call, refused",
        "3 entries, chained by hashes: none is missing or changed.",
    ]


# Home


async def test_home_shows_what_is_open_what_is_next_and_what_to_type(world: World) -> None:
    """The Home tab is drawn anew each time it is opened."""
    world.clock.set("2026-11-26 12:00:00")
    await world.bob.opens_home()
    page = await world.bob.sees("Open incidents", "None.")
    for command in table.COMMANDS:
        assert f"`/{command.name}`  {command.summary}" in page.shown
    assert "*MW-20261128-0200* Weekly maintenance" in page.shown
    await answer(world.slack, world.ann, "/incident", "open sev1 <!here> *all* is down")
    await world.bob.opens_home()
    await world.bob.sees("Open incidents", "SEV1 · <!here> *all* is down")
    assert world.ann.home is None


@pytest.fixture
async def bereft(slack: Slack, line: Line) -> AsyncIterator[World]:
    """A world whose MongoDB has gone."""
    async with World(slack, line.url()) as ready:
        line.cut()
        yield ready


@pytest.mark.long
async def test_without_mongodb_home_and_help_are_there_all_the_same(bereft: World) -> None:
    """Home says that incidents cannot be listed, and shows the rest; what needs MongoDB says so."""
    await bereft.ann.opens_home()
    page = await bereft.ann.sees("MongoDB does not answer, so the incidents cannot be listed.", "What you can type")
    assert "Weekly maintenance" in page.shown
    assert "`/ops help [command]" in (await answer(bereft.slack, bereft.ann, "/ops", "help")).shown
    for command, words, instead in (
        ("/ops", "roles", "so who has which role is not known here."),
        ("/ops", "whoami", "so your roles are not known here."),
        ("/ops", "audit", "so the audit trail cannot be shown; the bot's log has it too."),
        ("/ops", "runbook", "so the log cannot be made."),
        ("/ops", "role on-call @bob", "so nothing was changed."),
        ("/incident", "stats", "so the incidents cannot be counted."),
        ("/incident", "show 20261125-7KQ4", "so the incident cannot be shown; its card and its thread have it."),
        ("/checklist", "template show", "so the template is not known here."),
    ):
        told = await answer(bereft.slack, bereft.ann, command, words)
        assert told.shown.startswith(f"MongoDB does not answer, {instead}")
    await bereft.ann.says("/ops", "doctor")
    diagnosis = await bereft.ann.sees("*FAIL*  mongodb: connection refused\n> Start MongoDB, or correct host and port")
    assert "*WARN*  outbox: not known while MongoDB does not answer" in diagnosis.shown
