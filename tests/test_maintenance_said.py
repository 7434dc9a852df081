"""Words for `/maintenance` that people type as they speak: read where they can mean one thing only."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.freeze import Freeze
from bot.commands.maintenance import parse
from bot.commands.window import End, Extend, Schedule, Start
from bot.errors import WordError

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
KNOWN = ("MW-20261128-0200",)


def at(day: int, hour: int = 0) -> datetime:
    """A moment in December 2026."""
    return datetime(2026, 12, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("end now", End()),
        ("end now 1128-0200", End("1128-0200")),
        ("end MW-20261128-0200 now", End("MW-20261128-0200")),
        ("start now", Start()),
        ("extend by 30m", Extend(timedelta(minutes=30))),
        ("extend MW-20261128-0200 by 1h", Extend(timedelta(hours=1), "MW-20261128-0200")),
        ("freeze 2026-12-20 to 2026-12-30 holidays", Freeze(at(20), at(31), "holidays")),
        ("freeze from 2026-12-20 until 2026-12-30 move to Berlin", Freeze(at(20), at(31), "move to Berlin")),
        ("freeze 2026-12-20 18:00 - 2026-12-21 06:00 backup", Freeze(at(20, 18), at(21, 6), "backup")),
        ("freeze 2026-12-20..2026-12-30 move to Berlin", Freeze(at(20), at(31), "move to Berlin")),
        ("freeze 2026-12-20 to 2026-12-30 moving servers...", Freeze(at(20), at(31), "moving servers...")),
        ("freeze 2026-12-20 until 2026-12-30 from v1..v2 on", Freeze(at(20), at(31), "from v1..v2 on")),
        (
            "schedule tonight 22:00 for 1h Upgrade Loki",
            Schedule(datetime(2026, 11, 25, 22, tzinfo=UTC), timedelta(hours=1), "Upgrade Loki"),
        ),
    ],
)
def test_it_is_read_as_it_is_meant(words: str, wanted: object) -> None:
    """The same as in the words of the help."""
    assert parse(words, KNOWN, NOW) == wanted


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("schedule tonight 02:00 Upgrade Loki", "`today 02:00` or `tomorrow 02:00`"),
        ("schedule tonight Upgrade Loki", "needs a time. Did you mean `tonight 22:00`?"),
        ("extend by", "not a duration"),
        ("end now or later", "more than this takes"),
        ("freeze 2026-12-20 to", "From when to when?"),
        ("freeze to 2026-12-20", "From when to when?"),
        ("freeze holidays to come", "not a"),
        ("freeze tomorrow to today move", "would end before it starts"),
        ("freeze 2026-12-20..tomorrow move", "would end before it starts"),
        ("freeze fri to tonight 22:00 move", "would end before it starts"),
    ],
)
def test_what_may_mean_two_things_is_asked_about(words: str, part: str) -> None:
    """With what to write instead."""
    with pytest.raises(WordError) as refused:
        parse(words, KNOWN, NOW)
    assert part in f"{refused.value} {refused.value.remedy}"
