"""The rules of summaries, without Slack and MongoDB: what a model may say, what it is told, what always fits."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.clock import spelled
from bot.domain.incident import Incident, Opening, Reasons, Severity, Status
from bot.domain.incident_steps import closed, dismissed, explained, opened, resolved
from bot.domain.quote import Quote
from bot.domain.summary import (
    KEY_EVENTS,
    QUESTION_LIMIT,
    QUESTIONS,
    TEXT_LIMITS,
    Draft,
    Prose,
    Record,
    Source,
    events,
    is_key,
    key_entries,
    record_of,
)
from bot.domain.summary_desk import Seen, Shown, Signature
from bot.domain.summary_material import LIMIT, chosen, facts, material
from bot.domain.summary_template import template
from bot.domain.timeline import Entry, Kind
from bot.slack.views import summary as view

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ANN, BOB = "U0ANN", "U0BOB"


def incident() -> Incident:
    return opened(Opening("checkout is down", Severity.SEV2, ANN, "C0OPS", affected="the shop"), NOW)


def record(of: Incident | None = None, at: datetime = NOW) -> Record:
    return record_of(of or incident(), "ann", "bob", at)


def entry(number: int, kind: Kind = Kind.MESSAGE, text: str = "", *, pinned: bool = False) -> Entry:
    order = f"{NOW.timestamp() + number:.6f}"
    marks = (BOB,) if pinned else ()
    return Entry(f"INC/{number}", "INC", kind, order, BOB, "bob", text or f"text {number}", pinned_by=marks)


def draft(prose: Prose, keys: list[Entry], of: Record | None = None) -> Draft:
    told = of or record()
    return Draft("INC-20261125-7KQ4", 1, told, prose, events(keys), Source.LLM, ANN, NOW, 3, "qwen", "", BOB)


# The template


def test_the_template_of_an_open_incident_says_what_is_not_known() -> None:
    """Its end, its cause, the people and the key events are open questions."""
    prose = template(record(at=NOW + timedelta(minutes=5)), pinned=0)
    assert prose.what_happened == (
        "checkout is down. It began on 2026-11-25 12:00 UTC and was opened by ann on 2026-11-25 12:00 UTC."
        " It is not over: the cause is being looked for."
    )
    assert prose.impact == "Affected: the shop. SEV2: something important is down, so far 5 min."
    assert prose.what_helped == "Nothing is recorded yet."
    assert prose.open_questions == (
        "When is it over? It is investigating.",
        "What was the cause?",
        "Who worked on it? Only its opening is recorded.",
        "Which messages of the thread are key events? None is marked with a pin.",
    )


def test_the_template_of_an_explained_incident_has_no_questions() -> None:
    """Cause, resolution and lesson are told, and nothing is asked."""
    over = resolved(incident(), BOB, "a larger disk", NOW + timedelta(hours=2))
    known = explained(over, BOB, Reasons("logs filled the disk", "rotate logs"), NOW + timedelta(hours=3))
    prose = template(record(known), pinned=1)
    assert prose.what_happened.endswith("over on 2026-11-25 14:00 UTC, after 2 h. Cause: logs filled the disk.")
    assert prose.what_helped == "a larger disk. Lesson: rotate logs."
    assert prose.open_questions == ()


def test_the_template_of_a_duplicate_leads_to_the_other() -> None:
    """What it was closed for is not called a fix, and its cause is the other one's."""
    over = dismissed(incident(), BOB, "the same", NOW, duplicate_of="INC-20261125-AAA1")
    prose = template(record(over), pinned=1)
    assert "closed as a duplicate of INC-20261125-AAA1." in prose.what_happened
    assert prose.what_helped == "Nothing is recorded yet."
    assert prose.open_questions == ()


