"""Calendars as iCalendar files, by the library icalendar where it is installed."""

import importlib
import importlib.util
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.calendar import Entry


class CalendarFile:
    """Implements bot.domain.calendar.Writer."""

    @property
    def can_write(self) -> bool:
        """See Writer.can_write."""
        return importlib.util.find_spec("icalendar") is not None

    def write(self, entries: Sequence[Entry], now: datetime) -> bytes:
        """See Writer.write."""
        # By name, since it is an extra.
        library: Any = importlib.import_module("icalendar")
        calendar = library.Calendar()
        calendar.add("prodid", "-//Ops Bot//Maintenance//EN")
        calendar.add("version", "2.0")
        calendar.add("x-wr-calname", "Maintenance")
        for entry in entries:
            event = library.Event()
            event.add("uid", f"{entry.uid}@ops-bot")
            event.add("dtstamp", now)
            event.add("dtstart", entry.start)
            event.add("dtend", entry.end)
            event.add("summary", entry.title)
            event.add("sequence", entry.sequence)
            event.add("status", "CANCELLED" if entry.is_off else "CONFIRMED")
            calendar.add_component(event)
        return bytes(calendar.to_ical())
