"""The windows that the weekly rule makes; once they are planned in MongoDB, the records decide."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from bot.domain.rule import WindowRule
from bot.domain.window import Window, window_id

WEEKLY_TITLE = "Weekly maintenance"


def weekly(rule: WindowRule, day: date) -> Window:
    """The rule's window that starts on `day` (a day of the rule's zone and weekday).

    A time in the gap of a clock change moves behind it by as much as is left out; the length is the true one, so on
    a night with a change it differs from the wall clock's.
    """
    end_day = day if rule.end > rule.start else day + timedelta(days=1)
    start = datetime.combine(day, rule.start, rule.zone).astimezone(UTC)
    end = datetime.combine(end_day, rule.end, rule.zone).astimezone(UTC)
    return Window(window_id(start), start, end, WEEKLY_TITLE)


def occurrences(rule: WindowRule, after: datetime, before: datetime) -> Iterator[Window]:
    """The rule's windows that end after `after` and start before `before`, in order."""
    day = after.astimezone(rule.zone).date() - timedelta(days=2)
    day += timedelta(days=(rule.weekday - day.weekday()) % 7)
    while True:
        window = weekly(rule, day)
        if window.start >= before:
            return
        # A change of the clocks can swallow a short window whole; it is not held then.
        if window.end > max(after, window.start):
            yield window
        day += timedelta(days=7)


def current_or_next(rule: WindowRule, now: datetime) -> Window:
    """The window under way, else the next one."""
    return next(occurrences(rule, now, now + timedelta(days=22)))
