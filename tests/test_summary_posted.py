"""Summaries on their way into the thread: posted once by whoever presses first, edited before, kept for later."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.llm import Llm
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer
from tests.test_incident import opened
from tests.test_summary import drafted, saying, summaries
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """A world whose bot asks the stand-in of the LLM server."""
    async with World(slack, mongod.url(), {"LLM_URL": services.url("llm")}) as ready:
        yield ready


@pytest.fixture
def llm(services: Services) -> Llm:
    """The stand-in."""
    return services.llm


@pytest.mark.long
async def test_a_summary_is_posted_once_by_whoever_presses_first(world: World) -> None:
    """A double click and two presses at once: one message in the thread, not in the channel; the others are told."""
    card, incident_id = await opened(world)
    draft = await drafted(world)
    await asyncio.gather(*(world.ann.clicks("Post", on=draft) for _ in range(3)))
    posted = await world.slack.shows("Summary of", thread=card)
    assert "Drafted by the LLM qwen, not edited, posted by ann. As of 2026-11-25 12:00 UTC" in posted.shown
    await world.ann.sees("This summary of", "was posted on 2026-11-25 12:00 UTC", "by @ann", "It was not posted again.")
    await world.slack.settled(0.3)
    assert summaries(world, card) == [posted]
    assert [post for post in world.slack.channel().messages if "Summary of" in post.shown] == []
    assert posted.metadata is not None
    assert posted.metadata["event_payload"]["key"] == f"{incident_id}/summary/1"
    (entry,) = await world.documents("audit", act="post summary")
    assert (entry["who"], entry["subject"]) == (world.ann.id, f"{incident_id}/1")


async def test_the_draft_gives_way_to_the_news_that_it_is_posted(world: World) -> None:
    """The private draft is replaced, so that there is no button left to press."""
    _, incident_id = await opened(world)
    draft = await drafted(world)
    await world.ann.clicks("Post", on=draft)
    await world.slack.until(lambda: "is posted in its thread" in draft.shown, "the draft to give way")
    assert draft.shown.startswith(f"The summary of {incident_id}")
    assert draft.buttons == []


@pytest.mark.long
async def test_the_second_of_two_people_is_told_who_posted_it(world: World) -> None:
    """The same draft pressed by Ann and, from a screen of his own, by Bob."""
    card, _ = await opened(world)
    draft = await drafted(world)
    theirs = replace(draft.raw, ephemeral_to=world.bob.id)
    world.slack.workspace.ephemerals.append(theirs)
    await asyncio.gather(
        world.ann.clicks("Post", on=draft), world.bob.clicks("Post", on=Post(world.slack.workspace, theirs))
    )
    posted = await world.slack.shows("Summary of", thread=card)
    first, second = (world.ann, world.bob) if "posted by ann" in posted.shown else (world.bob, world.ann)
    await second.sees("was posted on 2026-11-25 12:00 UTC", f"by @{first.name}")
    await world.slack.settled(0.3)
    assert summaries(world, card) == [posted]


async def test_what_was_deleted_since_the_draft_is_not_posted(world: World, llm: Llm) -> None:
    """A key event loses its text; prose that a model wrote of it has to be read over, or drafted anew."""
    card, _ = await opened(world)
    said = await world.bob.writes("the password is hunter2", thread=card)
    await world.bob.writes("", thread=card, files=("queue.png",))
    for entry in await world.stored("timeline", 2, kind="message"):
        await world.bob.reacts("pushpin", entry["ts"])
    await world.stored("timeline", 2, pinned_by=[world.bob.id])
    llm.replies.append(saying(impact="The password is hunter2."))
    draft = await drafted(world)
    assert "bob wrote: the password is hunter2" in draft.shown
    assert "bob wrote: queue.png" in draft.shown
    await world.bob.deletes(said)
    await world.stored("timeline", deleted_at={"$ne": None})
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
    card, _ = await opened(world)
    await world.ann.clicks("Post", on=await drafted(world))
    first = await world.slack.shows("Summary of", thread=card)
    await world.stored("summaries", is_confirmed=True)
    llm.replies.append(saying())
    draft = await drafted(world, by="bob")
    assert "@ann posted a summary of it" in draft.shown
    await world.bob.clicks("Post", on=draft)
    second = await world.slack.shows("Summary of", "The cache ran full", thread=card)
    assert summaries(world, card) == [first, second]
    assert not first.edited


@pytest.mark.long
async def test_of_two_who_drafted_at_once_the_second_hears_of_the_first(world: World) -> None:
    """Bob drafted before Ann posted hers: his first press shows that one is there, the second posts his below it."""
    card, _ = await opened(world)
    hers, his = await drafted(world), await drafted(world, by="bob")
    await world.ann.clicks("Post", on=hers)
    first = await world.slack.shows("Summary of", thread=card)
    await world.bob.clicks("Post", on=his)
    await world.slack.until(lambda: "@ann posted a summary of it" in his.shown, "Bob to be told")
    await world.slack.settled(0.3)
    assert summaries(world, card) == [first]
    await world.bob.clicks("Post", on=his)
    await world.slack.until(lambda: len(summaries(world, card)) == 2, "Bob's summary")


async def test_after_a_restart_the_buttons_still_work(world: World) -> None:
    """A draft is in MongoDB: another bot posts it, and edits it."""
    card, _ = await opened(world)
    draft, other = await drafted(world), await drafted(world, by="bob")
    await world.stops()
    await world.starts()
    await world.ann.clicks("Post", on=draft)
    await world.slack.shows("Summary of", "posted by ann", thread=card)
    await world.bob.clicks("Edit", on=other)
    await world.bob.sees("Edit the summary")


async def test_what_a_bot_was_told_to_post_before_it_died_is_posted(world: World) -> None:
    """A claim without a message is taken up by the next bot."""
    card, incident_id = await opened(world)
    await drafted(world)
    await world.changes(
        "summaries",
        f"{incident_id}/1",
        {"posted_by": world.ann.id, "posted_at": world.clock() - timedelta(minutes=1), "is_confirmed": False},
    )
    posted = await world.slack.shows("Summary of", "posted by ann", thread=card)
    await world.stored("summaries", ts=posted.ts, is_confirmed=True)


async def test_a_draft_of_an_incident_that_moved_on_is_not_posted_unseen(world: World) -> None:
    """The first press shows the draft again with a warning; the second posts it as it is."""
    card, _ = await opened(world)
    draft = await drafted(world)
    await answer(world.slack, world.ann, "/incident", "resolve restarted")
    await world.ann.clicks("Post", on=draft)
    await world.slack.until(lambda: "has moved on since this was drafted" in draft.shown, "a warning")
    assert "it is resolved now" in draft.shown
    assert summaries(world, card) == []
    await world.ann.clicks("Post", on=draft)
    await world.slack.shows("Summary of", "Not over after", thread=card)


async def test_what_slack_refuses_is_told_and_not_tried_for_ever(world: World) -> None:
    """The person hears it; nothing goes on trying."""
    await opened(world)
    draft = await drafted(world)
    world.slack.faults.add("error", "chat.postMessage", value="restricted_action")
    await world.ann.clicks("Post", on=draft)
    await world.ann.sees("Slack does not take the message: restricted_action.")
    await world.stored("summaries", is_confirmed=True, ts="")


async def test_a_draft_is_posted_and_edited_in_the_ops_channel_only(world: World) -> None:
    """Elsewhere one may ask, and the buttons lead to the ops channel."""
    card, incident_id = await opened(world)
    draft = await answer(world.slack, world.ann, "/incident", f"summary {incident_id}", channel="#random")
    assert draft.shown.startswith("Draft, not posted yet")
    for button in ("Post", "Edit"):
        world.slack.workspace.ephemerals[:] = [draft.raw]
        await world.ann.clicks(button, on=draft)
        await world.ann.sees("Nothing was changed: changes are made in #ops-shared")
    assert summaries(world, card) == []


async def test_drafts_expire_and_posted_summaries_stay(world: World) -> None:
    """A draft has an end thirty days from now; one that is posted has none."""
    _, incident_id = await opened(world)
    draft = await drafted(world)
    await drafted(world)
    kept = await world.document("summaries", f"{incident_id}/2")
    assert kept["expires_at"] - kept["drafted_at"] == timedelta(days=30)
    await world.ann.clicks("Post", on=draft)
    (posted,) = await world.stored("summaries", is_confirmed=True)
    assert "expires_at" not in posted


async def test_a_draft_that_expired_says_so(world: World) -> None:
    """Its buttons change nothing."""
    card, _ = await opened(world)
    draft = await drafted(world)
    await world.drops("summaries")
    for button in ("Post", "Edit"):
        await world.ann.clicks(button, on=draft)
        await world.ann.sees("This draft is not kept any more.", "Ask for another one")
        world.slack.workspace.ephemerals[:] = [draft.raw]
    assert summaries(world, card) == []


# Editing


async def test_an_edited_draft_is_posted_with_the_edits(world: World, llm: Llm) -> None:
    """*Edit* shows the prose, sending it shows the draft anew in its place, *Post* posts that."""
    card, incident_id = await opened(world)
    llm.replies.append(saying())
    draft = await drafted(world)
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
    await opened(world)
    draft = await drafted(world)
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


async def test_an_edit_that_took_longer_than_slack_allows_comes_as_a_new_message(world: World) -> None:
    """After half an hour the draft cannot be replaced: nothing that was written is lost."""
    await opened(world)
    draft = await drafted(world)
    await world.ann.clicks("Edit", on=draft)
    await world.ann.sees("Edit the summary")
    world.slack.hooks.forget()
    with world.slack.expects("no_service"):
        await world.ann.submits({"What happened": "Long thought about."})
        edited = await world.ann.sees("Draft, not posted yet", "Long thought about.")
    assert edited != draft


async def test_what_a_dead_bot_left_of_an_incident_that_is_gone_is_given_up(world: World) -> None:
    """Nothing to post it to: it is not tried for ever, and holds up nothing else."""
    card, incident_id = await opened(world)
    await drafted(world)
    left = {"posted_by": world.ann.id, "is_confirmed": False, "posted_at": world.clock() - timedelta(minutes=1)}
    gone = {"_id": "INC-20200101-GONE/1", "incident_id": "INC-20200101-GONE"}
    await world.puts("summaries", {**await world.document("summaries", f"{incident_id}/1"), **left, **gone})
    await world.changes("summaries", f"{incident_id}/1", left)
    await world.slack.shows("Summary of", "posted by ann", thread=card)
    await world.stored("summaries", 2, is_confirmed=True)
    assert len(summaries(world, card)) == 1
