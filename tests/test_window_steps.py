"""Every step of a window from every state, allowed or refused: the diagram in `bot.domain.window`, walked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import window_steps as steps
from bot.domain.announcement import Ladder, rungs
from bot.domain.window import Deed, Kind, Scope, State, Window
from bot.errors import ConflictError, UserError

START = datetime(2026, 11, 28, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAN = steps.scheduled(
    Window("MW-20261128-0200", START, START + 4 * HOUR, "Upgrade Loki", Kind.ONE_OFF), "U0ANN", START - 10 * HOUR
)
DURING = START + HOUR


def scope(by: str = "U0ANN", *, infra: bool = False) -> Scope:
    """What somebody wants done."""
    return Scope("Upgrade Loki to 3.2", by, START, 0, is_infra=infra)


BEGUN = steps.begun(PLAN, "U0ANN", START, START)
STATES = {
    State.PLANNED: PLAN,
    State.UNDER_WAY: BEGUN,
    State.OVER: steps.ended(BEGUN, "U0BOB", DURING, DURING),
    State.CANCELLED: steps.cancelled(PLAN, "U0BOB", "the vendor is late", START),
    State.MOVED: steps.moved(PLAN, steps.becomes(PLAN, "U0BOB", START + 24 * HOUR, START), "U0BOB", START),
    State.NOT_HELD: steps.lapsed(PLAN, "its scope was not approved", START + 4 * HOUR),
}
STEPS: dict[str, Callable[[Window], Window]] = {
    "scope": lambda one: steps.scoped(one, scope(), DURING),
    "approve": lambda one: steps.approved(one, "U0CYD", ("tech-lead",), DURING),
    "reject": lambda one: steps.rejected(one, "U0CYD", "no rollback plan", DURING),
    "begin": lambda one: steps.begun(one, "U0ANN", DURING, DURING),
    "extend": lambda one: steps.extended(one, "U0ANN", HOUR, DURING),
    "end": lambda one: steps.ended(one, "U0ANN", DURING, DURING),
    "roll back": lambda one: steps.rolled_back(one, "U0ANN", "queries fail", DURING),
    "cancel": lambda one: steps.cancelled(one, "U0ANN", "the vendor is late", DURING),
    "move": lambda one: steps.moved(one, steps.becomes(one, "U0ANN", START + 48 * HOUR, DURING), "U0ANN", DURING),
    "except": lambda one: steps.excepted(one, "U0ANN", "a security fix", DURING),
}
# Each state with its steps, and where they lead. "approve", "reject" and "except" take more: below.
ALLOWED = {
    (State.PLANNED, "scope"): State.PLANNED,
    (State.PLANNED, "begin"): State.UNDER_WAY,
    (State.PLANNED, "cancel"): State.CANCELLED,
    (State.PLANNED, "move"): State.MOVED,
    (State.UNDER_WAY, "scope"): State.UNDER_WAY,
    (State.UNDER_WAY, "extend"): State.UNDER_WAY,
    (State.UNDER_WAY, "end"): State.OVER,
    (State.UNDER_WAY, "roll back"): State.UNDER_WAY,
    (State.OVER, "roll back"): State.OVER,
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("step", STEPS)
def test_a_window_takes_the_steps_of_the_diagram_and_no_others(state: State, step: str) -> None:
    """An allowed step leads where the diagram says and is kept as an act; a refused one says why, and what to do."""
    before = STATES[state]
    assert before.state is state
    wanted = ALLOWED.get((state, step))
    if wanted is None:
        with pytest.raises(UserError) as refused:
            STEPS[step](before)
        assert before.id in refused.value.problem
        assert refused.value.remedy
        return
    after = STEPS[step](before)
    assert after.state is wanted
    assert (after.version, after.acts[-1].version) == (before.version + 1, before.version + 1)


def test_the_second_of_two_is_told_what_the_first_did() -> None:
    """Whatever comes after a cancellation hears who cancelled it and why."""
    for step in ("scope", "approve", "begin", "extend", "end", "cancel", "move"):
        with pytest.raises(ConflictError) as refused:
            STEPS[step](STATES[State.CANCELLED])
        assert refused.value.problem == "MW-20261128-0200 was cancelled: “the vendor is late”"
        assert refused.value.by == "U0BOB"


def test_a_scope_takes_the_yes_of_each_role_once() -> None:
    """Infrastructure takes two roles; the same role twice is told who was first; one person may have both."""
    asked = steps.scoped(PLAN, scope(infra=True), START)
    assert not asked.may_begin
    one = steps.approved(asked, "U0CYD", ("tech-lead",), START)
    assert one.scope is not None
    assert (one.scope.lacks, one.may_begin) == (("duty-officer",), False)
    with pytest.raises(ConflictError, match="approved already") as again:
        steps.approved(one, "U0BOB", ("tech-lead",), START)
    assert again.value.by == "U0CYD"
    assert steps.approved(one, "U0BOB", ("duty-officer",), START).may_begin
    assert steps.approved(asked, "U0BOB", ("duty-officer", "tech-lead"), START).may_begin


def test_nobody_approves_their_own_scope() -> None:
    """Neither yes nor no."""
    asked = steps.scoped(PLAN, scope(by="U0CYD"), START)
    for step in ("approve", "reject"):
        with pytest.raises(UserError, match="nobody approves or rejects their own"):
            STEPS[step](asked)


def test_another_scope_voids_what_was_approved() -> None:
    """Also what was rejected."""
    yes = steps.approved(steps.scoped(PLAN, scope(), START), "U0CYD", ("tech-lead",), START)
    no = steps.rejected(yes, "U0CYD", "no rollback plan", START)
    assert (yes.may_begin, no.may_begin) == (True, False)
    with pytest.raises(ConflictError, match="was rejected: “no rollback plan”"):
        steps.approved(no, "U0BOB", ("tech-lead",), START)
    fresh = steps.scoped(yes, scope(), START)
    assert fresh.scope is not None
    assert (fresh.may_begin, fresh.scope.approvals) == (False, ())
    assert steps.approved(steps.scoped(no, scope(), START), "U0BOB", ("tech-lead",), START).may_begin


def test_a_frozen_window_is_excepted_once() -> None:
    """A freeze stands in its way until the tech lead excepts it, or it ends."""
    cold = steps.frozen(PLAN, "year's end", START)
    with pytest.raises(UserError, match="lies in a freeze: year's end"):
        STEPS["begin"](cold)
    free = STEPS["except"](cold)
    assert free.may_begin
    with pytest.raises(ConflictError, match="is excepted already"):
        STEPS["except"](free)
    assert steps.thawed(cold, START).may_begin


def test_what_is_begun_early_or_extended_late() -> None:
    """A day early at most; an extension after the planned end counts from now, a week in all at most."""
    assert steps.begun(PLAN, "U0ANN", START - HOUR, START - HOUR).actual_start == START - HOUR
    with pytest.raises(UserError, match="starts only in"):
        steps.begun(PLAN, "U0ANN", START - 25 * HOUR, START - 25 * HOUR)
    with pytest.raises(UserError, match="is over"):
        steps.begun(PLAN, "U0ANN", START + 4 * HOUR, START + 4 * HOUR)
    later = steps.extended(BEGUN, "U0ANN", HOUR, START + 5 * HOUR)
    assert (later.end, later.rounds) == (START + 6 * HOUR, 1)
    with pytest.raises(UserError, match="7 d is the most"):
        steps.extended(BEGUN, "U0ANN", timedelta(days=7), DURING)


def test_a_window_never_ends_before_it_began() -> None:
    """Not by a clock that was set back either: it ends when it began, and that is said, without waiting for that."""
    before = START - HOUR
    over = steps.ended(BEGUN, "U0ANN", before, before)
    assert (over.actual_start, over.actual_end) == (START, START)
    assert over.acts[-1].text == steps.SET_BACK
    end = rungs(over, Ladder((), timedelta(minutes=30)))[0]
    assert (end.name, end.due) == ("end", before)
    assert steps.ended(BEGUN, "U0ANN", DURING, DURING).acts[-1].text == ""


def test_a_window_is_rolled_back_once_and_until_a_day_after_its_end() -> None:
    """It stays under way; later it is an incident of its own."""
    back = STEPS["roll back"](BEGUN)
    assert (back.state, back.rolled_back) == (State.UNDER_WAY, "queries fail")
    with pytest.raises(ConflictError, match="is rolled back already: “queries fail”"):
        STEPS["roll back"](back)
    with pytest.raises(ConflictError, match="was ended"):
        steps.rolled_back(STATES[State.OVER], "U0ANN", "late", DURING + 25 * HOUR)


def test_a_moved_window_becomes_another_that_is_approved_anew() -> None:
    """As long, with the same title and scope, under the name of its own start."""
    asked = steps.approved(steps.scoped(PLAN, scope(), START), "U0CYD", ("tech-lead",), START)
    other = steps.becomes(asked, "U0ANN", START + 24 * HOUR, START)
    assert (other.id, other.end - other.start, other.moved_from) == ("MW-20261129-0200", 4 * HOUR, PLAN.id)
    assert other.scope is not None
    assert (other.scope.text, other.may_begin) == ("Upgrade Loki to 3.2", False)
    assert other.acts[-1].deed is Deed.SCOPED
    gone = steps.moved(asked, other, "U0ANN", START)
    assert (gone.state, gone.moved_to, gone.successor) == (State.MOVED, other.id, other)
    with pytest.raises(UserError, match="starts then already"):
        steps.becomes(PLAN, "U0ANN", START, START)


def test_attendants_are_owed_starts_extensions_and_ends() -> None:
    """By the version of the act, so that each is counted once."""
    later = steps.extended(BEGUN, "U0ANN", HOUR, DURING)
    over = steps.ended(later, "U0ANN", DURING, DURING)
    assert over.owed == (BEGUN.version, later.version, over.version)
    assert replace(PLAN).owed == ()
