"""Incidents as people live them: opened by command or form, kept in a thread, resolved once."""

import asyncio
import re

import pytest

from sandbox.sight import Post
from tests.world import World

ID = re.compile(r"INC-\d{8}-[0-9A-HJKMNP-TV-Z]{4}")


async def opened(
    world: World, words: str = "open sev2 checkout is down", shows: str = "checkout is down"
) -> tuple[Post, str]:
    """Ann opens an incident; its card and its ID."""
    await world.ann.says("/incident", words)
    card = await world.slack.shows(shows, "Opened by")
    found = ID.search(card.shown)
    assert found
    await world.ann.sees(found[0], "is open")
    return card, found[0]


async def test_an_incident_is_opened_by_one_line(world: World) -> None:
    """`/incident open sev2 checkout is down` posts one card with the ID, and MongoDB has it under that ID."""
    answer = await world.ann.says("/incident", "open sev2 checkout is down")
    card = await world.slack.shows("checkout is down", "SEV2")
    assert answer.acked_in is not None
    found = ID.search(card.shown)
    assert found
    assert card.metadata is not None
    assert card.metadata["event_type"] == "opsbot_incident"
    assert card.metadata["event_payload"]["key"] == found[0]
    stored = await world.document("incidents", found[0])
    assert (stored["title"], stored["severity"], stored["opened_by"]) == ("checkout is down", "sev2", world.ann.id)
    await world.ann.sees(found[0], "is open")
    assert card.text.startswith(
        f"Incident {found[0]} (SEV2, something important is down) is open, investigating: checkout is down"
    )


async def test_an_incident_is_opened_by_a_form(world: World) -> None:
    """A bare `/incident open` shows a form; sending it opens the incident with what was filled in."""
    await world.ann.says("/incident", "open")
    await world.ann.sees("What is wrong?", "How bad is it?")
    await world.ann.submits(
        {
            "What is wrong?": "search is slow",
            "How bad is it?": "SEV4: a flaw without effect on users",
            "What is affected?": "the shop",
        }
    )
    card = await world.slack.shows("search is slow", "SEV4", "Affected: the shop")
    assert world.ann.modal is None
    assert len(world.slack.channel().by_bot) == 1
    assert ID.search(card.shown)


async def test_a_form_with_an_empty_title_says_so_and_stays_open(world: World) -> None:
    """Blanks and invisible characters are no title: the form shows what is wrong, nothing is opened."""
    await world.ann.says("/incident", "open")
    await world.ann.sees("What is wrong?")
    await world.ann.submits({"What is wrong?": " \u200b\u2060 "})
    assert world.ann.modal is not None
    assert list(world.ann.modal.errors) == ["title"]
    await world.slack.settled()
    assert world.slack.channel().by_bot == []
    assert await world.documents("incidents") == []


async def test_what_is_written_in_the_thread_is_the_timeline(world: World) -> None:
    """Each message of the thread is recorded once, with its author, their name and the original time."""
    card, incident_id = await opened(world)
    first = await world.ann.writes("it's the cache & the <db>", thread=card)
    second = await world.bob.writes("on it", thread=card)
    await world.bob.writes("something else", channel="#ops-shared")
    entries = await world.stored("timeline", 2, incident_id=incident_id, kind="message")
    entries.sort(key=lambda entry: str(entry["order"]))
    assert [(e["author"], e["text"], e["ts"]) for e in entries] == [
        (world.ann.id, "it's the cache & the <db>", first.ts),
        (world.bob.id, "on it", second.ts),
    ]
    assert entries[0]["author_name"] == "ann"
    assert abs(entries[0]["at"].timestamp() - float(first.ts)) < 0.001
    await world.slack.settled()
    assert len(await world.documents("timeline", kind="message")) == 2


async def test_a_pin_marks_a_key_event_until_the_last_one_is_taken_off(world: World) -> None:
    """📌 on a message of the thread marks it; it stays marked while anybody's pin is on it."""
    card, incident_id = await opened(world)
    message = await world.ann.writes("we restarted the cache", thread=card)
    await world.ann.reacts("pushpin", message)
    await world.bob.reacts("pushpin", message)
    await world.stored("timeline", incident_id=incident_id, pinned_by={"$all": [world.ann.id, world.bob.id]})
    await world.ann.unreacts("pushpin", message)
    await world.stored("timeline", incident_id=incident_id, pinned_by=[world.bob.id])
    await world.ann.says("/incident", f"show {incident_id}")
    await world.ann.sees("key event", "we restarted the cache")


