"""What is said of what people do to windows: the scope with its buttons, approvals, changes; and the form of a no."""

from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.domain.audit import SYSTEM
from bot.domain.clock import utc
from bot.domain.presence import Able
from bot.domain.window import REASON_LIMIT, Act, Deed, State, Window
from bot.slack.mrkdwn import Mrkdwn, both, joined, local, mrkdwn, person
from bot.slack.views.parts import Message, actions, brief, context, said, section, titled
from bot.slack.views.window import button, period, rejected, what_is_planned, what_it_lacks, when_ended, who_can_approve

APPROVE = "window_approve"
REJECT = "window_reject"
REJECT_FORM = "window_reject_form"
REASON_BLOCK = "reason"
INPUT = "value"

_LOUD = (
    Deed.CANCELLED, Deed.MOVED, Deed.EXTENDED, Deed.BEGAN, Deed.ENDED, Deed.ROLLED_BACK, Deed.EXCEPTED, Deed.FROZEN,
    Deed.THAWED, Deed.RESTORED, Deed.OVERTAKEN,
)  # fmt: skip


def is_broadcast(act: Act) -> bool:
    """Whether the channel should hear of it too: whatever changes what was announced."""
    return act.deed in _LOUD


def acted(window: Window, act: Act, people: Able) -> Message:
    """What the window's thread says of an act; `people` may do what comes next."""
    if act.deed is Deed.SCOPED:
        return scope(window, act, people)
    if act.deed is Deed.OVERTAKEN:
        return said(_overtaken(window, act, people))
    return said(_TOLD[act.deed](window, act))


def scope(window: Window, act: Act, approvers: Able) -> Message:
    """The message of a scope: what is to be done, whether it is approved, and the buttons as long as that is open."""
    present = window.scope
    if present is None or present.version != act.version:
        text = mrkdwn("{} wrote what is to be done in {}. It was replaced by a later one.", person(act.by), window.id)
        return Message(text, (section(mrkdwn("{}\n>{}", text, _quoted(act.text))),))
    text = mrkdwn(
        "{} wrote what is to be done in {} ({}, {}).", person(act.by), window.id, titled(window.title), period(window)
    )
    lines = [mrkdwn("{}\n>{}", text, _quoted(present.text))]
    if present.is_infra:
        lines.append(Mrkdwn("It is marked as infrastructure."))
    if present.silencing and not (present.rejected_by and window.state is State.UNDER_WAY):
        lines.append(mrkdwn("Silenced meanwhile: {}", brief(" ".join(map(str, present.silencing)), 500)))
    blocks: list[Block] = [section(joined("\n", lines)), section(_standing(window, approvers))]
    if window.is_live and not present.is_approved and not present.rejected_by:
        value = f"{window.id} {present.version}"
        blocks.append(
            actions([button("Approve", APPROVE, value, "primary"), button("Reject", REJECT, value, "danger")])
        )
        same = mrkdwn("`/maintenance approve {}` and `/maintenance reject {} REASON` do the same.", *[window.id] * 2)
        blocks.append(context(same))
    return Message(text, tuple(blocks))


def _standing(window: Window, approvers: Able) -> Mrkdwn:
    scope = window.scope
    if not window.is_live:
        lines = [mrkdwn("The window is {}.", window.state)]
    elif window.frozen:
        lines = [mrkdwn("The window is frozen: {}", window.frozen)]
    else:
        lines = [what_is_planned(window)]
    if scope is not None:
        if given := joined(
            ", ", [mrkdwn("{} ({})", person(one.by), one.role.replace("-", " ")) for one in scope.approvals]
        ):
            is_all = window.is_live and not window.frozen and scope.is_approved
            approved = mrkdwn("{} by {}.", "Its scope is approved" if is_all else "Approved", given)
            lines = [approved] if is_all else [*lines, approved]
        if scope.rejected_by and (window.frozen or not window.is_live):
            lines.append(mrkdwn("It was {}", rejected(scope)))
    if not window.is_live:
        return joined("\n", lines)
    if scope is not None and scope.lacks and not scope.rejected_by:
        lines.append(who_can_approve(approvers))
    return joined("\n", lines)


def _quoted(text: str) -> Mrkdwn:
    return Mrkdwn(brief(text, 1_600).replace("\n", "\n>"))


def _by(act: Act) -> Mrkdwn:
    return Mrkdwn("") if act.by == SYSTEM else mrkdwn(" by {}", person(act.by))


def _why(act: Act) -> Mrkdwn:
    return mrkdwn(": {}", brief(act.text, 1_000)) if act.text else Mrkdwn(".")


def _approved(window: Window, act: Act) -> Mrkdwn:
    text = mrkdwn("The scope of {} was approved by {} for {}.", window.id, person(act.by), act.text)
    return mrkdwn("{} {}", text, rest) if (rest := what_it_lacks(window)) else text


def _rejected(window: Window, act: Act) -> Mrkdwn:
    text = mrkdwn("The scope of {} was rejected by {}{}", window.id, person(act.by), _why(act))
    lines = [text, without_it()] if window.works_unapproved else [text]
    if window.state is State.UNDER_WAY and window.scope is not None and window.scope.silencing:
        lines.append(Mrkdwn("No alerts are silenced for it any more."))
    return joined("\n", lines)


def without_it() -> Mrkdwn:
    """What a no means to a window that is under way."""
    return Mrkdwn("None of it is to be done. The window goes on without it: `/maintenance end` ends it.")


