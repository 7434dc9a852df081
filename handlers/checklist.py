"""/checklist and its tick boxes."""

from collections.abc import Mapping
from typing import Any

from bot.commands import checklist as words
from bot.commands import ids
from bot.commands.grammar import Help
from bot.domain.checklist import TEMPLATE, Checklist, Press
from bot.errors import NotFoundError
from bot.slack.views import checklist as view
from bot.slack.views import ops as ops_view
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Shows, starts and ticks the checklist of the current or next window."""
    said = words.parse(text, len(TEMPLATE))
    match said:
        case Help():
            await show_help(call, said.topic)
        case words.Show():
            await _show(desks, call)
        case words.Start():
            await _start(desks, call, said.window)
        case words.Done():
            call.must_be_inside()
            done = await desks.checklists.tick(await _window(desks), said.items, call.who)
            await call.answer(view.ticked(done, is_done=True))
        case words.Undo():
            call.must_be_inside()
            done = await desks.checklists.untick(await _window(desks), said.items, call.who)
            await call.answer(view.ticked(done, is_done=False))
        case words.Note():
            call.must_be_inside()
            text = await desks.places.with_names(said.text)
            checklist = await desks.checklists.note(await _window(desks), call.who, text)
            await call.answer(view.noted(checklist))


async def _window(desks: Desks) -> str:
    return (await desks.windows.current_or_next()).id


def _link(desks: Desks, checklist: Checklist) -> str:
    return desks.places.link_to(checklist.channel, checklist.ts or "")


async def _show(desks: Desks, call: Call) -> None:
    window_id = await _window(desks)
    try:
        checklist = await desks.checklists.get(window_id)
    except NotFoundError:
        await call.answer(view.none_yet(window_id))
        return
    await call.answer(view.shown(checklist, _link(desks, checklist)))


async def _start(desks: Desks, call: Call, asked_for: str | None) -> None:
    call.must_be_inside()
    window_id = await _window(desks)
    if asked_for is not None:
        window_id = ids.match_window(asked_for, [window.id for window in await desks.windows.recent()])
    work = desks.checklists.start(window_id, call.channel, call.who)
    checklist, is_new = await call.slowly(work, view.starting(window_id))
    await call.answer(view.started(checklist, _link(desks, checklist), is_new=is_new))


async def ticked(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """A tick box was pressed. The payload has the whole selection of one phase, as that person's screen has it."""
    call.must_be_inside()
    action = body["actions"][0]
    boxes = view.boxes_of(str(action["block_id"]))
    if boxes is None:
        await call.answer(ops_view.stale())
        return
    selected = frozenset(int(option["value"]) for option in action.get("selected_options") or ())
    await desks.checklists.pressed(boxes.window_id, Press(call.who, boxes.phase, boxes.shown, selected))
