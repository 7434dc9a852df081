"""What an outage looks like in the channel: what is down and why, and then for how long it was."""

from collections.abc import Sequence
from datetime import UTC, datetime

from slack_sdk.models.blocks import Block, ButtonElement

from bot.domain.clock import spelled, utc
from bot.domain.health import State
from bot.domain.health_watch import Case, Outage
from bot.domain.incident import TITLE_LIMIT
from bot.slack.mrkdwn import Mrkdwn, ago, both, joined, link, mrkdwn, person
from bot.slack.views.parts import Message, actions, brief, context, header, said, section, short

OPEN = "health_open_incident"
_CAUSE = 200
_SHOWN = 20
_UP, _DOWN = Mrkdwn(":white_check_mark: "), Mrkdwn(":x:")
_SIGN = {State.DEGRADED: Mrkdwn(":warning:"), State.STARTING: Mrkdwn(":hourglass_flowing_sand:")}


def outage(found: Outage, incident_url: str = "") -> Message:
    """The one message of an outage. While something is down, a button opens an incident, unless there is one."""
    blocks: list[Block] = [header(_headline(found))]
    if told := _told(found.cases):
        blocks.append(section(told))
    small = [_began(found)]
    if found.incident:
        small.append(mrkdwn("Incident {}", link(incident_url, found.incident)))
    if found.gaps:
        last = found.gaps[-1]
        small.append(mrkdwn("Not watched from {} to {}", utc(last.since), utc(last.until)))
    if found.moved:
        small.append(Mrkdwn("The window is over: what is still down is told in the channel."))
    blocks.append(context(*small))
    if found.down and not found.incident and not found.moved:
        blocks.append(actions([_button(found)]))
    return Message(sentence(found), tuple(blocks))


def sentence(found: Outage) -> Mrkdwn:
    """`prometheus is down: connection refused.` or `3 services are down: …`; later, for how long it was."""
    down = found.down
    if len(found.cases) == 1:
        return _one(found.cases[0])
    names = short(", ".join(case.service for case in down or found.cases), 300)
    if not down and found.ended:
        return mrkdwn(
            "{} services are up again after {}: {}.", len(found.cases), spelled(found.ended - found.began), names
        )
    if len(down) == len(found.cases):
        return mrkdwn("{} services are down: {}.", len(down), names)
    return mrkdwn("{} of {} services are still down: {}.", len(down), len(found.cases), names)


def title(found: Outage) -> str:
    """What an incident about it is called."""
    down = found.down or found.cases
    if len(down) == 1:
        return f"{down[0].service} is {down[0].state}"
    return short(f"{len(down)} services are down: {', '.join(case.service for case in down)}", TITLE_LIMIT)


def value(found: Outage) -> str:
    """What the button carries: the key, the severity and the title."""
    severity = "sev2" if any(case.state is State.DOWN for case in found.down) else "sev3"
    return f"{found.key} {severity} {title(found)}"


def read(carried: str) -> tuple[str, str, str] | None:
    """The key, the severity and the title of a button; None for a button of another kind."""
    key, _, rest = carried.partition(" ")
    severity, _, words = rest.partition(" ")
    return (key, severity, words) if severity in ("sev2", "sev3") and words else None


def opening(words: str) -> Message:
    """While the incident is opened."""
    return said(mrkdwn("Opening an incident: {}…", words))


def already(who: str, incident_id: str, url: str) -> Message:
    """Somebody pressed before."""
    by = mrkdwn(" by {}", person(who)) if who else Mrkdwn("")
    if not incident_id:
        return said(mrkdwn("An incident is being opened from this message{} just now.", by))
    return said(
        mrkdwn("{} was opened from this message{} already; its thread is the place.", link(url, incident_id), by)
    )


def _headline(found: Outage) -> str:
    down = len(found.down)
    if not down:
        return "Up again" if len(found.cases) > 1 else f"{found.cases[0].service} is up again"
    if len(found.cases) == 1:
        return f"{found.cases[0].service} is {found.cases[0].state}"
    return f"{down} services are down" if down == len(found.cases) else f"{down} of {len(found.cases)} still down"


def _one(case: Case) -> Mrkdwn:
    why = _why(case)
    if case.ended is None:
        again = mrkdwn(" again ({} times by now)", case.times) if case.times > 1 else Mrkdwn("")
        return mrkdwn("{} is {}{}{}.", case.service, case.state, again, why)
    times = mrkdwn(" It went down {} times.", case.times) if case.times > 1 else Mrkdwn("")
    return mrkdwn("{} is up again after {}. It was {}{}.{}", case.service, _length(case), case.state, why, times)


def _told(cases: Sequence[Case]) -> Mrkdwn:
    """What the heading and the small print do not say: of one service neither its name nor when it was."""
    if len(cases) > 1:
        return joined("\n", [*map(_line, cases[:_SHOWN])])
    case = cases[0]
    if case.ended is not None:
        was = "It was {} for {}{}{}"
        return _UP + mrkdwn(was, case.state, _length(case), _why(case), _times(case))
    said = [brief(" ".join(case.cause.split()), _CAUSE)] if case.cause else []
    if case.times > 1:
        said.append(mrkdwn("went down {} times", case.times))
    return mrkdwn("{} {}", _SIGN.get(case.state, _DOWN), joined(" · ", said)) if said else Mrkdwn("")


def _times(case: Case) -> Mrkdwn:
    return mrkdwn(" · went down {} times", case.times) if case.times > 1 else Mrkdwn("")


def _line(case: Case) -> Mrkdwn:
    if case.ended is None:
        sign = _SIGN.get(case.state, _DOWN)
        return mrkdwn("{} *{}* is {}{}{}", sign, case.service, case.state, _why(case), _times(case))
    was = mrkdwn("it was {}{}, {} to {} UTC", case.state, _why(case), _clock(case.since), _clock(case.ended))
    return _UP + mrkdwn("*{}* is up again after {}: {}{}", case.service, _length(case), was, _times(case))


def _why(case: Case) -> Mrkdwn:
    return mrkdwn(": {}", brief(" ".join(case.cause.split()), _CAUSE)) if case.cause else Mrkdwn("")


def _length(case: Case) -> str:
    return spelled((case.ended or case.since) - case.since)


def _clock(when: datetime) -> str:
    return f"{when.astimezone(UTC):%H:%M}"


def _began(found: Outage) -> Mrkdwn:
    if found.ended:
        return mrkdwn("{} to {}", both(found.began), both(found.ended))
    return mrkdwn("since {}, {} · two probes failed", both(found.began), ago(found.began))


def _button(found: Outage) -> ButtonElement:
    return ButtonElement(text="Open incident", action_id=OPEN, value=value(found), style="danger")


def shown_services(cases: Sequence[Case]) -> str:
    """For a message's metadata: the services, separated by commas."""
    return ",".join(case.service for case in cases)
