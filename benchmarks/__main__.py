"""How quick the bot is, in one table: `make bench`, about eight minutes; a part: `make bench BENCH="speed storm"`.

speed      acknowledgements, a card, /health, memory, start, an announcement, each beside the least that it can take
incidents  lists, `show` and searches among a million incidents beside the same among a thousand
thread     2,000 messages in one thread at once
storm      1,000 groups of alerts at once, and an incident opened meanwhile

Exits 1 if something that is promised is not kept.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence

from benchmarks import incidents, speed, storm, thread
from benchmarks.table import Figure, say, show

PARTS: dict[str, Callable[[bool], list[Figure]]] = {
    "speed": speed.figures,
    "incidents": incidents.figures,
    "thread": thread.figures,
    "storm": storm.figures,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="part", help="only these")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer incidents")
    given = parser.parse_args(argv)
    for name in given.parts:
        if name not in PARTS:
            parser.error(f"there is no part {name}; the parts are {', '.join(PARTS)}")
    figures: list[Figure] = []
    for name in given.parts or PARTS:
        say(f"{name} …")
        figures += PARTS[name](given.quick)
    say(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    return 0 if show(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
