"""The rules of watching alone: what counts as down, what is one outage, what is remembered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.health import Reading, State
from bot.domain.health_rules import judged, linked, merged, moved, suspects, verdict
from bot.domain.health_watch import Outage, Place, Track, Watch
from bot.domain.health_watch_desk import in_words, remembered
from bot.slack.health_board import from_facts
from bot.slack.views import health_watch as view

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
WINDOW = Place("C0OPS", "1764000000.000100")


def reading(service: str, state: str = "up", cause: str = "", after: float = 0) -> Reading:
    return Reading(service, State(state), 0.01, cause, NOW + timedelta(minutes=after))


def round_of(watch: Watch, *readings: Reading, confirmed: bool = True, place: Place | None = None) -> Watch:
    """One round in which the confirming probe finds the same, or that all is well."""
    asked = suspects(watch, readings)
    second = [one if confirmed else replace(one, state=State.UP) for one in readings if one.service in asked]
    return judged(watch, readings, second, place)


def up(*services: str) -> Watch:
    return round_of(Watch(), *(reading(name) for name in services))


@pytest.mark.parametrize(
    ("state", "starting", "told"),
    [
        ("up", None, True),
        ("down", None, False),
        ("degraded", None, False),
        ("off", None, None),
        ("starting", None, None),
        ("starting", 4, None),
        ("starting", 6, False),
    ],
)
def test_what_a_reading_says(state: str, starting: int | None, told: bool | None) -> None:
    """Starting says nothing, until it has lasted for more than five minutes."""
    since = NOW - timedelta(minutes=starting) if starting else None
    assert verdict(reading("loki", state), Track("loki", True, NOW, starting=since)) is told


def test_two_failures_are_an_outage_and_one_is_not() -> None:
    """Only those that answer otherwise than before are asked again."""
    watch = up("loki", "llm")
    failed = (reading("loki", "down", "x"), reading("llm"))
    assert suspects(watch, failed) == ["loki"]
    assert round_of(watch, *failed, confirmed=False).outages == ()
    (outage,) = round_of(watch, *failed).outages
    assert (outage.key, view.sentence(outage)) == ("health/loki/20261128T020000", "loki is down: x.")
    assert judged(watch, failed, (), None).outages == (), "without a confirming probe nothing changes"


def test_a_service_that_is_down_when_the_bot_first_looks_is_told() -> None:
    """Nothing was known of it; it is told all the same, after a confirming probe."""
    (outage,) = round_of(Watch(), reading("loki", "down", "x"), reading("llm")).outages
    assert [case.service for case in outage.down] == ["loki"]


def test_bots_that_know_the_same_name_an_outage_alike() -> None:
    """The name does not depend on when they noticed it."""
    watch = up("mongodb")
    early, late = (round_of(watch, reading("mongodb", "down", "x", after)) for after in (1, 3))
    assert early.outages[0].key == late.outages[0].key


@pytest.mark.parametrize(("count", "messages"), [(1, 1), (2, 2), (3, 1), (7, 1)])
def test_many_that_go_down_together_are_one_message(count: int, messages: int) -> None:
    """From three on."""
    names = [f"s{number}" for number in range(count)]
    watch = round_of(up(*names), *(reading(name, "down", "x", 1) for name in names))
    assert len(watch.outages) == messages
    watch = round_of(watch, *(reading(name, "up", after=5) for name in names))
    assert all(outage.ended for outage in watch.outages)
    assert len(watch.outages) == messages


def test_a_flapping_service_stays_in_its_outage() -> None:
    """Within ten minutes it is the same one, and counts; after that it is another."""
    watch = round_of(up("loki"), reading("loki", "down", "x", 1))
    for minute in range(2, 40, 2):
        watch = round_of(watch, reading("loki", after=minute))
        watch = round_of(watch, reading("loki", "down", "y", minute + 1))
    (outage,) = watch.outages
    assert view.sentence(outage) == "loki is down again (20 times by now): y."
    watch = round_of(watch, reading("loki", after=50))
    watch = round_of(watch, reading("loki", "down", "x", 61))
    assert len(watch.outages) == 2


def test_a_service_that_is_switched_off_ends_its_outage() -> None:
    """Nobody watches it any more, and its message must not say that it is down for ever."""
    watch = round_of(up("loki", "llm"), reading("loki", "down", "x", 1), reading("llm", after=1))
    watch = round_of(watch, reading("loki", "off", after=2), reading("llm", after=2))
    assert watch.outages[0].ended
    assert [track.service for track in watch.tracks] == ["llm"]


def test_what_is_down_when_a_window_ends_moves_to_the_channel() -> None:
    """With a message of its own there; the one in the thread says so."""
    watch = round_of(up("loki"), reading("loki", "down", "x", 1), place=WINDOW)
    assert (watch.outages[0].channel, watch.outages[0].thread) == ("C0OPS", WINDOW.thread)
    assert moved(watch, WINDOW, NOW) == watch
    watch = moved(watch, None, NOW + timedelta(hours=4))
    there, here = sorted(watch.outages, key=lambda one: one.key)
    assert (there.moved, here.moved, here.thread) == (True, False, "")
    assert "told in the channel" in str(view.outage(there).payload())
    watch = round_of(watch, reading("loki", after=300))
    assert [bool(one.ended) for one in sorted(watch.outages, key=lambda one: one.key)] == [False, True]
    assert moved(watch, None, NOW + timedelta(hours=6)) == watch


def test_what_was_found_out_without_mongodb_wins_over_older_records() -> None:
    """And newer records win over what is remembered."""
    stored = up("mongodb", "loki")
    alone = round_of(stored, reading("mongodb", "down", "x", 1), reading("loki", after=1))
    assert merged(stored, alone).tracks != stored.tracks
    assert set(merged(stored, alone).outages) == set(alone.outages)
    later = round_of(alone, reading("mongodb", after=9), reading("loki", after=9))
    assert {one.service: one.is_up for one in merged(later, alone).tracks} == {"mongodb": True, "loki": True}


def test_an_outage_is_found_again_by_its_message() -> None:
    """What the metadata says is enough to go on; what is over, or somebody else's, is not taken."""
    told = {"key": "health/mongodb/1", "services": "mongodb,loki", "since": NOW.isoformat(), "revision": 4}
    found = from_facts({**told, "is_over": False})
    assert found is not None
    assert (found.revision, found.told) == (4, 4)
    assert remembered([found]).since(NOW)["loki"].is_up is False
    assert from_facts({**told, "is_over": True}) is None
    for wrong in ({"key": "group"}, {"since": "x"}, {"services": ""}, {"revision": "x"}):
        assert from_facts({**told, **wrong}) is None


