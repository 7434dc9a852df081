"""What becomes of a message's reports, in whatever order they come: on a real MongoDB, from Slack's own payloads."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.incident import Incident
from bot.domain.quote import File
from bot.domain.timeline import Changed, Entry, Gone, Heard, Kind, Mark, message, moment_of
from bot.domain.timeline_desk import TimelineDesk
from bot.slack import messages
from bot.store.timeline import Timelines
from sandbox.mongo import Mongod
from tests.timelines import CHANNEL, ROOT, SmallSlack, an_incident, two_stores

BEGAN = 1764000100
ANN, BOB, CYD = "U0ANN", "U0BOB", "U0CYD"

Event = dict[str, Any]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stores(mongod: Mongod) -> AsyncIterator[list[Timelines]]:
    """The timelines of one database as two bots have them; each story is of an incident of its own."""
    async with two_stores(mongod) as found:
        yield found


@dataclass(frozen=True)
class Story:
    """What happened to one message: edits (seconds after the one before, text), a deletion, pins, a link unfolded."""

    edits: tuple[tuple[int, str], ...]
    is_deleted: bool
    pins: tuple[tuple[str, bool], ...]
    has_file: bool
    unfolds: bool


TEXTS = st.sampled_from(["still down", "$text", "$$ROOT", "", "<@U0BOB> & co", "{'$set': 1}", "ä🔥"])
STORIES = st.builds(
    Story,
    edits=st.lists(st.tuples(st.sampled_from([0, 0, 1, 5]), TEXTS), max_size=4).map(tuple),
    is_deleted=st.booleans(),
    pins=st.lists(st.tuples(st.sampled_from([ANN, BOB, CYD]), st.booleans()), max_size=5).map(tuple),
    has_file=st.booleans(),
    unfolds=st.booleans(),
)


def events_of(story: Story, ts: str) -> tuple[list[Event], Heard | None]:
    """The events of a story as Slack sends them, in order, and the message as it is in the end."""
    clock = [BEGAN * 1_000_000]

    def tick(seconds: float = 0.0) -> str:
        clock[0] += max(1, int(seconds * 1_000_000))
        return f"{clock[0] // 1_000_000}.{clock[0] % 1_000_000:06d}"

    now: Event = {"type": "message", "user": BOB, "text": "first", "ts": ts, "thread_ts": ROOT}
    if story.has_file:
        now["files"] = [{"name": "graph.png", "permalink": "https://x.slack.com/files/U/F/graph.png"}]
    events: list[Event] = [{**now, "channel": CHANNEL, "event_ts": ts}]

    def hidden(subtype: str, **more: Any) -> Event:
        return {"type": "message", "subtype": subtype, "channel": CHANNEL, "event_ts": tick(), **more}

    for number, (seconds, text) in enumerate(story.edits):
        before = now
        edited = {"user": BOB, "ts": f"{tick(seconds).partition('.')[0]}.000000"}
        now = {**now, "text": messages_text(text, number), "edited": edited}
        events.append(hidden("message_changed", message=now, previous_message=before))
        if story.unfolds and number == 0:
            before, now = now, {**now, "attachments": [{"title": "Page", "from_url": "https://example.org/"}]}
            events.append(hidden("message_changed", message=now, previous_message=before))
    for who, is_on in story.pins:
        kind = "reaction_added" if is_on else "reaction_removed"
        events.append({"type": kind, "user": who, "event_ts": tick(0.5)})
    if story.is_deleted:
        events.append(hidden("message_deleted", deleted_ts=ts, previous_message=now))
        return events, None
    return events, messages.heard(CHANNEL, now)


def messages_text(text: str, number: int) -> str:
    """Escaped as Slack has it; with a number, since Slack's seconds cannot tell two edits to the same text apart."""
    return f"{text.replace('&', '&amp;')} {number}"


async def deliver(desk: TimelineDesk, ts: str, event: Event) -> None:
    """One event, as the handlers take it."""
    if event["type"] != "message":
        is_on = event["type"] == "reaction_added"
        await desk.pinned(Mark(CHANNEL, ts, event["user"], event["event_ts"], is_on))
        return
    match messages.told(event):
        case Heard() as heard:
            await desk.heard(heard)
        case Changed() as changed:
            await desk.changed(changed)
        case Gone() as gone:
            await desk.gone(gone)


