"""/incident list and search, and the button that turns the page."""

from collections.abc import Mapping
from typing import Any

from bot.commands import incident as words
from bot.commands.search import MOST_WORDS, List, Search, Which
from bot.domain.incident import WORKING, Severity, Status
from bot.domain.search import ALL, Filters, Found, Wanted, month, words_in
from bot.errors import UserError, away_means
from bot.slack.views import ops as ops_view
from bot.slack.views import search as view
from handlers.call import Call
from handlers.desks import Desks


async def show_list(desks: Desks, call: Call, said: List) -> None:
    """A page of incidents: open ones worst first, others newest first."""
    wanted = Wanted(_filters(desks, said.which), page=said.which.page)
    with away_means("so the list cannot be shown"):
        found = await call.slowly(desks.search.list(wanted), view.reading())
    await call.answer(view.listed(found, _links(desks, found)))


async def search(desks: Desks, call: Call, said: Search) -> None:
    """A page of incidents that have all the words, newest first."""
    wanted = Wanted(_filters(desks, said.which), words_in(*said.texts), said.which.page)
    if not wanted.words:
        raise UserError("There is nothing to search for.", "A word has two letters or digits at least.")
    if len(wanted.words) > MOST_WORDS:
        problem = f"Those are {len(wanted.words)} words; {MOST_WORDS} are the most."
        raise UserError(problem, "Leave the common ones out.")
    with away_means("so nothing can be searched"):
        found = await call.slowly(desks.search.search(wanted), view.searching(wanted))
    await call.answer(view.searched(found, _links(desks, found), said.meant))


async def more(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """*More*: the button says in words what comes next, and the answer follows below."""
    match words.parse(str(body["actions"][0].get("value", ""))):
        case List() as said:
            await show_list(desks, call, said)
        case Search() as said:
            await search(desks, call, said)
        case _:
            await call.answer(ops_view.stale())


def _filters(desks: Desks, which: Which) -> Filters:
    severity = Severity(f"sev{which.severity}") if which.severity else None
    said = which.month
    wanted = month(desks.clock(), said.number, said.year, said.ago) if said else None
    if which.status not in ("", "open", "all"):
        return Filters(severity, (Status(which.status),), wanted)
    return Filters(severity, WORKING if which.status == "open" else ALL, wanted)


def _links(desks: Desks, found: Found) -> list[str]:
    return [desks.places.link_to(incident.channel, incident.card_ts or "") for incident in found.incidents]
