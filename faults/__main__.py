"""`python -m faults [--rounds N] [NAME…]` makes faults and prints a table; exit 1 if anything was lost or doubled."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TextIO

from faults import (
    again,
    announcing,
    around,
    clicks,
    clocks,
    kills,
    load,
    many,
    mongodb,
    older,
    primary,
    replicas,
    slack,
    sockets,
    stopping,
    storm,
    summer,
    twice,
)
from faults.checker import Findings
from faults.table import Row, head


@dataclass(frozen=True)
class Fault:
    """A fault that can be asked for by name; `rounds` unless something else is asked for."""

    name: str
    words: str
    run: Callable[[int], Awaitable[Findings]]
    rounds: int


MINUTES = 10.0
CLOCKED = ("again", "clocks", "summer")  # what moves the bot's clock


def every(minutes: float = MINUTES) -> tuple[Fault, ...]:
    """All faults; `minutes` is how long the bot is without a socket."""
    without = f"no socket for {minutes:g} minutes"
    return (
        Fault("mongodb", "MongoDB refused, held, cut in and after a write", mongodb.run, 8),
        Fault("primary", "the primary of three killed while commands run", primary.run, 8),
        Fault("steps", "kill -9 at each named step", kills.at_steps, len(kills.STEPS)),
        Fault("kills", "kill -9 at random, of one, two or all of three bots", many.run, 300),
        Fault("sigterm", "SIGTERM with work in flight", stopping.run, 5),
        Fault("in-doubt", "Slack took a post and did not say so; 500; 503", slack.in_doubt, 10),
        Fault("limited", "`Retry-After: 30` on a burst of 50", slack.limited, 1),
        Fault("hopeless", "Slack refuses a message for good", slack.hopeless, 3),
        Fault("sockets", "sockets refreshed, closed, aborted, half open", sockets.broken, 8),
        Fault("away", without, partial(sockets.away, minutes=minutes), 1),
        Fault("dead", "messages, edits, deletions, marks while the bot is dead", sockets.dead, 4),
        Fault("twice", "events three times, double Enter, two who resolve", twice.run, 4),
        Fault("again", "events again after 11 minutes and a kill, or first as a retry", again.run, 4),
        Fault("clicks", "double clicks, a form sent twice, two who close", clicks.run, 5),
        Fault("older", "documents and buttons of an older version", older.run, 2),
        Fault("two", "two bots, restarted in turn under load", replicas.two, 3),
        Fault("five", "five bots, restarted in turn under load", replicas.five, 2),
        Fault("clocks", "away across a rung, standing still, the clock stepped by an hour", clocks.run, 6),
        Fault("summer", "summer time begins, or ends, within a Saturday's window", summer.run, 2),
        Fault("around", "full disk for the log, services that hang, names not found", around.run, 5),
        Fault("announcing", "kill -9 of three bots while they announce", announcing.run, 300),
        Fault("storm", "1,000 groups of alerts in a minute, incidents opened meanwhile", storm.run, 2),
        Fault("load", "10,000 commands, twenty at once (a round is a thousand)", load.run, 10),
    )


async def run(chosen: Sequence[Fault], rounds: int | None) -> list[Row]:
    """Makes the faults one after the other; what is wrong is told at once."""
    rows = []
    for fault in chosen:
        begun = time.perf_counter()
        row = Row(fault.words, rounds or fault.rounds, await fault.run(rounds or fault.rounds))
        tell(f"{row}  ({time.perf_counter() - begun:.0f} s)", sys.stderr)
        for trouble in [*row.findings.notes, *row.findings.lost, *row.findings.doubled, *row.findings.wrong]:
            tell(f"    {trouble}", sys.stderr)
        rows.append(row)
    return rows


def tell(text: str, out: TextIO = sys.stdout) -> None:
    """A line for whoever watches."""
    out.write(f"{text}\n")
    out.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 if nothing was lost, doubled or wrong."""
    parser = argparse.ArgumentParser(prog="python -m faults", allow_abbrev=False)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(one.name for one in every())}")
    parser.add_argument("--rounds", type=int, help="of each, instead of its own number")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"of `away`, instead of {MINUTES:g}")
    given = parser.parse_args(argv)
    known = {one.name: one for one in every(given.minutes)}
    if unknown := [name for name in given.names if name not in known]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in given.names] or list(known.values())
    if (moved := [one.name for one in chosen if one.name in CLOCKED]) and clocks.faketime() is None:  # said at once
        parser.error(f"{', '.join(moved)} needs Debian's package faketime; install it, or name the other faults")
    rows = asyncio.run(run(chosen, given.rounds))
    tell("\n".join([head(), *map(str, rows), *(f"\n{note}" for row in rows for note in row.findings.notes)]))
    return 0 if all(row.is_good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
