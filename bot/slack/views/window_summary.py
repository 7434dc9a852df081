"""What a window's summary looks like: in its thread, in the coordination thread; and the answers about its file."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block

from bot.domain.checklist import Remark
from bot.domain.clock import utc
from bot.domain.export_desk import Given, How
from bot.domain.window_summary import (
    During,
    Held,
    No,
    WindowSummary,
    Yes,
    compared,
    in_a_sentence,
    lacked,
    newest,
    timing,
)
from bot.slack.mrkdwn import Mrkdwn, joined, link, local, mrkdwn, person
from bot.slack.views.parts import Message, brief, context, fitting, header, one_line, paragraphs, said, titled


@dataclass(frozen=True)
class Size:
    """How many of each kind are listed, and how many characters of each are shown; the file has all."""

    listed: int
    shown: int


_SIZES = (Size(10, 250), Size(8, 120), Size(5, 80), Size(3, 60))


def posted(summary: WindowSummary) -> Message:
    """The summary in the window's thread, sent to the channel too."""
    return fitting(lambda size: _posted(summary, size), _SIZES)


def _posted(summary: WindowSummary, size: Size) -> Message:
    held = summary.held
    blocks: list[Block] = [header(f"{held.title}: summary"), *paragraphs(_times(summary, size))]
    for lines in (
        _ticks(summary, size),
        _remarks("Deviations", summary.deviations, size),
        _remarks("Lessons", summary.lessons, size),
        _incidents(summary, size),
        _health(summary, size),
        _list("*Still firing*", summary.firing, size) if summary.firing else [],
        _nothing(summary),
    ):
        blocks += paragraphs(lines)
    blocks.append(context(Mrkdwn("`/maintenance summary` gives all of it as a file for the runbook.")))
    return Message(_sentence(summary), tuple(blocks))


def _sentence(summary: WindowSummary) -> Mrkdwn:
    return mrkdwn("{} ({}) is over: {}.", summary.held.title, summary.held.id, in_a_sentence(summary))


def _times(summary: WindowSummary, size: Size) -> list[Mrkdwn]:
    held = summary.held
    lines = [
        mrkdwn("*Planned* {} to {}{}", utc(held.start), utc(held.planned_end or held.end), _extended(held)),
        mrkdwn("*Held* {} to {}, {}", utc(held.began), utc(held.ended), timing(held)),
    ]
    for one in held.earlier[-size.listed :]:
        text = "*Scope at first* {} (approved by {})"
        lines.append(mrkdwn(text, brief(one.scope, 2 * size.shown), _given(one.approvals)))
    if held.scope:
        lines.append(mrkdwn("*Scope* {} ({})", brief(held.scope, 2 * size.shown), _approval(held)))
    else:
        lines.append(mrkdwn("*Scope* {}", held.without_scope))
    lines += [_no(one, size) for one in held.rejections[-size.listed :]]
    for label, text in (("Frozen", held.frozen), ("Excepted", held.excepted), ("Rolled back", held.rolled_back)):
        if text:
            lines.append(mrkdwn("*{}* {}", label, brief(text, size.shown)))
    return lines


def _approval(held: Held) -> Mrkdwn:
    """Who said yes to the scope, and who did not."""
    if held.rejected_by:
        return mrkdwn("rejected by {}", person(held.rejected_by))
    if not held.approvals:
        return Mrkdwn("not approved")
    return mrkdwn(
        "approved by {}, not by {}" if held.lacks else "approved by {}", _given(held.approvals), *lacked(held)
    )


def _given(approvals: Sequence[Yes]) -> Mrkdwn:
    return joined(", ", [mrkdwn("{} {}", yes.role, person(yes.by)) for yes in approvals])


def _extended(held: Held) -> str:
    return f", extended to {utc(held.end)}" if held.planned_end else ""


def _no(rejection: No, size: Size) -> Mrkdwn:
    reason, scope = one_line(rejection.reason, size.shown), one_line(rejection.scope, size.shown)
    when = utc(rejection.at)
    text = mrkdwn("*Rejected* {} by {}: {} (the scope was: {})", when, person(rejection.by), reason, scope)
    if not rejection.until_then:
        return text
    return mrkdwn("{}. Until then it was approved by {}.", text, _given(rejection.until_then))


def _ticks(summary: WindowSummary, size: Size) -> list[Mrkdwn]:
    ticks = summary.ticks
    if ticks is None:
        return []
    lines = [mrkdwn("*Checklist* {} of {} done", ticks.done, ticks.total)]
    lines += _list("Open:", ticks.open_items, size) if ticks.open_items else []
    return lines + (_list("Waived:", ticks.waived, size) if ticks.waived else [])


