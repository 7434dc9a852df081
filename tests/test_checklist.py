"""The checklist of a window as people work through it: one message in the channel, ticked by many hands."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, answer_to_mention, strict
from tests.screen import Screen
from tests.ticking import WINDOW, forgets, started, thursday
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANNOUNCE, SNAPSHOT, ROLLBACK = "1. Announce the window", "2. Snapshot configs", "3. Verify the rollback plan"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for these tests."""
    async with thursday(mongod) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World) -> World:
    """The shared world, in which nobody has started a checklist yet."""
    return await forgets(shared)


@pytest_asyncio.fixture(loop_scope="module")
async def card(world: World) -> Post:
    """The checklist that Ann started for the Saturday ahead."""
    return await started(world)


async def done(world: World) -> list[tuple[int, str]]:
    """The items that MongoDB has as done, with who did them."""
    stored = await world.document("checklists", WINDOW)
    return [(item["number"], item["done_by"]) for item in stored["items"] if item["done_by"]]


async def until_ticked(world: World, card: Post, *texts: str) -> None:
    """Waits until the message shows exactly these boxes as ticked."""
    await world.slack.until(lambda: card.ticked == list(texts), f"{texts} to be ticked")


def checklists(world: World) -> list[Post]:
    return [post for post in world.slack.channel().by_bot if post.shown.startswith("Checklist of")]


# Starting


async def test_starting_posts_four_phases_with_boxes_and_progress(world: World, card: Post) -> None:
    """`/checklist start` posts one message: phases, boxes, how many are done; its key is the window's ID."""
    assert card.shown.startswith(f"Checklist of {WINDOW}: 0 of 12 done")
    for phase in ("Pre-maintenance", "During", "Post-maintenance", "Communication"):
        assert f"*{phase}*: 0 of 3 done" in card.shown
    assert "12. Update the incident tracker" in card.shown
    assert card.ticked == []
    assert card.text == f"The checklist of {WINDOW}: 0 of 12 done."
    assert card.metadata is not None
    assert (card.metadata["event_type"], card.metadata["event_payload"]["key"]) == ("opsbot_checklist", WINDOW)
    stored = await world.document("checklists", WINDOW)
    assert (stored["started_by"], stored["ts"], len(stored["items"])) == (world.ann.id, card.ts, 12)


async def test_starting_again_and_showing_it_lead_to_the_same_message(world: World, card: Post) -> None:
    """A window has one checklist: whoever starts it again gets a link to it. A bare `/checklist` has the link too, and
    shows every item privately, with who did it.
    """
    await answer(world.slack, world.ann, "/checklist", "done 2")
    again = await answer(world.slack, world.bob, "/checklist", "start")
    assert f"The checklist of {WINDOW} was posted before." in again.shown
    seen = await answer(world.slack, world.bob, "/checklist")
    assert f"The checklist of {WINDOW}: 1 of 12 done." in seen.shown
    assert "Open it" in again.shown
    assert "Open it" in seen.shown
    assert "☑ 2. Snapshot configs (done by @ann 2026-11-26 12:00 UTC)" in seen.shown
    assert "☐ 12. Update the incident tracker" in seen.shown
    assert await done(world) == [(2, world.ann.id)]
    assert checklists(world)[-1] == card


async def test_two_who_start_at_once_share_one_message(world: World) -> None:
    """One message, both get its link."""
    before = checklists(world)
    both = (answer(world.slack, who, "/checklist", "start") for who in (world.ann, world.bob))
    told = [one.shown for one in await asyncio.gather(*both)]
    assert all(f"The checklist of {WINDOW}" in one and "Open it" in one for one in told), told
    assert len(checklists(world)) == len(before) + 1
    assert len(await world.documents("checklists")) == 1


async def test_the_checklist_of_a_later_window_is_started_by_its_date(world: World) -> None:
    """`start` takes a window's date or the end of its ID; a day without a window is refused."""
    before = checklists(world)
    await answer(world.slack, world.ann, "/checklist", "start 2026-12-05")
    await world.slack.shows("Checklist of MW-20261205-0200")
    told = await answer(world.slack, world.ann, "/checklist", "start 2026-12-06")
    assert told.shown.startswith("I know no window MW-20261206.\n`/maintenance`")
    assert len(checklists(world)) == len(before) + 1


# Ticking