def test_the_template_of_a_closed_incident_without_an_end_asks_for_it() -> None:
    """Closed for silence: what ended it is an open question."""
    prose = template(record(dismissed(incident(), BOB, "", NOW)), pinned=1)
    assert "It was closed on 2026-11-25 12:00 UTC." in prose.what_happened
    assert "What ended it?" in prose.open_questions
    over = closed(resolved(incident(), BOB, "restart", NOW), BOB, NOW + timedelta(hours=9))
    assert "after 0 s." in template(record(over), pinned=1).what_happened


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((-5, "0 s"), (0, "0 s"), (40, "40 s"), (59.6, "1 min"), (605, "10 min 5 s"), (3600, "1 h"), (3601, "1 h")),
        *((5400, "1 h 30 min"), (7199, "2 h"), (86_390, "1 d"), (90_061, "1 d 1 h"), (9 * 86_400, "9 d")),
    ],
)
def test_lengths_are_told_in_two_units(seconds: float, words: str) -> None:
    """The largest and the next: nobody wants the seconds of a day."""
    assert spelled(timedelta(seconds=seconds)) == words


# Key events


def test_key_events_are_acts_notes_and_pinned_messages() -> None:
    """What people merely said, and snoozing, is not among them; acts that tell a change tell it."""
    entries = [
        entry(0, Kind.OPENED), entry(1), entry(2, pinned=True), entry(3, Kind.NOTED), entry(4, Kind.SNOOZED),
        entry(5, Kind.STATUS, "investigating → identified"), entry(6, Kind.QUOTED),
    ]  # fmt: skip
    told = events(key_entries(entries))
    assert [(event.what, event.text, event.is_pinned) for event in told] == [
        ("opened it", "text 0", False),
        ("wrote", "text 2", True),
        ("noted", "text 3", False),
        ("set the status", "investigating → identified", False),
        ("wrote before it was opened", "text 6", False),
    ]


def test_of_too_many_key_events_pins_stay_longest() -> None:
    """The first stays, then pins, then acts, then notes, the newest of each; their order is kept."""
    entries = [entry(0, Kind.OPENED)]
    entries += [entry(n, Kind.NOTED) for n in range(1, 40)]
    entries += [entry(40, Kind.SEVERITY), entry(41, pinned=True), entry(42, Kind.NOTED)]
    kept = key_entries(entries)
    assert len(kept) == KEY_EVENTS
    assert kept[0] is entries[0]
    assert kept[-3:] == entries[-3:]
    assert kept == sorted(kept, key=lambda one: one.order)


def test_a_kind_that_is_newer_than_these_words_is_left_out() -> None:
    """Every kind of the timeline is told, or knowingly not."""
    assert {kind for kind in Kind if not is_key(entry(1, kind, pinned=True))} <= {"snoozed", "reposted", "restored"}


# What a model is told


@settings(deadline=None, max_examples=60)
@given(
    texts=st.lists(st.text(max_size=2_000), max_size=80),
    pins=st.sets(st.integers(0, 79)),
    words=st.text(min_size=1, max_size=1_000),
)
def test_what_a_model_is_told_is_bounded_and_whole_json(texts: list[str], pins: set[int], words: str) -> None:
    """However much is said: one JSON document within the limit, newest messages last."""
    entries = [entry(n, text=text * 8, pinned=n in pins) for n, text in enumerate(texts)]
    keys = key_entries(entries, 30)
    newest = chosen(entries, keys)
    told = material(facts("INC", replace(record(), title=words, cause=words * 9)), keys, newest, len(entries))
    assert len(told.text) <= LIMIT
    again = json.loads(told.text)
    times = [one["at"] for one in again["messages"]]
    assert times == sorted(times)
    if newest:
        assert again["messages"], "the newest message always has room"


def test_of_much_talk_the_newest_is_told() -> None:
    """Long messages without end: those that fit are the newest, and key events leave room for them."""
    entries = [entry(n, text="&" * 900, pinned=n % 2 == 0) for n in range(200)]
    keys = key_entries(entries, 30)
    told = material(facts("INC", record()), keys, chosen(entries, keys), len(entries))
    assert LIMIT - 1_000 < len(told.text) <= LIMIT
    again = json.loads(told.text)
    assert len(again["messages"]) > 5
    assert again["messages"][-1]["at"] == again["key_events"][-1]["at"] == "2026-11-25 12:03 UTC"


def test_what_is_empty_is_not_told() -> None:
    """No fact of the record is invented."""
    told = facts("INC-1", record())
    assert told["over"] == "not yet"
    assert told["severity"] == "SEV2, something important is down"
    assert not {"cause", "lesson", "resolution", "duplicate_of"} & set(told)


# What it looks like

