"""Incidents as files: in their thread, each once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.store.incident import endings_of
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention
from tests.exporting import direct_files, entry_of, exported, files_in, text_of
from tests.line import Line
from tests.test_incident import opened
from tests.world import World

# The files


async def test_an_export_is_two_files_in_the_thread(world: World) -> None:
    """`/incident export` shares Markdown and JSON with all of the incident in one message of its thread."""
    card, incident_id = await opened(world, "open sev2 checkout is down")
    await world.bob.writes("looking", thread=card)
    message = await world.ann.writes("the <cache> was full\nof *old* carts", thread=card)
    await world.bob.reacts("pushpin", message)
    await world.stored("timeline", 2, kind="message")
    await world.stored("timeline", pinned_by=[world.bob.id])
    said = await exported(world, f"export {incident_id[-4:]}")
    assert f"{incident_id} is exported: the files are in its thread" in said
    (reply,) = (post for post in world.slack.thread(card).replies if post.files)
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
        {"id": world.ann.id, "name": "ann"},
    )
    assert [entry["text"] for entry in told["timeline"] if entry["kind"] == "message"] == [
        "looking",
        "the <cache> was full\nof *old* carts",
    ]


async def test_the_files_are_no_message_of_the_timeline(world: World) -> None:
    """What the bot shares is not what somebody wrote, neither as an event nor when the thread is read back."""
    card, _ = await opened(world)
    await exported(world)
    await world.slack.settled()
    await world.stops()
    await world.starts()
    await world.ann.writes("after that", thread=card)
    await world.stored("timeline", kind="message")
    assert [entry["text"] for entry in await world.documents("timeline", kind="message")] == ["after that"]


@pytest.mark.parametrize(
    ("words", "endings"), [("markdown", ["md"]), ("md", ["md"]), ("JSON", ["json"]), ("", ["md", "json"])]
)
async def test_a_mention_in_the_thread_exports_that_incident(world: World, words: str, endings: list[str]) -> None:
    """In the thread nothing but the word is needed, and a format gives that file alone."""
    await opened(world, "open sev1 another one", "another one")
    card, incident_id = await opened(world)
    said = await answer_to_mention(world.slack, world.bob, f"export {words}", thread=card)
    assert f"{incident_id} is exported" in said.shown
    assert [file.name for file in files_in(world, card)] == [f"{incident_id}.{ending}" for ending in endings]


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


async def test_people_who_left_slack_are_named_by_their_ids(world: World) -> None:
    """Whom Slack does not know any more is still told apart; the export does not fail."""
    _, incident_id = await opened(world)
    await world.puts("timeline", entry_of(incident_id, "U0GONE", "I was here, <@U0GONE>"))
    with world.slack.expects("user_not_found"):
        await exported(world)
    card = world.slack.channel().by_bot[0]
    assert "U0GONE: I was here, @U0GONE\n" in text_of(files_in(world, card), ".md")


async def test_many_strangers_cost_a_bounded_number_of_questions(world: World) -> None:
    """Slack is asked for two hundred names at most; the others keep their ids."""
    _, incident_id = await opened(world)
    await asyncio.gather(
        *(world.puts("timeline", entry_of(incident_id, f"U0STRANGER{n}", "hello", n)) for n in range(260))
    )
    with world.slack.expects("user_not_found"):
        said = await exported(world)
    assert "is exported" in said
    assert 195 <= len(world.slack.calls_of("users.info")) <= 202


async def test_an_export_is_asked_for_in_the_ops_channel(world: World) -> None:
    """Elsewhere the person is pointed there; nothing is shared."""
    card, incident_id = await opened(world)
    said = await answer(world.slack, world.ann, "/incident", f"export {incident_id}", channel="#random")
    assert "#ops-shared" in said.shown
    assert files_in(world, card) == []


async def test_a_word_that_is_no_format_is_pointed_at(world: World) -> None:
    """Nothing is shared, and the answer says what can be written."""
    card, _ = await opened(world)
    said = await answer(world.slack, world.ann, "/incident", "export as-pdf")
    assert "“as-pdf” is neither an incident's ID nor a format" in said.shown
    assert files_in(world, card) == []


# Once


async def test_a_double_enter_is_one_pair_of_files(world: World) -> None:
    """The same asked again within a minute shares nothing; the second answer says where the files are."""
    card, incident_id = await opened(world)
    await exported(world)
    said = await exported(world)
    assert f"You exported {incident_id} a moment ago: the files are in its thread" in said
    assert len(files_in(world, card)) == 2


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


async def test_what_is_new_since_then_can_be_exported_at_once(world: World) -> None:
    """After an act, a message or a mark it is another export; so is another format, and for another person."""
    card, _ = await opened(world)
    await exported(world)
    await answer(world.slack, world.ann, "/incident", "note more")
    assert "is exported" in await exported(world)
    assert "is exported" in await exported(world, "export json")
    said = await answer(world.slack, world.bob, "/incident", "export json")
    assert "is exported" in said.shown
    assert len(files_in(world, card)) == 6
    said_since = await world.bob.writes("it was the queue", thread=card)
    await world.stored("timeline", ts=said_since.ts)
    assert "is exported" in await exported(world, "export json")
    await world.bob.reacts("pushpin", said_since)
    await world.stored("timeline", pinned_by=[world.bob.id])
    assert "is exported" in await exported(world, "export json")
    assert len(files_in(world, card)) == 8


async def test_a_bot_that_died_blocks_the_next_export_for_a_minute_at_most(world: World) -> None:
    """A claim that nobody finished holds for a minute by MongoDB's clock; then the next request begins anew."""
    card, _ = await opened(world)
    await exported(world)
    (claim,) = await world.documents("exports")
    left = {"token": "gone", "how": "underway"}
    await world.changes("exports", claim["_id"], {**left, "at": datetime.now(UTC) - timedelta(seconds=50)})
    assert "its files are on their way" in await exported(world)
    assert len(files_in(world, card)) == 2
    await world.changes("exports", claim["_id"], {**left, "at": datetime.now(UTC) - timedelta(seconds=61)})
    assert "is exported" in await exported(world)
    assert len(files_in(world, card)) == 4


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


