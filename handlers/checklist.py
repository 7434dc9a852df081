"""/checklist and its tick boxes."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bot.commands import checklist as words
from bot.commands import ids
from bot.commands.grammar import Help
from bot.commands.moments import moment
from bot.domain.checklist import Checklist, Kind, Press
from bot.domain.checklist_ports import Errand
from bot.errors import NotFoundError, StoreAwayError, away_means
from bot.slack.views import checklist as view
from bot.slack.views import ops as ops_view
from handlers import checklist_forms as forms
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Shows, starts, ticks and closes the checklist of the thread's window, else of the current or next one."""
    said = words.parse(text, await _length(desks, call))
    match said:
        case Help():
            await show_help(call, said.topic)
        case words.Show():
            with away_means("so the checklist cannot be shown"):
                await _show(desks, call, said.window)
        case words.Template():
            await forms.template(desks, call, said)
        case _:
            call.must_be_inside()
            await _change(desks, call, said)


async def _change(desks: Desks, call: Call, said: words.Said) -> None:
    desk, who = desks.checklists, call.who
    if isinstance(said, words.Start):
        await _start(desks, call, said.window)
        return
    window = await _window(desks, call)
    match said:
        case words.Done():
            await call.answer(view.ticked(await desk.tick(window, said.items, who), is_done=True))
        case words.Undo():
            await call.answer(view.ticked(await desk.untick(window, said.items, who), is_done=False))
        case words.Note() | words.Lesson():
            kind = Kind.NOTE if isinstance(said, words.Note) else Kind.LESSON
            text = await desks.places.with_names(said.text)
            await call.answer(view.noted(await desk.note(window, who, text, kind), kind))
        case words.Waive():
            reason = await desks.places.with_names(said.reason)
            await call.answer(view.waived(await desk.waive(window, said.items, who, reason), said.items))
        case words.Assign():
            checklist = await desk.assign(window, said.items, await _errand(desks, said), who)
            await call.answer(view.assigned(checklist, said.items))
        case words.Close():
            await forms.close(desks, call, window)


async def _errand(desks: Desks, said: words.Assign) -> Errand:
    due = moment(said.when.text, desks.clock(), ahead=True) if said.when else None
    if said.is_role:
        return Errand("", due, said.rule, said.assignee)
    await desks.places.must_be_a_person(said.assignee)
    return Errand(said.assignee, due, said.rule)


async def _length(desks: Desks, call: Call) -> int:
    with suppress(StoreAwayError, NotFoundError):  # whatever is asked for will say so
        return len((await desks.checklists.get(await _window(desks, call))).items)
    return words.MOST_ITEMS


async def _window(desks: Desks, call: Call) -> str:
    """The window that is meant: that of the thread, else the one under way, the next or the last one."""
    if call.thread_ts:
        found = await desks.checklists.in_thread(call.channel, call.thread_ts)
        if found is not None:
            return found
    return await desks.checklists.meant(await desks.windows.current_or_next(), await desks.windows.under_way())


def _link(desks: Desks, checklist: Checklist) -> str:
    return desks.places.link_to(checklist.channel, checklist.ts or "")


async def _show(desks: Desks, call: Call, asked_for: str | None) -> None:
    window_id = await _window(desks, call) if asked_for is None else await _named(desks, asked_for)
    try:
        checklist = await desks.checklists.get(window_id)
    except NotFoundError:
        await call.answer(view.none_yet(window_id))
        return
    await call.answer(view.shown(checklist, _link(desks, checklist)))


async def _named(desks: Desks, asked_for: str) -> str:
    """The window of this ID however long ago, or the one of those around now that ends, or begins, so."""
    if asked_for.startswith("MW-") and not asked_for.endswith("-"):
        return (await desks.windows.with_id(asked_for)).id
    return ids.match_window(asked_for, [window.id for window in await desks.windows.recent()])


async def _start(desks: Desks, call: Call, asked_for: str | None) -> None:
    known = {window.id: window for window in await desks.windows.recent()}
    if asked_for is not None:
        window = known[ids.match_window(asked_for, list(known))]
    else:
        window = await desks.windows.current_or_next()
    work = desks.checklists.start(window, call.channel, call.who)
    checklist, is_new = await call.slowly(work, view.starting(window.id))
    await call.answer(view.started(checklist, _link(desks, checklist), is_new=is_new))


async def ticked(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """A tick box was pressed. The payload has the whole selection of one group, as that person's screen has it."""
    call.must_be_inside()
    action = body["actions"][0]
    boxes = view.boxes_of(str(action["block_id"]))
    if boxes is None:
        await call.answer(ops_view.stale())
        return
    selected = frozenset(int(option["value"]) for option in action.get("selected_options") or ())
    press = Press(call.who, boxes.phase, boxes.shown, selected, boxes.part)
    with away_means("so the box is not saved, whatever your screen shows: nothing was changed"):
        await desks.checklists.pressed(boxes.window_id, press)
