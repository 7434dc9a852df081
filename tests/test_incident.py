"""Incidents as people live them: opened by command or form, kept in a thread, resolved once."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import shared_world
from tests.world import World

ID = re.compile(r"INC-\d{8}-[0-9A-HJKMNP-TV-Z]{4}")
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world; each test has an incident of its own in it."""
    async with shared_world(mongod) as world:
        yield world


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


@SHARED
async def test_an_incident_is_opened_by_one_line(shared: World) -> None:
    """`/incident open sev2 checkout is down` posts one card with the ID, and MongoDB has it under that ID."""
    answer = await shared.ann.says("/incident", "open sev2 checkout is down")
    card = await shared.slack.shows("checkout is down", "SEV2")
    assert answer.acked_in is not None
    found = ID.search(card.shown)
    assert found
    assert card.metadata is not None
    assert card.metadata["event_type"] == "opsbot_incident"
    assert card.metadata["event_payload"]["key"] == found[0]
    stored = await shared.document("incidents", found[0])
    assert (stored["title"], stored["severity"], stored["opened_by"]) == ("checkout is down", "sev2", shared.ann.id)
    await shared.ann.sees(found[0], "is open")
    assert card.text.startswith(
        f"Incident {found[0]} (SEV2, something important is down) is open, investigating: checkout is down"
    )


@SHARED
async def test_an_incident_is_opened_by_a_form_that_stays_open_without_a_title(shared: World) -> None:
    """A bare `/incident open` shows it. Blanks and invisible characters are no title: it shows what is wrong, and
    nothing is opened before there is one.
    """
    before = len(await shared.documents("incidents"))
    await shared.ann.says("/incident", "open")
    await shared.ann.sees("What is wrong?", "How bad is it?")
    await shared.ann.submits({"What is wrong?": " \u200b\u2060 "})
    assert shared.ann.modal is not None
    assert list(shared.ann.modal.errors) == ["title"]
    await shared.ann.submits(
        {
            "What is wrong?": "search is slow",
            "How bad is it?": "SEV4: a flaw without effect on users",
            "What is affected?": "the shop",
        }
    )
    card = await shared.slack.shows("search is slow", "SEV4", "Affected: the shop")
    assert ID.search(card.shown)
    assert shared.ann.modal is None
    await shared.slack.settled()
    assert len(await shared.documents("incidents")) == before + 1
    assert len([post for post in shared.slack.channel().by_bot if "Opened by" in post.shown]) == before + 1


@SHARED
async def test_what_is_written_in_the_thread_is_the_timeline(shared: World) -> None:
    """Each message of the thread is recorded once, with its author, their name and the original time; `show` with an
    unambiguous ending tells all of it privately.
    """
    card, incident_id = await opened(shared, "open the cache is cold", "the cache is cold")
    first = await shared.ann.writes("it's the cache & the <db>", thread=card)
    second = await shared.bob.writes("on it", thread=card)
    elsewhere = await shared.bob.writes("something else", channel="#ops-shared")
    entries = await shared.stored("timeline", 2, incident_id=incident_id, kind="message")
    entries.sort(key=lambda entry: str(entry["order"]))
    assert [(e["author"], e["text"], e["ts"]) for e in entries] == [
        (shared.ann.id, "it's the cache & the <db>", first.ts),
        (shared.bob.id, "on it", second.ts),
    ]
    assert entries[0]["author_name"] == "ann"
    assert abs(entries[0]["at"].timestamp() - float(first.ts)) < 0.001
    await shared.ann.says("/incident", f"show {incident_id[-4:].lower()}")
    await shared.ann.sees(incident_id, "the cache is cold", "on it")
    assert not any("on it" in post.shown for post in shared.slack.channel().by_bot)
    await shared.slack.settled()
    assert len(await shared.documents("timeline", incident_id=incident_id, kind="message")) == 2
    assert await shared.documents("timeline", ts=elsewhere.ts) == []


@SHARED
async def test_a_pin_marks_a_key_event_until_the_last_one_is_taken_off(shared: World) -> None:
    """📌 on a message of the thread marks it while anybody's is on it. Nothing else does, and nowhere else."""
    card, incident_id = await opened(shared, "open the mails are late", "the mails are late")
    message = await shared.ann.writes("we restarted the cache", thread=card)
    elsewhere = await shared.ann.writes("lunch?")
    await shared.stored("timeline", ts=message.ts)
    await shared.slack.person("cyd").reacts("eyes", message)
    await shared.ann.reacts("pushpin", elsewhere)
    await shared.ann.reacts("pushpin", message)
    await shared.bob.reacts("pushpin", message)
    await shared.stored("timeline", ts=message.ts, pinned_by={"$all": [shared.ann.id, shared.bob.id]})
    await shared.ann.unreacts("pushpin", message)
    await shared.slack.settled()  # whom the bot does not know yet it asks Slack about first: Cyd is heard late
    await shared.stored("timeline", ts=message.ts, pinned_by=[shared.bob.id])
    await shared.ann.says("/incident", f"show {incident_id}")
    await shared.ann.sees("key event", "we restarted the cache")
    assert await shared.documents("timeline", ts=elsewhere.ts) == []


@SHARED
async def test_a_note_by_command_is_in_the_thread_and_the_timeline(shared: World) -> None:
    """`/incident note` with the end of an ID notes there: one entry, one reply. A mention is written out as a name."""
    card, incident_id = await opened(shared, "open the disk is full", "the disk is full")
    await shared.bob.says("/incident", f"note {incident_id[-4:]} it’s the “cache”, don't touch it, ask @ann about it")
    await shared.slack.shows("Note by", "it’s the “cache”, don't touch it, ask @ann about it", thread=card)
    (entry,) = await shared.stored("timeline", incident_id=incident_id, kind="noted")
    assert entry["author"] == shared.bob.id
    assert entry["text"].startswith("it’s the “cache”, don't touch it, ask ")


