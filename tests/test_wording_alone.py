"""Numbers in sentences: one of a thing is one, and a length after "the last" reads as people say it."""

from datetime import timedelta

import pytest

from bot.domain.wording import all_were, counted, last, so_many


def test_one_of_a_thing_is_not_several() -> None:
    """Numbers of more than three digits have their comma."""
    assert [counted(n, "item") for n in (0, 1, 2, 1_200)] == ["0 items", "1 item", "2 items", "1,200 items"]
    assert [counted(n, "entry", "entries") for n in (1, 2)] == ["1 entry", "2 entries"]
    assert [so_many(n, "silence") for n in (1, 2)] == ["One silence is", "2 silences are"]
    said = ["The one service was", "Both services were", "All 3 services were"]
    assert [all_were(n, "service") for n in (1, 2, 3)] == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(days=1), "day"),
        (timedelta(hours=24), "day"),
        (timedelta(days=30), "30 days"),
        (timedelta(hours=1), "hour"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(seconds=1), "second"),
    ],
)
def test_a_length_after_the_last_reads_as_people_say_it(length: timedelta, said: str) -> None:
    """Not "the last 1 d"."""
    assert last(length) == said
