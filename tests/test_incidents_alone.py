"""What an incident is, alone: its ID, its steps, and the card's metadata as its record."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.incident import Deed, Incident, Opening, Reasons, Severity, Status, same_words, wrong_beginning
from bot.domain.incident_facts import facts, from_facts
from bot.domain.incident_id import mint
from bot.domain.incident_steps import (
    assigned,
    closed,
    dismissed,
    explained,
    moved,
    noted,
    opened,
    rated,
    reopened,
    resolved,
    snoozed,
)
from bot.errors import ConflictError, UserError

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
OPENING = Opening("checkout is down", Severity.SEV2, "U0ANN", "C0OPS")


def test_an_id_has_the_utc_date_and_four_unmistakable_characters() -> None:
    """IDs can be read aloud: no I, L, O or U in them; and none ends like a word, a number, an amount or a name."""
    for _ in range(200):
        minted = mint(NOW)
        assert re.fullmatch(r"INC-20261123-[0-9A-HJKMNP-TV-Z]{4}", minted)
        assert re.search("[0-9][A-Z]+[0-9]|[A-Z][0-9]+[A-Z]", minted[-4:]), f"{minted}, as 225G, A100, 5000, DISK"


def test_the_date_of_an_id_is_that_of_utc_whatever_the_clock_s_zone() -> None:
    """An hour before midnight in New York is the next day in UTC."""
    late = datetime.fromisoformat("2026-11-23T23:30:00-05:00")
    assert mint(late).startswith("INC-20261124-")


def names(opening: Opening, now: datetime) -> set[str]:
    """What must be unique of an incident opened so, then."""
    return set(same_words(opened(opening, now)))


@given(st.floats(0, 39), st.floats(0, 86_400))
def test_the_same_words_at_nearly_the_same_time_share_a_name(apart: float, seconds: float) -> None:
    """A double Enter is recognised by any replica, also where a minute ends between the two."""
    now = NOW + timedelta(seconds=seconds)
    assert names(OPENING, now) & names(OPENING, now + timedelta(seconds=apart))
    assert not names(OPENING, now) & names(OPENING, now + timedelta(seconds=61))
    assert not names(OPENING, now) & names(replace(OPENING, title="checkout is slow"), now)
    assert not names(OPENING, now) & names(replace(OPENING, who="U0BOB"), now)


def test_resolving_makes_the_next_version_and_remembers_the_act_until_it_is_told() -> None:
    """Each act is in the incident until the thread and the timeline have it."""
    incident = resolved(noted(opened(OPENING, NOW), "U0BOB", "looking", NOW), "U0ANN", "restarted", NOW)
    assert (incident.version, incident.is_open, incident.resolution) == (3, False, "restarted")
    assert [act.deed for act in incident.untold] == [Deed.OPENED, Deed.NOTED, Deed.RESOLVED]


def test_a_snooze_may_be_made_shorter_and_pressed_twice_it_is_one() -> None:
    """Who said two hours may want to be asked sooner after all."""
    asleep = snoozed(opened(OPENING, NOW), "U0ANN", NOW + timedelta(hours=2), NOW)
    assert snoozed(asleep, "U0ANN", NOW + timedelta(hours=1), NOW).snoozed_until == NOW + timedelta(hours=1)
    with pytest.raises(ConflictError, match="is snoozed already"):
        snoozed(asleep, "U0BOB", NOW + timedelta(hours=2, seconds=1), NOW)


def test_a_reopened_incident_is_not_snoozed_any_more() -> None:
    """Whoever put the reminders off a day ago did not know that it would come back."""
    over = resolved(snoozed(opened(OPENING, NOW), "U0ANN", NOW + timedelta(days=1), NOW), "U0ANN", "restarted", NOW)
    again = reopened(over, "U0BOB", "it is back", NOW + timedelta(hours=1))
    assert again.update_due(timedelta(minutes=30)) == NOW + timedelta(hours=1, minutes=30)


def test_the_second_to_resolve_is_told_who_was_first() -> None:
    """A resolved incident cannot be resolved again; the error names the first and what they said."""
    incident = resolved(opened(OPENING, NOW), "U0ANN", "restarted", NOW)
    with pytest.raises(ConflictError, match="already resolved: “restarted”") as caught:
        resolved(incident, "U0BOB", "me too", NOW)
    assert caught.value.by == "U0ANN"


@settings(deadline=None)
@given(st.text(max_size=150), st.text(max_size=300), st.sampled_from(Severity), st.text(max_size=50))
def test_the_card_s_metadata_is_the_whole_incident(
    title: str, affected: str, severity: Severity, resolution: str
) -> None:
    """What was opened comes back from its card unchanged, whatever was typed."""
    incident = opened(Opening(title, severity, "U0ANN", "C0OPS", affected), NOW)
    incident = resolved(incident, "U0BOB", resolution, NOW)
    found = from_facts(facts(incident), "C0OPS", "1764000000.000100")
    assert found == replace(incident, card_ts="1764000000.000100", untold=())


def test_metadata_stays_within_what_slack_takes_whatever_is_typed() -> None:
    """The longest texts, in characters that JSON writes with twelve bytes, still fit into 8,000 bytes."""
    worst = "🚒" * 1_000
    incident = opened(Opening(worst[:150], Severity.SEV1, "U0ANN", "C0OPS", worst[:300]), NOW)
    for number in range(60):
        incident = noted(incident, f"U{number:010}", "here", NOW)
    incident = explained(resolved(incident, "U0BOB", worst, NOW), "U0BOB", Reasons(worst, worst), NOW)
    incident = closed(incident, "U0BOB", NOW)
    assert len(json.dumps(facts(incident))) < 7_900


STEPS = {
    "identify": lambda one: moved(one, "U0BOB", Status.IDENTIFIED, NOW),
    "monitor": lambda one: moved(one, "U0BOB", Status.MONITORING, NOW),
    "investigate": lambda one: moved(one, "U0BOB", Status.INVESTIGATING, NOW),
    "rate": lambda one: rated(one, "U0BOB", Severity.SEV1, NOW),
    "assign": lambda one: assigned(one, "U0BOB", "U0CYD", NOW),
    "note": lambda one: noted(one, "U0BOB", "hm", NOW),
    "resolve": lambda one: resolved(one, "U0BOB", "restarted", NOW),
    "explain": lambda one: explained(one, "U0BOB", Reasons("a leak", "watch it"), NOW),
    "close": lambda one: closed(one, "U0BOB", NOW),
    "dismiss": lambda one: dismissed(one, "U0BOB", "the same", NOW, "INC-20261123-7KQ4"),
    "reopen": lambda one: reopened(one, "U0BOB", "again", NOW),
    "snooze": lambda one: snoozed(one, "U0BOB", NOW + timedelta(minutes=30), NOW),
}
AT_WORK = {"rate", "assign", "note", "resolve", "dismiss", "snooze"}
ALLOWED = {
    Status.INVESTIGATING: AT_WORK | {"identify", "monitor"},
    Status.IDENTIFIED: AT_WORK | {"investigate", "monitor"},
    Status.MONITORING: AT_WORK | {"investigate", "identify"},
    Status.RESOLVED: {"note", "explain", "close", "reopen"},
    Status.CLOSED: {"note", "explain", "reopen"},
}
LEADS_TO = {
    "identify": Status.IDENTIFIED,
    "monitor": Status.MONITORING,
    "investigate": Status.INVESTIGATING,
    "resolve": Status.RESOLVED,
    "close": Status.CLOSED,
    "dismiss": Status.CLOSED,
    "reopen": Status.INVESTIGATING,
}


def standing(status: Status) -> Incident:
    """An incident in this status, brought there by steps."""
    incident = opened(OPENING, NOW)
    if status in (Status.IDENTIFIED, Status.MONITORING):
        return moved(incident, "U0ANN", status, NOW)
    if status is not Status.INVESTIGATING:
        incident = resolved(incident, "U0ANN", "restarted", NOW)
    return closed(incident, "U0ANN", NOW) if status is Status.CLOSED else incident


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", Status)
def test_every_step_from_every_status(status: Status, step: str) -> None:
    """What the diagram has leads where it says and is one act; what it does not have is refused with a remedy."""
    before = standing(status)
    if step in ALLOWED[status]:
        after = STEPS[step](before)
        assert after.status is LEADS_TO.get(step, status)
        assert after.version == before.version + 1
        assert after.untold[:-1] == before.untold
        assert after.untold[-1].version == after.version
        assert "U0BOB" in after.joined
    else:
        with pytest.raises(UserError) as refused:
            STEPS[step](before)
        assert refused.value.remedy


def test_a_status_that_ends_is_a_word_of_its_own() -> None:
    """`status resolved` and `status closed` lead to the words that say how it ended."""
    for status, word in ((Status.RESOLVED, "resolve"), (Status.CLOSED, "close")):
        with pytest.raises(UserError, match=word):
            moved(opened(OPENING, NOW), "U0ANN", status, NOW)


def test_an_owner_is_taken_over_only_from_whom_one_saw() -> None:
    """Two people press *Take it* on the same card: the second is told who has it now."""
    first = assigned(opened(OPENING, NOW), "U0BOB", "U0BOB", NOW, seen="U0ANN")
    with pytest.raises(ConflictError, match="U0BOB") as told:
        assigned(first, "U0CYD", "U0CYD", NOW, seen="U0ANN")
    assert told.value.by == "U0BOB"


def test_an_update_is_due_after_the_last_one_sev1_in_half_the_time() -> None:
    """Talk in the thread, a snooze and a cause are no updates; a snooze moves what is due; an end ends it."""
    every, later = timedelta(minutes=30), NOW + timedelta(minutes=10)
    incident = opened(OPENING, NOW)
    assert incident.update_due(every) == NOW + timedelta(minutes=30)
    assert noted(incident, "U0BOB", "looking", later).update_due(every) == NOW + timedelta(minutes=40)
    assert rated(incident, "U0BOB", Severity.SEV1, later).update_due(every) == NOW + timedelta(minutes=25)
    asleep = snoozed(incident, "U0BOB", NOW + timedelta(hours=1), later)
    assert asleep.update_due(every) == NOW + timedelta(hours=1)
    assert resolved(incident, "U0BOB", "done", later).update_due(every) is None
    worse = rated(asleep, "U0BOB", Severity.SEV1, later)
    assert worse.update_due(every) == later + timedelta(minutes=15)
    assert rated(asleep, "U0BOB", Severity.SEV3, later).update_due(every) == NOW + timedelta(hours=1)
    assert rated(asleep, "U0BOB", Severity.SEV1, NOW + timedelta(hours=2)).untold[-1].text == ""


def test_how_long_it_lasted_counts_from_when_it_began() -> None:
    """Not from when somebody noticed; a time in the future is taken for now."""
    began = opened(replace(OPENING, began=NOW - timedelta(hours=1)), NOW)
    assert began.lasted(NOW) == timedelta(hours=1)
    assert resolved(began, "U0ANN", "done", NOW).lasted(NOW + timedelta(days=1)) == timedelta(hours=1)
    assert opened(replace(OPENING, began=NOW + timedelta(hours=1)), NOW).began == NOW


@pytest.mark.parametrize("payload", [{}, {"key": "INC-1"}, {**facts(opened(OPENING, NOW)), "severity": "sev9"}])
def test_metadata_that_is_not_ours_is_passed_over(payload: dict[str, object]) -> None:
    """Anybody may post metadata of this type; what cannot be read is no incident."""
    assert from_facts(payload, "C0OPS", "1.0") is None


@pytest.mark.parametrize(
    ("began", "problem"),
    [
        (NOW, ""),
        (NOW - timedelta(days=31), ""),
        (NOW - timedelta(days=31, seconds=1), "That is more than 31 days ago. Pick a later time, or leave it empty"),
        (datetime(1970, 1, 1, tzinfo=UTC), "That is more than 31 days ago."),
        (NOW + timedelta(seconds=1), "That is in the future."),
    ],
)
def test_an_incident_began_within_the_last_month(began: datetime, problem: str) -> None:
    """A slip in the date picker would make it one of half a century."""
    said = wrong_beginning(began, NOW)
    assert said.startswith(problem)
    assert bool(said) == bool(problem)
