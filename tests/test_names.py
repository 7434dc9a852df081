"""People, groups, incidents and windows that a command names."""

import pytest

from bot.commands import ids, incident
from bot.commands.people import Who, who
from bot.commands.words import Word, words
from bot.errors import NotFoundError, WordError

# People


def word(text: str) -> Word:
    return words(text).words[0]


def test_people_and_groups_are_read_from_mentions() -> None:
    """Labels and a comma after the mention make no difference."""
    assert who(word("<@U123>")) == Who("U123")
    assert who(word("<@W123|ann>,")) == Who("W123")
    assert who(word("<!subteam^S1>")) == Who("S1", is_group=True)
    assert who(word("<!subteam^S1|@ops>")) == Who("S1", is_group=True)


@pytest.mark.parametrize("text", ["@ann", "ann", "U123", "<@u123>", "<@U1><@U2>", "<!channel>", '"<@U1>"', "< @U1>"])
def test_a_name_that_slack_did_not_resolve_is_refused(text: str) -> None:
    """The remedy tells how to make a mention."""
    with pytest.raises(WordError) as caught:
        who(word(text))
    assert "pick the name from the list" in caught.value.remedy


# IDs

KNOWN = ("INC-20261123-7KQ4", "INC-20261122-7KQ4", "INC-20261123-D01S", "INC-20261123-DESK")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("INC-20261123-7KQ4", "INC-20261123-7KQ4"),
        ("inc-20261123-7kq4", "INC-20261123-7KQ4"),
        ("INC–20261123–7kq4.", "INC-20261123-7KQ4"),
        ("`INC-20261123-7KQ4`", "INC-20261123-7KQ4"),
        ("20261123-7kq4", "20261123-7KQ4"),
        ("INC-7KQ4", "7KQ4"),
        ("7kq4", "7KQ4"),
        ("doLs", "D01S"),
        ("q4", "Q4"),
        ("3-7kq4", "3-7KQ4"),
    ],
)
def test_an_id_may_be_cut_to_its_end(text: str, wanted: str) -> None:
    """Case, look-alike letters and dashes are read as Crockford's base 32 says."""
    assert ids.ending(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "7KU4", "restarted", "INC-", "INC-2026-7KQ4X", "1234567890-7KQ4", "a b", "MW-20261128-0200"]
)
def test_what_cannot_be_an_id_is_none(text: str) -> None:
    """Wrong lengths and letters outside the alphabet are no ID."""
    assert ids.ending(text) is None


def test_a_unique_end_finds_its_incident() -> None:
    """One match is found; none and several are refused, the latter with the candidates."""
    assert ids.match("D01S", KNOWN) == "INC-20261123-D01S"
    assert ids.match("23-7KQ4", KNOWN) == "INC-20261123-7KQ4"
    with pytest.raises(NotFoundError, match="I know no incident ZZZZ"):
        ids.match("ZZZZ", KNOWN)
    with pytest.raises(NotFoundError, match="7KQ4 fits 2 incidents: INC-20261122-7KQ4, INC-20261123-7KQ4"):
        ids.match("7KQ4", KNOWN)
    with pytest.raises(NotFoundError, match="and 4 more"):
        ids.match("1", [f"INC-2026112{day}-AAA1" for day in range(9)])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("MW-20261128-0200", "MW-20261128-0200"),
        ("mw-20261128-0200", "MW-20261128-0200"),
        ("20261128-0200", "MW-20261128-0200"),
        ("2026-11-28", "MW-20261128-0200"),
        ("MW-20261128", "MW-20261128-0200"),
        ("20261128", "MW-20261128-0200"),
        ("28-0200", "MW-20261128-0200"),
    ],
)
def test_a_window_is_named_by_its_id_its_end_or_its_date(text: str, wanted: str) -> None:
    """All of these are the window of that Saturday."""
    ref = ids.window(text)
    assert ref is not None
    assert ids.match_window(ref, ["MW-20261121-0200", "MW-20261128-0200"]) == wanted


def test_a_window_that_is_not_there_is_refused() -> None:
    """Neither a word nor an unknown or ambiguous date is a window."""
    assert ids.window("saturday") is None
    assert ids.window("2026-11") is None
    with pytest.raises(NotFoundError, match="I know no window MW-20261205"):
        ids.match_window("MW-20261205-", ["MW-20261128-0200"])
    with pytest.raises(NotFoundError, match="0200 fits 2 windows"):
        ids.match_window("0200", ["MW-20261121-0200", "MW-20261128-0200"])


@pytest.mark.parametrize(
    "text", ["disk", "desk", "Desk", "DISK", "fixed", "the", "500", "7kq", "rolled-back", '"D01S"']
)
def test_the_first_word_of_a_text_is_not_taken_for_an_id(text: str) -> None:
    """English words, short endings and quoted ones are text."""
    assert ids.first_id(word(text), KNOWN) is None


def test_an_ending_that_is_mistyped_is_not_taken_for_text() -> None:
    """D01T beside D01S: an error, not the first word of what is said of another incident."""
    with pytest.raises(NotFoundError, match="I know no incident D01T"):
        ids.first_id(word("D01T"), KNOWN)