async def test_an_incident_whose_card_is_not_posted_yet_is_exported_privately(world: World) -> None:
    """An incident that was recorded and whose card is still on its way has no thread."""
    _, incident_id = await opened(world)
    document = await world.document("incidents", incident_id)
    await world.puts(
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
    assert "Files need a thread" in await exported(world, "export INC-20261101-7KQ4")
    assert "# INC-20261101-7KQ4: no card\n" in text_of(direct_files(world), ".md")


@pytest.mark.long
async def test_while_mongodb_is_away_nothing_is_shared(slack: Slack, line: Line) -> None:
    """The person hears that MongoDB does not answer."""
    async with World(slack, line.url()) as world:
        card, incident_id = await opened(world)
        line.cut()
        said = await exported(world, f"export {incident_id}")
        assert "MongoDB does not answer" in said
        assert files_in(world, card) == []


@pytest.mark.long
async def test_a_long_timeline_is_exported_whole(world: World) -> None:
    """Hundreds of entries, among them messages as long as Slack allows, are all in both files."""
    card, incident_id = await opened(world)
    await asyncio.gather(
        *(
            world.puts("timeline", entry_of(incident_id, world.bob.id, f"line {n} " + "ä*" * 6_000, n))
            for n in range(300)
        )
    )
    assert "is exported" in await exported(world)
    files = files_in(world, card)
    told = json.loads(text_of(files, ".json"))
    assert [entry["text"].split()[1] for entry in told["timeline"] if entry["kind"] == "message"] == [
        str(n) for n in range(300)
    ]
    assert text_of(files, ".md").count("bob: line") == 300
