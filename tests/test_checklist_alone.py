"""What a press on a tick box means, without Slack and MongoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.checklist import Checklist, Phase, Press, meant
from bot.domain.checklist_template import GUIDE, Place, Start, started
from bot.domain.window import Window
from bot.slack.views import checklist as view

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
ANN, BOB = "U0ANN", "U0BOB"

WINDOW = Window("MW-20261128-0200", NOW, NOW + timedelta(hours=4), "Weekly maintenance")


def fresh() -> Checklist:
    """A checklist of the guide's, started by Bob."""
    return started(GUIDE, Start(WINDOW, Place("C0OPS"), BOB, NOW, {}))


def changed(checklist: Checklist, number: int, who: str) -> Checklist:
    """The checklist with an item ticked by somebody, or unticked (""), a second later than the change before."""
    now = NOW + timedelta(seconds=checklist.version)
    items = [
        replace(item, done_by=who, done_at=now if who else None) if item.number == number else item
        for item in checklist.items
    ]
    return replace(checklist, items=tuple(items), version=checklist.version + 1)


@settings(deadline=None)
@given(
    ticked=st.sets(st.sampled_from([1, 2, 3])),
    anns=st.sets(st.sampled_from([1, 2, 3])),
    steps=st.lists(st.tuples(st.sampled_from([ANN, BOB]), st.sampled_from([1, 2, 3])), max_size=12),
)
def test_presses_on_an_old_screen_do_what_that_person_sees(
    ticked: set[int], anns: set[int], steps: list[tuple[str, int]]
) -> None:
    """However old Ann's screen is: her items end as it shows them, and what Bob ticked meanwhile stays ticked."""
    checklist = fresh()
    for number in ticked:
        checklist = changed(checklist, number, BOB)
    shown = frozenset(ticked)
    selected = set(ticked)
    for who, number in steps:
        if who == BOB and number not in anns and number not in ticked:
            checklist = changed(checklist, number, BOB)
        elif who == ANN and number in anns:
            selected ^= {number}
            ticks, unticks = meant(checklist, Press(ANN, Phase.BEFORE, shown, frozenset(selected)))
            for each in ticks:
                checklist = changed(checklist, each, ANN)
            for each in unticks:
                checklist = changed(checklist, each, "")
    done = {item.number for item in checklist.items if item.is_done}
    assert done & anns == selected & anns
    assert {number for who, number in steps if who == BOB} - anns <= done


def test_the_same_press_twice_is_one() -> None:
    """What the press wants is so already, by the same person: nothing is meant."""
    checklist = changed(fresh(), 1, ANN)
    press = Press(ANN, Phase.BEFORE, frozenset(), frozenset({1}))
    assert meant(checklist, press) == ([], [])


def test_what_somebody_else_has_ticked_is_asked_for_again() -> None:
    """So that the person is told who was first."""
    checklist = changed(fresh(), 1, BOB)
    press = Press(ANN, Phase.BEFORE, frozenset(), frozenset({1}))
    assert meant(checklist, press) == ([1], [])


def test_a_block_tells_what_it_showed() -> None:
    """The boxes of a message carry their window, their phase and what was ticked; no other block does."""
    checklist = changed(changed(fresh(), 4, ANN), 6, BOB)
    ids = [block["block_id"] for block in view.card(checklist).payload()["blocks"] if block["type"] == "actions"]
    found = [boxes for block_id in ids if (boxes := view.boxes_of(block_id))]
    assert [(boxes.window_id, boxes.phase, sorted(boxes.shown)) for boxes in found] == [
        ("MW-20261128-0200", phase, [4, 6] if phase is Phase.DURING else []) for phase in Phase
    ]
    for other in ("", "old", "MW-20261128-0200/BEFORE", "MW-20261128-0200/LATER/1/", "x/BEFORE/1/2/3", "/BEFORE/1/"):
        assert view.boxes_of(other) is None
