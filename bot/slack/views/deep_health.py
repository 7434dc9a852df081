"""What /health deep shows: each service with since when, and the facts that it told."""

from collections.abc import Sequence

from bot.domain.clock import utc
from bot.domain.deep_health import DeepReport, Fact, Look
from bot.domain.health import Gap, State
from bot.domain.wording import counted
from bot.slack.mrkdwn import Mrkdwn, ago, both, joined, link, mrkdwn
from bot.slack.views import health as view
from bot.slack.views.parts import Message, brief, context, header, paragraphs, short

# Slack refuses messages of some 13,000 characters: what does not fit is asked for by name.
_ALL = 10_000
_FACT = 700
_TO_LOOK_AT = 4


def report(found: DeepReport) -> Message:
    """Each service that was asked with its facts; those that somebody should look at carry a sign."""
    lines: list[Mrkdwn] = []
    left: list[str] = []
    shared = _shared(found.looks)
    for look in found.looks:
        more = _lines(look, shared)
        if sum(map(len, lines)) + sum(map(len, more)) > _ALL:
            left.append(look.reading.service)
        else:
            lines += more
    small = [mrkdwn("Asked {}", both(found.at))]
    if shared:
        small.append(mrkdwn("{}", _not_watched(shared)[:1].upper() + _not_watched(shared)[1:]))
    if left:
        small.append(mrkdwn("Not shown, ask for them by name: {}", short(", ".join(left), 1000)))
    blocks = (header(view.headline(found.report)), *paragraphs(lines), context(*small))
    return Message(sentence(found), blocks)


def as_json(found: DeepReport) -> Message:
    """The same as JSON to be copied."""
    return view.preformatted(sentence(found), found.as_json())


def sentence(found: DeepReport) -> Mrkdwn:
    """The readings in a sentence, then the names of the facts to look at."""
    odd = [(look.reading.service, fact.name) for look in found.looks for fact in look.facts if not fact.is_good]
    if not odd:
        return view.sentence(found.report)
    shown = joined(", ", [mrkdwn("{} ({})", name, fact) for name, fact in odd[:_TO_LOOK_AT]])
    more = mrkdwn(" and {} more", len(odd) - _TO_LOOK_AT) if len(odd) > _TO_LOOK_AT else Mrkdwn("")
    return view.sentence(found.report) + mrkdwn(" Look at {}{}.", shown, more)


def _lines(look: Look, shared: Sequence[Gap]) -> list[Mrkdwn]:
    head = view.cell(look.reading)
    if look.link:
        head += mrkdwn(" · {}", link(look.link, "open"))
    if look.since:
        word = "" if look.reading.state is State.UP else "not up "  # it may have been another trouble before
        head += mrkdwn(" · {}since {}, {}", word, both(look.since), ago(look.since))
    if look.gaps and look.gaps[-1:] != shared[-1:]:
        head += mrkdwn(" · {}", _not_watched(look.gaps))
    lines = [head]
    if look.reading.cause:
        lines.append(mrkdwn("• {}", brief(look.reading.cause, _FACT)))
    return lines + [_line(fact) for fact in look.facts]


def _shared(looks: Sequence[Look]) -> Sequence[Gap]:
    """When no service was watched: said once for all. Those who came after an earlier such time have fewer of them."""
    gaps = [look.gaps for look in looks if look.gaps]
    is_one = len(gaps) > 1 and len({one[-1] for one in gaps}) == 1
    return max(gaps, key=len) if is_one else ()


def _not_watched(gaps: Sequence[Gap]) -> str:
    before = f" and {counted(len(gaps) - 1, 'time')} before" if len(gaps) > 1 else ""
    return f"not watched from {utc(gaps[-1].since)} to {utc(gaps[-1].until)}{before}"


def _line(fact: Fact) -> Mrkdwn:
    sign = Mrkdwn("") if fact.is_good else Mrkdwn(":warning: ")
    text = mrkdwn("• {}*{}*: {}", sign, fact.name, brief(fact.text, _FACT))
    links = joined(" · ", [link(one.url, short(one.label, 80)) for one in fact.links])
    return mrkdwn("{} ({})", text, links) if links else text
