"""What windows look like: the head of a window's thread, the replies of its rungs, the timetable."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from slack_sdk.models.blocks import Block

from bot.domain.announcement import Announcement, Occasion, Rung, State
from bot.domain.clock import spelled
from bot.domain.incident import Incident
from bot.domain.window import Phase, Window
from bot.slack.mrkdwn import Mrkdwn, both, escape, joined, link, local, mrkdwn, utc
from bot.slack.views.parts import Message, context, header, said, section


def period(window: Window) -> str:
    """`Saturday 2026-11-28 02:00 to 06:00 UTC`."""
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%A %Y-%m-%d %H:%M} to {last} UTC"


def head(rung: Rung, late: timedelta, latest: Rung | None) -> Message:
    """The first message of a window: what it is and where it stands; edited as later rungs are told."""
    window = rung.window
    standing = _standing(latest or rung)
    told = _TOLD[(latest or rung).occasion]
    text = mrkdwn("{} ({}) {}: {}.", window.title, window.id, told, period(window))
    blocks: list[Block] = [
        header(f"{window.title}: {standing}"),
        section(mrkdwn("*{}*\nFor you: {} to {}", period(window), local(window.start), local(window.end))),
        context(*_small_print(window, rung, late)),
    ]
    return Message(text if not late else text + _lateness(late), tuple(blocks))


def reply(rung: Rung, late: timedelta) -> Message:
    """A later rung: a reply in the window's thread, also sent to the channel."""
    sentence = escape(_sentence(rung, late))
    if late:
        sentence += _lateness(late)
    moment = rung.window.start if rung.occasion in (Occasion.AHEAD, Occasion.START) else rung.window.end
    detail = mrkdwn("{} · for you {}", rung.window.id, local(moment))
    return Message(sentence, (section(sentence), context(detail)))


def _sentence(rung: Rung, late: timedelta) -> str:
    window = rung.window
    told_at = rung.due + late
    match rung.occasion:
        case Occasion.AHEAD if told_at >= window.start:
            return f"{window.title} has started ({utc(window.start)}) and ends at {utc(window.end)}."
        case Occasion.AHEAD:
            return f"{window.title} starts at {utc(window.start)}, in {spelled(window.start - told_at)}."
        case Occasion.START:
            return f"{window.title} has started ({utc(window.start)}) and ends at {utc(window.end)}."
        case Occasion.ENDING:
            return f"{window.title} ends at {utc(window.end)}, in {spelled(window.end - told_at)}."
        case Occasion.END:
            return f"{window.title} has ended ({utc(window.end)})."


_TOLD = {
    Occasion.AHEAD: "is planned",
    Occasion.START: "is under way",
    Occasion.ENDING: "is under way and ends soon",
    Occasion.END: "is over",
}


def _standing(latest: Rung) -> str:
    return {
        Occasion.AHEAD: "planned",
        Occasion.START: "under way",
        Occasion.ENDING: "under way, ends soon",
        Occasion.END: "over",
    }[latest.occasion]


def _small_print(window: Window, rung: Rung, late: timedelta) -> list[Mrkdwn]:
    parts = [
        mrkdwn(
            "{} · {} long · everything else about it is in this thread", window.id, spelled(window.end - window.start)
        )
    ]
    if late:
        parts.append(mrkdwn("This announcement was due at {}; it is {} late.", utc(rung.due), spelled(late)))
    return parts


def _lateness(late: timedelta) -> Mrkdwn:
    return mrkdwn(" (This announcement is {} late.)", spelled(late))


def declaring(title: str) -> Message:
    """While an emergency is being declared."""
    return said(mrkdwn("Declaring the emergency “{}”…", title))


def declared(incident: Incident, window: Window | None, url: str) -> Message:
    """The answer to whoever declared an emergency."""
    thread = link(url, "its thread") if url else Mrkdwn("its thread")
    opened = mrkdwn("{} is open for the emergency: write in {}.", incident.id, thread)
    if window is None:
        return said(
            mrkdwn("{} MongoDB does not answer, so no window is announced; say the same again when it is back.", opened)
        )
    return said(mrkdwn("{} The window {} lasts until {}; it is announced now.", opened, window.id, both(window.end)))


def timetable(
    coming: Sequence[tuple[Window, Sequence[Rung]]],
    emergencies: Sequence[Window],
    told: Mapping[str, Announcement] | None,
    now: datetime,
) -> Message:
    """The current and the next windows, and what is announced when."""
    window = coming[0][0]
    state = "is under way" if window.phase(now) is Phase.UNDER_WAY else "is next"
    text = mrkdwn("{} {}: {}.", window.title, state, period(window))
    blocks: list[Block] = []
    for number, (each, ladder) in enumerate(coming):
        lines = [mrkdwn("*{}* {} · {} · {}", each.id, each.title, period(each), each.phase(now))]
        if number == 0:
            lines += [_rung_line(rung, (told or {}).get(rung.key)) for rung in ladder]
        blocks.append(section(joined("\n", lines)))
    for each in emergencies:
        blocks.append(section(mrkdwn("*{}* {} · {} · {}", each.id, each.title, period(each), each.phase(now))))
    if told is None:
        blocks.append(context(Mrkdwn("MongoDB does not answer: what was announced already is not known here.")))
    blocks.append(context(mrkdwn("Now it is {}.", both(now))))
    return Message(text, tuple(blocks))


def _rung_line(rung: Rung, known: Announcement | None) -> Mrkdwn:
    what = {Occasion.AHEAD: f"{rung.name} ahead", Occasion.START: "start", Occasion.ENDING: "ending soon"}
    name = what.get(rung.occasion, "end")
    if known is None or known.state is State.CLAIMED:
        return mrkdwn("• {}: to be announced at {}", name, both(rung.due))
    if known.state is State.SKIPPED:
        return mrkdwn("• {}: not announced, since {}", name, known.reason)
    return mrkdwn("• {}: announced {}", name, local(known.at or rung.due))