def test_an_incident_takes_the_place_of_the_button() -> None:
    """The message is told anew, once."""
    watch = round_of(up("loki"), reading("loki", "down", "x", 1))
    assert view.OPEN in str(view.outage(watch.outages[0]).payload())
    joined = linked(watch, {watch.outages[0].key: "INC-20261128-7KQ4"})
    assert joined.outages[0].revision == 2
    assert view.OPEN not in str(view.outage(joined.outages[0]).payload())
    assert linked(joined, {watch.outages[0].key: "INC-20261128-7KQ4"}) == joined
    assert in_words(joined.outages[0].changes[0]) == "loki is down: x"


@given(st.lists(st.lists(st.sampled_from(["up", "down", "degraded", "starting"]), min_size=4, max_size=4), max_size=30))
def test_whatever_happens_each_service_is_in_one_outage_at_most(rounds: list[list[str]]) -> None:
    """What is down is in exactly one open outage, what is up in none; a message never says less than before."""
    watch, names = up("a", "b", "c", "d"), ("a", "b", "c", "d")
    for minute, states in enumerate(rounds, start=1):
        before = {outage.key: outage.revision for outage in watch.outages}
        watch = round_of(watch, *(reading(n, s, s, minute) for n, s in zip(names, states, strict=True)))
        assert all(outage.revision >= before.get(outage.key, 0) for outage in watch.outages)
        open_ones = [case.service for outage in watch.outages for case in outage.down]
        assert sorted(open_ones) == [track.service for track in sorted(watch.tracks, key=_name) if not track.is_up]
        for outage in watch.outages:
            assert view.outage(outage).text.endswith(".")


def _name(track: Track) -> str:
    return track.service


def test_an_outage_of_hostile_words_is_told_without_harm() -> None:
    """Causes are ours, but names come from the settings, and what is told fits into a message."""
    cases = round_of(Watch(), *(reading(f"<!channel>{n}", "down", "<@U1> & " * 99) for n in range(60))).outages[0]
    payload = str(view.outage(replace(cases, incident="INC")).payload())
    assert "<!channel>" not in payload.replace("&lt;!channel&gt;", "")
    assert len(payload) < 13_000


def test_the_button_carries_what_an_incident_needs() -> None:
    """And a button of another kind is told from it."""
    watch = round_of(up("loki"), reading("loki", "degraded", "x", 1))
    assert view.read(view.value(watch.outages[0])) == (watch.outages[0].key, "sev3", "loki is degraded")
    assert view.read("anything") is None
    assert isinstance(watch.outages[0], Outage)
