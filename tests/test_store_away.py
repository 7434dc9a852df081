"""MongoDB away: what goes on all the same, what is refused, and what is put back afterwards."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from bot.store import reach
from handlers import call
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention
from tests.line import Line
from tests.test_incident import ID, opened
from tests.test_once import cards, until_answered
from tests.world import World


@pytest.fixture
async def world(slack: Slack, line: Line) -> AsyncIterator[World]:
    """A world whose MongoDB can be taken away."""
    async with World(slack, line.url()) as ready:
        yield ready
        line.mend()


@pytest.mark.long
async def test_an_incident_opened_without_mongodb_is_in_it_when_it_returns(slack: Slack) -> None:
    """The card goes out at once and says that it is not saved; afterwards the record is there and the card is plain.

    Here MongoDB itself is killed and started again; in what follows the way to it is cut, which is quicker.
    """
    with Mongod(expires=False) as server:
        async with World(slack, server.url(), tuned={"store_patience": 0.7}) as world:
            server.kill()
            answer = await world.ann.says("/incident", "open sev1 all is down")
            assert answer.acked_in is not None  # within Slack's three seconds; MongoDB is given more
            card = await world.slack.shows("all is down", "Not yet saved")
            found = ID.search(card.shown)
            assert found
            await world.ann.sees(found[0], "MongoDB does not answer")
            server.start()
            (stored,) = await world.stored("incidents", _id=found[0])
            assert (stored["title"], stored["opened_by"], stored["card_ts"]) == ("all is down", world.ann.id, card.ts)
            await world.slack.until(lambda: "Not yet saved" not in card.shown, "the card to be plain")
            await world.stored("timeline", incident_id=found[0], kind="opened")
            assert cards(world.slack) == [found[0]]


async def test_a_mongodb_whose_name_does_not_resolve_is_away(slack: Slack, mongod: Mongod) -> None:
    """With mongodb+srv:// the hosts come from DNS: where that has none, the bot starts and works as without MongoDB."""
    async with World(slack, mongod.url(), {"MONGODB_URL": "mongodb+srv://bot:pw@mongo.invalid/butler"}) as world:
        await world.ann.says("/incident", "open sev1 all is down")
        await world.slack.shows("all is down", "Not yet saved")
        await world.ann.sees("is open", "MongoDB does not answer")
        await world.ann.says("/health", "mongodb")
        await world.ann.sees("*mongodb*", "its name does not resolve")


@pytest.mark.long
async def test_an_incident_survives_without_mongodb_and_without_the_bot(world: World, line: Line) -> None:
    """MongoDB away, then the bot gone too: the next bot finds the card in the channel and puts the incident back."""
    line.cut()
    await world.ann.says("/incident", "open sev2 payments & <refunds> are down")
    card = await world.slack.shows("payments", "Not yet saved")
    await world.ann.sees("is open")
    await world.stops()
    message = await world.bob.writes("still down", thread=card)
    line.mend()
    await world.starts()
    (stored,) = await world.stored("incidents")
    assert (stored["title"], stored["card_ts"]) == ("payments & <refunds> are down", card.ts)
    await world.stored("timeline", ts=message.ts, text="still down")
    await world.slack.until(lambda: "Not yet saved" not in card.shown, "the card to be plain")
    assert cards(world.slack) == [stored["_id"]]
    await world.stored("audit", act="put back", subject=stored["_id"])


@pytest.mark.long
async def test_all_ways_of_opening_work_without_mongodb_and_a_double_enter_is_one_incident(
    world: World, line: Line
) -> None:
    """A form and a mention do too; the bot's own memory is enough to recognise the same words."""
    line.cut()
    await asyncio.gather(*(world.ann.says("/incident", "open sev1 all is down") for _ in range(3)))
    await world.slack.until(lambda: len(world.ann.ephemerals) >= 3, "all to be answered", within=10.0)
    await world.ann.says("/incident", "open")
    await world.ann.sees("What is wrong?")
    await world.ann.submits({"What is wrong?": "by form"})
    await world.bob.writes("@Ops Bot open sev1 by mention")
    for words in ("all is down", "by form", "by mention"):
        await world.slack.shows(words, "Not yet saved")
    line.mend()
    await world.stored("incidents", 3)
    await world.rests()
    assert len(await world.documents("incidents")) == len(cards(world.slack)) == 3


