"""The weekly rule behind the regular window: a weekday and two times of day, in one time zone."""

from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class WindowRule:
    """`Sat 02:00-06:00 UTC`: `weekday` is the start's (Monday is 0); an `end` before `start` is on the next day."""

    weekday: int
    start: time
    end: time
    zone: ZoneInfo

    @property
    def length(self) -> timedelta:
        """How long it lasts by the clock on the wall, where no summer time begins or ends within it."""
        start, end = (timedelta(hours=one.hour, minutes=one.minute) for one in (self.start, self.end))
        return end - start if end > start else end - start + timedelta(days=1)

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday][:3]} {self.start:%H:%M}-{self.end:%H:%M} {self.zone.key}"
