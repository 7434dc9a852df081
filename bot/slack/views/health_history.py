"""How the services were, in words: as an answer with a strip of characters, and as what a picture shows."""

from datetime import timedelta

from bot.domain.clock import spelled, utc
from bot.domain.health_history import History, Piece, Strip
from bot.domain.wording import all_were, counted, last
from bot.slack.mrkdwn import Mrkdwn, both, joined, mrkdwn
from bot.slack.views.parts import Message, context, paragraphs, said, section, short

WIDTH = 24  # characters of a strip: on a telephone a line has some 35
_NAME = 16
_SHOWN = 40
_GAPS = 4
UP, PARTLY, DOWN, UNKNOWN = "█", "▄", "▁", "·"


def gathering(period: timedelta) -> Message:
    """While it is gathered."""
    return said(mrkdwn("Reading the services' last {}…", last(period)))


def told(history: History) -> Message:
    """Uptime and latency of each service with its strip, as text alone."""
    if not history.strips:
        return said(
            mrkdwn(
                "Nothing was measured in the last {}: the services are asked again and again, so try later.",
                last(history.period),
            )
        )
    lines = [
        mrkdwn("`{}` *{}* {}", _strip(one), short(one.service, 40), _unbroken(figures(one)))
        for one in history.strips[:_SHOWN]
    ]
    small = [
        mrkdwn("From {} on, oldest first, {} each", both(history.since), spelled(history.period / WIDTH)),
        mrkdwn("{} up, {} partly, {} down, {} not asked", UP, PARTLY, DOWN, UNKNOWN),
    ]
    if history.gaps:
        small.append(not_watched(history))
    heading = section(mrkdwn("*{}*", title(history)))
    return Message(sentence(history), (heading, *paragraphs(lines), context(*small)))


def sentence(history: History) -> Mrkdwn:
    """Who was not up all the time, in a sentence."""
    gaps = mrkdwn(" {}.", not_watched(history)) if history.gaps else Mrkdwn("")
    troubled = [one for one in history.strips if (one.uptime or 0) < 1]
    if not troubled:
        every = all_were(len(history.strips), "service")
        return mrkdwn("{} up all of the measured time of the last {}.{}", every, last(history.period), gaps)
    parts = [mrkdwn("{} {}", one.service, percent(one.uptime)) for one in troubled[:6]]
    rest = joined(", ", parts)
    others = "; the others all the time" if len(troubled) < len(history.strips) else ""
    return mrkdwn("Up in the last {}: {}{}.{}", last(history.period), rest, others, gaps)


def not_watched(history: History) -> Mrkdwn:
    """When nobody asked, the longest times first: what is said of the rest of the time is all that is known."""
    longest = sorted(history.gaps, key=lambda gap: gap.since - gap.until)
    parts = [mrkdwn("{} to {} ({})", utc(gap.since), utc(gap.until), spelled(gap.until - gap.since)) for gap in longest]
    more = mrkdwn(" and {}", counted(len(parts) - _GAPS, "more time")) if len(parts) > _GAPS else Mrkdwn("")
    return mrkdwn("Not watched from {}{}", joined("; from ", parts[:_GAPS]), more)


def title(history: History) -> str:
    """What picture and answer are called."""
    return f"Services, the last {last(history.period)}"


def figures(one: Strip) -> str:
    """`99.65 % up · 12 ms`."""
    latency = "" if one.latency is None else f" · {one.latency:,.0f} ms" if one.latency >= 1 else " · under 1 ms"
    return f"{percent(one.uptime)} up{latency}"


def percent(share: float | None) -> str:
    """`100 %`, `99.97 %`: never rounded up to all of it."""
    if share is None:
        return "unknown"
    if share in (0.0, 1.0):
        return f"{share * 100:.0f} %"
    return f"{min(99.99, max(0.01, share * 100)):.2f} %"


def alt(history: History) -> str:
    """The picture in words."""
    services = "; ".join(f"{one.service} {figures(one)}" for one in history.strips)
    gaps = f" {not_watched(history)}." if history.gaps else ""
    about = f"A strip and a line of latency for each service. {title(history)}, to {utc(history.until)}:"
    return short(f"{about} {services}.{gaps}", 1000)


def _unbroken(text: str) -> str:
    """On a telephone it goes to the next line as a whole: `100` above `% up` reads badly."""
    return text.replace(" ", "\u00a0")


def _strip(one: Strip) -> str:
    """The pieces as characters, several pieces each where there are more."""
    count = len(one.pieces)
    width = min(WIDTH, count)
    return "".join(_character(one.pieces[n * count // width : (n + 1) * count // width]) for n in range(width))


def _character(pieces: tuple[Piece | None, ...]) -> str:
    known = [piece for piece in pieces if piece]
    if not known:
        return UNKNOWN
    up = sum(piece.up for piece in known)
    return UP if up == sum(piece.asked for piece in known) else PARTLY if up else DOWN
