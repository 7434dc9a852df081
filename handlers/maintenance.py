"""/maintenance: which windows and freezes there are, what is announced when; and emergencies."""

from collections.abc import Mapping
from typing import Any

from bot.commands import freeze as freezing
from bot.commands import maintenance as words
from bot.commands import window as steps
from bot.commands.grammar import Help
from bot.commands.window_summary import Summary
from bot.commands.zones import TwiceError
from bot.domain.announcement import Announcement
from bot.domain.freeze import Freeze
from bot.domain.window import State
from bot.errors import StoreAwayError, away_means
from bot.slack.views import maintenance as view
from bot.slack.views.maintenance import Happened
from handlers import emergency, freeze, window, window_summary
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help

VALUE_LIMIT = 2_000  # characters of a button's value


async def run(desks: Desks, call: Call, text: str) -> None:
    """Shows the timetable, or changes it."""
    try:
        said = words.parse(text, await _known(desks), desks.clock())
    except TwiceError as error:
        choices = [(f"{reading:%H:%M} UTC", error.choose(reading)) for reading in error.readings]
        if any(len(command) > VALUE_LIMIT for _, command in choices):
            raise
        await call.answer(view.which_time(error.problem, choices))
        return
    match said:
        case Help():
            await show_help(call, said.topic)
        case words.List():
            await _list(desks, call)
        case words.Emergency():
            await emergency.take(desks, call, said)
        case Summary():
            await window_summary.share(desks, call, said)
        case words.Calendar():
            await _calendar(desks, call)
        case steps.ScheduleForm():
            await window.ask(call)
        case freezing.Freeze() | freezing.Unfreeze() | freezing.Except():
            await freeze.take(desks, call, said)
        case _:
            await window.take(desks, call, said)


async def _known(desks: Desks) -> list[str]:
    """The windows that a text may begin with; without MongoDB those of the rule."""
    try:
        return [one.id for one in await desks.windows.recent()]
    except StoreAwayError:
        return [one.id for one in desks.windows.by_rule()]


async def _list(desks: Desks, call: Call) -> None:
    """The weekly windows follow from the settings, so they are there without MongoDB too."""
    told: dict[str, Announcement] | None
    freezes: list[Freeze] = []
    try:
        windows = await desks.windows.live()
        first = await desks.windows.current_or_next()
        windows = [first, *(one for one in windows if one.id != first.id)]
        told = await desks.announcements.told(first)
        freezes = await desks.windows.freezes()
    except StoreAwayError:
        windows, told = desks.windows.by_rule(), None
    listed = [(one, desks.windows.rungs(one)) for one in windows]
    under_way = [one.id for one in windows if one.state is State.UNDER_WAY and told is not None]
    opened = {window_id: await desks.window_summaries.incidents.of(window_id) for window_id in under_way}
    await call.answer(view.timetable(listed, freezes, Happened(told, opened), desks.clock()))


async def chosen(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """Which of two moments a local time means: the command, with that one in it."""
    call.must_be_inside()
    await run(desks, call, str(body["actions"][0].get("value") or ""))


async def _calendar(desks: Desks, call: Call) -> None:
    with away_means("so the calendar cannot be made"):
        await call.slowly(desks.calendar.send(call.who), view.writing_calendar())
    await call.answer(view.calendar_given(desks.calendar.path))
