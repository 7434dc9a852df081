"""The private answers of `/maintenance`: the timetable, what became of an act, the form for a window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from slack_sdk.models.blocks import (
    Block,
    DateTimePickerElement,
    InputBlock,
    PlainTextInputElement,
)
from slack_sdk.models.views import View

from bot.domain.announcement import Announcement, Occasion, Rung, State
from bot.domain.freeze import Freeze
from bot.domain.window import SCOPE_LIMIT, TITLE_LIMIT, Phase, Window
from bot.domain.window import State as Standing
from bot.domain.window_summary import During
from bot.slack.mrkdwn import Mrkdwn, both, local, mrkdwn
from bot.slack.views import freeze as freeze_view
from bot.slack.views.approval import without_it
from bot.slack.views.parts import Message, actions, brief, context, fitting, paragraphs, said, section, titled
from bot.slack.views.window import button, period, what_is_planned, what_it_lacks, when_ended
from bot.slack.views.window_summary import incident_line

CANCEL = "maintenance_cancel"
UNDO = "maintenance_undo"
CHOOSE = "maintenance_choose"
FORM = "maintenance_form"
WHEN_BLOCK, LENGTH_BLOCK, TITLE_BLOCK, SCOPE_BLOCK = "when", "length", "title", "scope"
INPUT = "value"
SHOWN = 12  # windows of a list
INCIDENTS = 8  # of one window
_BY_RULE = (
    "*MongoDB does not answer.* Below is the weekly rule alone: whether a window was skipped, moved, cancelled or "
    "begun and what was announced already is not known without it, nor are other windows and freezes."
)


@dataclass(frozen=True)
class Happened:
    """What was announced of the first window of a list (None: not known), and the incidents of those under way."""

    told: Mapping[str, Announcement] | None
    opened: Mapping[str, Sequence[During]] = field(default_factory=dict)


def timetable(
    windows: Sequence[tuple[Window, Sequence[Rung]]],
    freezes: Sequence[Freeze],
    happened: Happened,
    now: datetime,
) -> Message:
    """The current and the next windows, what is announced of the first when, incidents, and the freezes."""
    return fitting(lambda room: _timetable((windows, freezes), happened, now, room), (300, 100, 30))


def _timetable(
    planned: tuple[Sequence[tuple[Window, Sequence[Rung]]], Sequence[Freeze]],
    happened: Happened,
    now: datetime,
    room: int,
) -> Message:
    windows, freezes = planned
    window = windows[0][0]
    phase = window.phase(now)
    state = f"is {phase}" if phase in (Phase.UNDER_WAY, Phase.HELD_UP) else "is next"
    text = mrkdwn("{} {}: {}.", window.title, state, period(window))
    blocks: list[Block] = []
    for number, (each, ladder) in enumerate(windows[:SHOWN]):
        lines = [_line(each, now, room)]
        if number == 0:
            told = happened.told or {}
            # Of a frozen one only the first is told: that it is frozen.
            due = ladder if not each.frozen else [one for one in ladder if one.key in told or one is ladder[0]]
            lines += [_rung_line(rung, told.get(rung.key)) for rung in due]
        if opened := happened.opened.get(each.id):
            more = f" (the newest {INCIDENTS} of {len(opened)})" if len(opened) > INCIDENTS else ""
            lines.append(mrkdwn("Incidents opened during {}{}:", each.id, more))
            lines += [incident_line(one) for one in opened[-INCIDENTS:]]
        blocks += paragraphs(lines)
    blocks += paragraphs([freeze_view.line(freeze) for freeze in freezes[:SHOWN]])
    if happened.told is None:
        text = mrkdwn("{} By the weekly rule alone, since MongoDB does not answer.", text)
        blocks.insert(0, section(Mrkdwn(_BY_RULE)))
    blocks.append(context(mrkdwn("Now it is {}.", both(now))))
    return Message(text, tuple(blocks))


def _line(window: Window, now: datetime, room: int) -> Mrkdwn:
    what = what_is_planned(window, room)
    text = "*{}* {} · {} · {}{}{}"
    late = ", its end is not recorded" if window.state is Standing.UNDER_WAY and now >= window.end else ""
    rest = mrkdwn(" · {}", what) if what else ""
    return mrkdwn(text, window.id, titled(window.title, room), period(window), window.phase(now), late, rest)


def _rung_line(rung: Rung, known: Announcement | None) -> Mrkdwn:
    what = {Occasion.AHEAD: f"{rung.name} ahead", Occasion.START: "start", Occasion.ENDING: "ending soon"}
    name = what.get(rung.occasion, "end")
    if known is None or known.state is State.CLAIMED:
        return mrkdwn("• {}: due {}", name, both(rung.due))
    if known.state is State.SKIPPED:
        return mrkdwn("• {}: not announced, since {}", name, known.reason)
    return mrkdwn("• {}: announced {}", name, local(known.at or rung.due))


def scheduled(window: Window, frozen: str, *, is_new: bool) -> Message:
    """The answer to whoever planned a window, with a way back."""
    how = "is scheduled" if is_new else "was scheduled a moment ago"
    text = mrkdwn(
        "{} {}: {} ({} to {} for you), {}. {}",
        window.id, how, period(window), local(window.start), local(window.end), titled(window.title),
        _next(window, frozen),
    )  # fmt: skip
    return Message(text, (section(text), actions([button("Cancel it", CANCEL, window.id, "danger")])))


def moved(window: Window, other: Window, frozen: str) -> Message:
    """The answer to whoever moved one."""
    text = "{} is moved: it is {} now, {} ({} for you). {}"
    return _undoable(mrkdwn(text, window.id, other.id, period(other), local(other.start), _next(other, frozen)), window)


def restored(window: Window, frozen: str) -> Message:
    """The answer to whoever took back that one is off."""
    known = " The channel is told." if window.head else ""
    return said(mrkdwn("{} is planned again, {}.{} {}", window.id, period(window), known, _next(window, frozen)))


def _undoable(text: Mrkdwn, window: Window) -> Message:
    return Message(text, (section(text), actions([button("Undo", UNDO, window.id)])))


def _next(window: Window, frozen: str) -> Mrkdwn:
    if frozen:
        text = "It lies in a freeze, so it is not held unless the tech lead excepts it (`/maintenance except {} …`): {}"
        return mrkdwn(text, window.id, brief(frozen, 300))
    if window.scope is None:
        return Mrkdwn("`/maintenance scope TEXT` says what is done in it.")
    return what_is_planned(window)


def scoped(window: Window) -> Message:
    """The answer to whoever wrote a scope."""
    return said(_and(mrkdwn("The scope of {} is in the channel.", window.id), what_it_lacks(window)))


def approved(window: Window) -> Message:
    """The answer to whoever approved one."""
    return said(_and(mrkdwn("You approved the scope of {}.", window.id), what_it_lacks(window)))


def _and(sentence: Mrkdwn, rest: str) -> Mrkdwn:
    return mrkdwn("{} {}", sentence, rest) if rest else sentence


def rejected(window: Window) -> Message:
    """The answer to whoever rejected one."""
    text = mrkdwn("You rejected the scope of {}.", window.id)
    return said(_and(text, without_it() if window.works_unapproved else ""))


def started(window: Window) -> Message:
    """The answer to whoever began one."""
    return said(mrkdwn("{} is under way; it is planned to end at {}.", window.id, both(window.end)))


def extended(window: Window) -> Message:
    """The answer to whoever extended one."""
    return said(mrkdwn("{} now ends at {}.", window.id, both(window.end)))


def ended(window: Window) -> Message:
    """The answer to whoever ended one."""
    ended = window.actual_end or window.end
    return said(mrkdwn("{} is over, since {} ({}).", window.id, when_ended(window), local(ended)))


def rolled_back(window: Window) -> Message:
    """The answer to whoever ordered a rollback."""
    return said(mrkdwn("The rollback of {} is announced; the steps belong in its thread.", window.id))


def cancelled(window: Window) -> Message:
    """The answer to whoever called one off."""
    known = "The channel is told." if window.head else "Nothing had been announced of it."
    return _undoable(mrkdwn("{} ({}) is cancelled. {}", window.id, period(window), known), window)


def excepted(window: Window) -> Message:
    """The answer to whoever made an exception."""
    return said(mrkdwn("{} is held in spite of the freeze; that is announced.", window.id))


def which_time(problem: str, choices: Sequence[tuple[str, str]]) -> Message:
    """A local time that means two moments: which one. Each choice is a label and the command that it stands for."""
    text = mrkdwn("{} Nothing was done yet. Which one do you mean?", problem)
    buttons = [button(label, f"{CHOOSE}_{number}", command) for number, (label, command) in enumerate(choices)]
    return Message(text, (section(text), actions(buttons)))


def writing_calendar() -> Message:
    """While the calendar is written."""
    return said(Mrkdwn("Writing the calendar…"))


def calendar_given(url: str) -> Message:
    """Where the file is, and how to subscribe."""
    return said(mrkdwn("The calendar is in your direct messages. To subscribe to it: `GET {}`.", url))


def form(channel: str) -> View:
    """Plans a window. `private_metadata` is the channel."""
    blocks = [
        InputBlock(block_id=WHEN_BLOCK, label="When does it start?", element=DateTimePickerElement(action_id=INPUT)),
        InputBlock(
            block_id=LENGTH_BLOCK,
            label="How long?",
            element=PlainTextInputElement(action_id=INPUT, initial_value="2h", placeholder="90m", max_length=20),
        ),
        InputBlock(
            block_id=TITLE_BLOCK,
            label="What for?",
            element=PlainTextInputElement(action_id=INPUT, max_length=TITLE_LIMIT, placeholder="Upgrade Loki"),
        ),
        InputBlock(
            block_id=SCOPE_BLOCK,
            label="What is to be done?",
            optional=True,
            hint="The tech lead approves it; with the word infra in it the duty officer as well.",
            element=PlainTextInputElement(action_id=INPUT, multiline=True, max_length=SCOPE_LIMIT),
        ),
    ]
    return View(
        type="modal",
        callback_id=FORM,
        title="Schedule a window",
        submit="Schedule",
        close="Cancel",
        private_metadata=channel,
        blocks=blocks,
    )