# Those of /ops are in test_ops.py.
NEEDS_MONGODB = (
    ("/incident", "note {id} it is the cache", "nothing was changed"),
    ("/incident", "resolve {id} fixed", "nothing was changed"),
    ("/incident", "show {id}", "cannot be shown"),
    ("/checklist", "start", "nothing was changed"),
    ("/checklist", "done 1", "nothing was changed"),
)
# Where nothing could have changed, the answer speaks of what cannot be shown.
ONLY_SHOWS = (
    ("/incident", "", "so the list cannot be shown"),
    ("/incident", "list", "so the list cannot be shown"),
    ("/incident", "search mail", "so nothing can be searched"),
    ("/incident", "stats", "so the incidents cannot be counted"),
    ("/incident", "summary", "so no summary can be drafted"),
    ("/incident", "summary 7KQ4", "so no summary can be drafted"),
    ("/incident", "export", "so nothing was exported"),
    ("/incident", "export 7KQ4 json", "so nothing was exported"),
    ("/maintenance", "calendar", "so the calendar cannot be made"),
    ("/checklist", "", "so the checklist cannot be shown"),
    ("/ops", "alerts", "so what fires cannot be shown"),
    ("/ops", "silence list", "so the silences cannot be listed"),
    ("/health", "history", "so the history cannot be shown"),
)


@pytest.mark.long
async def test_what_needs_mongodb_says_what_was_not_done_or_cannot_be_shown(world: World, line: Line) -> None:
    """Each such command is acknowledged at once and refused in words, and nothing is posted."""
    card, incident_id = await opened(world)
    line.cut()
    before = len(world.slack.channel().everything)
    for command, text, instead in (*NEEDS_MONGODB, *ONLY_SHOWS):
        answered = len(world.ann.ephemerals)
        answer = await world.ann.says(command, text.format(id=incident_id))
        assert answer.acked_in is not None
        assert answer.acked_in < 1.0
        await until_answered(world, answered + 1)
        await world.slack.until(partial(_says, world, instead), instead)
        said = world.ann.ephemerals[-1].shown
        assert "MongoDB does not answer" in said
        assert "changed" in instead or "changed" not in said
    assert len(world.slack.channel().everything) == before
    assert "investigating" in card.shown


def _says(world: World, words: str) -> bool:
    return words in world.ann.ephemerals[-1].shown


@pytest.mark.long
async def test_a_thread_that_nobody_knows_is_told_as_such(world: World, line: Line) -> None:
    """A word that several commands have is a question as well, so no change is spoken of; nor is it called ambiguous.

    Whose thread it is cannot be known.
    """
    card, _ = await opened(world)
    line.cut()
    for word in ("show", "summary"):
        told = await answer_to_mention(world.slack, world.ann, word, thread=card)
        assert "so it is not known whose thread this is, and nothing was done" in told.shown
    told = await answer_to_mention(world.slack, world.bob, "note it is the cache", thread=card)
    assert "MongoDB does not answer" in told.shown
    assert "More than one command" not in told.shown


