"""Incidents as files: in their thread, each once."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.slack import directory
from bot.store.incident import endings_of
from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention, shared_world
from tests.exporting import direct_files, entry_of, exported, files_in, text_of
from tests.line import Line
from tests.test_incident import opened
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for the tests in which nothing but the request matters; each opens an incident of its own."""
    async with shared_world(mongod) as world:
        yield world


async def about(shared: World, title: str) -> tuple[Post, str]:
    """Another incident of Ann's; its card and its ID."""
    return await opened(shared, f"open sev2 {title}", title)


# The files


@SHARED
async def test_an_export_is_two_files_in_the_thread(shared: World) -> None:
    """`/incident export` shares Markdown and JSON with all of the incident in one message of its thread."""
    card, incident_id = await about(shared, "checkout is down")
    await shared.bob.writes("looking", thread=card)
    message = await shared.ann.writes("the <cache> was full\nof *old* carts", thread=card)
    await shared.bob.reacts("pushpin", message)
    await shared.stored("timeline", 2, incident_id=incident_id, kind="message")
    await shared.stored("timeline", incident_id=incident_id, pinned_by=[shared.bob.id])
    said = await exported(shared, f"export {incident_id[-4:]}")
    assert f"{incident_id} is exported: the files are in its thread" in said
    (reply,) = (post for post in shared.slack.thread(card).replies if post.files)
    assert [file.name for file in reply.files] == [f"{incident_id}.md", f"{incident_id}.json"]
    assert f"Export of {incident_id}, asked for by @ann" in reply.shown
    assert not reply.raw.broadcast
    page = text_of(reply.files, ".md")
    assert page.startswith(f"# {incident_id}: checkout is down\n\n- **Severity:** SEV2: something important is down\n")
    for words in ("- **Opened by:** ann\n", "bob: looking\n", "> the &lt;cache&gt; was full  \n> of \\*old\\* carts\n"):
        assert words in page
    assert "(key event, marked by bob)" in page
    told = json.loads(text_of(reply.files, ".json"))
    assert (told["format"], told["incident"]["id"], told["incident"]["opened_by"]) == (
        1,
        incident_id,
        {"id": shared.ann.id, "name": "ann"},
    )
    assert [entry["text"] for entry in told["timeline"] if entry["kind"] == "message"] == [
        "looking",
        "the <cache> was full\nof *old* carts",
    ]


async def test_the_files_are_no_message_of_the_timeline(world: World) -> None:
    """What the bot shares is not what somebody wrote, neither as an event nor when the thread is read back."""
    card, _ = await opened(world)
    await exported(world)
    await world.slack.still(0.05)
    await world.stops()
    await world.starts()
    await world.ann.writes("after that", thread=card)
    await world.stored("timeline", kind="message")
    assert [entry["text"] for entry in await world.documents("timeline", kind="message")] == ["after that"]


@SHARED
async def test_a_mention_in_the_thread_exports_that_incident(shared: World) -> None:
    """In the thread nothing but the word is needed, and a format gives that file alone."""
    await about(shared, "mail is late")
    card, incident_id = await about(shared, "search is down")
    files: list[str] = []
    for who, words, endings in (
        (shared.ann, "markdown", ["md"]),
        (shared.bob, "md", ["md"]),
        (shared.ann, "JSON", ["json"]),
        (shared.bob, "", ["md", "json"]),
    ):
        told = await answer_to_mention(shared.slack, who, f"export {words}", thread=card)
        assert f"{incident_id} is exported" in told.shown
        files += [f"{incident_id}.{ending}" for ending in endings]
        assert [file.name for file in files_in(shared, card)] == files


async def test_a_resolved_incident_is_exported_with_its_resolution(world: World) -> None:
    """Its end, its duration and what resolved it are among the facts."""
    card, incident_id = await opened(world)
    world.clock.forward(hours=1, minutes=5)
    await answer(world.slack, world.ann, "/incident", f"resolve {incident_id} restarted <@U0BOB>'s cache")
    await world.stored("timeline", kind="resolved")
    await exported(world, f"export {incident_id}")
    page = text_of(files_in(world, card), ".md")
    assert "- **Resolution:** restarted @bob's cache\n" in page
    assert "- **Duration:** 1 h 5 min\n" in page
    assert "- **Resolved:** 2026-11-25T13:05:" in page


