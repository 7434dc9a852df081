"""The lines of the template, due times and proofs, without Slack and MongoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import checklist_template as typed
from bot.commands.role import ROLES
from bot.domain import checklist_template as template
from bot.domain.checklist import Checklist, Item, Phase, closed
from bot.domain.checklist_evidence import Facts, proof
from bot.domain.checklist_reminder import due
from bot.domain.checklist_template import GUIDE, Line, Place, Start, due_at, on_window, started
from bot.domain.deep_health import Fact
from bot.domain.health import Reading, State
from bot.domain.role import Role
from bot.domain.window import Window
from bot.slack.views import checklist as view

START = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
WINDOW = Window("MW-20261128-0200", START, END, "Weekly maintenance")


def fresh(*lines: Line) -> Checklist:
    """A checklist of these lines, or of the guide's."""
    list_of = replace(GUIDE, lines=lines) if lines else GUIDE
    return started(list_of, Start(WINDOW, Place("C0OPS"), "U0BOB", START, {"on-call": "U0ANN"}))


# Lines


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Snapshot configs", typed.Line("Snapshot configs")),
        ("- [ ] Snapshot configs", typed.Line("Snapshot configs")),
        ("• Look  at\tLoki [bot:loki]", typed.Line("Look at Loki", "loki")),
        ("Look [BOT: Loki] @On-Call by start-30m", typed.Line("Look", "loki", "on-call", "start-30m")),
        ("Look by end+1h @tech-lead [bot:health]", typed.Line("Look", "health", "tech-lead", "end+1h")),
        ("Look @on_call by END", typed.Line("Look", "", "on-call", "end")),
        ("Ask @ann to look", typed.Line("Ask @ann to look")),
        ("Restart db [1]", typed.Line("Restart db [1]")),
        ("Stand by until all is well", typed.Line("Stand by until all is well")),
        ("Tell ops@example.com", typed.Line("Tell ops@example.com")),
    ],
)
def test_a_line_says_what_who_and_until_when(text: str, wanted: typed.Line) -> None:
    """The marks stand at its end, in any order; everything else is text."""
    assert typed.lines(text) == [wanted]


TEXTS = st.text("ab @[]:-.<&x*", min_size=1, max_size=30)


@given(
    text=TEXTS,
    tag=st.sampled_from(["", *typed.TAGS]),
    assignee=st.sampled_from(["", *ROLES]),
    moment=st.sampled_from(["", "start", "start-30m", "end+1h30m"]),
)
def test_what_the_form_shows_is_read_back_the_same(text: str, tag: str, assignee: str, moment: str) -> None:
    """A version that nobody touched stays as it is."""
    try:
        (read,) = typed.lines(text) or [typed.Line("x")]
    except typed.LineError:
        return
    line = Line(Phase.AFTER, read.text, tag, assignee, moment)
    assert typed.lines(line.typed) == [typed.Line(read.text, tag, assignee, moment)]


def test_both_layers_know_the_same_marks() -> None:
    """What can be written is what the domain proves, and the roles that there are."""
    assert typed.TAGS == template.TAGS
    assert tuple(Role) == ROLES
    assert {line.tag for line in GUIDE.lines} - {""} <= set(template.TAGS)


def test_forty_items_are_the_most() -> None:
    """Forty are taken, forty-one are refused at the longest phase, an item of 200 characters is taken."""
    assert typed.complaints({"BEFORE": "x\n" * 40, "DURING": ""}) == {}
    assert typed.complaints({"BEFORE": "x\n" * 20, "DURING": "y\n" * 21}) == {
        "DURING": "All phases together have 41 items; 40 is the most."
    }
    assert typed.complaints({"BEFORE": "x" * 200}) == {}
    assert "201 characters" in typed.complaints({"BEFORE": "x" * 201})["BEFORE"]


@pytest.mark.parametrize(
    ("rule", "when"),
    [
        ("start", START),
        ("end", END),
        ("start-30m", START - timedelta(minutes=30)),
        ("end+1h30m", END + timedelta(minutes=90)),
        ("", None),
    ],
)
def test_due_follows_the_window(rule: str, when: datetime | None) -> None:
    """And moves with it."""
    assert due_at(rule, START, END) == when
    checklist = fresh(Line(Phase.BEFORE, "Look", due=rule))
    assert checklist.items[0].due == when
    later = timedelta(hours=1)
    moved = on_window(checklist, replace(WINDOW, start=START + later, end=END + later))
    assert moved.items[0].due == (when + later if when else None)


# Proofs


def reading(name: str, state: State = State.UP) -> dict[str, Reading]:
    return {name: Reading(name, state, 0.1, "" if state is State.UP else "no answer", START)}


def test_health_counts_in_its_own_phase_only() -> None:
    """Before the start, during the window, and after the work or the window."""
    lines = [Line(phase, f"Look {phase}", "loki") for phase in Phase]
    checklist = fresh(*lines)
    before, during, after, telling = checklist.items

    def tells(item: Item, now: datetime, of: Checklist = checklist) -> bool:
        return proof(item, of, Facts(now, readings=reading("loki"))) is not None

    early, late = START - timedelta(minutes=1), END + timedelta(minutes=1)
    assert [tells(item, early) for item in (before, during, after, telling)] == [True, False, False, False]
    assert [tells(item, START) for item in (before, during, after, telling)] == [False, True, False, False]
    worked = replace(checklist, items=(before, replace(during, done_by="U0ANN"), after, telling))
    assert [tells(item, START, worked) for item in worked.items] == [False, True, True, True]
    assert [tells(item, late) for item in (before, during, after, telling)] == [False, False, True, True]
    over = closed(checklist, "U0ANN", "enough", [], START)
    assert [tells(item, late, over) for item in over.items] == [False] * 4


