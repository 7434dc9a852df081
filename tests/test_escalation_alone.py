"""What came of the steps of an escalation, as it is counted."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.escalation import Ask, Crew, Escalation, Rung, State, Step
from bot.domain.escalation_outcome import Outcome, outcome
from bot.domain.role import Group, Holder, Role

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ASKED = Step(1, NOW, (Rung.ON_CALL,), (Ask(Rung.ON_CALL, "U0ANN"),))
KNOWN = Escalation("INC-20261125-7KQ4", 1, "U0BOB", "", NOW, (ASKED,))
SECOND = Step(2, NOW, (Rung.BACKUP,), (Ask(Rung.BACKUP, "U0BOB"),))
NOBODY = replace(ASKED, asked=())


@pytest.mark.parametrize(
    ("before", "after", "came"),
    [
        (replace(KNOWN, steps=()), KNOWN, None),
        (KNOWN, replace(KNOWN, version=2), None),
        (KNOWN, replace(KNOWN, steps=(ASKED, SECOND)), Outcome.NO_ANSWER),
        (KNOWN, replace(KNOWN, steps=(ASKED, replace(SECOND, by="U0BOB"))), Outcome.CALLED_ON),
        (KNOWN, replace(KNOWN, steps=(ASKED, replace(SECOND, by="U0ANN", is_passed_on=True))), Outcome.PASSED_ON),
        (replace(KNOWN, steps=(NOBODY,)), replace(KNOWN, steps=(NOBODY, SECOND)), Outcome.NOBODY),
        (KNOWN, replace(KNOWN, state=State.HELD), Outcome.TAKEN),
        (replace(KNOWN, state=State.EXHAUSTED), replace(KNOWN, state=State.HELD), Outcome.TAKEN),
        (KNOWN, replace(KNOWN, state=State.OVER), Outcome.OVER),
        (replace(KNOWN, state=State.HELD), replace(KNOWN, state=State.HELD, is_end_told=True), None),
    ],
)
def test_a_step_comes_to_one_thing(before: Escalation, after: Escalation, came: Outcome | None) -> None:
    """The next step, somebody who has it or the incident's end says what came of the last one; nothing else does."""
    assert outcome(before, after) == came


def test_of_a_group_the_first_who_is_there_is_asked() -> None:
    """Its first member has left: the rung is not skipped for that."""
    members = ("U0ANN", "U0BOB")
    on_call = Holder(Role.ON_CALL, "U0ANN", "U0CYD", owner_group=Group("S0OPS", members))
    for gone, asked in ((frozenset(), "U0ANN"), (frozenset({"U0ANN"}), "U0BOB"), (frozenset(members), "U0ANN")):
        crew = Crew([on_call], gone)
        assert (crew.people(Rung.ON_CALL), crew.people(Rung.BACKUP)) == ((asked,), ("U0CYD",))
