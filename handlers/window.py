"""What changes windows and freezes: words, buttons, and the forms behind them."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.commands import ids
from bot.commands import window as words
from bot.commands.naming import REASON_LIMIT
from bot.commands.restore import Restore
from bot.commands.words import is_blank
from bot.commands.words import title as clean_title
from bot.domain.audit import SYSTEM
from bot.domain.silence import Matcher
from bot.domain.window import Deed, Scope, State, Window
from bot.domain.window_changes import Plan
from bot.errors import ConflictError, NotFoundError, UserError, WordError
from bot.slack.views import approval as approval_view
from bot.slack.views import maintenance as view
from handlers import restore
from handlers.call import Call, reading
from handlers.desks import Desks

Body = Mapping[str, Any]
JUST = timedelta(minutes=1)  # so long the same word means the window to which that was done
_DONE = {Deed.BEGAN: "was started", Deed.ENDED: "was ended", Deed.CANCELLED: "was cancelled"}


async def take(desks: Desks, call: Call, said: words.Step | Restore) -> None:
    """Does what was said to a window."""
    call.must_be_inside()
    changes, who = desks.window_changes, call.who
    match said:
        case words.Schedule():
            title = await desks.places.with_names(said.title)
            made = await changes.schedule(Plan(said.start, said.length, title), who)
            await call.answer(view.scheduled(made.window, made.frozen, is_new=made.is_new))
        case words.Scope():
            window = await which(desks, call, said.window, lambda one: one.is_live)
            text = await desks.places.with_names(said.text)
            scope = Scope(text, who, desks.clock(), 0, said.is_infra, _matchers(said))
            await call.answer(view.scoped(await changes.scope(window, scope)))
        case words.Approve():
            window = await which(desks, call, said.window, _waits)
            await call.answer(view.approved(await changes.approve(window, who)))
        case words.Reject():
            window = await which(desks, call, said.window, _waits)
            await call.answer(view.rejected(await changes.reject(window, who, await named(desks, said.reason))))
        case words.Skip():
            weekly = await _on(desks, call, said.what)
            await call.answer(view.cancelled(await changes.skip(weekly, who, await named(desks, said.reason))))
        case words.Move():
            await _move(desks, call, said)
        case Restore():
            await restore.take(desks, call, said)
        case _:
            await _step(desks, call, said)


async def _step(desks: Desks, call: Call, said: words.Step) -> None:
    changes, who = desks.window_changes, call.who
    match said:
        case words.Start():
            window = await _which_next(desks, call, said.window, Deed.BEGAN)
            await call.answer(view.started(await changes.start(window, who)))
        case words.Extend():
            window = await _which_next(desks, call, said.window, Deed.ENDED)
            await call.answer(view.extended(await changes.extend(window, who, said.by)))
        case words.End():
            window = await _which_next(desks, call, said.window, Deed.ENDED)
            await call.answer(view.ended(await changes.end(window, who)))
        case words.Rollback():
            window = await which(desks, call, said.window, lambda one: one.actual_start is not None)
            await call.answer(view.rolled_back(await changes.roll_back(window, who, await named(desks, said.reason))))
        case words.Cancel():
            window = await _which_next(desks, call, said.window, Deed.CANCELLED)
            await call.answer(view.cancelled(await changes.cancel(window, who, await named(desks, said.reason))))


async def _move(desks: Desks, call: Call, said: words.Move) -> None:
    window = await _on(desks, call, said.what)
    made = await desks.window_changes.move(window, call.who, said.to)
    await call.answer(view.moved(window, made.window, made.frozen))


async def _on(desks: Desks, call: Call, what: date | str) -> Window:
    """The weekly window of a day, or any by its ID."""
    if isinstance(what, date):
        return await desks.windows.on(what)
    return await desks.windows.with_id(await which(desks, call, what, lambda _: True))


def _waits(window: Window) -> bool:
    return window.is_live and window.scope is not None and not window.scope.is_approved


def _is_planned(window: Window) -> bool:
    return window.state is State.PLANNED


def _is_under_way(window: Window) -> bool:
    return window.state is State.UNDER_WAY


def _matchers(said: words.Scope) -> tuple[Matcher, ...]:
    return tuple(Matcher(one.name, one.op, one.value) for one in said.silencing)


async def named(desks: Desks, text: str) -> str:
    """A person's reason, with the people in it as names."""
    return (await desks.places.with_names(text))[: REASON_LIMIT * 2]


async def _which_next(desks: Desks, call: Call, named: str | None, deed: Deed) -> str:
    """The window that is meant by a word after which another one is the current or next.

    Said a moment after somebody did that, by a double Enter or by two people at once, it does not mean the next one.
    Raises ConflictError then, and as `which`.
    """
    fits = _is_under_way if deed is Deed.ENDED else _is_planned
    if named is None and not (call.thread_ts and await desks.windows.in_thread(call.channel, call.thread_ts)):
        for window in await desks.windows.recent():
            act = window.latest(deed)
            if act and act.by != SYSTEM and not fits(window) and desks.clock() - act.at < JUST:
                what = f"{window.id} {_DONE[deed]} a moment ago"
                raise ConflictError(what, "Nothing more was changed; name the window if you mean another.", by=act.by)
    return await which(desks, call, named, fits)


