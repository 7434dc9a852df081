"""The timeline as people make it in the thread: messages, their edits and deletions, their files."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from sandbox.conversations import Draft
from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, shared_world, strict, typed
from tests.kept import Document
from tests.test_incident import opened
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")

Thread = tuple[World, Post, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def thread(mongod: Mongod) -> AsyncIterator[Thread]:
    """A world with one incident, its card and its ID: each test has messages of its own in its thread."""
    async with shared_world(mongod) as world:
        yield world, *await opened(world)


async def entry_of(world: World, message: Post, **what: Any) -> Document:
    """The message's entry, once it is as it should be."""
    (entry,) = await world.stored("timeline", ts=message.ts, **what)
    return entry


# Edits and deletions


@SHARED
async def test_an_edit_is_followed_and_what_was_first_written_stays(thread: Thread) -> None:
    """The entry says what the message says now; every text before it is kept, and `show` says that it was edited."""
    world, card, incident_id = thread
    message = await world.bob.writes("it's the cash", thread=card)
    await entry_of(world, message)
    for text in ("it's the cache & <db>", "it's the cache"):
        await world.bob.edits(message, text)
    entry = await entry_of(world, message, text="it's the cache")
    assert (entry["first_text"], entry["author"], entry["order"]) == ("it's the cash", world.bob.id, message.ts)
    assert [edit["text"] for edit in entry["edits"]] == ["it's the cache & <db>", "it's the cache"]
    assert entry["edited_at"] == entry["edits"][-1]["at"]
    told = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    assert "@bob: it's the cache (edited)" in told.shown


@SHARED
async def test_a_deletion_takes_the_text_and_says_when(thread: Thread) -> None:
    """Nothing of what it said is left; who wrote it and when, and when it was deleted, is."""
    world, card, incident_id = thread
    message = await world.bob.writes("the password is hunter2", thread=card)
    await entry_of(world, message)
    await world.bob.edits(message, "the password is hunter3")
    await entry_of(world, message, text="the password is hunter3")
    await world.bob.deletes(message)
    entry = await entry_of(world, message, text="")
    assert "hunter" not in str(entry)
    assert (entry["author"], entry["author_name"], entry["order"]) == (world.bob.id, "bob", message.ts)
    assert entry["deleted_at"] > entry["at"]
    told = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    assert "@bob: _deleted on" in told.shown
    await world.slack.settled()
    assert len(await world.documents("timeline", ts=message.ts)) == 1


async def test_a_message_that_is_deleted_before_it_was_heard_was_there(mongod: Mongod) -> None:
    """Slack gave up on the message and delivers its deletion: an entry without words, at the original time."""
    async with strict(retry_after=()) as slack, World(slack, mongod.url()) as world:
        card, _ = await opened(world)
        slack.delivery.line, line = slack.http, slack.delivery.line  # leads nowhere
        message = await world.bob.writes("oops", thread=card)
        await slack.until(lambda: slack.delivery.lost, "Slack to give up")
        slack.delivery.line = line
        await world.bob.deletes(message)
        entry = await entry_of(world, message, deleted_at={"$ne": None})
        assert (entry["text"], entry["author"], entry["order"]) == ("", world.bob.id, message.ts)
        assert slack.refusals == []


async def test_messages_that_are_edited_and_marked_at_once_lose_nothing(mongod: Mongod) -> None:
    """Ten edits at the same moment, through two bots, each with a pin."""
    # More patient than Slack, so that a busy machine that runs the tests is no refusal.
    async with strict(ack_within=15.0) as slack, World(slack, mongod.url()) as world:
        card, incident_id = await opened(world)
        await world.starts()
        posts = [await world.bob.writes(f"message {number}", thread=card) for number in range(10)]
        await asyncio.gather(
            *(world.bob.edits(post, f"edited {post.text}") for post in posts),
            *(world.ann.reacts("pushpin", post) for post in posts),
        )
        found = await world.stored(
            "timeline", 10, incident_id=incident_id, pinned_by=[world.ann.id], text={"$regex": "^edited"}
        )
        assert all(entry["first_text"].startswith("message") for entry in found)
        assert slack.refusals == []


@SHARED
async def test_twelve_thousand_characters_are_kept_whole_and_shown_short(thread: Thread) -> None:
    """As long as Slack lets a person write: every character is in the timeline, `show` has the beginning."""
    world, card, incident_id = thread
    long = "the log says <&> " * 750 + "end"
    message = await world.bob.writes(long[:12_000], thread=card)
    entry = await entry_of(world, message)
    assert entry["text"] == long[:12_000]
    told = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    assert "the log says <&> " in told.shown


