"""The time as the rules see it: an aware UTC datetime from a clock that is handed in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


def spelled(length: timedelta) -> str:
    """`1 h 30 min`: a length in its largest unit and the next; what is smaller says nothing beside them."""
    seconds = max(0, round(length.total_seconds()))
    least = 3_600 if seconds >= 86_400 else 60 if seconds >= 3_600 else 1
    seconds = round(seconds / least) * least
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def utc(when: datetime) -> str:
    """`2026-11-28 02:00 UTC`: for text that notifications and screen readers read, and that no zone changes."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