def expected(story: Story, incident: Incident, events: list[Event], ts: str) -> Entry:
    """What the timeline says in the end."""
    last = dict(story.pins)
    pinned_by = tuple(sorted(who for who, is_on in last.items() if is_on))
    entry = Entry(f"{incident.id}/{ts}", incident.id, Kind.MESSAGE, ts, BOB, BOB.lower(), "", CHANNEL, ts, pinned_by)
    entry = replace(entry, thread=ROOT, first_text="")
    if story.is_deleted:
        at = moment_of(events[-1]["event_ts"])
        return replace(entry, deleted_at=at.replace(microsecond=at.microsecond // 1000 * 1000))
    files = [File("graph.png", "https://x.slack.com/files/U/F/graph.png")] if story.has_file else []
    if story.unfolds and story.edits:
        files.insert(0, File("Page", "https://example.org/"))
    texts = [f"{text} {number}" for number, (_, text) in enumerate(story.edits)]
    return replace(entry, text=["first", *texts][-1], first_text="first", files=tuple(files))


@settings(max_examples=30, deadline=None)
@given(story=STORIES, data=st.data())
@pytest.mark.long
async def test_the_end_is_the_same_whatever_the_order(
    stores: list[Timelines], story: Story, data: st.DataObject
) -> None:
    """Message, edits, deletion and pins in any order, repeated, through two bots: one entry, and the right one."""
    incident, ts = an_incident(), f"{BEGAN - 50}.{secrets.randbelow(10**6):06d}"
    events, last = events_of(story, ts)
    slack = SmallSlack(incident, last)
    desks = [TimelineDesk(store, slack, slack, slack, slack) for store in stores]
    repeats = data.draw(st.lists(st.sampled_from(range(len(events))), max_size=4), label="repeated")
    order = data.draw(st.permutations([*range(len(events)), *repeats]), label="order")
    for turn, index in enumerate(order):
        await deliver(desks[turn % 2], ts, events[index])
    (entry,) = await desks[0].of(incident.id)
    wanted = expected(story, incident, events, ts)
    assert replace(entry, edits=(), edited_at=None) == wanted
    texts = [] if story.is_deleted else [f"{text} {number}" for number, (_, text) in enumerate(story.edits)]
    assert [edit.text for edit in entry.edits] == texts
    assert entry.edited_at == (entry.edits[-1].at if entry.edits else None)


@settings(max_examples=12, deadline=None)
@given(story=STORIES)
@pytest.mark.long
async def test_the_end_is_the_same_when_all_comes_at_once(stores: list[Timelines], story: Story) -> None:
    """Two bots work on all the reports of one message at the same moment, each of them twice."""
    incident, ts = an_incident(), f"{BEGAN - 50}.{secrets.randbelow(10**6):06d}"
    events, last = events_of(story, ts)
    slack = SmallSlack(incident, last)
    desks = [TimelineDesk(store, slack, slack, slack, slack) for store in stores]
    await asyncio.gather(*(deliver(desk, ts, event) for event in events for desk in desks))
    (entry,) = await desks[0].of(incident.id)
    assert replace(entry, edits=(), edited_at=None) == expected(story, incident, events, ts)


@pytest.mark.long
async def test_many_people_who_edit_and_pin_at_once_lose_nothing(stores: list[Timelines]) -> None:
    """They write, edit five times each and pin each other's messages, through two bots at once."""
    count = 12  # few enough that of the reports that are under way at once several are of one message
    incident = an_incident()
    slack = SmallSlack(incident, None)
    desks = [TimelineDesk(store, slack, slack, slack, slack) for store in stores]
    work: list[Coroutine[Any, Any, Any]] = []
    for person in range(count):
        ts = f"{BEGAN}.{person:06d}"
        said = Heard(CHANNEL, ROOT, ts, f"U{person:03}", "first")
        work.append(desks[person % 2].heard(said))
        for number in range(5):
            at = BEGAN + 10 * number
            edit = replace(said, text=f"{number}", edited=f"{at}.000000", known_at=f"{at}.5")
            work.append(desks[number % 2].changed(Changed(edit, said if number == 0 else None)))
        for other in range(count):
            mark = Mark(CHANNEL, ts, f"U{other:03}", f"{BEGAN + 90}.{other:06d}", is_on=True)
            work.append(desks[other % 2].pinned(mark))
    random.Random(7).shuffle(work)
    places = asyncio.Semaphore(40)  # a workspace's events come through a few connections, not a thousand

    async def one(task: Coroutine[Any, Any, Any]) -> None:
        async with places:
            await task

    await asyncio.gather(*map(one, work))
    entries = await desks[0].of(incident.id)
    assert len(entries) == count
    for entry in entries:
        assert (entry.first_text, entry.text, len(entry.pinned_by)) == ("first", "4", count)
        assert [edit.text for edit in entry.edits] == ["0", "1", "2", "3", "4"]


async def test_a_deletion_leaves_no_word_in_the_database(stores: list[Timelines], mongod: Mongod) -> None:
    """Neither what was first written nor an edit nor the name of a file is anywhere in the document."""
    incident = an_incident()
    story = Story(((1, "secret two"),), is_deleted=True, pins=(), has_file=True, unfolds=True)
    ts = "1764000001.000100"
    events, _ = events_of(story, ts)
    slack = SmallSlack(incident, None)
    desk = TimelineDesk(stores[0], slack, slack, slack, slack)
    for event in (*events, *reversed(events)):
        await deliver(desk, ts, event)
    (entry,) = await desk.of(incident.id)
    assert not any(word in repr(entry) for word in ("first'", "secret", "graph", "Page"))
    assert (entry.author, entry.ts, entry.deleted_at is not None) == (BOB, ts, True)


async def test_a_message_that_comes_while_what_is_known_of_it_is_put_aside_hears_of_it(
    stores: list[Timelines], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bot is told of a deletion and of a pin, and does not know the messages; the other one adds them just then."""
    one, two = stores
    texts = {
        ts: message("INC-1", Heard(CHANNEL, ROOT, ts, BOB, "still down"), "bob") for ts in ("1.000100", "2.000100")
    }
    for name, ts in (("write", "1.000100"), ("update", "2.000100")):
        real = getattr(one._held, name)

        async def putting(*args: Any, real: Any = real, ts: str = ts, **more: Any) -> Any:
            await two.add(texts[ts])
            return await real(*args, **more)

        monkeypatch.setattr(one._held, name, putting)
    await one.delete(CHANNEL, "1.000100", moment_of("3.000000"))
    assert await one.pin(Mark(CHANNEL, "2.000100", ANN, "4.000100", is_on=True))
    gone, marked = await two.of("INC-1")
    assert (gone.text, gone.deleted_at) == ("", moment_of("3.000000"))
    assert marked.pinned_by == (ANN,)