@pytest.mark.parametrize(
    "text", ["INC-20261123-7KQ", "inc-20261123-7kq44", "INC-20261123-7KU4", "INC20261123", "INC-20261123-"]
)
@pytest.mark.parametrize("is_grave", [True, False])
def test_an_id_with_a_slip_in_its_length_is_not_taken_for_text(text: str, *, is_grave: bool) -> None:
    """Else the text would be noted in, or end, the only incident that is open; in quotes it is text."""
    with pytest.raises(NotFoundError, match="is not the whole ID of an incident"):
        ids.first_id(word(f"{text} fixed"), KNOWN, is_grave=is_grave)
    assert ids.first_id(word(f'"{text} fixed"'), KNOWN, is_grave=is_grave) is None


@pytest.mark.parametrize("text", ["A100", "db01", "eth0", "web2", "IPv6", "SHA1"])
def test_a_name_with_a_number_begins_a_note_but_no_resolution(text: str) -> None:
    """`A100 is hot` is taken as it is, unless it is a slip away from an incident's ID."""
    assert ids.first_id(word(f"{text} is hot"), KNOWN) is None
    with pytest.raises(NotFoundError, match="I know no incident"):
        ids.first_id(word(f"{text} is hot"), KNOWN, is_grave=True)
    found = ids.ending(text)
    assert found is not None
    for near in (f"INC-20261125-{found[:3]}Z", f"INC-20261125-{found[1]}{found[0]}{found[2:]}"):
        with pytest.raises(NotFoundError, match=f"I know no incident {found}"):
            ids.first_id(word(f"{text} is hot"), [near])


@pytest.mark.parametrize("text", ["ZZZZ", "WCZA", "`ZZZZ`", "ZZZZ:", "INC-ZZZZ", "inc-zzzz"])
@pytest.mark.parametrize("is_grave", [True, False])
def test_four_capitals_that_nobody_says_are_asked_about(text: str, *, is_grave: bool) -> None:
    """A mistyped ID without digits changes no other incident, whatever is to be done."""
    with pytest.raises(NotFoundError, match=r"(No incident ends in|I know no incident) (ZZZZ|WCZA)\."):
        ids.first_id(word(f"{text} fixed"), KNOWN, is_grave=is_grave)


@pytest.mark.parametrize("text", ["HTTP", "CERT", "ETCD", "SYNC", "5000", "2026"])
def test_words_in_capitals_and_numbers_begin_a_note_but_no_resolution(text: str) -> None:
    """A note in a hurry is taken; before an incident is ended the bot rather asks."""
    assert ids.first_id(word(f"{text} is back"), KNOWN) is None
    with pytest.raises(NotFoundError, match=f"No incident ends in {text}"):
        ids.first_id(word(f"{text} is back"), KNOWN, is_grave=True)


@pytest.mark.parametrize(
    "text", ["zzzz", "http", "Http", "DISK", "DOWN", "FULL", "FIXED", "10GB", "500", '"ZZZZ"', "9"]
)
def test_what_an_id_never_looks_like_begins_any_text(text: str) -> None:
    """Lower case, letters that no ID shows, measures, other lengths and quoted words are never asked about."""
    assert ids.first_id(word(f"{text} fixed"), KNOWN, is_grave=True) is None


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("resolve ZZZZ fixed", '`resolve "ZZZZ fixed"`'),
        ('resolve ZZZZ "so" fixed', '`resolve "ZZZZ …"`'),
        (f"resolve ZZZZ {'x' * 100}", '`resolve "ZZZZ …"`'),
    ],
)
def test_the_remedy_shows_how_to_write_the_text(text: str, remedy: str) -> None:
    """As the whole line, to be copied, if it is short and has no quotes of its own."""
    with pytest.raises(NotFoundError) as caught:
        ids.addressed(words(text), KNOWN, is_grave=True)
    assert remedy in caught.value.remedy
    assert ids.addressed(words(remedy.strip("`")), KNOWN, is_grave=True) == (None, 1)


@pytest.mark.parametrize("verb", ["resolve", "reopen", "note", "update"])
def test_every_verb_with_a_text_asks_about_a_mistyped_id(verb: str) -> None:
    """Only what is ended or begun again asks about abbreviations too."""
    with pytest.raises(NotFoundError, match="No incident ends in ZZZZ"):
        incident.parse(f"{verb} ZZZZ hello", [])
    if verb in ("note", "update"):
        assert incident.parse(f"{verb} HTTP 500", [])
    else:
        with pytest.raises(NotFoundError, match="No incident ends in HTTP"):
            incident.parse(f"{verb} HTTP 500", [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("d01s", "INC-20261123-D01S"),
        ("dO1S", "INC-20261123-D01S"),
        ("DESK", "INC-20261123-DESK"),
        ("INC-20250101-AAAA",) * 2,
    ],
)
def test_the_first_word_of_a_text_may_be_an_id(text: str, wanted: str) -> None:
    """A whole ID, or the end of an open incident's with a digit or in capitals."""
    assert ids.first_id(word(text), KNOWN) == wanted


def test_an_ambiguous_first_word_is_refused_rather_than_taken_for_text() -> None:
    """The text would land in no incident, or in the wrong one."""
    with pytest.raises(NotFoundError, match="fits 2 incidents"):
        ids.first_id(word("7kq4"), KNOWN)
