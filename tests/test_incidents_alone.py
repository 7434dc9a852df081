"""What an incident is, alone: its ID, its steps, and the card's metadata as its record."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.incident import Deed, Opening, Severity, facts, from_facts, mint, noted, opened, resolved
from bot.errors import ConflictError

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
OPENING = Opening("checkout is down", Severity.SEV2, "U0ANN", "C0OPS")


def test_an_id_has_the_utc_date_and_four_unmistakable_characters() -> None:
    """IDs can be read aloud: no I, L, O or U in them."""
    for _ in range(200):
        assert re.fullmatch(r"INC-20261123-[0-9A-HJKMNP-TV-Z]{4}", mint(NOW))


def test_the_date_of_an_id_is_that_of_utc_whatever_the_clock_s_zone() -> None:
    """An hour before midnight in New York is the next day in UTC."""
    late = datetime.fromisoformat("2026-11-23T23:30:00-05:00")
    assert mint(late).startswith("INC-20261124-")


def test_the_same_words_in_the_same_minute_have_one_name() -> None:
    """A double Enter can be recognised by any replica; other words or another minute are another incident."""
    first, second = opened(OPENING, NOW), opened(OPENING, NOW + timedelta(seconds=5))
    assert first.id != second.id
    assert first.same_words == second.same_words
    assert opened(replace(OPENING, title="checkout is slow"), NOW).same_words != first.same_words
    assert opened(replace(OPENING, who="U0BOB"), NOW).same_words != first.same_words
    assert opened(OPENING, NOW + timedelta(minutes=1)).same_words != first.same_words


def test_resolving_makes_the_next_version_and_remembers_the_act_until_it_is_told() -> None:
    """Each act is in the incident until the thread and the timeline have it."""
    incident = resolved(noted(opened(OPENING, NOW), "U0BOB", "looking", NOW), "U0ANN", "restarted", NOW)
    assert (incident.version, incident.is_open, incident.resolution) == (3, False, "restarted")
    assert [act.deed for act in incident.untold] == [Deed.OPENED, Deed.NOTED, Deed.RESOLVED]


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


@pytest.mark.parametrize("payload", [{}, {"key": "INC-1"}, {**facts(opened(OPENING, NOW)), "severity": "sev9"}])
def test_metadata_that_is_not_ours_is_passed_over(payload: dict[str, object]) -> None:
    """Anybody may post metadata of this type; what cannot be read is no incident."""
    assert from_facts(payload, "C0OPS", "1.0") is None
