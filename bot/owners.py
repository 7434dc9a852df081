"""Which desks have work of their own, to be called by the timetable."""

from bot.domain.read_back import ReadBack
from bot.jobs import Owners
from handlers.desks import Desks


def owners(desks: Desks, threads: ReadBack) -> Owners:
    """What `desks` and the reading of `threads` do by themselves."""
    return Owners(
        announcements=desks.announcements,
        audit=desks.audit,
        freezes=desks.freezes,
        attendance=desks.attendance,
        incidents=desks.incidents,
        reminders=desks.reminders,
        checklists=desks.checklist_care,
        threads=threads,
        search=desks.search,
        summaries=desks.summaries,
        timelines=desks.timelines,
        watch=desks.watch,
        homes=desks.homes,
        outages=desks.outages,
        alerts=desks.alerts,
        alert_look=desks.alert_look,
        silences=desks.silences,
        escalations=desks.escalations,
        roles=desks.role_changes,
        window_summaries=desks.window_summaries,
        window_incidents=desks.window_summaries.incidents,
    )
