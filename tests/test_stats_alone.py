"""The rules of statistics by themselves: medians of few, hours, titles that come again, and where counting ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import stats
from bot.domain.incident import Severity
from bot.domain.stats import Brief, Repeat, Spread, spread
from bot.slack.views import stats as view

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


def minutes(*some: float) -> list[timedelta]:
    return [timedelta(minutes=each) for each in some]


def one(title: str = "checkout is down", hour: int = 9, severity: Severity = Severity.SEV3) -> Brief:
    """An incident of yesterday, on which nobody acted."""
    at = NOW.replace(day=24, hour=hour)
    return Brief(title, severity, at, at, None, None)


@pytest.mark.parametrize(
    ("times", "median", "most"),
    [
        ((5,), 5, 5),
        ((1, 9), 5, 9),
        ((9, 1, 2), 2, 9),
        (range(1, 11), 5.5, 9),
        (range(1, 12), 6, 10),
        (range(1, 101), 50.5, 90),
    ],
)
def test_half_and_nine_of_ten_are_within(times: Sequence[int], median: float, most: float) -> None:
    """The median of an even number is between two; the 90th percentile is a time that was measured."""
    assert spread(minutes(*times)) == Spread(len(times), *minutes(median, most))


def test_nothing_measured_is_no_time() -> None:
    """Nobody acted yet: that is not zero minutes."""
    assert spread([]) == Spread(0)
    assert spread(minutes(-5)) == Spread(1, timedelta(0), timedelta(0))


def test_times_run_from_opening_and_from_the_beginning() -> None:
    """Acknowledging counts from when the incident was opened, resolving from when the trouble began."""
    at = NOW.replace(day=24, hour=9)
    hour = timedelta(hours=1)
    incident = replace(one(), began=at - hour, acknowledged_at=at + minutes(4)[0], resolved_at=at + 2 * hour)
    told = stats.stats([incident, one()], NOW, MONTH)
    assert told.to_acknowledge == Spread(1, *minutes(4, 4))
    assert told.to_resolve == Spread(1, *minutes(180, 180))


def test_what_two_people_opened_happened_once() -> None:
    """A duplicate is no incident of its own: neither number nor hour nor repeated title, and the answer says so."""
    told = stats.stats([replace(one(hour=10), is_duplicate=True), one()], NOW, MONTH)
    assert (told.count, told.duplicates, told.repeats, told.busiest) == (1, 1, (), ((9, 1),))
    assert "1 duplicate of another is not counted." in str(view.told(told).payload())


def test_severities_and_hours_are_counted() -> None:
    """Every severity and every hour of the UTC day has its number; the busiest three come first."""
    some = [one(hour=hour) for hour in (3, 3, 3, 9, 9, 22, 23)]
    told = stats.stats([*some, one(severity=Severity.SEV1, hour=9)], NOW, MONTH)
    assert dict(told.by_severity) == {"sev1": 1, "sev2": 0, "sev3": 7, "sev4": 0}
    assert told.busiest == ((3, 3), (9, 3), (22, 1))
    assert len(told.by_hour) == 24
    assert stats.stats([], NOW, MONTH).busiest == ()


def test_the_same_title_in_other_letters_is_a_repeat() -> None:
    """Case, width and punctuation make no difference; it is told as it was last written."""
    some = [
        one(title) for title in ("Checkout: is DOWN!", "checkout is down", "ｃheckout is down", "search", "🔥", "🔥")
    ]
    assert stats.stats(some, NOW, MONTH).repeats == (Repeat("Checkout: is DOWN!", 3), Repeat("🔥", 2))


def test_of_too_many_the_newest_are_counted_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million incidents in the period are no reason to read all of them."""
    monkeypatch.setattr(stats, "COUNTED", 3)
    told = stats.stats([one(hour=hour) for hour in (9, 8, 7, 6)], NOW, MONTH)
    assert (told.count, told.is_capped, told.since) == (3, True, NOW.replace(day=24, hour=7))
    shown = str([block.to_dict() for block in view.told(told).blocks])
    assert "There were more; these are the newest 3." in shown


def test_the_picture_is_told_in_words() -> None:
    """Whoever does not see it knows what is in it."""
    told = stats.stats([one(severity=Severity.SEV1), one(hour=23)], NOW, MONTH)
    assert view.alt(told) == (
        "Two bar charts. Incidents of the last 30 days: 2. By severity: 1 SEV1, 1 SEV3. "
        "Most opened: 09:00 to 10:00 (1), 23:00 to 00:00 (1) UTC. "
        "Time to acknowledge: none yet · to resolve: none yet."
    )