async def test_other_reactions_mark_nothing(world: World) -> None:
    """Only a pin is a mark, and only in an incident's thread."""
    card, incident_id = await opened(world)
    message = await world.ann.writes("we restarted the cache", thread=card)
    elsewhere = await world.ann.writes("lunch?")
    await world.stored("timeline", incident_id=incident_id, kind="message")
    await world.ann.reacts("eyes", message)
    await world.ann.reacts("pushpin", elsewhere)
    await world.ann.reacts("pushpin", message)
    await world.stored("timeline", pinned_by=[world.ann.id])
    assert len(await world.documents("timeline", kind="message")) == 1


async def test_a_note_by_command_is_in_the_thread_and_the_timeline(world: World) -> None:
    """`/incident note` with the end of an ID notes there: one entry, one reply."""
    card, incident_id = await opened(world)
    await world.bob.says("/incident", f"note {incident_id[-4:]} it’s the “cache”, don't touch it")
    await world.slack.shows("Note by", "it’s the “cache”, don't touch it", thread=card)
    (entry,) = await world.stored("timeline", incident_id=incident_id, kind="noted")
    assert (entry["author"], entry["text"]) == (world.bob.id, "it’s the “cache”, don't touch it")


async def test_a_note_may_name_a_colleague_without_calling_them_again(world: World) -> None:
    """A mention in a note is written out as a name."""
    card, _ = await opened(world)
    await world.ann.says("/incident", "note ask @bob about it")
    await world.slack.shows("ask @bob about it", thread=card)


async def test_resolving_edits_the_card_and_tells_the_channel_once(world: World) -> None:
    """`resolve` ends the incident: the card says so in place, one reply is broadcast, what is left is to reopen."""
    card, incident_id = await opened(world)
    await world.ann.says("/incident", "resolve fixed by restart")
    await world.slack.until(lambda: "resolved" in card.shown and card.edited, "the card to be resolved")
    assert card.buttons == ["Reopen", "Close", "Add cause and lesson"]
    told = await world.slack.shows("was resolved by", "fixed by restart")
    assert told.thread_ts == card.ts
    stored = await world.document("incidents", incident_id)
    assert (stored["status"], stored["resolution"]) == ("resolved", "fixed by restart")
    assert card.metadata is not None
    assert card.metadata["event_payload"]["status"] == "resolved"
    await world.stored("timeline", incident_id=incident_id, kind="resolved")


async def test_the_button_on_the_card_asks_what_resolved_it(world: World) -> None:
    """*Resolve* opens a form; sending it resolves the incident."""
    card, _ = await opened(world)
    await world.ann.clicks("Resolve", on=card)
    await world.ann.sees("What resolved it?")
    await world.ann.submits({"What resolved it?": "the cache was full"})
    await world.slack.until(lambda: "the cache was full" in card.shown, "the card to be resolved")


async def test_of_two_who_resolve_the_second_hears_what_the_first_said(world: World) -> None:
    """Two people at once: one resolution, one thread reply; the other is told who was first."""
    _, incident_id = await opened(world)
    await world.ann.says("/ops", "role on-call @bob")
    await world.ann.sees("on-call is now")
    await asyncio.gather(
        world.ann.says("/incident", f"resolve {incident_id} restarted"),
        world.bob.says("/incident", f"resolve {incident_id} rolled back"),
    )
    loser = await world.slack.until(
        lambda: next(
            (p for p in (world.ann, world.bob) if any("already resolved" in e.shown for e in p.ephemerals)), None
        ),
        "one of them to be told",
    )
    winner = world.bob if loser is world.ann else world.ann
    assert f"by @{winner.name}" in loser.ephemerals[-1].shown
    await world.slack.settled(0.3)
    told = [post for post in world.slack.channel().everything if "was resolved by" in post.shown]
    assert len(told) == 1
    assert len(await world.documents("timeline", kind="resolved")) == 1


async def test_a_bystander_is_told_who_may_resolve(world: World) -> None:
    """Whoever neither opened nor owns it and has no role is refused; the refusal names who may, and is audited."""
    _, incident_id = await opened(world)
    await world.bob.says("/incident", f"resolve {incident_id} done")
    await world.bob.sees("Who may: @ann")
    assert (await world.document("incidents", incident_id))["status"] == "investigating"
    (entry,) = await world.stored("audit", outcome="refused")
    assert (entry["who"], entry["act"], entry["subject"]) == (world.bob.id, "resolve", incident_id)