async def which(desks: Desks, call: Call, named: str | None, fits: Callable[[Window], bool]) -> str:
    """The window that is meant: the one named, the thread's, the only one that the word fits, or the current or next.

    Raises NotFoundError where several are as good.
    """
    if named is not None:
        if named.startswith("MW-") and not named.endswith("-"):
            return (await desks.windows.with_id(named)).id
        recent = await desks.windows.recent()
        # One that is over is meant only where no other has that name: the step says what became of it.
        live = [one.id for one in recent if one.is_live and _has_name(one, named)]
        return ids.match_window(named, live or [one.id for one in recent])
    if call.thread_ts:
        window = await desks.windows.in_thread(call.channel, call.thread_ts)
        if window is not None:
            return window.id
    current = await desks.windows.current_or_next()
    fitting = [one for one in await desks.windows.recent() if fits(one)]
    is_clear = fits is not _waits and not _is_one_of_several(current, fitting)
    if is_clear and any(one.id == current.id for one in fitting):
        return current.id
    if len(fitting) == 1:
        return fitting[0].id
    if not fitting:
        return current.id  # the step says why it cannot be done
    listed = ", ".join(one.id for one in fitting[:5])
    raise NotFoundError(f"It could be any of {listed}.", "Name the window behind the word.")


def _has_name(window: Window, named: str) -> bool:
    return window.id.startswith(named) if named.endswith("-") else window.id.endswith(named)


def _is_one_of_several(current: Window, fitting: list[Window]) -> bool:
    """Whether another is under way too."""
    return len([one for one in fitting if one.state is current.state is State.UNDER_WAY]) > 1


# Buttons


async def ended_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*It has ended* below the question at the planned end."""
    await call.answer(view.ended(await desks.window_changes.end(_pressed(call, body), call.who)))


async def extend_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Extend 30m* below the same question: from the end that it asked about."""
    window_id, seen = _versioned(_pressed(call, body))
    extended = await desks.window_changes.extend(window_id, call.who, words.length_of("30m"), seen)
    await call.answer(view.extended(extended))


async def approve_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Approve* below a scope."""
    window_id, version = _versioned(_pressed(call, body))
    await call.answer(view.approved(await desks.window_changes.approve(window_id, call.who, version)))


async def reject_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Reject* below a scope: asks why."""
    window_id, version = _versioned(_pressed(call, body))
    window = await desks.window_changes.check_reject(window_id, call.who, version)
    await call.voice.open_form(call.trigger_id, approval_view.reject_form(window, version, call.channel))


async def cancel_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Cancel it* below the answer to `schedule`."""
    window = await desks.window_changes.cancel(_pressed(call, body), call.who, "scheduled by mistake")
    await call.answer(view.cancelled(window))


def _pressed(call: Call, body: Body) -> str:
    call.must_be_inside()
    return str(body["actions"][0].get("value") or "")


def _versioned(text: str) -> tuple[str, int]:
    """The window and the number behind it: what the person saw, 0 where an earlier bot did not say."""
    window_id, _, version = text.partition(" ")
    with reading():
        return window_id, int(version or 0)


# Forms


def check_reason(body: Body) -> dict[str, str]:
    """What is wrong in the form of *Reject*."""
    said = _field(body, approval_view.REASON_BLOCK)
    return {} if said else {approval_view.REASON_BLOCK: "Say in a few words why."}


async def reason_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of *Reject* was sent."""
    call.must_be_inside()
    window_id, version = _versioned(str(body["view"]["private_metadata"]).partition(" ")[2])
    reason = await named(desks, _field(body, approval_view.REASON_BLOCK))
    await call.answer(view.rejected(await desks.window_changes.reject(window_id, call.who, reason, version)))


async def ask(call: Call) -> None:
    """A bare `schedule`: asks in a form."""
    call.must_be_inside()
    if not call.trigger_id:
        raise UserError("A form cannot be opened from here.", "Say it in one line: `schedule sat 14:00 Upgrade Loki`.")
    await call.voice.open_form(call.trigger_id, view.form(call.channel))


def check_form(body: Body) -> dict[str, str]:
    """What is wrong in the form of a window."""
    wrong = {}
    try:
        words.length_of(_field(body, view.LENGTH_BLOCK))
    except WordError as error:
        wrong[view.LENGTH_BLOCK] = f"{error.problem} {error.remedy}"[:150]
    try:
        clean_title(_field(body, view.TITLE_BLOCK))
    except WordError as error:
        wrong[view.TITLE_BLOCK] = error.problem
    if _when(body) is None:
        wrong[view.WHEN_BLOCK] = "Choose a day and a time."
    return wrong


async def form_submitted(desks: Desks, call: Call, body: Body) -> None:
    """The form of a window was sent."""
    call.must_be_inside()
    start, now = _when(body) or desks.clock(), desks.clock()
    if start.timestamp() + 60 <= now.timestamp():
        raise UserError(f"{start:%Y-%m-%d %H:%M} UTC is past, so nothing was scheduled.", "Choose a time to come.")
    title = clean_title(await desks.places.with_names(_field(body, view.TITLE_BLOCK)))
    said = _field(body, view.SCOPE_BLOCK)
    text = await desks.places.with_names(said)
    scope = Scope(text, call.who, now, 0, words.is_infra(said)) if said else None
    plan = Plan(start, words.length_of(_field(body, view.LENGTH_BLOCK)), title, scope)
    made = await desks.window_changes.schedule(plan, call.who)
    await call.answer(view.scheduled(made.window, made.frozen, is_new=made.is_new))


def _when(body: Body) -> datetime | None:
    picked = body["view"]["state"]["values"].get(view.WHEN_BLOCK, {}).get(view.INPUT, {}).get("selected_date_time")
    return datetime.fromtimestamp(int(picked), UTC) if picked else None


def _field(body: Body, block: str) -> str:
    values = body["view"]["state"]["values"]
    text = str(values.get(block, {}).get(view.INPUT, {}).get("value") or "").strip()
    return "" if is_blank(text) else text
