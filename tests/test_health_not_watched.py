"""Times when no bot ran: nobody says of them how the services were."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.health import Gap, Reading, State
from bot.domain.health_history import Counted, History, Piece, gaps, history
from bot.domain.health_rules import GAPS, asked, judged, merged
from bot.domain.health_watch import Watch
from bot.slack.views import health_history as view
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.asking import answer, without_matplotlib
from tests.watching import Watched
from tests.watching import told as outage

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = 5 * MINUTE


@pytest.mark.long
async def test_what_was_while_no_bot_ran_is_not_known(slack: Slack, mongod: Mongod, services: Services) -> None:
    """Neither `since when` nor the history speaks of three hours without a bot."""
    with without_matplotlib():
        async with Watched(slack, mongod.url(), services.environment()) as world:
            await world.stops()
            world.clock.forward(hours=3)
            await world.starts()
            await world.rounds()
            deep = await answer(slack, world.ann, "/health", "loki")
            assert "· since 2026-11-25 12:00 UTC" in deep.shown
            assert "not watched from 2026-11-25 12:00 UTC to 2026-11-25 15:00 UTC" in deep.shown
            told = await answer(slack, world.ann, "/health", "history 24h")
            assert "Not watched from 2026-11-24 15:00 UTC to 2026-11-25 12:00 UTC (2" in told.text
            assert "from 2026-11-25 12:00 UTC to 2026-11-25 15:00 UTC (3 h" in told.shown


@pytest.mark.long
async def test_an_outage_says_when_nobody_watched(slack: Slack, mongod: Mongod, services: Services) -> None:
    """One that was found after a time without a bot, and one that ended in it: how long they lasted is not known."""
    async with Watched(slack, mongod.url(), services.environment()) as world:
        await world.stops()
        await services.switch("loki", "refuse")
        world.clock.forward(hours=3)
        await world.starts()
        post = await outage(slack, "loki is down: connection refused.")
        assert "Not watched from 2026-11-25 12:00 UTC to 2026-11-25 15:00 UTC" in post.shown
        deep = await answer(slack, world.ann, "/health", "loki")
        assert "not up since 2026-11-25 15:00 UTC" in deep.shown
        assert "not watched from 2026-11-25 12:00 UTC to 2026-11-25 15:00 UTC" in deep.shown
        await world.stops()
        await services.switch("loki", "up")
        world.clock.forward(hours=4)
        await world.starts()
        over = await outage(slack, "loki is up again after 4 h")
        assert over.ts == post.ts
        assert "Not watched from 2026-11-25 15:00 UTC to 2026-11-25 19:00 UTC" in over.shown


def seen(*minutes: float) -> Watch:
    """Watched by rounds at these minutes, which found Loki up."""
    watch = Watch()
    for minute in minutes:
        at = NOW + minute * MINUTE
        watch = judged(asked(watch, at, PATIENCE), [Reading("loki", State.UP, 0.1, "", at)], [], None)
    return watch


def test_a_gap_is_longer_than_any_restart_and_belongs_to_what_has_been_since_before_it() -> None:
    watch = seen(0, 1, 5, 30, 31)
    gap = Gap(NOW + 5 * MINUTE, NOW + 30 * MINUTE)
    assert watch.gaps == (gap,)
    assert watch.since(NOW + 32 * MINUTE)["loki"].gaps == (gap,)
    later = replace(watch, tracks=(replace(watch.tracks[0], since=NOW + 31 * MINUTE),))
    assert later.since(NOW + 32 * MINUTE)["loki"].gaps == ()
    nobody = watch.since(NOW + 3 * HOUR)["loki"].gaps
    assert nobody == (gap, Gap(NOW + 31 * MINUTE, NOW + 3 * HOUR))
    assert len(seen(*range(0, 600, 10)).gaps) == GAPS


def test_rounds_without_mongodb_are_rounds() -> None:
    """What a bot saw while MongoDB was away is no gap when it is back, and its own gaps are kept."""
    alone = seen(0, 1, 20, 25)
    both = merged(replace(seen(0, 1), fence=7), alone)
    assert (both.fence, both.seen, both.gaps) == (7, alone.seen, alone.gaps)
    assert asked(both, NOW + 26 * MINUTE, PATIENCE).gaps == alone.gaps


def told(*pairs: tuple[float, float]) -> History:
    """The last day, measured from and to these hours of it."""
    hours = [(NOW + begin * HOUR, NOW + end * HOUR) for begin, end in pairs]
    counted = [Counted("loki", 0, Piece(3, 3, 5.0))] if pairs else []
    found = history(counted, NOW, NOW + 24 * HOUR, HOUR / 4, ("loki",))
    return replace(found, gaps=gaps(hours, found, PATIENCE))


def test_the_history_names_the_longest_gaps_in_words_and_in_those_of_the_picture() -> None:
    """Its beginning and its end as well; none where measurements follow each other, nor where there is none at all."""
    assert told((0, 1), (1.05, 24)).gaps == ()
    assert told().gaps == ()
    found = told((1, 2), (5, 23.5))
    assert [(gap.until - gap.since) / HOUR for gap in found.gaps] == [1, 3, 0.5]
    assert str(view.sentence(found)).endswith(
        "Not watched from 2026-11-25 14:00 UTC to 2026-11-25 17:00 UTC (3 h); from 2026-11-25 12:00 UTC to 2026-11-25 "
        "13:00 UTC (1 h); from 2026-11-26 11:30 UTC to 2026-11-26 12:00 UTC (30 min)."
    )
    many = told(*((hour, hour + 0.5) for hour in range(24)))
    assert "and 20 more times" in view.alt(many)
