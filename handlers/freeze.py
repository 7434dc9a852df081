"""Freezes: made, lifted, and windows excepted from them."""

from bot.commands import freeze as words
from bot.slack.views import freeze as view
from bot.slack.views import maintenance as maintenance_view
from handlers import window
from handlers.call import Call
from handlers.desks import Desks


async def take(desks: Desks, call: Call, said: words.Step) -> None:
    """Does what was said about freezes."""
    call.must_be_inside()
    match said:
        case words.Freeze():
            reason = await window.named(desks, said.reason)
            frozen = await desks.freezes.freeze(call.who, said.start, said.end, reason)
            await call.answer(view.made(frozen))
        case words.Unfreeze():
            frozen = await desks.freezes.lift(call.who, said.freeze)
            await call.answer(view.lifted(frozen.freeze, frozen.windows))
        case words.Except():
            name = await window.which(desks, call, said.window, lambda _: True)
            reason = await window.named(desks, said.reason)
            excepted = await desks.window_changes.make_exception(name, call.who, reason)
            await call.answer(maintenance_view.excepted(excepted))
