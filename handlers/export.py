"""`/incident export` and `/ops runbook`: incidents as files."""

from collections.abc import Sequence
from datetime import date

from bot.domain.export import Format
from bot.domain.progress import Progress
from bot.domain.runbook import Months
from bot.errors import away_means
from bot.slack.views import export as view
from handlers.call import Call
from handlers.desks import Desks


async def incident(desks: Desks, call: Call, incident_id: str, formats: Sequence[str]) -> None:
    """Shares an incident's files in its thread and tells the person where they are."""
    call.must_be_inside()
    wanted = [Format(one) for one in formats]
    progress = Progress()
    work = desks.exports.export(incident_id, wanted, call.who, progress)
    given = await call.slowly(work, lambda: view.working(incident_id, progress.step))
    await call.answer(view.exported(incident_id, given, wanted, desks.runbook_url))


async def log(desks: Desks, call: Call, month: date | None) -> None:
    """Gives the person the log of all incidents, or of one month, in their direct messages."""
    progress = Progress()
    work = desks.exports.log(call.who, Months(month), progress)
    with away_means("so the log cannot be made"):
        logged = await call.slowly(work, lambda: view.logging(progress.step))
    await call.answer(view.logged(logged, desks.runbook_url))
