"""`/maintenance summary`: a window's summary as a file in its thread."""

from bot.commands.window_summary import Summary
from bot.slack.views import window_summary as view
from handlers.call import Call
from handlers.desks import Desks


async def share(desks: Desks, call: Call, said: Summary) -> None:
    """Shares it and tells the person where it is."""
    call.must_be_inside()
    thread = await desks.checklists.in_thread(call.channel, call.thread_ts) if call.thread_ts else None
    window_id = thread if thread and said.window is None else await desks.window_summaries.latest(said.window)
    given = await call.slowly(desks.window_summaries.share(window_id, call.who), view.working(window_id))
    await call.answer(view.shared(window_id, given, desks.runbook_url))