async def test_a_box_ticks_and_shows_who_and_when_and_is_unticked_by_anybody(world: World, card: Post) -> None:
    """A pressed box stays ticked for everybody, with the person and the time; nobody else is told. Unticking takes the
    tick back, whoever it was, and is in the audit trail.
    """
    heard = world.bob.ephemerals
    outcome = await world.ann.ticks(SNAPSHOT, on=card)
    assert outcome.acked_in is not None
    await until_ticked(world, card, SNAPSHOT)
    assert "1 of 12 done" in card.shown
    assert "2. done by @ann 2026-11-26 12:00 UTC" in card.shown
    assert await done(world) == [(2, world.ann.id)]
    assert checklists(world)[-1] == card
    assert world.bob.ephemerals == heard
    await world.bob.unticks(SNAPSHOT, on=card)
    await until_ticked(world, card)
    assert "done by" not in card.shown
    assert await done(world) == []
    (entry,) = await world.stored("audit", act="untick")
    assert (entry["who"], entry["subject"]) == (world.bob.id, f"{WINDOW}/2")


async def test_words_tick_and_untick(world: World, card: Post) -> None:
    """`done 1,3` ticks both, `undo 3` takes one back; each says what it did, to a mention as well."""
    told = await answer(world.slack, world.ann, "/checklist", "done 1,3")
    assert "Done: 1. Announce the window, 3. Verify the rollback plan. 2 of 12 done." in told.shown
    await until_ticked(world, card, ANNOUNCE, ROLLBACK)
    told = await answer(world.slack, world.bob, "/checklist", "undo 3")
    assert "Not done: 3. Verify the rollback plan. 1 of 12 done." in told.shown
    await until_ticked(world, card, ANNOUNCE)
    told = await answer_to_mention(world.slack, world.ann, "done 4")
    assert "Done: 4. Execute the runbook steps." in told.shown
    await until_ticked(world, card, ANNOUNCE, "4. Execute the runbook steps")
    assert checklists(world)[-1] == card


async def test_two_people_who_tick_at_the_same_moment_are_both_kept(world: World, card: Post) -> None:
    """Each payload has the whole phase without the other's tick; both ticks stay."""
    await asyncio.gather(world.ann.ticks(ANNOUNCE, on=card), world.bob.ticks(SNAPSHOT, on=card))
    await until_ticked(world, card, ANNOUNCE, SNAPSHOT)
    assert await done(world) == [(1, world.ann.id), (2, world.bob.id)]


async def test_a_tick_on_an_old_screen_does_not_undo_what_others_did(world: World, card: Post) -> None:
    """A phone that shows the list of an hour ago ticks and unticks its own item, and nothing else."""
    await world.ann.ticks(ROLLBACK, on=card)
    await until_ticked(world, card, ROLLBACK)
    phone = Screen(world.slack, world.slack.person("cyd"), card)
    await world.bob.ticks(ANNOUNCE, on=card)
    await until_ticked(world, card, ANNOUNCE, ROLLBACK)
    await world.ann.unticks(ROLLBACK, on=card)
    await until_ticked(world, card, ANNOUNCE)
    await phone.presses("2")
    await until_ticked(world, card, ANNOUNCE, SNAPSHOT)
    await phone.presses("2")
    await until_ticked(world, card, ANNOUNCE)
    assert await done(world) == [(1, world.bob.id)]


async def test_of_two_who_tick_the_same_item_the_second_is_told(world: World, card: Post) -> None:
    """One effect, with the name of whoever was first; the other hears that name."""
    before = {one.name: len(one.ephemerals) for one in (world.ann, world.bob)}
    await asyncio.gather(world.ann.ticks(ANNOUNCE, on=card), world.bob.ticks(ANNOUNCE, on=card))
    told = await world.slack.until(
        lambda: next((p for p in (world.ann, world.bob) if len(p.ephemerals) > before[p.name]), None),
        "one of them to be told",
    )
    first = world.bob if told is world.ann else world.ann
    assert f"“Announce the window” is ticked already, by @{first.name}." in told.ephemerals[-1].shown
    assert await done(world) == [(1, first.id)]
    await until_ticked(world, card, ANNOUNCE)


async def test_a_quick_tick_and_untick_ends_unticked(world: World, card: Post) -> None:
    """A person who takes a tick back before the message shows it has taken it back."""
    world.slack.faults.add("latency", "chat.update", count=1, value=0.3)
    await world.ann.ticks(ANNOUNCE, on=card)
    await world.ann.unticks(ANNOUNCE, on=card)
    await world.stored("audit", act="untick")
    await world.slack.until(lambda: card.edited and "0 of 12 done" in card.shown, "the message to be as before")
    assert await done(world) == []
    assert card.ticked == []


async def test_presses_on_an_old_screen_count_one_by_one(world: World, card: Post) -> None:
    """Tick, tick, untick and tick again on a screen that shows none of it: the last state is what counts."""
    screen = Screen(world.slack, world.ann, card)
    for number in ("1", "2", "1", "3", "3"):
        await screen.presses(number)
    await world.stored("audit", 2, act="untick")
    assert await done(world) == [(2, world.ann.id)]
    await screen.presses("1")
    await until_ticked(world, card, ANNOUNCE, SNAPSHOT)