def _began(window: Window, act: Act) -> Mrkdwn:
    began = utc(window.actual_start or act.at)
    return mrkdwn(
        "{} ({}) has started after all ({}) and ends at {}.", titled(window.title), window.id, began, both(window.end)
    )


def _extended(window: Window, act: Act) -> Mrkdwn:
    text = "{} ({}) was extended by {}{}: it now ends at {}."
    end = act.end or window.end  # earlier releases did not keep it
    return mrkdwn(text, titled(window.title), window.id, act.text, _by(act), both(end))


def _ended(window: Window, act: Act) -> Mrkdwn:
    text = "{} ({}) has ended ({}), as said by {}."
    return mrkdwn(text, titled(window.title), window.id, when_ended(window), person(act.by))


def _rolled_back(window: Window, act: Act) -> Mrkdwn:
    then = Mrkdwn("`/maintenance end` when it is done.")
    if not window.is_live:
        then = mrkdwn("`/maintenance summary {}` tells of it too.", window.id)
    return mrkdwn(
        "Rollback of {} ({}), ordered by {}{}\nWrite the steps in this thread as you take them; {}",
        titled(window.title), window.id, person(act.by), _why(act), then,
    )  # fmt: skip


def _cancelled(window: Window, act: Act) -> Mrkdwn:
    return mrkdwn("{} ({}, {}) was cancelled{}{}", titled(window.title), window.id, period(window), _by(act), _why(act))


def _moved(window: Window, act: Act) -> Mrkdwn:
    other = window.successor
    when = mrkdwn(": {} (for you {})", period(other), local(other.start)) if other else Mrkdwn("")
    next_ = Mrkdwn("That one is announced by itself.")
    if other is not None and other.frozen:
        next_ = mrkdwn("That one lies in a freeze, and is not held unless the tech lead excepts it: {}", other.frozen)
    text = "{} ({}) was moved{}. It is now {}{}. {}"
    return mrkdwn(text, titled(window.title), window.id, _by(act), act.text, when, next_)


def _restored(window: Window, act: Act) -> Mrkdwn:
    text = mrkdwn("{} ({}, {}) is planned again", titled(window.title), window.id, period(window))
    instead = mrkdwn(", not {}", act.text) if act.text else Mrkdwn("")
    why = ", by the weekly rule" if act.by == SYSTEM else mrkdwn(", as said{}", _by(act))
    return mrkdwn("{}{}{}. {}", text, instead, why, what_is_planned(window))


def _frozen(window: Window, act: Act) -> Mrkdwn:
    return mrkdwn(
        "{} ({}, {}) is frozen and will not be held{}", titled(window.title), window.id, period(window), _why(act)
    )


def _thawed(window: Window, act: Act) -> Mrkdwn:
    if not act.text:  # it was under way, so no reason kept it from being held
        text = "{} ({}) has no freeze in its time any more: its end may be put off again."
        return mrkdwn(text, titled(window.title), window.id)
    then = "so it is planned as before" if window.actual_start is None else "so it is held"
    text = "{} ({}, {}) is not frozen any more, {}. {}"
    return mrkdwn(text, titled(window.title), window.id, period(window), then, what_is_planned(window))


def _overtaken(window: Window, act: Act, people: Able) -> Mrkdwn:
    text = "{} ({}) is under way, and there is a freeze in its time, {}\nNothing is stopped by it, but the end is not "
    text += "put off into it. `/maintenance end` ends it; `/maintenance except {} REASON` makes an exception. "
    may = joined(", ", [person(one) for one in people.people[:10]]) or Mrkdwn("nobody: the tech lead is to be assigned")
    text += "Who may: {}."
    told = mrkdwn(text, titled(window.title), window.id, brief(act.text, 1_000), window.id, may)
    return mrkdwn("{} {}", told, people.gone) if people.gone else told


def excepted(window: Window, act: Act) -> Mrkdwn:
    """That a window is held in spite of a freeze, for the channel and for the coordination thread."""
    text = "{} ({}, {}) is held in spite of the freeze, by an exception of {}{}"
    return mrkdwn(text, titled(window.title), window.id, period(window), person(act.by), _why(act))


_TOLD = {
    Deed.APPROVED: _approved,
    Deed.REJECTED: _rejected,
    Deed.BEGAN: _began,
    Deed.EXTENDED: _extended,
    Deed.ENDED: _ended,
    Deed.ROLLED_BACK: _rolled_back,
    Deed.CANCELLED: _cancelled,
    Deed.MOVED: _moved,
    Deed.RESTORED: _restored,
    Deed.FROZEN: _frozen,
    Deed.THAWED: _thawed,
    Deed.EXCEPTED: excepted,
}


def reject_form(window: Window, version: int, channel: str) -> View:
    """Asks why. `private_metadata` is the channel, the window's ID and the version of the scope that was seen."""
    element = PlainTextInputElement(action_id=INPUT, multiline=True, max_length=REASON_LIMIT, focus_on_load=True)
    about = section(
        mrkdwn("*{}* {}\n{}", window.id, titled(window.title), brief(window.scope.text if window.scope else "", 1_000))
    )
    return View(
        type="modal",
        callback_id=REJECT_FORM,
        title="Reject the scope",
        submit="Reject",
        close="Cancel",
        private_metadata=f"{channel} {window.id} {version}",
        blocks=[about, InputBlock(block_id=REASON_BLOCK, label="Why?", element=element)],
    )
