"""Answers to a shell: `python -m bot health` asks the probes that the channel asks, `doctor` makes its checks."""

import json
from collections.abc import Sequence
from typing import TextIO

from bot.commands.health import service
from bot.domain.deep_health import DeepHealthDesk, DeepReport, Look
from bot.domain.doctor import Diagnosis, DoctorDesk, Line, Verdict, fail
from bot.domain.health import HealthDesk, Reading, Report
from bot.errors import UserError

ALL_UP, NOT_ALL_UP, WRONG_WORDS = 0, 1, 2
STATUS = {Verdict.OK: 0, Verdict.WARN: 1, Verdict.FAIL: 2}


async def health(desk: HealthDesk | DeepHealthDesk, names: Sequence[str], as_json: bool, out: TextIO) -> int:
    """Write the report to `out` and return the exit status: 0 all up, 1 something is not, 2 an unknown service.

    In depth each service has its facts below it; those with a `!` somebody should look at, which is no exit status of
    its own. With `as_json` whatever is written is one JSON document, a complaint too (`{"ok": false, "error": "…"}`).
    """
    try:
        # As in Slack: `loki,llm` are two. What is nothing but commas is no service.
        named = [name for some in names for name in (list(filter(None, some.split(","))) or [some])]
        found: Report | DeepReport = await desk.ask([service(name, desk.names) for name in named])
    except UserError as error:
        out.write(_json({"ok": False, "error": str(error)}) if as_json else f"{error}\n")
        return WRONG_WORDS
    report = found.report if isinstance(found, DeepReport) else found
    if as_json:
        out.write(_json(found.as_json()))
    else:
        looks = {look.reading.service: look for look in found.looks} if isinstance(found, DeepReport) else {}
        width = max((len(reading.service) for reading in report.readings), default=0)
        for reading in report.readings:
            facts = _facts(looks[reading.service]) if reading.service in looks else []
            out.writelines(line + "\n" for line in (_line(reading, width), *facts))
    return ALL_UP if report.all_up else NOT_ALL_UP


def _line(reading: Reading, width: int) -> str:
    took = "" if reading.latency is None else f"{reading.latency * 1000:.0f} ms"
    return f"{reading.service:<{width}}  {reading.state:<8}  {took:>7}  {reading.cause}".rstrip()


def _facts(look: Look) -> list[str]:
    """What is known beyond readiness, a line for each."""
    since = [f"    since {look.since:%Y-%m-%d %H:%M} UTC"] if look.since else []
    since += [f"    not watched from {gap.since:%Y-%m-%d %H:%M} to {gap.until:%Y-%m-%d %H:%M} UTC" for gap in look.gaps]
    lines = (f"  {' ' if one.is_good else '!'} {one.name}: {' '.join(one.text.split())}" for one in look.facts)
    return [*since, *lines]


async def doctor(desk: DoctorDesk, out: TextIO) -> int:
    """Write a line for each check and what mends it; the exit status: 0 all OK, 1 a WARN, 2 a FAIL."""
    return _diagnosed(await desk.examine(), out)


def wrong_settings(complaints: Sequence[str], out: TextIO) -> int:
    """The doctor's lines for settings that cannot be used: nothing else is looked at. Returns the exit status."""
    return _diagnosed([fail("settings", complaint, "") for complaint in complaints], out)


def _diagnosed(found: Diagnosis | Sequence[Line], out: TextIO) -> int:
    lines = found.lines if isinstance(found, Diagnosis) else found
    width = max((len(line.topic) for line in lines), default=0)
    for line in lines:
        out.write(f"{line.verdict:<4}  {line.topic:<{width}}  {line.found}\n")
        if line.remedy:
            out.write(f"{'':4}  {'':<{width}}  → {line.remedy}\n")
    counts = ", ".join(f"{sum(line.verdict is verdict for line in lines)} {verdict}" for verdict in Verdict)
    out.write(f"{counts}.\n")
    return max(STATUS[line.verdict] for line in lines) if lines else 0


def _json(told: object) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