async def test_a_tick_that_is_taken_back_and_given_again_stays(world: World, card: Post) -> None:
    """Untick and tick on a screen that shows the tick all the while: it is ticked."""
    await world.bob.ticks(ANNOUNCE, on=card)
    await until_ticked(world, card, ANNOUNCE)
    screen = Screen(world.slack, world.ann, card)
    await screen.presses("1")
    await world.stored("audit", act="untick")
    await screen.presses("1")
    await world.stored("checklists", items={"$elemMatch": {"number": 1, "done_by": world.ann.id}})
    await until_ticked(world, card, ANNOUNCE)


async def test_a_box_works_after_a_restart_of_the_bot(mongod: Mongod) -> None:
    """The message carries all that the next bot needs."""
    async with strict() as slack, World(slack, mongod.url()) as world:
        world.clock.set("2026-11-26 12:00:00")
        card = await started(world)
        await world.ann.ticks(ANNOUNCE, on=card)
        await until_ticked(world, card, ANNOUNCE)
        await world.stops()
        await world.starts()
        await world.bob.ticks(SNAPSHOT, on=card)
        await until_ticked(world, card, ANNOUNCE, SNAPSHOT)
        await world.bob.unticks(ANNOUNCE, on=card)
        await until_ticked(world, card, SNAPSHOT)
        assert (slack.refusals, slack.pages) == ([], [])


# Words


async def test_an_item_that_is_done_is_not_done_twice(world: World, card: Post) -> None:
    """`done` of a ticked item says who ticked it; `undo` of an open one says that it is open."""
    assert "Done: 5." in (await answer(world.slack, world.ann, "/checklist", "done 5")).shown
    for words, told in (
        ("done 5", "5. “Log deviations” is ticked already, by @ann."),
        ("undo 6", "6. “Monitor the dashboards” is not ticked."),
    ):
        refusal = (await answer(world.slack, world.bob, "/checklist", words)).shown
        assert told in refusal
        assert "Nothing was changed." in refusal
    assert await done(world) == [(5, world.ann.id)]
    assert await world.documents("audit", act="untick") == []


async def test_what_is_not_on_the_list_changes_nothing(world: World, card: Post) -> None:
    """A number outside the list, a word instead of one, or nothing: a private answer, and all stays as it was."""
    before = await world.document("checklists", WINDOW)
    for words, told in (
        ("done 13", "“13” is out of range.\n> done *13*\nWrite a number from 1 to 12."),
        ("done 0", "“0” is out of range.\n> done *0*\nWrite a number from 1 to 12."),
        ("done 1,99", "“99” is out of range."),
        ("undo two", "“two” is not an item's number.\n> undo *two*"),
        ("done", "Which item?\nWrite its number, like `done 3` or `done 1,2`."),
        ("note", "The note is empty."),
        ("note \u200b", "The note is empty."),
        ("don 1", "`/checklist` does not know “don”.\n> *don* 1\nDid you mean `/checklist done`?"),
    ):
        assert told in (await answer(world.slack, world.ann, "/checklist", words)).shown
    assert await world.document("checklists", WINDOW) == before
    assert not card.edited


async def test_notes_are_on_the_checklist(world: World, card: Post) -> None:
    """`note` adds a line with who and when; mentions in it call nobody again."""
    told = await answer(world.slack, world.bob, "/checklist", "note Loki restarted twice, @ann looks at it")
    assert f"Noted in the checklist of {WINDOW}." in told.shown
    await world.slack.until(
        lambda: "2026-11-26 12:00 UTC @bob:\nLoki restarted twice, @ann looks at it" in card.shown, "the note"
    )
    stored = await world.document("checklists", WINDOW)
    assert [(note["who"], note["text"]) for note in stored["notes"]] == [
        (world.bob.id, "Loki restarted twice, @ann looks at it")
    ]
    assert world.ann.id not in str(card.blocks)


async def test_before_the_start_show_says_how_to_start(world: World) -> None:
    """Without a checklist there is nothing to show or tick: the answer names the command that posts it."""
    for words in ("", "show", "done 1", "undo 1", "note hello"):
        told = await answer(world.slack, world.ann, "/checklist", words)
        assert told.shown.split() == f"{WINDOW} has no checklist yet. `/checklist start` posts it.".split()
    assert await world.documents("checklists") == []


async def test_elsewhere_it_is_shown_but_not_changed(world: World, card: Post) -> None:
    """In another channel the questions are answered; changes are refused with a pointer to the ops channel."""
    for words in ("start", "done 1", "undo 1", "note hello"):
        told = await answer(world.slack, world.ann, "/checklist", words, channel="#random")
        assert told.shown.startswith("Nothing was changed: changes are made in #ops-shared")
    told = await answer(world.slack, world.ann, "/checklist", "show", channel="#random")
    assert told.text == f"The checklist of {WINDOW}: 0 of 12 done."
    assert world.slack.channel("#random").by_bot == []
    assert await done(world) == []
