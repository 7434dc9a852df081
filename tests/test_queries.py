"""What people type is data to MongoDB: no operator, no field's name, no expression; and no read goes on for ever."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import bot.store
from sandbox.mongo import Mongod
from tests.asking import answer, standing, without_matplotlib
from tests.test_other_versions import card_of
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")

STORE = Path(bot.store.__file__).parent
# Names of fields that are put together when the bot runs, and why none of them comes from a person.
PUT_TOGETHER = {
    "f'marks.{mark.who}'": "a Slack user id, whose form the gate checks",
    "f'marks.{one.who}.at'": "a Slack user id, from Slack's own list of reactions",
    "f'marks.{mark.who}.at'": "a Slack user id, whose form the gate checks",
}
ODD = (
    '{"$gt": ""}',
    "$where: sleep(9999)",
    "$$ROOT",
    "$title",
    "a.b.$[].c",
    "$(function(){return true})()",
    "__proto__",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """One world for these tests."""
    with without_matplotlib():
        async with standing(mongod) as ready:
            yield ready


def test_no_field_is_named_by_what_people_type() -> None:
    """Read from the source: a key of a document that is no constant is one of those that are listed here."""
    found: set[str] = set()
    for path in STORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                keys = [key for key in node.keys if key is not None]
                found |= {ast.unparse(key) for key in keys if isinstance(key, ast.JoinedStr | ast.BinOp | ast.Call)}
            elif isinstance(node, ast.JoinedStr) and ast.unparse(node).startswith("f'marks"):
                found.add(ast.unparse(node))
    found = {name for name in found if not name.startswith(("f'{", "f'-"))}
    assert found <= set(PUT_TOGETHER), found - set(PUT_TOGETHER)
    assert set(PUT_TOGETHER) <= found, "the list is longer than the source"


def test_no_query_runs_code_or_takes_a_pattern_as_it_is_typed() -> None:
    """Neither $where, $function nor $accumulator is anywhere; what goes into a $regex is escaped or our own."""
    for path in STORE.glob("*.py"):
        text = path.read_text("utf-8")
        assert not any(word in text for word in ('"$where"', '"$function"', '"$accumulator"', "Code("))
        for line in text.splitlines():
            assert '"$regex"' not in line or "re.escape(" in line or '"$regex": pattern}' in line, line


@SHARED
@pytest.mark.long
async def test_text_with_dollars_and_dots_is_kept_as_text(world: World) -> None:
    """In titles, notes, threads and their edits, checklists, silences and alerts: stored letter by letter."""
    slack, ann = world.slack, world.ann
    for text in ODD:
        told = await answer(slack, ann, "/incident", f"open sev4 {text}")
        (incident,) = await world.documents("incidents", title=text)
        assert incident["_id"] in told.shown
        card = await slack.shows(incident["_id"], text)
        await answer(slack, ann, "/incident", f"note {incident['_id']} {text}")
        await slack.shows(f"Note by @ann: {text}", thread=card)
        message = await ann.writes(text, thread=card, files=[f"{text[:20]}.txt".replace("/", "_")])
        await world.stored("timeline", ts=message.ts, text=text)
        await ann.edits(message, f"{text} {text}")
        await world.stored("timeline", ts=message.ts, text=f"{text} {text}")
        await answer(slack, ann, "/checklist", f"note {text}")
        found = await answer(slack, ann, "/incident", f"search {text}")
        assert "Something went wrong" not in found.shown
        await answer(slack, ann, "/incident", f"resolve {incident['_id']} {text}")
        (resolved,) = await world.documents("incidents", _id=incident["_id"])
        assert resolved["resolution"] == text
    assert "checkout is down" in card_of(world).shown
    assert await world.documents("incidents", title={"$in": ["a.b.$[].c"]}) != []


@SHARED
async def test_lookups_by_odd_ids_find_nothing(world: World) -> None:
    """An ID that would be an operator or a pattern is one that nobody knows."""
    for words in (
        'show {"$gt":""}',
        "show .*",
        "show $ne",
        "show INC-.*",
        'note {"$ne":null} x',
        "show ^",
        "close .{4}",
    ):
        told = await answer(world.slack, world.ann, "/incident", words)
        assert "Something went wrong" not in told.shown
        assert "investigating" not in told.shown


@SHARED
@pytest.mark.long
async def test_every_read_is_bounded_in_time(world: World) -> None:
    """MongoDB's own profile of what people's commands make the bot ask: each read of it has maxTimeMS."""
    world.database.command("profile", 2)
    try:
        for command, words in (
            ("/incident", ""), ("/incident", "list all"), ("/incident", "search checkout down"), ("/incident", "stats"),
            ("/incident", "search out is:open"), ("/checklist", ""), ("/maintenance", ""), ("/ops", "roles"),
        ):  # fmt: skip
            await answer(world.slack, world.ann, command, words)
    finally:
        world.database.command("profile", 0)
    profile = list(world.database["system.profile"].find())
    reads = [one for one in profile if {"find", "aggregate", "count"} & set(one.get("command", {}))]
    ours = [one for one in reads if one.get("appName") == "ops-bot" and one["ns"].partition(".")[2] != "system.profile"]
    assert {"incidents", "words", "checklists", "windows"} <= {one["ns"].partition(".")[2] for one in ours}
    endless = {one["ns"] for one in ours if not one["command"].get("maxTimeMS")}
    assert endless == set()