@SHARED
async def test_people_who_left_slack_are_named_by_their_ids(shared: World) -> None:
    """Whom Slack does not know any more is still told apart; the export does not fail."""
    card, incident_id = await about(shared, "login is slow")
    await shared.puts("timeline", entry_of(incident_id, "U0GONE", "I was here, <@U0GONE>"))
    with shared.slack.expects("user_not_found"):
        await exported(shared, f"export {incident_id}")
    assert "U0GONE: I was here, @U0GONE\n" in text_of(files_in(shared, card), ".md")


@SHARED
async def test_many_strangers_cost_a_bounded_number_of_questions(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack is asked for so many names at most, here for twenty; the others keep their ids."""
    monkeypatch.setattr(directory, "ASKED_MOST", 20)
    _, incident_id = await about(shared, "the shop is empty")
    strangers = [entry_of(incident_id, f"U0STRANGER{n}", "hello", n) for n in range(26)]
    await shared.puts_all("timeline", strangers)
    before = len(shared.slack.calls_of("users.info"))
    with shared.slack.expects("user_not_found"):
        said = await exported(shared, f"export {incident_id}")
    assert "is exported" in said
    assert 18 <= len(shared.slack.calls_of("users.info")) - before <= 22


@SHARED
async def test_nothing_is_shared_elsewhere_or_for_a_word_that_is_no_format(shared: World) -> None:
    """Outside the ops channel the person is pointed there; of a wrong word the answer says what can be written."""
    card, incident_id = await about(shared, "carts are lost")
    said = await answer(shared.slack, shared.ann, "/incident", f"export {incident_id}", channel="#random")
    assert "#ops-shared" in said.shown
    said = await answer(shared.slack, shared.ann, "/incident", "export as-pdf")
    assert "“as-pdf” is neither an incident's ID nor a format" in said.shown
    assert files_in(shared, card) == []


# Once


@SHARED
async def test_a_double_enter_is_one_pair_of_files(shared: World) -> None:
    """The same asked again within a minute shares nothing; the second answer says where the files are. A claim that a
    bot left, which died, holds for a minute by MongoDB's clock; then the next request begins anew."""
    card, incident_id = await about(shared, "payments fail")
    await exported(shared, f"export {incident_id}")
    said = await exported(shared, f"export {incident_id}")
    assert f"You exported {incident_id} a moment ago: the files are in its thread" in said
    (claim,) = await shared.documents("exports", _id={"$regex": incident_id})
    left = {"token": "gone", "how": "underway"}
    await shared.changes("exports", claim["_id"], {**left, "at": datetime.now(UTC) - timedelta(seconds=50)})
    assert "its files are on their way" in await exported(shared, f"export {incident_id}")
    assert len(files_in(shared, card)) == 2
    await shared.changes("exports", claim["_id"], {**left, "at": datetime.now(UTC) - timedelta(seconds=61)})
    assert "is exported" in await exported(shared, f"export {incident_id}")
    assert len(files_in(shared, card)) == 4


async def test_two_bots_that_hear_it_at_once_share_one_pair(world: World) -> None:
    """Two replicas, four presses of Enter: one of them shares, the others say that it is on its way or there."""
    card, _ = await opened(world)
    await world.starts()
    await world.slack.until_connected(4)
    before = len(world.ann.ephemerals)
    await asyncio.gather(*(world.ann.says("/incident", "export") for _ in range(4)))
    await world.slack.until(lambda: len(world.ann.ephemerals) >= before + 4, "all to be answered")
    await world.slack.until(lambda: files_in(world, card), "the files")
    await world.slack.settled()
    assert len(files_in(world, card)) == 2
    said = [one.shown for one in world.ann.ephemerals[before:]]
    assert sum("is exported" in one for one in said) == 1
    assert sum("a moment ago" in one for one in said) == 3


@SHARED
async def test_what_is_new_since_then_can_be_exported_at_once(shared: World) -> None:
    """After an act, a message or a mark it is another export; so is another format, and for another person."""
    card, incident_id = await about(shared, "the queue grows")
    export = f"export {incident_id}"
    await exported(shared, export)
    await answer(shared.slack, shared.ann, "/incident", f"note {incident_id} more")
    assert "is exported" in await exported(shared, export)
    assert "is exported" in await exported(shared, f"{export} json")
    said = await answer(shared.slack, shared.bob, "/incident", f"{export} json")
    assert "is exported" in said.shown
    assert len(files_in(shared, card)) == 6
    said_since = await shared.bob.writes("it was the queue", thread=card)
    await shared.stored("timeline", ts=said_since.ts)
    assert "is exported" in await exported(shared, f"{export} json")
    await shared.bob.reacts("pushpin", said_since)
    await shared.stored("timeline", ts=said_since.ts, pinned_by=[shared.bob.id])
    assert "is exported" in await exported(shared, f"{export} json")
    assert len(files_in(shared, card)) == 8


# Where it goes


async def test_without_a_thread_the_files_come_privately(world: World) -> None:
    """The card was deleted: the files are in the person's direct messages, and the answer says why."""
    card, incident_id = await opened(world)
    world.slack.conversations.delete(card.raw)
    with world.slack.expects("thread_not_found"):
        said = await exported(world, f"export {incident_id}")
        await world.stops()  # it may be reading the thread back
    assert "Files need a thread" in said
    assert [file.name for file in direct_files(world)] == [f"{incident_id}.md", f"{incident_id}.json"]


@pytest.mark.long
async def test_after_a_card_was_deleted_the_files_are_below_the_new_one(world: World) -> None:
    """The card is posted anew, and its thread is where the export goes."""
    card, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    await world.slack.settled()
    world.slack.conversations.delete(card.raw)
    (stored,) = await world.stored("incidents", _id=incident_id, card_ts={"$ne": card.ts}, untold=[])
    assert "are in its thread" in await exported(world, f"export {incident_id}")
    assert len(world.slack.thread(stored["card_ts"]).files) == 2
    # What was on its way when the card went found it gone.
    gone = ("message_not_found", "thread_not_found")
    world.slack.refusals[:] = [one for one in world.slack.refusals if one.error not in gone]


@SHARED
async def test_an_incident_whose_card_is_not_posted_yet_is_exported_privately(shared: World) -> None:
    """An incident that was recorded and whose card is still on its way has no thread."""
    _, incident_id = await about(shared, "images are missing")
    document = await shared.document("incidents", incident_id)
    await shared.puts(
        "incidents",
        {
            **document,
            "_id": "INC-20261101-7KQ4",
            "title": "no card",
            "card_ts": None,
            "same_words": ["x"],
            "endings": endings_of("INC-20261101-7KQ4"),
            "untold": [],
        },
    )
    assert "Files need a thread" in await exported(shared, "export INC-20261101-7KQ4")
    assert "# INC-20261101-7KQ4: no card\n" in text_of(direct_files(shared), ".md")


@pytest.mark.long
async def test_while_mongodb_is_away_nothing_is_shared(slack: Slack, line: Line) -> None:
    """The person hears that MongoDB does not answer."""
    async with World(slack, line.url()) as world:
        card, incident_id = await opened(world)
        line.cut()
        said = await exported(world, f"export {incident_id}")
        assert "MongoDB does not answer" in said
        assert files_in(world, card) == []


@SHARED
async def test_a_long_timeline_is_exported_whole(shared: World) -> None:
    """More entries than MongoDB gives at once, among them messages as long as Slack allows, are all in both files."""
    card, incident_id = await about(shared, "all is down")
    lines = [f"line {n} " + ("ä*" * 6_000 if n % 8 == 0 else "") for n in range(120)]
    await shared.puts_all("timeline", [entry_of(incident_id, shared.bob.id, line, n) for n, line in enumerate(lines)])
    assert "is exported" in await exported(shared, f"export {incident_id}")
    files = files_in(shared, card)
    told = json.loads(text_of(files, ".json"))
    assert [entry["text"] for entry in told["timeline"] if entry["kind"] == "message"] == lines
    assert text_of(files, ".md").count("bob: line") == 120
