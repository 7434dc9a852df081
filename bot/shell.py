"""Health from a shell: `python -m bot health [service…] [--json]` asks the same probes as the channel does."""

import json
from collections.abc import Sequence
from typing import TextIO

from bot.domain.health import HealthDesk, Reading
from bot.errors import UserError

ALL_UP, NOT_ALL_UP, WRONG_WORDS = 0, 1, 2


async def health(desk: HealthDesk, names: Sequence[str], as_json: bool, out: TextIO) -> int:
    """Write the report to `out` and return the exit status: 0 all up, 1 something is not, 2 an unknown service.

    With `as_json` whatever is written is one JSON document, a complaint too (`{"ok": false, "error": "…"}`).
    """
    try:
        report = await desk.ask(names)
    except UserError as error:
        out.write(_json({"ok": False, "error": str(error)}) if as_json else f"{error}\n")
        return WRONG_WORDS
    if as_json:
        out.write(_json(report.as_json()))
    else:
        width = max((len(reading.service) for reading in report.readings), default=0)
        out.writelines(_line(reading, width) + "\n" for reading in report.readings)
    return ALL_UP if report.all_up else NOT_ALL_UP


def _line(reading: Reading, width: int) -> str:
    took = "" if reading.latency is None else f"{reading.latency * 1000:.0f} ms"
    return f"{reading.service:<{width}}  {reading.state:<8}  {took:>7}  {reading.cause}".rstrip()


def _json(told: object) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
