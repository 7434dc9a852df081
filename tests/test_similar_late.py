"""Incidents about the same that were opened where no bot could know of the other: MongoDB was away."""

from collections.abc import AsyncIterator

import pytest

from sandbox.sight import Post
from sandbox.slack import Slack
from tests.asking import answer
from tests.line import Line
from tests.test_incident_life import shows
from tests.test_once import cards
from tests.world import World

pytestmark = pytest.mark.long

ASKED = "is it the same as this one, which was opened before?"


@pytest.fixture
async def world(slack: Slack, line: Line) -> AsyncIterator[World]:
    """A world whose MongoDB can be taken away."""
    async with World(slack, line.url()) as ready:
        yield ready
        line.mend()


def asked(world: World, card: Post) -> list[Post]:
    """The questions in a thread."""
    return [post for post in world.slack.thread(card).replies if ASKED in post.shown]


async def test_the_same_words_through_two_bots_are_asked_about_once_both_are_known(world: World, line: Line) -> None:
    """In the thread of the later one, once, by two bots that put both back at once; its button closes the later one."""
    line.cut()
    await world.ann.says("/incident", "open sev2 checkout is down")
    first = await world.slack.shows("checkout is down", "Not yet saved")
    await world.stops()
    world.clock.forward(seconds=5)
    await world.starts()
    await world.starts()
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    one, other = cards(world.slack)
    second = next(post for post in world.slack.channel().messages if post.ts != first.ts and other in post.shown)
    line.mend()
    await world.stored("incidents", 2)
    told = await world.slack.shows("@ann", ASKED, one, "by @ann", thread=second)
    await world.stored("outbox", state="posted", key={"$regex": "same-as"})
    await world.rests()
    assert (len(asked(world, first)), len(asked(world, second))) == (0, 1)
    await world.ann.clicks(f"Duplicate of {one[-4:]}", told)
    await shows(world, second, "closed", f"a duplicate of *{one}*")


async def test_a_similar_one_that_mongodb_knew_is_asked_about_when_it_is_back(world: World, line: Line) -> None:
    """Bob's words are others, and about the same; what is about something else is not asked about."""
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    (one,) = cards(world.slack)
    line.cut()
    await answer(world.slack, world.bob, "/incident", "open sev2 checkout gives 500s")
    await answer(world.slack, world.bob, "/incident", "open sev2 mail is late")
    similar = await world.slack.shows("checkout gives 500s", "Not yet saved")
    another = await world.slack.shows("mail is late", "Not yet saved")
    line.mend()
    await world.slack.shows("@bob", ASKED, one, "by @ann", thread=similar)
    await world.stored("incidents", 3)
    await world.slack.until(lambda: "Not yet saved" not in another.shown, "the card to be plain")
    assert asked(world, another) == []
