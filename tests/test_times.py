"""Durations and moments that people type: a closed list of shapes, and a remedy for all others."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.durations import compact, duration, duration_first
from bot.commands.moments import moment, moment_first
from bot.commands.words import words
from bot.errors import WordError

NOW = datetime(2026, 11, 23, 23, 27, tzinfo=UTC)  # a Monday

# Durations


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30s", timedelta(seconds=30)),
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("2 h", timedelta(hours=2)),
        ("90 minutes", timedelta(minutes=90)),
        ("2 hours", timedelta(hours=2)),
        ("1 hour 30 minutes", timedelta(minutes=90)),
        ("2H", timedelta(hours=2)),
        ("2hrs", timedelta(hours=2)),
        ("1d12h", timedelta(hours=36)),
    ],
)
def test_durations_are_read(text: str, wanted: timedelta) -> None:
    """Units may be short or long, joined to the number or after it."""
    assert duration(text) == wanted


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("30", "Did you mean `30m`?"),
        ("0m", "no time at all"),
        ("0", "not a duration"),
        ("-5m", "negative"),
        ("−5m", "negative"),
        ("1.5h", "Did you mean `1h30m`?"),
        ("1,5h", "Did you mean `1h30m`?"),
        ("0.0001s", "whole numbers"),
        ("5w", "not a unit"),
        ("30m1h", "the larger first"),
        ("1h2h", "each unit once"),
        ("32d", "31d is the most"),
        ("9" * 5000 + "d", "31d is the most"),
        ("soon", "not a duration"),
        ("2h please", "does not belong"),
        ("½h", "not a duration"),
        ("", "missing"),
        ("٣٠m", "not a duration"),
    ],
)
def test_other_durations_are_refused_with_a_remedy(text: str, part: str) -> None:
    """Nothing, less than nothing, too much and guesses are refused; the sentence says what to write."""
    with pytest.raises(WordError) as caught:
        duration(text)
    assert part in str(caught.value)
    assert caught.value.remedy


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=31 * 86400))
def test_durations_round_trip(seconds: int) -> None:
    """What is written compactly is read back as the same."""
    assert duration(compact(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


def test_a_duration_is_taken_from_the_front_of_words() -> None:
    """It ends where a word is no smaller unit, so that a title may follow."""
    assert duration_first(words("1h 30m disk swap").words) == (timedelta(minutes=90), 2)
    assert duration_first(words("2 h 3d printer").words) == (timedelta(hours=2), 2)
    assert duration_first(words("1h 2nd disk").words) == (timedelta(hours=1), 1)


# Moments


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("now", "2026-11-23 23:27"),
        ("in 2h", "2026-11-24 01:27"),
        ("in 90 minutes", "2026-11-24 00:57"),
        ("sat 14:00", "2026-11-28 14:00"),
        ("Saturday 14:00", "2026-11-28 14:00"),
        ("sat at 14:00", "2026-11-28 14:00"),
        ("mon 23:28", "2026-11-23 23:28"),
        ("mon 23:00", "2026-11-30 23:00"),
        ("tomorrow 14:00", "2026-11-24 14:00"),
        ("today 14:00", "2026-11-23 14:00"),
        ("14:00", "2026-11-24 14:00"),
        ("23:30", "2026-11-23 23:30"),
        ("9:05", "2026-11-24 09:05"),
        ("2026-11-28 02:00", "2026-11-28 02:00"),
        ("2026-11-28T02:00Z", "2026-11-28 02:00"),
        ("2026-11-28T02:00:00Z", "2026-11-28 02:00"),
        ("2026-11-28T02:00", "2026-11-28 02:00"),
        ("2026-11-28T02:00 Europe/Paris", "2026-11-28 01:00"),
        ("2026-11-28T02:00+02:00", "2026-11-28 00:00"),
        ("2026-11-28 02:00 UTC", "2026-11-28 02:00"),
        ("2026-11-28 02:00 Z", "2026-11-28 02:00"),
        ("2026-11-28 02:00Z", "2026-11-28 02:00"),
        ("2026-11-28 02:00 +02:00", "2026-11-28 00:00"),
        ("2026-11-28 02:00 -03:30", "2026-11-28 05:30"),
        ("2026-07-28 02:00 europe/paris", "2026-07-28 00:00"),
        # It is Tuesday already in Tokyo.
        ("today 14:00 Asia/Tokyo", "2026-11-24 05:00"),
        ("tue 08:00 Asia/Tokyo", "2026-11-30 23:00"),
        ("tomorrow 00:00 Asia/Tokyo", "2026-11-24 15:00"),
    ],
)
def test_moments_are_read(text: str, wanted: str) -> None:
    """Days are those of the zone; without a zone they are UTC; weekdays and bare times are the next ones."""
    when = moment(text, NOW)
    assert when.tzinfo is UTC
    assert f"{when:%Y-%m-%d %H:%M}" == wanted


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0200", "Did you mean `02:00`?"),
        ("sat 0200", "Did you mean `02:00`?"),
        ("2pm", "Did you mean `14:00`?"),
        ("12am", "Did you mean `00:00`?"),
        ("2:30pm", "Did you mean `14:30`?"),
        ("14.30", "Did you mean `14:30`?"),
        ("14h30", "Did you mean `14:30`?"),
        ("noon", "Did you mean `12:00`?"),
        ("may", "Write it like `2026-11-28 14:00`"),
        ("28 november 14:00", "Write it like `2026-11-28 14:00`"),
        ("28.11.2026 14:00", "Write it like `2026-11-28 14:00`"),
        ("11/28/2026 14:00", "Write it like `2026-11-28 14:00`"),
        ("1", "only a number"),
        ("25:00", "Hours go from 00 to 23"),
        ("23:60", "minutes from 00 to 59"),
        ("24:00", "Write `00:00` of the next day"),
        ("2026-02-30 14:00", "no day 30 in 2026-02"),
        ("2026-13-01 14:00", "no month 13"),
        ("2026-00-01 14:00", "no month 00"),
        ("0200-01-01 14:00", "out of reach"),
        ("9999-12-31 23:59", "out of reach"),
        ("sat", "Did you mean `sat 14:00`?"),
        ("sat lunch", "Did you mean `sat 14:00`?"),
        ("tomorrow", "Did you mean `tomorrow 14:00`?"),
        ("2026-11-28", "Did you mean `2026-11-28 14:00`?"),
        ("next sat 14:00", "Write it like"),
        ("in", "Write it like `in 2h`"),
        ("in 30", "Did you mean `30m`?"),
        ("14:00 CET", "more than one time"),
        ("14:00 UTC+2", "Did you mean `+02:00`?"),
        ("14:00 +2", "Did you mean `+02:00`?"),
        ("14:00 +99:00", "not an offset"),
        ("14:00+99:00", "not an offset"),
        ("14:00 Europe/Pariss", "Did you mean `Europe/Paris`?"),
        ("14:00 Europe/Nowhereville", "I know no zone"),
        ("14:00 ../../etc/passwd", "does not belong"),
        ("14:00 America/Argentina", "I know no zone"),
        ("14:00 please", "does not belong"),
        ("", "missing"),
    ],
)
def test_other_moments_are_refused_with_a_remedy(text: str, part: str) -> None:
    """Nothing is guessed: the sentence says what to write instead, and points at the word."""
    with pytest.raises(WordError) as caught:
        moment(text, NOW)
    error = caught.value
    assert part in str(error)
    assert error.remedy
    assert error.text == text
    assert 0 <= error.start <= error.end <= len(text)


def test_past_moments_are_refused_where_they_make_no_sense() -> None:
    """The minute that is on the clock is not past yet."""
    with pytest.raises(WordError, match="2026-11-23 14:00 UTC is past"):
        moment("today 14:00", NOW, ahead=True)
    late = NOW + timedelta(seconds=50)
    assert moment("today 23:27", late, ahead=True) == NOW
    assert moment("now", late, ahead=True) == late


@pytest.mark.parametrize(
    ("text", "at", "readings"),
    [
        ("2026-03-29 02:30 Europe/Paris", "2026-03-20", ("2026-03-29 00:30", "2026-03-29 01:30")),
        ("2026-03-28 02:00 Asia/Gaza", "2026-03-20", ("2026-03-27 23:00", "2026-03-28 00:00")),
        ("sat 02:00 Asia/Gaza", "2026-03-25", ("2026-03-27 23:00", "2026-03-28 00:00")),
        ("sat 02:00 Asia/Hebron", "2026-03-25", ("2026-03-27 23:00", "2026-03-28 00:00")),
    ],
)
def test_a_time_that_the_clock_skips_is_refused_with_both_readings(
    text: str, at: str, readings: tuple[str, str]
) -> None:
    """The error names what the time would be before and after the change, in UTC."""
    with pytest.raises(WordError, match="does not exist") as caught:
        moment(text, datetime.fromisoformat(f"{at}T12:00Z"))
    assert all(f"`{reading} UTC`" in caught.value.remedy for reading in readings)


@pytest.mark.parametrize(
    ("text", "at", "readings"),
    [
        ("2026-10-25 02:30 Europe/Paris", "2026-10-20", ("2026-10-25 00:30", "2026-10-25 01:30")),
        ("2026-10-24 01:30 Asia/Gaza", "2026-10-20", ("2026-10-23 22:30", "2026-10-23 23:30")),
        ("sat 01:00 Asia/Gaza", "2026-10-20", ("2026-10-23 22:00", "2026-10-23 23:00")),
    ],
)
def test_a_time_that_the_clock_repeats_is_refused_with_both_readings(
    text: str, at: str, readings: tuple[str, str]
) -> None:
    """The error names the first and the second, in UTC."""
    with pytest.raises(WordError, match="happens twice") as caught:
        moment(text, datetime.fromisoformat(f"{at}T12:00Z"))
    assert all(f"`{reading} UTC`" in caught.value.remedy for reading in readings)


@pytest.mark.parametrize(
    ("text", "at", "wanted"),
    [
        ("sat 03:00 Asia/Gaza", "2026-03-25", "2026-03-28 00:00"),
        ("sat 01:59 Asia/Gaza", "2026-03-25", "2026-03-27 23:59"),
        ("sat 02:00 Asia/Gaza", "2026-10-20", "2026-10-24 00:00"),
        ("sat 00:59 Asia/Gaza", "2026-10-20", "2026-10-23 21:59"),
    ],
)
def test_times_beside_a_clock_change_are_read(text: str, at: str, wanted: str) -> None:
    """Only the hour that is skipped or repeated is refused."""
    when = moment(text, datetime.fromisoformat(f"{at}T12:00Z"))
    assert f"{when:%Y-%m-%d %H:%M}" == wanted


def test_the_remedy_for_a_clock_change_is_read_back() -> None:
    """What the error offers is a moment that the same words accept."""
    for text in ("2026-03-29 02:30 Europe/Paris", "2026-10-25 02:30 Europe/Paris"):
        with pytest.raises(WordError) as caught:
            moment(text, NOW)
        for offered in (caught.value.remedy.split("`")[1], caught.value.remedy.split("`")[3]):
            assert f"{moment(offered, NOW):%Y-%m-%d %H:%M UTC}" == offered


def test_a_moment_is_taken_from_the_front_of_words() -> None:
    """A zone after it belongs to it, a title does not."""
    assert moment_first(words("sat 14:00 disk swap").words, NOW)[1] == 2
    assert moment_first(words("sat 14:00 Europe/Paris disk swap").words, NOW)[1] == 3
    assert moment_first(words("sat 14:00 db/replica upgrade").words, NOW)[1] == 2
    assert moment_first(words("in 2h west wing power").words, NOW)[1] == 2
    assert moment_first(words("sat 14:00 west wing power").words, NOW)[1] == 2


def test_a_naive_now_is_a_mistake_of_ours() -> None:
    """The caller's clock is aware."""
    with pytest.raises(ValueError, match="aware"):
        moment("14:00", NOW.replace(tzinfo=None))


PIECES = (
    *("now", "in", "today", "tomorrow", "sat", "mon", "at", "may", "x", "\u200b"),
    *("14:00", "02:30", "24:00", "0200", "2026-11-28", "2026-10-25", "2026-03-29T02:30"),
    *("UTC", "Z", "+02:00", "-14:00", "Europe/Paris", "Asia/Gaza", "2h", "30", "m"),
)
SHAPES = st.lists(st.sampled_from(PIECES), max_size=5).map(" ".join)
NOWS = st.integers(min_value=978_307_200, max_value=3_786_912_000).map(lambda at: datetime.fromtimestamp(at, UTC))


def outcome(text: str, now: datetime) -> datetime | WordError:
    try:
        return moment(text, now)
    except WordError as error:
        return error


@settings(deadline=None)
@given(SHAPES | st.text(max_size=30), NOWS)
def test_whatever_is_typed_is_an_aware_moment_or_an_error_inside_the_text(text: str, now: datetime) -> None:
    """Nothing else ever comes out of a moment, and every error has a remedy."""
    found = outcome(text, now)
    if isinstance(found, datetime):
        assert found.tzinfo is UTC
    else:
        assert 0 <= found.start <= found.end <= len(text)
        assert found.problem
        assert found.remedy
