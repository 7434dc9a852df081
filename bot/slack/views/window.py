"""What the channel sees of windows: the head of a window's thread, the replies of its rungs, what people do to it."""

from datetime import UTC, datetime, timedelta

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, PlainTextObject

from bot.domain.announcement import Occasion, Rung
from bot.domain.clock import spelled, utc
from bot.domain.presence import Able
from bot.domain.window import Deed, Kind, Scope, State, Window
from bot.domain.window_steps import lacking, named
from bot.slack.mrkdwn import Mrkdwn, joined, local, mrkdwn, person
from bot.slack.views.parts import Message, actions, brief, context, header, one_line, section, titled

ENDED = "window_ended"
EXTEND = "window_extend"

PLANNED = "planned"


def period(window: Window) -> str:
    """`Saturday 2026-11-28 02:00 to 06:00 UTC`, as it is planned."""
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    exact = "%H:%M:%S" if start.second or end.second else "%H:%M"
    last = f"{end:{exact}}" if end.date() == start.date() else f"{end:%Y-%m-%d {exact}}"
    return f"{start:%A %Y-%m-%d {exact}} to {last} UTC"


def head(rung: Rung, late: timedelta, latest: Rung | None) -> Message:
    """The first message of a window: what it is and where it stands; edited as it goes on.

    `late` is how late it was posted; once it shows more than the plan it is news again, and nobody asks.
    """
    window = rung.window
    standing = _standing(latest or rung)
    if latest is not None and standing != PLANNED:
        late = timedelta(0)
    text = mrkdwn("{} ({}) {}: {}.", window.title, window.id, _told(latest or rung), period(window))
    parts = [mrkdwn("*{}*\nFor you: {} to {}", period(window), local(window.start), local(window.end))]
    if held := _held(window):
        parts.append(mrkdwn("{}", held))
    if what := what_is_planned(window):
        parts.append(what)
    if window.scope:
        parts.append(mrkdwn("What is done: {}", brief(window.scope.text, 1_000)))
    if window.exemption:
        parts.append(mrkdwn("It is held in spite of a freeze: {}", brief(window.exemption.reason, 500)))
    blocks: list[Block] = [
        header(f"{window.title}: {standing}"),
        section(joined("\n", parts)),
        context(*_small_print(window, rung, late)),
    ]
    if rung.is_question:  # the bot was away until then, so this is all that will be asked
        question = mrkdwn("It was planned to end at {}. Has it ended?", utc(window.end))
        text = mrkdwn("{} {}", text, question)
        blocks[2:2] = [section(question), _answers(window)]
    told = latest or rung
    if (latest is None or told.is_held_up) and (said := _beside(told)):
        text = mrkdwn("{} {}", text, said)
        if told.is_held_up:
            blocks[2:2] = [section(said)]
    return Message(text if not late else text + _lateness(late), tuple(blocks))


def reply(rung: Rung, late: timedelta) -> Message:
    """A later rung: a reply in the window's thread, also sent to the channel."""
    sentence = _sentence(rung, late)
    if said := _beside(rung):
        sentence = mrkdwn("{} {}", sentence, said)
    if late:
        sentence += _lateness(late)
    blocks: list[Block] = [
        section(sentence),
        context(mrkdwn("{} · for you it {}", rung.window.id, _moment(rung, late))),
    ]
    if rung.is_question:
        blocks.append(_answers(rung.window))
    return Message(sentence, tuple(blocks))


def answered(window: Window, asked: datetime) -> Message:
    """The question whether it has ended, once that is known: without its buttons. `asked`: the end that was planned."""
    what = f"it ended at {when_ended(window)}" if window.actual_end else f"it was put off to {utc(window.end)}"
    text = mrkdwn(
        "{} was planned to end at {}, and it was asked whether it has ended: {}.",
        titled(window.title), utc(asked), what,
    )  # fmt: skip
    return Message(text, (section(text), context(mrkdwn("{} · for you {}", window.id, local(asked)))))


