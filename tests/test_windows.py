"""The weekly rule and the ladder of rungs: rules alone, without Slack or MongoDB."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.announcement import Announcement, Ladder, Occasion, Rung, State, rungs, why_skip
from bot.domain.rule import WindowRule
from bot.domain.weekly import current_or_next, occurrences
from bot.domain.window import Phase, Window, window_id
from bot.domain.window import State as Standing
from bot.domain.window_steps import extended

SATURDAY = WindowRule(5, time(2), time(6), ZoneInfo("UTC"))
GAZA = WindowRule(5, time(2), time(6), ZoneInfo("Asia/Gaza"))
LADDER = Ladder(
    (("24h", timedelta(hours=24)), ("1h", timedelta(hours=1)), ("15m", timedelta(minutes=15))), timedelta(minutes=30)
)


def at(text: str) -> datetime:
    """An aware UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str, end: str) -> Window:
    """A window between two moments."""
    return Window(window_id(at(start)), at(start), at(end), "Weekly maintenance")


def test_the_next_window_is_on_saturday_at_two_utc() -> None:
    """On a Monday the weekly rule names the coming Saturday."""
    found = current_or_next(SATURDAY, at("2026-11-23T23:00"))
    assert (found.id, found.start, found.end) == (
        "MW-20261128-0200",
        at("2026-11-28T02:00"),
        at("2026-11-28T06:00"),
    )


def test_the_current_window_counts_until_its_last_moment() -> None:
    """A window is the current one up to its end, and the next one is a week later from then on."""
    assert current_or_next(SATURDAY, at("2026-11-28T05:59:59")).id == "MW-20261128-0200"
    assert current_or_next(SATURDAY, at("2026-11-28T06:00:00")).id == "MW-20261205-0200"


def test_a_window_may_cross_midnight() -> None:
    """An end before the start is on the next day."""
    rule = WindowRule(5, time(22), time(2), ZoneInfo("UTC"))
    found = current_or_next(rule, at("2026-11-29T01:00"))
    assert (found.start, found.end) == (at("2026-11-28T22:00"), at("2026-11-29T02:00"))


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        # 2026-03-28 the clocks of Gaza go from 02:00 to 03:00: the window begins with the first moment after the gap.
        ("2026-03-27T12:00", "2026-03-28T00:00", "2026-03-28T03:00"),
        # 2026-10-24 they go back from 02:00 to 01:00: 02:00 comes once, an hour later in UTC than the week before.
        ("2026-10-23T12:00", "2026-10-24T00:00", "2026-10-24T04:00"),
        ("2026-10-16T12:00", "2026-10-16T23:00", "2026-10-17T03:00"),
    ],
)
def test_a_change_of_clocks_on_a_saturday_keeps_the_wall_clock_and_the_true_length(
    now: str, start: str, end: str
) -> None:
    """Windows follow their zone's wall clock, and their length is the time that really passes."""
    found = current_or_next(GAZA, at(now))
    assert (found.start, found.end) == (at(start), at(end))


