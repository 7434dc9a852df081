"""Summaries on their way into the thread: posted once by whoever presses first, edited before, kept for later."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from sandbox.llm import Llm
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.sight import Post
from tests.asking import answer, shared_world
from tests.test_incident import opened
from tests.test_summary import drafted, saying, summaries
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def services() -> AsyncIterator[Services]:
    """Stand-ins for the shared services, all up."""
    running = Services()
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """One world for tests with an incident of their own each; its bot asks the stand-in of the LLM server."""
    async with shared_world(mongod, {"LLM_URL": services.url("llm")}) as ready:
        yield ready


@pytest.fixture
def llm(services: Services) -> Llm:
    """The stand-in."""
    return services.llm


async def draft_of(world: World, title: str) -> tuple[Post, str, Post]:
    """An incident of Ann's: its card, its ID and her draft of a summary."""
    card, incident_id = await opened(world, f"open sev2 {title}", title)
    return card, incident_id, await drafted(world, f"summary {incident_id}")


async def test_a_summary_is_posted_once_by_whoever_presses_first(world: World) -> None:
    """A double click and two presses at once: one message in the thread, not in the channel; the others are told."""
    card, incident_id, draft = await draft_of(world, "the cache is cold")
    await asyncio.gather(*(world.ann.clicks("Post", on=draft) for _ in range(3)))
    posted = await world.slack.shows("Summary of", thread=card)
    assert "Drafted by the LLM qwen, not edited, posted by ann. As of 2026-11-25 12:00 UTC" in posted.shown
    told = (f"This summary of {incident_id} was posted on 2026-11-25 12:00 UTC", "by @ann", "It was not posted again.")
    await world.slack.until(
        lambda: sum(all(words in post.shown for words in told) for post in world.ann.ephemerals) == 2, "two answers"
    )
    assert summaries(world, card) == [posted]
    assert [post for post in world.slack.channel().messages if "Summary of" in post.shown] == []
    assert posted.metadata is not None
    assert posted.metadata["event_payload"]["key"] == f"{incident_id}/summary/1"
    (entry,) = await world.stored("audit", act="post summary", subject=f"{incident_id}/1")
    assert entry["who"] == world.ann.id


async def test_the_second_of_two_people_is_told_who_posted_it(world: World) -> None:
    """The same draft pressed by Ann and, from a screen of his own, by Bob."""
    card, incident_id, draft = await draft_of(world, "search finds nothing")
    theirs = replace(draft.raw, ephemeral_to=world.bob.id)
    world.slack.workspace.ephemerals.append(theirs)
    await asyncio.gather(
        world.ann.clicks("Post", on=draft), world.bob.clicks("Post", on=Post(world.slack.workspace, theirs))
    )
    posted = await world.slack.shows("Summary of", thread=card)
    first, second = (world.ann, world.bob) if "posted by ann" in posted.shown else (world.bob, world.ann)
    await second.sees(incident_id, "was posted on 2026-11-25 12:00 UTC", f"by @{first.name}")
    assert summaries(world, card) == [posted]


async def test_what_was_deleted_since_the_draft_is_not_posted(world: World, llm: Llm) -> None:
    """A key event loses its text; prose that a model wrote of it has to be read over, or drafted anew."""
    card, incident_id = await opened(world, "open sev2 payments hang", "payments hang")
    said = await world.bob.writes("the password is hunter2", thread=card)
    await world.bob.writes("", thread=card, files=("queue.png",))
    for entry in await world.stored("timeline", 2, incident_id=incident_id, kind="message"):
        await world.bob.reacts("pushpin", entry["ts"])
    await world.stored("timeline", 2, incident_id=incident_id, pinned_by=[world.bob.id])
    llm.replies.append(saying(impact="The password is hunter2."))
    draft = await drafted(world, f"summary {incident_id}")
    assert "bob wrote: the password is hunter2" in draft.shown
    assert "bob wrote: queue.png" in draft.shown
    await world.bob.deletes(said)
    await world.stored("timeline", incident_id=incident_id, deleted_at={"$ne": None})
    await world.ann.clicks("Post", on=draft)
    await world.ann.sees("was deleted since this was drafted", "Nothing was posted", "press *Edit*")
    await world.ann.clicks("Edit", on=draft)
    await world.ann.sees("Edit the summary")
    await world.ann.submits({"Impact": "Orders failed."})
    await world.slack.until(lambda: "Edited by" in draft.shown, "the edited draft")
    assert "hunter2" not in draft.shown
    await world.ann.clicks("Post", on=draft)
    posted = await world.slack.shows("Summary of", "Orders failed.", "bob wrote: queue.png", thread=card)
    assert "hunter2" not in posted.shown


