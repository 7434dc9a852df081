"""help, in every command: what can be typed, from the one table."""

from bot.commands import table
from bot.slack.views import ops as view
from handlers.call import Call


async def show_help(call: Call, topic: str) -> None:
    """Answers with a command's help, or with the overview. Raises WordError for an unknown topic."""
    page = table.help(topic or None)
    title = f"/{page.command.lstrip('/')}" if page.command else "Ops Bot"
    lines = [(line.usage, line.says) for line in page.lines]
    await call.answer(view.help_page(title, page.summary, lines, is_overview=not page.command))