LONG = Prose(
    "&" * TEXT_LIMITS["what_happened"],
    "<" * TEXT_LIMITS["impact"],
    ">" * TEXT_LIMITS["what_helped"],
    ("&" * QUESTION_LIMIT,) * QUESTIONS,
)


def test_the_longest_summary_fits_in_one_message_of_slack() -> None:
    """Every text at its limit, in characters that are escaped to five: below 13,000 characters and 50 blocks."""
    longest = replace(
        record(resolved(incident(), BOB, "x", NOW + timedelta(days=400))),
        title="&" * 150, affected="&" * 300, opened_by="&" * 80, owner="&" * 80, people=1_000,
    )  # fmt: skip
    keys = [replace(entry(n, Kind.QUOTED, "&" * 400, pinned=True), author_name="&" * 80) for n in range(KEY_EVENTS)]
    found = replace(draft(LONG, keys, longest), cause="c" * 200, source=Source.TEMPLATE, posted_by=ANN, posted_at=NOW)
    shown = view.draft(Shown(found, replace(incident(), version=9), found))
    for message in (shown, view.posted(found, Signature("&" * 80, "&" * 80))):
        body = message.payload()
        assert len(body["blocks"]) <= 50
        assert len(json.dumps(body["blocks"], ensure_ascii=False)) < 13_000
        texts = [str(block.get("text", {}).get("text", "")) for block in body["blocks"]]
        texts += [
            one["text"] for block in body["blocks"] for one in block.get("elements", ()) if isinstance(one["text"], str)
        ]
        assert all(len(text) <= 3_000 for text in texts)
        assert all(text.count("<") == text.count(">") for text in texts if "<!date" in text)


def test_prose_is_plain_text_and_nobody_is_mentioned_in_public() -> None:
    """Slack interprets nothing in it; the posted message has names only."""
    prose = Prose("<!channel> *bold*", "i", "", ())
    body = view.posted(draft(prose, [entry(1, pinned=True)]), Signature("ann", "bob")).payload()
    (block,) = [one for one in body["blocks"] if "<!channel>" in str(one)]
    assert block["text"]["type"] == "plain_text"
    assert "<@" not in json.dumps(body)
    assert body["text"] == (
        "Summary of incident INC-20261125-7KQ4 (SEV2): checkout is down. It is investigating, not over yet."
    )


def test_the_form_takes_the_longest_prose_and_gives_it_back() -> None:
    """Each input has room for what it shows; its limits are Slack's at most."""
    made = view.form(draft(LONG, []), "C0OPS", "https://hooks.slack.com/actions/" + "x" * 200).to_dict()
    texts = {block["block_id"]: block["element"].get("initial_value", "") for block in made["blocks"]}
    assert view.from_form(texts) == LONG
    assert all(block["element"]["max_length"] <= 3_000 for block in made["blocks"])
    assert len(made["private_metadata"]) <= 3_000


@pytest.mark.parametrize(
    "value", ["", "INC-1", "INC-1/2", "INC-1/2 x", "INC-1 3", "INC-1/2 ٣", "INC-1/2 -1", "INC-1/2 1 x", "INC-1/2 1 2 3"]
)
def test_a_button_of_another_shape_names_no_draft(value: str) -> None:
    """Only `<incident>/<number> <version> [<number>]` does."""
    assert view.draft_of(value) is None
    assert view.draft_of("INC-20261125-7KQ4/2 13") == ("INC-20261125-7KQ4/2", Seen(13))
    assert view.draft_of("INC-20261125-7KQ4/2 13 1") == ("INC-20261125-7KQ4/2", Seen(13, 1))


def test_a_quoted_message_is_a_key_event() -> None:
    """An incident that was opened from a message shows it first."""
    quoted = replace(incident(), quote=Quote("C0OPS", "1.000100", BOB, "it is slow"))
    assert record_of(quoted, "ann", "bob", NOW).title == "checkout is down"
    assert events([entry(0, Kind.QUOTED, "it is slow")])[0].what == "wrote before it was opened"


def test_the_record_is_what_the_incident_says() -> None:
    """Status, people and length follow the incident."""
    over = resolved(incident(), BOB, "x", NOW + timedelta(hours=1))
    told = record_of(over, "ann", "bob", NOW + timedelta(hours=5))
    assert (told.status, told.people, told.lasted, told.version) == (Status.RESOLVED, 2, timedelta(hours=1), 2)