@pytest.mark.long
async def test_maintenance_shows_the_windows_without_mongodb_and_health_that_it_is_down(
    world: World, line: Line
) -> None:
    """Windows follow from the settings; it is said first that one of them may have been skipped, or others be set."""
    await answer(world.slack, world.ann, "/ops", "role tech-lead @ann")
    await answer(world.slack, world.ann, "/maintenance", "skip 2026-11-28 nobody is there")
    line.cut()
    told = await answer(world.slack, world.ann, "/maintenance")
    assert "MW-20261128-0200* Weekly maintenance" in str(told.blocks)
    first, _ = told.shown.split("MW-20261128-0200", 1)
    for unknown in ("skipped, moved, cancelled or begun", "announced already", "other windows and freezes"):
        assert unknown in first
    assert "since MongoDB does not answer" in told.text
    assert "mongodb* down" in (await answer(world.slack, world.ann, "/health", "mongodb")).shown
    line.mend()
    await world.ann.says("/health", "mongodb")
    await world.ann.sees("The service is up", "mongodb")


@pytest.mark.long
async def test_thread_messages_written_without_mongodb_are_in_the_timeline_later(world: World, line: Line) -> None:
    """What was said while MongoDB was away is there once it is back, each message once."""
    card, incident_id = await opened(world)
    line.cut()
    one = await world.ann.writes("first", thread=card)
    two = await world.bob.writes("second", thread=card)
    line.mend()
    entries = await world.stored("timeline", 2, incident_id=incident_id, kind="message")
    await world.slack.redeliver()
    await world.rests()
    assert sorted(entry["ts"] for entry in entries) == [one.ts, two.ts]
    assert len(await world.documents("timeline", kind="message")) == 2
    # What is not recorded is not acknowledged, so that Slack sends it again: that is the refusal.
    world.slack.refusals[:] = [one for one in world.slack.refusals if one.method != "event message"]


@pytest.mark.long
async def test_a_bot_starts_and_works_without_mongodb(slack: Slack, line: Line) -> None:
    """A bot that starts while MongoDB is away takes commands, and has its indexes and records afterwards."""
    line.cut()
    async with World(slack, line.url()) as world:
        await world.ann.says("/incident", "open sev1 all is down")
        await slack.shows("all is down", "Not yet saved")
        line.mend()
        await world.stored("incidents")


@pytest.mark.long
async def test_a_mongodb_that_hangs_delays_no_acknowledgement(
    world: World, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes connections and never answers: the card is there after a few seconds, the record later."""
    monkeypatch.setattr(reach, "PATIENCE", 0.5)
    await world.ann.says("/incident", "list")  # so that there are connections that hang
    await world.ann.sees("No incident is open")
    line.hold()
    answer = await world.ann.says("/incident", "open sev1 all is down")
    assert answer.acked_in is not None
    assert answer.acked_in < 1.0
    await world.slack.shows("all is down", "Not yet saved", within=6.0)
    line.release()
    await world.stored("incidents")
    await world.rests()
    assert len(cards(world.slack)) == len(await world.documents("incidents")) == 1


@pytest.mark.long
async def test_a_catch_up_beside_a_living_opening_claims_no_loss(world: World) -> None:
    """The record is there, its card not noted in it yet: the catch-up of another bot notes it, and nothing was lost."""
    card, incident_id = await opened(world)
    await world.stored("incidents", _id=incident_id, untold=[])
    await world.changes("incidents", incident_id, {"card_ts": None, "cards": []})
    await world.starts()
    await world.stored("incidents", _id=incident_id, card_ts=card.ts, cards=[card.ts])
    await world.round()
    assert [one["act"] for one in await world.documents("audit") if one["act"] in ("put back", "catch up")] == []


@pytest.mark.long
async def test_a_search_that_takes_a_while_says_so(world: World, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """While MongoDB holds its answer back the person reads what is looked for, then what was found."""
    monkeypatch.setattr(call, "PATIENCE", 0.1)
    _, incident_id = await opened(world)
    await world.stored("words")
    line.hold()
    try:
        for words, meanwhile in (
            ("search checkout", "Searching for “checkout”…"),
            ("list all", "Reading the list of incidents…"),
        ):
            await world.ann.says("/incident", words)
            await world.ann.sees(meanwhile)
    finally:
        line.release()
    await world.ann.sees("Incidents with “checkout”", incident_id)
