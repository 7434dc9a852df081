"""`/health history` as people see it: a strip in words at once, and a picture in a direct message."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.health import Gap
from bot.domain.health_history import Counted, History, Piece, history
from bot.slack.history_picture import draw_history
from bot.slack.views import health_history as view
from sandbox.mongo import Mongod
from tests.asking import answer, shared_world, without_matplotlib
from tests.world import World

PNG = b"\x89PNG\r\n\x1a\n"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def measured(world: World, hours: int = 24, every: timedelta = timedelta(minutes=5)) -> None:
    """A day in which Loki was down for the last quarter, and MongoDB was always up."""
    count = int(timedelta(hours=hours) / every)
    rounds = [
        {
            "_id": NOW - every * number,
            "at": NOW - every * number,
            "readings": [
                {"s": "mongodb", "state": "up", "ms": 2.0},
                {"s": "loki", "state": "down" if number < count // 4 else "up", "ms": None if number < 72 else 40.0},
            ],
        }
        for number in range(1, count)
    ]
    await world.puts_all("health", rounds)


def sent(world: World) -> list[tuple[dict[str, object], bytes]]:
    """The files that Ann got."""
    uploads = world.slack.files.uploads
    return [
        (dict(file), uploads[str(file["id"])].content or b"") for post in world.ann.posts for file in post.raw.files
    ]


async def test_history_is_told_in_words_and_as_a_picture(mongod: Mongod) -> None:
    """Uptime in per cent, latency, a strip; the picture says the same in words. Without matplotlib: text alone."""
    async with shared_world(mongod) as world:
        told = await answer(world.slack, world.ann, "/health", "history")
        assert told.text.startswith("Nothing was measured in the last day")
        await measured(world)
        told = await answer(world.slack, world.ann, "/health", "history 24h")
        assert told.text.startswith("Up in the last day: loki 75.")
        assert "*mongodb* 100 % up · 2 ms" in told.shown.replace("\u00a0", " ")
        assert "▁▁▁" in told.shown
        ((file, content),) = await world.slack.until(lambda: sent(world), "a picture")
        assert content.startswith(PNG)
        assert "mongodb 100 % up · 2 ms; loki 75." in str(file["alt_txt"])
        assert [post for post in world.slack.channel().by_bot if "Services" in post.shown] == []
        with without_matplotlib():
            await answer(world.slack, world.ann, "/health", "history 7d")
            await world.slack.settled()
        assert len(sent(world)) == 1
        for wrong in ("history 31d", "history now", "history 0h"):
            assert "history" in (await answer(world.slack, world.ann, "/health", wrong)).shown


async def test_a_month_of_rounds_is_read_by_its_index(mongod: Mongod) -> None:
    """A day is a day's documents, however many there are; the period ends now."""
    async with shared_world(mongod) as world:
        await measured(world, hours=30 * 24, every=timedelta(minutes=10))
        plan = await world.explained("health", {"at": {"$gte": NOW - DAY}})
        assert plan["totalDocsExamined"] == 144
        assert plan["totalKeysExamined"] == 144
        counted = await world.store().rounds.counted(NOW - DAY, timedelta(hours=6))
        assert {(one.service, one.number) for one in counted} == {
            (service, number) for service in ("mongodb", "loki") for number in range(4)
        }
        assert sum(one.piece.asked for one in counted if one.service == "loki") in (143, 144)


def of(*pieces: Piece | None, names: tuple[str, ...] = ("loki",)) -> History:
    counted = [Counted("loki", number, piece) for number, piece in enumerate(pieces) if piece]
    return history(counted, NOW - DAY, NOW, DAY / max(1, len(pieces)), names)


def test_uptime_is_of_what_was_measured() -> None:
    """Pieces without measurements do not count, and a little time down is never rounded to all the time."""
    (strip,) = of(Piece(100, 100, 10.0), None, Piece(100, 50, 40.0)).strips
    assert (strip.uptime, strip.latency) == (0.75, 20.0)
    assert view.percent(0.9999999) == "99.99 %"
    assert view.percent(1e-9) == "0.01 %"
    assert (view.percent(1.0), view.percent(0.0)) == ("100 %", "0 %")
    assert "`█·▄`" in str(view.told(of(Piece(1, 1), None, Piece(2, 1))).payload())


def test_services_that_are_not_watched_any_more_come_last() -> None:
    """What was measured is shown, also of a service that is off by now."""
    counted = [Counted(name, 0, Piece(1, 1)) for name in ("old", "llm", "loki")]
    told = history(counted, NOW - DAY, NOW, DAY, ("loki", "llm", "grafana"))
    assert [one.service for one in told.strips] == ["loki", "llm", "old"]


def test_a_picture_is_drawn_of_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """With gaps, without a latency, all down; times when nobody watched are seen in it. Of too many services it has
    the first ones, and is no higher.
    """
    monkeypatch.setattr("bot.slack.history_picture.MOST", 1)  # of twelve strips each takes as long as the first
    one, many = (seen([f"service-{number}" for number in range(count)]) for count in (1, 20))
    drawn = draw_history(one)
    assert drawn.startswith(PNG)
    assert size(draw_history(many)) == size(drawn)
    assert len(view.alt(many)) <= 1000
    hours = (NOW - DAY * number / 24 for number in range(1, 25))
    assert draw_history(replace(one, gaps=tuple(Gap(hour, hour + DAY / 48) for hour in hours))) != drawn


def seen(names: list[str]) -> History:
    """A day in which services were asked in three quarters of an hour."""
    counted = [Counted(name, n, Piece(3, n % 4 and 3, None if n % 2 else 5.0)) for name in names for n in (0, 5, 90)]
    return history(counted, NOW - DAY, NOW, DAY / 96, names)


def size(picture: bytes) -> tuple[int, int]:
    """How wide and high a PNG is."""
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
