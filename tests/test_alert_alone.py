"""The rules of alerts and silences by themselves: what a notification changes, and which matchers say too little."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import webhook
from bot.commands.matchers import Matcher, matchers, narrows
from bot.domain.alert import Alert, Digest, Group, Notice, turned
from bot.domain.alert_steps import AGAIN, ENDED, LATE, MEMBERS, WHOLE, heard
from bot.errors import WordError
from bot.slack.views import alert as view
from bot.store.alert_document import document
from tests.alerting import alert as told_alert
from tests.alerting import notification

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def one(name: str = "a", begin: float = 0, end: float | None = None) -> Alert:
    ends_at = None if end is None else at(end)
    return Alert(name, (("alertname", "X"), ("instance", name)), (), end is None, at(begin), ends_at)


def notice(*alerts: Alert) -> Notice:
    return Notice("{}:{}", (("alertname", "X"),), alerts)


def after(*steps: tuple[float, Alert]) -> Group | None:
    """The group after these alerts, heard at these minutes."""
    group: Group | None = None
    for minute, alert in steps:
        group = heard(group, notice(alert), at(minute)) or group
    return group


def test_repeats_change_nothing() -> None:
    group = after((0, one()))
    assert group is not None
    assert heard(group, notice(one(), one()), at(1)) is None


@given(st.permutations([one("a"), one("b"), one("a"), one("b", end=3)]))
def test_the_order_within_a_moment_makes_no_difference(alerts: list[Alert]) -> None:
    """However two senders are mixed, what was told as over and what fires is the same in the end."""
    group = after(*((5, alert) for alert in alerts))
    assert group is not None
    states = {alert.fingerprint: alert.is_firing for alert in group.members}
    assert states["a"] is True
    # An end that was heard first is followed by a firing that is too late to be believed.
    assert states["b"] is False


def test_a_firing_that_ended_fires_again_under_the_same_start_only_later() -> None:
    """Prometheus comes back after a while and goes on with what Alertmanager had given up."""
    over = after((0, one()), (10, one(end=9)))
    assert over is not None
    assert heard(over, notice(one()), at(10) + LATE / 2) is None
    again = heard(over, notice(one()), at(10) + LATE)
    assert again is not None
    assert again.is_firing
    assert again.episode == 1


def test_an_old_end_does_not_resolve_and_a_wrong_clock_does_not_hold_it_up() -> None:
    """An end before the present firing began is old; a beginning in the future says nothing about the order."""
    group = after((0, one()), (1, one(end=1)), (5, one(begin=4)), (6, one(end=1)))
    assert group is not None
    assert group.is_firing
    ahead = after((0, one(begin=60)), (1, one(begin=2, end=2)))
    assert ahead is not None
    assert not ahead.is_firing


def test_an_hour_decides_whether_it_is_the_same_message() -> None:
    over = after((0, one()), (1, one(end=1)))
    assert over is not None
    soon = heard(over, notice(one(begin=30)), at(1) + AGAIN)
    late = heard(over, notice(one(begin=90)), at(1) + AGAIN + timedelta(seconds=1))
    assert soon is not None
    assert late is not None
    assert (soon.episode, late.episode) == (1, 2)
    assert late.untold[-1].is_first


def test_a_group_does_not_grow_without_end() -> None:
    """More members than it holds are not told apart; of those that are over the newest stay."""
    group = heard(None, replace(notice(*(one(str(n)) for n in range(MEMBERS + 100))), left_out=7), NOW)
    assert group is not None
    assert (len(group.members), group.left_out) == (MEMBERS, 107)
    over = heard(group, notice(*(one(str(n), end=1) for n in range(MEMBERS))), at(1))
    assert over is not None
    assert len(over.members) == ENDED
    assert replace(over, untold=()).is_firing is False
    some = heard(group, notice(one("0", end=1)), at(1))
    full = heard(some, notice(*(one(f"new-{n}") for n in range(3))), at(2))
    assert full is not None
    assert (len(full.firing), full.untold[-1].fired) == (MEMBERS, ("instance=new-0",))


def test_which_of_a_large_group_fire_is_known_of_each() -> None:
    """Beyond those that are kept whole as well: which are over, how many are left, and repeats change nothing."""
    many = [replace(one(f"{n:04}"), annotations=(("summary", "s" * 500),)) for n in range(WHOLE + 200)]
    group = heard(None, notice(*many), NOW)
    assert group is not None
    assert (len(group.firing), len(group.untold[-1].fired)) == (WHOLE + 200, 10)
    assert heard(group, notice(*many), at(1)) is None
    over = heard(
        group, notice(*many[: WHOLE + 100], *(one(f"{n:04}", end=2) for n in range(WHOLE + 100, WHOLE + 200))), at(2)
    )
    assert over is not None
    assert over.untold[-1].resolved[0] == f"instance={WHOLE + 100:04}"
    assert over.untold[-1].resolved[-1] == "and 91 more"
    assert over.untold[-1].left == "600 still firing"
    assert heard(over, notice(*many[: WHOLE + 100]), at(3)) is None


def test_a_group_of_which_alerts_are_left_out_is_not_called_over() -> None:
    """Alertmanager says how many there are besides (`max_alerts`), and nothing else of them."""
    cut = heard(None, replace(notice(one()), left_out=200), NOW)
    assert cut is not None
    assert (
        "is firing (SEV3, 1 alert and 200 that are not told apart)" in view.alert(cut, None, "", may_silence=False).text
    )
    over = heard(cut, replace(notice(one(end=1)), left_out=200), at(1))
    assert over is not None
    assert "not known of 200" in view.alert(over, None, "", may_silence=False).text
    assert "not known of 200 more" in view.news(over, over.untold[-1]).text
    assert "not known of 200 more" in turned(over, over.untold[-1])
    whole = heard(over, replace(notice(one(begin=2)), left_out=0), at(2))
    assert whole is not None
    assert whole.left_out == 0


@pytest.mark.long
def test_the_longest_texts_fit_into_mongodb_and_what_is_shown_is_kept() -> None:
    """A full group of alerts with as many and as long labels as come stays below a document's 16 MB."""
    texts = {f"a{number}-{'x' * 96}": "😀" * 900 for number in range(60)}
    told = {**told_alert("a"), "generatorURL": "é" * 2_000}
    told |= {"labels": {**texts, **told["labels"]}, "annotations": {**texts, **told["annotations"]}}
    got = webhook.read(json.dumps(notification(told)).encode())
    wide = tuple(replace(got.alerts[0], fingerprint=f"{'😀' * 196}{n:04}") for n in range(MEMBERS))
    full = heard(None, replace(got, alerts=wide), NOW)
    assert full is not None
    assert len(bson.encode(document(full))) < 15_000_000
    (kept,) = got.alerts
    assert (kept.label("alertname"), kept.label("severity"), kept.annotation("summary")) == (
        "HighLatency", "sev2", "p99 on a",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "alertname=~.*", "alertname=~.+", "job=", 'job=" "', "job!=loki", "job!~lo", 'a=~"x.*|.*"', 'a=~"[a-z]+"',
        'a=~"\\\\d+"',
        'a=~"(?is:.*)"', 'a=~"(?P<name>.*)"', 'a=~"((?i-s:.*))"', 'a=~"[[:alpha:]ab]+"', 'a=~"[^[:space:]ab]*"',
        'a=~"[]ab]+"', 'a=~"(?:.*)"', 'a=~"(?:(?:ab|.*))"', 'a=~"(?s)(?:.|ab)*"',
        'a=~".{10,}"', 'a=~"(prod|.*)"', 'a=~"a?b?"', 'a=~"ab|"', 'a=~"^.*$"', 'a=~"(ab)|(.*)"', 'a=~"(ab)*"',
    ],
)  # fmt: skip
def test_what_could_match_everything_is_refused(text: str) -> None:
    with pytest.raises(WordError, match="could silence everything"):
        matchers(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("job=loki", Matcher("job", "=", "loki")),
        ('job="check out"', Matcher("job", "=", "check out")),
        ("job=“check out”", Matcher("job", "=", "check out")),
        ('a.b$c="x \\"y\\" z"', Matcher("a.b$c", "=", 'x "y" z')),
        ('a=~"db-.*"', Matcher("a", "=~", "db-.*")),
        ("a=~(?i:prod|staging)", Matcher("a", "=~", "(?i:prod|staging)")),
        ("a=~[[:alpha:]]+-prod", Matcher("a", "=~", "[[:alpha:]]+-prod")),
        ("a=~prod|staging", Matcher("a", "=~", "prod|staging")),
        ('{a=~"(?:prod|staging)"}', Matcher("a", "=~", "(?:prod|staging)")),
    ],
)
def test_matchers_are_read(text: str, found: Matcher) -> None:
    assert matchers(text) == ((found,), len(text))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    """And what is taken narrows."""
    try:
        found, end = matchers(text)
    except WordError:
        return
    assert any(map(narrows, found))
    assert 0 < end <= len(text)


def test_each_of_a_storm_s_worst_groups_can_be_silenced() -> None:
    """Those that fire and that Alertmanager knows have a button; without an Alertmanager there is none."""
    fires = after((0, one()))
    assert fires is not None
    worst = [fires, replace(fires, is_grafanas=True), replace(fires, members=(one(end=1),))]
    for may_silence, silenced in ((True, [fires.id]), (False, [])):
        shown = view.digest(Digest("storm-1", NOW, NOW), (20, 2), worst, may_silence=may_silence).payload()["blocks"]
        buttons = [block["accessory"] for block in shown if "accessory" in block]
        assert [(button["action_id"], button["value"]) for button in buttons] == [
            (view.SILENCE_BUTTON, group_id) for group_id in silenced
        ]
        assert [block["elements"][0]["action_id"] for block in shown if block["type"] == "actions"] == [
            view.OPEN_BUTTON
        ]
