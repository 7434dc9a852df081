"""/escalate, *Escalate* on the card, and the buttons of those who are asked."""

from collections.abc import Mapping
from typing import Any

from bot.commands import escalate as words
from bot.commands.grammar import Help
from bot.slack.views import escalation as view
from handlers import incident
from handlers.call import Call, reading
from handlers.desks import Desks
from handlers.help import show_help

Body = Mapping[str, Any]


async def run(desks: Desks, call: Call, text: str) -> None:
    """Shows the matrix, or calls somebody. Alone in an incident's thread it calls, since there it is about that one."""
    reads = words.asks_matrix(text) or not (text or call.thread_ts)
    each = f"Each in line has {desks.escalations.patience}, then the next is asked"
    instead = f"so who was called cannot be shown. {each}" if reads else "so nobody was called"
    with desks.escalations.by_hand(instead, is_inside=call.is_inside):
        await _run(desks, call, text)


async def _run(desks: Desks, call: Call, text: str) -> None:
    match await incident.parsed(desks, words.ending_in(text), lambda known: words.parse(text, known)):
        case Help() as said:
            await show_help(call, said.topic)
        case words.Matrix() if text or not await _is_in_thread(desks, call):
            holders, standing = await desks.escalations.standing()
            await call.answer(view.matrix(holders, standing, desks.escalations.patience))
        case words.Matrix():
            await _escalate(desks, call, await incident.which(desks, call, None), "")
        case words.Escalate() as said:
            incident_id = await incident.which(desks, call, said.id)
            await _escalate(desks, call, incident_id, await desks.places.with_names(said.reason))


async def _is_in_thread(desks: Desks, call: Call) -> bool:
    return bool(call.thread_ts) and await desks.incidents.in_thread(call.channel, call.thread_ts or "") is not None


async def _escalate(desks: Desks, call: Call, incident_id: str, reason: str) -> None:
    call.must_be_inside()
    done = await call.slowly(desks.escalations.escalate(incident_id, call.who, reason), view.calling(incident_id))
    await call.answer(view.escalated(done, desks.escalations.due(done)))


async def escalate_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Escalate* on the card: the first in line is called, or the next. Older cards have a number after the ID."""
    with desks.escalations.by_hand("so nobody was called", is_inside=call.is_inside):
        await _escalate(desks, call, _pressed(body).partition(" ")[0], "")


async def take_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*I have it*, in the thread or in a direct message."""
    done = await desks.escalations.take(_pressed(body), call.who, is_inside=call.is_inside)
    await call.answer(view.taken(done))


async def pass_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Pass on*, of somebody who was asked."""
    escalation_id, _, step = _pressed(body).partition(" ")
    with reading():
        number = int(step or 0)
    done = await desks.escalations.pass_on(escalation_id, number, call.who)
    await call.answer(view.escalated(done, desks.escalations.due(done)))


def _pressed(body: Body) -> str:
    return str(body["actions"][0].get("value") or "")