@SHARED
async def test_links_and_mentions_read_as_they_were_typed(thread: Thread) -> None:
    """A link is written out, a colleague's name is a name in `show`, and nothing that was typed mentions anybody."""
    world, card, incident_id = thread
    message = await world.bob.writes("ask @ann, see https://wiki.example/x?a=1&b=2 in #random, <!channel>", thread=card)
    entry = await entry_of(world, message)
    assert entry["text"] == f"ask <@{world.ann.id}>, see https://wiki.example/x?a=1&b=2 in #random, <!channel>"
    told = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    assert "ask @ann, see https://wiki.example/x?a=1&b=2 in #random, <!channel>" in told.shown
    assert world.slack.pages == []


# Files


@SHARED
async def test_a_group_reads_as_its_handle_and_is_never_called(thread: Thread) -> None:
    """As Slack wrote it beside the mention, else as the workspace tells, else by its ID; in messages, notes, edits."""
    world, card, incident_id = thread
    world.slack.workspace.groups = {"S0ONCALL": []}
    for text in ("<!subteam^S1|@ops> look", "<!subteam^S0ONCALL> look", "<!subteam^S2> look"):
        world.slack.conversations.post(Draft(card.channel, world.bob.id, text, thread_ts=card.ts))
    await world.stored("timeline", 3, kind="message", text={"$regex": "look$"})
    await typed(
        world.slack, world.ann, "/incident", f"note {incident_id} ask <!subteam^S0ONCALL> or <!subteam^S3|@dba>"
    )
    told = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    for line in ("@ops look", "@oncall look", "@S2 look", "ask @oncall or @dba"):
        assert line in told.shown
    assert [entry for entry in await world.documents("timeline") if "subteam" in str(entry["text"])] == []


@SHARED
async def test_files_are_kept_with_name_and_link_through_edits(thread: Thread) -> None:
    """A message with files, and one that is only a file: names and permanent links are there, and never a download."""
    world, card, incident_id = thread
    both = await world.bob.writes("the graph", thread=card, files=["graph & <more>.png", "log.txt"])
    alone = await world.bob.writes("", thread=card, files=["trace.json"])
    entry = await entry_of(world, alone)
    assert [file["name"] for file in entry["files"]] == ["trace.json"]
    assert entry["files"][0]["url"] == alone.raw.files[0]["permalink"]
    await entry_of(world, both)
    await world.bob.edits(both, "the graphs")
    entry = await entry_of(world, both, text="the graphs")
    assert {file["name"]: file["url"] for file in entry["files"]} == {
        file["name"]: file["permalink"] for file in both.raw.files
    }
    stored = str(await world.documents("timeline"))
    assert "files-pri" not in stored
    assert "slack-files.com" not in stored
    told = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    assert "the graphs (edited) 📎 graph & <more>.png 📎 log.txt" in told.shown
    assert "@bob: 📎 trace.json" in told.shown


@SHARED
async def test_a_link_that_unfolds_is_kept_with_the_message(thread: Thread) -> None:
    """Slack adds what a link leads to afterwards, as a change without an edit: the entry has it and is not edited."""
    world, card, _ = thread
    message = await world.bob.writes("see https://wiki.example/runbook", thread=card)
    unfolded = {"title": "Runbook", "title_link": "https://wiki.example/runbook", "from_url": "https://wiki.example/r"}
    before = message.raw.edited
    world.slack.conversations.edit(message.raw, world.bob.id, {"attachments": [unfolded]})
    message.raw.edited = before
    entry = await entry_of(world, message, files=[{"name": "Runbook", "url": "https://wiki.example/runbook"}])
    assert entry["text"] == "see https://wiki.example/runbook"


@SHARED
async def test_somebody_whom_slack_does_not_know_any_more_stays_under_their_id(thread: Thread) -> None:
    """Without a name, and with everything else; a name that is known already stays."""
    world, card, _ = thread
    known = await world.bob.writes("one", thread=card)
    await entry_of(world, known, author_name="bob")
    cyd = world.slack.person("cyd")
    world.slack.faults.add("error", "users.info", value="user_not_found", count=None)
    message = await cyd.writes("bye", thread=card)
    entry = await entry_of(world, message)
    assert (entry["author"], entry["author_name"], entry["text"]) == (cyd.id, "", "bye")
    world.slack.faults.clear()
