"""/maintenance: which windows there are, what is announced when, and emergencies."""

from bot.commands import maintenance as words
from bot.commands.grammar import Help
from bot.commands.window_summary import Summary
from bot.domain.announcement import Announcement
from bot.domain.emergency import LENGTH
from bot.domain.incident import TITLE_LIMIT, Opening, Severity
from bot.domain.window import Window
from bot.errors import StoreAwayError
from bot.slack.views import maintenance as view
from handlers import window_summary
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Shows the timetable, or starts an emergency."""
    said = words.parse(text)
    match said:
        case Help():
            await show_help(call, said.topic)
        case words.List():
            await _list(desks, call)
        case words.Emergency():
            await _emergency(desks, call, said)
        case Summary():
            await window_summary.share(desks, call, said)


async def _list(desks: Desks, call: Call) -> None:
    """The timetable follows from the settings, so it is there without MongoDB too."""
    coming = desks.announcements.coming()
    told: dict[str, Announcement] | None
    emergencies: list[Window] = []
    try:
        told = await desks.announcements.told(coming[0][0])
        emergencies = await desks.emergencies.under_way()
    except StoreAwayError:
        told = None
    await call.answer(view.timetable(coming, emergencies, told, desks.clock()))


async def _emergency(desks: Desks, call: Call, said: words.Emergency) -> None:
    call.must_be_inside()
    title = await desks.places.with_names(said.title)
    opening = Opening(title[:TITLE_LIMIT], Severity.SEV2, call.who, call.channel)
    work = desks.emergencies.declare(opening, said.length or LENGTH)
    declared = await call.slowly(work, view.declaring(title))
    incident = declared.opened.incident
    link = desks.places.link_to(incident.channel, incident.card_ts or "")
    await call.answer(view.declared(incident, declared.window, link))
