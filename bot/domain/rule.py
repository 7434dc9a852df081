"""The weekly rule behind the regular window: a weekday and two times of day, in one time zone."""

from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class WindowRule:
    """`Sat 02:00-06:00 UTC`: `weekday` is the start's (Monday is 0); an `end` before `start` is on the next day."""

    weekday: int
    start: time
    end: time
    zone: ZoneInfo

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday][:3]} {self.start:%H:%M}-{self.end:%H:%M} {self.zone.key}"
