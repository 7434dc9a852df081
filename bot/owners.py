"""Which desks have work of their own, to be called by the timetable."""

from bot.domain.read_back import ReadBack
from bot.jobs import Care, Owners
from handlers.desks import Desks


class InTurn:
    """Work of several desks, one after the other."""

    def __init__(self, *parts: Care) -> None:
        self._parts = parts

    async def tick(self) -> None:
        """See Care.tick."""
        for part in self._parts:
            await part.tick()


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
        window_summaries=InTurn(desks.window_summaries, desks.exports_left),
        window_incidents=desks.window_summaries.incidents,
    )