async def test_a_later_summary_stands_below_the_earlier(world: World, llm: Llm) -> None:
    """Each has a message of its own, and whoever drafts another is told of the one that is there."""
    card, incident_id, draft = await draft_of(world, "logins fail")
    await world.ann.clicks("Post", on=draft)
    first = await world.slack.shows("Summary of", thread=card)
    await world.stored("summaries", incident_id=incident_id, is_confirmed=True)
    llm.replies.append(saying())
    draft = await drafted(world, f"summary {incident_id}", by="bob")
    assert "@ann posted a summary of it" in draft.shown
    await world.bob.clicks("Post", on=draft)
    second = await world.slack.shows("Summary of", "The cache ran full", thread=card)
    assert summaries(world, card) == [first, second]
    assert not first.edited


async def test_of_two_who_drafted_at_once_the_second_hears_of_the_first(world: World) -> None:
    """Bob drafted before Ann posted hers: his first press shows that one is there, the second posts his below it."""
    card, incident_id, hers = await draft_of(world, "a queue grows")
    his = await drafted(world, f"summary {incident_id}", by="bob")
    await world.ann.clicks("Post", on=hers)
    first = await world.slack.shows("Summary of", thread=card)
    await world.bob.clicks("Post", on=his)
    await world.slack.until(lambda: "@ann posted a summary of it" in his.shown, "Bob to be told")
    assert summaries(world, card) == [first]
    await world.bob.clicks("Post", on=his)
    await world.slack.until(lambda: len(summaries(world, card)) == 2, "Bob's summary")


async def test_what_a_bot_was_told_to_post_before_it_died_is_posted(world: World) -> None:
    """A claim without a message is taken up by the next bot."""
    card, incident_id, _ = await draft_of(world, "exports stop")
    await world.changes(
        "summaries",
        f"{incident_id}/1",
        {"posted_by": world.ann.id, "posted_at": world.clock() - timedelta(minutes=1), "is_confirmed": False},
    )
    posted = await world.slack.shows("Summary of", "posted by ann", thread=card)
    await world.stored("summaries", ts=posted.ts, is_confirmed=True)


async def test_a_draft_of_an_incident_that_moved_on_is_not_posted_unseen(world: World) -> None:
    """The first press shows the draft again with a warning; the second posts it as it is."""
    card, incident_id, draft = await draft_of(world, "images are broken")
    await answer(world.slack, world.ann, "/incident", f"resolve {incident_id} restarted")
    await world.ann.clicks("Post", on=draft)
    await world.slack.until(lambda: "has moved on since this was drafted" in draft.shown, "a warning")
    assert "it is resolved now" in draft.shown
    assert summaries(world, card) == []
    await world.ann.clicks("Post", on=draft)
    await world.slack.shows("Summary of", "Not over after", thread=card)


async def test_what_slack_refuses_is_told_and_not_tried_for_ever(world: World) -> None:
    """The person hears it; nothing goes on trying."""
    _, incident_id, draft = await draft_of(world, "clocks drift")
    world.slack.faults.add("error", "chat.postMessage", value="restricted_action")
    await world.ann.clicks("Post", on=draft)
    await world.ann.sees("Slack does not take the message: restricted_action.")
    await world.stored("summaries", incident_id=incident_id, is_confirmed=True, ts="")


async def test_a_draft_is_posted_and_edited_in_the_ops_channel_only(world: World) -> None:
    """Elsewhere one may ask, and the buttons lead to the ops channel."""
    card, incident_id = await opened(world, "open sev2 reports are empty", "reports are empty")
    draft = await answer(world.slack, world.ann, "/incident", f"summary {incident_id}", channel="#random")
    assert draft.shown.startswith("Draft, not posted yet")
    for button in ("Post", "Edit"):
        world.slack.workspace.ephemerals[:] = [draft.raw]
        await world.ann.clicks(button, on=draft)
        await world.ann.sees("Nothing was changed: changes are made in #ops-shared")
    assert summaries(world, card) == []


async def test_what_is_posted_stays_and_its_draft_gives_way_to_the_news(world: World) -> None:
    """A draft has an end thirty days from now; one that is posted has none, and no button left to press."""
    _, incident_id, draft = await draft_of(world, "DNS is wrong")
    await drafted(world, f"summary {incident_id}")
    kept = await world.document("summaries", f"{incident_id}/2")
    assert kept["expires_at"] - kept["drafted_at"] == timedelta(days=30)
    await world.ann.clicks("Post", on=draft)
    await world.slack.until(lambda: "is posted in its thread" in draft.shown, "the draft to give way")
    assert draft.shown.startswith(f"The summary of {incident_id}")
    assert draft.buttons == []
    (posted,) = await world.stored("summaries", incident_id=incident_id, is_confirmed=True)
    assert "expires_at" not in posted


