"""The rules of finding by themselves: words of a text, months, and the words that a button carries."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import incident as commands
from bot.commands.search import MOST_WORDS, List, Search
from bot.domain.incident import WORKING, Severity, Status
from bot.domain.search import ALL, LONGEST, SHORTEST, Filters, Month, Wanted, month, words_in
from bot.slack.views.search import next_page

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Checkout is DOWN!", ("checkout", "is", "down")),
        ("db-07.prod:9090", ("db", "07", "prod", "9090")),
        ("it's a $where", ("it", "where")),
        ("Straße ＬＯＧ ﬁle", ("strasse", "log", "file")),
        ("down down DOWN", ("down",)),
        ("नमस्ते दुनिया", ("नमस्ते", "दुनिया")),
        ("x" * 100, ("x" * 40,)),
        ("🔥 .* ^$", ()),
    ],
)
def test_the_words_of_a_text(text: str, wanted: tuple[str, ...]) -> None:
    """Letters and digits, each word once, in order, without case, width and ligatures."""
    assert words_in(text) == wanted


@given(st.text())
def test_words_are_letters_and_digits_whatever_the_text(text: str) -> None:
    """Nothing that MongoDB reads as an operator, a path or a pattern; and words have the words that they are."""
    words = words_in(text)
    assert not {*"$.*^{}[]|\\\"'\0 "} & {*"".join(words)}
    assert all(SHORTEST <= len(word) <= LONGEST for word in words)
    assert words_in(" ".join(words)) == words


def test_a_month_that_is_named_is_the_latest_that_has_begun() -> None:
    """In November, December is last year's."""
    assert month(NOW, 11) == Month(2026, 11)
    assert month(NOW, 12) == Month(2025, 12)
    assert month(NOW, 12, 2026) == Month(2026, 12)
    assert month(NOW) == Month(2026, 11)
    assert month(NOW.replace(month=1), ago=1) == Month(2025, 12)
    assert str(month(NOW, 3)) == "2026-03"
    assert Month(2026, 12).ends == Month(2027, 1).begins


def test_a_month_ends_where_the_next_begins() -> None:
    """All twelve, leap years too."""
    for number in range(1, 12):
        for year in (2024, 2026):
            assert Month(year, number).ends == Month(year, number + 1).begins


filters = st.builds(
    Filters,
    st.none() | st.sampled_from(Severity),
    st.sampled_from([ALL, WORKING, *((status,) for status in Status)]),
    st.none() | st.builds(Month, st.integers(2000, 2099), st.integers(1, 12)),
)


@given(filters, st.lists(st.text(), max_size=MOST_WORDS), st.integers(1, 98))
def test_a_button_asks_for_the_next_page_of_the_same(passing: Filters, texts: list[str], page: int) -> None:
    """What it carries is read back as the same words and filters, and fits into a button."""
    words = words_in(*texts)[:MOST_WORDS]
    value = next_page(Wanted(passing, words, page))
    said = commands.parse(value)
    assert len(value) <= 2000
    assert isinstance(said, Search if words else List)
    which = said.which
    status = {ALL: ("", "all"), WORKING: ("open",)}.get(passing.statuses, (passing.statuses[0].value,))
    assert which.status in status
    assert which.severity == (int(passing.severity[3]) if passing.severity else None)
    assert which.page == page + 1
    assert (which.month is None) == (passing.month is None)
    if which.month and passing.month:
        assert month(NOW, which.month.number, which.month.year) == passing.month
    if isinstance(said, Search):
        assert words_in(*said.texts) == words
