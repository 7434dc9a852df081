"""/health: is everything up?"""

from bot.commands import health as words
from bot.commands.grammar import Help
from bot.slack.views import health as view
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Asks the services and answers privately, wherever it is typed."""
    said = words.parse(text, desks.health.names)
    if isinstance(said, Help):
        await show_help(call, said.topic)
        return
    names = desks.health.chosen(said.services)
    report = await call.slowly(desks.health.ask(names), view.asking(names))
    await call.answer(view.as_json(report) if said.json else view.report(report))
