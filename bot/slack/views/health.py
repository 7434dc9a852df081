"""What /health shows: all services side by side, and a sentence for each that is not plainly up."""

import json
from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import Block

from bot.domain.health import Reading, Report, State
from bot.slack.mrkdwn import Mrkdwn, both, joined, mrkdwn, plain
from bot.slack.views.parts import MAX_SECTION, Message, context, fields, header, said, section, short

# Signs differ in shape, not only in colour, and always stand beside the word.
_SIGN = {
    State.UP: Mrkdwn(":white_check_mark:"),
    State.STARTING: Mrkdwn(":hourglass_flowing_sand:"),
    State.DEGRADED: Mrkdwn(":warning:"),
    State.DOWN: Mrkdwn(":x:"),
    State.OFF: Mrkdwn(":heavy_minus_sign:"),
}
_WORD = {State.OFF: "switched off"}

# Slack refuses messages of 50 blocks or some 13,000 characters: this many services in full, the rest as a number.
_MAX_SERVICES = 40
_MAX_CAUSES = 10
_MAX_NAMED = 4
_NAME = 40
_CAUSE = 160


def asking(names: Sequence[str], step: str = "") -> Message:
    """While the services are asked."""
    if len(names) == 1:
        return said(mrkdwn("Asking {}…", _name(names[0])))
    return said(mrkdwn("Asking {} services{}…", len(names), f": {step}" if step else ""))


def report(found: Report) -> Message:
    """All services that were asked, in two columns, then the causes."""
    text = sentence(found)
    if not found.readings:
        return said(text)
    shown = found.readings[:_MAX_SERVICES]
    columns = [fields(*map(cell, shown[i : i + 10])) for i in range(0, len(shown), 10)]
    blocks: list[Block] = [header(headline(found)), *columns]
    if causes := [_line(reading) for reading in found.readings if reading.cause and not _is_off(reading)]:
        more = len(causes) - _MAX_CAUSES
        rest = [mrkdwn("… and {} more.", more)] if more > 0 else []
        blocks.append(section(joined("\n", causes[:_MAX_CAUSES] + rest)))
    left = len(found.readings) - len(shown)
    tail = [mrkdwn("{} more {} not shown.", left, "service is" if left == 1 else "services are")] if left else []
    blocks.append(context(mrkdwn("Asked {}", both(found.at)), *tail))
    return Message(text, tuple(blocks))


def as_json(found: Report) -> Message:
    """The report as JSON in a preformatted block, to be copied: always whole JSON, shortened where it is too long."""
    return preformatted(sentence(found), found.as_json())


def preformatted(text: Mrkdwn, told: dict[str, Any]) -> Message:
    """JSON of a report, whose services are under `services`."""
    return Message(text, (section(Mrkdwn(f"```\n{_fitting_json(told, MAX_SECTION - 8)}\n```")),))


def sentence(found: Report) -> Mrkdwn:
    """The report in one sentence: "5 of 6 services are up; prometheus is down: connection refused." """
    on = [reading for reading in found.readings if not _is_off(reading)]
    off = len(found.readings) - len(on)
    parts = [_up_part(on, found)]
    troubled = [reading for reading in on if reading.state is not State.UP]
    parts += [mrkdwn("{} is {}", _name(r.service), _state_and_cause(r)) for r in troubled[:_MAX_NAMED]]
    if (left := len(troubled) - _MAX_NAMED) > 0:
        parts.append(mrkdwn("{} more {} not up", left, "is" if left == 1 else "are"))
    if off and on:
        parts.append(mrkdwn("{} {} switched off", off, "is" if off == 1 else "are"))
    return Mrkdwn(short(joined("; ", [part for part in parts if part]), MAX_SECTION - 1) + ".")


def _up_part(on: list[Reading], found: Report) -> Mrkdwn:
    up = found.count(State.UP)
    if not found.readings:
        return Mrkdwn("No services are set up")
    if not on and len(found.readings) == 1:
        return mrkdwn("{} is switched off in the settings", _name(found.readings[0].service))
    if not on:
        return mrkdwn(
            "{} services are switched off in the settings",
            "Both" if len(found.readings) == 2 else f"All {len(found.readings)}",
        )
    if len(on) == 1:
        return mrkdwn("{} is up", _name(on[0].service)) if up else Mrkdwn("")
    if up == len(on):
        return Mrkdwn("Both services are up") if up == 2 else mrkdwn("All {} services are up", up)
    return mrkdwn("{} of {} services {} up", up or "None", len(on), "is" if up == 1 else "are")


def headline(found: Report) -> str:
    """The large line: short, without names."""
    on = len(found.readings) - found.count(State.OFF)
    if not on:
        return "Switched off"
    up = found.count(State.UP)
    if on == 1:
        return "The service is up" if up else "The service is not up"
    every = "Both" if on == 2 else f"All {on}"
    return f"{every} services are up" if up == on else f"{up} of {on} services {'is' if up == 1 else 'are'} up"


def cell(reading: Reading) -> Mrkdwn:
    word = _WORD.get(reading.state, str(reading.state))
    cell = mrkdwn("{} *{}* {}", _SIGN[reading.state], _name(reading.service), word)
    return cell + mrkdwn(" · {}", _latency(reading.latency)) if reading.latency is not None else cell


def _line(reading: Reading) -> Mrkdwn:
    return mrkdwn("{} *{}* is {}", _SIGN[reading.state], _name(reading.service), _state_and_cause(reading))


def _state_and_cause(reading: Reading) -> str:
    cause = short(" ".join(plain(reading.cause).split()), _CAUSE).rstrip(".")
    return f"{reading.state}: {cause}" if cause else str(reading.state)


def _latency(seconds: float) -> str:
    milliseconds = seconds * 1000
    return "under 1 ms" if milliseconds < 1 else f"{milliseconds:.0f} ms"


def _name(service: str) -> str:
    return short(" ".join(plain(service).split()), _NAME) or "unnamed"


def _is_off(reading: Reading) -> bool:
    return reading.state is State.OFF


def _fitting_json(told: dict[str, Any], limit: int) -> str:
    """Indented if it fits, else tighter, else with less, else with fewer services and their number."""
    brief = {**told, "services": [_brief(service) for service in told["services"]]}
    for candidate in (_dumped(told, indent=1), _dumped(told), _dumped(brief)):
        if len(candidate) <= limit:
            return candidate
    services = brief["services"]
    while services and len(_dumped({**brief, "services": services, "left_out": len(brief["services"])})) > limit:
        services = services[: len(services) * 3 // 4]
    return _dumped({**brief, "services": services, "left_out": len(brief["services"]) - len(services)})


def _brief(service: dict[str, Any]) -> dict[str, Any]:
    """Short causes, short facts without their links."""
    less = {**service, "name": short(service["name"], _NAME), "cause": short(service["cause"], _NAME)}
    if "facts" in less:
        less["facts"] = [
            {"name": fact["name"], "good": fact["good"], "text": short(fact["text"], _NAME)} for fact in less["facts"]
        ]
    return less


def _dumped(told: dict[str, Any], indent: int | None = None) -> str:
    """JSON without what Slack would interpret or escape, so that a copy of it is still JSON.

    `<`, `>`, `&` and the backtick occur in its strings only, and are written as JSON's own escapes.
    """
    text = json.dumps(told, indent=indent, separators=None if indent else (",", ":"))
    for character in "<>&`":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