def _answers(window: Window) -> ActionsBlock:
    """The buttons below the question whether a window has ended."""
    asked = f"{window.id} {int(window.end.timestamp())}"
    return actions([button("It has ended", ENDED, window.id), button("Extend 30m", EXTEND, asked)])


def button(label: str, action_id: str, value: str, style: str | None = None) -> ButtonElement:
    """A button; its value says what it is about."""
    return ButtonElement(text=PlainTextObject(text=label), action_id=action_id, value=value, style=style)


def what_is_planned(window: Window, most: int = 1_000) -> Mrkdwn:
    """A sentence or two: whether work is planned, and whether it may be done. Nothing for an emergency.

    `most`: characters of a reason that are shown.
    """
    if window.frozen and window.state not in (State.CANCELLED, State.MOVED):
        return mrkdwn("It is frozen and will not be held: {}", brief(window.frozen, most))
    scope = window.scope
    if window.is_emergency and scope is None:
        return Mrkdwn("")
    if scope is None:
        is_weekly = window.kind is Kind.WEEKLY
        return Mrkdwn("No work is planned." if is_weekly else "No scope was given, so no work is planned yet.")
    return _verdict(window, scope, most)


def _verdict(window: Window, scope: Scope, most: int) -> Mrkdwn:
    """Whether its scope is approved; under way, what is not may not be begun."""
    if scope.rejected_by:
        text = "None of its scope is to be done: it was {}" if window.works_unapproved else "Its scope was {}"
        return mrkdwn(text, rejected(scope, most))
    if not scope.lacks:
        return mrkdwn("Its scope is approved by {}.", named(scope.needs))
    if not window.is_live:
        return mrkdwn("Its scope was not approved: it lacked {}.", lacking(window))
    return mrkdwn("Its scope is not approved yet: it lacks {}{}.", lacking(window), _not_before(window))


def _not_before(window: Window) -> str:
    return ", and none of it is to be done before" if window.works_unapproved else ""


def rejected(scope: Scope, most: int = 1_000) -> Mrkdwn:
    """`rejected by @bob: no rollback plan`."""
    return mrkdwn("rejected by {}: {}", person(scope.rejected_by), one_line(scope.rejection, most))


def what_it_lacks(window: Window) -> Mrkdwn:
    """After a sentence about its scope: what is lacking yet. Nothing after a yes that is the only one that it takes."""
    scope = window.scope
    if scope is None or window.frozen or scope.rejected_by:
        return what_is_planned(window)
    if scope.lacks:
        return mrkdwn("It lacks {}{}.", lacking(window), _not_before(window))
    return mrkdwn("It is approved by {}.", named(scope.needs)) if len(scope.needs) > 1 else Mrkdwn("")


def who_can_approve(able: Able) -> Mrkdwn:
    """Those who are there; of whoever has a role for it and left the workspace that they did."""
    who = joined(", ", [person(one) for one in able.people[:10]])
    nobody = "Nobody can approve it yet: `/ops roles` says which role has nobody else."
    can = mrkdwn("Who can approve: {}.", who) if who else Mrkdwn(nobody)
    return mrkdwn("{} {}", can, able.gone) if able.gone else can


def _beside(rung: Rung) -> Mrkdwn:
    """What a rung says of the work, where it still matters."""
    window = rung.window
    if rung.is_held_up and not window.frozen:
        if window.scope and window.scope.rejected_by:
            return mrkdwn("It was {}", rejected(window.scope, 300))
        return who_can_approve(rung.approvers)
    if rung.occasion is Occasion.ENDING and window.works_unapproved:
        return what_is_planned(window)
    if rung.occasion not in (Occasion.AHEAD, Occasion.START) or (window.frozen and rung.occasion is Occasion.START):
        return Mrkdwn("")
    return what_is_planned(window)