async def test_a_draft_that_expired_says_so(world: World) -> None:
    """Its buttons change nothing."""
    card, incident_id, draft = await draft_of(world, "backups fail")
    await world.removes("summaries", f"{incident_id}/1")
    for button in ("Post", "Edit"):
        await world.ann.clicks(button, on=draft)
        await world.ann.sees("This draft is not kept any more.", "Ask for another one")
        world.slack.workspace.ephemerals[:] = [draft.raw]
    assert summaries(world, card) == []


# Editing


async def test_an_edited_draft_is_posted_with_the_edits(world: World, llm: Llm) -> None:
    """*Edit* shows the prose, sending it shows the draft anew in its place, *Post* posts that."""
    card, incident_id = await opened(world, "open sev2 tickets vanish", "tickets vanish")
    llm.replies.append(saying())
    draft = await drafted(world, f"summary {incident_id}")
    await world.ann.clicks("Edit", on=draft)
    form = await world.ann.sees("Edit the summary", "What happened", "Open questions, one a line")
    assert form == world.ann.modal
    await world.ann.submits(
        {
            "What happened": "The cache & <the db> ran full, @channel. See https://wiki.example/1",
            "What helped": None,
            "Open questions, one a line": "• Why?\n\nWho pays?",
        }
    )
    await world.slack.until(lambda: "The cache & <the db> ran full" in draft.shown, "the edited draft")
    assert "Edited by @ann" in draft.shown
    assert "• Why?\n• Who pays?" in draft.shown
    assert "Orders failed." in draft.shown
    assert "What helped" not in draft.shown
    assert draft.buttons == ["Post", "Edit"]
    await world.ann.clicks("Post", on=draft)
    posted = await world.slack.shows("ran full, channel. See https://wiki.example/1", "Who pays?", thread=card)
    assert "Drafted by the LLM qwen, edited by ann, posted by ann." in posted.shown
    assert summaries(world, card) == [posted]
    assert posted.metadata is not None
    assert posted.metadata["event_payload"]["key"] == f"{incident_id}/summary/2"


async def test_a_form_without_a_beginning_or_with_too_many_questions_says_so(world: World) -> None:
    """What is wrong stands in the form, which stays open."""
    *_, draft = await draft_of(world, "streams stutter")
    await world.ann.clicks("Edit", on=draft)
    await world.ann.sees("Edit the summary")
    await world.ann.submits({"What happened": "  ", "Open questions, one a line": "why?\n" * 9})
    assert world.ann.modal is not None
    assert world.ann.modal.errors == {
        "what_happened": "Say in a few words what happened.",
        "open_questions": "These are 9 questions; 8 is the most.",
    }
    await world.ann.submits({"What happened": "x", "Open questions, one a line": "w" * 201})
    assert world.ann.modal.errors == {"open_questions": "A question has 200 characters at most."}
    await world.ann.closes()


async def test_an_edit_that_took_longer_than_slack_allows_comes_as_a_new_message(world: World) -> None:
    """After half an hour the draft cannot be replaced: nothing that was written is lost."""
    *_, draft = await draft_of(world, "invoices double")
    await world.ann.clicks("Edit", on=draft)
    await world.ann.sees("Edit the summary")
    world.slack.hooks.forget()
    with world.slack.expects("no_service"):
        await world.ann.submits({"What happened": "Long thought about."})
        edited = await world.ann.sees("Draft, not posted yet", "Long thought about.")
    assert edited != draft


async def test_what_a_dead_bot_left_of_an_incident_that_is_gone_is_given_up(world: World) -> None:
    """Nothing to post it to: it is not tried for ever, and holds up nothing else."""
    card, incident_id, _ = await draft_of(world, "old labels print")
    left = {"posted_by": world.ann.id, "is_confirmed": False, "posted_at": world.clock() - timedelta(minutes=1)}
    gone = {"_id": "INC-20200101-GONE/1", "incident_id": "INC-20200101-GONE"}
    await world.puts("summaries", {**await world.document("summaries", f"{incident_id}/1"), **left, **gone})
    await world.changes("summaries", f"{incident_id}/1", left)
    await world.slack.shows("Summary of", "posted by ann", thread=card)
    await world.stored("summaries", 2, is_confirmed=True, posted_by=world.ann.id, posted_at=left["posted_at"])
    assert len(summaries(world, card)) == 1


async def test_after_a_restart_the_buttons_still_work(mongod: Mongod, services: Services) -> None:
    """A draft is in MongoDB: another bot posts it, and edits it."""
    async with shared_world(mongod, {"LLM_URL": services.url("llm")}) as world:
        card, _, draft = await draft_of(world, "checkout is down")
        other = await drafted(world, by="bob")
        await world.stops()
        await world.starts()
        await world.ann.clicks("Post", on=draft)
        await world.slack.shows("Summary of", "posted by ann", thread=card)
        await world.bob.clicks("Edit", on=other)
        await world.bob.sees("Edit the summary")
