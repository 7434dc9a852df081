"""Turns of a rotation, without Slack and MongoDB."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import ops
from bot.commands.people import Who
from bot.commands.role import Rotate, SetRole, beginning
from bot.domain.rotation import Every, Rotation, turn_at
from bot.errors import WordError

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday

PEOPLE = st.lists(st.text("ABCDEF", min_size=1, max_size=3), min_size=2, max_size=30, unique=True)
MOMENTS = st.timedeltas(timedelta(days=-30), timedelta(days=1500)).map(lambda distance: MONDAY + distance)


@given(people=PEOPLE, every=st.sampled_from(Every), moment=MOMENTS, before=st.sampled_from(["", "U0OLD"]))
def test_there_is_always_exactly_one_turn(people: list[str], every: Every, moment: datetime, before: str) -> None:
    """The turn holds the moment, is followed by the one of `then` without a gap, and each lasts a day or a week."""
    rotation = Rotation(tuple(people), every, MONDAY, before)
    turn = turn_at(rotation, moment)
    assert moment < turn.until
    assert turn.since is None or turn.since <= moment
    assert turn.since is None or turn.until - turn.since == every.length
    after = turn_at(rotation, turn.until)
    assert (after.who, after.since) == (turn.then, turn.until)
    assert turn_at(rotation, turn.until - timedelta(microseconds=1)).who == turn.who


@given(people=PEOPLE, every=st.sampled_from(Every), start=MOMENTS)
def test_everybody_has_a_turn_in_order_and_equally_often(people: list[str], every: Every, start: datetime) -> None:
    """In as many turns as there are people each has one, in the order in which they were named."""
    rotation = Rotation(tuple(people), every, MONDAY)
    begin = max(start, MONDAY)
    had = [turn_at(rotation, begin + number * every.length).who for number in range(len(people))]
    place = people.index(had[0])
    assert had == people[place:] + people[:place]


def test_until_it_begins_the_one_before_has_it() -> None:
    """Or, where there is nobody or it is the first one, that one has it at once, until the end of their turn."""
    told = turn_at(Rotation(("A", "B"), Every.WEEKLY, MONDAY, "Z"), NOW)
    assert (told.who, told.since, told.until, told.then) == ("Z", None, MONDAY, "A")
    for before in ("", "A"):
        told = turn_at(Rotation(("A", "B"), Every.WEEKLY, MONDAY, before), NOW)
        assert (told.who, told.since, told.until, told.then) == ("A", None, MONDAY + timedelta(days=7), "B")


def test_a_change_of_the_clocks_moves_nothing() -> None:
    """A turn begins at the same time in UTC, winter and summer."""
    rotation = Rotation(("A", "B"), Every.DAILY, MONDAY)
    assert turn_at(rotation, datetime(2027, 3, 28, 9, 0, tzinfo=UTC)).since == datetime(2027, 3, 28, 9, 0, tzinfo=UTC)


# What is typed


@pytest.mark.parametrize(
    ("text", "every", "begins", "backup"),
    [
        ("role on-call rotate <@U1> <@U2> weekly from MONDAY", "weekly", MONDAY, None),
        ("role on call rotate <@U1> <@U2> daily from monday 08:00", "daily", MONDAY.replace(hour=8), None),
        ("role oncall rotate <@U1>, <@U2>, weekly from 2026-11-30", "weekly", MONDAY, None),
        (
            "role on-call rotate <@U1> <@U2> weekly from 2026-11-30 10:00 Europe/Paris backup <@U3>",
            "weekly", MONDAY, Who("U3"),
        ),
        ("role on-call rotate <@U1> <@U2> daily from now", "daily", NOW, None),
    ],
)  # fmt: skip
def test_a_rotation_is_read(text: str, every: str, begins: datetime, backup: Who | None) -> None:
    """A day alone means nine in the morning, UTC; a time and a zone may follow it."""
    said = ops.parse(text)
    assert isinstance(said, Rotate)
    assert (said.role, said.people, said.every) == ("on-call", (Who("U1"), Who("U2")), every)
    assert (beginning(said.begins, NOW), said.backup) == (begins, backup)


MANY = " ".join(f"<@U{number}>" for number in range(40))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("role on-call rotate", "Who takes turns?"),
        ("role on-call rotate ann bob", "“ann” is not a mention."),
        ("role on-call rotate <@U1> weekly from monday", "One person cannot take turns."),
        ("role on-call rotate <@U1> <@U2> <@U1> weekly from monday", "The same person is in it twice."),
        (f"role on-call rotate {MANY} weekly from monday", "40 people are too many for a rotation."),
        ("role on-call rotate <@U1> <!subteam^S1> weekly from monday", "A rotation is of people, not of groups."),
        ("role on-call rotate <@U1> <@U2>", "How often is it handed over?"),
        ("role on-call rotate <@U1> <@U2> monthly from monday", "“monthly” is neither `daily` nor `weekly`."),
        ("role on-call rotate <@U1> <@U2> weekly", "From when?"),
        ("role on-call rotate <@U1> <@U2> weekly from", "From when?"),
        ("role on-call rotate <@U1> <@U2> weekly from monday backup", "Who is the backup?"),
        ("role tech-lead rotate <@U1> <@U2> weekly from monday", "tech-lead does not go round, on-call does."),
    ],
)
def test_what_is_no_rotation_is_refused(text: str, problem: str) -> None:
    """One person, the same twice, forty, a group, no beginning: the answer says what is wrong and what to write."""
    with pytest.raises(WordError) as caught:
        ops.parse(text)
    assert caught.value.problem == problem
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("begins", "problem"),
    [
        ("mon tue", "“mon” needs a time."),
        ("may", "“may” is not a date that I can read."),
        ("2026-02-30", "There is no day 30 in 2026-02."),
        ("2028-01-01", "2028-01-01 is too far off."),
        ("2020-01-01", "2020-01-01 is long past."),
    ],
)
def test_a_beginning_that_is_none_is_refused(begins: str, problem: str) -> None:
    """Nothing is guessed, and a mistyped year is found out."""
    said = ops.parse(f"role on-call rotate <@U1> <@U2> weekly from {begins}")
    assert isinstance(said, Rotate)
    with pytest.raises(WordError) as caught:
        beginning(said.begins, NOW)
    assert caught.value.problem == problem


def test_a_role_without_turns_is_read_as_before() -> None:
    """`rotate` counts right after the role only."""
    assert ops.parse("role on-call <@U1> backup <@U2>") == SetRole("on-call", Who("U1"), Who("U2"))
