"""All the ways to open an incident: in other words than somebody else, by form, by mention, from a message."""

from tests.asking import answer
from tests.test_incident import ID, opened
from tests.test_incident_life import shows
from tests.world import World


async def test_similar_words_of_somebody_else_offer_to_be_a_duplicate(world: World) -> None:
    """Bob opens what Ann opened in other words; by the button his is closed and hers hears of it."""
    first, one = await opened(world)
    told = await answer(world.slack, world.bob, "/incident", "open sev3 the checkout is down again")
    found = ID.search(told.shown)
    assert found
    assert f"{one} “checkout is down” by @ann" in told.shown
    second = await world.slack.shows("the checkout is down again", "Opened by")
    await world.bob.clicks(f"Duplicate of {one[-4:]}", told)
    await shows(world, second, "closed", f"a duplicate of *{one}*")
    await world.slack.shows(found[0], "was closed as a duplicate", thread=first)
    stored = await world.document("incidents", found[0])
    assert (stored["status"], stored["duplicate_of"]) == ("closed", one)


async def test_other_words_offer_nothing(world: World) -> None:
    """What shares a word or two with an open incident is another one."""
    await opened(world)
    told = await answer(world.slack, world.bob, "/incident", "open sev3 search is down")
    assert "Duplicate" not in told.shown


async def test_the_form_has_an_owner_and_a_beginning(world: World) -> None:
    """Who owns it and when it began may be said; the card counts from there."""
    await world.ann.says("/incident", "open sev1")
    await world.ann.sees("Who owns it?", "When did it begin?")
    await world.ann.submits({"What is wrong?": "all is down", "Who owns it?": "bob", "When did it begin?": 1795000000})
    card = await world.slack.shows("all is down", "Owner: @bob", "SEV1")
    assert "Began 2026-11-18 " in card.shown


async def test_a_mention_may_leave_out_open_before_a_severity(world: World) -> None:
    """`@Ops Bot incident sev1 …` opens, `/incident sev1` lists."""
    await world.bob.writes("@Ops Bot incident sev1 payments are down")
    card = await world.slack.shows("payments are down", "SEV1")
    assert "Opened by @bob" in card.shown
    told = await answer(world.slack, world.ann, "/incident", "sev1")
    assert "payments are down" in told.shown
    assert len(world.slack.channel().by_bot) == 1


async def test_a_message_becomes_an_incident_that_quotes_it(world: World) -> None:
    """The shortcut opens the form with the first line as the title; the message is linked and the first entry."""
    message = await world.bob.writes("checkout gives 500s\nsince the deploy")
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    await world.ann.submits({"How bad is it?": "SEV2: something important is down"})
    card = await world.slack.shows("checkout gives 500s", "From a message by @bob", "since the deploy", "SEV2")
    found = ID.search(card.shown)
    assert found
    entries = await world.stored("timeline", 2, incident_id=found[0])
    entries.sort(key=lambda entry: str(entry["order"]))
    assert (entries[0]["kind"], entries[0]["ts"], entries[0]["author"]) == ("quoted", message.ts, world.bob.id)
    assert entries[0]["text"] == "checkout gives 500s\nsince the deploy"


async def test_a_message_with_special_characters_is_quoted_as_it_was_typed(world: World) -> None:
    """The title of the form and of the card has no escapes and no tokens."""
    message = await world.bob.writes("a & b <see> https://x.example/?a=1&b=2")
    await world.ann.runs_shortcut("Open an incident", message)
    await world.ann.sees("From a message by @bob")
    await world.ann.submits({})
    card = await world.slack.shows("a & b <see> https://x.example/?a=1&b=2", "Opened by @ann")
    assert "amp;" not in card.shown


async def test_the_bot_owns_nothing_by_the_form_either(world: World) -> None:
    """It is refused, and nothing is opened."""
    await world.ann.says("/incident", "open")
    await world.ann.sees("Who owns it?")
    await world.ann.submits({"What is wrong?": "all is down", "Who owns it?": "U0OPSBOT"})
    await world.ann.sees("A bot cannot do that")
    assert await world.documents("incidents") == []
