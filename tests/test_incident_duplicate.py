"""Two incidents about the same: one is closed by words, and each leads to the other."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.commands.incident import parse
from bot.commands.incident_steps import Duplicate
from bot.errors import WordError
from sandbox.mongo import Mongod
from tests.asking import answer, answer_to_mention, shared_world
from tests.test_incident import opened
from tests.test_incident_life import shows
from tests.world import World

by_module = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """A workspace where Ann opens incidents."""
    async with shared_world(mongod) as ready:
        yield ready


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("duplicate 7kq4 of 2M9X", Duplicate("2M9X", "7KQ4")),
        ("duplicate of inc-20261123-7kq4", Duplicate("INC-20261123-7KQ4")),
    ],
)
def test_words_for_a_duplicate(words: str, wanted: Duplicate) -> None:
    """What stands before `of` is closed; without it the thread's incident."""
    assert parse(words) == wanted


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("duplicate", "A duplicate of which one?"),
        ("duplicate 7KQ4 of", "A duplicate of which one?"),
        ("duplicate 7KQ4", "Did you mean `duplicate of 7KQ4`?"),
        ("duplicate 7KQ4 2M9X", "Did you mean `duplicate 7KQ4 of 2M9X`?"),
        ("duplicate of the other", "Write `duplicate of 7KQ4` or `duplicate 2M9X of 7KQ4`."),
        ("duplicate of uuuu", "is not an incident's ID"),
        ("duplicate 7KQ4 of 2M9X please", "please"),
        ("close 2M9X as a duplicate of 7KQ4", "Write `duplicate of 7KQ4` or `duplicate 2M9X of 7KQ4`."),
    ],
)
def test_which_of_the_two_is_closed_is_not_guessed(words: str, said: str) -> None:
    """Nothing is closed where the words do not say which."""
    with pytest.raises(WordError) as error:
        parse(words)
    assert said in f"{error.value.problem} {error.value.remedy}"


@by_module
async def test_a_duplicate_is_closed_by_command_and_leads_to_the_other(world: World) -> None:
    """Card, thread, answer and `show` link the original's card, and the original's thread the duplicate's."""
    first, one = await opened(world, "open sev2 the cache is cold", "the cache is cold")
    second, other = await opened(world, "open sev2 mail is late", "mail is late")
    told = await answer(world.slack, world.ann, "/incident", f"duplicate {other[-4:]} of {one[-4:]}")
    assert f"{other} is closed as a duplicate of {one}." in told.shown
    await shows(world, second, "closed", f"a duplicate of *{one}*")
    stored = await world.document("incidents", other)
    assert (stored["status"], stored["duplicate_of"]) == ("closed", one)
    here = await world.slack.shows("closed it as a duplicate of", thread=second)
    there = await world.slack.shows("was closed as a duplicate", "mail is late", thread=first)
    shown = await answer(world.slack, world.bob, "/incident", f"show {other}")
    assert shown.shown.count(one) == 2  # once above, once in the timeline
    for post, to, target in (
        (told, one, first),
        (second, one, first),
        (here, one, first),
        (there, other, second),
        (shown, one, first),
    ):
        link = f"/p{target.ts.replace('.', '')}"
        assert any(link in part and f"|{to}>" in part for part in str(post.blocks or post.text).split("<")), post.raw


@by_module
async def test_one_that_is_no_duplicate_after_all_is_told_in_both_threads(world: World) -> None:
    """It is open again, and whoever follows the original hears of it there, with the way to the other."""
    first, one = await opened(world, "open sev2 the queue grows", "the queue grows")
    second, other = await opened(world, "open sev2 orders are lost", "orders are lost")
    await answer(world.slack, world.ann, "/incident", f"duplicate {other[-4:]} of {one[-4:]}")
    await answer(world.slack, world.ann, "/incident", f"reopen {other} another cause")
    await world.slack.shows("reopened it: another cause", thread=second)
    told = await world.slack.shows(f"{other} (“orders are lost”) is open again: it is no duplicate.", thread=first)
    assert f"/p{second.ts.replace('.', '')}" in str(told.blocks or told.text)
    await shows(world, second, "*investigating*")


@by_module
async def test_a_duplicate_is_closed_by_a_mention_in_its_thread(world: World) -> None:
    """Both are named by the thread and the words; an incident is no duplicate of itself; who has no part is refused."""
    _, one = await opened(world, "open sev2 the disk is full", "the disk is full")
    second, other = await opened(world, "open sev2 logins fail", "logins fail")
    told = await answer_to_mention(world.slack, world.ann, f"duplicate of {other[-4:]}", thread=second)
    assert "no duplicate of itself" in told.shown
    told = await answer_to_mention(world.slack, world.bob, f"duplicate of {one[-4:]}", thread=second)
    assert "Who may: @ann" in told.shown
    told = await answer_to_mention(world.slack, world.ann, f"duplicate of {one[-4:]}", thread=second)
    assert f"a duplicate of {one}" in told.shown
    await world.stored("incidents", _id=other, duplicate_of=one)
    told = await answer(world.slack, world.ann, "/incident", f"duplicate {one[-4:]} of {other[-4:]}")
    assert f"{other} was closed as a duplicate of this one, by @ann." in told.shown


@by_module
async def test_each_of_two_that_are_opened_at_once_is_told_the_truth(world: World) -> None:
    """Ann's card is held up by Slack, so that both know of each other; neither is told that the other was before it."""
    before = len(world.slack.calls_of("chat.postMessage"))
    world.slack.faults.add("rate_limited", "chat.postMessage", value=1.0)
    await world.ann.says("/incident", "open sev3 lift is stuck")
    await world.slack.until(lambda: len(world.slack.calls_of("chat.postMessage")) > before, "Ann's card under way")
    await world.bob.says("/incident", "open sev3 lift stuck again")
    await world.ann.sees("Is it the same as this one, which is open already?")
    await world.bob.sees("Is it the same as this one, which is open already?")
    told = await answer(world.slack, world.slack.person("cyd"), "/incident", "open sev3 lift is stuck once more")
    assert "Is it the same as one of these, which are open already?" in told.shown