@settings(deadline=None)
@given(
    st.integers(0, 6),
    st.times(),
    st.times(),
    st.sampled_from(["UTC", "Asia/Gaza", "Europe/Paris", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
    st.integers(0, 8 * 365 * 86_400),
)
def test_occurrences_come_in_order_without_overlap_a_week_apart(
    weekday: int, start: time, end: time, zone: str, seconds: int
) -> None:
    """Whatever the rule: windows are in order, aware, never empty, about a week apart, and end after the question."""
    if start == end:
        return
    moment = at("2024-01-01T00:00") + timedelta(seconds=seconds)
    rule = WindowRule(weekday, start, end, ZoneInfo(zone))
    found = list(islice(occurrences(rule, moment, moment + timedelta(days=60)), 6))
    assert len(found) >= 5
    for one, two in pairwise(found):
        assert one.end > moment
        assert timedelta(0) < one.end - one.start <= timedelta(hours=25, minutes=1)
        assert two.start >= one.end - timedelta(hours=2)
        assert timedelta(days=5) < two.start - one.start < timedelta(days=16)


def test_the_rungs_of_a_window_are_in_the_order_they_are_due() -> None:
    """The ladder is 24h, 1h, 15m, start, ending, end, named as the setting writes them."""
    ladder = rungs(window("2026-11-28T02:00", "2026-11-28T06:00"), LADDER)
    assert [rung.key for rung in ladder] == [
        f"MW-20261128-0200/{name}" for name in ("24h", "1h", "15m", "start", "ending", "end")
    ]
    assert [rung.due for rung in ladder] == sorted(rung.due for rung in ladder)
    assert ladder[4].due == at("2026-11-28T05:30")


def test_an_end_that_was_put_off_is_warned_of_anew() -> None:
    """After a warning, unless that would be in the same moment; an extension before it only moves it."""
    planned = replace(window("2026-11-28T02:00", "2026-11-28T06:00"), state=Standing.UNDER_WAY)
    for said, hours, wanted in (
        ("2026-11-28T05:20", 1, ["ending"]),
        ("2026-11-28T05:40", 1, ["ending-2"]),
        ("2026-11-28T05:40", 0.1, []),
    ):
        longer = extended(planned, "U0ANN", timedelta(hours=hours), at(said))
        named = [rung for rung in rungs(longer, LADDER) if rung.occasion is Occasion.ENDING]
        assert [rung.name for rung in named] == wanted
        assert [rung.due for rung in named] == [longer.end - timedelta(minutes=30) for _ in wanted]


def test_a_window_shorter_than_the_warning_has_no_warning() -> None:
    """Half an hour before the end of a window of 20 minutes would be before its start."""
    ladder = rungs(window("2026-11-28T02:00", "2026-11-28T02:20"), LADDER)
    assert [rung.occasion for rung in ladder[-2:]] == [Occasion.START, Occasion.END]


def skipped(rung_name: str, now: str, told: dict[str, Announcement] | None = None) -> str:
    """Why the rung of the test window is skipped at that moment."""
    ladder = rungs(window("2026-11-28T02:00", "2026-11-28T06:00"), LADDER)
    rung: Rung = next(r for r in ladder if r.name == rung_name)
    return why_skip(rung, ladder, told or {}, at(now))


def test_a_rung_is_told_late_rather_than_lost() -> None:
    """Twenty minutes after its time, with nothing newer due, a rung is still told."""
    assert skipped("1h", "2026-11-28T01:20") == ""


def test_two_rungs_missed_by_a_short_outage_are_both_told() -> None:
    """A rung that is a few minutes late is told even if the next one is due as well."""
    close = Ladder((("10m", timedelta(minutes=10)), ("5m", timedelta(minutes=5))), timedelta(minutes=30))
    ladder = rungs(window("2026-11-28T02:00", "2026-11-28T06:00"), close)
    ten, five = ladder[:2]
    assert [why_skip(rung, ladder, {}, at("2026-11-28T01:59:59")) for rung in (ten, five)] == ["", ""]
    assert why_skip(ten, ladder, {}, at("2026-11-28T02:00:01")) == "the start announcement is due as well"
    assert why_skip(five, ladder, {}, at("2026-11-28T02:00:01")) == ""


def test_of_several_rungs_long_missed_only_the_newest_is_told() -> None:
    """A bot that comes back ten minutes before the start does not tell three times that a window comes."""
    assert skipped("24h", "2026-11-28T01:50") == "the 15m announcement is due as well"
    assert skipped("1h", "2026-11-28T01:50") == "the 15m announcement is due as well"
    assert skipped("15m", "2026-11-28T01:50") == ""


def test_nothing_is_told_of_a_window_that_is_over_and_was_never_announced() -> None:
    """Pointless announcements are skipped, each with its reason."""
    for name in ("24h", "1h", "15m", "start", "ending"):
        assert skipped(name, "2026-11-28T06:10") == "the window is over"
    assert skipped("end", "2026-11-28T06:10") == "the window is over and nothing of it was announced"


def test_the_end_of_an_announced_window_is_told_late() -> None:
    """Whoever heard of the window hears that it is over, but not the next day."""
    told = {"MW-20261128-0200/start": Announcement("MW-20261128-0200/start", State.ANNOUNCED)}
    assert skipped("end", "2026-11-28T07:00", told) == ""
    assert skipped("end", "2026-11-28T13:00", told) == "the window has long been over"


def test_lateness_counts_from_a_minute_on() -> None:
    """A few seconds are not called late."""
    rung = rungs(window("2026-11-28T02:00", "2026-11-28T06:00"), LADDER)[0]
    assert rung.lateness(rung.due + timedelta(seconds=59)) == timedelta(0)
    assert rung.lateness(rung.due + timedelta(seconds=90)) == timedelta(seconds=90)


def test_the_phase_follows_from_the_clock() -> None:
    """Planned before the start, under way from it on, over from the end on."""
    found = window("2026-11-28T02:00", "2026-11-28T06:00")
    assert found.phase(at("2026-11-28T01:59:59")) is Phase.PLANNED
    assert found.phase(at("2026-11-28T02:00")) is Phase.UNDER_WAY
    assert found.phase(at("2026-11-28T06:00")) is Phase.OVER
    frozen = replace(found, frozen="year's end")
    phases = [frozen.phase(at(f"2026-11-28T{moment}")) for moment in ("01:59", "02:00", "06:00")]
    assert phases == [Phase.PLANNED, Phase.HELD_UP, Phase.OVER]
