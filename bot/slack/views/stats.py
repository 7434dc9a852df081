"""Statistics of incidents in words: as an answer, and as what a picture shows."""

from datetime import timedelta

from bot.domain.clock import spelled
from bot.domain.stats import Spread, Stats
from bot.domain.wording import counted, last
from bot.slack.mrkdwn import Mrkdwn, both, joined, mrkdwn
from bot.slack.views.parts import Message, context, said, section, titled


def counting(period: timedelta) -> Message:
    """While the incidents are counted."""
    return said(mrkdwn("Counting the incidents of the last {}…", last(period)))


def told(stats: Stats) -> Message:
    """The statistics, as text alone."""
    if not stats.count:
        none = mrkdwn("No incident was opened in the last {}.", last(stats.period))
        return said(none)
    sentence = mrkdwn(
        "{} in the last {}: {}.", counted(stats.count, "incident"), last(stats.period), _severities(stats)
    )
    lines = [
        mrkdwn("*By severity*: {}", _severities(stats)),
        mrkdwn("*Time to acknowledge*: {}", _spread(stats.to_acknowledge)),
        mrkdwn("*Time to resolve*: {}", _spread(stats.to_resolve)),
        mrkdwn("*Busiest hours (UTC)*: {}", _hours(stats)),
    ]
    if stats.repeats:
        lines.append(Mrkdwn("*Again and again*:"))
        lines += [mrkdwn("• {} × {}", repeat.count, titled(repeat.title)) for repeat in stats.repeats]
    else:
        lines.append(Mrkdwn("*Again and again*: no title came twice."))
    small = [mrkdwn("Opened since {}.", both(stats.since))]
    if stats.to_resolve.count:
        small.append(Mrkdwn("The time to resolve counts from when the trouble began."))
    if stats.duplicates:
        few = "1 duplicate of another is" if stats.duplicates == 1 else f"{stats.duplicates:,} duplicates of others are"
        small.append(mrkdwn("{} not counted.", few))
    if stats.is_capped:
        small.insert(0, mrkdwn("There were more; these are the newest {}.", f"{stats.count:,}"))
    return Message(sentence, (section(mrkdwn("*{}*", title(stats))), section(joined("\n", lines)), context(*small)))


def title(stats: Stats) -> str:
    """What picture and answer are called."""
    return f"Incidents of the last {last(stats.period)}: {stats.count:,}{' and more' if stats.is_capped else ''}"


def times(stats: Stats) -> str:
    """How long it took, in a line."""
    return f"to acknowledge: {_spread(stats.to_acknowledge)} · to resolve: {_spread(stats.to_resolve)}"


def alt(stats: Stats) -> str:
    """The picture in words."""
    charts = f"By severity: {_severities(stats)}. Most opened: {_hours(stats)} UTC."
    return f"Two bar charts. {title(stats)}. {charts} Time {times(stats)}."


def _severities(stats: Stats) -> str:
    return ", ".join(f"{count:,} {severity.upper()}" for severity, count in stats.by_severity if count) or "none"


def _hours(stats: Stats) -> str:
    return ", ".join(f"{hour:02d}:00 to {(hour + 1) % 24:02d}:00 ({count:,})" for hour, count in stats.busiest)


def _spread(spread: Spread) -> str:
    if spread.median is None or spread.most is None:
        return "none yet"
    half, most = spelled(spread.median), spelled(spread.most)
    if spread.count == 1:
        return f"{half} (one incident)"
    return f"half within {half}, nine of ten within {most} (of {spread.count:,} incidents)"