@pytest.mark.parametrize(
    ("text", "told", "holds"),
    [
        ("Look at Loki", (), True),
        ("Check the Loki logs", (Fact("newest line", "3 d old", is_good=False),), False),
        ("Check the Loki logs", (Fact("newest line", "2 s old"), Fact("errors (15 min)", "x", is_good=False)), True),
        ("No ERRORS in the logs?", (Fact("newest line", "2 s old"), Fact("errors (15 min)", "x", False)), False),
        ("Is the audit stream there?", (Fact("audit trail", "its newest line 2 s old"),), True),
        (
            "Is the audit stream there?",
            (Fact("audit trail", "not told: no org id", is_good=False, is_told=False),),
            None,
        ),
        ("Is the audit stream there?", (Fact("details", "not told within 6 s", is_good=False, is_told=False),), None),
        ("Logins work, catalogues are complete", (), True),
    ],
)
def test_what_an_item_s_words_call_for_must_be_told_and_good(
    text: str, told: tuple[Fact, ...], holds: bool | None
) -> None:
    """Being up is no proof of what an item is about; what nobody told is neither a proof nor a reason to untick."""
    checklist = fresh(Line(Phase.AFTER, text, "loki"))
    found = proof(checklist.items[0], checklist, Facts(END, readings=reading("loki"), told={"loki": told}))
    assert (found.holds if found else None) is holds


def test_health_as_a_whole_asks_the_services_that_its_words_name() -> None:
    """Of those that are switched on; a fact of another service's is not called for."""
    checklist = fresh(Line(Phase.AFTER, "All targets, SLO dashboards and logs are fine", "health"))
    both = reading("loki") | reading("prometheus") | reading("grafana", State.OFF)
    told = {"loki": (Fact("newest line", "2 s old"),), "prometheus": (Fact("targets", "3 of 3 up"),)}
    found = proof(checklist.items[0], checklist, Facts(END, readings=both, told=told))
    assert found is not None
    assert found.evidence == ("all 2 services are up, targets: 3 of 3 up, newest line: 2 s old, 2026-11-28 02:00 UTC")
    del told["prometheus"]
    assert proof(checklist.items[0], checklist, Facts(END, readings=both, told=told)) is None


def test_a_service_that_is_switched_off_proves_nothing() -> None:
    """It is neither up nor down; `health` is about those that are switched on."""
    item = fresh(Line(Phase.AFTER, "Look", "health")).items[0]
    checklist = fresh(Line(Phase.AFTER, "Look", "health"))
    off, up, down = reading("loki", State.OFF), reading("grafana"), reading("llm", State.DOWN)
    assert proof(item, checklist, Facts(END, readings=off)) is None
    found = proof(item, checklist, Facts(END, readings=off | up))
    assert found is not None
    assert (found.holds, found.evidence) == (True, "all 1 services are up, 2026-11-28 02:00 UTC")
    found = proof(item, checklist, Facts(END, readings=off | up | down))
    assert found is not None
    assert (found.holds, found.evidence) == (False, "llm is down (no answer), 2026-11-28 02:00 UTC")


# Reminders


def test_reminders_are_due_an_hour_after_the_end_and_then_daily() -> None:
    """Only while something of the last two phases is open and nobody closed it."""
    checklist = fresh(Line(Phase.BEFORE, "a"), Line(Phase.AFTER, "b"))
    assert due(checklist, END, END + timedelta(minutes=59)) is None
    first = END + timedelta(hours=1)
    assert due(checklist, END, first) == first
    assert due(checklist, END, first + timedelta(hours=23)) == first
    assert due(checklist, END, first + timedelta(hours=73)) == first + timedelta(hours=72)
    assert due(checklist, None, END + timedelta(hours=23)) is None  # whether it has ended is asked, and that is enough
    assert due(checklist, None, END + timedelta(hours=25)) == END + timedelta(hours=24)
    assert due(checklist, END + timedelta(hours=3), first) is None
    before, after = checklist.items
    done = replace(checklist, items=(before, replace(after, done_by="U0ANN")))
    assert due(done, END, first) is None
    assert due(closed(checklist, "U0ANN", "", [], first), END, first) is None


def test_boxes_beyond_ten_are_groups_of_their_own() -> None:
    """Each group's block tells its part and its own ticks."""
    checklist = fresh(*(Line(Phase.DURING, f"item {number}") for number in range(23)))
    items = tuple(replace(one, done_by="U0ANN") if one.number in (3, 12) else one for one in checklist.items)
    blocks = view.card(replace(checklist, items=items)).payload()["blocks"]
    found = [boxes for block in blocks if block["type"] == "actions" and (boxes := view.boxes_of(block["block_id"]))]
    assert [(boxes.part, sorted(boxes.shown)) for boxes in found] == [(0, [3]), (1, [12]), (2, [])]
