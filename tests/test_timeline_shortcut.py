"""*Add to the timeline* in the menu of a message: a mark in an incident's thread, and a form anywhere else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from sandbox.slack import Slack
from sandbox.values import interactive
from tests.asking import answer, shared_world
from tests.test_incident import opened
from tests.test_timeline import Thread, entry_of
from tests.world import World

SHORTCUT = "Add to the timeline"
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def thread(mongod: Mongod) -> AsyncIterator[Thread]:
    """A world with one open incident, its card and its ID; each test has a message of its own."""
    async with shared_world(mongod) as world:
        yield world, *await opened(world)


async def replies(slack: Slack, card: Post, *words: str) -> list[Post]:
    """What the thread says with these words in it, when all is at rest."""
    await slack.settled()
    return [post for post in slack.thread(card).replies if all(word in post.shown for word in words)]


# In the thread


@SHARED
async def test_the_shortcut_marks_a_message_of_the_thread(thread: Thread) -> None:
    """It is a key event under that person's name, as with a pin, and the person is told privately."""
    world, card, incident_id = thread
    message = await world.bob.writes("we restarted the cache", thread=card)
    outcome = await world.ann.runs_shortcut(SHORTCUT, message)
    assert outcome.acked_in is not None
    assert outcome.acked_in < 1.0
    await world.ann.sees("Marked as a key event", incident_id)
    entry = await entry_of(world, message, pinned_by=[world.ann.id])
    assert entry["kind"] == "message"
    assert world.ann.modal is None
    await world.ann.reacts("pushpin", message)
    await world.ann.unreacts("pushpin", message)
    await entry_of(world, message, pinned_by=[])


@SHARED
async def test_the_shortcut_enters_a_message_that_was_not_heard(thread: Thread) -> None:
    """What is in the menu's payload is enough."""
    world, card, incident_id = thread
    message = await world.bob.writes("we restarted the cache", thread=card, files=["graph.png"])
    await entry_of(world, message)
    await world.removes("timeline", f"{incident_id}/{message.ts}")
    await world.ann.runs_shortcut(SHORTCUT, message)
    entry = await entry_of(world, message, pinned_by=[world.ann.id])
    assert (entry["author_name"], entry["text"], len(entry["files"])) == ("bob", "we restarted the cache", 1)


@SHARED
async def test_the_card_and_the_bot_s_own_words_need_no_adding(thread: Thread) -> None:
    """Both are said in private, and nothing is changed."""
    world, card, incident_id = thread
    await answer(world.slack, world.ann, "/incident", "note hm")
    note = await world.slack.shows("Note by", thread=card)
    before = await world.documents("timeline")
    await world.bob.runs_shortcut(SHORTCUT, card)
    await world.bob.sees(f"That is the card of {incident_id}")
    await world.bob.runs_shortcut(SHORTCUT, note)
    await world.bob.sees("is in the timeline", "already")
    assert await world.documents("timeline") == before


# Outside it


@SHARED
async def test_a_message_from_outside_is_added_by_a_form(thread: Thread) -> None:
    """The only open incident is preselected; the message is a key event there, and the thread says so with a link."""
    world, card, incident_id = thread
    message = await world.bob.writes("deploy of the cache & <shop> by @cyd", files=["diff.txt"])
    await world.ann.runs_shortcut(SHORTCUT, message)
    form = await world.ann.sees("Which incident?", "deploy of the cache & <shop>")
    assert world.ann.modal is not None
    assert world.ann.modal.ticked == [f"SEV2 {incident_id}: checkout is down"]
    assert form is not None
    await world.ann.submits()
    entry = await entry_of(world, message, pinned_by=[world.ann.id])
    assert (entry["incident_id"], entry["kind"], entry["author"]) == (incident_id, "added", world.bob.id)
    assert (entry["channel"], entry["order"]) == (message.channel, message.ts)
    assert entry["text"] == "deploy of the cache & <shop> by <@U0CYD>"
    link = f"https://sandbox.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    assert (entry["url"], entry["files"][0]["name"]) == (link, "diff.txt")
    words = ("Added to the timeline by @ann: message by @bob (link)", "“deploy of the cache & <shop> by @cyd”")
    told = await world.slack.shows(*words, thread=card)
    assert f"<{link}|link>" in told.blocks[0]["text"]["text"]
    assert "U0CYD" not in str(told.blocks)
    await world.ann.sees("is a key event in the timeline", incident_id)
    shown = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    assert "key event" in shown.shown
    assert "📎 diff.txt (open)" in shown.shown


@SHARED
async def test_the_form_names_the_files_of_a_message_without_words(thread: Thread) -> None:
    """Who adds a screenshot sees which."""
    world, _, _ = thread
    message = await world.bob.writes("", files=["queue_depth.png"])
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("Which incident?", "Message by @bob: queue_depth.png")
    await world.ann.closes()


@SHARED
async def test_a_message_is_added_once_however_often_it_is_sent(thread: Thread) -> None:
    """Two people at once and a third time later: one entry, one reply; each has an answer."""
    world, card, _ = thread
    message = await world.bob.writes("deploy of the proxy")
    people = (world.ann, world.bob)
    for person in people:
        await person.runs_shortcut(SHORTCUT, message)
        await person.sees("Which incident?")
    await asyncio.gather(*(person.submits() for person in people))
    await entry_of(world, message, pinned_by={"$all": [world.ann.id, world.bob.id]})
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("Which incident?")
    await world.ann.submits()
    await world.ann.sees("in the timeline", "already")
    assert len(await replies(world.slack, card, "Added to the timeline", "the proxy")) == 1
    assert len(await world.documents("timeline", ts=message.ts)) == 1


