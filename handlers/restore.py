"""Takes back that a window was skipped, cancelled or moved: by word, and by *Undo* below the answer to it."""

from collections.abc import Mapping
from typing import Any

from bot.commands.restore import Restore
from bot.slack.views import maintenance as view
from handlers.call import Call
from handlers.desks import Desks


async def take(desks: Desks, call: Call, said: Restore) -> None:
    """The window that is named, else the thread's, else the only one that is off."""
    call.must_be_inside()
    named = said.window
    if named is None and call.thread_ts:
        thread = await desks.windows.in_thread(call.channel, call.thread_ts)
        named = thread.id if thread is not None else None
    is_whole = named is not None and named.startswith("MW-") and not named.endswith("-")
    window_id = named if named is not None and is_whole else await desks.restoring.which(named)
    made = await desks.restoring.restore(window_id, call.who)
    await call.answer(view.restored(made.window, made.frozen))


async def undo_pressed(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """*Undo*: whether it is still possible is asked now, not when the button was shown."""
    call.must_be_inside()
    window_id = str(body["actions"][0].get("value") or "")
    made = await desks.restoring.restore(window_id, call.who)
    await call.answer(view.restored(made.window, made.frozen))