def _health(summary: WindowSummary, size: Size) -> list[Mrkdwn]:
    lines = compared(summary.before, summary.after, summary.dips)
    return [mrkdwn("*Health* {}", lines[0])] if len(lines) == 1 else _list("*Health*", lines, size)


def _nothing(summary: WindowSummary) -> list[Mrkdwn]:
    """What there was none of, in one line: `No deviations, lessons or incidents.`"""
    kinds = {
        "checklist": summary.ticks is None,
        "deviations": not summary.deviations,
        "lessons": not summary.lessons,
        "incidents": not summary.incidents,
        "alerts still firing": summary.firing == (),
    }
    *most, last = [kind for kind, is_missing in kinds.items() if is_missing] or [""]
    if not last:
        return []
    return [mrkdwn("No {}.", f"{', '.join(most)} or {last}" if most else last)]


def _remarks(title: str, remarks: Sequence[Remark], size: Size) -> list[Mrkdwn]:
    if not remarks:
        return []
    some, more = newest(remarks, size.listed)
    lines = [mrkdwn("• {} {}: {}", local(one.at), person(one.who), brief(one.text, size.shown)) for one in some]
    left = [mrkdwn("… and {} earlier ones.", more)] if more else []
    return [mrkdwn("*{}*", title), *left, *lines]


def _incidents(summary: WindowSummary, size: Size) -> list[Mrkdwn]:
    if not summary.incidents:
        return []
    some = summary.incidents[: size.listed]
    lines = [incident_line(one, size.shown) for one in some]
    more = len(summary.incidents) - len(some)
    left = [mrkdwn("… and {} more.", more)] if more else []
    return [Mrkdwn("*Incidents opened during it*"), *lines, *left]


def incident_line(one: During, most: int = 150) -> Mrkdwn:
    """An incident of a window among others."""
    where = link(one.url, one.id) if one.url else one.id
    also = f", also during {', '.join(one.also)}" if one.also else ""
    return mrkdwn("• {} {} {} ({}){}", where, one.severity, titled(one.title, most), one.status, also)


def opened(held: Held, one: During) -> Message:
    """In the window's thread: an incident was opened during it, or is what the emergency is about."""
    how = "is what this emergency is about" if one.id == held.incident_id else "was opened during this window"
    where = link(one.url, one.id) if one.url else one.id
    also = f" It is told in {' and '.join(one.also)} too." if one.also else ""
    return said(mrkdwn("Incident {} ({}, {}) {}.{}", where, one.severity, titled(one.title), how, also))


def _list(title: str, items: Sequence[str], size: Size) -> list[Mrkdwn]:
    lines = [mrkdwn("• {}", brief(item, size.shown)) for item in items[: size.listed]]
    more = len(items) - len(lines)
    left = [mrkdwn("… and {} more.", more)] if more > 0 else []
    return [Mrkdwn(title), *lines, *left]


def coordination(summary: WindowSummary, url: str) -> Message:
    """The same in short, for the program's coordination thread."""
    size = _SIZES[1]
    lines = [_sentence(summary), *_times(summary, size)]
    if summary.ticks and summary.ticks.open_items:
        lines += _list("Open:", summary.ticks.open_items, size)
    lines += [mrkdwn("• {} {}", one.id, titled(one.title, size.shown)) for one in summary.incidents[: size.listed]]
    if url:
        lines.append(link(url, "The whole summary"))
    return Message(_sentence(summary), tuple(paragraphs(lines)))


def not_coordinated(why: str) -> Message:
    """The coordination thread did not take the summary."""
    return said(
        mrkdwn(
            "The coordination thread did not get this summary: Slack answers {}. Invite the bot to that channel, "
            "or look at COORDINATION_THREAD in its settings.",
            why,
        )
    )


def comment(window_id: str, who: str) -> Mrkdwn:
    """What stands beside the file."""
    return mrkdwn("The summary of {} as Markdown, for {}.", window_id, person(who))


def working(window_id: str) -> Message:
    """While the file is being made."""
    return said(mrkdwn("Summing up {}…", window_id))


def shared(window_id: str, given: Given, runbook_url: str) -> Message:
    """The answer to whoever asked for the file."""
    thread = link(given.url, "its thread") if given.url else Mrkdwn("its thread")
    if given.how is How.UNDERWAY:
        return said(mrkdwn("The summary of {} is being made; it will be in {}.", window_id, thread))
    runbook = mrkdwn(" Paste it into {}.", link(runbook_url, "the runbook")) if runbook_url else Mrkdwn("")
    where = "is in" if given.is_new else "was put a moment ago in"
    return said(mrkdwn("The summary of {} {} {}.{}", window_id, where, thread, runbook))
