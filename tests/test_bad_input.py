"""What people type by mistake or with intent: a clear private answer, nothing changed, nothing posted, nobody paged."""

import pytest

from tests.asking import answer
from tests.test_incident import ID, opened
from tests.world import World

HOSTILE = (
    "<!channel> <!here> <@U0BOB> fire",
    "<https://evil.example|https://bank.example> & co",
    "`code` *bold* _it_ ~no~ ```pre```",
    "🔥🔥🔥",
    "\u202egnp.exe\u202c \u200bzero\u200bwidth",
    '$where {"$gt": ""} it\'s “down”',
)


@pytest.mark.parametrize(
    ("command", "text", "words"),
    [
        ("/health", "promethus", ("prometheus",)),
        ("/checklist", "strat", ("start",)),
        ("/maintenance", "lits", ("list",)),
        ("/incident", "opne sev1 x", ("open",)),
        ("/ops", "whomai", ("whoami",)),
        ("/incident", "open sev2 \u200b\u2060", ("title",)),
        ("/incident", "open sev2 " + "x" * 5000, ("5,000", "150")),
        ("/incident", "show INC-20200101-0000", ("INC-20200101-0000",)),
        ("/incident", "resolve ZZZ9 done", ()),
        ("/checklist", "done 99", ()),
        ("/checklist", "done three", ("three",)),
    ],
)
async def test_a_mistake_is_told_privately_and_changes_nothing(
    world: World, command: str, text: str, words: tuple[str, ...]
) -> None:
    """The answer shows the word that is wrong or suggests the right one; the channel stays empty."""
    told = await answer(world.slack, world.ann, command, text)
    for word in words:
        assert word in told.shown
    assert len(told.shown) < 600
    assert world.slack.channel().messages == []
    assert await world.documents("incidents") == []


@pytest.mark.parametrize("title", HOSTILE)
async def test_hostile_text_is_shown_as_it_was_typed_and_pages_nobody(world: World, title: str) -> None:
    """Whatever stands in a title, a note and a resolution: it is text, in the channel as in MongoDB."""
    await world.ann.says("/incident", f"open sev3 {title}")
    card = await world.slack.shows("Opened by")
    found = ID.search(card.shown)
    assert found
    stored = await world.document("incidents", found[0])
    assert str(stored["title"]) in card.shown
    await world.ann.says("/incident", f"note {title}")
    await world.slack.shows("Note by", thread=card)
    await world.ann.says("/incident", f"resolve {title}")
    told = await world.slack.shows("was resolved by")
    for post in (card, told):
        assert "<!channel>" not in post.raw.text
        assert "<!here>" not in post.raw.text
    assert world.slack.pages == []


async def test_an_ambiguous_ending_lists_the_candidates(world: World) -> None:
    """An ending that fits two incidents is asked about, not guessed."""
    for number in (1, 2):
        document = {"_id": f"INC-2026110{number}-7KQ4", "title": "t", "severity": "sev3", "status": "investigating"}
        people = {"opened_by": "U0ANN", "owner": "U0ANN", "updated_by": "U0ANN", "affected": "", "resolution": ""}
        now = world.clock()
        rest = {"opened_at": now, "updated_at": now, "channel": "C0OPSSHARED", "card_ts": None, "version": 1}
        await world.puts("incidents", {**document, **people, **rest, "same_words": str(number), "untold": []})
    told = await answer(world.slack, world.ann, "/incident", "show 7KQ4")
    assert "INC-20261101-7KQ4" in told.shown
    assert "INC-20261102-7KQ4" in told.shown


@pytest.mark.parametrize(
    ("command", "text"),
    [("/incident", "open sev1 x"), ("/incident", "note y"), ("/checklist", "start"), ("/ops", "role on-call @bob")],
)
async def test_a_change_in_another_channel_is_refused_with_a_pointer(world: World, command: str, text: str) -> None:
    """Outside the ops channel questions are answered and changes are not made."""
    told = await answer(world.slack, world.ann, command, text, channel="#random")
    assert "#ops-shared" in told.shown
    assert "Nothing was changed" in told.shown
    assert await world.documents("incidents") == []
    assert await world.documents("roles") == []


async def test_questions_are_answered_in_any_channel(world: World) -> None:
    """`/maintenance` and `/incident` answer privately wherever they are typed."""
    await opened(world)
    told = await answer(world.slack, world.ann, "/incident", "", channel="#random")
    assert "One incident is open" in told.text