def _sentence(rung: Rung, late: timedelta) -> Mrkdwn:
    window = rung.window
    told_at = rung.due + late
    start, end = utc(window.start), utc(window.end)
    match rung.occasion:
        case Occasion.AHEAD if told_at < window.start or not window.may_begin:
            says = f"starts at {start}, in {spelled(window.start - told_at)}."
        case Occasion.START if rung.is_held_up and window.frozen:
            says = f"was to start now ({start}). It is frozen and is not held: {window.frozen}"
        case Occasion.START if rung.is_held_up:
            says = f"was to start now ({start}), but it is not started: it lacks {lacking(window)}."
        case Occasion.START | Occasion.AHEAD:
            says = f"has started ({utc(window.actual_start or window.start)}) and ends at {end}."
        case Occasion.ENDING:
            says = f"ends at {end}, in {spelled(window.end - told_at)}."
        case Occasion.END if rung.is_question:
            says = f"was planned to end now ({end}). Has it ended?"
        case Occasion.END if window.state is State.NOT_HELD:
            says = f"is over ({end}); it was not held: {window.acts[-1].text}."
        case Occasion.END:
            says = f"has ended ({when_ended(window)})."
    return mrkdwn("{} {}", titled(window.title), says)


def when_ended(window: Window) -> str:
    """When it ended, and what is to be known of that."""
    ended = window.latest(Deed.ENDED)
    note = f"; {ended.text}" if ended and ended.text else ""
    return f"{utc(window.actual_end or window.end)}{note}"


def _moment(rung: Rung, late: timedelta) -> Mrkdwn:
    """What a sentence is about, in the reader's own time: `ends Nov 28 at 7:00 AM`."""
    window = rung.window
    match rung.occasion:
        case Occasion.AHEAD if rung.due + late < window.start or not window.may_begin:
            return mrkdwn("starts {}", local(window.start))
        case Occasion.START if rung.is_held_up:
            return mrkdwn("was to start {}", local(window.start))
        case Occasion.END if rung.is_question:
            return mrkdwn("was to end {}", local(window.end))
        case Occasion.END:
            return mrkdwn("ended {}", local(window.actual_end or window.end))
        case _:
            return mrkdwn("ends {}", local(window.end))


def _told(latest: Rung) -> str:
    """Where it stands, as a verb."""
    return {
        PLANNED: "is planned",
        "under way": "is under way",
        "under way, ends soon": "is under way and ends soon",
        "over": "is over",
    }.get(standing := _standing(latest), standing if standing.startswith("was") else f"is {standing}")


def _standing(latest: Rung) -> str:
    window = latest.window
    ended = {
        State.CANCELLED: "cancelled",
        State.MOVED: f"moved to {window.moved_to}",
        State.NOT_HELD: "over, not held",
        State.OVER: "over, rolled back" if window.rolled_back else "over",
    }
    if window.state in ended:
        return ended[window.state]
    if window.frozen:
        return "frozen"
    if window.state is State.PLANNED:
        return (
            "not started, not approved"
            if latest.occasion is Occasion.START and not window.may_begin
            else {
                Occasion.AHEAD: PLANNED,
                Occasion.START: "under way",
                Occasion.ENDING: "under way, ends soon",
                Occasion.END: "over",
            }[latest.occasion]
        )
    return f"under way{_beneath(latest)}"


def _beneath(latest: Rung) -> str:
    """What there is to know of a window that is under way."""
    window = latest.window
    if window.rolled_back:
        return ", being rolled back"
    if latest.is_question:
        return ", its end is not recorded"
    if window.works_unapproved:
        return f", its scope {'rejected' if window.scope and window.scope.rejected_by else 'not approved'}"
    return ", ends soon" if latest.occasion is Occasion.ENDING else ""


def _held(window: Window) -> str:
    """When it was really held."""
    if window.actual_start is None:
        return ""
    if window.actual_end is None:
        return f"Started at {utc(window.actual_start)}."
    return f"Held from {utc(window.actual_start)} to {when_ended(window)}."


def _small_print(window: Window, rung: Rung, late: timedelta) -> list[Mrkdwn]:
    long = spelled(window.end - window.start)
    parts = [mrkdwn("{} · {} long · everything else about it is in this thread", window.id, long)]
    if late:
        parts.append(mrkdwn("This announcement was due at {}; it is {} late.", utc(rung.due), spelled(late)))
    return parts


def _lateness(late: timedelta) -> Mrkdwn:
    return mrkdwn(" (This announcement is {} late.)", spelled(late))