@SHARED
async def test_resolving_edits_the_card_and_tells_the_channel_once(shared: World) -> None:
    """`resolve` ends the incident: the card says so in place, one reply is broadcast, what is left is to reopen."""
    card, incident_id = await opened(shared, "open sev2 the shop is empty", "the shop is empty")
    await shared.ann.says("/incident", f"resolve {incident_id} fixed by restart")
    await shared.slack.until(lambda: "resolved" in card.shown and card.edited, "the card to be resolved")
    assert card.buttons == ["Reopen", "Close", "Add cause and lesson"]
    told = await shared.slack.shows("was resolved by", "fixed by restart")
    assert told.thread_ts == card.ts
    stored = await shared.document("incidents", incident_id)
    assert (stored["status"], stored["resolution"]) == ("resolved", "fixed by restart")
    assert card.metadata is not None
    assert card.metadata["event_payload"]["status"] == "resolved"
    await shared.stored("timeline", incident_id=incident_id, kind="resolved")


@SHARED
async def test_the_button_on_the_card_asks_what_resolved_it(shared: World) -> None:
    """*Resolve* opens a form; sending it resolves the incident."""
    card, _ = await opened(shared, "open the login hangs", "the login hangs")
    await shared.ann.clicks("Resolve", on=card)
    await shared.ann.sees("What resolved it?")
    await shared.ann.submits({"What resolved it?": "the cache was full"})
    await shared.slack.until(lambda: "the cache was full" in card.shown, "the card to be resolved")


@SHARED
async def test_of_two_who_resolve_the_second_hears_what_the_first_said(shared: World) -> None:
    """Two people at once: one resolution, one thread reply; the other is told who was first."""
    card, incident_id = await opened(shared, "open the backup failed", "the backup failed")
    await shared.ann.says("/ops", "role on-call @bob")
    await shared.ann.sees("on-call is now")
    await asyncio.gather(
        shared.ann.says("/incident", f"resolve {incident_id} restarted"),
        shared.bob.says("/incident", f"resolve {incident_id} rolled back"),
    )
    refused = f"{incident_id} is already resolved"
    loser = await shared.slack.until(
        lambda: next((p for p in (shared.ann, shared.bob) if any(refused in e.shown for e in p.ephemerals)), None),
        "one of them to be told",
    )
    winner = shared.bob if loser is shared.ann else shared.ann
    assert f"by @{winner.name}" in loser.ephemerals[-1].shown
    await shared.slack.settled()
    told = [post for post in shared.slack.thread(card).replies if "was resolved by" in post.shown]
    assert len(told) == 1
    assert len(await shared.documents("timeline", incident_id=incident_id, kind="resolved")) == 1


@SHARED
async def test_a_bystander_is_told_who_may_resolve(shared: World) -> None:
    """Whoever neither opened nor owns it and has no role is refused; the refusal names who may, and is audited."""
    _, incident_id = await opened(shared, "open the printer is out", "the printer is out")
    cyd = shared.slack.person("cyd")
    await cyd.says("/incident", f"resolve {incident_id} done")
    await cyd.sees("Who may: @ann")
    assert (await shared.document("incidents", incident_id))["status"] == "investigating"
    (entry,) = await shared.stored("audit", outcome="refused", subject=incident_id)
    assert (entry["who"], entry["act"]) == (cyd.id, "resolve")


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


async def test_enter_pressed_again_opens_one_incident(world: World) -> None:
    """The same words from the same person, several times within a minute, at once and later, through two bots."""
    await world.starts()
    await world.slack.until_connected(4)
    await asyncio.gather(*(world.ann.says("/incident", "open sev1 all is down") for _ in range(4)))
    await world.slack.until(lambda: len(world.ann.ephemerals) == 4, "all to be answered")
    await world.ann.says("/incident", "open sev1 all is down")
    await world.slack.until(lambda: len(world.ann.ephemerals) == 5, "the last one to be answered")
    told = [match[0] for e in world.ann.ephemerals if (match := ID.search(e.shown))]
    assert len(told) == 5
    assert len(set(told)) == len(await world.documents("incidents")) == 1
    assert len(world.slack.channel().by_bot) == 1


async def test_a_mention_takes_the_same_words_and_the_list_has_the_worst_first(world: World) -> None:
    """Outside a thread with or without the command; in one about its incident, without an ID. What is resolved is not
    in the list.
    """
    await world.bob.writes("@Ops Bot incident open sev3 a small thing")
    card = await world.slack.shows("a small thing", "SEV3", "Opened by")
    await world.ann.writes("@Ops Bot open sev1 the shop is gone")
    await world.slack.shows("the shop is gone", "SEV1", "Opened by")
    await opened(world, "open sev2 half is down", "half is down")
    await world.ann.says("/incident", "")
    seen = await world.slack.until(
        lambda: next((one for one in world.ann.ephemerals if "3 incidents are open" in one.text), None), "the list"
    )
    assert seen.shown.index("SEV1") < seen.shown.index("SEV2") < seen.shown.index("SEV3")
    await world.bob.writes("@Ops Bot resolve fixed by restart", thread=card)
    await world.slack.until(lambda: "fixed by restart" in card.shown, "the card to be resolved")
    await world.ann.says("/incident", "")
    seen = await world.slack.until(
        lambda: next((one for one in world.ann.ephemerals if "2 incidents are open" in one.text), None), "the list"
    )
    assert "a small thing" not in seen.shown
