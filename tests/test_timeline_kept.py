"""What the store keeps of entries: first words, names, lengths, what is attached, marks put right."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.timeline import TEXT_LIMIT, Heard, Kind, Mark, message
from bot.domain.timeline_desk import Recount, TimelineDesk
from bot.store.timeline import Timelines
from sandbox.mongo import Mongod
from tests.timelines import CHANNEL, NOW, ROOT, SmallSlack, an_incident, two_stores

ANN, BOB, CYD = "U0ANN", "U0BOB", "U0CYD"


@pytest.fixture
async def stores(mongod: Mongod) -> AsyncIterator[list[Timelines]]:
    """The timelines of one database as two bots have them."""
    async with two_stores(mongod) as found:
        yield found


async def test_an_edit_without_its_message_knows_only_what_it_tells(stores: list[Timelines]) -> None:
    """A message read back after its edit has no first words until they are heard; then they are there."""
    incident = an_incident()
    edited = Heard(CHANNEL, ROOT, "1764000001.000100", BOB, "later", edited="1764000009.000000")
    await stores[0].add(message(incident.id, edited, "bob"))
    (entry,) = await stores[0].of(incident.id)
    assert (entry.text, entry.first_text, [edit.text for edit in entry.edits]) == ("later", None, ["later"])
    await stores[0].add(message(incident.id, replace(edited, text="first", edited=""), "bob"))
    (entry,) = await stores[0].of(incident.id)
    assert (entry.text, entry.first_text, [edit.text for edit in entry.edits]) == ("later", "first", ["later"])


async def test_a_name_that_slack_did_not_say_comes_later_and_stays(stores: list[Timelines]) -> None:
    """An author without a name gets one at the next report; one that is known is not taken away."""
    incident = an_incident()
    said = Heard(CHANNEL, ROOT, "1764000001.000100", BOB, "hm")
    for name in ("", "bob", ""):
        await stores[0].add(message(incident.id, said, name))
    (entry,) = await stores[0].of(incident.id)
    assert entry.author_name == "bob"


async def test_twelve_thousand_characters_are_kept_whole(stores: list[Timelines]) -> None:
    """As much as Slack lets a person write; what is longer is cut, and says so."""
    incident = an_incident()
    for number, size in enumerate((TEXT_LIMIT, TEXT_LIMIT + 1)):
        said = Heard(CHANNEL, ROOT, f"1764000001.00010{number}", BOB, "🔥" * size)
        await stores[0].add(message(incident.id, said, "bob"))
    whole, cut = await stores[0].of(incident.id)
    assert whole.text == whole.first_text == "🔥" * TEXT_LIMIT
    assert cut.text == "🔥" * TEXT_LIMIT + " … (cut)"


async def test_something_attached_is_there_once_by_its_key(stores: list[Timelines]) -> None:
    """Alerts and changes of health stand among the messages by their times, however often they are attached."""
    incident = an_incident()
    slack = SmallSlack(incident, None)
    desk = TimelineDesk(stores[0], slack, slack, slack, slack)
    at = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)
    news = [await desk.attach(incident.id, Kind.ALERT, "a.$b/1", at, "$disk is full", "https://x/") for _ in range(3)]
    await desk.attach(incident.id, Kind.HEALTH, "a.$b/1", at - timedelta(minutes=1), "loki is down")
    assert news == [True, False, False]
    first, second = await desk.of(incident.id)
    assert (first.kind, first.text) == (Kind.HEALTH, "loki is down")
    assert (second.kind, second.text, second.url, second.at) == (Kind.ALERT, "$disk is full", "https://x/", at)


async def test_a_pin_outside_a_thread_marks_nothing(stores: list[Timelines]) -> None:
    """A message added by hand, or one that nobody added, takes no reaction for a mark."""
    incident = an_incident()
    slack = SmallSlack(incident, None)
    desk = TimelineDesk(stores[0], slack, slack, slack, slack)
    outside = Heard(CHANNEL, "", "1764000001.000100", BOB, "lunch?")
    await desk.add(incident, outside, ANN, NOW)
    await desk.pinned(Mark(CHANNEL, outside.ts, CYD, "1764000002.000100", is_on=True))
    (entry,) = await desk.of(incident.id)
    assert (entry.kind, entry.pinned_by) == (Kind.ADDED, (ANN,))


async def test_a_mark_is_put_right_only_if_it_is_still_as_it_was(stores: list[Timelines]) -> None:
    """What a reading found out is old as soon as an event tells something newer."""
    incident = an_incident()
    said = Heard(CHANNEL, ROOT, "1764000001.000100", BOB, "hm")
    entry = message(incident.id, said, "bob")
    await stores[0].add(entry)
    await stores[0].recount([Recount(entry.id, ANN, "", is_on=True)])
    await stores[0].pin(Mark(CHANNEL, said.ts, CYD, "1764000005.000100", is_on=True))
    await stores[0].recount([Recount(entry.id, CYD, "", is_on=False), Recount(entry.id, ANN, "9", is_on=False)])
    (found,) = await stores[0].of(incident.id)
    assert found.pinned_by == (ANN, CYD)
    await stores[0].pin(Mark(CHANNEL, said.ts, ANN, "1764000002.000100", is_on=False))
    await stores[0].recount([Recount(entry.id, CYD, "1764000005.000100", is_on=False)])
    (found,) = await stores[0].of(incident.id)
    assert found.pinned_by == ()