async def test_a_mistyped_id_resolves_nothing(world: World) -> None:
    """With one incident open, an ID that does not exist is not taken for the beginning of what resolved it."""
    card, incident_id = await opened(world)
    wrong = "7KQ4" if not incident_id.endswith("7KQ4") else "7KQ5"
    await world.ann.says("/incident", f"resolve {wrong} fixed")
    await world.ann.sees(f"I know no incident {wrong}.", "in quotes")
    await world.ann.says("/incident", f"note {wrong} fixed")
    await world.slack.until(lambda: len(world.ann.ephemerals) == 3, "the second refusal")
    assert (await world.document("incidents", incident_id))["version"] == 1
    await world.ann.says("/incident", f'resolve "{wrong} fixed"')
    await world.slack.until(lambda: f"{wrong} fixed" in card.shown, "the card to be resolved")


@pytest.mark.parametrize("pause", [0.0, 0.3])
async def test_a_double_enter_is_one_incident(world: World, pause: float) -> None:
    """The same words from the same person, twice within a minute, open one incident."""
    world.clock.set("2026-11-23 12:00:10")
    first = asyncio.ensure_future(world.ann.says("/incident", "open sev1 all is down"))
    await asyncio.sleep(pause)
    await world.ann.says("/incident", "open sev1 all is down")
    await first

    def told() -> list[str]:
        return [match[0] for e in world.ann.ephemerals if (match := ID.search(e.shown))]

    await world.slack.until(lambda: len(told()) == 2, "both to be answered")
    assert len(set(told())) == len(await world.documents("incidents")) == 1
    assert len(world.slack.channel().by_bot) == 1


async def test_two_bots_hear_a_double_enter_as_one_incident(world: World) -> None:
    """Two replicas, each with one of the two envelopes, open one incident."""
    world.clock.set("2026-11-23 12:00:10")
    await world.starts()
    await world.slack.until_connected(4)
    await asyncio.gather(*(world.ann.says("/incident", "open sev1 all is down") for _ in range(4)))
    await world.slack.until(lambda: len(world.ann.ephemerals) == 4, "all to be answered")
    assert len(await world.documents("incidents")) == 1
    assert len(world.slack.channel().by_bot) == 1


async def test_the_list_has_the_worst_first(world: World) -> None:
    """`/incident` lists what is open by severity; resolved ones are not in it."""
    await opened(world, "open sev3 slow", "slow")
    await opened(world, "open sev1 all is down", "all is down")
    await opened(world, "open sev2 half is down", "half is down")
    await world.ann.says("/incident", "")
    seen = await world.slack.until(
        lambda: next((one for one in world.ann.ephemerals if "3 incidents are open" in one.text), None), "the list"
    )
    assert seen.shown.index("SEV1") < seen.shown.index("SEV2") < seen.shown.index("SEV3")


async def test_show_tells_the_incident_and_its_timeline(world: World) -> None:
    """`/incident show` with an unambiguous ending tells one incident privately."""
    card, incident_id = await opened(world)
    await world.bob.writes("looking", thread=card)
    await world.stored("timeline", kind="message")
    await world.ann.says("/incident", f"show {incident_id[-4:].lower()}")
    await world.ann.sees(incident_id, "checkout is down", "looking")
    assert not any("looking" in post.shown for post in world.slack.channel().by_bot)


async def test_a_mention_in_the_thread_takes_the_same_words(world: World) -> None:
    """In the thread `@Ops Bot resolve …` is about the thread's incident, without an ID."""
    await opened(world, "open sev1 another one", "another one")
    card, incident_id = await opened(world)
    await world.ann.writes("@Ops Bot resolve fixed by restart", thread=card)
    await world.slack.until(lambda: "fixed by restart" in card.shown, "the card to be resolved")
    assert (await world.document("incidents", incident_id))["status"] == "resolved"


async def test_a_mention_in_the_channel_opens_an_incident(world: World) -> None:
    """Outside a thread a mention takes any command's words, with or without the command."""
    await world.ann.writes("@Ops Bot open sev1 the shop is gone")
    await world.slack.shows("the shop is gone", "SEV1")
    await world.bob.writes("@Ops Bot incident open sev3 a small thing")
    await world.slack.shows("a small thing", "SEV3")


async def test_what_was_written_while_the_bot_was_away_is_in_the_timeline_when_it_is_back(world: World) -> None:
    """Messages that Slack could not deliver are read back from the thread, with their original times."""
    card, incident_id = await opened(world)
    await world.stops()
    one = await world.ann.writes("still down", thread=card)
    two = await world.bob.writes("working on it", thread=card)
    await world.starts()
    entries = await world.stored("timeline", 2, incident_id=incident_id, kind="message")
    assert sorted(entry["ts"] for entry in entries) == [one.ts, two.ts]