async def test_of_many_open_incidents_the_worst_are_offered(world: World) -> None:
    """Without any a private answer says so, and how to open one. None of several is preselected: a choice must be
    made, and the message goes where it says. The menu takes a hundred; of more it has the worst, titles cut.
    """
    message = await world.bob.writes("deploy of the cache")
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("No incident is open", "/incident open")
    assert world.ann.modal is None
    _, mild = await opened(world, "open sev3 " + "<&>" * 40, "<&>")
    card, worst = await opened(world, "open sev1 all is down", "all is down")
    assert await offered(world, message) == [worst, mild]
    assert world.ann.modal is not None
    assert world.ann.modal.ticked == []
    await world.ann.submits({"Which incident?": f"SEV1 {worst}: all is down"})
    assert (await entry_of(world, message))["incident_id"] == worst
    await world.slack.shows("Added to the timeline", thread=card)
    known = await world.document("incidents", mild)
    twins = [f"INC-20190101-0{number:03}" for number in range(105)]
    made = {"untold": [], "severity": "sev2"}
    await world.puts_all("incidents", [{**known, **made, "_id": twin, "same_words": [twin]} for twin in twins])
    found = await offered(world, await world.bob.writes("deploy of the cache"))
    assert (len(found), found[0], set(found[1:]) - set(twins)) == (100, worst, set())


async def offered(world: World, message: Post) -> list[str]:
    """The incidents that Ann's form for a message has, in its order."""
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("Which incident?")
    assert world.ann.modal is not None
    ((_, menu),) = interactive(world.ann.modal.raw.blocks)
    return [option["value"] for option in menu["options"]]


@SHARED
async def test_a_message_of_another_channel_is_refused_with_a_pointer(thread: Thread) -> None:
    """Changes are made where everybody sees them."""
    world, _, _ = thread
    message = await world.bob.writes("deploy of the cache", channel="#random")
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("#ops-shared")
    assert world.ann.modal is None
    assert await world.documents("timeline", ts=message.ts) == []


@SHARED
async def test_a_message_that_is_gone_when_the_form_is_sent_is_not_added(thread: Thread) -> None:
    """The person is told, and nothing of it is kept."""
    world, card, _ = thread
    message = await world.bob.writes("deploy of the router")
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("Which incident?")
    await world.bob.deletes(message)
    with world.slack.expects("thread_not_found"):
        await world.ann.submits()
        await world.ann.sees("The message is gone")
    assert await world.documents("timeline", ts=message.ts) == []
    assert await replies(world.slack, card, "the router") == []


async def test_what_becomes_of_an_added_message_is_followed(world: World) -> None:
    """Edits and the deletion of the original reach the entry, wherever it is; a reading of the thread leaves it."""
    _, incident_id = await opened(world)
    message = await world.bob.writes("deploy of the cash")
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("Which incident?")
    await world.ann.submits()
    await entry_of(world, message)
    await world.bob.edits(message, "deploy of the cache")
    entry = await entry_of(world, message, text="deploy of the cache")
    assert (entry["first_text"], entry["incident_id"]) == ("deploy of the cash", incident_id)
    await world.stops()
    read = len(world.slack.calls_of("conversations.replies"))
    await world.starts()
    await world.slack.until(lambda: len(world.slack.calls_of("conversations.replies")) > read, "a reading")
    await world.round()  # it comes to its end
    await entry_of(world, message, text="deploy of the cache", pinned_by=[world.ann.id])
    await world.bob.deletes(message)
    await entry_of(world, message, text="", first_text="", edits=[])


@SHARED
async def test_a_long_message_is_added_whole(thread: Thread) -> None:
    """The form carries where the message is, not what it says."""
    world, _, _ = thread
    long = "x" * 12_000
    message = await world.bob.writes(long)
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("Which incident?")
    await world.bob.edits(message, "y" * 12_000)
    await world.ann.submits()
    assert (await entry_of(world, message))["text"] == "y" * 12_000


@SHARED
async def test_what_the_bot_itself_posted_elsewhere_may_be_added(thread: Thread) -> None:
    """A checklist or an announcement is a message like any other."""
    world, _, incident_id = thread
    await answer(world.slack, world.ann, "/checklist", "start")
    posted = await world.slack.shows("Checklist of")
    await world.ann.runs_shortcut(SHORTCUT, posted)
    await world.ann.sees("Which incident?")
    await world.ann.submits()
    entry = await entry_of(world, posted)
    assert (entry["incident_id"], entry["author_name"]) == (incident_id, "Ops Bot")
    assert entry["text"].startswith("The checklist of")


@SHARED
async def test_a_form_that_slack_will_not_open_any_more_says_so(thread: Thread) -> None:
    """Three seconds are gone: the person is told in words."""
    world, _, _ = thread
    message = await world.bob.writes("deploy of the cache")
    world.slack.faults.add("error", "views.open", value="expired_trigger_id")
    await world.ann.runs_shortcut(SHORTCUT, message)
    await world.ann.sees("Slack gave up waiting")
