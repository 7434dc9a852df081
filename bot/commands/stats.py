"""`/incident stats [30d]`: how often, how bad and for how long, over a period that ends now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.commands import durations
from bot.commands.words import Line, shown

USUAL = timedelta(days=30)
MOST = timedelta(days=366)


@dataclass(frozen=True)
class Stats:
    """Tell of the incidents that were opened within this time before now."""

    period: timedelta = USUAL


def read(line: Line, _: Collection[str] = ()) -> Stats:
    """`stats`, or `stats` with a duration; WordError for anything else."""
    if len(line.words) < 2:
        return Stats()
    first = line.words[1]
    if len(line.words) == 2 and first.key.isdecimal() and first.key.strip("0"):
        raise first.wrong(f"{shown(first.text)} has no unit.", f"Did you mean `{first.key[:3]}d`?")
    return Stats(durations.duration(line.words[1:], MOST))
