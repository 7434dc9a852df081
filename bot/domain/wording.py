"""Numbers in sentences: `1 item`, `2 items`; `the last day`, `the last 30 days`."""

from datetime import timedelta

from bot.domain.clock import spelled

_UNITS = {"d": "day", "h": "hour", "min": "minute", "s": "second"}


def counted(count: int, one: str, many: str = "") -> str:
    """`1 service`, `1,200 services`; `many` where an s does not do it."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def so_many(count: int, one: str) -> str:
    """At the beginning of a sentence, with the verb to come: `One incident is`, `2 incidents are`."""
    return f"One {one} is" if count == 1 else f"{counted(count, one)} are"


def all_were(count: int, one: str) -> str:
    """At the beginning of a sentence: `The one service was`, `Both services were`, `All 6 services were`."""
    many = {1: f"The one {one} was", 2: f"Both {one}s were"}
    return many.get(count, f"All {counted(count, one)} were")


def last(length: timedelta) -> str:
    """After "the last": `day`, `30 days`; `1 h 30 min` where one unit does not say it."""
    words = spelled(length).split()
    if len(words) != 2:
        return " ".join(words)
    count, unit = int(words[0]), _UNITS[words[1]]
    return unit if count == 1 else counted(count, unit)
