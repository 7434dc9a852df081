"""What a model may say: whatever it answers, no mention, no tag, no foreign link and no made-up number is left."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.summary import QUESTION_LIMIT, QUESTIONS, TEXT_LIMITS
from bot.domain.summary_text import NoProseError, clean, links, prose_from, quiet

PIECES = [
    "<!channel>", "<!here|here>", "<@U0ANN>", "<@U0ANN|ann>", "@channel", "@HERE", "@everyone", "<b>", "</b>", "<", ">",
    "<script", "<!--", "-->", "&lt;", "&gt;", "&amp;", "&#64;", "&#x3c;", "http", "https://", "evil.example", "/x", "|",
    "www.", "mailto:", "a@evil.com", "ht<b>tps:", "//", "@", "chan", "nel", "\u202e", "\u200b", "\u2060", "\x00", "\n",
    "<https://evil.example|ok.example>", "https://ok.example/1", " ", "word", "<!subteam^S1|@ops>", "\ufeff",
    "javascript:",
]  # fmt: skip
SPOKEN = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=25).map("".join)
KNOWN = "https://ok.example/1 and 1 2 3 sev1 INC-1"

_MENTION = re.compile(r"<[@#!]|@(channel|here|everyone)\b", re.IGNORECASE)
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)\S*", re.IGNORECASE)
_TAG = re.compile(r"<[A-Za-z/!?]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@settings(deadline=None, max_examples=100)
@given(text=SPOKEN)
def test_no_text_of_a_model_mentions_links_or_hides(text: str) -> None:
    """Whatever it is put together from: no mention, no tag, no control, no link but the source's; and it stays so."""
    try:
        found = clean(text, KNOWN)
    except NoProseError:
        return
    assert not _MENTION.search(found)
    assert not _TAG.search(found)
    assert not _CONTROL.search(found)
    for address in _LINK.findall(found):
        assert address.rstrip(".,;:!?)]}*_~|<>\"'`") in ("https://ok.example/1", "") or _is_known(address), found
    assert clean(found, KNOWN) == found


def _is_known(address: str) -> bool:
    return links(address) <= {"https://ok.example/1"}


@settings(deadline=None, max_examples=80)
@given(
    answer=st.one_of(
        st.text(),
        st.fixed_dictionaries(
            {**dict.fromkeys(TEXT_LIMITS, SPOKEN), "open_questions": st.lists(SPOKEN, max_size=10)}
        ).map(json.dumps),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from([*TEXT_LIMITS, "open_questions", "x"]), inner, max_size=5)
            ),
        ).map(json.dumps),
    )
)
def test_an_answer_is_prose_within_limits_or_refused_in_words(answer: str) -> None:
    """Nothing else is raised, nothing is longer than it may be."""
    try:
        prose = prose_from(answer, KNOWN)
    except NoProseError:
        return
    assert all(len(getattr(prose, name)) <= limit for name, limit in TEXT_LIMITS.items())
    assert len(prose.open_questions) <= QUESTIONS
    assert all("\n" not in one and len(one) <= QUESTION_LIMIT for one in prose.open_questions)


DEEP = ["{" * 5_000, "[" * 100_000, "```\n" * 15_000, "```" + "\n" * 60_000]


@pytest.mark.parametrize(
    "answer", ["", "null", "7", '"x"', '{"a": NaN}', "\ud800", *DEEP], ids=lambda text: ascii(text[:5])
)
def test_what_is_no_object_is_refused(answer: str) -> None:
    """However deep or strange it is."""
    with pytest.raises(NoProseError):
        prose_from(answer, "")


def test_comparisons_and_code_stay_readable() -> None:
    """A lone < is no tag; names of files and mail of the source are left alone."""
    assert (
        clean("p99 < 2 s and x > 3, see app.py, e.g. config.yml", "")
        == "p99 < 2 s and x > 3, see app.py, e.g. config.yml"
    )
    assert clean("go to evil.com/login or evil.com", "") == "go to [link removed] or [link removed]"
    assert clean("https://ok.example/1.", KNOWN) == "https://ok.example/1."
    assert clean("https://ok.example/1@evil.example", KNOWN) == "[link removed]"
    assert clean("https://ok.example/12", KNOWN) == "[link removed]"


def test_a_persons_text_calls_nobody_and_stays() -> None:
    """Mentions become words; tags, links and signs are the person's own."""
    assert quiet("<!channel> <@U1> @here <https://a.example|A> <b> a<b & c https://x.example 👩‍🚒") == (
        "channel somebody here A (https://a.example) <b> a<b & c https://x.example 👩‍🚒"
    )
    assert quiet("<#C1|random> <#C2> <!date^1^{date}|today> <!subteam^S1> <mailto:a@b.example|a@b.example>") == (
        "#random a channel today subteam a@b.example (mailto:a@b.example)"
    )
