"""The first message of a window's thread, as a function of where the window stands."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import window_steps as steps
from bot.domain.announcement import Occasion, Rung
from bot.domain.window import Kind, Window
from bot.slack.views import window as view

START = datetime(2026, 11, 28, 2, tzinfo=UTC)
PLAN = Window("MW-20261128-0200", START, START + timedelta(hours=4), "Weekly maintenance", Kind.WEEKLY)
LATE = timedelta(minutes=58)
AHEAD = Rung(PLAN, "1h", Occasion.AHEAD, START - timedelta(hours=1))


def shown(head: Rung, latest: Rung | None) -> str:
    message = view.head(head, LATE, latest)
    return f"{message.payload()}"


@pytest.mark.parametrize("latest", [None, AHEAD])
def test_a_head_that_came_late_says_so_while_the_window_is_planned(latest: Rung | None) -> None:
    """In the text of notifications and in the small print."""
    assert "This announcement is 58 min late." in shown(AHEAD, latest)
    assert "it is 58 min late." in shown(AHEAD, latest)


@pytest.mark.parametrize(
    ("window", "occasion"),
    [
        (PLAN, Occasion.START),
        (PLAN, Occasion.END),
        (steps.begun(PLAN, "U0ANN", START, START), Occasion.AHEAD),
        (steps.cancelled(PLAN, "U0ANN", "the vendor is late", START), Occasion.AHEAD),
    ],
)
def test_once_the_window_goes_on_its_head_is_not_late_any_more(window: Window, occasion: Occasion) -> None:
    """How late its first announcement came says nothing of the start or the end that it shows now."""
    head = Rung(window, "1h", Occasion.AHEAD, AHEAD.due)
    assert "min late" not in shown(head, Rung(window, "latest", occasion, START))


def test_a_head_that_is_posted_late_at_the_start_says_so() -> None:
    """It is late news itself, until there is newer."""
    start = Rung(PLAN, "start", Occasion.START, START)
    assert "This announcement is 58 min late." in shown(start, None)
