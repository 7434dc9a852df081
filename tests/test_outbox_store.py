"""Letters as MongoDB keeps them: who holds one, what it wants and what it shows; on a real mongod, without Slack."""

from dataclasses import replace

from bot.domain.outbox import Content, Letter
from tests.test_delivery import letter
from tests.world import World

TS = "1764000000.000100"


def content(revision: int) -> Content:
    """What the letter says as of a revision."""
    return Content({"text": f"revision {revision}"}, {}, revision)


async def held(world: World) -> Letter:
    """A new letter, claimed by "one"."""
    added = await world.store().outbox.add(letter(world), "one")
    assert added is not None
    return added


async def test_a_letter_is_held_by_one(world: World) -> None:
    """Neither adding it again nor claiming it takes it from whoever works on it."""
    outbox, mine = world.store().outbox, await held(world)
    assert await outbox.add(letter(world), "two") is None
    assert await outbox.claim(mine.id, "two") is None
    assert await outbox.posting(mine)


async def test_what_is_wanted_meanwhile_is_not_taken_for_shown(world: World) -> None:
    """It was posted as it was; the newer content is still to be shown, and anybody may."""
    outbox, mine = world.store().outbox, await held(world)
    assert await outbox.want(mine.id, content(2))
    assert await outbox.posted(mine, TS, mine.content.revision)
    known = await outbox.claim(mine.id, "two")
    assert known is not None
    assert (known.ts, known.shown, known.content.revision) == (TS, 1, 2)


async def test_an_older_content_replaces_no_newer_one(world: World) -> None:
    """Of two bots that know different things the one that knows more is right, in whatever order they write."""
    outbox, mine = world.store().outbox, await held(world)
    assert await outbox.want(mine.id, content(3))
    assert not await outbox.want(mine.id, content(2))
    assert not await outbox.want(mine.id, content(3))
    known = await outbox.find(mine.id)
    assert known is not None
    assert known.content == content(3)


async def test_what_is_found_in_the_channel_is_nobody_s_to_post(world: World) -> None:
    """Whoever holds it loses it, and what is known of it stays as new as it was."""
    outbox, mine = world.store().outbox, await held(world)
    await outbox.record(replace(mine, content=content(2), shown=2), TS)
    assert not await outbox.posting(mine)
    known = await outbox.find(mine.id)
    assert known is not None
    assert (known.ts, known.content.revision) == (TS, 2)


async def test_who_edits_a_message_that_is_gone_confirms_nothing(world: World) -> None:
    """It is to be posted anew; the edit of the old one, which ends only now, does not make it shown."""
    outbox, mine = world.store().outbox, await held(world)
    await outbox.posted(mine, TS, 1)
    await outbox.want(mine.id, content(2))
    editing = await outbox.claim(mine.id, "two")
    assert editing is not None
    await outbox.unpost(mine.id, TS)
    assert not await outbox.posted(editing, TS, 2)
    known = await outbox.find(mine.id)
    assert known is not None
    assert (known.ts, known.shown) == (None, 0)
