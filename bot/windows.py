"""Builds the desks of maintenance: they share the clock of windows, the rights and the ports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.announcement import Ladder
from bot.domain.announcement_desk import AnnouncementDesk
from bot.domain.announcement_ports import AnnouncementMeter, Announcements, WindowBoard
from bot.domain.approval import Rights
from bot.domain.audit import AuditDesk
from bot.domain.calendar import CalendarDesk, Sharing, Writer
from bot.domain.clock import Clock
from bot.domain.freeze import Freezes
from bot.domain.freeze_desk import FreezeDesk
from bot.domain.restore import RestoreDesk
from bot.domain.role import RoleDesk
from bot.domain.rule import WindowRule
from bot.domain.window_changes import WindowChanges
from bot.domain.window_clock import WindowClock
from bot.domain.window_desk import WindowDesk
from bot.domain.window_news import Attendance, WindowNews
from bot.domain.window_ports import Attendant, Calendar, NewsBoard, Windows


class Board(WindowBoard, NewsBoard, Protocol):
    """Where everything about windows is told."""


@dataclass(frozen=True)
class Outside:
    """What maintenance needs from outside."""

    windows: Windows
    calendar: Calendar
    freezes: Freezes
    announcements: Announcements
    board: Board
    meter: AnnouncementMeter
    writer: Writer
    sharing: Sharing
    attendants: Sequence[Attendant] = ()


@dataclass(frozen=True)
class Timetable:
    """The settings behind all announcements: when windows are, and what is told when."""

    rule: WindowRule
    ladder: Ladder


@dataclass(frozen=True)
class Maintenance:
    """The desks."""

    announcements: AnnouncementDesk
    windows: WindowDesk
    changes: WindowChanges
    restoring: RestoreDesk
    freezes: FreezeDesk
    attendance: Attendance
    calendar: CalendarDesk


def maintenance(timetable: Timetable, outside: Outside, roles: RoleDesk, audit: AuditDesk, clock: Clock) -> Maintenance:
    """All desks of maintenance."""
    windows, board, ladder = outside.windows, outside.board, timetable.ladder
    rights = Rights(roles, audit)
    passing = WindowClock(timetable.rule, ladder, (windows, outside.calendar), audit, clock)
    desk = WindowDesk(windows, outside.freezes, passing, ladder, clock)
    news = WindowNews(windows, board, rights, audit, ladder)
    ports = (windows, outside.announcements, board, outside.meter)
    telling = (outside.announcements, board, outside.meter)
    return Maintenance(
        announcements=AnnouncementDesk(ladder, passing, ports, news, rights, audit),
        windows=desk,
        changes=WindowChanges(windows, desk, passing, rights, audit, clock),
        restoring=RestoreDesk(windows, desk, passing, rights, audit, clock),
        freezes=FreezeDesk(outside.freezes, desk, telling, rights, audit, clock),
        attendance=Attendance(windows, outside.attendants),
        calendar=CalendarDesk((windows, outside.freezes), passing, outside.writer, outside.sharing, clock),
    )
