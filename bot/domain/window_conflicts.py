"""What is said where a window's time is a freeze's, or others were quicker: with its end, scope or time, or at once."""

from bot.domain.freeze import Freeze
from bot.domain.window import Deed, Window
from bot.errors import ConflictError


def extended_already(window: Window) -> ConflictError:
    """Somebody put its end off a moment ago."""
    act = window.latest(Deed.EXTENDED)
    remedy = "Nothing more was changed; `/maintenance extend 30m` puts it off again."
    problem = f"{window.id} was extended already: it ends at {window.end:%Y-%m-%d %H:%M} UTC."
    return ConflictError(problem, remedy, by=act.by if act else "")


def must_be_seen(window: Window, version: int) -> None:
    """Raises where the scope is another one by now than the person saw."""
    if version and window.scope is not None and window.scope.version != version:
        raise ConflictError(
            f"The scope of {window.id} was changed since, so nothing was approved or rejected.",
            "Read the newer one, and decide on that.",
            by=window.scope.by,
        )


def time_taken(window: Window) -> ConflictError:
    """Another window has that time."""
    same_day = window.start.date() == window.end.date()
    last = f"{window.end:%H:%M}" if same_day else f"{window.end:%Y-%m-%d %H:%M}"
    return ConflictError(
        f"{window.id} “{window.title}” has that time: {window.start:%Y-%m-%d %H:%M} to {last} UTC.",
        "Nothing was changed; choose another time, or cancel or move that one.",
    )


def busy(window_id: str) -> ConflictError:
    """Others were quicker, again and again."""
    return ConflictError(f"{window_id} is being changed by many at once.", "Nothing was changed; say it again.")


def started_in(window: Window, freeze: Freeze) -> tuple[str, str]:
    """Why one is not begun early into a freeze, and what helps."""
    return (
        f"{window.id} was not started: until {freeze.over_at:%Y-%m-%d %H:%M} UTC is a freeze: {freeze.reason}",
        f"Start it afterwards; the tech lead may lift the freeze: `/maintenance unfreeze {freeze.id}`.",
    )


def extended_into(window: Window, freeze: Freeze) -> tuple[str, str]:
    """Why one is not put off into a freeze, and what helps."""
    when = f"{freeze.start:%Y-%m-%d %H:%M} to {freeze.over_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"{window.id} would run into the freeze {freeze.id} ({when}), so it was not extended: {freeze.reason}",
        f"It takes an exception first: `/maintenance except {window.id} REASON`.",
    )
