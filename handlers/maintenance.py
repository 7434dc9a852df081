"""/maintenance: which windows there are, and what is announced when."""

from bot.commands import maintenance as words
from bot.commands.grammar import Help
from bot.domain.announcement import Announcement
from bot.errors import StoreAwayError
from bot.slack.views import maintenance as view
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Shows the timetable. It follows from the settings, so it is there without MongoDB too."""
    said = words.parse(text)
    if isinstance(said, Help):
        await show_help(call, said.topic)
        return
    coming = desks.announcements.coming()
    told: dict[str, Announcement] | None
    try:
        told = await desks.announcements.told(coming[0][0])
    except StoreAwayError:
        told = None
    await call.answer(view.timetable(coming, told, desks.clock()))
